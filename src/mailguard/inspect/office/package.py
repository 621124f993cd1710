"""An Office document in its zip package: which members are read, in which order, and what they say together.

Unpacking and limits are `archives`' business, the XML is `office`'s. What is embedded in the document comes back as
octets, to be opened like any other file.
"""

from __future__ import annotations

from dataclasses import replace

from mailguard.inspect.archives.zipfiles import Listing
from mailguard.inspect.archives.zipheaders import Member
from mailguard.inspect.archives.zips import is_bomb, open_zip
from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.limits import Budget
from mailguard.inspect.names import clean_name
from mailguard.inspect.office import xml as office


def read_package(file: FileIn, listing: Listing, budget: Budget, short: str) -> Content:
    """A docx, xlsx, pptx, odt, ods or odp file."""
    octets, where = file.octets, file.where
    embedded: list[Inner] = []
    found = Content(short=short, inner=embedded)
    if is_bomb(octets, listing, budget):
        budget.find("bomb", where, "expands far beyond its size; not unpacked")
        found.whole = False
        return found
    texts: list[str] = []
    strings: list[str] = []
    for member in sorted(listing.members, key=_order):
        if member.name.endswith("vbaProject.bin"):
            budget.find("macro", where, "a VBA project")
        is_file = "/embeddings/" in member.name or member.name.startswith("Object ")
        if not is_file and not office.is_text_part(member.name):
            continue
        part = _unpacked(octets, member, budget, where, found)
        if part is None:
            continue
        if is_file and not office.is_text_part(member.name):
            embedded.append(replace(part, name=clean_name(member.name)))
        elif part.octets is not None:
            _read_part(part.octets, member.name, where, strings, texts, found, budget)
    found.text = "\n".join(text for text in texts if text.strip())
    return found


def _order(member: Member) -> tuple[bool, tuple[int, str]]:
    """Shared strings first, since sheets refer to them."""
    return "sharedStrings" not in member.name, office.reading_order(member.name)


def _unpacked(octets: bytes, member: Member, budget: Budget, where: str, found: Content) -> Inner | None:
    part = next(iter(open_zip(octets, Listing((member,)), budget, where)), None)
    if part is not None and part.octets is not None:
        return part
    found.whole = False
    found.encrypted = found.encrypted or (part is not None and part.encrypted)
    budget.find("unparseable_attachment", f"{where}/{member.name}", part.why if part else "limit")
    return None


def _read_part(
    part: bytes, name: str, where: str, strings: list[str], texts: list[str], found: Content, budget: Budget
) -> None:
    try:
        if name.endswith("sharedStrings.xml"):
            some, beside = office.shared_strings(part)
            strings.extend(some)
            texts.append(beside)
        elif "/worksheets/" in name:
            texts.append(office.sheet_text(part, strings))
        else:
            texts.append(office.document_text(part, name))
    except office.UnsafeXml as error:
        found.whole = False
        budget.find("unparseable_attachment", f"{where}/{name}", str(error))
