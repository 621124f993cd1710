"""The recipients of a mail as a letter names them: by organisation, those that a rule singles out on top, outside ones
before inside ones, a long list cut with its number said. Pure functions over the ledger's records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mailguard.mail.address import Address, AddressError, key_of_written, parse_address
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition
from mailguard.notify import letter_texts as say
from mailguard.notify.letter_rows import Line, Row, about_visibility, held
from mailguard.notify.naming import Named, unnamed
from mailguard.notify.offers import oddities, offers
from mailguard.notify.phrases import Both, on_one_line, people
from mailguard.store.records import MessageRecord, RecipientRecord

_MOST_RECIPIENTS, _MOST_COMPANIES = 12, 8
#: From so many on, addresses that see each other are a matter of To and Bcc.
_MANY = 3


def addresses_in(texts: object) -> tuple[Address, ...]:
    """What a notice's detail says of addresses; what is none is left out."""
    found = []
    for text in texts if isinstance(texts, list | tuple) else ():
        try:
            found.append(parse_address(str(text)))
        except AddressError:
            continue
    return tuple(found)


def spoken_of(record: MessageRecord, chosen: Sequence[Address]) -> list[RecipientRecord]:
    """The copies that a letter speaks of: those named, else all."""
    wanted = {address.key for address in chosen}
    return [r for r in record.recipients if not wanted or r.address.key in wanted]


def flagged(record: MessageRecord) -> tuple[RecipientRecord, ...]:
    """The held copies that a rule singles out among the outside ones: without them the mail still goes to somebody.

    A rule about everybody outside (too many see each other, personal data) points at nobody in particular.
    """
    waiting = held(record)
    outside = {r.address.key for r in waiting if r.external} or {r.address.key for r in waiting}
    pointed: set[str] = set()
    for hit in record.verdict.enforced:
        named = {address.key for address in hit.recipients} & outside
        if hit.disposition > Disposition.DELAY and named != outside:
            pointed |= named
    return tuple(r for r in waiting if r.address.key in pointed) if pointed != outside else ()


def visible(record: MessageRecord) -> frozenset[str]:
    """The addresses that To and Cc show, by key."""
    headers = record.facts.headers
    return frozenset(key_of_written(one.address) for one in (*headers.to, *headers.cc))


def shown_to_each_other(record: MessageRecord) -> tuple[RecipientRecord, ...]:
    """The held outside recipients whom To and Cc show to each other, where a rule minds that."""
    if len(record.recipients) < _MANY:  # most mail
        return ()
    outside = [one for one in held(record) if one.external]
    hits = record.verdict.enforced if len(outside) >= _MANY else ()
    if not any(about_visibility(hit) for hit in hits if hit.disposition > Disposition.DELAY):
        return ()
    shown = visible(record)
    found = tuple(one for one in outside if one.address.key in shown)
    return found if len(found) >= _MANY else ()


def recipients(
    record: MessageRecord,
    shown: Sequence[RecipientRecord],
    language: Language,
    named: Named = unnamed,
    *,
    answers: bool = False,
    label: Both = say.RECIPIENTS,
) -> Row:
    """Recipients by organisation, own people with the names that the directory has. answers: with what the next server
    said.
    """
    marked = {r.address.key for r in flagged(record)}
    under = notes(record, language)
    groups: dict[str, list[RecipientRecord]] = {}
    for one in sorted(shown, key=lambda r: (r.address.key not in marked, not r.external)):
        groups.setdefault(one.address.ascii_domain, []).append(one)
    lines: list[Line] = []
    told = 0
    for domain, group in list(groups.items())[:_MOST_COMPANIES]:
        if told >= _MOST_RECIPIENTS:
            break
        some = group[: _MOST_RECIPIENTS - told]
        lines.extend(_group(domain, group, some, marked, under, language, named, answers))
        told += len(some)
    if told < len(shown):
        lines.append(Line(say.MORE.of(language, count=len(shown) - told)))
    count = _count(len(shown), len(groups), language)
    return Row(label.of(language), tuple(lines), count if len(shown) > 1 else "")


def _count(heads: int, companies: int, language: Language) -> str:
    """3名・2組織 / 3 recipients, 2 organisations."""
    if companies < 2:
        return people(heads, language)
    return say.AUDIENCE.of(language, people=people(heads, language), companies=companies)


def _group(
    domain: str,
    group: Sequence[RecipientRecord],
    some: Sequence[RecipientRecord],
    marked: set[str],
    under: Mapping[str, Sequence[str]],
    language: Language,
    named: Named,
    answers: bool,
) -> Iterable[Line]:
    side = (say.OUTSIDE if group[0].external else say.INSIDE).of(language)
    if len(group) == 1:
        yield Line(
            f"{_flag(group[0], marked, language)}{_called(group[0], named)} ({side}){_answer(group[0], answers)}"
        )
        yield from (Line(note, item=True) for note in under.get(group[0].address.key, ()))
        return
    yield Line(say.COMPANY.of(language, domain=domain, side=side, people=people(len(group), language)), head=True)
    for one in some:
        yield Line(f"{_flag(one, marked, language)}{_called(one, named)}{_answer(one, answers)}", item=True)
        yield from (Line(note, item=True) for note in under.get(one.address.key, ()))


def notes(record: MessageRecord, language: Language) -> Mapping[str, Sequence[str]]:
    """Under a recipient who looks like a mistake: why, and who was probably meant; by key."""
    found = {key: [sentence] for key, sentence in oddities(record, language).items()}
    for one in offers(record):
        found.setdefault(one.wrong.key, []).append(say.MEANT.of(language, address=one.meant))
    return found


def _called(one: RecipientRecord, named: Named) -> str:
    return str(one.address) if one.external else named(str(one.address))


def _flag(one: RecipientRecord, marked: set[str], language: Language) -> str:
    return say.FLAGGED.of(language) if one.address.key in marked else ""


def _answer(recipient: RecipientRecord, wanted: bool) -> str:
    return f": {on_one_line(recipient.last_text, 200)}" if wanted and recipient.last_text else ""
