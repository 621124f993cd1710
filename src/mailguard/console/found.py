"""What was found where in a mail: each place with the line around it, the value marked, and masked unless asked for.

The places come out of a fresh reading, never out of the ledger, which keeps counts and masked examples only. So they
are shown to whoever may see the mail's text, and to nobody when its octets are gone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.mail.facts import Facts, Match
from mailguard.mail.organization import Language
from mailguard.notify.phrases import PERSONAL, on_one_line, secret_word

#: Shown of each kind; the counts above them are complete.
_EACH = 3
#: The number of a MIME part, which says nothing to people.
_PART = re.compile(r"^\d{1,4}(?:\.\d{1,4}){0,20}(?: |$)")
_SECRET = "secret:"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Place:
    """One place: the part or file, and the line cut into what stands before, the value, and what stands behind."""

    where: str
    before: str
    value: str
    after: str


@dataclass(frozen=True, slots=True)
class Found:
    """The places of one kind. more: how many are known and not listed."""

    word: str
    places: Sequence[Place]
    more: int


def found_in(facts: Facts, language: Language, *, unmasked: bool = False) -> list[Found]:
    """Every place that the reading kept, by kind, in the order of the kinds."""
    kinds: dict[str, list[Match]] = {}
    for match in facts.matches:
        kinds.setdefault(match.what, []).append(match)
    return [
        Found(
            _word(what, language),
            [_place(match, unmasked) for match in matches[:_EACH]],
            max(0, len(matches) - _EACH),
        )
        for what, matches in sorted(kinds.items(), key=lambda pair: _rank(pair[0]))
    ]


def place_name(where: str) -> str:
    """Where something was noticed, for people: the file, "" for the mail's own text."""
    return "" if where == "mail" else on_one_line(_PART.sub("", where), 80)


def _place(match: Match, unmasked: bool) -> Place:
    return Place(
        where=place_name(match.where),
        before=_beside(match.before),
        value=on_one_line(match.value if unmasked else match.masked, 120),
        after=_beside(match.after),
    )


def _beside(text: str) -> str:
    """The text beside a value on one line; a blank between them stays."""
    line = on_one_line(text, 60)
    return f"{' ' if line and text[:1].isspace() else ''}{line}{' ' if text[-1:].isspace() else ''}"


def _word(what: str, language: Language) -> str:
    if what.startswith(_SECRET):
        return secret_word(what.removeprefix(_SECRET)).of(language)
    return PERSONAL[what].of(language) if what in PERSONAL else on_one_line(what, 40)


def _rank(what: str) -> tuple[bool, int, str]:
    order = list(PERSONAL)
    return what.startswith(_SECRET), order.index(what) if what in order else len(order), what
