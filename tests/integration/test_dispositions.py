"""Approval, escalation, the urgent lane, challenges and tellings, from a mail client at the door to the letters.

Door, reading, judge, ledger, letters and pages are real; only the clock is moved by hand, and the people of the company
are written down here.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import smtplib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from tests.door import HOST, PATIENCE, TRUSTED
from tests.house import running_house
from tests.judging import policy_of
from tests.reception import ADMIN, ANN, BOSS, Reception, link_and_code, open_reception, text_of

from mailguard import events
from mailguard.app.sorting import Elsewhere
from mailguard.intake import Intake, IntakeSettings
from mailguard.mail.directory import Directory, Person
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Organization
from mailguard.policy.rule import Policy
from mailguard.smtpd.server import Door
from mailguard.smtpd.settings import DoorLimits
from mailguard.store.history import History
from mailguard.store.records import Filter, MessageRecord
from mailguard.store.turned_away import TurnedAway
from mailguard.workshop import Workshop

PA, TOP, VICE = "pa@corp.example", "top@corp.example", "vice@corp.example"
LAWYER, BOB = "lawyer@firm.example", "bob@x.example"
FRIDAY = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)  # 17:00 in Tokyo; office hours are 9 to 18
PEOPLE = Directory(
    {
        ANN: Person(ANN, manager=BOSS),
        BOSS: Person(BOSS, manager=TOP, delegates=(PA,)),
        TOP: Person(TOP, delegates=(ANN,)),
    }
)


@dataclass
class House:
    """Everything from the door to the letters; `policy` may be changed."""

    reception: Reception
    port: int
    policy: Policy

    def rules(self, *then: str, mode: str = "enforce", directory: Directory = PEOPLE) -> None:
        text = "".join(
            f"  - {{id: r{n}, mode: {mode}, when: {{recipients: {{external: true}}}}, then: {one},"
            f" because: {{ja: 社外です{n}, en: It goes outside {n}}}}}\n"
            for n, one in enumerate(then)
        )
        self.policy = replace(policy_of(f"version: 1\nrules:\n{text}"), directory=directory)

    async def send(self, text: str = "the text", *, utf8: bool = False, sender: str = ANN, number: int = 1) -> str:
        """Hand a mail in as a client does. The reply to its final dot."""
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = ANN, BOB, "Prices"
        message["Message-ID"], message["Date"] = f"<{number}@pc>", f"Fri, 27 Nov 2026 17:00:{number:02} +0900"
        message.set_content(text)

        def talk() -> str:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=PATIENCE) as client:
                client.ehlo()
                client.mail(sender, ["SMTPUTF8"] if utf8 else [])
                client.rcpt(BOB)
                code, said = client.data(message.as_bytes())
                return f"{code} {said.decode()}"

        return await asyncio.to_thread(talk)

    async def mails(self) -> list[MessageRecord]:
        return await self.reception.holds.page(Filter(), 100)

    async def the_mail(self) -> MessageRecord:
        (record,) = await self.mails()
        return record

    async def at(self, moment: datetime) -> None:
        """Let it become so late, and the house do what is due."""
        self.reception.clock.at = moment
        await self.reception.review.expire_due()

    async def letters(self, kind: str) -> list[EmailMessage]:
        """All that were written of this kind, by reader."""
        found = [one for one in await self.reception.letters() if one["x-mailguard-letter"] == kind]
        return sorted(found, key=lambda one: str(one["to"]))

    async def told(self, kind: str) -> list[str]:
        return [str(one["to"]) for one in await self.letters(kind)]


@contextlib.asynccontextmanager
async def opened(folder: Path, company: Organization) -> AsyncIterator[House]:
    async with open_reception(folder) as reception:
        reception.clock.at = FRIDAY
        house = House(reception, 0, policy_of("version: 1\nrules: [{id: r, when: {attachments: any}, then: confirm}]"))
        intake = Intake(
            IntakeSettings(company, HOST, b"k" * 32),
            readers=reception.readers,  # type: ignore[arg-type]
            policy=lambda: house.policy,
            history=History(reception.db),
            spool=reception.spool,
            turned_away=TurnedAway(reception.db),
            workshop=Workshop(),
            delivery=Elsewhere(),
            noticed=lambda _: None,
            now=reception.clock,
        )
        door = Door([TRUSTED], DoorLimits(), HOST, intake.accept, None, reception.spool.incoming, now=reception.clock)
        await door.start()
        house.port = door.addresses[0][1]
        try:
            yield house
        finally:
            await door.stop(2)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path, Organization(("corp.example",), "Corp", "ja", "Asia/Tokyo")) as house:
        yield house


async def approve(house: House, person: str, act: str = "approve", **fields: str) -> int:
    browser, record = await house.reception.browser(person), await house.the_mail()
    page = await browser.get(f"/messages/{record.id}")
    return (await browser.send(page, "/act", act=act, **kept(page.text), **fields)).status_code


def kept(page: str) -> dict[str, str]:
    """The answers of somebody who has looked at each item that the page asks about, and leaves all as it is."""
    asked = re.findall(r'type="radio" name="([^"]+)"', page)
    return dict.fromkeys(asked, "keep") | ({"named": "0.0.0"} if asked else {})


async def test_the_manager_approves(house: House) -> None:
    house.rules("{approve: {by: manager}}")
    assert (await house.send()).startswith("250 2.0.0 held for confirmation ")
    assert await house.told("approval") == [BOSS]
    assert await approve(house, BOSS) == 303
    assert (await house.the_mail()).state is State.QUEUED


async def test_a_delegate_is_asked_for_one_who_is_away_and_says_yes_with_the_letter_alone(house: House) -> None:
    away = replace(PEOPLE.people[BOSS], away=((date(2026, 11, 27), date(2026, 11, 30)),))
    house.rules("{approve: {by: manager}}", directory=replace(PEOPLE, people={**PEOPLE.people, BOSS: away}))
    await house.send()
    (letter,) = await house.letters("approval")
    assert letter["to"] == PA
    assert f"You are asked in the place of {BOSS}." in text_of(letter)
    path, code = link_and_code(letter)
    browser = await house.reception.browser()
    shown = await browser.get(path)
    await browser.send(shown, path, act="approve", code=code, **kept(shown.text))
    record = await house.the_mail()
    assert (record.state, record.recipients[0].approvals) == (State.QUEUED, (PA,))
    page = (await (await house.reception.browser(ANN)).get(f"/messages/{record.id}")).text
    assert f"In their place: {PA}" not in page  # decided: nobody is asked any more


async def test_without_a_manager_the_administrators_are_asked_and_it_is_said_why(house: House) -> None:
    house.rules("{approve: {by: manager}}", directory=Directory())
    await house.send()
    (letter,) = await house.letters("approval")
    assert letter["to"] == ADMIN
    assert f"No manager is known for {ANN}" in text_of(letter)
    assert await approve(house, ADMIN) == 303
    assert (await house.the_mail()).state is State.QUEUED


async def test_reminder_and_escalation_wait_for_office_hours_and_come_once(house: House) -> None:
    house.rules(
        "{approve: {by: manager, remind_after: 2h, escalate_after: 9h, escalate_to: manager_of_manager,"
        " expire_after: 18h, clock: office_hours}}"
    )
    await house.send()
    monday = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)  # 10:00: one hour of Friday and one of Monday are over
    for moment in (FRIDAY + timedelta(hours=20), monday - timedelta(seconds=1)):
        await house.at(moment)
        assert await house.told("reminder") == []
    for moment in (monday, monday + timedelta(hours=1)):
        await house.at(moment)
        assert await house.told("reminder") == [BOSS, PA]
    assert await house.told("escalated") == []
    await house.at(monday + timedelta(hours=7))  # Monday 17:00
    assert await house.told("escalated") == [TOP]
    assert await approve(house, ANN) == 403  # TOP's delegate, but it is her own mail
    assert await approve(house, TOP) == 303
    assert (await house.the_mail()).state is State.QUEUED


async def test_nobody_answers_and_it_goes_back_when_the_office_hours_are_over(house: House) -> None:
    house.rules("{approve: {by: manager, expire_after: 10h, clock: office_hours}}")
    await house.send()
    ends = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)  # Monday 18:00
    assert (await house.the_mail()).expires_at == ends
    await house.at(ends)
    assert (await house.the_mail()).state is State.EXPIRED
    assert await house.told("expired") == [ANN]


async def test_one_no_ends_it_whatever_others_said(house: House) -> None:
    house.rules(f"{{approve: {{by: [manager, {VICE}], quorum: 2}}}}")
    await house.send()
    assert await approve(house, BOSS) == 303
    assert (await house.the_mail()).state is State.HELD
    assert await approve(house, VICE, "reject", comment="no") == 303
    assert (await house.the_mail()).state is State.REJECTED


async def test_two_rules_each_with_their_own_people(house: House) -> None:
    house.rules("{approve: {by: manager}}", f"{{approve: {{by: [{VICE}]}}}}")
    await house.send()
    assert await house.told("approval") == [BOSS, VICE]
    await approve(house, BOSS)
    assert (await house.the_mail()).state is State.HELD
    await approve(house, VICE)
    assert (await house.the_mail()).state is State.QUEUED


async def test_urgent_needs_a_reason_is_told_and_counted(house: House) -> None:
    house.rules("{approve: {by: manager}, urgent: true}")
    await house.send()
    record, ann = await house.the_mail(), await house.reception.browser(ANN)
    page = await ann.get(f"/messages/{record.id}")
    assert "Send now without approval" in page.text
    answer = await ann.send(page, "/act", act="urgent", reason=" ")
    assert answer.status_code == 422
    assert "To send it as urgent, say why" in answer.text
    assert (await house.the_mail()).state is State.HELD
    answer = await ann.send(page, "/act", act="urgent", reason="The server is down.")
    assert "The approvers are told your reason" in (await ann.get(answer.headers["location"])).text
    assert (await house.the_mail()).state is State.QUEUED
    letters = await house.letters("urgent")
    assert [one["to"] for one in letters] == [BOSS, PA]
    assert "The server is down." in text_of(letters[0])
    assert (await ann.get("/api/v1/stats")).json()["urgent"] == 1
    assert (await (await house.reception.browser(BOSS)).get("/api/v1/stats")).json()["urgent"] == 0
    shown = (await ann.get(f"/messages/{record.id}")).text
    assert "Sent as urgent, without approval" in shown
    counted = events.REGISTRY.get_sample_value("mailguard_decisions_total", {"event": "urgent", "via": "console"})
    assert counted


async def test_nobody_sends_as_urgent_what_a_rule_does_not_allow(house: House) -> None:
    house.rules("{approve: {by: manager}, urgent: true}", f"{{approve: {{by: [{LAWYER}]}}}}")
    await house.send()
    assert (
        "without approval"
        not in (await (await house.reception.browser(ANN)).get(f"/messages/{(await house.the_mail()).id}")).text
    )
    assert await approve(house, ANN, "urgent", reason="now") == 403
    assert (await house.the_mail()).state is State.HELD


CHALLENGED = "550 5.7.1 It goes outside 0 (rule r0). Send the same mail again within 10 minutes to confirm"


async def test_the_same_mail_again_is_confirmed(house: House) -> None:
    house.rules("{challenge: 10m}")
    assert await house.send() == CHALLENGED
    assert await house.mails() == []
    house.reception.clock.pass_by(minutes=9)
    assert (await house.send(number=2)).startswith("250 2.0.0 accepted")  # another Date and Message-ID
    record = await house.the_mail()
    assert (record.state, record.verdict.confirmed) == (State.QUEUED, ("r0",))
    page = await (await house.reception.browser(ANN)).get(f"/messages/{record.id}")
    assert "Confirmed by sending it again" in page.text


@pytest.mark.parametrize(
    "again",
    [
        lambda house: house.send("another text"),
        lambda house: house.send(sender="sales@corp.example"),
    ],
)
async def test_another_mail_is_challenged_anew(house: House, again: Callable[[House], object]) -> None:
    house.rules("challenge")
    assert await house.send() == CHALLENGED
    assert await again(house) == CHALLENGED  # type: ignore[misc]


async def test_too_late_is_challenged_anew(house: House) -> None:
    house.rules("challenge")
    await house.send()
    house.reception.clock.pass_by(minutes=10)
    assert await house.send() == CHALLENGED
    assert (await house.send()).startswith("250 ")


async def test_what_is_confirmed_waits_for_approval_all_the_same(house: House) -> None:
    house.rules("challenge", "{approve: {by: manager}}")
    assert await house.send() == CHALLENGED
    assert await house.told("approval") == []
    assert (await house.send()).startswith("250 2.0.0 held")
    assert await house.told("approval") == [BOSS]


async def test_a_rule_that_came_since_asks_for_itself(house: House) -> None:
    house.rules("challenge")
    await house.send()
    house.rules("challenge", "challenge")
    assert (await house.send()).startswith("550 5.7.1 It goes outside 1 (rule r1).")
    assert (await house.send()).startswith("250 ")


async def test_a_client_that_reads_utf8_is_asked_in_japanese_too(house: House) -> None:
    house.rules("challenge")
    said = await house.send(utf8=True)
    assert said.startswith(
        "550 5.7.1 社外です0。このまま送る場合は10分以内に同じメールをもう一度送信してください / It goes"
    )


async def test_a_bounce_is_not_challenged(house: House) -> None:
    house.rules("challenge")
    assert (await house.send(sender="")).startswith("250 ")


async def test_a_hit_is_told_and_nothing_is_held(house: House) -> None:
    house.rules(f"{{confirm: true, notify: [sender, administrators, {LAWYER}]}}", mode="notify")
    assert (await house.send()).startswith("250 2.0.0 accepted")
    letters = await house.letters("told")
    assert [one["to"] for one in letters] == sorted([ANN, ADMIN, LAWYER])
    for letter in letters:
        said = text_of(letter)
        assert "It goes outside 0" in said
        assert "not held" in said
        assert ("/messages/" in said) == (letter["to"] != LAWYER)  # who may not see it gets no link to it


async def test_the_hit_of_a_refused_mail_is_told_too(house: House) -> None:
    house.rules("{reject: true, notify: [sender, administrators]}")
    assert (await house.send()).startswith("550 5.7.1 It goes outside 0 (rule r0)")
    (letter,) = await house.letters("told")
    assert letter["to"] == ADMIN
    assert "It was refused" in text_of(letter)
    assert BOB in text_of(letter)


POLICY = """
version: 1
people:
  - {address: ann@corp.example, manager: boss@corp.example}
  - {address: boss@corp.example, delegates: [pa@corp.example]}
  - {address: pa@corp.example}
groups: {legal: {members: [vice@corp.example, ann@corp.example]}}
rules:
  - id: ask
    when: {text: {words: [twice], in: [subject]}}
    then: {challenge: 10m}
    because: {ja: 再送で確認, en: Sent twice}
  - id: contract
    when: {text: {words: [contract], in: [subject]}}
    then: {approve: {by: [boss@corp.example], group: legal, quorum: 1}}
    because: {ja: 契約, en: A contract}
"""


def test_a_running_house_challenges_and_asks_who_is_there(tmp_path: Path) -> None:
    with running_house(tmp_path / "mailguard", "mailbox:var/mailbox", POLICY) as running:

        def send(subject: str) -> str:
            message = EmailMessage(policy=SMTP)
            message["From"], message["To"], message["Subject"] = ANN, BOB, subject
            message.set_content("text")
            with smtplib.SMTP("127.0.0.1", running.smtp, timeout=PATIENCE) as client:
                client.ehlo()
                client.mail(ANN)
                client.rcpt(BOB)
                code, said = client.data(message.as_bytes())
            return f"{code} {said.decode()}"

        assert send("twice") == "550 5.7.1 Sent twice (rule ask). Send the same mail again within 10 minutes to confirm"
        assert send("twice").startswith("250 2.0.0 accepted")
        held = send("contract")
        assert held.startswith("250 2.0.0 held for confirmation ")
        shown = running.json("queue", "show", held.rpartition(" ")[2])
        assert shown["recipients"][0]["asks"][0] == {
            "approvers": [BOSS, VICE], "quorum": 1, "delegates": {BOSS: [PA]}, "missing": 1,
            "remind_at": None, "escalate_at": None, "escalate_to": [],
        }  # fmt: skip
        lines = [line["event"] for line in running.json("audit", "list")["lines"]]
        assert {"challenge", "challenge_confirmed", "accept"} <= set(lines)
        running.run("queue", "release", shown["id"])
        assert running.json("queue", "show", shown["id"])["state"] in ("queued", "relayed")
