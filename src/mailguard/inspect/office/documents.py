"""Which zip archives are documents of Office, and who reads them."""

from __future__ import annotations

from mailguard.inspect.archives import zips
from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.archives.zipfiles import Listing
from mailguard.inspect.content import Content, FileIn
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.opendocument import opendocument_kind, read_opendocument
from mailguard.inspect.office.package import package_kind, read_package


def read_document(file: FileIn, listing: Listing, budget: Budget) -> Content | None:
    """Read a zip archive that is an Office document; None if it is none."""
    short = package_kind(file.octets, listing.members, budget)
    kind = None if short else opendocument_kind(file.octets, listing.members, budget)
    if not short and kind is None:
        return None
    if zips.is_bomb(file.octets, listing, budget):
        budget.find("bomb", file.where, "expands far beyond its size; not unpacked")
        return Content(short=short or kind or "", whole=False)
    if len(listing.members) > budget.limits.members:
        budget.find("limit_reached", file.where, f"more than {budget.limits.members} parts; the rest was not read")
    if short:
        content = read_package(file, listing, budget, short)
    else:
        content = read_opendocument(file, listing, budget, kind or "")
    content.whole = content.whole and len(listing.members) <= budget.limits.members
    return content


def read_unlocked(file: FileIn, budget: Budget) -> Content | None:
    """Read the document that came out of an encrypted file; None if none did."""
    try:
        listing = zips.list_zip(file.octets, budget)
    except Unpackable:
        return None
    return read_document(file, listing, budget)
