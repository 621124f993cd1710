"""A wrong recipient gives way to whoever was meant: the mail is judged anew, and goes, or waits for what is left."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.acting import ADMINISTRATOR, APPROVER, AUDITOR, EVE, SENDER, House, acting, signed, written
from tests.judging import policy_of
from tests.ledger import ANN, BOB, BOSS, DEPUTY, PREFIX, mail

from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.reader import read_mail
from mailguard.mail.actor import Actor
from mailguard.mail.address import parse_address
from mailguard.mail.alteration import Readdress, Recipe, ZipAttachments
from mailguard.mail.lifecycle import State
from mailguard.mail.message import Message
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Ask, Because, Disposition, HoldTerms, RecipientVerdict, RuleHit, Verdict
from mailguard.notify.offers import offers
from mailguard.policy.case import Case
from mailguard.policy.judge import judge
from mailguard.policy.recorded import Recorded
from mailguard.review import Act, AlreadyDecided, Choice, Forbidden, NotFound, Offer, Refused
from mailguard.review.figures import FigureReview
from mailguard.store.figures import RuleLog
from mailguard.store.records import MessageRecord
from mailguard.workshop import Workshop

WRONG, MEANT, OTHER = "tanaka@examp1e.co.jp", "tanaka@example.co.jp", "sato@example.co.jp"
OFFER = Offer(parse_address(WRONG), parse_address(MEANT))
EVIDENCE = ("examp1e.co.jp ≠ example.co.jp (1 / l)",)
NOTHING = "version: 1\nrules:\n  - {id: never, when: {recipients: {domain: nowhere.example}}, then: confirm}\n"
#: What is still asked of a mail to the right one, by the word of the rule.
STILL = """version: 1
rules:
  - id: still
    when: {recipients: {domain: example.co.jp}}
    then: {%s}
"""


@dataclass
class Judge:
    """The judge of the house, and the policy in force."""

    text: str = NOTHING
    seen: list[Case] = field(default_factory=list)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    meanwhile: list[asyncio.Event] = field(default_factory=list)

    async def __call__(self, message: Message, then: Recorded) -> tuple[Case, Verdict]:
        facts = then.with_texts(read_mail(message.body.read(), ReadingLimits())).case.facts
        case = replace(then.case, envelope=message.envelope, facts=facts, moment=message.received_at)
        self.seen.append(case)
        self.began.set()
        for wait in self.meanwhile:
            await wait.wait()
        return case, judge(policy_of(self.text), case)


@pytest.fixture
def law() -> Judge:
    return Judge()


@pytest.fixture
async def house(tmp_path: Path, law: Judge) -> AsyncIterator[House]:
    async with acting(tmp_path, judges=law) as one:
        yield one


async def held(
    house: House,
    to: tuple[str, ...] = (WRONG, OTHER),
    disposition: Disposition = Disposition.CONFIRM,
    *,
    octets: bytes = b"",
    sealed: bool = False,
    alter: Recipe = (),
    smtputf8: bool = False,
) -> MessageRecord:
    """A mail that waits as a whole, since one of its recipients is at a look-alike domain."""
    message = mail(to, octets=octets or written(to).as_bytes(), at=house.ledger.clock())
    asks = (Ask((BOSS,)),) if disposition is Disposition.APPROVE else ()
    people = tuple(
        RecipientVerdict(
            one,
            True,
            disposition,
            ("look-alike",),
            HoldTerms(asks=asks),
            alter=alter,
            risk_kind="lookalike" if str(one) == WRONG else "",
        )
        for one in message.envelope.recipients
    )
    hit = RuleHit("look-alike", "enforce", disposition, Because("別です", "another"), EVIDENCE, (OFFER.wrong,))
    facts = read_mail(message.body.read(), ReadingLimits())
    tried = await Workshop().try_out(message.body, Verdict(people, (hit,), "old", alarm=WRONG))
    facts = signed(facts) if sealed else facts
    spool = house.ledger.spool
    return await spool.add(message, facts, tried.verdict, PREFIX, circumstances={}, prepared=tried.prepared)


async def states(house: House, message_id: str) -> dict[str, str]:
    return {str(one.address): str(one.state) for one in (await house.ledger.found(message_id)).recipients}


def shown(octets: bytes) -> str:
    return str(email.message_from_bytes(octets, policy=email.policy.default)["to"])


async def test_one_step_and_it_goes_to_the_right_one(house: House, law: Judge) -> None:
    record = await held(house)
    view = await house.review.show(SENDER, record.id)
    assert (view.offers, Act.CORRECT in view.acts_for[WRONG], Act.CORRECT in view.acts_for[OTHER]) == (
        (OFFER,), True, False,
    )  # fmt: skip
    house.woken.clear()
    await house.review.correct(SENDER, record.id, OFFER, "typed it")
    assert await states(house, record.id) == {WRONG: "cancelled", OTHER: "queued", MEANT: "queued"}
    assert "released" in house.woken
    # What was judged has him in its envelope and in To, and so has what leaves, for everybody.
    (case,) = law.seen
    assert [str(one) for one in case.envelope.recipients] == [MEANT, OTHER]
    assert [one.address for one in case.facts.headers.to] == [MEANT, OTHER]
    for one in (MEANT, OTHER):
        assert shown(await house.outgoing(record.id, parse_address(one))) == f"{MEANT}, {OTHER}"
    ((who, comment, detail),) = await house.lines(record.id, "correct")
    assert (who, comment, detail["meant"], detail["disposition"]) == (ANN, "typed it", MEANT, "deliver")
    after = await house.ledger.found(record.id)
    assert [one.address for one in after.facts.headers.to] == [MEANT, OTHER]
    assert [hit.rule for hit in after.verdict.hits] == ["look-alike"]  # why it was held is still known
    assert not offers(after)
    # Figures go on knowing that there was an alarm, what kind it was, and that it was right.
    assert after.verdict.alarm == WRONG
    figures = FigureReview(house.ledger.db, organization=Organization(("corp.example",)), now=house.ledger.clock)
    assert (await figures.figures(figures.today, figures.today)).all.alarms == {"lookalike": [1, 1, 0, 0]}
    assert await house.ledger.audit.verify() is None
    assert not await house.owed("cancelled")  # he did it himself


async def test_a_mail_that_went_to_whoever_was_meant_counts_as_changed(house: House) -> None:
    record = await held(house, (WRONG,))
    await house.review.correct(SENDER, record.id, OFFER)
    assert await states(house, record.id) == {WRONG: "cancelled", MEANT: "queued"}
    figures = FigureReview(house.ledger.db, organization=Organization(("corp.example",)), now=house.ledger.clock)
    counted = (await figures.figures(figures.today, figures.today)).all
    assert (counted.asked, counted.changed, counted.cancelled, counted.stopped) == (1, 1, 0, 1)
    rule = (await RuleLog(house.ledger.db).figures(["look-alike"], house.ledger.clock())).rules["look-alike"]
    assert (rule.changed, rule.cancelled) == (1, 0)


async def test_it_waits_for_what_the_rules_still_ask(house: House, law: Judge) -> None:
    law.text = STILL % "confirm: true, expire_after: 1h"
    record = await held(house)
    house.ledger.clock.forward(hours=5)
    await house.review.correct(SENDER, record.id, OFFER)
    assert await states(house, record.id) == {WRONG: "cancelled", OTHER: "held", MEANT: "held"}
    after = await house.ledger.found(record.id)
    copies = {str(one.address): one for one in after.recipients}
    assert copies[MEANT].rules == copies[OTHER].rules == ("still",)
    assert copies[OTHER].expires_at == copies[MEANT].expires_at
    assert (copies[MEANT].expires_at - house.ledger.clock()).total_seconds() == 3600  # type: ignore[operator]
    assert [hit.rule for hit in after.verdict.hits] == ["still"]
    await house.review.act(SENDER, record.id, Act.RELEASE)
    assert (await states(house, record.id))[MEANT] == "queued"


async def test_voices_for_the_mail_as_it_was_are_void_and_the_new_approver_is_asked(house: House, law: Judge) -> None:
    law.text = STILL % f"approve: {{by: [{DEPUTY}]}}"
    record = await held(house, disposition=Disposition.APPROVE)
    await house.review.correct(SENDER, record.id, OFFER)
    after = await house.ledger.found(record.id)
    assert {one.approvers for one in after.recipients if one.state is State.HELD} == {(DEPUTY,)}
    assert DEPUTY in {one.to for one in await house.owed("approval")}
    # The one who is asked now sees it, and says yes.
    await house.review.act(Actor(DEPUTY, APPROVER.role, "letter"), record.id, Act.APPROVE)
    assert await states(house, record.id) == {WRONG: "cancelled", OTHER: "queued", MEANT: "queued"}


async def test_what_the_rules_refuse_is_refused_and_nothing_changes(house: House, law: Judge) -> None:
    law.text = STILL % "reject: true"
    record = await held(house)
    with pytest.raises(Refused, match="do not let it go to tanaka"):
        await house.review.correct(SENDER, record.id, OFFER)
    assert await states(house, record.id) == {WRONG: "held", OTHER: "held"}


@pytest.mark.parametrize(
    ("actor", "error"), [(EVE, NotFound), (APPROVER, Forbidden), (AUDITOR, Forbidden), (ADMINISTRATOR, None)]
)
async def test_who_may(house: House, actor: Actor, error: type[Exception] | None) -> None:
    record = await held(house, disposition=Disposition.APPROVE)
    if error is None:
        await house.review.correct(actor, record.id, OFFER)
        assert (await states(house, record.id))[WRONG] == "cancelled"
        assert [one.to for one in await house.owed("cancelled")] == [ANN]
        return
    with pytest.raises(error):
        await house.review.correct(actor, record.id, OFFER)
    assert (await states(house, record.id))[WRONG] == "held"


async def test_only_what_is_offered(house: House) -> None:
    record = await held(house)
    for offer, words in (
        (Offer(OFFER.wrong, parse_address("eve@evil.example")), "Only the address that is proposed"),
        (Offer(parse_address(OTHER), OFFER.meant), "Only the address that is proposed"),
        (Offer(OFFER.wrong, parse_address(OTHER)), "is a recipient of this mail already"),
        (Offer(parse_address(BOB), OFFER.meant), "no such recipient"),
    ):
        with pytest.raises(Refused, match=words):
            await house.review.correct(SENDER, record.id, offer)
    assert await states(house, record.id) == {WRONG: "held", OTHER: "held"}


async def test_the_second_click_loses(house: House, law: Judge) -> None:
    record = await held(house)
    law.meanwhile = [asyncio.Event()]
    slow = asyncio.create_task(house.review.correct(SENDER, record.id, OFFER))
    await law.began.wait()
    await house.review.act(SENDER, record.id, Act.CANCEL)
    law.meanwhile[0].set()
    with pytest.raises(AlreadyDecided):
        await slow
    assert await states(house, record.id) == {WRONG: "cancelled", OTHER: "cancelled"}
    with pytest.raises(AlreadyDecided):
        await house.review.correct(SENDER, record.id, OFFER)


async def test_whoever_changed_the_mail_meanwhile_is_not_overwritten(house: House, law: Judge) -> None:
    """The file that somebody took out while it was judged stays out, for the right one too."""
    record = await held(house)
    law.meanwhile = [asyncio.Event()]
    slow = asyncio.create_task(house.review.correct(SENDER, record.id, OFFER))
    await law.began.wait()
    await house.review.choose(SENDER, record.id, Choice(remove_files=(0,)))
    law.meanwhile[0].set()
    await slow
    assert len(law.seen) == 2
    for one in (MEANT, OTHER):
        octets = await house.outgoing(record.id, parse_address(one))
        assert b"list.csv" not in octets.replace(b"list.csv was", b"") or b"name,telephone" not in octets
        assert shown(octets) == f"{MEANT}, {OTHER}"


async def test_a_signed_mail_keeps_what_is_signed(house: House) -> None:
    record = await held(house, sealed=True)
    await house.review.correct(SENDER, record.id, OFFER)
    body = (await house.ledger.spool.body(record.id)).read()
    assert await house.outgoing(record.id, OFFER.meant) == body
    assert await states(house, record.id) == {WRONG: "cancelled", OTHER: "queued", MEANT: "queued"}


async def test_who_was_hidden_stays_hidden(house: House) -> None:
    octets = written((OTHER,)).as_bytes()
    record = await held(house, octets=octets)
    await house.review.correct(SENDER, record.id, OFFER)
    for one in (MEANT, OTHER):
        assert await house.outgoing(record.id, parse_address(one)) == octets


async def test_the_zip_of_the_copies_has_one_password(house: House, law: Judge) -> None:
    law.text = """version: 1
rules:
  - id: zipped
    when: {attachments: any}
    then: {alter: {zip: true}, deliver: true}
"""
    record = await held(house, alter=(ZipAttachments(),))
    zips = [one for copy in record.recipients for one in copy.recipe or () if isinstance(one, ZipAttachments)]
    assert zips
    await house.review.correct(SENDER, record.id, OFFER)
    after = [one for copy in (await house.ledger.found(record.id)).recipients for one in copy.recipe or ()]
    assert {one.password for one in after if isinstance(one, ZipAttachments)} == {one.password for one in zips}
    assert sum(isinstance(one, Readdress) for one in after) == 2


async def test_a_stopped_clock_stays_stopped(house: House) -> None:
    record = await held(house)
    await house.review.act(SENDER, record.id, Act.HOLD, (parse_address(OTHER),))
    await house.review.correct(SENDER, record.id, OFFER)
    assert await states(house, record.id) == {WRONG: "cancelled", OTHER: "held", MEANT: "queued"}


async def test_a_mail_whose_circumstances_nobody_kept_is_not_judged(house: House) -> None:
    record = await held(house)
    await house.ledger.db.write(lambda c: c.execute("UPDATE message SET circumstances = ''"))
    with pytest.raises(Refused, match="cannot be judged again"):
        await house.review.correct(SENDER, record.id, OFFER)
