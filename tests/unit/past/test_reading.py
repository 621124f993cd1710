"""From facts to a letter: who, when, which files; and the digest by which a mail is known again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight.words import File, Letter
from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Attachment, Facts, HeaderAddress, Headers
from mailguard.past.gathering import Gathering, digest_of
from mailguard.past.reading import letter_of

NOW = datetime(2026, 11, 26, tzinfo=UTC).timestamp()
AT = datetime(2026, 10, 1, 1, tzinfo=UTC).timestamp()
DATE = "Thu, 1 Oct 2026 10:00:00 +0900"
ANN, BOB = HeaderAddress("ann@corp.example", "安藤"), HeaderAddress("Bob@x.example", "Bob")
FACTS = Facts(Headers(sender=(ANN,), to=(BOB, HeaderAddress("", "nobody")), date=DATE), text="shown hidden", shown=5)


def dated(date: str, at: float = 0.0) -> Letter | None:
    return letter_of(replace(FACTS, headers=replace(FACTS.headers, date=date)), at, NOW)


def test_what_a_mail_shows_of_itself() -> None:
    letter = letter_of(FACTS, 0.0, NOW)
    assert letter == Letter(
        AT, "ann@corp.example", to=("Bob@x.example",), sender_name="安藤", names={"Bob@x.example": "Bob"}, body="shown"
    )


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 1 Jan 1904 00:00:00 +0000", "Mon, 1 Nov 2027 00:00:00 +0000"])
def test_a_date_that_is_none_is_that_of_the_archive(date: str) -> None:
    letter = dated(date, at=AT - 1)
    assert letter is not None
    assert letter.at == AT - 1
    assert dated(date) is None
    assert dated(date, at=NOW + 1) is None


@settings(deadline=None)
@given(st.text() | st.from_regex(r"\w{3}, \d{1,5} \w{3} \d{1,6} \d{1,3}:\d{1,3}:\d{1,3} [+-]\d{1,6}", fullmatch=True))
def test_any_date_is_read_or_none(date: str) -> None:
    letter = dated(date)
    assert letter is None or 0 < letter.at <= NOW


def test_files_and_those_in_them_but_no_pictures_of_the_text() -> None:
    inner = Attachment("b.xlsx", "", "", "xlsx", 9, "b" * 64)
    files = (
        Attachment("a.zip", "", "", "zip", 9, "a" * 64, members=(inner,)),
        Attachment("logo.png", "", "image/png", "png", 9, "c" * 64, inline=True),
        Attachment("cut.pdf", "", "", "pdf", 9, ""),
    )
    letter = letter_of(replace(FACTS, attachments=files), 0.0, NOW)
    assert letter is not None
    assert letter.files == (File("a" * 64, "a.zip"), File("b" * 64, "b.xlsx"))
    bomb = Attachment("x", "", "", "zip", 9, "d" * 64, members=(inner,) * 5000)
    letter = letter_of(replace(FACTS, attachments=(bomb,) * 50), 0.0, NOW)
    assert letter is not None
    assert len(letter.files) == 100


@settings(deadline=None)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"From: a@corp.example\r\nTo: ", b"Date: ", b"To: =?iso-2022-jp?B?"])
)
def test_any_mail_has_a_letter_or_none(octets: bytes, head: bytes) -> None:
    letter = letter_of(read_mail(head + octets), AT, NOW)
    assert letter is not None
    assert digest_of(letter, letter.message_id)


def test_the_same_mail_has_the_same_digest() -> None:
    letter = letter_of(FACTS, 0.0, NOW)
    assert letter is not None
    assert digest_of(letter, "<1@x>") == digest_of(replace(letter, subject="other"), " 1@x ")
    assert digest_of(letter, "<1@x>") != digest_of(letter, "<2@x>")
    bare = digest_of(letter, "")
    assert bare == digest_of(replace(letter, body="other"), "<>")
    assert len({bare, *(digest_of(replace(letter, **one), "") for one in OTHERS)}) == 1 + len(OTHERS)  # type: ignore[arg-type]


OTHERS: list[dict[str, object]] = [{"at": AT + 1}, {"sender": "x@x"}, {"subject": "x"}, {"to": ("c@x",)}]


def test_what_was_gathered_comes_in_the_order_of_time_each_once() -> None:
    gathering = Gathering()
    times = [5.0, 1.0, 3.0, 1.0]
    for number, at in enumerate(times):
        letter = Letter(at, "ann@corp.example", to=("b@x.example",), names={"b@x.example": "\ud800" * 500})
        assert gathering.add(bytes([number]), letter, b"%d" % number)
        assert not gathering.add(bytes([number]), letter, b"%d" % number)
    found = [one for batch in gathering.batches() for one in batch]
    assert [(one.at, one.digest[0]) for one in found] == [(1.0, 1), (1.0, 3), (3.0, 2), (5.0, 0)]
    assert found[0].people == [["b@x.example", "\ud800" * 100]]
    assert list(gathering.lessons()) == [b"1", b"3", b"2", b"0"]
    gathering.close()
