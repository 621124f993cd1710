"""Which mails stir the clocks, and which the post room, when they are taken in, here or by another process."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.ledger import ANN, NOON, PREFIX, facts, mail, verdict

from mailguard.app.bells import ends_soon, news_of, owes
from mailguard.app.hint import ALL, About, Calmed, listening, tap
from mailguard.mail.verdict import Disposition
from mailguard.store.fresh import record_of


@pytest.mark.parametrize(
    ("judged", "told", "soon"),
    [
        ({}, False, False),
        ({"disposition": Disposition.DELAY, "after": timedelta(minutes=1), "action": "release"}, False, False),
        ({"disposition": Disposition.DELAY, "after": timedelta(seconds=2), "action": "release"}, False, True),
        ({"disposition": Disposition.CONFIRM}, True, False),
        ({"disposition": Disposition.CONFIRM, "after": timedelta(seconds=1)}, True, True),
        ({"disposition": Disposition.CONFIRM, "only": ("carol@other.example",)}, True, False),
        ({"disposition": Disposition.APPROVE, "approvers": ("boss@corp.example",)}, True, False),
        ({"notify": (ANN,), "mode": "notify"}, True, False),
    ],
)
def test_only_what_is_to_be_told_wakes_the_post_and_only_what_ends_soon_the_clocks(
    judged: dict[str, Any], told: bool, soon: bool
) -> None:
    message = mail(("bob@partner.example", "carol@other.example"))
    record = record_of(message, facts(), verdict(message, **judged), PREFIX, NOON)
    assert (owes(record), ends_soon(record)) == (told, soon)
    assert news_of(record) == About.LETTERS * told | About.CLOCKS * soon


def test_what_a_door_beside_does_not_relay_itself_is_for_the_queue() -> None:
    message = mail(("bob@partner.example",))
    assert news_of(record_of(message, facts(), verdict(message), PREFIX, None)) == About.QUEUE
    assert news_of(record_of(message, facts(), verdict(message), PREFIX, NOON)) == About.PAGES
    assert news_of(None) == About.LETTERS


async def test_taps_that_come_together_are_one_about_all_that_they_were_about(tmp_path: Path) -> None:
    heard, came = list[About](), asyncio.Event()

    def tapped(about: About) -> None:
        heard.append(about)
        came.set()

    async with listening(tmp_path / "mailguard.db", tapped):
        for about in (About.LETTERS, About.PAGES, About.CLOCKS):
            tap(tmp_path / "mailguard.db", about)
        await came.wait()
        assert heard == [About.LETTERS | About.CLOCKS]
        came.clear()
        tap(tmp_path / "mailguard.db")
        await came.wait()
        assert heard[1:] == [ALL]


async def test_whoever_rests_does_afterwards_what_was_asked_meanwhile_also_if_that_is_only_pages() -> None:
    for meanwhile in ([About.PAGES], [About.LETTERS, About.PAGES, About.CLOCKS]):
        done = asyncio.Queue[About]()
        calmed = Calmed(done.put_nowait, 0.001)
        for about in (About.QUEUE, *meanwhile):
            calmed(about)
        assert [await done.get(), await done.get()] == [About.QUEUE, sum(meanwhile)]
