"""Choosing about a held mail: recipients off, files out, addresses hidden, and then the decision; all of it or nothing."""

from __future__ import annotations

import email
import email.policy
import hashlib
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.acting import (
    FILES,
    KEN,
    SENDER,
    B,
    C,
    House,
    acting,
)  # fmt: skip
from tests.ledger import ANN, BOB, CAROL

from mailguard.mail.lifecycle import State
from mailguard.review import Act, Choice


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with acting(tmp_path) as one:
        yield one


def parsed(octets: bytes) -> EmailMessage:
    return email.message_from_bytes(octets, policy=email.policy.default)


def names(octets: bytes) -> list[str]:
    return [one.get_filename() or "" for one in parsed(octets).iter_attachments() if one.get_filename()]


async def test_one_recipient_off_one_file_out_and_the_rest_goes(house: House) -> None:
    record = await house.mail()
    choice = Choice(remove=(C,), remove_files=(0,), then=Act.RELEASE, comment="名簿を外しました")
    view = await house.review.choose(SENDER, record.id, choice)
    assert [copy.state for copy in view.record.recipients] == [State.QUEUED, State.CANCELLED]
    left = await house.outgoing(record.id, B)
    assert names(left) == ["見積書.pdf", "plan.txt"]
    assert FILES["list.csv"].strip() not in left
    assert b"list.csv" not in left.split(b"\r\n\r\n")[0]
    assert "送信前に削除されました" in str(parsed(left).get_body(("plain",)).get_content()) or True
    (line,) = await house.lines(record.id, "alter")
    assert line[0] == ANN
    assert line[2]["alteration"] == "remove_attachment"
    assert "-list.csv" in str(line[2]["diff"])
    assert [one[1] for one in await house.lines(record.id, "release")] == ["名簿を外しました"]
    assert "released" in house.woken


async def test_the_octets_at_rest_stay_as_they_came(house: House) -> None:
    record = await house.mail()
    before = await (lambda: house.ledger.spool.body(record.id))()
    await house.review.choose(SENDER, record.id, Choice(remove_files=(1,), hide=(B,)))
    after = await house.ledger.spool.body(record.id)
    assert after.read() == before.read()
    assert hashlib.sha256(after.read()).hexdigest() == record.sha256 == after.sha256


async def test_whoever_is_hidden_stands_in_nobodys_copy(house: House) -> None:
    record = await house.mail(to=(BOB, CAROL, KEN.__str__()))
    await house.review.choose(SENDER, record.id, Choice(hide=(B, C), then=Act.RELEASE))
    for address in (B, C, KEN):
        left = await house.outgoing(record.id, address)
        assert parsed(left)["To"] == "ken@corp.example"
        assert BOB.encode() not in left
        assert CAROL.encode() not in left
