"""What of a held mail a person has to look at: the recipients, files and visible addresses that its rules point at.

Taken from the verdict and the facts alone, so that the page that asks and the form that answers ask the same. A rule
that points at nothing one could touch (an attachment that is missing, a word in the text) points at nothing here: then
the buttons are the question. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mailguard.console.found import place_name
from mailguard.mail.facts import Addressee, Attachment, Facts
from mailguard.mail.verdict import Disposition, RuleHit
from mailguard.notify import letter_rows
from mailguard.notify.letter_people import shown_to_each_other
from mailguard.notify.letter_rows import about_visibility
from mailguard.notify.phrases import on_one_line
from mailguard.review import MessageRecord, RecipientRecord

#: A rule about everybody outside still asks about each of so few.
_FEW = 3
_COUNT = re.compile(r"[a-z_]+: [0-9,]+")


@dataclass(frozen=True, slots=True)
class Risky:
    """people: held copies to keep or to take off; files: positions in the facts' attachments; seen: held outside
    recipients whom To and Cc show to each other, where a rule minds that.
    """

    people: tuple[RecipientRecord, ...] = ()
    files: tuple[int, ...] = ()
    seen: tuple[RecipientRecord, ...] = ()


def risky(record: MessageRecord, with_data: Collection[int] = ()) -> Risky:
    """What the rules of a held mail point at. with_data: the files in which personal data or secrets were found."""
    hits = [hit for hit in record.verdict.enforced if hit.disposition > Disposition.DELAY]
    held = letter_rows.held(record)
    if not hits or not held:
        return Risky()
    files = {at for hit in hits for at in _files(hit, record.facts.attachments, with_data)}
    return Risky(_people(hits, record, held), tuple(sorted(files)), shown_to_each_other(record))


def files_with_data(facts: Facts) -> frozenset[int]:
    """Positions of the attachments in which this reading found personal data or secrets."""
    places = {place_name(match.where) for match in facts.matches} - {""}
    return frozenset(
        at
        for at, one in enumerate(facts.attachments)
        if any(is_of(place, on_one_line(one.filename, 80)) for place in places)
    )


def greeted(one: Addressee) -> str:
    """Somebody whom the salutation addresses, as the rules' evidence has it."""
    name = f"{one.name}{one.title if one.title and not one.title.isascii() else ''}"
    return " ".join(part for part in (one.company, name) if part)[:100]


def _people(
    hits: Sequence[RuleHit], record: MessageRecord, held: Sequence[RecipientRecord]
) -> tuple[RecipientRecord, ...]:
    outside = {one.address.key for one in held if one.external} or {one.address.key for one in held}
    pointed: set[str] = set()
    for hit in hits:
        named = {address.key for address in hit.recipients} & outside
        alone = named != outside  # a rule that singles somebody out
        if named and (alone or (len(outside) <= _FEW and _about_people(hit, record, named))):
            pointed |= named
    return tuple(one for one in held if one.address.key in pointed)


def _about_people(hit: RuleHit, record: MessageRecord, named: Collection[str]) -> bool:
    """Whether the evidence of a rule names recipients, rather than files, words or numbers."""
    if about_visibility(hit):
        return False
    greeting = {greeted(one) for one in record.facts.greeting}
    return any(
        " ≠ " in one or one in greeting or any(address in one.lower() for address in named) for one in hit.evidence
    )


def _files(hit: RuleHit, attached: Sequence[Attachment], with_data: Collection[int]) -> set[int]:
    named = {
        at
        for at, one in enumerate(attached)
        if one.filename and any(is_of(item, one.filename[:200]) for item in hit.evidence)
    }
    counted = any(_COUNT.fullmatch(item) for item in hit.evidence)
    return named | {at for at in with_data if counted and at < len(attached)}


def is_of(item: str, name: str) -> bool:
    """Whether evidence, or the place of a finding, names a file, a member of it, or the file with a remark."""
    return bool(name) and (item == name or item.startswith((f"{name} ›", f"{name}/", f"{name}:", f"{name} (")))
