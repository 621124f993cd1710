"""Golden mails: a mail as it lies on the wire, the alterations, and the mail that must leave, octet for octet.

A case is a text file: the recipient and one alteration a line (as the ledger keeps it), a line of dashes, the mail, a
line of equals signs, the mail after. Lines end in CRLF when it is read; `charset` says what it is written in then.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailguard.mail.address import Address, parse_address
from mailguard.mail.alteration import Recipe
from mailguard.mail.alteration_json import KINDS, kind_of, recipe_from_json
from mailguard.transform.apply import Altered, apply

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*.mail"))


@dataclass(frozen=True)
class Golden:
    """One case. The line end before a line of equals signs, and the last one of the file, belong to the mails."""

    recipient: Address
    recipe: Recipe
    before: bytes
    after: bytes


def read_golden(path: Path) -> Golden:
    head, _, mails = path.read_text(encoding="utf-8").partition("-----\n")
    before, _, after = mails.partition("=====\n")
    words = [line.partition(": ") for line in head.splitlines()]
    values = {name: value for name, _, value in words if name != "alter"}
    recipe = recipe_from_json([json.loads(value) for name, _, value in words if name == "alter"])
    octets = [one.replace("\n", "\r\n").encode(values.get("charset", "utf-8")) for one in (before, after)]
    return Golden(parse_address(values["to"]), recipe, *octets)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path: Path) -> None:
    golden = read_golden(path)
    result = apply(golden.before, golden.recipe, golden.recipient)
    assert isinstance(result, Altered), result
    assert result.octets.decode("latin-1") == golden.after.decode("latin-1")


def test_every_alteration_has_a_golden_mail() -> None:
    assert {kind_of(one) for path in CASES for one in read_golden(path).recipe} == set(KINDS)
