"""Documents of Office in one XML file: flat OpenDocument, Word's and Excel's XML of 2003, flat OPC packages.

Recognised by their root element; what is broken is noted. Files inside stand in base64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.attached import is_picture
from mailguard.inspect.office.closing import close
from mailguard.inspect.office.objects import files_in
from mailguard.inspect.office.odf_text import read_odf
from mailguard.inspect.office.prose import read_flat_prose
from mailguard.inspect.office.relations import Types
from mailguard.inspect.office.said import Said
from mailguard.inspect.office.xml import UnsafeXml, root_of

_BODIES = {b"<office:text": "odt", b"<office:spreadsheet": "ods", b"<office:presentation": "odp"}
#: Root element, a name that must stand near it, and the kind that a program shows it as.
_ROOTS = {
    "document": b"urn:oasis:names:tc:opendocument",
    "wordDocument": b"schemas.microsoft.com/office/word/2003",
    "Workbook": b"urn:schemas-microsoft-com:office:spreadsheet",
    "package": b"schemas.microsoft.com/office/2006/xmlPackage",
}


def read_flat(file: FileIn, budget: Budget) -> Content | None:
    """Read an XML file that is an Office document; None if it is none."""
    head = file.octets[:4096]
    root = root_of(head)
    if root not in _ROOTS or _ROOTS[root] not in head.replace(b"\0", b""):  # which UTF-16 puts between
        return None
    content, said = Content(), Said(budget.limits.personal_chars)
    if root == "document":
        content.short = next((short for body, short in _BODIES.items() if body in file.octets), "")
    read: Callable[[tuple[bytes, ...], Said], list[bytes]] = read_odf if root == "document" else read_flat_prose
    files: list[bytes] = []
    try:
        files = read((file.octets,), said)
    except UnsafeXml as error:
        content.whole = False
        budget.find("unparseable_attachment", file.where, str(error))
    close(said, content, [], Types(), budget, file)
    if held := [octets for octets in files if octets and not is_picture(octets[:4096])]:
        content.inner = _listed(held)
    return content


def _listed(files: list[bytes]) -> Iterator[Inner]:
    for number, octets in enumerate(files, 1):
        yield from files_in(octets, f"object {number}")
