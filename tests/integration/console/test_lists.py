"""The lists: what a person finds on the first page after logging in."""

from __future__ import annotations

from tests.reception import ADMIN, ANN, AUDITOR, BOSS, DROP, Reception

from mailguard.mail.verdict import Disposition


async def test_an_administrator_is_led_to_the_mail_that_others_must_decide(reception: Reception) -> None:
    await reception.take_in()
    for person in (ADMIN, AUDITOR):
        page = (await (await reception.browser(person)).get("/mine")).text
        assert '/all?state=held">Held mail of others: 1</a>' in page
    assert "Held mail of others" not in (await (await reception.browser(ANN)).get("/mine")).text


async def test_nothing_is_said_of_others_where_nothing_waits(reception: Reception) -> None:
    await reception.take_in(sender=f"<{ADMIN}>")
    assert "Held mail of others" not in (await (await reception.browser(ADMIN)).get("/mine")).text


async def test_one_organisation_is_one(reception: Reception) -> None:
    message_id = await reception.take_in(to=("x@partner.example",))
    page = (await (await reception.browser(ANN)).get(f"/messages/{message_id}")).text
    assert "1 recipient, 1 organisation<" in page.replace("\n", "")


async def test_my_mail_opens_for_everybody_in_every_state(reception: Reception) -> None:
    for disposition in (Disposition.CONFIRM, Disposition.APPROVE, Disposition.DELAY, Disposition.DELIVER):
        await reception.take_in(disposition)
        await reception.take_in(disposition, sender="<>", subject="")
        reception.clock.pass_by(seconds=1)
    decided = await reception.take_in()
    ann = await reception.browser(ANN)
    await ann.send(await ann.get(f"/messages/{decided}"), "/act", act="send", **DROP)
    for person in (ADMIN, ANN, BOSS, AUDITOR):
        for language in ("ja", "en"):
            answer = await (await reception.browser(person, language)).get("/mine")
            assert answer.status_code == 200, (person, answer.text)
