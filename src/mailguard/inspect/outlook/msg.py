"""Outlook's .msg and .oft (MS-OXMSG): a message, its recipients, its files, and messages inside it, all of them
storages of one compound file.

olefile reads the compound file; all of its errors are findings here. Streams are read when they are asked for, and what
is read counts as expanded: a hostile file may name the same sectors many times. A message inside has no octets of its
own, so its content is handed on as it was read; how deep that goes is counted by whoever opens it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.limits import Budget
from mailguard.inspect.outlook import mapi
from mailguard.inspect.outlook.mapi import Properties, label_of
from mailguard.inspect.outlook.message import message_name, message_text

_FIXED_STREAM = "__properties_version1.0"
_VALUE = re.compile(r"__substg1\.0_([0-9A-F]{4})([0-9A-F]{4})(-[0-9A-F]{8})?", re.IGNORECASE)
_STORAGE, _STREAM = 1, 2
#: Properties in octets that are read; strings all are.
_BINARIES = frozenset({mapi.RTF, mapi.HTML})
_MOST_ENTRIES = 100_000
_HEADERS = {"message": 32, "inner": 24, "other": 8}  # before the entries of the stream (section 2.4)


@dataclass(frozen=True, slots=True)
class _Compound:
    """An open compound file, and what reading it may cost."""

    ole: Any
    budget: Budget
    where: str

    def read(self, entry: Any) -> bytes | None:
        """The octets of a stream, None (with a finding) if they cannot be had."""
        if entry.size > self.budget.left:
            self.budget.find("limit_reached", self.where, "too much to read in one message; its rest was not read")
            return None
        try:
            octets = bytes(self.ole._open(entry.isectStart, entry.size).read())  # its openstream() searches by name
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:
            self.budget.find("unparseable_attachment", self.where, f"a broken stream: {type(error).__name__}")
            return None
        self.budget.spend(len(octets))
        return octets


def read_msg(file: FileIn, budget: Budget) -> Content:
    """An Outlook message in a compound file: its text, and its files as they are asked for."""
    import olefile

    try:
        ole = olefile.OleFileIO(file.octets)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:
        budget.find("unparseable_attachment", file.where, f"broken compound file: {type(error).__name__}")
        return Content(short="msg", whole=False)
    if len(ole.direntries) > _MOST_ENTRIES:
        budget.find("limit_reached", file.where, f"more than {_MOST_ENTRIES} streams in one message")
        return Content(short="msg", whole=False)
    return _message(_Compound(ole, budget, file.where), ole.root, "message", "")


def _message(compound: _Compound, storage: Any, kind: str, label: str) -> Content:
    item, whole = _properties(compound, storage, kind, label)
    recipients: list[Properties] = []
    for one in storage.kids:
        if one.entry_type == _STORAGE and one.name.lower().startswith("__recip_version1.0_"):
            recipient, read = _properties(compound, one, "other", item.label)
            recipients.append(recipient)
            whole = whole and read
    text, people = message_text(item, recipients, compound.budget, compound.where)
    inner = _files(compound, storage, item.label)
    return Content(text=text, inner=inner, short="msg", whole=whole, people=people)


def _properties(compound: _Compound, storage: Any, kind: str, label: str) -> tuple[Properties, bool]:
    """The properties of a storage, and whether all of them could be read."""
    item = Properties(label)
    whole = True
    streams = [one for one in storage.kids if one.entry_type == _STREAM]
    fixed = next((one for one in streams if one.name.lower() == _FIXED_STREAM), None)
    if fixed is not None:
        octets = compound.read(fixed) or b""
        whole = bool(octets)
        for start in range(_HEADERS[kind], len(octets) - 15, 16):
            of_type, number = struct.unpack_from("<HH", octets, start)
            if of_type in (mapi.SHORT, mapi.LONG):
                item.add(number, of_type, octets[start + 8 : start + 16])
    code_page = item.number(mapi.MESSAGE_CODE_PAGE) or item.number(mapi.INTERNET_CODE_PAGE)
    item.label = label_of(code_page) or label
    for one in streams:
        match = _VALUE.fullmatch(one.name)
        if match and _is_wanted(int(match[1], 16), int(match[2], 16), bool(match[3])):
            value = compound.read(one)
            whole = whole and value is not None
            item.add(int(match[1], 16), int(match[2], 16), value or b"")
    return item, whole


def _is_wanted(number: int, kind: int, one_of_many: bool) -> bool:
    if kind & mapi.MULTIPLE and not one_of_many:  # only the lengths of the values
        return False
    return kind & ~mapi.MULTIPLE in (mapi.STRING8, mapi.UNICODE) or number in _BINARIES


def _files(compound: _Compound, storage: Any, label: str) -> Iterator[Inner]:
    for one in storage.kids:
        if one.entry_type == _STORAGE and one.name.lower().startswith("__attach_version1.0_"):
            if not compound.budget.take_member(compound.where):
                return
            yield _file(compound, one, label)


def _file(compound: _Compound, storage: Any, label: str) -> Inner:
    properties, _ = _properties(compound, storage, "other", label)
    name = properties.text(mapi.LONG_NAME, mapi.SHORT_NAME, mapi.DISPLAY_NAME, mapi.TRANSPORT_NAME) or "file"
    for one in storage.kids:
        match = _VALUE.fullmatch(one.name)
        if match is None or int(match[1], 16) != mapi.DATA:
            continue
        if one.entry_type == _STREAM:
            octets = compound.read(one)
            return Inner(name, octets, one.size, why="" if octets is not None else "data that cannot be read")
        if any(kid.name.lower() == _FIXED_STREAM for kid in one.kids):
            name = message_name(properties)
            size = sum(kid.size for kid in one.kids if kid.entry_type == _STREAM)
            return Inner(name, None, size, content=_message(compound, one, "inner", label))
        return Inner(name, None, 0, why="an object of another program, kept in its own way")
    if path := properties.text(mapi.LONG_PATH, mapi.PATH):
        return Inner(name, None, 0, why=f"only a reference: {path}")
    return Inner(name, None, 0, why="a file without its data")
