"""Who looked is known: openings once, contents that were somebody else's with a line, nothing from scanners."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from tests.reception import ADMIN, ANN, AUDITOR, BOSS, SATO, TANAKA, Reception, open_reception

from mailguard.mail.actor import Actor, Role
from mailguard.mail.verdict import Disposition
from mailguard.review import Act
from mailguard.store.errors import StoreClosed


@pytest_asyncio.fixture
async def reception(tmp_path: Path) -> AsyncIterator[Reception]:
    async with open_reception(tmp_path) as opened:
        yield opened


async def opened_by(reception: Reception) -> dict[str, int]:
    await reception.review.looks.settled()
    rows = await reception.db.read(lambda c: c.execute("SELECT person, at FROM opened").fetchall())
    return dict(rows)


async def readings(reception: Reception, message_id: str) -> list[tuple[str, str]]:
    view = await reception.review.show(Actor(ADMIN, Role.ADMINISTRATOR, "console"), message_id)
    return [(line.actor, str(line.detail["what"])) for line in view.history if line.event == "read"]


async def test_an_opening_is_kept_once_for_each_person_who_may_decide(reception: Reception) -> None:
    mail = await reception.take_in(Disposition.APPROVE, approvers=(BOSS,))
    for person in (ANN, BOSS, AUDITOR):
        await (await reception.browser(person)).get(f"/messages/{mail}")
    first = await opened_by(reception)
    assert set(first) == {ANN, BOSS}  # an auditor decides nothing
    reception.clock.pass_by(minutes=5)
    await (await reception.browser(ANN)).get(f"/messages/{mail}")
    assert await opened_by(reception) == first


async def test_whoever_opens_a_split_mail_has_opened_all_its_parts(reception: Reception) -> None:
    parts = [await reception.take_in(to=(one,)) for one in (TANAKA, SATO)]
    await (await reception.browser(ANN)).get(f"/messages/{parts[1]}")
    await reception.review.looks.settled()
    sql = "SELECT m.id FROM opened o JOIN message m ON m.number = o.message ORDER BY m.number"
    assert [row[0] for row in await reception.db.read(lambda c: c.execute(sql).fetchall())] == parts


async def test_who_is_not_logged_in_prefetches_or_only_asks_for_the_head_opens_nothing(reception: Reception) -> None:
    mail = await reception.take_in()
    await (await reception.browser()).get(f"/messages/{mail}")
    browser = await reception.browser(ANN)
    await browser.client.head(f"/messages/{mail}")
    await browser.client.get(f"/messages/{mail}", headers={"sec-purpose": "prefetch;prerender"})
    token = await reception.access.create_token(Role.SENDER, ANN, Actor(ADMIN, Role.ADMINISTRATOR, "cli"))
    await browser.client.get(f"/api/v1/messages/{mail}", headers={"authorization": f"Bearer {token}"})
    assert await opened_by(reception) == {}


async def test_a_mail_that_is_decided_is_not_opened(reception: Reception) -> None:
    mail = await reception.take_in()
    await reception.review.act(Actor(ANN, Role.SENDER, "letter"), mail, Act.CANCEL)
    await (await reception.browser(ANN)).get(f"/messages/{mail}")
    assert await opened_by(reception) == {}


async def test_contents_that_an_administrator_sees_leave_a_line_that_the_sender_sees(reception: Reception) -> None:
    mail = await reception.take_in()
    browser = await reception.browser(ADMIN)
    for path in ("", "/html", "/raw", "?unmasked=1"):
        await browser.get(f"/messages/{mail}{path}")
        await browser.get(f"/messages/{mail}{path}")
    assert await readings(reception, mail) == [(ADMIN, "text"), (ADMIN, "html"), (ADMIN, "raw"), (ADMIN, "unmasked")]
    page = (await (await reception.browser(ANN)).get(f"/messages/{mail}")).text
    assert "Contents looked at" in page
    assert "What was shown: the whole mail, saved" in page


async def test_who_is_concerned_and_who_sees_no_body_leave_none(reception: Reception) -> None:
    mail = await reception.take_in(Disposition.APPROVE, approvers=(BOSS,))
    for person in (ANN, BOSS, AUDITOR):
        browser = await reception.browser(person)
        for path in ("", "/html", "/raw"):
            await browser.get(f"/messages/{mail}{path}")
    assert await readings(reception, mail) == []


async def test_the_same_reading_is_written_again_after_an_hour_also_by_another_process(reception: Reception) -> None:
    mail = await reception.take_in()
    admin = Actor(ADMIN, Role.ADMINISTRATOR, "console")
    await reception.review.body(admin, mail, "text")
    reception.review.looks._read.clear()  # as after a restart
    reception.clock.pass_by(minutes=59)
    await reception.review.body(admin, mail, "text")
    assert await readings(reception, mail) == [(ADMIN, "text")]
    reception.clock.pass_by(minutes=2)
    await reception.review.body(admin, mail, "text")
    assert await readings(reception, mail) == [(ADMIN, "text")] * 2


async def test_nothing_is_shown_that_could_not_be_written_down(reception: Reception) -> None:
    mail = await reception.take_in()
    await reception.db._writer.stop()
    with pytest.raises(StoreClosed):
        await reception.review.body(Actor(ADMIN, Role.ADMINISTRATOR, "console"), mail, "text")


async def test_what_is_decided_within_five_seconds_of_opening_is_counted(reception: Reception) -> None:
    for seconds in (3, 60):
        mail = await reception.take_in()
        reception.clock.pass_by(minutes=1)
        await (await reception.browser(ANN)).get(f"/messages/{mail}")
        await reception.review.looks.settled()
        reception.clock.pass_by(seconds=seconds)
        await reception.review.act(Actor(ANN, Role.SENDER, "console"), mail, Act.RELEASE)
    figures = reception.app.state.desk.figures
    days = (figures.today - timedelta(days=1), figures.today)  # it may be midnight in between
    await figures.settle(*days)
    found = (await figures.figures(*days)).all
    assert (found.seen, found.hasty, found.released) == (2, 1, 2)
