"""The structure of a mail in every reading: which leaves come out, and what is said of them."""

from __future__ import annotations

import pytest

from mailguard.inspect.limits import Budget, ReadingLimits
from mailguard.inspect.structure.mime import leaves_of


def _leaves(octets: bytes, **limits: int) -> tuple[list[tuple[str, bytes]], list[str]]:
    """Media type and first content of each leaf, and the codes of the findings."""
    budget = Budget(ReadingLimits(**limits))
    _, leaves = leaves_of(octets, budget)
    return [(leaf.media, leaf.contents[0]) for leaf in leaves], [one.code for one in budget.findings()]


def test_a_message_behind_an_empty_line() -> None:
    leaves, codes = _leaves(b"\r\nFrom: a@b.example\r\nContent-Type: text/html\r\n\r\n<p>x")
    assert leaves == [("text/html", b"<p>x")]
    assert codes == ["ambiguous_mime"]


@pytest.mark.parametrize("body", [b"\r\nNote: this is\r\nonly a text\r\n", b"\r\nhello\r\n"])
def test_a_text_behind_an_empty_line(body: bytes) -> None:
    assert _leaves(body)[1] == []


def test_a_header_that_ends_in_two_places() -> None:
    leaves, codes = _leaves(
        b"Content-Type: multipart/mixed; boundary=x\r\njunk\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>y\r\n--x--\r\n"
    )
    assert ("text/html", b"<p>y") in leaves
    assert "ambiguous_mime" in codes
    leaves, codes = _leaves(b"Subject: x\r\njunk\r\nX-More: y\r\n\r\nhello")
    assert leaves == [("text/plain", b"hello"), ("text/plain", b"junk\r\nX-More: y\r\n")]
    assert codes == ["malformed_header"]


def test_a_header_again_at_the_start_of_the_body() -> None:
    leaves, codes = _leaves(b"Content-Type: text/plain\r\n\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n")
    assert leaves[-1] == ("text/plain", b"hello")
    assert codes == ["ambiguous_mime"]


def test_what_people_quote_is_no_structure() -> None:
    part = b"--a\r\nContent-Type: text/plain\r\n\r\nx\r\n--a--\r\n"
    quoted = b"see\r\n\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" + part
    leaves, codes = _leaves(b"Content-Type: text/plain\r\n\r\n" + quoted)
    assert leaves == [("text/plain", quoted)]
    assert codes == []


@pytest.mark.parametrize(
    ("octets", "limits", "code"),
    [
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 30, {"parts": 10}, "too_many_parts"),
        (b"X-A: b\r\n" * 50 + b"\r\nhello", {"header_bytes": 100}, "limit_reached"),
        (
            b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(9)),
            {"multiparts": 5},
            "nested_too_deep",
        ),
        (
            b"Content-Type: multipart/mixed; " + b"".join(b"boundary=b%d;" % n for n in range(9)) + b"\r\n\r\n"
            + b"".join(b"--b%d\r\n\r\nx\r\n" % n for n in range(9)),
            {"readings": 3},
            "limit_reached",
        ),
    ],
    ids=["parts", "header", "depth", "readings"],
)  # fmt: skip
def test_each_limit_is_said_and_what_came_before_it_stays(octets: bytes, limits: dict[str, int], code: str) -> None:
    leaves, codes = _leaves(octets, **limits)
    assert leaves
    assert code in codes


def test_delimiters_that_share_a_beginning() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=b-1\r\n\r\n--b-1\r\n\r\none\r\n--b-1--\r\n"
    octets = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + inner + b"\r\n--b\r\n\r\ntwo\r\n--b--\r\n"
    assert _leaves(octets) == ([("text/plain", b"one"), ("text/plain", b"two")], [])


_MIXED = b"Content-Type: multipart/mixed; boundary=x\r\n%s\r\n%s\r\n--x\r\n\r\nhello\r\n--x--\r\n%s"


def _told(octets: bytes) -> tuple[list[bytes], list[str]]:
    """What stands outside of the parts, and the codes of the findings."""
    budget = Budget(ReadingLimits())
    _, leaves = leaves_of(octets, budget)
    return [leaf.contents[0].strip() for leaf in leaves if leaf.hidden], [one.code for one in budget.findings()]


def test_words_outside_of_the_parts_are_kept() -> None:
    assert _told(_MIXED % (b"", b"KESTREL", b"")) == ([b"KESTREL"], [])
    assert _told(_MIXED % (b"", b"", b"\r\nlist mailing list\r\n")) == ([b"list mailing list"], [])
    assert _told(_MIXED % (b"", b"This is a multi-part message in MIME format. KESTREL", b""))[0] != []


@pytest.mark.parametrize(
    "preamble",
    [
        b"",
        b"This is a multi-part message in MIME format.\r\n",
        b"This is a MIME-encapsulated message\r\n",
        b"This is an OpenPGP/MIME signed message (RFC 4880 and 3156)",
        b"  This message is in MIME format.  The first part should be readable text,\r\n"
        b"  while the remaining parts are likely unreadable without MIME-aware tools.\r\n",
    ],
)
def test_what_programs_write_before_the_parts_is_no_text(preamble: bytes) -> None:
    assert _told(_MIXED % (b"", preamble, b"\r\n")) == ([], [])


def test_much_outside_of_the_parts_is_hidden_text() -> None:
    assert _told(_MIXED % (b"", b"KESTREL " * 40, b""))[1] == ["hidden_text"]
    assert _told(_MIXED % (b"", "極秘".encode(), b""))[1] == ["hidden_text"]


def test_an_encoding_on_a_multipart_is_ambiguous_where_it_changes_something() -> None:
    label = b"Content-Transfer-Encoding: quoted-printable\r\n"
    assert _told(_MIXED % (label, b"", b""))[1] == []
    assert _told((_MIXED % (label, b"", b"")).replace(b"hello", b"hel=6Co"))[1] == ["ambiguous_mime"]


@pytest.mark.parametrize("line", [b"\x0c--x", b" --x", b"--x\x0b", b"--x\x85", b"--x\x00--"])
def test_a_line_that_is_almost_a_delimiter(line: bytes) -> None:
    assert _told((_MIXED % (b"", b"", b"")).replace(b"hello", b"hello\r\n" + line))[1] == ["ambiguous_mime"]


@pytest.mark.parametrize("line", [b"--xy", b"--x.ALT", b"> --x", b"--x of it", b"-- x", b"\r\n\r\n"])
def test_a_line_that_only_resembles_a_delimiter(line: bytes) -> None:
    assert _told((_MIXED % (b"", b"", b"")).replace(b"hello", b"hello\r\n" + line))[1] == []


def test_an_empty_line_within_the_header_of_a_file() -> None:
    body = b"name=x.csv\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8="
    leaves, codes = _leaves(b"Content-Type: application/octet-stream;\r\n\r\n" + body)
    assert b"hello" in [content for _, content in leaves]
    assert codes == ["ambiguous_mime"]
    assert _leaves(b"Content-Type: text/plain\r\n\r\n" + body)[1] == []
