"""What lies in an Office document and is no XML: embedded files, objects, pictures, and what somebody only put there.

What programs write and nobody reads (printer settings, fonts, pictures by their content) is left out; all the rest
comes back as files. A macro is known by its content type, by its name, or by what is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.chars.charset import decode
from mailguard.inspect.content import BROKEN, NEEDS_PASSWORD, Inner
from mailguard.inspect.kinds.filetype import CFB, PICTURES, detect
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.compound import has_macros, stream_names
from mailguard.inspect.office.objects import files_in
from mailguard.inspect.office.relations import Types
from mailguard.inspect.office.said import Said
from mailguard.inspect.office.stored import Stored
from mailguard.inspect.structure.names import clean_name

#: Parts of programs, by name or content type.
_DULL = re.compile(
    r"printersettings|\.(?:odttf|fntdata|ttf|otf|sigs|thmx)$|officedocument\.obfuscatedfont|x-fontdata|activex\d*\.bin$"
    r"|ms-office\.activex|(?:^|/)layout-cache$|^mimetype |^configurations2/|vbaprojectsignature|^objectreplacements/"
    r"|ms-excel\.(?:binindex[mw]s|calcchain)"
)
_MACRO = re.compile(r"vbaproject(?!signature)")
#: Pictures that mail programs do not show, and films: EMF, WMF, JPEG XR, ASF, LibreOffice's own.
_MARKS = (
    b"\x01\x00\x00\x00",
    b"\xd7\xcd\xc6\x9a",
    b"\x01\x00\x09\x00",
    b"II\xbc\x01",
    b"0&\xb2u\x8ef\xcf\x11",
    b"VCLMTF",
)


def is_drawing(part: Stored, types: Types, said: Said) -> bool:
    """Whether there is nothing to open in a part: a picture, a font, a macro (which is noted)."""
    try:
        return _is_drawing(part, f"{part.name} {types.of(part.name)}".lower(), said)
    except Unpackable:
        return False  # and said when it is to be opened


def _is_drawing(part: Stored, kind: str, said: Said) -> bool:
    head = part.head()
    if head.startswith(CFB) and (_MACRO.search(kind) or _holds_macros(part)):
        said.macros["a VBA project"] = None
        return True
    if _MACRO.search(kind):
        said.macros["a VBA project"] = None
        return True
    if "customproperty" in kind and part.name.endswith(".bin"):
        said.aside(decode(part.content(), "utf-16-le").text)
        return True
    return not head or bool(_DULL.search(kind)) or is_picture(head)


def is_picture(head: bytes) -> bool:
    """Whether a file begins like a picture or a film, those that only Office programs show among them."""
    return detect(head).short in PICTURES or head.startswith(_MARKS)


def open_attached(parts: list[Stored], types: Types, budget: Budget, where: str) -> Iterator[Inner]:
    """The files in these parts, one by one."""
    for part in parts:
        if not budget.take_member(where):
            return
        try:
            content = part.content()
        except Unpackable as error:
            why = NEEDS_PASSWORD if part.member.encrypted else str(error) or BROKEN
            yield Inner(clean_name(part.name), None, part.member.size, part.member.encrypted, why)
            continue
        if content.startswith(CFB):
            yield from files_in(content, part.name)
        else:
            yield Inner(clean_name(part.name), content, len(content))


def _holds_macros(part: Stored) -> bool:
    return "/embeddings/" not in part.name.lower() and has_macros(stream_names(part.content()))
