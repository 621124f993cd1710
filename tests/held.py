"""A held mail as the ledger would have it, for tests of letters and pages: one look-alike among three outside
people.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mailguard.mail.address import Address, ReversePath, parse_address
from mailguard.mail.facts import Attachment, ClassCount, Facts, HeaderAddress, Headers
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Because, Disposition, RecipientVerdict, RuleHit, Verdict
from mailguard.store.records import Asked, MessageRecord, RecipientRecord

NOW = datetime(2026, 11, 23, 13, 28, tzinfo=UTC)  # a Monday; 22:28 in Tokyo
ANN, BOSS = parse_address("ann@corp.example"), parse_address("boss@corp.example")
TANAKA = parse_address("tanaka@examp1e.co.jp")
SATO, SUZUKI = parse_address("sato@example.co.jp"), parse_address("suzuki@example.co.jp")
CORP = Organization(("corp.example",), "株式会社コープ")
ID = "0dfk2m8zv1q3w7xy9t"

LOOK_ALIKE = Because("よく似た別のドメインです", "This domain looks like one you write to")
PERSONS = Because("37名分の個人情報を社外へ送ろうとしています", "Personal data of 37 persons leaves the company")


def recipient(
    address: Address, disposition: Disposition = Disposition.CONFIRM, state: State = State.HELD
) -> RecipientRecord:
    """One copy."""
    return RecipientRecord(
        address=address,
        external=not CORP.is_internal(address),
        state=state,
        disposition=disposition,
        expires_at=NOW + timedelta(hours=72) if state is State.HELD else None,
        asks=(Asked((BOSS.key,)),) if disposition is Disposition.APPROVE else (),
    )


def held_mail(
    disposition: Disposition = Disposition.CONFIRM,
    state: State = State.HELD,
    subject: str | None = "【御見積】お見積書をお送りします",
) -> MessageRecord:
    """Three outside people, one inside; two rules: one about TANAKA, one about everybody outside."""
    people = (TANAKA, SATO, SUZUKI, BOSS)
    outside = (TANAKA, SATO, SUZUKI)
    hits = (
        RuleHit("look-alike", "enforce", disposition, LOOK_ALIKE, ("tanaka@examp1e.co.jp",), (TANAKA,)),
        RuleHit("persons", "enforce", disposition, PERSONS, ("名簿.xlsx: 37",), outside),
    )
    headers = Headers(
        sender=(HeaderAddress("ann@corp.example", "山田 花子"),),
        to=(HeaderAddress("tanaka@examp1e.co.jp", "田中様"), HeaderAddress("sato@example.co.jp", "佐藤様")),
        cc=(HeaderAddress("boss@corp.example", "部長"),),
        subject=subject,
    )
    facts = Facts(
        headers=headers,
        attachments=(
            Attachment("名簿.xlsx", "application/x-a", "application/x-a", "xlsx", 48_211, "0" * 64, inspected=True),
            Attachment("図面.zip", "application/zip", "application/zip", "zip", 3_482_110, "1" * 64, encrypted=True),
        ),
        personal_data={"phone": ClassCount(tuple(str(number) for number in range(37)), ("090-****-1234",))},
        persons=37,
    )
    verdict = Verdict(tuple(RecipientVerdict(p, p != BOSS, disposition) for p in people), hits, "f" * 64)
    return MessageRecord(
        id=ID,
        kind="mail",
        sender=ReversePath(ANN),
        login="ann@corp.example",
        client_ip="192.0.2.1",
        received_at=NOW,
        subject=subject,
        from_header="山田 花子 <ann@corp.example>",
        message_id_header="<original@corp.example>",
        references=("<first@example.co.jp>",),
        size=3_600_000,
        sha256="0" * 64,
        smtputf8=False,
        body_8bit=False,
        prefix=b"",
        facts=facts,
        verdict=verdict,
        recipients=tuple(recipient(p, disposition, state) for p in people),
    )


def with_recipients(record: MessageRecord, *recipients: RecipientRecord) -> MessageRecord:
    """The same mail with other copies."""
    return replace(record, recipients=recipients)
