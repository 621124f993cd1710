"""A mail that was not sent, taken back to be edited."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.acting import ADMINISTRATOR, APPROVER, AUDITOR, EVE, SENDER, B, House, acting, facts_of, written
from tests.ledger import BOB, CAROL

from mailguard.mail.actor import Actor
from mailguard.mail.verdict import Disposition
from mailguard.review import Act, BodyGone, Forbidden, NotFound, Refused, ReviewError


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with acting(tmp_path) as one:
        yield one


async def test_the_sender_gets_his_mail_ready_to_edit_with_its_bcc(house: House) -> None:
    message = written((BOB,))
    record = await house.mail(to=(BOB, CAROL), message=message)
    for actor in (SENDER, ADMINISTRATOR):
        draft = await house.review.draft(actor, record.id)
        parsed = email.message_from_bytes(draft, policy=email.policy.default)
        assert (parsed["X-Unsent"], parsed["Bcc"], parsed["To"]) == ("1", CAROL, BOB)
        assert parsed["Received"] is None
        assert [one.get_filename() for one in parsed.iter_attachments()] == ["list.csv", "見積書.pdf", "plan.txt"]
    # Everything else is as it came, octet for octet.
    octets = message.as_bytes()
    assert draft.endswith(octets[octets.index(b"From:") :])


@pytest.mark.parametrize(("actor", "error"), [(APPROVER, Forbidden), (AUDITOR, Forbidden), (EVE, NotFound)])
async def test_nobody_else_gets_it(house: House, actor: Actor, error: type[ReviewError]) -> None:
    record = await house.mail(Disposition.APPROVE)
    with pytest.raises(error):
        await house.review.draft(actor, record.id)


@pytest.mark.parametrize("act", [Act.CANCEL, Act.HOLD, Act.RELEASE])
async def test_only_what_was_not_sent(house: House, act: Act) -> None:
    record = await house.mail()
    await house.review.act(SENDER, record.id, act)
    if act is Act.RELEASE:
        with pytest.raises(Refused):
            await house.review.draft(SENDER, record.id)
    else:
        assert (await house.review.draft(SENDER, record.id)).startswith(b"X-Unsent: 1\r\n")


async def test_a_part_that_did_not_go_is_enough(house: House) -> None:
    record = await house.mail()
    await house.review.act(SENDER, record.id, Act.REMOVE, (B,))
    await house.review.act(SENDER, record.id, Act.RELEASE)
    assert await house.review.draft(SENDER, record.id)


async def test_a_bcc_field_and_marks_of_the_way_do_not_come_twice(house: House) -> None:
    octets = (
        b"X-Unsent: 0\r\nReturn-Path: <x@y.example>\r\nDKIM-Signature: v=1;\r\n\tb=abc\r\nBcc: " + CAROL.encode()
        + b"\r\nFrom: ann@corp.example\r\nTo: " + BOB.encode() + b"\r\n\r\nReceived: this is text\r\n"
    )  # fmt: skip
    record = await house.mail(octets=octets, known=facts_of(written((BOB,))))
    draft = await house.review.draft(SENDER, record.id)
    assert draft == (
        b"X-Unsent: 1\r\nBcc: " + CAROL.encode() + b"\r\nFrom: ann@corp.example\r\nTo: " + BOB.encode()
        + b"\r\n\r\nReceived: this is text\r\n"
    )  # fmt: skip


async def test_octets_that_are_gone_are_gone(house: House) -> None:
    record = await house.mail()
    await house.ledger.db.write(lambda c: c.execute("UPDATE message SET body = 'gone'"))
    with pytest.raises(BodyGone):
        await house.review.draft(SENDER, record.id)
