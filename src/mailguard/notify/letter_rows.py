"""The facts of a held mail as rows of a letter: recipients by organisation, files, reasons, what happens by default.

Long lists are cut with their number said, so that a letter stays one screen long. What came from a stranger's mail is
put on one line. Pure functions over the ledger's records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailguard.mail.address import Address
from mailguard.mail.alteration import zip_passwords
from mailguard.mail.facts import Attachment
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition, RuleHit
from mailguard.notify import letter_texts as say
from mailguard.notify.phrases import PERSONAL, STATES, evidence_line, file_size, listed, moment, on_one_line
from mailguard.store.records import MessageRecord, RecipientRecord

_MOST_RECIPIENTS, _MOST_FILES, _MOST_EVIDENCE = 12, 8, 6


@dataclass(frozen=True, slots=True)
class Row:
    """A label and its lines."""

    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule's sentence and the evidence under it."""

    sentence: str
    evidence: tuple[str, ...]


def reasons(hits: Sequence[RuleHit], language: Language) -> tuple[Reason, ...]:
    """Every rule that holds the mail, strictest first."""
    return tuple(
        Reason(
            hit.because.ja if language == "ja" else hit.because.en,
            (
                *(on_one_line(evidence_line(e, language), 160) for e in hit.evidence[:_MOST_EVIDENCE]),
                *(on_one_line(note.ja if language == "ja" else note.en, 200) for note in hit.notes),
            ),
        )
        for hit in hits
        if hit.disposition > Disposition.DELAY or len(hits) == 1
    )


def reason_headline(hits: Sequence[RuleHit], language: Language) -> str:
    """The strictest rule's sentence; the others follow it, each with its evidence."""
    given = reasons(hits, language)
    return given[0].sentence if given else STATES[State.HELD].of(language)


def reason_line(hits: Sequence[RuleHit], language: Language) -> str:
    """The same for one line of a list: how many more there are is said."""
    more = len(reasons(hits, language)) - 1
    first = reason_headline(hits, language)
    return say.HELD_MANY.of(language, first=first, count=more) if more > 0 else first


def held(record: MessageRecord) -> list[RecipientRecord]:
    """The copies that wait."""
    return [r for r in record.recipients if r.state is State.HELD]


def spoken_of(record: MessageRecord, people: Sequence[Address]) -> list[RecipientRecord]:
    """The copies that a letter speaks of: those named, else all."""
    wanted = {address.key for address in people}
    return [r for r in record.recipients if not wanted or r.address.key in wanted]


def recipients(shown: Sequence[RecipientRecord], language: Language, *, answers: bool = False) -> Row:
    """Recipients by organisation, outside ones first."""
    by_domain: dict[str, list[RecipientRecord]] = {}
    for recipient in sorted(shown, key=lambda r: not r.external):
        by_domain.setdefault(recipient.address.ascii_domain, []).append(recipient)
    lines = [line for domain, group in by_domain.items() for line in _group(domain, group, language, answers)]
    kept = lines[: _MOST_RECIPIENTS + len(by_domain)]
    if len(lines) > len(kept):
        kept.append(say.MORE.of(language, count=len(lines) - len(kept)))
    return Row(say.RECIPIENTS.of(language), tuple(kept))


def _group(domain: str, group: Sequence[RecipientRecord], language: Language, answers: bool) -> Iterable[str]:
    side = (say.OUTSIDE if group[0].external else say.INSIDE).of(language)
    if len(group) == 1:
        yield f"{group[0].address} ({side}){_answer(group[0], answers)}"
        return
    yield f"{domain} ({side})"
    for recipient in group:
        yield f"・{recipient.address}{_answer(recipient, answers)}"


def _answer(recipient: RecipientRecord, wanted: bool) -> str:
    return f": {on_one_line(recipient.last_text, 200)}" if wanted and recipient.last_text else ""


def files(record: MessageRecord, language: Language) -> Row | None:
    """Attachments with size, and whether they are encrypted; None without any."""
    attached = record.facts.attachments
    if not attached:
        return None
    lines = [_file(a, language) for a in attached[:_MOST_FILES]]
    if len(attached) > _MOST_FILES:
        lines.append(say.MORE_FILES.of(language, count=len(attached) - _MOST_FILES))
    return Row(say.FILES.of(language), tuple(lines))


def _file(attachment: Attachment, language: Language) -> str:
    notes = [file_size(attachment.size)] + ([say.ENCRYPTED.of(language)] if attachment.encrypted else [])
    return f"{on_one_line(attachment.filename, 120)} ({', '.join(notes)})"


def locked(record: MessageRecord) -> list[RecipientRecord]:
    """The copies that are out with a zip under a password."""
    return [one for one in record.recipients if one.state is State.RELAYED and zip_passwords(one.recipe or ())]


def passwords(record: MessageRecord, language: Language) -> Row | None:
    """The passwords of what is out, for the sender alone."""
    found = dict.fromkeys(password for one in locked(record) for password in zip_passwords(one.recipe or ()))
    return Row(say.PASSWORD.of(language), tuple(found)) if found else None


def personal(record: MessageRecord, language: Language) -> Row | None:
    """Counts of personal data; None without any."""
    facts = record.facts
    counts = [
        f"{PERSONAL[name].of(language)} {count.distinct}"
        for name, count in facts.personal_data.items()
        if count.distinct
    ]
    if facts.persons:
        counts.insert(0, say.PERSONS.of(language, count=facts.persons))
    return Row(say.DATA.of(language), (("、" if language == "ja" else ", ").join(counts),)) if counts else None


def ending(record: MessageRecord, timezone: str, language: Language) -> Row | None:
    """What happens when nobody decides, and when; None if no clock runs."""
    waiting = [r for r in held(record) if r.expires_at is not None]
    if not waiting:
        return None
    first = min(waiting, key=lambda r: r.expires_at or record.received_at)
    assert first.expires_at is not None
    when = moment(first.expires_at, timezone, language)
    sentence = {"release": say.ENDS_RELEASE, "discard": say.ENDS_DISCARD}.get(str(first.expire_action), say.ENDS_RETURN)
    if first.disposition is Disposition.APPROVE and sentence is say.ENDS_RETURN:
        sentence = say.ENDS_APPROVAL
    return Row(say.OTHERWISE.of(language), (sentence.of(language, when=when),))


def asked(record: MessageRecord, language: Language) -> Row | None:
    """Who can approve, a line for each question; None where nobody is asked."""
    found = dict.fromkeys((ask.approvers, ask.quorum) for copy in held(record) for ask in copy.asks)
    lines = []
    for approvers, quorum in found:
        people = listed(approvers, language, 5) if approvers else say.ADMINISTRATORS.of(language)
        lines.append(say.ASKED_QUORUM.of(language, people=people, quorum=quorum))
    return Row(say.ASKED.of(language), tuple(lines)) if lines else None


def sender(record: MessageRecord, language: Language) -> Row:
    """Who sent it: the login where there is one, else the reverse-path."""
    return Row(say.FROM.of(language), (on_one_line(record.from_header or str(record.sender), 160),))


def decided(actor: str, language: Language) -> Row | None:
    """Who decided; None if the house did."""
    return Row(say.DECIDED.of(language), (on_one_line(actor, 160),)) if actor else None


def comment(text: str, language: Language) -> Row | None:
    """What the one who decided wrote, line by line; None without."""
    lines = tuple(on_one_line(line, 400) for line in text.splitlines() if line.strip())
    return Row(say.COMMENT.of(language), lines[:20]) if lines else None


def why(record: MessageRecord, language: Language) -> Row | None:
    """Why it had been held, in a line a rule; None for a mere undo window."""
    given = reasons(record.verdict.enforced, language)
    return Row(say.REASON.of(language), tuple(r.sentence for r in given)) if given else None
