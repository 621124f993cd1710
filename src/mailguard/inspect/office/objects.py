"""Objects that a program embedded in a document of another: the file inside, with its name.

An object is a compound file (MS-CFB) around the file, or the older plain form (MS-OLEDS section 2.2); a file of any
kind comes in a "Package". Names are what the sender's machine wrote, mostly Shift_JIS or with a path. Never raises:
an object that cannot be taken apart comes back whole, so that the door says what it is.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from mailguard.inspect.chars.charset import decode
from mailguard.inspect.content import Inner
from mailguard.inspect.kinds.filetype import CFB
from mailguard.inspect.structure.names import clean_name

#: Streams that hold a whole file (Office packages, PDF, OpenDocument).
_WHOLE = ("Package", "CONTENTS", "EmbeddedOdf")
_NATIVE = "\x01Ole10Native"
#: Extensions by the beginning of the object's class.
_CLASSES = {
    "word.document.12": "docx", "word.documentmacroenabled.12": "docm", "word.document": "doc",
    "excel.sheet.12": "xlsx", "excel.sheetmacroenabled.12": "xlsm", "excel.sheetbinarymacroenabled.12": "xlsb",
    "excel.sheet": "xls", "excel.chart": "xls", "powerpoint.show.12": "pptx", "powerpoint.slide.12": "pptx",
    "powerpoint.show": "ppt", "powerpoint.slide": "ppt", "acroexch": "pdf", "acrobat": "pdf", "outlook": "msg",
}  # fmt: skip
_STREAMS = {"WordDocument": "doc", "Workbook": "xls", "Book": "xls", "PowerPoint Document": "ppt",
            "__properties_version1.0": "msg"}  # fmt: skip
#: Objects that draw themselves and hold no file: equations, form controls.
_DRAWN = frozenset({"Equation Native", "contents"})
_MOST_STREAMS = 200


def files_in(octets: bytes, name: str, kind: str = "") -> Iterator[Inner]:
    """The files in an embedded object. name: of its part, for a file that has none; kind: its class, "" if unknown."""
    if not octets.startswith(CFB):
        yield Inner(_named(name, _extension(octets, kind)), octets, len(octets))
        return
    streams = _streams(octets)
    held = [stream for stream in _WHOLE if stream in streams]
    if _NATIVE in streams:
        label, content = packaged(streams[_NATIVE][4:])
        yield Inner(label or _named(name, _extension(content, kind)), content, len(content))
    elif held:
        for stream in held:
            content = streams[stream]
            yield Inner(_named(name, _extension(content, kind)), content, len(content))
    elif not _DRAWN & streams.keys():
        inside = next((short for stream, short in _STREAMS.items() if stream in streams), "")
        yield Inner(_named(name, inside or "bin"), octets, len(octets))


def embedded_in(data: bytes, name: str) -> Iterator[Inner]:
    """The files in the data of an OLE 1 object, as RTF holds it (MS-OLEDS sections 2.2.4 and 2.2.5)."""
    try:
        form, kind, rest = _header(data)
    except struct.error:
        yield Inner(_named(name, "bin"), data, len(data))
        return
    if form == 1:  # a link: nothing is here but where it leads
        return
    size = struct.unpack_from("<I", rest)[0] if len(rest) >= 4 else 0
    content = rest[4 : 4 + size]
    if kind.lower() == "package" and not content.startswith(CFB):
        label, content = packaged(content)
        yield Inner(label or _named(name, "bin"), content, len(content))
    elif content:
        yield from files_in(content, name, kind)


def packaged(data: bytes) -> tuple[str, bytes]:
    """Name and octets of the file in the native data of a Package; "" and all data where it is none.

    Two octets of flags, label and path as C strings, four octets, a length with a path, a length with the file; behind
    it, since Windows 2000, path and label once more as UTF-16.
    """
    try:
        label, position = _string(data, 2)
        path, position = _string(data, position)
        skipped = struct.unpack_from("<I", data, position + 4)[0]
        position += 8 + skipped
        size = struct.unpack_from("<I", data, position)[0]
    except (struct.error, ValueError):
        return "", data
    content = data[position + 4 : position + 4 + size]
    if len(content) < size:
        return "", data
    wide = _wide_label(data, position + 4 + size)
    return clean_name(wide or decode(label or path).text), content


def _wide_label(data: bytes, position: int) -> str:
    """The second of the UTF-16 strings behind a packaged file, "" if there are none."""
    found: list[str] = []
    for _ in range(2):
        if position + 4 > len(data):
            return ""
        length = struct.unpack_from("<I", data, position)[0]
        if length > 2000 or position + 4 + 2 * length > len(data):
            return ""
        found.append(data[position + 4 : position + 4 + 2 * length].decode("utf-16-le", "replace"))
        position += 4 + 2 * length
    return found[1].rstrip("\0")


def _string(data: bytes, position: int) -> tuple[bytes, int]:
    end = data.index(b"\0", position, position + 2000)
    return data[position:end], end + 1


def _header(data: bytes) -> tuple[int, str, bytes]:
    """Form (1 link, 2 embedded), class name, and what follows the three names of an ObjectHeader."""
    form = struct.unpack_from("<I", data, 4)[0]
    position, names = 8, []
    for _ in range(3):
        length = struct.unpack_from("<I", data, position)[0]
        names.append(data[position + 4 : position + 4 + length].rstrip(b"\0"))
        position += 4 + length
    return form, decode(names[0]).text, data[position:]


def _streams(octets: bytes) -> dict[str, bytes]:
    """The streams in the root of a compound file that say what it is; those that hold a file, with their content."""
    import olefile  # a heavy import for few mails

    try:
        with olefile.OleFileIO(io.BytesIO(octets)) as ole:
            names = [path[0] for path in ole.listdir(streams=True, storages=False)[:_MOST_STREAMS] if len(path) == 1]
            wanted = [one for one in names if one in (_NATIVE, *_WHOLE) and ole.get_size(one) <= len(octets)]
            return dict.fromkeys(names, b"") | {one: ole.openstream(one).read() for one in wanted}
    except (OSError, ValueError, IndexError, struct.error, TypeError, AttributeError, RecursionError):
        return {}


def _extension(octets: bytes, kind: str) -> str:
    if octets.startswith(b"%PDF-"):
        return "pdf"
    lowered = kind.lower()
    return next((short for start, short in _CLASSES.items() if lowered.startswith(start)), "")


def _named(name: str, extension: str) -> str:
    """The name of a part with the extension of what is in it."""
    last = clean_name(name)
    if not extension or last.lower().endswith(f".{extension}"):
        return last
    return f"{last.rpartition('.')[0] or last}.{extension}"
