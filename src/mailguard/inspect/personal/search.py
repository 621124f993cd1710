"""All texts of a mail searched for personal data: distinct values of each class, masked examples, number of persons.

Texts are folded first; each class has its own detector. Values stay in memory: who stores or prints facts masks them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from mailguard.inspect.personal import contacts, numbers
from mailguard.inspect.personal.tables import People, people_in
from mailguard.mail.facts import CLASSES, ClassCount

_HYPHENS = re.compile("[\u2010-\u2015\u2212\uff0d\u30fc\uff70\u2500\u2501\ufe63\u00ad](?=[\\s]?[\\d(])")
_WORD_HYPHEN = re.compile("(?<=\\d)[\u2010-\u2015\u2212\uff0d\u2500\u2501\ufe63]")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u3000]")
_SPACE_SIGNS = frozenset("\u00a0\u202f\u3000" + "".join(map(chr, range(0x2000, 0x200B))))
_HYPHEN_SIGNS = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\u30fc\uff70\u2500\u2501\ufe63\u00ad")
_SHORT_NUMBER = re.compile(r"\d{4}")
_LONG_NUMBER = re.compile(r"\d(?:[ \n>-]{0,3}\d){10}")
_EXAMPLES = 5
#: Each of these belongs to one person; phones do not (an office has many), but mobile phones do.
_ONE_EACH = ("my_number", "payment_card", "email_address", "passport", "driving_licence")


@dataclass(frozen=True, slots=True)
class Found:
    """classes: only those that occur; persons: how many people the data are about, at least."""

    classes: dict[str, ClassCount]
    persons: int


def search(texts: Iterable[str], most_values: int) -> Found:
    """Search texts; at most `most_values` values of each class are kept, all distinct ones are counted."""
    found: dict[str, dict[str, None]] = {name: {} for name in CLASSES}
    people = People()
    for text in texts:
        _one(fold(text), found, people)
    for name in people.names:
        found["person_name"][name] = None
    persons = max(
        len(people.keys),
        *(len(found[name]) for name in _ONE_EACH),
        sum(1 for phone in found["phone"] if phone[:3] in ("070", "080", "090")),
    )
    return Found({name: _count(name, list(values), most_values) for name, values in found.items() if values}, persons)


def fold(text: str) -> str:
    """NFKC, one kind of hyphen between digits, one kind of space: the same number looks the same."""
    if text.isascii():
        return text
    signs = set(text)
    if signs & _SPACE_SIGNS:
        text = _SPACES.sub(" ", text)
    text = unicodedata.normalize("NFKC", text)
    return _WORD_HYPHEN.sub("-", _HYPHENS.sub("-", text)) if signs & _HYPHEN_SIGNS else text


def mask(name: str, value: str) -> str:
    """A value with its middle hidden: enough to know it again, too little to use it."""
    if name == "email_address":
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}***@{domain}"
    if name == "phone":
        return f"{value[:3]}{'*' * (len(value) - 5)}{value[-2:]}"
    if name in ("postal_address", "person_name"):
        return f"{value[:3] if name == 'postal_address' else value[:1]}***"
    keep = 4 if name in ("payment_card", "iban") else 2
    return f"{'*' * max(0, len(value) - keep)}{value[-keep:]}"


def _count(name: str, values: list[str], most: int) -> ClassCount:
    examples = tuple(mask(name, value) for value in values[:_EXAMPLES])
    return ClassCount(tuple(values[:most]), examples, len(values) if len(values) > most else 0)


def _one(text: str, found: dict[str, dict[str, None]], people: People) -> None:
    # The gates are substrings and one short pattern each: most mail has nothing, and must cost nothing.
    if "@" in text:
        found["email_address"].update(dict.fromkeys(contacts.emails(text)))
    if _SHORT_NUMBER.search(text):
        found["phone"].update(dict.fromkeys(contacts.phones(text)))
        for name, value in contacts.spoken(text):
            found[name][value] = None
        if not text.isascii():
            found["postal_code"].update(dict.fromkeys(contacts.postal_codes(text)))
            found["postal_address"].update(dict.fromkeys(contacts.postal_addresses(text)))
        if "-" in text:
            found["us_ssn"].update(dict.fromkeys(contacts.us_ssns(text)))
    if _LONG_NUMBER.search(text):
        found["payment_card"].update(dict.fromkeys(numbers.cards(text)))
        found["my_number"].update(dict.fromkeys(numbers.my_numbers(text)))
        found["corporate_number"].update(dict.fromkeys(numbers.corporate_numbers(text)))
        found["iban"].update(dict.fromkeys(contacts.ibans(text)))
    people_in(text, people)
