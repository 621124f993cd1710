"""Whoever stands in To or Cc by mistake gives way to whoever is meant; every other entry stays, octet for octet.

A name stays with the mailbox of the same name (a look-alike domain): elsewhere it is the wrong person's, and so is one
that tells the wrong address. A list that can be read in two ways is not touched: the mail is refused.
"""

from __future__ import annotations

import re

from mailguard.mail.address import Address
from mailguard.mail.alteration import Readdress
from mailguard.transform.addresses import Entries, Entry, joined, names_any, read_entries
from mailguard.transform.edits import Edit, Step, Unalterable
from mailguard.transform.hide import LISTS
from mailguard.transform.walk import Mail
from mailguard.transform.words import read_words

_ANGLE = re.compile(rb"<[^<>]*>[^<>]*\Z")


def readdress(mail: Mail, alteration: Readdress) -> Step:
    """Put the one in the other's place; where he stands there too, the wrong one only goes. Raises Unalterable."""
    step, wrong, meant = Step(), alteration.wrong, alteration.meant
    for one in mail.root.fields:
        if one.name not in LISTS:
            continue
        raw = one.raw(mail.octets)
        entries = read_entries(raw)
        if not any(entry.address == wrong for entry in entries.all):
            if not entries.sound and names_any(read_words(raw), {wrong.key}):
                raise _broken()
            continue
        if not entries.sound:
            raise _broken()
        left = _left(entries, wrong, meant)
        name = mail.octets[one.start : one.value].rstrip(b": \t\r\n") if one.clean else one.name.title().encode()
        new = joined(name, left, mail.eol) if left else b""
        step.edits.append(Edit(one.start, one.end, new))
        step.tell(one.name.title(), [read_words(raw)], [read_words(new.partition(b":")[2])] if new else [])
    return step


def _left(entries: Entries, wrong: Address, meant: Address) -> list[bytes]:
    """The entries as they are then; nobody stands there twice."""
    there = any(entry.address == meant for entry in entries.all)
    out: list[bytes] = []
    for entry in entries.all:
        if entry.address != wrong:
            out.append(entry.octets)
        elif not there:
            out.append(_in_place(entry, wrong, meant))
            there = True
    return out


def _in_place(entry: Entry, wrong: Address, meant: Address) -> bytes:
    plain = str(meant).encode()
    if wrong.local.lower() != meant.local.lower():
        return plain
    named = _ANGLE.sub(lambda _: b"<" + plain + b">", entry.octets)
    told = named == entry.octets or names_any(Entry(named, meant).text, {wrong.key})
    return plain if told else named


def _broken() -> Unalterable:
    return Unalterable(
        "宛先ヘッダーの書式が壊れているため、宛先を訂正できません",
        "an address field is not well formed, so no recipient can be replaced in it",
    )
