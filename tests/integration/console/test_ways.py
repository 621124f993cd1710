"""The page of a mail and the API say by which next server a copy goes, and when nobody knows whether it arrived."""

from __future__ import annotations

from datetime import timedelta

from tests.reception import ANN, SATO, Reception

from mailguard.mail.address import parse_address
from mailguard.mail.verdict import Disposition
from mailguard.relay.upstream import deferred


async def test_the_way_and_an_unknown_end(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.DELIVER, to=(SATO,), route="branch")
    await reception.queue.claim(reception.clock(), timedelta(minutes=1), 10, "branch")
    outcome = deferred("no reply within 600 s", unknown=True)
    soon = reception.clock() + timedelta(minutes=1)
    await reception.queue.record(message_id, {parse_address(SATO): outcome}, reception.clock(), soon, give_up=False)
    browser = await reception.browser(ANN)
    page = (await browser.get(f"/messages/{message_id}")).text
    assert "branch" in page
    assert "it may have arrived" in page
    shown = (await browser.get(f"/api/v1/messages/{message_id}")).json()
    assert [one["upstream"] for one in shown["recipients"]] == ["branch"]


async def test_the_usual_way_is_not_spoken_of(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.DELIVER, to=(SATO,))
    browser = await reception.browser(ANN)
    assert "Goes by" not in (await browser.get(f"/messages/{message_id}")).text
