"""Where a mail of an mbox begins: at what mail programs write there, and not at a `From ` in somebody's text."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.past import mbox
from mailguard.past.items import Item, Left, Octets

HEAD = b"From ann@corp.example Thu Nov 26 10:00:00 2026\n"
AT = datetime(2026, 11, 26, 10, tzinfo=UTC).timestamp()
MAIL = b"Subject: a\n\ntext\n"


def found(octets: bytes) -> list[Item]:
    return list(mbox.mails(io.BytesIO(octets)))


@pytest.mark.parametrize(
    ("head", "at"),
    [
        (HEAD, AT),
        (b"From - Thu Nov 26 10:00:00 2026\n", AT),
        (b"From MAILER-DAEMON Thu Nov  6 10:00:00 2026\n", datetime(2026, 11, 6, 10, tzinfo=UTC).timestamp()),
        (b"From 1784823@xxx Thu Nov 26 10:00:00 +0000 2026\n", AT),
        (b"From ann Thu Nov 26 10:00 2026\r\n", AT),
        (b"From ann Thu, 26 Nov 2026 10:00:00\n", 0.0),
        (b"From ann Thu Foo 26 10:00:00 2026\n", 0.0),
        (b"From ann Thu Nov 31 10:00:00 2026\n", 0.0),
    ],
)
def test_how_programs_begin_a_mail(head: bytes, at: float) -> None:
    assert found((head + MAIL + b"\n") * 2) == [
        Octets("mail 1", MAIL + b"\n", at),
        Octets("mail 2", MAIL + b"\n", at),
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"From here on all is well\n",
        b"\nFrom Monday 10:00 to 2027 we are closed\n",
        b"\nFrom ann@corp.example Thu Nov 26 10:00:00 2026\nis how such a file begins\n",
        b"\nFrom ann@corp.example Thu Nov 26 10:00:00 2026\n\nSubject: no\n",
    ],
)
def test_a_text_begins_no_mail(text: bytes) -> None:
    assert found(HEAD + MAIL + text + HEAD + MAIL) == [
        Octets("mail 1", MAIL + text, AT),
        Octets("mail 2", MAIL, AT),
    ]


def test_what_was_marked_is_as_it_was_written() -> None:
    (one,) = found(HEAD + b"Subject: a\n\n>From here\n>>From there\n> From\n")
    assert isinstance(one, Octets)
    assert one.octets == b"Subject: a\n\nFrom here\n>From there\n> From\n"


def test_a_file_that_begins_as_it_should_not() -> None:
    assert found(b"\n\n" + HEAD + MAIL) == [Octets("mail 1", MAIL, AT)]
    assert found(MAIL + b"\n" + HEAD + MAIL) == [Octets("mail 1", MAIL + b"\n"), Octets("mail 2", MAIL, AT)]
    assert found(b"") == []


def test_a_mail_that_is_too_large_is_left_out_and_the_next_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbox, "MAIL_MOST", 2**20)
    large = HEAD + b"Subject: a\n\n" + b"x" * 3 * 2**20 + b"\n\n"
    first, last = found(large + HEAD + MAIL)
    assert first == Left("mail 1", "large", "more than 1 MiB")
    assert last == Octets("mail 2", MAIL, AT)


def of_length(text: bytes, length: int) -> bytes:
    return b"Content-Length: %d\nSubject: a\n\n" % length + text


TEXT = b"see below\n\n" + HEAD + b"Subject: inner\n\ninner\n"


@pytest.mark.parametrize("behind", [b"", b"\n", b"\n" + HEAD + MAIL, HEAD + MAIL])
def test_a_mail_in_a_text_is_none_where_the_length_of_the_text_is_said(behind: bytes) -> None:
    one, *more = found(HEAD + of_length(TEXT, len(TEXT)) + behind)
    assert isinstance(one, Octets)
    assert one.octets.rstrip() == of_length(TEXT, len(TEXT)).rstrip()
    assert more == ([Octets("mail 2", MAIL, AT)] if MAIL in behind else [])


@pytest.mark.parametrize("length", [0, 5, len(TEXT) - 1, len(TEXT) + 2, len(TEXT) + 30, 10**6, 10**9 - 1])
def test_a_length_that_is_wrong_says_nothing(length: int) -> None:
    (one, two, three) = found(HEAD + of_length(TEXT, length) + b"\n" + HEAD + MAIL)
    assert one == Octets("mail 1", of_length(b"see below\n\n", length), AT)
    assert two == Octets("mail 2", b"Subject: inner\n\ninner\n\n", AT)
    assert three == Octets("mail 3", MAIL, AT)


def test_a_length_up_to_the_limit_hides_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender writes what he likes there: mails behind his are not lost with one that is too large."""
    monkeypatch.setattr(mbox, "MAIL_MOST", 3 * 2**20)
    others = (HEAD + b"Subject: a\n\n" + b"x" * 2**19 + b"\n\n") * 8
    for length in (3 * 2**20, 3 * 2**20 - 100, 2**21 - 100, 2**21 + 100):
        items = found(HEAD + of_length(b"see below\n\n", length) + others)
        assert [type(one) for one in items] == [Octets] * 9


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                HEAD,
                b"From x\n",
                b"Subject: a\n",
                b"\n",
                b"text\n",
                b">From a\n",
                b"\xff",
                b"\r\n",
                b"Content-Length: 20\n",
            ]
        )
    )
)
def test_no_line_is_lost(lines: list[bytes]) -> None:
    octets = b"".join(lines)
    items = found(octets)
    kept = sum(len(one.octets) for one in items if isinstance(one, Octets))
    taken = octets.count(HEAD) * len(HEAD) + octets.count(b">From ") + octets.count(b"\r")
    assert len(octets) - taken - octets.count(b"\n") <= kept <= len(octets)
