"""What people look up: every filter finds what it says, pages join without gap, and an index drives each of them."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from tests.ledger import ANN, BOB, BOSS, CAROL, NOON, Ledger, facts

from mailguard.mail.actor import HOUSE
from mailguard.mail.address import parse_address
from mailguard.mail.facts import Headers
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.message import new_message_id
from mailguard.mail.verdict import Disposition
from mailguard.store import ending, filters
from mailguard.store.records import Filter

DAVE = "dave@corp.example"


async def names(ledger: Ledger, chosen: Filter, known: dict[str, str]) -> list[str]:
    return [known[record.id] for record in await ledger.holds.page(chosen)]


async def filled(ledger: Ledger) -> dict[str, str]:
    """Six mails and a letter. id -> name."""
    known: dict[str, str] = {}

    async def put(name: str, disposition: Disposition = Disposition.DELIVER, **more: object) -> None:
        ledger.clock.forward(minutes=1)
        known[(await ledger.add(disposition, **more)).id] = name  # type: ignore[arg-type]

    await put("plain")
    await put("confirm", Disposition.CONFIRM, known=facts("契約書の件", ["見積書.pdf"]), rule="first-time")
    await put("approve", Disposition.APPROVE, to=(CAROL,), approvers=(BOSS,))
    await put("dave's", to=("Bob@PARTNER.example", CAROL), sender=DAVE, known=facts("ＡＢＣ Report", sender=DAVE))
    await put("null", sender=None)
    await put("relayed", to=("x@sub.partner.example",))
    last = next(id_ for id_, name in known.items() if name == "relayed")
    for job in await ledger.queue.claim(ledger.clock(), timedelta(minutes=1), 100):
        if job.record.id != last:
            await ledger.queue.give_back(job.record.id, job.recipients, ledger.clock())
    await ledger.db.write(lambda c: c.execute("UPDATE recipient SET due_at = 0 WHERE lease IS NOT NULL"))
    await ledger.relay(await ledger.found(last))
    letter = await ledger.spool.add_letter(
        new_message_id(ledger.clock()), parse_address(ANN), b"x", about=None, now=ledger.clock()
    )
    assert letter is not None
    known[letter.id] = "letter"
    return known


CASES: list[tuple[Filter, list[str]]] = [
    (Filter(), ["relayed", "null", "dave's", "approve", "confirm", "plain"]),
    (Filter(state=State.HELD), ["approve", "confirm"]),
    (Filter(state=State.QUEUED), ["null", "dave's", "plain"]),
    (Filter(state=State.RELAYED), ["relayed"]),
    (Filter(state=State.BOUNCED), []),
    (Filter(kinds=("letter",)), ["letter"]),
    (Filter(kinds=("mail", "letter"), state=State.QUEUED), ["letter", "null", "dave's", "plain"]),
    (Filter(kinds=()), []),
    (Filter(sender=ANN), ["relayed", "approve", "confirm", "plain"]),
    (Filter(sender="DAVE@corp.example"), ["dave's"]),
    (Filter(sender="corp.example"), ["relayed", "dave's", "approve", "confirm", "plain"]),
    (Filter(sender="@corp.example"), ["relayed", "dave's", "approve", "confirm", "plain"]),
    (Filter(sender="partner.example"), []),
    (Filter(recipient=BOB), ["null", "dave's", "confirm", "plain"]),
    (Filter(recipient="partner.example"), ["null", "dave's", "confirm", "plain"]),
    (Filter(recipient=CAROL, sender=DAVE), ["dave's"]),
    (Filter(recipient="other.example", state=State.HELD), ["approve"]),
    (Filter(recipient="nobody at all"), []),
    (Filter(rule="first-time"), ["confirm"]),
    (Filter(rule="a-rule"), ["approve"]),
    (Filter(rule="none"), []),
    (Filter(owner=ANN), ["relayed", "approve", "confirm", "plain"]),
    (Filter(owner=BOSS), ["approve"]),
    (Filter(owner=BOSS, role="sender"), []),
    (Filter(owner=BOSS, role="approver", state=State.HELD), ["approve"]),
    (Filter(owner=ANN, sender=DAVE), []),
    (Filter(owner="eve@corp.example"), []),
    (Filter(q="契約"), ["confirm"]),
    (Filter(q="約書"), ["confirm"]),
    (Filter(q="見積書"), ["confirm"]),
    (Filter(q="abc report"), ["dave's"]),
    (Filter(q="ｒｅｐｏｒｔ"), ["dave's"]),
    (Filter(q="carol 契約"), []),
    (Filter(q="carol"), ["dave's", "approve"]),
    (Filter(q="carol", owner=ANN), ["approve"]),
    (Filter(q="hello", state=State.HELD), ["approve"]),
    (Filter(q="%"), []),
    (Filter(q="   "), ["relayed", "null", "dave's", "approve", "confirm", "plain"]),
    (Filter(older=NOON + timedelta(minutes=3)), ["confirm", "plain"]),
    (Filter(ids=("nothing",)), []),
    (Filter(sender="@"), []),
    (Filter(recipient="@"), []),
]


async def test_each_filter(ledger: Ledger) -> None:
    known = await filled(ledger)
    by_name = {name: id_ for id_, name in known.items()}
    cases = [
        *CASES,
        (Filter(before=by_name["approve"]), ["confirm", "plain"]),
        (Filter(before="unknown"), []),
        (Filter(ids=(by_name["null"], by_name["plain"])), ["null", "plain"]),
        (Filter(ids=(by_name["null"], by_name["plain"]), owner=ANN), ["plain"]),
        (Filter(q=by_name["null"]), ["null"]),
    ]
    for chosen, expected in cases:
        assert await names(ledger, chosen, known) == expected, chosen
        assert await ledger.holds.count(chosen) == len(expected), chosen
        assert [known[id_] for id_ in await ledger.holds.ids([chosen], 100)] == expected, chosen


async def test_an_id_is_found_whole_and_never_in_pieces(ledger: Ledger) -> None:
    known = facts("delay two")
    mine = Headers(subject="delay", message_id="<2026.Abc-7@mx.corp.example>")
    one = await ledger.add(Disposition.CONFIRM, known=replace(known, headers=mine))
    await ledger.add(Disposition.CONFIRM, known=facts("another"))
    odd = Headers(subject="odd", message_id="zebra@x.example")
    await ledger.add(Disposition.CONFIRM, known=replace(known, headers=odd))

    async def found(q: str) -> list[str]:
        assert await ledger.holds.count(Filter(q=q)) == len(await ledger.holds.page(Filter(q=q, state=State.HELD)))
        return [record.id for record in await ledger.holds.page(Filter(q=q))]

    for whole in (one.id, "<2026.Abc-7@mx.corp.example>", "2026.abc-7@MX.corp.example", "delay"):
        assert await found(whole) == [one.id], whole
        assert await names(ledger, Filter(q=whole, recipient=BOB), {one.id: "it"}) == ["it"]
    for piece in (one.id[:-1], one.id[1:], "2", "7@mx", "abc-7", "delay 2", "zebra", "mx.corp"):
        assert await found(piece) == [], piece


async def test_pages_join_without_gap_or_overlap(ledger: Ledger) -> None:
    for _ in range(23):
        await ledger.add()
    seen: list[str] = []
    chosen = Filter()
    while page := await ledger.holds.page(chosen, 5):
        seen += [record.id for record in page]
        chosen = Filter(before=page[-1].id)
    assert len(seen) == len(set(seen)) == 23
    assert seen == [record.id for record in await ledger.holds.page(Filter(), 100)]


async def test_what_changes_state_changes_page(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.CONFIRM)
    await ledger.holds.apply(record.id, Event.CANCEL, HOUSE, NOON)
    assert await ledger.holds.page(Filter(state=State.HELD)) == []
    assert [one.id for one in await ledger.holds.page(Filter(state=State.CANCELLED))] == [record.id]


FILTERS = [
    Filter(),
    Filter(state=State.HELD),
    Filter(state=State.RELAYED),
    Filter(state=State.RELAYED, before="a"),
    Filter(owner=ANN),
    Filter(owner=ANN, state=State.HELD),
    Filter(owner=ANN, role="sender", state=State.RELAYED),
    Filter(sender=ANN),
    Filter(sender="corp.example"),
    Filter(recipient=BOB),
    Filter(recipient="partner.example"),
    Filter(rule="a-rule"),
    Filter(q="契約"),
    Filter(q="契約", owner=ANN),
    Filter(state=State.HELD, q="x", sender=ANN, recipient=BOB, rule="r", before="b", older=NOON, owner=ANN),
]


@pytest.mark.parametrize("chosen", FILTERS, ids=lambda f: _named(f))
async def test_a_page_is_driven_by_an_index_and_never_sorted(ledger: Ledger, chosen: Filter) -> None:
    sql, values = await ledger.db.read(lambda c: filters.numbers(c, chosen, 50))
    plan = await ledger.db.read(lambda c: [row[3] for row in c.execute(f"EXPLAIN QUERY PLAN {sql}", values)])
    assert not [step for step in plan if "TEMP B-TREE" in step or "AUTOMATIC" in step], plan
    # Walking backwards is right where nothing narrows (the page ends at 50) and over the narrow table of words.
    walked = {step.split()[1] for step in plan if step.startswith("SCAN") and "json_each" not in step}
    assert walked <= {"m"} if chosen == Filter() else walked <= {"w"}, plan


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT message FROM recipient WHERE state = 'queued' AND way = '' AND due_at <= 5 ORDER BY due_at LIMIT 10",
        "SELECT min(due_at) FROM recipient WHERE way = 'branch' AND state = 'queued' AND due_at IS NOT NULL",
        "SELECT way, count(*) FROM recipient WHERE state = 'queued' AND due_at IS NOT NULL GROUP BY way",
        "SELECT message FROM recipient WHERE state = 'held' AND due_at <= 5 ORDER BY due_at LIMIT 10",
        "SELECT min(due_at) FROM recipient WHERE state = 'held' AND due_at IS NOT NULL",
        "SELECT id FROM notice WHERE ended = 0 ORDER BY id LIMIT 5",
        "SELECT number FROM audit WHERE message_id = 'a' AND message_id <> '' ORDER BY number",
    ],
)
async def test_clocks_are_read_off_an_index(ledger: Ledger, sql: str) -> None:
    plan = await ledger.db.read(lambda c: [row[3] for row in c.execute(f"EXPLAIN QUERY PLAN {sql}")])
    assert all("USING" in step and "INDEX" in step for step in plan), plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan


async def test_whether_an_end_was_told_is_not_looked_for_in_the_whole_log(ledger: Ledger) -> None:
    wanted = (0, 10**18, 0, 200, 10**18)
    plan = await ledger.db.read(lambda c: [row[3] for row in c.execute(f"EXPLAIN QUERY PLAN {ending._OPEN}", wanted)])
    assert not [step for step in plan if step.startswith("SCAN")], plan


def _named(chosen: Filter) -> str:
    given = [field.name for field in fields(Filter) if getattr(chosen, field.name) != field.default]
    return "+".join(given) or "nothing"
