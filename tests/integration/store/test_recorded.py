"""What is recorded can be replayed, is counted rule by rule, and is forgotten when its time has passed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger import ANN, BOB, CAROL, NOON, PREFIX, Ledger, facts, mail, verdict

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.lifecycle import Event
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Disposition, RecipientVerdict
from mailguard.policy.case import Case, Known
from mailguard.policy.case_json import case_to_json
from mailguard.store.figures import RuleLog
from mailguard.store.recorded import replay
from mailguard.store.spool import Retention

COMPANY = Organization(("corp.example",))
KNOWN = Known(frozenset({"partner.example"}))
SENDER = Actor(ANN, Role.SENDER, "console")


async def add(ledger: Ledger, disposition: Disposition = Disposition.CONFIRM, *, recorded: bool = True) -> str:
    message = mail((BOB, CAROL), at=ledger.clock.forward(seconds=1))
    case = Case(message.envelope, facts(), COMPANY, KNOWN, message.body.size, message.received_at)
    said = case_to_json(case) if recorded else None
    if disposition is Disposition.REJECT:
        judged = verdict(message, disposition)
        await ledger.turned_away.refused(message, facts(), judged, ledger.clock(), circumstances=said)
    else:
        await ledger.spool.add(message, facts(), verdict(message, disposition), PREFIX, circumstances=said)
    return message.id


def found(tmp_path: Path, ledger: Ledger) -> list[tuple[str, str] | None]:
    span = (NOON - timedelta(days=1), ledger.clock() + timedelta(days=1))
    mails = replay(tmp_path / "mailguard.db", COMPANY, *span)
    return [None if one is None else (one.id, one.outcome) for one in mails]


async def test_kept_and_refused_mails_come_back_as_they_were_judged(ledger: Ledger, tmp_path: Path) -> None:
    held, refused = await add(ledger), await add(ledger, Disposition.REJECT)
    mails = list(replay(tmp_path / "mailguard.db", COMPANY, NOON - timedelta(days=1), NOON + timedelta(days=1)))
    assert [one.id for one in mails if one] == [held, refused]
    for one in mails:
        assert one is not None
        assert one.case.known == KNOWN
        assert (one.case.texts_kept, one.case.facts.text, one.case.envelope.client.trusted) == (False, "", True)
        assert [str(address) for address in one.case.envelope.recipients] == [BOB, CAROL]
        assert one.verdict.hits[0].rule == "a-rule"


async def test_whom_a_rule_added_is_no_recipient_when_it_is_judged_again(ledger: Ledger, tmp_path: Path) -> None:
    message = mail((BOB,), at=ledger.clock.forward(seconds=1))
    case = Case(message.envelope, facts(), COMPANY, KNOWN, message.body.size, message.received_at)
    boss = RecipientVerdict(parse_address("boss@corp.example"), False, Disposition.DELIVER, added=True)
    judged = verdict(message, Disposition.DELIVER)
    judged = replace(judged, recipients=(*judged.recipients, boss))
    record = await ledger.spool.add(message, facts(), judged, PREFIX, circumstances=case_to_json(case))
    assert [one.added for one in record.recipients] == [False, True]
    (one,) = replay(tmp_path / "mailguard.db", COMPANY, NOON - timedelta(days=1), NOON + timedelta(days=1))
    assert one is not None
    assert [str(address) for address in one.case.envelope.recipients] == [BOB]


async def test_a_mail_of_an_older_version_is_not_guessed(ledger: Ledger, tmp_path: Path) -> None:
    await add(ledger, recorded=False)
    assert found(tmp_path, ledger) == [None]


async def test_a_damaged_record_is_left_out(ledger: Ledger, tmp_path: Path) -> None:
    await add(ledger)
    await ledger.db.write(lambda c: c.execute("UPDATE message SET circumstances = '{\"known\": 3}'").rowcount)
    assert found(tmp_path, ledger) == [None]


async def test_pages_miss_nothing(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailguard.store.recorded._PAGE", 2)
    ids = [await add(ledger, word) for word in (Disposition.DELIVER, Disposition.REJECT) for _ in range(5)]
    assert sorted(one[0] for one in found(tmp_path, ledger) if one) == sorted(ids)


async def test_what_people_made_of_a_rules_holds(ledger: Ledger, tmp_path: Path) -> None:
    one, two, three = [await add(ledger) for _ in range(3)]
    await add(ledger, Disposition.REJECT)
    ledger.clock.forward(minutes=5)
    await ledger.holds.apply(one, Event.RELEASE, SENDER, ledger.clock())
    await ledger.holds.apply(two, Event.REMOVE, SENDER, ledger.clock(), recipients=(parse_address(CAROL),))
    await ledger.holds.apply(two, Event.RELEASE, SENDER, ledger.clock())
    await ledger.holds.apply(three, Event.CANCEL, SENDER, ledger.clock())
    assert sorted(one[1] for one in found(tmp_path, ledger) if one) == ["", "cancelled", "changed", "released"]
    log = RuleLog(ledger.db)
    await log.adopt({"a-rule": ("enforce", "d")}, ledger.clock())
    figures = await log.figures(["a-rule", "quiet"], ledger.clock())
    seen = figures.rules["a-rule"]
    assert (figures.mails, seen.hits, seen.refused, seen.senders, seen.week) == (4, 4, 1, 1, 3)
    assert (seen.asked, seen.released, seen.changed, seen.cancelled) == (3, 1, 1, 1)
    assert (seen.decision, seen.released_unchanged) == (timedelta(minutes=5, seconds=2), 1 / 3)
    assert (figures.rules["quiet"].hits, figures.rules["quiet"].unsure) == (0, None)


async def test_a_rule_is_as_old_as_its_last_change(ledger: Ledger) -> None:
    log, since = RuleLog(ledger.db), []
    for rules in (
        {"r": ("monitor", "a")},
        {"r": ("monitor", "a")},
        {"r": ("enforce", "a")},
        {},
        {"r": ("enforce", "a")},
    ):
        await log.adopt(rules, ledger.clock())
        since.append((await log.figures(["r"], ledger.clock())).rules["r"].since)
        ledger.clock.forward(days=1)
    days = [None if at is None else (at - NOON).days for at in since]
    assert days == [0, 0, 2, None, 4]


async def test_figures_look_at_their_time_only(ledger: Ledger) -> None:
    await add(ledger)
    ledger.clock.forward(days=31)
    await add(ledger)
    figures = await RuleLog(ledger.db).figures(["a-rule"], ledger.clock())
    assert (figures.mails, figures.rules["a-rule"].hits) == (1, 1)


async def test_facts_are_forgotten_before_the_metadata_where_that_is_wanted(ledger: Ledger, tmp_path: Path) -> None:
    ended, waiting, _ = await add(ledger), await add(ledger), await add(ledger, Disposition.REJECT)
    await ledger.holds.apply(ended, Event.CANCEL, SENDER, ledger.clock())
    ledger.clock.forward(days=40)
    await ledger.spool.purge(ledger.clock(), Retention(facts=timedelta(days=60)))
    assert len([one for one in found(tmp_path, ledger) if one]) == 3
    await ledger.spool.purge(ledger.clock(), Retention(facts=timedelta(days=30)))
    assert [one and one[0] for one in found(tmp_path, ledger)] == [None, waiting]  # what waits is still decided on
    record = await ledger.found(ended)
    assert (record.facts.attachments, record.subject, record.verdict.hits[0].rule) == ((), "hello", "a-rule")
    ledger.clock.forward(hours=1)
    await ledger.holds.apply(waiting, Event.CANCEL, SENDER, ledger.clock())
    ledger.clock.forward(days=1)
    await ledger.spool.purge(ledger.clock(), Retention(facts=timedelta(days=30)))
    assert found(tmp_path, ledger) == [None, None]


async def test_refused_mails_are_forgotten_with_the_metadata(ledger: Ledger, tmp_path: Path) -> None:
    await add(ledger, Disposition.REJECT)
    await ledger.spool.purge(NOON + timedelta(days=399), Retention())
    assert len(found(tmp_path, ledger)) == 1
    await ledger.spool.purge(NOON + timedelta(days=401), Retention())
    assert found(tmp_path, ledger) == []
