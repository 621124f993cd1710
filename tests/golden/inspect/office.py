"""Makers of Office packages for the golden tests, part by part and octet by octet; nothing of the product is used."""

from __future__ import annotations

import io
import struct
import zipfile

_NAMESPACES = " ".join(
    f'xmlns:{prefix}="{address}"'
    for prefix, address in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
        "x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    }.items()
)
_TYPE = "application/vnd.openxmlformats-officedocument."
MAINS = {
    "docx": f"{_TYPE}wordprocessingml.document.main+xml",
    "xlsx": f"{_TYPE}spreadsheetml.sheet.main+xml",
    "pptx": f"{_TYPE}presentationml.presentation.main+xml",
    "docm": "application/vnd.ms-word.document.macroEnabled.main+xml",
}
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_OUTSIDE = ' TargetMode="External"'
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def part(root: str, body: str, attributes: str = "") -> str:
    """An XML part; root with its prefix."""
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><{root} {_NAMESPACES} {attributes}>{body}</{root}>'


def sheet(body: str, root: str = "worksheet") -> str:
    """A part of a workbook as Excel writes it, without prefixes."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return f'{head}<{root} xmlns="{_SHEET}" xmlns:r="{_RELATION}">{body}</{root}>'


def cells(*rows: str) -> str:
    """A sheet of rows, each the XML of its cells."""
    return f"<sheetData>{''.join(f'<row>{row}</row>' for row in rows)}</sheetData>"


def relations(*found: tuple[str, str, str]) -> str:
    """A relationships part of (id, kind, target); a target with a colon lies outside."""
    lines = (
        f'<Relationship Id="{identity}" Type="{_RELATION}/{kind}" Target="{target}"'
        f"{_OUTSIDE if ':' in target else ''}/>"
        for identity, kind, target in found
    )
    address = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{address}">{"".join(lines)}</Relationships>'


def types(*overrides: tuple[str, str]) -> str:
    """A content types part of (part name, content type)."""
    lines = (f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in overrides)
    address = "http://schemas.openxmlformats.org/package/2006/content-types"
    return f'<Types xmlns="{address}">{"".join(lines)}</Types>'


def package(parts: dict[str, str | bytes], kind: str = "docx") -> bytes:
    """A package of these parts, with content types for the usual main part if none are given."""
    mains = {"docx": "/word/document.xml", "xlsx": "/xl/workbook.xml", "pptx": "/ppt/presentation.xml"}
    whole: dict[str, str | bytes] = {"[Content_Types].xml": types((mains[kind], MAINS[kind]))}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (whole | parts).items():
            archive.writestr(name, content)
    return out.getvalue()


def word(body: str, **further: str | bytes) -> bytes:
    """A docx whose body is this XML; further parts with "__" for "." and "___" for "/"."""
    named = {name.replace("___", "/").replace("__", "."): content for name, content in further.items()}
    return package({"word/document.xml": part("w:document", f"<w:body>{body}</w:body>"), **named})


def run(text: str, properties: str = "") -> str:
    """A run of Word."""
    return f"<w:r>{f'<w:rPr>{properties}</w:rPr>' if properties else ''}<w:t>{text}</w:t></w:r>"


def line(*runs: str) -> str:
    """A paragraph of Word."""
    return f"<w:p>{''.join(runs)}</w:p>"


def book(*sheets: tuple[str, str, str], **further: str | bytes) -> bytes:
    """An xlsx of (name, state, XML inside worksheet); further parts as in `word`."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" state="{state}" r:id="rId{number}"/>'
        for number, (name, state, _) in enumerate(sheets, 1)
    )
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": sheet(f"<sheets>{listed}</sheets>", "workbook"),
        "xl/_rels/workbook.xml.rels": relations(
            *((f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml") for number, _ in enumerate(sheets, 1))
        ),
    }
    parts |= {f"xl/worksheets/sheet{number}.xml": sheet(one[2]) for number, one in enumerate(sheets, 1)}
    named = {name.replace("___", "/").replace("__", "."): content for name, content in further.items()}
    return package(parts | named, "xlsx")


def packager(name: str, content: bytes) -> bytes:
    """The native data of a Package object: a file with its name (MS-OLEDS does not say it; programs do)."""
    label = name.encode("cp932") + b"\0"
    path = b"C:\\Users\\taro\\" + label
    wide = "".join(struct.pack("<I", len(one)).decode("latin-1") + one.encode("utf-16-le").decode("latin-1")
                   for one in ("C:\\tmp\\" + name, name, "C:\\" + name)).encode("latin-1")  # fmt: skip
    head = b"\x02\0" + label + path + b"\0\0\x03\0" + struct.pack("<I", len(path)) + path
    return head + struct.pack("<I", len(content)) + content + wide


def ole1(kind: str, data: bytes) -> bytes:
    """An embedded OLE 1 object (MS-OLEDS section 2.2.5)."""
    named = kind.encode() + b"\0"
    return struct.pack("<III", 0x501, 2, len(named)) + named + bytes(8) + struct.pack("<I", len(data)) + data


def ole2(streams: dict[str, bytes]) -> bytes:
    """A compound file of version 3 with these streams in its root, each of whole sectors of its own (MS-CFB)."""
    sectors: list[bytes] = []
    fat: list[int] = []
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, 1 if streams else 0xFFFFFFFF)]
    for number, (name, content) in enumerate(streams.items(), 1):
        # Shorter streams would have to lie in the mini stream.
        content = content.ljust(4096, b"\0") if len(content) < 4096 else content
        blocks = [content[at : at + 512].ljust(512, b"\0") for at in range(0, len(content), 512)]
        start = len(sectors)
        sectors.extend(blocks)
        fat.extend([*range(start + 1, start + len(blocks)), 0xFFFFFFFE])
        entries.append(_entry(name, 2, start, len(content), right=number + 1 if number < len(streams) else 0xFFFFFFFF))
    listing = b"".join(entries).ljust(-(-len(entries) // 4) * 512, b"\0")
    first = len(sectors)
    blocks = [listing[at : at + 512] for at in range(0, len(listing), 512)]
    sectors.extend(blocks)
    fat.extend([*range(first + 1, first + len(blocks)), 0xFFFFFFFE])
    tables = 1
    while (len(fat) + tables) > tables * 128:
        tables += 1
    at = len(sectors)
    fat.extend([0xFFFFFFFD] * tables)
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(tables * 512, b"\xff")
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", header, 40, 0, tables, first, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", header, 76, *range(at, at + tables), *[0xFFFFFFFF] * (109 - tables))
    return bytes(header) + b"".join(sectors) + table


def _entry(name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF) -> bytes:
    raw = name.encode("utf-16-le")
    head = raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw) + 2, kind, 1, 0xFFFFFFFF, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)
