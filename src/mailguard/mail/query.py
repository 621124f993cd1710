"""What somebody looks for, as values: terms that must all hold, in the order of a list. Pure; `query_text` reads it.

A query is parsed once at the border and then handed around as it is. It says nothing about who may see what: the
review room narrows it, and the ledger turns it into SQL with every value bound.
"""

from __future__ import annotations

import enum
import unicodedata
from dataclasses import dataclass
from datetime import datetime


class Key(enum.StrEnum):
    """What a term looks at; the words of the filter language. WORD has no key."""

    WORD = ""
    SUBJECT = "subject"
    FILE = "file"
    TEXT = "text"
    FROM = "from"
    TO = "to"
    RULE = "rule"
    STATE = "state"
    HAS = "has"
    LARGER = "larger"
    SMALLER = "smaller"
    OLDER = "older"
    NEWER = "newer"


class Sort(enum.StrEnum):
    """The order of a list. ENDS: whose hold ends first; it shows only what is held. SIZE: the largest first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    ENDS = "ends"
    SENDER = "sender"
    SIZE = "size"


#: What `has:` knows.
HAS = ("attachment", "approval", "confirm", "delay", "external")


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. values: any of them will do, as the key needs them: words folded, addresses and domains in normal
    form, states, kinds. octets: of LARGER and SMALLER. moment: of OLDER and NEWER. negated: it must not hold.
    """

    key: Key
    values: tuple[str, ...] = ()
    octets: int = 0
    moment: datetime | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Terms that must all hold; none: everything."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def reads_text(self) -> bool:
        """Whether the text of mails is looked into: then only those may ask who may read it."""
        return any(term.key is Key.TEXT for term in self.terms)

    @property
    def has_words(self) -> bool:
        """Whether bare words are searched for, which can match more than was meant."""
        return any(term.key is Key.WORD for term in self.terms)

    @property
    def names_states(self) -> bool:
        """Whether it says itself which states are meant."""
        return any(term.key is Key.STATE and not term.negated for term in self.terms)


EVERYTHING = Query()


def fold(text: str) -> str:
    """Text as it is searched: width, case and compatibility forms do not count (NFKC, then case folding)."""
    if text.isascii():  # which has one form, and whose case folding is its lower case
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
