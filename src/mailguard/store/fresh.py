"""The record of what comes in: of a mail, out of its envelope, facts and verdict; of a letter of ours.

Which copy begins held and which queued follows from the verdict alone. Pure: nothing here reads or writes; the entry
is made of it (store.entry).
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from operator import attrgetter

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import NULL_PATH, Address, AddressError, parse_address
from mailguard.mail.alteration import Prepared, Recipe
from mailguard.mail.facts import Facts, Headers
from mailguard.mail.lifecycle import State
from mailguard.mail.message import Message
from mailguard.mail.reports import ASKED_NOTHING, CopyReports
from mailguard.mail.verdict import Ask, Disposition, HoldTerms, RecipientVerdict, Verdict
from mailguard.store.records import Asked, MessageRecord, RecipientRecord
from mailguard.store.rows import clean

_HELD = frozenset({Disposition.DELAY, Disposition.CONFIRM, Disposition.APPROVE})
NOTHING = Prepared()
_TERMS = HoldTerms()
#: What of facts and headers begins empty; all else stays.
_EMPTY: dict[str, object] = {"text": "", "html": "", "quoted": "", "signature": "", "own": "", "matches": ()}
_FACTS = tuple(one.name for one in fields(Facts))
assert _FACTS[0] == "headers"
_facts = attrgetter(*_FACTS)
_EMPTIED = tuple((place, _EMPTY[name]) for place, name in enumerate(_FACTS) if name in _EMPTY)
_HEADERS = tuple(one.name for one in fields(Headers))
assert _HEADERS[-2:] == ("fields", "fields_cut")
_kept_headers = attrgetter(*_HEADERS[:-2])
#: A letter goes before the mail that was queued so shortly before it; mail that waits longer is not starved by letters.
_AHEAD = timedelta(seconds=10)


def record_of(
    message: Message,
    facts: Facts,
    verdict: Verdict,
    prefix: bytes,
    lease_until: datetime | None,
    prepared: Prepared = NOTHING,
) -> MessageRecord:
    """The record of a fresh message. Raises ValueError for a verdict that must never enter (reject, challenge)."""
    client, headers = message.envelope.client, facts.headers
    verdicts = {recipient.address: recipient for recipient in verdict.recipients}
    return MessageRecord(
        id=message.id,
        kind="mail",
        sender=message.envelope.sender,
        login=client.login,
        client_ip=client.recorded_ip,
        received_at=message.received_at,
        subject=None if headers.subject is None else clean(headers.subject),
        from_header=clean(
            ", ".join([f"{one.name} <{one.address}>" if one.name else one.address for one in headers.sender])
        ),
        message_id_header=clean(headers.message_id),
        references=tuple(map(clean, headers.references)) if headers.references else (),
        size=message.body.size,
        sha256=message.body.sha256,
        smtputf8=message.envelope.smtputf8,
        body_8bit=message.envelope.body_8bit,
        prefix=prefix,
        # The texts stay in the octets; the ledger keeps what was found in them.
        facts=_without_texts(facts),
        verdict=verdict,
        recipients=tuple(
            # KeyError for a recipient that was not judged: nothing goes out without a verdict.
            _copy(
                verdicts[address],
                message.received_at,
                lease_until,
                prepared.recipes.get(address.key, ()),
                message.envelope.copy_reports.get(address.key, ASKED_NOTHING),
            )
            for address in (*message.envelope.recipients, *(one.address for one in verdict.recipients if one.added))
        ),
        reports=message.envelope.reports,
    )


def _without_texts(facts: Facts) -> Facts:
    values = list(_facts(facts))
    values[0] = Headers(*_kept_headers(facts.headers))
    for place, empty in _EMPTIED:
        values[place] = empty
    return Facts(*values)


def _copy(
    verdict: RecipientVerdict,
    received_at: datetime,
    lease_until: datetime | None,
    recipe: Recipe = (),
    reports: CopyReports = ASKED_NOTHING,
) -> RecipientRecord:
    if verdict.disposition > Disposition.APPROVE:
        raise ValueError("a refused mail does not enter the ledger")
    held = verdict.disposition in _HELD
    terms = verdict.terms or _TERMS
    return RecipientRecord(
        address=verdict.address,
        external=verdict.external,
        state=State.HELD if held else State.QUEUED,
        disposition=verdict.disposition,
        due_at=None if held else lease_until or received_at,
        expires_at=received_at + terms.expire_after if held else None,
        expire_action="release" if verdict.disposition is Disposition.DELAY else terms.expire_action,
        asks=tuple(_asked(ask, received_at) for ask in terms.asks) if held else (),
        urgent=held and terms.urgent,
        rules=verdict.rules,
        leased=not held and lease_until is not None,
        recipe=recipe,
        added=verdict.added,
        reports=reports,
        way=verdict.route,
    )


def _asked(ask: Ask, received_at: datetime) -> Asked:
    """The question with its times as moments."""
    return Asked(
        approvers=tuple(map(_key, ask.approvers)),
        quorum=ask.quorum,
        delegates=tuple((_key(one), tuple(map(_key, people))) for one, people in ask.delegates),
        remind_at=None if ask.remind_after is None else received_at + ask.remind_after,
        escalate_at=None if ask.escalate_after is None else received_at + ask.escalate_after,
        escalate_to=tuple(map(_key, ask.escalate_to)),
        absent=tuple(map(_key, ask.absent)),
    )


def actor_of(message: Message) -> Actor:
    """Who handed a message in, as far as the door knows."""
    client = message.envelope.client
    return Actor(client.login or str(message.envelope.sender).lower(), Role.SENDER, "smtp")


def letter_record(
    letter_id: str, to: Address, size: int, sha256: str, about: str | None, now: datetime, prefix: bytes,
    lease_until: datetime | None,
) -> MessageRecord:  # fmt: skip
    """The record of a letter of ours: from the null path (RFC 3834 section 3.3), to one person, never judged.

    It is due before all mail that waits: people are told at once, also behind a long queue.
    """
    verdict = RecipientVerdict(to, external=False, disposition=Disposition.DELIVER)
    return MessageRecord(
        id=letter_id, kind="letter", sender=NULL_PATH, login=None, client_ip="", received_at=now, subject=None,
        from_header="", message_id_header="", references=(), size=size, sha256=sha256,
        smtputf8=to.needs_smtputf8, body_8bit=False, prefix=prefix, facts=Facts(kind="letter"),
        verdict=Verdict((verdict,)), recipients=(_copy(verdict, now - _AHEAD, lease_until),), about=about,
    )  # fmt: skip


def _key(person: str) -> str:
    try:
        return parse_address(person).key
    except AddressError:
        return person.lower()
