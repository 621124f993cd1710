"""What people of the house are called beside their addresses: 田中 一郎 <tanaka@corp.example>.

Only the directory is believed. A mail's own display names are whatever somebody typed, or an attacker wanted: they are
shown as what the mail says, elsewhere, and of nobody whom the directory knows. Pure.
"""

from __future__ import annotations

from collections.abc import Callable

from mailguard.mail.address import key_of_written
from mailguard.mail.directory import Directory
from mailguard.notify.phrases import on_one_line

#: From an address as it stands somewhere to what people read; of whom nobody knows a name, and of what is no address,
#: as it was.
Named = Callable[[str], str]
_LONGEST = 60


def unnamed(address: str) -> str:
    """Where no directory is: the address alone."""
    return address


def namer(directory: Directory) -> Named:
    """By this directory."""
    if not directory.people:
        return unnamed

    def named(address: str) -> str:
        name = name_in(directory, address)
        return f"{name} <{address}>" if name else address

    return named


def name_in(directory: Directory, address: str) -> str:
    """What the directory calls whoever has this address; "" if it knows no name."""
    person = directory.person(key_of_written(address))
    name = on_one_line(person.name, _LONGEST) if person is not None else ""
    # A name that is an address says nothing, or another one.
    return "" if "@" in name else name.translate(_BRACKETS)


_BRACKETS = str.maketrans("", "", "<>")
