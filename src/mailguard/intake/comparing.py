"""A mail compared with what is known of who writes to whom: its letter out of envelope and facts, the risk of each
recipient into the case, and the lesson that it is to leave.

Kinds of mail that are never held (product section 3) are neither compared nor learnt, nor is mail that nobody could
read, or that goes to hundreds: it says nothing of who writes to whom. Nor is mail of a stranger that only passes (a
forward keeps its sender): the model takes senders for colleagues, whom it names to everybody. Whatever fails in the
model is no risk known, a line in the log, and never a mail that waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from mailguard import events
from mailguard.insight.words import File, Judgement, Letter, Opinion
from mailguard.intake.settings import Remembers
from mailguard.mail.address import PATH_MAX, AddressError, parse_address
from mailguard.mail.envelope import Envelope
from mailguard.mail.facts import Attachment, Facts, HeaderAddress
from mailguard.policy.case import Case, Risk

#: Recipients of a mail that says something of each; people that its header may show; files.
MOST, _SHOWN, _FILES = 200, 1000, 100
#: Decimals of a risk that people and rules see.
_DECIMALS = 3
NO_RISK = Risk()


async def compared(
    memory: Remembers | None, case: Case, at: datetime, *, abreast: bool = False, before: Case | None = None
) -> tuple[Case, bytes]:
    """The case with the risk of each recipient, and the lesson, empty if it is to leave none. abreast: as Remembers.

    before: as the mail was judged when it came in. Where nothing is said of it now, what was said then stands, of
    those who are still among its recipients.
    """
    if memory is None:
        return case, b""
    lesson, judgement = b"", None
    try:
        letter = letter_in(case, at)
        if letter is not None:
            lesson, judgement = await memory.judged(letter, abreast=abreast)
        said = with_risks(case, judgement, learning=memory.learning)
    except Exception as error:
        events.fault("insight", error)
        said, lesson = with_risks(case, None), b""
    return (_as_before(said, before) if judgement is None and before is not None else said), lesson


def _as_before(case: Case, before: Case) -> Case:
    if case.risks is None or before.risks is None:
        return case
    risks = {key: before.risks.get(key, NO_RISK) for key in case.risks}
    worst = max((one.value for one in before.risks.values()), default=0.0)
    alarm = before.alarm and any(one.value == worst for one in risks.values())
    return replace(case, risks=risks, alarm=alarm)


def letter_in(case: Case, at: datetime) -> Letter | None:
    """The letter of a mail that one of the organization's own people wrote."""
    sender = case.envelope.sender.mailbox
    ours = sender is not None and case.organization.is_internal(sender)
    return letter_of(case.envelope, case.facts, at) if ours else None


def with_risks(case: Case, judgement: Judgement | None, *, learning: bool = False) -> Case:
    """What the model said of each recipient; None: it said nothing."""
    risks, alarm = dict.fromkeys([one.key for one in case.envelope.recipients[:MOST]], NO_RISK), False
    if judgement is not None:
        alarm = judgement.alarm and not learning
        for opinion in judgement.opinions:
            if opinion.address in risks:
                risks[opinion.address] = _risk(opinion)
    # Each field by hand: `replace` asks what the fields are, for every mail anew.
    return Case(
        case.envelope, case.facts, case.organization, case.known, case.size, case.moment, case.mail_domains, risks,
        alarm, learning, case.confirmed, case.texts_kept,
    )  # fmt: skip


def _risk(opinion: Opinion) -> Risk:
    value = round(min(max(opinion.risk, 0.0), 1.0), _DECIMALS)
    return Risk(value, opinion.because, opinion.kind, opinion.alternative) if value or opinion.kind else NO_RISK


def letter_of(envelope: Envelope, facts: Facts, at: datetime) -> Letter | None:
    """What a mail shows of itself: To and Cc as far as the envelope names them, and who else is in the envelope. None
    if it says nothing of who writes to whom.
    """
    sender = envelope.sender.mailbox
    if sender is None or not 0 < len(envelope.recipients) <= MOST or not _by_people(facts):
        return None
    headers, written = facts.headers, str(sender)
    # A header mostly has the addresses as the envelope has them, whose keys are known.
    keys = {str(one): one.key for one in envelope.recipients}
    to, cc = _shown(headers.to, keys), _shown(headers.cc, keys) if headers.cc else {}
    placed: tuple[list[str], list[str], list[str]] = [], [], []
    names: dict[str, str] = {}
    for address, key in keys.items():
        placed[0 if key in to else 1 if key in cc else 2].append(address)
        if name := to.get(key) or cc.get(key):
            names[address] = name
    own = headers.sender[:1]
    if own and own[0].address != written:
        own = tuple([one for one in headers.sender if _key(one.address) == sender.key]) or own
    return Letter(
        at=at.timestamp(),
        sender=written,
        to=tuple(placed[0]),
        cc=tuple(placed[1]),
        bcc=tuple(placed[2]),
        sender_name=own[0].name if own else "",
        names=names,
        subject=headers.subject or "",
        body=facts.text[: facts.shown],
        message_id=headers.message_id,
        in_reply_to=headers.in_reply_to,
        references=headers.references,
        files=tuple(_files(facts.attachments)) if facts.attachments else (),
    )


def _by_people(facts: Facts) -> bool:
    """Whether people wrote it, and it could be read."""
    if facts.kind != "ordinary" or facts.auto_generated:
        return False
    return not any(one.code == "unreadable" and one.where == "mail" for one in facts.findings)


def _shown(people: Sequence[HeaderAddress], keys: Mapping[str, str]) -> Mapping[str, str]:
    """Display names by the key of the address, the first of each. keys: of addresses, as far as they are known."""
    found: dict[str, str] = {}
    for one in people[:_SHOWN]:
        key = keys.get(one.address)
        found.setdefault(_key(one.address) if key is None else key, one.name)
    return found


def _key(text: str) -> str:
    return _remembered(text) if len(text) <= PATH_MAX else ""


@lru_cache(maxsize=4096)  # people write to the same people
def _remembered(text: str) -> str:
    """The key of an address, "" for what is none."""
    try:
        return parse_address(text).key
    except AddressError:
        return ""


def _files(attachments: Iterable[Attachment]) -> Iterator[File]:
    """The files, and those in them, but for pictures of the text: the outermost first."""
    waiting = list(attachments)[:_FILES]
    for one in waiting:
        if len(waiting) < _FILES:
            waiting += one.members[: _FILES - len(waiting)]
        if len(one.sha256) == 64 and not one.inline:
            yield File(one.sha256, one.filename)
