"""Who took part in a thread, as the text quoted in a reply says: the copied header fields (差出人, From:, 宛先, To:,
Cc:) and the line that says who wrote.

Whoever writes the mail can change what it quotes: that is his own history, and leaving it out only makes less known.
Bounded; never raises. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailguard.mail.address import Address
from mailguard.policy.fold import normal
from mailguard.policy.names import name_parts

_LOOKED_AT = 200_000
_LINE_MAX = 8000
_PEOPLE_MAX = 2000
_MARKS = re.compile(r"^[\s>＞|*]+")
_SENDER = "from|差出人|送信者|送信元|发件人|寄件者|von|de"
_RECEIVER = "to|宛先|宛て先|送信先|收件人|收件者|an|à|cc|写し|抄送"
_FIELD = re.compile(rf"(?:(?P<from>{_SENDER})|(?P<to>{_RECEIVER}))[\s*_]*[:\t](?P<rest>.*)", re.IGNORECASE)
_OTHER_FIELD = re.compile(r"[\w \-]{1,20}[*_]*:")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,255}\w")
#: Between two people of a field: not the comma within "Tanaka, Taro <...>".
_BETWEEN = re.compile(r"[;、]|,(?!\s*\w+\s*<)")
_WROTE = re.compile(r"(?:wrote|writes|写道|書きました|のメール|作成|schrieb|a écrit|>)\s*:$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quoted:
    """keys: addresses that stand there; names: of people, as `spoken`; bare: whether one of them stands there without
    an address; receivers: whether it says to whom a quoted mail went; writer: the key of who wrote the one on top, ""
    if it does not say.
    """

    keys: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    receivers: bool = False
    bare: bool = False
    writer: str = ""


def quoted_people(quoted: str) -> Quoted:
    """Who wrote and got the mails that are quoted."""
    keys: set[str] = set()
    names: set[str] = set()
    receivers, bare, inside, writer = False, False, False, ""
    for raw in normal(quoted[:_LOOKED_AT]).split("\n"):
        line = _MARKS.sub("", raw[:_LINE_MAX]).strip()
        field = _FIELD.match(line)
        if field is not None:
            inside, line = True, field["rest"]
            receivers = receivers or (field["to"] is not None and bool(line.strip()))
        elif not line or (inside and _OTHER_FIELD.match(line)):
            inside = False
        wrote = not inside and _WROTE.search(line) is not None
        if (inside or wrote) and len(keys) + len(names) < _PEOPLE_MAX:
            found = [_key(one) for one in _ADDRESS.findall(line)]
            keys.update(found)
            if found and not writer and (wrote or (field is not None and field["from"] is not None)):
                writer = found[0]
            names.update(_names(line) if inside else ())
            bare = bare or (inside and _has_bare_name(line))
    return Quoted(frozenset(keys), frozenset(names), receivers, bare, writer)


def _key(text: str) -> str:
    local, _, domain = text.strip("'").rpartition("@")
    return Address(local, domain).key


def _names(line: str) -> set[str]:
    """The names of a field's people as `spoken` compares them: Outlook often copies names without addresses."""
    pieces = _BETWEEN.split(_ADDRESS.sub(" ", line).replace("<", " ").replace(">", " "))
    return {spoken(piece) for piece in pieces} - {""}


def _has_bare_name(line: str) -> bool:
    return any(spoken(piece) for piece in _BETWEEN.split(line) if not _ADDRESS.search(piece))


def spoken(name: str) -> str:
    """A display name without order and blanks, however short."""
    return " ".join(sorted(name_parts(name)))
