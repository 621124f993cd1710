"""What an answer wishes: send, stop, or something that only a person can read.

A decision is a clause that says nothing else ("OK", 「送信してください」, "please don't send it"); courtesy around it
does not count, and what follows is a comment. "Send" is taken only where nothing else could be meant: a question, a
condition, a "later" or "but", another address, or a contradiction makes it unclear, and nothing happens. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mailguard.replies import vocabulary as known

Wish = Literal["send", "stop", "unclear"]

_SENTENCES = re.compile(r"(?<=[。．!?！？])|(?<=\.)(?=\s|$)")
_CLAUSES = re.compile(r"[、,，]|\s[-–—]\s|[;；]")
#: What stands around a clause and says nothing: punctuation, brackets, emoji, blanks.
_AROUND = re.compile(r"^[\W_]+|[\W_]+$")
_MOST_COMMENT = 500
#: Lines in which somebody says who he is.
_OPENING = 4
#: A clause that only decides is short; longer ones are not tried, so that nobody can make it slow.
_MOST_CLAUSE = 100


@dataclass(frozen=True, slots=True)
class Understood:
    """wish: what was understood; comment: what else was written; said: all of it, for people.

    people: it speaks of single recipients, which no answer can change.
    """

    wish: Wish
    comment: str = ""
    said: str = ""
    people: bool = False


def understood(lines: Sequence[str]) -> Understood:
    """Read an answer. lines: the writer's own (own_text), in one width."""
    said = "\n".join(lines)
    about_people = known.PEOPLE.search(said) is not None
    wishes: set[Wish] = set()
    rest: list[str] = []
    for number, line in enumerate(lines):
        for sentence in filter(None, map(str.strip, _SENTENCES.split(line))):
            found = _sentence(sentence)
            if found == "courtesy" or (found is None and not wishes and number < _OPENING and _is_name(sentence)):
                continue
            if found is None and wishes:
                rest.append(sentence)
                continue
            if found is None or sentence.endswith("?"):
                return Understood("unclear", said=said, people=about_people)
            wishes.add(found)
    comment = "\n".join(rest)
    if len(wishes) != 1:
        return Understood("unclear", said=said, people=about_people)
    (wish,) = wishes
    if wish == "send" and (_is_doubtful(said) or len(comment) > _MOST_COMMENT):
        return Understood("unclear", said=said, people=about_people)
    return Understood(wish, comment, said, about_people)


def _sentence(sentence: str) -> Wish | Literal["courtesy"] | None:
    """What a sentence says, if each of its clauses says that or is courtesy."""
    whole = _clause(sentence)
    if whole is not None:
        return whole
    said = {_clause(part) for part in _CLAUSES.split(sentence) if _AROUND.sub("", part)}
    said.discard("courtesy")
    if not said:
        return "courtesy"
    if len(said) == 1:
        return said.pop()
    return "unclear" if {"send", "stop"} <= said else None


def _clause(clause: str) -> Wish | Literal["courtesy"] | None:
    bare = _AROUND.sub("", clause).lower()
    if not bare:
        return "courtesy"
    if len(bare) > _MOST_CLAUSE:
        return None
    spaced, close = re.sub(r"\s+", " ", bare), re.sub(r"\s+", "", bare)
    if known.STOP_EN.fullmatch(spaced) or known.STOP_JA.fullmatch(close):
        return "stop"
    if known.SEND_EN.fullmatch(spaced) or known.SEND_JA.fullmatch(close):
        return "send"
    if known.COURTESY_EN.fullmatch(spaced) or known.COURTESY_JA.fullmatch(close):
        return "courtesy"
    return None


def _is_name(sentence: str) -> bool:
    """Whether the first sentence only says who writes: 「営業部の山田です。」"""
    return known.NAME.fullmatch(_AROUND.sub("", sentence)) is not None and not _is_doubtful(sentence)


def _is_doubtful(said: str) -> bool:
    return known.DOUBT.search(said.lower()) is not None or known.PEOPLE.search(said) is not None
