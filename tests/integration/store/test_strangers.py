"""What the ledger says of recipients whom a sender never wrote to, and of a greeting that fits none of them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from tests.integration.store.test_memory import sent, told
from tests.ledger import ANN, BOB, Ledger

from mailguard.mail.address import NULL_PATH, ReversePath, parse_address
from mailguard.mail.facts import Addressee
from mailguard.policy.asked_people import STRANGERS_MAX
from mailguard.policy.case import Acquaintance, Known, Stranger
from mailguard.policy.question import Question

EVE = "eve@corp.example"
TANAKA = "tanaka@partner.example"
NEEDS = frozenset({"alike", "names"})


async def known(
    ledger: Ledger, to: Iterable[str], *, by: str = ANN, needs: frozenset[str] = NEEDS, greeted: str = ""
) -> Known:
    people = (Addressee(greeted, title="様"),) if greeted else ()
    asked = Question(needs, moment=ledger.clock(), greeted=people, shown=(("j@other.example", "田中 次郎"),))
    sender = ReversePath(parse_address(by)) if by else NULL_PATH
    return await ledger.history.known(sender, tuple(map(parse_address, to)), asked)


async def test_nobody_is_looked_up_whom_no_rule_asks_about(ledger: Ledger) -> None:
    await sent(ledger, (TANAKA,))
    found = await known(ledger, ["tanaak@partner.example"], needs=frozenset({"names"}), greeted="田中")
    assert (found.strangers, found.greeted) == (None, None)


async def test_whoever_was_written_to_is_no_stranger(ledger: Ledger) -> None:
    await sent(ledger, (TANAKA,))
    assert (await known(ledger, [TANAKA])).strangers == {}
    assert (await known(ledger, [ANN])).strangers == {}  # nor is the sender
    assert (await known(ledger, [TANAKA], by="")).strangers == {}


@pytest.mark.parametrize(
    ("stranger", "near"),
    [
        ("tanaak@partner.example", True),  # a slip
        ("tanaka@other.example", True),  # the same mailbox at another company
        ("tanaka77@gmail.com", True),  # free mail, with figures
        ("tanaka2@other.example", False),
        ("suzuki@partner.example", False),
        ("tanaak@other.example", False),  # a slip at another domain
    ],
)
async def test_with_whom_a_stranger_may_have_been_mixed_up(ledger: Ledger, stranger: str, near: bool) -> None:
    await sent(ledger, (TANAKA,), names={TANAKA: "田中 太郎"})
    await sent(ledger, (TANAKA, BOB))
    found = (await known(ledger, [stranger, TANAKA])).strangers
    assert found == {stranger: Stranger(False, (Acquaintance(TANAKA, "田中 太郎", 2),) if near else ())}


async def test_what_others_here_know(ledger: Ledger) -> None:
    for address in (TANAKA, "tanaak@partner.example"):
        record = await ledger.add(to=(address,), known=told((address,)), sender=EVE)
        await ledger.relay(record)
    found = (await known(ledger, ["tanaak@partner.example", "tanaka@other.example"])).strangers
    assert found == {
        "tanaak@partner.example": Stranger(True, (Acquaintance(TANAKA),)),
        "tanaka@other.example": Stranger(False, ()),  # of other houses only those whom he himself wrote to
    }
    await sent(ledger, ("tanaak@partner.example",))
    assert "tanaak@partner.example" not in ((await known(ledger, ["tanaak@partner.example"])).strangers or {})


async def test_family_names_are_compared_where_a_rule_asks(ledger: Ledger) -> None:
    await sent(ledger, (TANAKA, "taro@third.example"), names={"taro@third.example": "田中太郎"})
    plain = await known(ledger, ["j@other.example"])
    assert plain.strangers == {"j@other.example": Stranger()}
    found = (await known(ledger, ["j@other.example"], needs=NEEDS | {"surnames"})).strangers
    assert found is not None
    assert {one.key for one in found["j@other.example"].like} == {"taro@third.example", TANAKA}


async def test_whom_a_greeting_may_mean(ledger: Ledger) -> None:
    await sent(ledger, ("t@third.example", BOB), names={"t@third.example": "田中 太郎", BOB: "Bob Jones"})
    await sent(ledger, (TANAKA,))
    found = await known(ledger, [BOB], needs=frozenset({"names", "greeted"}), greeted="田中")
    assert {one.key for one in found.greeted or ()} == {"t@third.example", TANAKA}
    nobody = await known(ledger, [BOB], needs=frozenset({"names", "greeted"}), greeted="鈴木")
    assert nobody.greeted == ()
    assert (await known(ledger, [BOB], needs=frozenset({"names", "greeted"}))).greeted == ()


async def test_a_mailing_to_many_strangers_is_not_looked_into(ledger: Ledger) -> None:
    many = [f"person{number}@new.example" for number in range(STRANGERS_MAX + 1)]
    assert (await known(ledger, many)).strangers is None
    assert set((await known(ledger, many[1:])).strangers or {}) == set(many[1:])


async def test_no_table_is_searched_from_end_to_end(ledger: Ledger) -> None:
    from mailguard.store import strangers

    values = (ANN, '["a"]', '["a"]', '["a"]', '["a"]', 200)
    for sql, given in ((strangers._LIKE, values), (strangers._ANYBODY, ('["a"]', 200))):

        def plan(connection: object, sql: str = sql, given: object = given) -> list[str]:
            rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", given)  # type: ignore[attr-defined]
            return [row[3] for row in rows]

        steps = await ledger.db.read(plan)
        assert [step for step in steps if step.startswith("SCAN") and "correspondent" in step] == [], steps
        assert not [step for step in steps if step.startswith("SCAN c")], steps


async def test_an_answer_is_given_again_until_it_would_be_another(ledger: Ledger) -> None:
    await sent(ledger, (TANAKA,))
    sender, asked = ReversePath(parse_address(ANN)), Question(NEEDS, moment=ledger.clock())

    def at_hand(to: str) -> Known | None:
        return ledger.history.at_hand(sender, (parse_address(to),), asked)

    first = await ledger.history.known(sender, (parse_address(TANAKA),), asked)
    assert at_hand(TANAKA) == first
    await ledger.history.known(sender, (parse_address("tanaak@partner.example"),), asked)
    assert at_hand("tanaak@partner.example") is None  # others may write to him, or he is written to now
    await ledger.db.write(lambda c: c.execute("DELETE FROM correspondent"))
    assert at_hand(TANAKA) is None
    again = await ledger.history.known(sender, (parse_address(TANAKA),), asked)
    assert again.strangers == {TANAKA: Stranger()}
