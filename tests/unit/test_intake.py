"""What the intake weighs before it judges on the event loop, where everybody waits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.judging import mail

from mailguard.intake import weight_of
from mailguard.mail.facts import Attachment, HeaderAddress, Headers

MANY = tuple(HeaderAddress(f"p{number}@x.example") for number in range(20_000))


@pytest.mark.parametrize(
    "headers", [Headers(to=MANY), Headers(cc=MANY), Headers(fields=(("x-long", "x" * 1_000_000),))]
)
def test_headers_weigh_too(headers: Headers) -> None:
    case = mail()
    light = weight_of(case)
    assert light < 1000
    assert weight_of(replace(case, facts=replace(case.facts, headers=headers))) >= 1_000_000


def file(**more: object) -> Attachment:
    one = Attachment("list.csv", "text/csv", "text/csv", "csv", size=1, sha256="0" * 64)
    return replace(one, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "files",
    [
        (file(text="x" * 30_000),),
        (file(filename="x" * 30_000),),
        (file(members=(file(members=(file(text="x" * 30_000),)),)),),
        (file(members=(file(),) * 200),),
    ],
)
def test_files_weigh_by_what_is_in_them(files: tuple[Attachment, ...]) -> None:
    """A file that nothing can be read in is judged where the mail was read; a long one leaves the loop to others."""
    facts = mail().facts
    assert weight_of(replace(mail(), facts=replace(facts, attachments=(file(),)))) < 2000
    assert weight_of(replace(mail(), facts=replace(facts, attachments=files))) > 20_000
