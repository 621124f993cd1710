"""The register of misdeliveries: what was reported, with what became of it; for whoever sees all mail."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.console.test_misdelivery import half_out
from tests.reception import ADMIN, ANN, AUDITOR, OFFICER, SATO, TANAKA, Reception

from mailguard.mail.actor import Actor, Role
from mailguard.store.spool import Retention

ADMINISTRATOR = Actor(ADMIN, Role.ADMINISTRATOR, "console")


async def test_each_stands_there_with_whom_it_reached_and_how_it_ended(reception: Reception) -> None:
    browser = await reception.browser(OFFICER)
    assert "No misdelivery was reported." in (await browser.get("/incidents")).text
    message_id = await half_out(reception)
    found = await reception.incidents.open(Actor(ANN, Role.SENDER, "console"), message_id, "Wrong <Tanaka>")
    page = (await browser.get("/incidents")).text
    assert f'href="/messages/{message_id}#misdelivery"' in page
    for said in (
        f"Reached: {TANAKA}",
        f"Stopped for: {SATO}",
        f"Reported by: {ANN}",
        "Wrong &lt;Tanaka&gt;",
        "!</span> open",
    ):
        assert said in page, said
    await reception.incidents.close(ADMINISTRATOR, found.id, "Deleted unread")
    page = (await browser.get("/incidents")).text
    for said in (f"by {ADMIN}", "Deleted unread", "closed"):
        assert said in page, said
    assert 'aria-current="page">Misdeliveries' in page


async def test_it_goes_on_page_by_page_and_stays_when_the_mail_is_gone(reception: Reception) -> None:
    length = reception.settings.page_length
    for number in range(length + 1):
        message_id = await half_out(reception)
        await reception.incidents.open(ADMINISTRATOR, message_id, f"note {number}.")
    browser = await reception.browser(AUDITOR)
    first = (await browser.get("/incidents")).text
    assert (first.count("Comment: note"), "note 0." in first, f"note {length}." in first) == (length, False, True)
    older = first.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    last = (await browser.get(older)).text
    assert (last.count("Comment: note"), "note 0." in last) == (1, True)
    assert "/messages/" in last
    for wrong in ("x", "'", "1" * 18):
        assert (await browser.get(f"/incidents?before={wrong}")).status_code == 200
    reception.clock.pass_by(days=500)
    await reception.spool.purge(reception.clock(), Retention(timedelta(days=7), timedelta(days=400), None))
    gone = (await (await reception.browser(AUDITOR)).get(older)).text
    assert ("note 0." in gone, "/messages/" in gone, "no longer kept" in gone) == (True, False, True)
