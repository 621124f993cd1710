"""XCLIENT and XFORWARD: the grammar, and that anything else is refused whole."""

from __future__ import annotations

import contextlib
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.smtpd.commands import Refused
from mailguard.smtpd.xclient import Forwarded, Introduced, parse_xclient, parse_xforward


def test_what_is_said_is_taken_and_what_is_not_said_stays_open() -> None:
    said = parse_xclient("NAME=spike.corp.example ADDR=192.0.2.9 LOGIN=ann+2Bx@corp.example HELO=[192.0.2.9]")
    assert said == Introduced(ipaddress.ip_address("192.0.2.9"), "[192.0.2.9]", "ann+x@corp.example")
    assert parse_xclient("PORT=25 DESTADDR=192.0.2.1 DESTPORT=587 PROTO=ESMTP") == Introduced()
    assert parse_xclient("addr=[unavailable] LOGIN=[TEMPUNAVAIL]") == Introduced(None, ..., None)
    assert parse_xclient("ADDR=IPV6:::ffff:192.0.2.9").address == ipaddress.ip_address("192.0.2.9")
    assert parse_xclient("LOGIN=+E5+B1+B1").login == "山"


@pytest.mark.parametrize(
    "argument",
    ["", "ADDR", "ADDR=", "ADDR=host.example", "LOGIN=a LOGIN=b", "SOURCE=LOCAL", "LOGIN=a+0A", "LOGIN=+", "LOGIN=+20",
     "LOGIN=" + "a" * 256, "PORT=x", "PORT=65536", "DESTADDR=x", "LOGIN=a=b", "LOGIN=山"],
)  # fmt: skip
def test_refused(argument: str) -> None:
    with pytest.raises(Refused):
        parse_xclient(argument)


def test_lines_of_xforward_add_up() -> None:
    first = parse_xforward("NAME=pc ADDR=192.0.2.9 SOURCE=REMOTE IDENT=4F+2B", Forwarded())
    assert parse_xforward("HELO=pc.corp.example", first) == Forwarded("192.0.2.9", "pc.corp.example")
    assert parse_xforward("ADDR=[UNAVAILABLE]", first) == Forwarded()


@given(st.text(max_size=200))
def test_any_text(argument: str) -> None:
    for parse in (parse_xclient, lambda text: parse_xforward(text, Forwarded())):
        with contextlib.suppress(Refused):
            parse(argument)
