"""What stands beside the texts of a mail and leaves the company with it: fields that hardly a program shows, comments
in addresses, names of files.

All of it is searched for personal data, none of it is text of the mail. Whom a mail goes to and how it got here is no
data about people: of fields that hold addresses or ids of mails only the numbers count. Pure; linear.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from mailguard.inspect.chars.charset import visible
from mailguard.inspect.chars.words import decode_field
from mailguard.inspect.content import Piece
from mailguard.inspect.structure.fields import Block
from mailguard.mail.facts import Attachment

#: Read as the mail's text, or only keys and check sums.
READ = frozenset(
    {"subject", "dkim-signature", "arc-seal", "arc-message-signature", "autocrypt", "x-mailguard-processed"}
)
PEOPLE = frozenset({"from", "to", "cc", "bcc", "reply-to", "sender"})
#: Fields whose addresses are those of this mail, or no addresses at all but ids.
_TRACE = re.compile(
    r"from|to|cc|bcc|reply-to|sender|date|return-path|received|delivered-to|references|in-reply-to|mime-version"
    r"|(?:resent|list|arc|content)-(?!description).*|.*(?:-id|received.*|authentication-results|original-.*|envelope-.*)"
)
_COMMENT = re.compile(r"\(([^()]{1,1000})\)")
#: Twelve digits that may be one number; ten, an address, or what is encoded: all else says nothing.
NUMBER = re.compile(r"\d(?:[ .-]?\d){11}")
_NUMBER_OF = re.compile(rb"[0-9](?:[ .-]?[0-9]){11}")
_DIGITS = re.compile(rb"[0-9](?:[^A-Za-z0-9:]{0,3}[0-9]){9}")
_DIGITS_SAID = re.compile(_DIGITS.pattern.decode())
_SHIFTED = re.compile(rb"\+[A-Za-z0-9]{3,}-")
#: A value that says what it looks like: nothing in it is a sign of another charset.
_PLAIN = re.compile(rb"[ #%-*,-}]*+")


def fields_beside(where: str, block: Block) -> list[Piece]:
    """The fields of a header block as texts to search, decoded."""
    told: list[str] = []
    traces: list[str] = []
    for field in block.fields:
        raw = field.raw
        if field.name in READ or not _is_telling(raw):
            continue
        trace = is_trace(field.name)
        if trace and _is_plain(raw) and not _NUMBER_OF.search(raw) and not NUMBER.search(field.name):
            continue
        text = visible(decode_field(field.value))
        (traces if trace else told).append(f"{field.name}: {text}")
        if field.name in PEOPLE and "(" in text:
            told.extend(_COMMENT.findall(text))
    found = [Piece(f"{where} fields", "\n".join(told), "beside")] if told else []
    numbers = [line for line in traces if NUMBER.search(line)]
    if numbers:  # as in a signature: how to reach people does not count
        found.append(Piece(f"{where} fields", "\n".join(numbers), "signature"))
    return found


def _is_telling(raw: bytes) -> bool:
    """Whether a value holds a number, an address, or what is encoded."""
    if b"@" in raw or b"=?" in raw or not raw.isascii() or b"\x1b" in raw or _DIGITS.search(raw):
        return True
    return b"+" in raw and _SHIFTED.search(raw) is not None


def may_tell(value: str) -> bool:
    """Whether an unfolded value in plain ASCII may hold a number or an address."""
    return "@" in value or "+" in value or _DIGITS_SAID.search(value) is not None


def _is_plain(raw: bytes) -> bool:
    """Whether a value is what it looks like, and holds no comment."""
    return _PLAIN.fullmatch(raw) is not None and b"=?" not in raw and b"(" not in raw


@functools.lru_cache(maxsize=1024)
def _known_trace(name: str) -> bool:
    return _TRACE.fullmatch(name) is not None


def is_trace(name: str) -> bool:
    """Whether a field says how the mail got here, or holds addresses or ids."""
    return _known_trace(name) if len(name) <= 80 else _TRACE.fullmatch(name) is not None


def names_beside(files: Iterable[Attachment]) -> Piece:
    """The names of files and of what is in them, without what says their kind."""
    names: dict[str, None] = {}
    stack = list(files)
    while stack:
        one = stack.pop()
        stack.extend(one.members)
        for step in one.filename.split("/"):
            names[visible(re.sub(r"\.\w{1,5}$", "", step))] = None
    return Piece("names of files", "\n".join(names), "beside")
