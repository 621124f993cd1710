"""The policy is exchanged while mail flows: all or nothing; what is refused is told in figures, console and letters."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from tests.reception import ADMIN, ANN, open_reception, text_of

from mailguard import events
from mailguard.app.reception import describe
from mailguard.console.app import build
from mailguard.mail.organization import Organization
from mailguard.notify.policy_notice import noted
from mailguard.rulebook import Rulebook

OWN = Organization(("corp.example",))
GOOD = "version: 1\nrules:\n  - {id: r, when: {recipients: {external: true}}, then: confirm}\n"
BAD = GOOD.replace("external", "externl")


def write(path: Path, text: str) -> None:
    """As editors do: a new file in its place."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)


def book_of(folder: Path) -> Rulebook:
    write(folder / "p.yaml", GOOD)
    return Rulebook.open([folder], OWN)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 -- what is waited for has no event of its own
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(*works: object) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(work) for work in works]  # type: ignore[call-overload]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_refused_change_leaves_the_old_policy_and_is_said(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    before = book.current()
    write(tmp_path / "p.yaml", BAD)
    assert not await book.reload()
    assert book.current() is before
    assert "unknown key 'externl', did you mean 'external'?" in book.refused()[0]
    assert events.policy_refused_now._value.get() == 1
    write(tmp_path / "p.yaml", GOOD.replace("confirm", "reject"))
    assert await book.reload()
    assert (book.refused(), events.policy_refused_now._value.get()) == ((), 0)
    assert book.current().rules[0].disposition.word == "reject"


async def test_the_administrators_are_told_once_and_when_it_is_good_again(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    told: list[Sequence[str]] = []

    async def tell(problems: Sequence[str]) -> None:
        told.append(problems)

    async with running(book.tell(tell, settle=0.05, pause=60)):
        write(tmp_path / "p.yaml", BAD)
        for _ in range(3):
            await book.reload()
        await until(lambda: len(told) == 1)
        write(tmp_path / "p.yaml", BAD + "x: 1\n")  # other problems, too soon to be told
        await book.reload()
        write(tmp_path / "p.yaml", GOOD)
        await book.reload()
        await until(lambda: len(told) == 2)
        assert ("externl" in told[0][0], told[1]) == (True, ())


async def test_what_comes_and_goes_while_somebody_types_is_not_told(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    told: list[Sequence[str]] = []

    async def tell(problems: Sequence[str]) -> None:
        told.append(problems)

    async with running(book.tell(tell, settle=3)):
        write(tmp_path / "p.yaml", BAD)
        await book.reload()
        write(tmp_path / "p.yaml", GOOD)
        await book.reload()
        await asyncio.sleep(3.5)
    assert told == []


async def test_a_list_in_another_folder_is_watched_also_while_it_is_what_is_wrong(tmp_path: Path) -> None:
    rules, elsewhere = tmp_path / "rules", tmp_path / "elsewhere"
    rules.mkdir()
    elsewhere.mkdir()
    write(rules / "p.yaml", GOOD)
    book = Rulebook.open([rules], OWN)
    names = "lists: {partners: {files: [../elsewhere/partners.txt]}}\n"
    async with running(book.watch()):
        await asyncio.sleep(0.3)
        write(elsewhere / "partners.txt", "no domain\n")
        write(rules / "p.yaml", GOOD + names)
        await until(lambda: bool(book.refused()))
        await asyncio.sleep(0.3)
        write(elsewhere / "partners.txt", "partner.example\n")
        await until(lambda: not book.refused())
        before = book.current().hash
        write(elsewhere / "partners.txt", "partner.example\nother.example\n")
        await until(lambda: book.current().hash != before)


def released(folder: Path, name: str, then: str) -> None:
    (folder / name / "policies").mkdir(parents=True)
    write(folder / name / "policies" / "p.yaml", GOOD.replace("confirm", then))


async def test_a_release_behind_a_link_is_taken_when_the_link_is_swapped(tmp_path: Path) -> None:
    """As programs that bring out releases do it: nothing changes in any folder that was looked at."""
    for name, then in (("one", "confirm"), ("two", "reject")):
        released(tmp_path, name, then)
    (tmp_path / "now").symlink_to("one")
    book = Rulebook.open([tmp_path / "now" / "policies"], OWN)
    async with running(book.watch()):
        write(tmp_path / "one" / "policies" / "p.yaml", GOOD.replace("confirm", "deliver"))
        await until(lambda: disposition(book) == "deliver")  # it is watched
        (tmp_path / "next").symlink_to("two")
        (tmp_path / "next").replace(tmp_path / "now")
        await until(lambda: disposition(book) == "reject")
        write(tmp_path / "two" / "policies" / "p.yaml", GOOD)
        await until(lambda: disposition(book) == "confirm")


async def test_a_list_behind_a_link_is_watched_where_it_lies(tmp_path: Path) -> None:
    rules, elsewhere = tmp_path / "rules", tmp_path / "elsewhere"
    rules.mkdir()
    elsewhere.mkdir()
    write(elsewhere / "partners.txt", "partner.example\n")
    (rules / "partners.txt").symlink_to(elsewhere / "partners.txt")
    write(rules / "p.yaml", GOOD + "lists: {partners: {files: [partners.txt]}}\n")
    book = Rulebook.open([rules], OWN)
    async with running(book.watch()):
        write(rules / "p.yaml", GOOD.replace("confirm", "deliver") + "lists: {partners: {files: [partners.txt]}}\n")
        await until(lambda: disposition(book) == "deliver")  # it is watched
        before = book.current().hash
        write(elsewhere / "partners.txt", "partner.example\nother.example\n")
        await until(lambda: book.current().hash != before)


def disposition(book: Rulebook) -> str:
    return book.current().rules[0].disposition.word


async def test_a_pipe_among_the_policies_makes_nobody_wait(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    os.mkfifo(tmp_path / "pipe.yaml")
    async with asyncio.timeout(60):
        assert not await book.reload()
    assert "pipe.yaml:1:1: cannot be read: not a regular file" in book.refused()[0]


async def test_the_console_shows_it_to_administrators_and_letters_say_it(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    write(tmp_path / "p.yaml", BAD)
    await book.reload()
    (tmp_path / "house").mkdir()
    async with open_reception(tmp_path / "house") as house:
        desk = replace(house.app.state.desk, policy=lambda: describe(book.current()), refused=book.refused)
        house.app = build(desk)
        page = (await (await house.browser(ADMIN)).client.get("/all")).text
        assert "A change of the policy is wrong" in page
        assert "unknown key &#39;externl&#39;" in page
        page = (await (await house.browser(ADMIN, "ja")).client.get("/all")).text
        assert "p.yaml:3:33: キー「externl」はここでは使えません。「external」の間違いではありませんか。" in page
        assert "policy-refused" not in (await (await house.browser(ANN)).client.get("/mine")).text
        told = (await (await house.browser(ADMIN)).client.get("/api/v1/policy")).json()
        assert ("externl" in told["problems"][0], told["policy"]) == (True, book.current().hash)
        await house.outbox.add("policy_refused", ADMIN, house.clock(), **noted(book.refused()))
        await house.outbox.add("policy_good", ADMIN, house.clock(), **noted([]))
        kinds = {str(one["x-mailguard-letter"]): one for one in await house.letters()}
        assert {"policy_refused", "policy_good"} <= kinds.keys()
        assert kinds["policy_refused"]["to"] == ADMIN
        assert "unknown key 'externl'" in text_of(kinds["policy_refused"])
