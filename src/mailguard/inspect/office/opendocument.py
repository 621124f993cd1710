"""An OpenDocument file in its zip package (odt, ods, odp): which parts are read, in which order.

Embedded objects are documents in folders of their own and are read with the document; pictures are left out, other
files come back to be opened. Encrypted parts are decrypted where the mail gives the password away. Source:
OpenDocument 1.3 part 2 (packages).
"""

from __future__ import annotations

from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.archives.zipfiles import Listing
from mailguard.inspect.archives.zipheaders import Member
from mailguard.inspect.content import Content, FileIn
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.closing import close, note_unread
from mailguard.inspect.office.odf_keys import decrypted
from mailguard.inspect.office.odf_text import read_odf
from mailguard.inspect.office.relations import Types
from mailguard.inspect.office.said import Said
from mailguard.inspect.office.stored import Stored
from mailguard.inspect.office.xml import UnsafeXml, root_of

_MIMETYPE = "application/vnd.oasis.opendocument."
_KINDS = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
_READ = frozenset({"document-content", "document-styles", "document-meta", "document"})
_MODULE = "module"
MANIFEST = "META-INF/manifest.xml"


def opendocument_kind(octets: bytes, members: tuple[Member, ...], budget: Budget) -> str | None:
    """Short type of the OpenDocument file with these members, "" for one without (a drawing); None if it is none."""
    for name in ("mimetype", MANIFEST):
        member = next((one for one in members if one.name == name), None)
        if member is None:
            continue
        try:
            head = Stored(octets, member, budget).head().decode("latin-1")
        except Unpackable:
            continue
        _, found, kind = head.partition(_MIMETYPE)
        if found:
            return next((short for start, short in _KINDS.items() if kind.startswith(start)), "")
    return None


def read_opendocument(file: FileIn, listing: Listing, budget: Budget, short: str) -> Content:
    """An odt, ods or odp file."""
    content, said = Content(short=short), Said(budget.limits.personal_chars)
    parts = [Stored(file.octets, member, budget) for member in listing.members if not member.is_folder]
    manifest = next((part for part in parts if part.name == MANIFEST), None)
    if manifest is not None and (unlocked := decrypted(manifest, parts, budget, file.where)) is not None:
        content.encrypted = True
        if not unlocked:
            content.whole = False
            return content
        parts = unlocked
    others: list[Stored] = []
    for part in sorted(parts, key=_order):
        try:
            if _is_other(part, said):
                others.append(part)
        except (UnsafeXml, Unpackable) as error:
            note_unread(part, error, content, budget, file.where)
    return close(said, content, others, Types(), budget, file)


def _order(part: Stored) -> tuple[int, str]:
    """The document before its styles, objects and properties."""
    place = {"content.xml": 0, "styles.xml": 1}.get(part.name, 3 if part.name == "meta.xml" else 2)
    return place, part.name


def _is_other(part: Stored, said: Said) -> bool:
    """Read a part if it is XML; whether it is none. Raises UnsafeXml, Unpackable."""
    root = root_of(part.head())
    if root in _READ:
        read_odf(part.pieces(), said)
    elif root == _MODULE or part.name.startswith("Scripts/"):
        said.macros["a macro"] = None
    return not root
