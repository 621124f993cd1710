"""Whom a sender is offered in place of whom, and what is said of recipients who look like a mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.ledger import ANN, BOB, CAROL, PREFIX, facts, mail, verdict

from mailguard.mail.address import parse_address
from mailguard.mail.verdict import Because, Disposition, RuleHit
from mailguard.notify.letter_people import notes
from mailguard.notify.offers import offers
from mailguard.store.fresh import record_of
from mailguard.store.records import MessageRecord

DAVE = "dave@third.example"


def held(risks: Sequence[tuple[str, float, str, str]], *, asked: str = "", kind: str = "thread") -> MessageRecord:
    """A mail that waits as a whole. risks: address, risk, what is said of it, whom the sender meant; asked: about whom
    a rule asked as such.
    """
    message = mail([address for address, *_ in risks])
    judged = verdict(message, Disposition.CONFIRM)
    people = tuple(
        replace(one, risk=risk, risk_because=Because(said, said), risk_kind=kind if risk else "", alternative=meant)
        for one, (_, risk, said, meant) in zip(judged.recipients, risks, strict=True)
    )
    who = tuple(map(parse_address, [asked] if asked else []))
    hits = (RuleHit("r", "enforce", Disposition.CONFIRM, Because("問", "asked"), (), who, trust=True),) if asked else ()
    judged = replace(judged, recipients=people, hits=(*judged.hits, *hits))
    return record_of(message, facts(), judged, PREFIX, None)


def offered(record: MessageRecord) -> list[tuple[str, str]]:
    return [(one.wrong.key, one.meant.key) for one in offers(record)]


def test_the_likeliest_mistake_comes_first() -> None:
    record = held([(BOB, 0.6, "bob is odd", ANN), (CAROL, 0.9, "carol is odd", DAVE)])
    assert offered(record) == [(CAROL, DAVE), (BOB, ANN)]


def test_one_who_is_missing_was_meant_instead_of_one() -> None:
    record = held([(BOB, 0.8, "answers dave, goes to bob", DAVE), (CAROL, 0.99, "answers dave, goes to carol", DAVE)])
    assert offered(record) == [(CAROL, DAVE)]
    assert notes(record, "en") == {CAROL: ["answers dave, goes to carol", f"Did you mean {DAVE}?"]}


@pytest.mark.parametrize(("risk", "asked", "said"), [(0.3, "", 0), (0.3, BOB, 1), (0.3, CAROL, 0), (0.5, "", 1)])
def test_what_is_only_possible_is_not_said_where_nobody_asked_about_him(risk: float, asked: str, said: int) -> None:
    record = held([(BOB, risk, "unlike others", DAVE), (CAROL, 0.0, "", "")], asked=asked)
    assert offered(record) == ([(BOB, DAVE)] if said else [])
    assert (BOB in notes(record, "en")) == said


def test_whom_a_rule_named_is_offered_without_a_risk() -> None:
    assert offered(held([(BOB, 0.0, "", DAVE)])) == [(BOB, DAVE)]


def test_a_look_alike_beside_the_one_he_resembles_is_one_too_many_and_nobody_else_was_meant() -> None:
    like = "bob@partnar.example"
    record = held([(BOB, 0.0, "", ""), (like, 0.9, "of the same name as dave", DAVE)], asked=like)
    *others, hit = record.verdict.hits
    looks = replace(hit, evidence=("partnar.example ≠ partner.example (a / e)",))
    doubled = replace(record, verdict=replace(record.verdict, hits=(*others, looks)))
    assert BOB == "bob@partner.example"
    assert offered(record) == [(like, DAVE)]
    assert offered(doubled) == []
    assert notes(doubled, "en") == {}
