"""Which organisations got a file before is asked of mail that leaves the company; other mail does not depend on it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, cast

import pytest
from tests.judging import mail, policy_of
from tests.unit.intake.test_abreast import NOON, OWN, Elsewhere, message

from mailguard.intake import Intake, IntakeSettings
from mailguard.mail.address import parse_address
from mailguard.mail.facts import Attachment, Facts
from mailguard.mail.message import Body
from mailguard.policy.judge import judge
from mailguard.workshop import Workshop

FILE = Attachment("a.csv", "text/csv", "text/csv", "csv", size=5000, sha256="a" * 64, inspected=True)
RULES = """
version: 1
rules:
  - {id: file, when: {attachments: {seen_elsewhere: %s}}, then: confirm}
  - {id: person, when: {recipients: {attachment_seen_elsewhere: true}}, then: confirm}
"""


class WithFile(Elsewhere):
    async def read(self, body: Body, client: str) -> Facts:
        return Facts(text="x", shown=1, attachments=(FILE,))

    async def files(self, facts: Facts) -> dict[str, frozenset[str]]:
        self.steps.append("files")
        return {}


def asked(*people: str) -> bool:
    rooms = WithFile()
    stand_in = cast(Any, rooms)
    room = Intake(
        IntakeSettings(OWN, "mx.corp.example", b"k" * 32), readers=stand_in, policy=lambda: policy_of(RULES % "true"),
        history=stand_in, spool=stand_in, turned_away=stand_in, workshop=Workshop(), delivery=stand_in, memory=stand_in,
        noticed=lambda _: None, now=lambda: NOON,
    )  # fmt: skip
    one = message(1)
    one = replace(one, envelope=replace(one.envelope, recipients=tuple(map(parse_address, people))))
    assert asyncio.run(room.accept(one)).code == 250
    return "files" in rooms.steps


def test_it_is_asked_where_somebody_outside_gets_it() -> None:
    assert asked("bob@x.example")
    assert asked("ken@corp.example", "bob@x.example")
    assert not asked("ken@corp.example", "eve@corp.example")


@pytest.mark.parametrize("wanted", ["true", "false"])
def test_the_verdict_on_mail_within_the_company_does_not_depend_on_it(wanted: str) -> None:
    policy = policy_of(RULES % wanted)
    case = mail({"attachments": (FILE,)}, to=["ken@corp.example"], cc=["eve@corp.example"])
    unasked = judge(policy, replace(case, known=replace(case.known, files=None)))
    for keys in (frozenset[str](), frozenset({"x.example"}), frozenset({"x.example", "y.example", "z.example"})):
        known = replace(case.known, files={FILE.sha256: keys})
        assert judge(policy, replace(case, known=known)) == unasked
