"""Who stands in To or Cc by mistake gives way: which name stays, who stands there once, and what is refused."""

from __future__ import annotations

import pytest
from tests.unit.transform.mails import altered, crlf, refused

from mailguard.mail.address import parse_address
from mailguard.mail.alteration import Readdress, ToBcc

WRONG, MEANT = parse_address("tanaka@examp1e.co.jp"), parse_address("tanaka@example.co.jp")
OTHER = parse_address("tanaka.k@example.co.jp")
FROM, END = "From: ann@corp.example\n", "Subject: x\n\ntanaka@examp1e.co.jp\n"


def corrected(header: str, meant: Readdress = Readdress(WRONG, MEANT)) -> str:  # noqa: B008 - a value
    octets = altered(crlf(FROM + header + END), meant).octets.decode().replace("\r\n", "\n")
    assert octets.startswith(FROM)
    assert octets.endswith(END)
    return octets[len(FROM) : -len(END)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("To: tanaka@examp1e.co.jp\n", "To: tanaka@example.co.jp\n"),
        ("To: Tanaka <TANAKA@Examp1e.co.jp>\n", "To: Tanaka <tanaka@example.co.jp>\n"),
        # A name that is the address tells the wrong one.
        ('To: "tanaka@examp1e.co.jp" <tanaka@examp1e.co.jp>\n', "To: tanaka@example.co.jp\n"),
        # He stands there already: nobody is named twice.
        ("To: tanaka@examp1e.co.jp, b@x.example\nCc: tanaka@examp1e.co.jp\n",
         "To: tanaka@example.co.jp, b@x.example\nCc: tanaka@example.co.jp\n"),
        ("To: tanaka@example.co.jp, tanaka@examp1e.co.jp\n", "To: tanaka@example.co.jp\n"),
        ("To: b@x.example\n", "To: b@x.example\n"),
    ],
)  # fmt: skip
def test_the_one_stands_in_the_place_of_the_other(before: str, after: str) -> None:
    assert corrected(before) == after


def test_another_person_does_not_get_the_wrong_ones_name() -> None:
    assert corrected("To: Jiro <tanaka@examp1e.co.jp>\n", Readdress(WRONG, OTHER)) == "To: tanaka.k@example.co.jp\n"


@pytest.mark.parametrize("header", ['To: "Jiro <tanaka@examp1e.co.jp>\n', "To: tanaka@examp1e.co.jp, (b@x.example\n"])
def test_a_list_that_can_be_read_in_two_ways_is_refused(header: str) -> None:
    assert refused(crlf(FROM + header + END), Readdress(WRONG, MEANT)).alteration == "readdress"


def test_whoever_is_hidden_is_the_one_who_is_meant() -> None:
    header = "To: tanaka@examp1e.co.jp, b@x.example\n"
    hide = ToBcc(hide="listed", keys=(MEANT.key,))
    octets = altered(crlf(FROM + header + END), hide, Readdress(WRONG, MEANT)).octets
    assert b"To: b@x.example\r\n" in octets
