"""When two transactions carry the same mail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailguard.mail.facts import Attachment, Facts, Finding, HeaderAddress, Headers
from mailguard.mail.same import content_digest

FILE = Attachment("a.pdf", "application/pdf", "application/pdf", "pdf", 10, "0" * 64)
MAIL = Facts(
    headers=Headers(
        sender=(HeaderAddress("ann@corp.example", "Ann"),), to=(HeaderAddress("b@x.example"),), subject="s"
    ),
    text="Dear Bob",
    shown=8,
    html="<p>Dear Bob",
    attachments=(FILE,),
)


def test_what_a_cloud_adds_does_not_count() -> None:
    headers = replace(MAIL.headers, bcc=(HeaderAddress("c@x.example"),), fields=(("received", "x"),), date="later")
    other = replace(MAIL, headers=headers, received_count=5, own_marks=("x",))
    assert content_digest(MAIL, "1" * 64) == content_digest(other, "2" * 64)


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Dear Rob"}, {"html": "<p>Dear Rob"}, {"attachments": ()},
        {"attachments": (replace(FILE, sha256="1"),)},
        {"attachments": (replace(FILE, filename="b.pdf"),)}, {"attachments": (FILE, FILE)}, {"signed": True},
        {"encrypted": True}, {"calendar": "REQUEST"}, {"shown": 4},
    ],
)  # fmt: skip
def test_what_people_see_counts(change: dict[str, Any]) -> None:
    assert content_digest(MAIL, "1") != content_digest(replace(MAIL, **change), "1")


@pytest.mark.parametrize("name", ["sender", "to", "cc", "reply_to"])
def test_whom_it_names_counts(name: str) -> None:
    people: Any = (HeaderAddress("other@x.example"),)
    changed: dict[str, Any] = {name: people}
    assert content_digest(MAIL, "1") != content_digest(replace(MAIL, headers=replace(MAIL.headers, **changed)), "1")


def test_no_subject_and_an_empty_one_differ_and_nothing_runs_together() -> None:
    subjects = [replace(MAIL, headers=replace(MAIL.headers, subject=one)) for one in (None, "", "s\ud800")]
    assert len({content_digest(one, "1") for one in subjects}) == 3
    moved = [replace(MAIL, text="ab", html="c"), replace(MAIL, text="a", html="bc")]
    assert content_digest(moved[0], "1") != content_digest(moved[1], "1")


def test_what_was_not_read_whole_counts_by_its_octets() -> None:
    partly = replace(MAIL, findings=(Finding("limit_reached", "text", ""),))
    assert content_digest(partly, "1" * 64) != content_digest(partly, "2" * 64)
