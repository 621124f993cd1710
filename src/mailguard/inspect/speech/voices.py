"""Who speaks in the mail's own texts: each told apart into the writer's own words, what is quoted, and the signature;
and whom the writer's first lines address.

The same text in plain and in HTML speaks once. Pure; never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailguard.inspect import gates
from mailguard.inspect.content import Piece
from mailguard.inspect.page.cited import unmark
from mailguard.inspect.speech.greeting import addressed
from mailguard.inspect.speech.quoting import joined, segments
from mailguard.mail.facts import Addressee
from mailguard.mail.values import value

_MARKS = re.compile(r"[\s>＞|*_\xa0]+")


@value(frozen=True, slots=True)
class Voices:
    """pieces: the texts in order, cut where another voice begins; quoted, signature: those stretches, each once; own:
    what is left, no line of it missing; forwarded: whether what is quoted was handed on rather than answered.
    """

    pieces: tuple[Piece, ...] = ()
    quoted: str = ""
    signature: str = ""
    greeting: tuple[Addressee, ...] = ()
    own: str = ""
    forwarded: bool = False


def listen(shown: Iterable[tuple[str, str]]) -> Voices:
    """Tell the voices of the mail's own texts apart. shown: part and text, in HTML with its quotations marked."""
    shown = list(shown)
    if len(shown) == 1:
        return alone(*shown[0])
    pieces: list[Piece] = []
    quoted: list[str] = []
    signature: list[str] = []
    own: list[str] = []
    seen: set[str] = set()
    greeting: tuple[Addressee, ...] = ()
    forwarded = False
    for where, marked in shown:
        parts = segments(marked)
        said = joined(parts)
        pieces.extend(Piece(where, unmark(one.text), one.role) for one in parts if one.text.strip())
        _add(quoted, unmark(said.quoted))
        _add(signature, said.signature)
        own.extend(_new_lines(unmark(said.own), seen))
        greeting = greeting or addressed(said.own)
        forwarded = forwarded or said.forwarded
    return Voices(tuple(pieces), "\n".join(quoted), "\n".join(signature), greeting, "\n".join(own), forwarded)


def alone(where: str, marked: str, opened: int = gates.ALL) -> Voices:
    """As `listen`, for the one text of a mail: there is no other that it could repeat. opened: its gates."""
    parts = segments(marked, opened)
    if len(parts) == 1 and not parts[0].role:
        text = unmark(marked)
        said_alone = [Piece(where, text)] if text and not marked.isspace() else []
        return Voices(tuple(said_alone), greeting=addressed(marked), own=text)
    said = joined(parts)
    pieces = tuple([Piece(where, unmark(one.text), one.role) for one in parts if not one.text.isspace() and one.text])
    quoted, own = unmark(said.quoted), unmark(said.own)
    return Voices(
        pieces,
        "" if _MARKS.fullmatch(quoted) else quoted,
        "" if _MARKS.fullmatch(said.signature) else said.signature,
        addressed(said.own),
        own,
        said.forwarded,
    )


def _new_lines(text: str, seen: set[str]) -> list[str]:
    """The lines that no text before had: HTML repeats plain text, but what it alone says must not be lost."""
    lines = text.split("\n")
    new = [line for line in lines if not (bare := _MARKS.sub("", line)) or bare not in seen]
    seen.update(bare for line in lines if (bare := _MARKS.sub("", line)))
    return new


def _add(texts: list[str], text: str) -> None:
    """Add a text unless most of its lines are there already: HTML repeats plain text, without its marks."""
    lines = {bare for line in text.split("\n") if (bare := _MARKS.sub("", line))}
    known = {_MARKS.sub("", line) for one in texts for line in one.split("\n")}
    if lines and len(lines & known) * 2 <= len(lines):
        texts.append(text)
