"""What the intake weighs before it judges on the event loop, where everybody waits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.judging import mail

from mailguard.intake import weight_of
from mailguard.mail.facts import HeaderAddress, Headers

MANY = tuple(HeaderAddress(f"p{number}@x.example") for number in range(20_000))


@pytest.mark.parametrize(
    "headers", [Headers(to=MANY), Headers(cc=MANY), Headers(fields=(("x-long", "x" * 1_000_000),))]
)
def test_headers_weigh_too(headers: Headers) -> None:
    case = mail()
    light = weight_of(case)
    assert light < 1000
    assert weight_of(replace(case, facts=replace(case.facts, headers=headers))) >= 1_000_000
