"""winmail.dat (TNEF, MS-OXTNEF): the message that it wraps, and the files in it.

A stream of attributes, each of the message or of the file that was begun last; most of what matters lies in lists of
MAPI properties inside them. Checksums are not checked: Outlook does not mind either. What is broken or cut off gives
what came before, with `unparseable_attachment`. Files come out one by one as they are taken; a message in the message
is a TNEF of its own and goes through the same door. Linear; every count in the file is checked against what is there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.inspect.chars.charset import decode
from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.limits import Budget
from mailguard.inspect.outlook import mapi
from mailguard.inspect.outlook.mapi import Properties, label_of
from mailguard.inspect.outlook.message import message_name, message_text
from mailguard.inspect.outlook.proplist import Allowance, Broken, property_list, property_rows

# Attributes by the lower half of their number (section 2.1.3.1): the upper half is only their type.
_FROM, _SUBJECT, _BODY, _DATA, _TITLE, _TRANSPORT = 0x8000, 0x8004, 0x800C, 0x800F, 0x8010, 0x9001
_BEGIN, _MESSAGE, _RECIPIENTS, _FILE, _CODE_PAGE = 0x9002, 0x9003, 0x9004, 0x9005, 0x9007
#: In front of the value of an object property stands its interface (section 2.1.3.3.13): a message, or a storage.
_IS_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")


@dataclass(slots=True)
class _File:
    title: bytes = b""
    transport: bytes = b""
    data: memoryview | None = None
    properties: Properties = field(default_factory=Properties)


@dataclass(slots=True)
class _Read:
    """What one stream gave. fault: why it could not be read to its end, "" if it could."""

    message: Properties = field(default_factory=Properties)
    recipients: list[Properties] = field(default_factory=list)
    files: list[_File] = field(default_factory=list)
    sender: str = ""
    fault: str = ""
    allowance: Allowance = field(default_factory=Allowance)


def read_tnef(file: FileIn, budget: Budget) -> Content:
    """A TNEF stream: the text of its message, and its files as they are asked for."""
    read = _Read()
    try:
        _attributes(memoryview(file.octets), read)
    except (Broken, struct.error) as error:
        read.fault = str(error) or "broken"
    if read.fault:
        budget.find("unparseable_attachment", file.where, f"winmail.dat: {read.fault}")
    text, people = message_text(read.message, read.recipients, budget, file.where)
    text = f"{read.sender}\n{text}" if read.sender else text
    inner = _inner(read, budget, file.where)
    return Content(text=text, inner=inner, short="tnef", whole=not read.fault, people=people)


def _attributes(octets: memoryview, read: _Read) -> None:
    position, end = 6, len(octets)  # after the signature and a key that means nothing
    while position < end:
        if end - position < 9 or octets[position] not in (1, 2):
            if bytes(octets[position : position + 64]).strip(b"\0\r\n \x1a"):
                read.fault = "no attribute where one should begin"
            return
        level, number, length = struct.unpack_from("<BII", octets, position)
        position += 9
        value = octets[position : position + length]
        _take(read, level, number & 0xFFFF, value)
        if position + length > end:
            read.fault = "cut off"
        position += length + 2  # and its checksum


def _take(read: _Read, level: int, number: int, value: memoryview) -> None:
    try:
        if level == 1:
            _of_message(read, number, value)
        else:
            _of_file(read, number, value)
    except (Broken, struct.error) as error:  # this attribute is lost, the next ones are not
        read.fault = str(error) or "broken attribute"


def _of_message(read: _Read, number: int, value: memoryview) -> None:
    if number == _CODE_PAGE and len(value) >= 4:
        read.message.label = label_of(struct.unpack_from("<I", value)[0])
    elif number == _MESSAGE:
        property_list(value, read.message, read.allowance)
    elif number == _RECIPIENTS:
        property_rows(value, read.recipients, read.message.label, read.allowance)
    elif number in (_SUBJECT, _BODY):
        read.message.add(mapi.SUBJECT if number == _SUBJECT else mapi.BODY, mapi.STRING8, value)
    elif number == _FROM:
        read.sender = _sender(bytes(value), read.message.label)


def _of_file(read: _Read, number: int, value: memoryview) -> None:
    last = read.files[-1] if read.files else None
    again = last and ((number == _DATA and last.data is not None) or (number == _TITLE and last.title))
    if number == _BEGIN or last is None or again:
        read.allowance.take()
        last = _File(properties=Properties(read.message.label))
        read.files.append(last)
    if number == _TITLE:
        last.title = bytes(value)
    elif number == _TRANSPORT:
        last.transport = bytes(value)
    elif number == _DATA:
        last.data = value
    elif number == _FILE:
        property_list(value, last.properties, read.allowance)


def _sender(value: bytes, label: str) -> str:
    """Name and address of attFrom (section 2.1.3.3.3, a TRP structure)."""
    if len(value) < 8:
        return ""
    _, _, name, address = struct.unpack_from("<HHHH", value)
    texts = [_string(value[8 : 8 + name], label), _string(value[8 + name : 8 + name + address], label)]
    return " ".join(text for text in texts if text)


def _string(octets: bytes, label: str) -> str:
    return decode(octets.split(b"\0", 1)[0], label).text.strip()


def _inner(read: _Read, budget: Budget, where: str) -> Iterator[Inner]:
    for number, one in enumerate(read.files, 1):
        if not budget.take_member(where):
            return
        yield _one(one, f"file {number}")


def _one(one: _File, otherwise: str) -> Inner:
    properties = one.properties
    titles = [_string(raw, properties.label) for raw in (one.title, one.transport)]
    name = properties.text(mapi.LONG_NAME) or titles[0] or titles[1]
    name = name or properties.text(mapi.SHORT_NAME, mapi.TRANSPORT_NAME, mapi.DISPLAY_NAME) or otherwise
    value = properties.octets(mapi.DATA)
    if value is not None and properties.type_of(mapi.DATA) == mapi.OBJECT:
        octets = bytes(value[16:])  # a message, or an object's storage, which is a compound file
        if bytes(value[:16]) == _IS_MESSAGE:
            name = message_name(properties)
        return Inner(name, octets, len(octets))
    data = one.data if one.data is not None and (len(one.data) or value is None) else value
    if data is not None:
        return Inner(name, bytes(data), len(data))
    if path := properties.text(mapi.LONG_PATH, mapi.PATH):
        return Inner(name, None, 0, why=f"only a reference: {path}")
    return Inner(name, None, 0, why="a file without its data")
