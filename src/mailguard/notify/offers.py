"""Whom a sender probably meant: for a held recipient who looks like a mistake the address to put in his place, if one
comes to mind. Letters and pages offer it, and nothing else can be put there.

It comes from what judged the mail: the verdict's alternative, or the known domain that a rule found a look-alike of.
What the model merely thinks possible is not offered, and nobody twice: where he could stand for two who get the mail,
he was meant instead of the one who fits less. Pure; an offer decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.organization import Language
from mailguard.mail.verdict import NOTHING_ODD, Because, Disposition, RecipientVerdict
from mailguard.notify.letter_rows import held
from mailguard.notify.marked import Pair, pairs_in
from mailguard.notify.phrases import on_one_line
from mailguard.store.records import MessageRecord

#: From this risk on a recipient looks like a mistake, whatever the mail was held for (as in store.taught). Right mail
#: often has less, with a reason.
_LIKELY = 0.5
#: Of a mail to thousands not all are looked at for a look-alike.
_MOST = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """wrong: a held recipient; meant: who is to get the mail in his place."""

    wrong: Address
    meant: Address


def offers(record: MessageRecord) -> tuple[Offer, ...]:
    """One for each held recipient for whom somebody comes to mind who does not get the mail anyway; the likeliest
    mistake first.
    """
    waiting = held(record)
    if not waiting or not record.has_body:
        return ()
    candidates = _candidates(record)
    if not candidates:
        return ()
    there = {copy.address.key for copy in record.recipients}
    doubled = _doubled(record, there)
    risks = {one.address.key: one.risk for one in record.verdict.recipients}
    found: dict[str, Offer] = {}
    for copy in sorted(waiting, key=lambda one: -risks.get(one.address.key, 0.0)):
        known = () if copy.address.key in doubled else candidates.get(copy.address.key, ())
        meant = next((one for one in known if _fits(one, record, there)), None)
        if meant is not None:
            found.setdefault(meant.key, Offer(copy.address, meant))
    return tuple(found.values())


def oddities(record: MessageRecord, language: Language) -> Mapping[str, str]:
    """Why a held recipient looks like a mistake to the model, by key: a sentence that no rule has said already, of
    somebody who is one likely, and not because another one stands in the same person's place.
    """
    odd = [one for one in record.verdict.recipients if one.risk_because != NOTHING_ODD]
    if not odd:  # nearly every mail
        return {}
    said = [on_one_line(_in(hit.because, language), 600) for hit in record.verdict.enforced]
    found, named = {}, _named(record)
    instead_of = {one.meant.key: one.wrong.key for one in offers(record)}
    doubled = _doubled(record, {copy.address.key for copy in record.recipients})
    for one in odd:
        if not _looks_wrong(one, named) or instead_of.get(one.alternative, one.address.key) != one.address.key:
            continue
        if one.address.key in doubled:
            continue
        sentence = on_one_line(_in(one.risk_because, language), 300)
        if sentence and not any(sentence in whole for whole in said):
            found[one.address.key] = sentence
    waiting = {copy.address.key for copy in held(record)} if found else frozenset()
    return {key: sentence for key, sentence in found.items() if key in waiting}


def near_pairs(record: MessageRecord, sentence: str, among: Collection[str]) -> tuple[str, ...]:
    """Lines of evidence as a look-alike's, for the recipients (keys) whom the model takes for a slip of the pen and a
    sentence names beside whoever was meant: an eye that overlooked two letters reads over them in the sentence, too.
    """
    found = []
    for one in record.verdict.recipients:
        if one.risk_kind != "lookalike" or one.address.key not in among:
            continue
        for meant in _parsed(one.alternative):
            if str(one.address) in sentence and str(meant) in sentence:
                alike = one.address.local == meant.local
                written, known = (one.address.domain, meant.domain) if alike else (str(one.address), str(meant))
                found.append(f"{written} ≠ {known} (≠)")
    return tuple(found)


def twin(address: Address, pair: Pair) -> list[Address]:
    """The address that this one resembles, or the same mailbox at the domain that its own does; nothing where that is
    no address.
    """
    if not is_at(address, pair):
        return []
    return _parsed(pair.texts[1] if of_mailboxes(pair) else f"{address.local}@{pair.texts[1]}")


def of_mailboxes(pair: Pair) -> bool:
    """Whether a pair is of two addresses, which differ before the @, and not of two domains."""
    return "@" in pair.texts[0]


def is_at(address: Address, pair: Pair) -> bool:
    """Whether an address is the look-alike of a pair, at its domain, or below it."""
    if of_mailboxes(pair):
        return address.key == pair.texts[0].lower()
    domains = {pair.texts[0].lower(), pair.also.lower()} - {""}
    own = {address.domain.lower(), address.ascii_domain}
    return any(one == domain or one.endswith(f".{domain}") for one in own for domain in domains)


def _candidates(record: MessageRecord) -> Mapping[str, list[Address]]:
    """Who comes to mind, by key of the recipient, whom the verdict names in front."""
    found: dict[str, list[Address]] = {}
    named = _named(record)
    for one in record.verdict.recipients:
        if one.alternative and _looks_wrong(one, named):
            found.setdefault(one.address.key, []).extend(_parsed(one.alternative))
    for address, other in _twins(record):
        found.setdefault(address.key, []).append(other)
    return found


def _twins(record: MessageRecord) -> Iterator[tuple[Address, Address]]:
    """Each look-alike that a rule found, and the address that it resembles."""
    for hit in record.verdict.enforced:
        pairs = pairs_in(hit.evidence) if hit.disposition > Disposition.DELAY else ()
        for address in hit.recipients[:_MOST] if pairs else ():
            yield from ((address, other) for pair in pairs for other in twin(address, pair))


def _doubled(record: MessageRecord, there: Collection[str]) -> frozenset[str]:
    """The look-alikes of somebody who gets the mail himself, by key: one too many, and nobody else was meant."""
    return frozenset(address.key for address, other in _twins(record) if other.key in there)


def _named(record: MessageRecord) -> frozenset[str]:
    """Whom rules asked about as such, by key."""
    return frozenset(one.key for hit in record.verdict.enforced if hit.trust for one in hit.recipients)


def _looks_wrong(one: RecipientVerdict, named: frozenset[str]) -> bool:
    """Whether the model is sure enough of it, or a rule thought so."""
    return one.risk >= _LIKELY or not one.risk_kind or one.address.key in named


def _fits(meant: Address, record: MessageRecord, there: set[str]) -> bool:
    """Not somebody who gets the mail, or was taken off; an address beyond ASCII only where the mail may have one."""
    return meant.key not in there and (record.smtputf8 or not meant.needs_smtputf8)


def _parsed(text: str) -> list[Address]:
    try:
        return [parse_address(text)]
    except AddressError:  # a known domain may be shown in letters that no address may have
        return []


def _in(because: Because, language: Language) -> str:
    return because.ja if language == "ja" else because.en
