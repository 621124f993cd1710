"""The facts of a held mail as rows of a letter: files, reasons, personal data, what happens by default, who approves.

Long lists are cut with their number said, so that a letter stays one screen long. What came from a stranger's mail is
put on one line. Pure functions over the ledger's records.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailguard.mail.alteration import RemoveAttachment, zip_passwords
from mailguard.mail.facts import Attachment
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition, RuleHit
from mailguard.notify import letter_texts as say
from mailguard.notify.naming import Named, unnamed
from mailguard.notify.phrases import (
    PERSONAL,
    STATES,
    evidence_line,
    file_size,
    is_said,
    listed,
    moment,
    on_one_line,
    persons,
    roughly,
    telling,
    zone_word,
)
from mailguard.store.records import Asked, MessageRecord, RecipientRecord

#: How our rules, and those made after them, say that recipients see each other.
_SEEN = re.compile(r"互い|全員に|see each other|shown to all|\bBcc\b", re.IGNORECASE)
_MOST_FILES, _MOST_EVIDENCE, _FEW_ADDRESSES = 8, 6, 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a row. head: it names the group of those that follow; item: it is one of a group."""

    text: str
    head: bool = False
    item: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A label and its lines. count: how many there are in all, "" where that says nothing."""

    label: str
    lines: tuple[Line, ...]
    count: str = ""

    @classmethod
    def of(cls, label: str, *texts: str) -> Row:
        """A row of plain lines."""
        return cls(label, tuple(map(Line, texts)))


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule's sentence and the evidence under it."""

    sentence: str
    evidence: tuple[str, ...]


def reasons(hits: Sequence[RuleHit], language: Language, copies: Sequence[RecipientRecord] = ()) -> tuple[Reason, ...]:
    """Every rule that holds the mail, strictest first. The evidence under it is what nothing above has said yet.

    copies: of the mail: a rule that names all outside recipients points at none of them.
    """
    given: list[Reason] = []
    said: set[str] = set()
    for hit in distinct(hits):
        if hit.disposition > Disposition.DELAY or len(hits) == 1:
            sentence = on_one_line(hit.because.ja if language == "ja" else hit.because.en, 600)
            found = _evidence(hit, language, copies)
            shown = [line for line in found if not is_said(line, sentence) and line not in said]
            said.update(shown)
            notes = (on_one_line(note.ja if language == "ja" else note.en, 200) for note in hit.notes)
            given.append(Reason(sentence, (*shown[:_MOST_EVIDENCE], *notes)))
    return tuple(given)


def about_visibility(hit: RuleHit) -> bool:
    """Whether a rule minds that recipients see each other."""
    return bool(_SEEN.search(f"{hit.because.ja} {hit.because.en}"))


def distinct(hits: Sequence[RuleHit]) -> Sequence[RuleHit]:
    """Without those that say once more what a stricter or an earlier one has said: that the same recipients see each
    other. One that has evidence of its own (a word, a file) is told.
    """
    several = [hit for hit in hits if len(hit.recipients) > 1]
    if len(several) < 2:  # nearly every mail
        return hits
    about = [hit for hit in several if about_visibility(hit)]
    again = {id(hit) for at, hit in enumerate(about) if any(_says_all(one, hit) for one in about[:at])}
    return [hit for hit in hits if id(hit) not in again] if again else hits


def _says_all(one: RuleHit, hit: RuleHit) -> bool:
    named = {address.key for address in one.recipients}
    addresses = {str(address) for address in hit.recipients}
    return named.issuperset(address.key for address in hit.recipients) and {*one.evidence, *addresses}.issuperset(
        hit.evidence
    )


def _evidence(hit: RuleHit, language: Language, copies: Sequence[RecipientRecord]) -> list[str]:
    """A line for each piece; addresses only where they are few, and not everybody: all recipients follow in a row of
    their own.
    """
    known = {str(address) for address in hit.recipients}
    told = sum(one in known for one in hit.evidence)
    listed_below = told > _FEW_ADDRESSES or (told > 0 and _everybody(hit, copies))
    shown = telling(hit.evidence, known if listed_below else ())
    return [on_one_line(evidence_line(one, language), 160) for one in shown]


def _everybody(hit: RuleHit, copies: Sequence[RecipientRecord]) -> bool:
    """Whether a rule names all who are outside."""
    outside = [copy.address.key for copy in copies if copy.external]
    return bool(outside) and {address.key for address in hit.recipients}.issuperset(outside)


def reason_headline(hits: Sequence[RuleHit], language: Language) -> str:
    """The strictest rule's sentence; the others follow it, each with its evidence."""
    return headline_of(reasons(hits, language), language)


def headline_of(given: Sequence[Reason], language: Language) -> str:
    """The same of reasons that are known already."""
    return given[0].sentence if given else STATES[State.HELD].of(language)


def reason_line(hits: Sequence[RuleHit], language: Language) -> str:
    """The same for one line of a list: how many more there are is said."""
    more = len(reasons(hits, language)) - 1
    first = reason_headline(hits, language)
    return say.HELD_MANY.of(language, first=first, count=more) if more > 0 else first


def why_line(hits: Sequence[RuleHit], language: Language) -> str:
    """Why a mail had to wait for somebody, in one line; "" where it did not: an undo window is no reason."""
    return reason_line(hits, language) if any(hit.disposition > Disposition.DELAY for hit in hits) else ""


def held(record: MessageRecord) -> list[RecipientRecord]:
    """The copies that wait."""
    return [r for r in record.recipients if r.state is State.HELD]


def withheld(record: MessageRecord, language: Language) -> Row | None:
    """To whom it did not go although it went to others: who was taken off, or gave way to another; None if nobody."""
    off = [str(copy.address) for copy in record.recipients if copy.state is State.CANCELLED]
    if not off:
        return None
    more = [say.MORE.of(language, count=len(off) - _MOST_FILES)] if len(off) > _MOST_FILES else []
    return Row.of(say.WITHHELD.of(language), *off[:_MOST_FILES], *more)


def files(record: MessageRecord, copies: Sequence[RecipientRecord], language: Language) -> Row | None:
    """Attachments with size, whether they are encrypted, or were taken out of all these copies; None without any."""
    attached = record.facts.attachments
    if not attached:
        return None
    gone = _taken_out(copies)
    lines = [Line(_file(a, gone, language)) for a in attached[:_MOST_FILES]]
    if len(attached) > _MOST_FILES:
        lines.append(Line(say.MORE_FILES.of(language, count=len(attached) - _MOST_FILES)))
    count = say.FILES_COUNT.of(language, count=len(attached)) if len(attached) > 1 else ""
    return Row(say.FILES.of(language), tuple(lines), count)


def _taken_out(copies: Sequence[RecipientRecord]) -> frozenset[str]:
    """The digests of files that none of these copies has any more."""
    found: frozenset[str] | None = None
    for copy in copies:
        gone = frozenset(one.sha256 for one in copy.recipe or () if isinstance(one, RemoveAttachment))
        found = gone if found is None else found & gone
        if not found:
            break
    return (found or frozenset()) - {""}


def _file(attachment: Attachment, gone: Collection[str], language: Language) -> str:
    notes = [file_size(attachment.size)] + ([say.ENCRYPTED.of(language)] if attachment.encrypted else [])
    notes += [say.TAKEN_OUT.of(language)] if attachment.sha256 in gone else []
    return f"{on_one_line(attachment.filename, 120)} ({', '.join(notes)})"


def locked(record: MessageRecord) -> list[RecipientRecord]:
    """The copies that are out with a zip under a password."""
    return [one for one in record.recipients if one.state is State.RELAYED and zip_passwords(one.recipe or ())]


def passwords(record: MessageRecord, language: Language) -> Row | None:
    """The passwords of what is out, for the sender alone."""
    found = dict.fromkeys(password for one in locked(record) for password in zip_passwords(one.recipe or ()))
    return Row.of(say.PASSWORD.of(language), *found) if found else None


def personal(record: MessageRecord, language: Language) -> Row | None:
    """Counts of personal data; None without any."""
    facts = record.facts
    counts = [
        say.DATA_COUNT.of(language, kind=PERSONAL[name].of(language), count=count.distinct)
        for name, count in facts.personal_data.items()
        if count.distinct
    ]
    if facts.persons:
        counts.insert(0, persons(facts.persons, language))
    return Row.of(say.DATA.of(language), ("、" if language == "ja" else ", ").join(counts)) if counts else None


def ending(record: MessageRecord, timezone: str, language: Language, now: datetime, *, own: bool = False) -> str:
    """What happens when nobody decides, at which time of which zone, and how far off that is; "" if no clock runs.

    own: it is told to the sender himself.
    """
    waiting = [r for r in held(record) if r.expires_at is not None]
    if not waiting:
        return ""
    first = min(waiting, key=lambda r: r.expires_at or record.received_at)
    assert first.expires_at is not None
    when = say.WHEN.of(
        language,
        moment=moment(first.expires_at, timezone, language),
        zone=zone_word(first.expires_at, timezone, language),
        left=roughly(first.expires_at - now, language),
    )
    sentence = {"release": say.ENDS_RELEASE, "discard": say.ENDS_DISCARD}.get(str(first.expire_action), say.ENDS_RETURN)
    if first.disposition is Disposition.APPROVE and sentence is say.ENDS_RETURN:
        sentence = say.ENDS_APPROVAL_OWN if own else say.ENDS_APPROVAL
    return sentence.of(language, when=when)


def whom(ask: Asked, language: Language, named: Named = unnamed) -> tuple[str, ...]:
    """Who was asked: for an approver who is away his stand-in; also the administrators where too few are there."""
    found = [
        say.STANDING_IN.of(language, person=named(person), people=listed([named(one) for one in places], language))
        if places
        else named(person)
        for person, places in sorted(ask.asked.items())
    ]
    if ask.reachable < ask.quorum:
        found.append(say.ADMINISTRATORS.of(language))
    return tuple(found)


def asked(record: MessageRecord, language: Language, named: Named = unnamed) -> Row | None:
    """Who can approve, a line for each question; None where nobody is asked."""
    found = dict.fromkeys((whom(ask, language, named), ask.quorum) for copy in held(record) for ask in copy.asks)
    lines = []
    for persons_asked, quorum in found:
        people = listed(persons_asked, language, 5)
        alone = quorum == 1 and len(persons_asked) < 2  # who is asked alone need not be counted
        lines.append(people if alone else say.ASKED_QUORUM.of(language, people=people, quorum=quorum))
    return Row.of(say.ASKED.of(language), *lines) if lines else None


def sender(record: MessageRecord, language: Language, named: Named = unnamed) -> Row:
    """Who sent it: as the mail shows him, but under the name that the directory has."""
    return Row.of(say.FROM.of(language), on_one_line(shown_sender(record, named), 160))


def shown_sender(record: MessageRecord, named: Named) -> str:
    """The From field, with the directory's name in the place of another one; the envelope's where there is none. One
    with several authors as it is: none of them is left out.
    """
    authors = record.facts.headers.sender
    address = authors[0].address if authors else str(record.sender)
    known = named(address)
    return known if known != address and len(authors) < 2 else record.from_header or str(record.sender)


def decided(actor: str, language: Language, named: Named = unnamed) -> Row | None:
    """Who decided; None if the house did."""
    return Row.of(say.DECIDED.of(language), on_one_line(named(actor), 160)) if actor else None


def approved(copies: Sequence[RecipientRecord], language: Language, named: Named = unnamed) -> Row | None:
    """Who approved it; None where nobody had to."""
    people = sorted({person for copy in copies for person in copy.approvals})
    return Row.of(say.APPROVED.of(language), listed([named(one) for one in people], language, 5)) if people else None


def comment(text: str, language: Language) -> Row | None:
    """What the one who decided wrote, line by line; None without."""
    lines = [on_one_line(line, 400) for line in text.splitlines() if line.strip()]
    return Row.of(say.COMMENT.of(language), *lines[:20]) if lines else None


def sender_said(notes: Sequence[str], language: Language) -> Row | None:
    """What the sender wrote for those who are asked, line by line; None without."""
    lines = [on_one_line(line, 400) for note in notes for line in note.splitlines() if line.strip()]
    return Row.of(say.SENDER_SAID.of(language), *lines[:20]) if lines else None


def why(record: MessageRecord, language: Language) -> Row | None:
    """Why it had been held, in a line a rule; None for a mere undo window."""
    given = reasons(record.verdict.enforced, language) if why_line(record.verdict.enforced, language) else ()
    return Row.of(say.HELD_BECAUSE.of(language), *(r.sentence for r in given)) if given else None
