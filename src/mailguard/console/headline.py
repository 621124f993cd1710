"""The headline of a mail's page: while held the reason as a sentence, with what is to be looked at marked in it.

A look-alike is set beside what was probably meant, letter by letter; every other reason is its rule's own sentence. The
texts may come from strangers' mail: they are put on one line and handed on as values, never as markup. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.console import present
from mailguard.console.present import Speaker
from mailguard.console.risky import greeted
from mailguard.console.sight import line, seen
from mailguard.mail.address import Address, key_of_written
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Because, Disposition, RuleHit
from mailguard.notify import letter_rows
from mailguard.notify.marked import Pair, Stretch, joined, marked, pairs_in
from mailguard.notify.offers import is_at, near_pairs, of_mailboxes, twin
from mailguard.notify.phrases import evidence_line, is_said, on_one_line, telling
from mailguard.review import Background, MessageRecord

_MOST_EVIDENCE = 6


@dataclass(frozen=True, slots=True)
class Headline:
    """pieces: the sentence; words: the difference that is marked in it, said; plain: the same as one text."""

    pieces: tuple[Stretch, ...]
    words: tuple[str, ...] = ()

    @property
    def plain(self) -> str:
        return joined(self.pieces)


@dataclass(frozen=True, slots=True)
class Also:
    """A further reason: its sentence with what is marked in it, and the evidence that it does not name."""

    pieces: tuple[Stretch, ...]
    evidence: tuple[str, ...]


def headline(record: MessageRecord, by: Speaker, known: Background | None = None) -> Headline:
    """What matters most. known: what the ledger remembers, where this person may see it."""
    hits = _asking(record)
    held = record.state is State.HELD and any(r.disposition > Disposition.DELAY for r in letter_rows.held(record))
    if not held or not hits:
        return Headline((Stretch(present.headline(record, by), False),))
    first = hits[0]
    pairs = _pairs(first, record)
    if pairs:
        return Headline(_look_alike(first, pairs, by, known), tuple(_of(pair.words, by) for pair in pairs[:2]))
    return Headline((Stretch(_whom(first, record, by) or _sentence(first, by), False),))


def further(record: MessageRecord, by: Speaker) -> list[Also]:
    """The other reasons, strictest first; of a mail that is decided all of them. A difference is said once."""
    hits, told = _asking(record), list(headline(record, by).words)
    found = []
    for hit in hits[1:] if record.state is State.HELD else hits:
        pairs = _pairs(hit, record)
        differences = [one for one in [_of(pair.words, by) for pair in pairs[:2]] if one not in told]
        told += differences
        said = _unsaid(hit, record, by) if not pairs else ()
        found.append(Also(marked(_sentence(hit, by), pairs), (*said, *differences)))
    return found


def evidence(record: MessageRecord, by: Speaker) -> tuple[str, ...]:
    """What shows the first reason, where the headline does not name it."""
    hits = _asking(record)
    if not hits or record.state is not State.HELD or _pairs(hits[0], record):
        return ()
    return _unsaid(hits[0], record, by)


def twins(record: MessageRecord) -> list[Address]:
    """The addresses that were probably meant: of each look-alike the same mailbox at the known domain."""
    found = []
    for hit in _asking(record):
        for pair in _pairs(hit, record):
            for one in hit.recipients[:20]:
                found += twin(one, pair)
    return found


def differing(address: Address, record: MessageRecord) -> tuple[Stretch, ...]:
    """An address with what differs in it from the known one."""
    pairs = [pair for hit in _asking(record) for pair in _pairs(hit, record) if is_at(address, pair)]
    return _clear(marked(str(address), pairs))


def _pairs(hit: RuleHit, record: MessageRecord) -> tuple[Pair, ...]:
    """What a rule found to resemble what: the judge letter by letter, or the model, whose sentence it is then."""
    found = pairs_in(hit.evidence)
    return found or pairs_in(near_pairs(record, hit.because.ja, {one.key for one in hit.recipients}))


def _asking(record: MessageRecord) -> list[RuleHit]:
    hits = record.verdict.enforced
    asking = [hit for hit in hits if hit.disposition > Disposition.DELAY or len(hits) == 1]
    return list(letter_rows.distinct(asking))


def _look_alike(hit: RuleHit, pairs: Sequence[Pair], by: Speaker, known: Background | None) -> tuple[Stretch, ...]:
    """The address and the one that was probably meant, side by side."""
    pair = pairs[0]
    meant = [one for one in hit.recipients if is_at(one, pair)]
    if len(meant) != 1:
        return _filled(by.say("reason.like.many"), {"{written}": pair.written, "{known}": pair.known})
    person, values = meant[0], {"{written}": _clear(marked(str(meant[0]), pairs)), "{known}": pair.known}
    usual = next(iter(twin(person, pair)), None)
    if known is not None and person.key not in known.people and usual is not None and usual.key in known.people:
        return _filled(by.say("reason.like.usual"), values | {"{known}": _clear(marked(str(usual), pairs))})
    return _filled(by.say("reason.like.mailbox" if of_mailboxes(pair) else "reason.like"), values)


def _whom(hit: RuleHit, record: MessageRecord, by: Speaker) -> str:
    """Of a salutation that fits nobody: whom it names, and to whom the mail goes."""
    names = {greeted(one) for one in record.facts.greeting} & set(hit.evidence)
    goes_to = [one for one in letter_rows.held(record) if one.external] or letter_rows.held(record)
    if not names or len(goes_to) > 2:
        return ""
    headers = record.facts.headers
    called = {key_of_written(one.address): line(one.name, 60) for one in (*headers.to, *headers.cc)}
    people = [_called(str(r.address), called.get(r.address.key, ""), by) for r in goes_to]
    joint = "、" if by.language == "ja" else ", "
    return by.say("reason.greeting", names=joint.join(sorted(names)), people=joint.join(people))


def _called(address: str, said: str, by: Speaker) -> str:
    """By the directory; where that knows no name, as the mail says."""
    known = by.named(address)
    return known if known != address else f"{said} <{address}>".strip()


def _unsaid(hit: RuleHit, record: MessageRecord, by: Speaker) -> tuple[str, ...]:
    """The evidence that neither the sentence nor the list of recipients has."""
    sentence, listed = _sentence(hit, by), {str(one.address) for one in record.recipients}
    lines = [line(evidence_line(one, by.language), 160) for one in telling(hit.evidence, listed)]
    notes = [on_one_line(_of(note, by), 200) for note in hit.notes]
    shown = [one for one in lines if not is_said(one, sentence)]
    more = (by.say("reason.more", count=len(shown) - _MOST_EVIDENCE),) if len(shown) > _MOST_EVIDENCE else ()
    return (*shown[:_MOST_EVIDENCE], *more, *notes)


def _sentence(hit: RuleHit, by: Speaker) -> str:
    return line(_of(hit.because, by), 400)


def _of(said: Because | tuple[str, str], by: Speaker) -> str:
    ja, en = (said.ja, said.en) if isinstance(said, Because) else said
    return ja if by.language == "ja" else en


def _clear(stretches: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    return tuple(Stretch(seen(one.text), one.differs) for one in stretches)


def _filled(sentence: str, values: dict[str, tuple[Stretch, ...]]) -> tuple[Stretch, ...]:
    """A sentence with stretches in place of its blanks."""
    pieces = re.split("|".join(f"({re.escape(blank)})" for blank in values), sentence)
    made = [values.get(piece) or (Stretch(piece, False),) for piece in pieces if piece]
    return tuple(piece for some in made for piece in some)
