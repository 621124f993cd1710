"""The filter language over the ledger: each term finds what it says, its negation the rest, in every order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.ledger import ANN, BOB, BOSS, CAROL, NOON, Ledger, facts

from mailguard.mail.actor import HOUSE
from mailguard.mail.facts import Facts
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.query import Sort
from mailguard.mail.query_text import parse_query
from mailguard.mail.verdict import Disposition
from mailguard.store import filters
from mailguard.store.records import Filter
from mailguard.store.spool import Retention

DAVE = "dave@corp.example"
ALL = ["plain", "contract", "approval", "dave's"]


def said(subject: str, text: str, names: tuple[str, ...] = (), *, file_text: str = "", sender: str = ANN) -> Facts:
    known = facts(subject, names, sender=sender)
    files = tuple(replace(one, text=file_text) for one in known.attachments)
    return replace(known, text=text, attachments=files)


async def filled(ledger: Ledger) -> dict[str, str]:
    known: dict[str, str] = {}

    async def put(name: str, disposition: Disposition = Disposition.DELIVER, **more: object) -> None:
        ledger.clock.forward(hours=3)
        known[(await ledger.add(disposition, **more)).id] = name  # type: ignore[arg-type]

    await put("plain", known=said("hello", "nothing of note"))
    contract = said("契約書の件", "添付の見積をご確認ください", ("明細.pdf",), file_text="合計 １２０万円")
    await put("contract", Disposition.CONFIRM, known=contract, rule="first-time", octets=b"x" * 9000)
    await put("approval", Disposition.APPROVE, to=(CAROL, BOB), approvers=(BOSS,), after=timedelta(hours=1))
    await put("dave's", Disposition.CONFIRM, sender=DAVE, known=said("見積書", "Total", sender=DAVE), rule="rule two")
    return known


CASES = [
    ("", ALL),
    ("state:held", ["contract", "approval", "dave's"]),
    ("state:held,queued", ALL),
    ("-state:queued", ["contract", "approval", "dave's"]),
    ("見積", ["dave's"]),
    ("text:見積", ["contract"]),
    ("in:text 見積", ["contract"]),
    ("本文:120万", ["contract"]),
    ("text:見積,note", ["plain", "contract"]),
    ("-text:見積", ["plain", "approval", "dave's"]),
    ("subject:契約,hello", ["plain", "contract", "approval"]),
    ("subject:corp.example", []),
    ("file:明細", ["contract"]),
    ("file:契約", []),
    ("from:ann@corp.example", ["plain", "contract", "approval"]),
    ("-from:ann@corp.example", ["dave's"]),
    ("from:corp.example", ALL),
    ("from:dav", ["dave's"]),
    ("from:bob", []),
    ("to:carol@other.example", ["approval"]),
    ("to:other.example -to:partner.example", []),
    ("to:partner.example", ALL),
    ("-to:other.example", ["plain", "contract", "dave's"]),
    ("to:caro", ["approval"]),
    ("rule:first-time", ["contract"]),
    ('rule:"rule two",first-time', ["contract", "dave's"]),
    ("has:attachment", ["contract"]),
    ("-has:attachment", ["plain", "approval", "dave's"]),
    ("has:approval", ["approval"]),
    ("has:confirm", ["contract", "dave's"]),
    ("has:external", ALL),
    ("larger:8KB", ["contract"]),
    ("smaller:8KB", ["plain", "approval", "dave's"]),
    ("older:5h", ["plain", "contract"]),
    ("newer:5h", ["approval", "dave's"]),
    ("newer:5h older:1h", ["approval"]),
    ("rule:first-time rule:other", []),
    ("state:held from:ann@corp.example -has:approval", ["contract"]),
    ("state:relayed state:held", []),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
async def test_each_term(ledger: Ledger, text: str, expected: list[str]) -> None:
    known = await filled(ledger)
    chosen = Filter(query=parse_query(text, ledger.clock(), "Asia/Tokyo"))
    found = [known[record.id] for record in await ledger.holds.page(chosen)]
    assert found[::-1] == expected
    assert await ledger.holds.count(chosen) == len(expected)
    assert await ledger.holds.count(chosen, 1) == min(1, len(expected))
    for sort in Sort:
        listed = {known[one] for one in await ledger.holds.ids([replace(chosen, sort=sort)], 100)}
        held = {"contract", "approval", "dave's"} if sort is Sort.ENDS else set(ALL)
        assert listed == set(expected) & held, sort


async def hundreds(ledger: Ledger) -> list[str]:
    """Held mail with several copies, equal ends, equal sizes, and some that are decided."""
    for number in range(120):
        ledger.clock.forward(seconds=1)
        record = await ledger.add(
            Disposition.CONFIRM,
            (BOB, CAROL) if number % 3 else (BOB,),
            sender=f"s{number % 7}@corp.example",
            octets=b"x" * (10 + number % 5),
            after=timedelta(hours=1 + number % 4),
        )
        if number % 10 == 0:
            await ledger.holds.apply(record.id, Event.CANCEL, HOUSE, ledger.clock())
    return await ledger.holds.ids([Filter(state=State.HELD)], 1000)


@pytest.mark.parametrize("many", [False, True], ids=["sorted", "walked"])
@pytest.mark.parametrize("sort", list(Sort))
async def test_pages_join_in_every_order(
    ledger: Ledger, sort: Sort, many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = await hundreds(ledger)
    if many:
        monkeypatch.setattr(filters, "_SORTED", 5)
    chosen, seen = Filter(query=parse_query("state:held", NOON, "UTC"), sort=sort), []
    while page := await ledger.holds.page(chosen, 7):
        seen += page
        chosen = replace(chosen, before=page[-1].id, before_ends=page[-1].expires_at)
    assert sorted(record.id for record in seen) == sorted(everything)
    keys = {
        Sort.NEWEST: lambda one: [-int(one.received_at.timestamp())],
        Sort.OLDEST: lambda one: [one.received_at],
        Sort.ENDS: lambda one: [one.expires_at],
        Sort.SENDER: lambda one: [str(one.sender), -one.received_at.timestamp()],
        Sort.SIZE: lambda one: [-one.size, -one.received_at.timestamp()],
    }
    assert seen == sorted(seen, key=keys[sort])


async def test_an_order_is_read_off_its_index(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    await hundreds(ledger)
    monkeypatch.setattr(filters, "_SORTED", 5)
    for sort in (Sort.ENDS, Sort.SENDER, Sort.SIZE):
        chosen = Filter(query=parse_query("state:held", NOON, "UTC"), sort=sort)
        sql, values = await ledger.db.read(lambda c, chosen=chosen: filters.numbers(c, chosen, 50))  # type: ignore[misc]
        plan = await ledger.db.read(
            lambda c, sql=sql, values=values: [row[3] for row in c.execute(f"EXPLAIN QUERY PLAN {sql}", values)]  # type: ignore[misc]
        )
        assert not [step for step in plan if "TEMP B-TREE" in step or "AUTOMATIC" in step], (sort, plan)


async def test_the_text_goes_with_the_octets(ledger: Ledger) -> None:
    known = await filled(ledger)
    chosen = Filter(query=parse_query("text:見積", ledger.clock(), "Asia/Tokyo"))
    contract = next(one for one, name in known.items() if name == "contract")
    await ledger.holds.apply(contract, Event.CANCEL, HOUSE, ledger.clock())
    assert await ledger.holds.ids([chosen], 10) == [contract]
    await ledger.spool.purge(ledger.clock.forward(days=8), Retention())
    assert await ledger.holds.ids([chosen], 10) == []
    assert await ledger.db.read(
        lambda c: c.execute("SELECT count(*) FROM mail_text WHERE text LIKE '%見積%'").fetchone()
    ) == (0,)


async def test_only_the_beginning_of_a_text_is_kept(ledger: Ledger) -> None:
    await ledger.add(known=said("long", "a" * 8000 + "behind", ("x.txt",), file_text="b" * 4000 + "far"))
    for word, found in (("text:aaa", 1), ("text:bbb", 1), ("text:behind", 0), ("text:far", 0)):
        assert await ledger.holds.count(Filter(query=parse_query(word, NOON, "UTC"))) == found, word
