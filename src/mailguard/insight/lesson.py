"""What is kept of one mail so that the model can judge it and learn from it: addresses, and hashes of everything else.

A letter is read once into a lesson; the lesson lies beside the mail in the ledger until the mail is on its way, and is
learned then. No word of a mail, no subject and no file name stands in it, only 32-bit hashes of them (CRC-32, which
hides nothing from somebody who guesses the words: a lesson is as confidential as the list of who wrote to whom).
Addresses stand in clear, because the model names them. Whatever a letter holds, reading it costs no more than a few
thousand characters.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from dataclasses import field
from typing import Any

import idna

from mailguard.insight.customers import customers
from mailguard.insight.greeted import greeted
from mailguard.insight.names import misfit, name_words
from mailguard.insight.quoting import Quoting, read_quoting
from mailguard.insight.text import hashed, numbers, plain_subject, read_words, split
from mailguard.insight.words import Letter
from mailguard.mail.compact import compact
from mailguard.mail.values import value

#: People, references and files of one mail that are looked at; the rest of a mail to thousands teaches nothing more.
PEOPLE, REFERENCES, FILES = 200, 12, 20
_VERSION = 1
_LONGEST_ADDRESS = 254


class LessonError(ValueError):
    """Octets that are no lesson of this version; its text says what is wrong."""


@value(frozen=True, slots=True)
class Lesson:
    """One mail, ready to be judged or learned.

    at: seconds since 1970. people: keys of recipients (lower case, domain in A-labels), each once, in the order To, Cc,
    Bcc; kinds: 0, 1 or 2 for each of them. names: display names by key, of sender and recipients. subject, message_id:
    hashes, 0 if there is none. own, quoted: hashes of words. greeted: hashes of the words that its first line
    addresses; initials: the letters that these begin with. files: hashes of the octets; file_words: of the words of
    their names; customers: of the names that subject and files are made for; misfit: a Japanese salutation
    is nobody's of the recipients. lengths: characters of own and quoted text.
    """

    at: float
    sender: str
    people: tuple[str, ...]
    kinds: tuple[int, ...]
    names: dict[str, str] = field(default_factory=dict)
    subject: int = 0
    reply: bool = False
    forward: bool = False
    own: tuple[int, ...] = ()
    quoted: tuple[int, ...] = ()
    lengths: tuple[int, int] = (0, 0)
    greeted: tuple[int, ...] = ()
    initials: str = ""
    quoting: Quoting = field(default_factory=Quoting)
    message_id: int = 0
    references: tuple[int, ...] = ()
    files: tuple[int, ...] = ()
    file_words: tuple[int, ...] = ()
    customers: tuple[int, ...] = ()
    misfit: bool = False

    def to_bytes(self) -> bytes:
        """Compact JSON, UTF-8; `from_bytes` reads it again."""
        parts: list[Any] = [
            _VERSION, self.at, self.sender, self.people, self.kinds, self.names, self.subject, int(self.reply),
            int(self.forward), self.own, self.quoted, self.lengths, self.greeted, self.initials,
            self.quoting.to_json(), self.message_id, self.references, self.files, self.file_words,
            self.customers, int(self.misfit),
        ]  # fmt: skip
        return compact(parts).encode("utf-8", "surrogatepass")

    @classmethod
    def from_bytes(cls, raw: bytes) -> Lesson:
        """Raises LessonError for anything that `to_bytes` did not write, or that another version did."""
        try:
            parts = json.loads(raw)
        except ValueError as error:
            raise LessonError(f"no lesson: {error}") from None
        if not isinstance(parts, list) or not parts or parts[0] != _VERSION:
            raise LessonError(f"not a lesson of version {_VERSION}")
        try:
            return _lesson(parts)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise LessonError(f"a broken lesson: {error}") from None


def _lesson(parts: list[Any]) -> Lesson:
    (_, at, sender, people, kinds, names, subject, reply, forward, own, quoted, lengths, greeting, initials, quoting,
     message_id, references, files, file_words, customers, misfit) = parts  # fmt: skip
    # All hashes are looked at in one go: that is most of what a lesson holds.
    numbers(
        (subject, message_id, *kinds, *own, *quoted, *lengths, *greeting, *references, *files, *file_words, *customers)
    )
    one, two = lengths
    lesson = Lesson(
        float(at), _text(sender), tuple([_text(one) for one in people]), tuple(kinds),
        {_text(key): _text(name) for key, name in names.items()}, subject, bool(reply), bool(forward),
        tuple(own), tuple(quoted), (one, two), tuple(greeting), _text(initials),
        Quoting.from_json(quoting), message_id, tuple(references), tuple(files), tuple(file_words),
        tuple(customers), bool(misfit),
    )  # fmt: skip
    if not math.isfinite(lesson.at) or len(lesson.kinds) != len(lesson.people) or not set(lesson.kinds) <= {0, 1, 2}:
        raise ValueError("people and their kinds do not fit, or there is no moment")
    return lesson


def _text(one: object) -> str:
    if not isinstance(one, str):
        raise TypeError("a text is no text")
    return one


def address_key(address: str) -> str:
    """The form in which the model knows an address: lower case, domain in A-labels; what has none stays as it is."""
    local, _, domain = address.strip()[: 2 * _LONGEST_ADDRESS].lower().rpartition("@")
    if not domain.isascii():
        with contextlib.suppress(idna.IDNAError, UnicodeError):
            domain = idna.encode(domain, uts46=True).decode()
    return f"{local}@{domain}"[:_LONGEST_ADDRESS]


def read(letter: Letter) -> Lesson:
    """The lesson of a letter. Its text is taken apart here and nowhere else."""
    sender = address_key(letter.sender)
    people: dict[str, int] = {}
    for kind, addresses in enumerate((letter.to, letter.cc, letter.bcc)):
        for address in addresses[:PEOPLE]:
            people.setdefault(address_key(address), kind)
    people.pop(sender, None)
    keys = tuple(people)[:PEOPLE]
    subject, reply, forward = plain_subject(letter.subject)
    own, quoted = split(letter.body)
    greeting = greeted(own)
    if greeting:
        own_name = name_words(sender, letter.sender_name[:80]).called()
        greeting = tuple([word for word in greeting if word not in own_name])
    found = read_words(subject, own, quoted)
    return Lesson(
        letter.at, sender, keys, tuple(people.values())[:PEOPLE], _names(letter, sender, people),
        hashed(subject) if subject else 0, reply, forward, found.own, found.quoted, found.length,
        tuple([hashed(word) for word in greeting]), "".join([word[0] for word in greeting]), read_quoting(own, quoted),
        hashed(letter.message_id) if letter.message_id else 0, _references(letter),
        tuple(dict.fromkeys([hashed(one.sha256) for one in letter.files[:FILES]])), _file_words(letter),
        tuple([hashed(name) for name in customers(letter.subject, [one.name for one in letter.files[:FILES]])]),
        _misfit(letter, greeting, keys),
    )  # fmt: skip


def _misfit(letter: Letter, greeting: tuple[str, ...], keys: tuple[str, ...]) -> bool:
    """Whether a Japanese salutation is nobody's of the recipients."""
    if "".join(greeting).isascii():
        return False  # "Hi Chobs": who greets in English may use any name
    shown = {address_key(address): name for address, name in list(letter.names.items())[:PEOPLE]}
    return misfit(greeting, [name_words(key, shown.get(key, "")[:80]) for key in keys])


def _names(letter: Letter, sender: str, people: dict[str, int]) -> dict[str, str]:
    """Display names that say more than the address does."""
    shown = {address_key(address): name for address, name in list(letter.names.items())[:PEOPLE]}
    if letter.sender_name:
        shown[sender] = letter.sender_name
    return {
        key: name[:80]
        for key, name in shown.items()
        if name and (key in people or key == sender) and _says_more(key, name)
    }


def _says_more(key: str, name: str) -> bool:
    return name_words(key, name[:80]) != name_words(key, "")


def _references(letter: Letter) -> tuple[int, ...]:
    """Message-IDs of the mails that this one goes on with, the nearest first (RFC 5322 3.6.4)."""
    if not letter.in_reply_to and not letter.references:
        return ()
    ids = [letter.in_reply_to, *reversed(letter.references[-REFERENCES:])]
    return tuple(dict.fromkeys([hashed(one) for one in ids if one]))[:REFERENCES]


_WORD = re.compile(r"[^\W\d_]{2,}")


def _file_words(letter: Letter) -> tuple[int, ...]:
    if not letter.files:
        return ()
    names = " ".join([one.name[:200] for one in letter.files[:FILES]]).lower()
    return tuple([hashed(word) for word in dict.fromkeys(_WORD.findall(names))][:40])
