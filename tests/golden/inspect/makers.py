"""Makers of mails and files for the golden tests: octets put together by hand, so that every octet is known.

Nothing of the product is used here: what the reader reads was not written by it.
"""

from __future__ import annotations

import base64
import io
import struct
import tarfile
import zipfile
import zlib

CARD = "4012888888881881"
CARD_2 = "5105105105105100"
MY_NUMBER = "234567890121"
HEAD = b"From: ann@corp.example\r\nTo: bob@partner.example\r\nMessage-ID: <1@corp.example>\r\nMIME-Version: 1.0\r\n"


def b64(octets: bytes) -> bytes:
    """Base64 in lines of 76."""
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")


def word(text: str, charset: str, name: str = "") -> bytes:
    """An encoded word."""
    return f"=?{name or charset}?B?".encode() + base64.b64encode(text.encode(charset)) + b"?="


def mail(body: bytes, *fields: bytes) -> bytes:
    """A mail with these further fields and this body."""
    return HEAD + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def text_mail(text: bytes, charset: str, *fields: bytes) -> bytes:
    """A mail of one text part in 8 bit."""
    return mail(text, f"Content-Type: text/plain; charset={charset}".encode(), *fields)


def part(body: bytes, *fields: bytes) -> bytes:
    """One part of a multipart."""
    return b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def multipart(*parts: bytes, kind: str = "mixed", boundary: str = "=_edge", field: bytes = b"") -> bytes:
    """A multipart mail."""
    edge = boundary.encode()
    body = b"".join(b"--" + edge + b"\r\n" + one + b"\r\n" for one in parts) + b"--" + edge + b"--\r\n"
    return mail(body, field or f'Content-Type: multipart/{kind}; boundary="{boundary}"'.encode())


def attachment(octets: bytes, name: str = "a.bin", kind: str = "application/octet-stream") -> bytes:
    """A part that is a file in base64 with a plain name."""
    return part(
        b64(octets),
        f"Content-Type: {kind}".encode(),
        b"Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{name}"'.encode(),
    )


def file_mail(octets: bytes, name: str = "a.bin", kind: str = "application/octet-stream") -> bytes:
    """A mail with one line of text and one file."""
    return multipart(part(b"see the file\r\n", b"Content-Type: text/plain"), attachment(octets, name, kind))


def zipped(**members: bytes) -> bytes:
    """A zip archive; names with "__" for "." and "___" for "/"."""
    return zip_of({name.replace("___", "/").replace("__", "."): content for name, content in members.items()})


def zip_of(members: dict[str, bytes]) -> bytes:
    """A deflated zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def raw_zip(name: bytes, content: bytes, *, flags: int = 0, method: int = 0, claimed: int | None = None) -> bytes:
    """A zip archive of one member, every field set by hand."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = content if method == 0 else deflater.compress(content) + deflater.flush()
    size = len(content) if claimed is None else claimed
    crc = 0 if flags & 1 else zlib.crc32(content)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, flags, method, 0, 0, crc, len(packed), size, len(name), 0)
    central = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        b"PK\1\2",
        20,
        20,
        flags,
        method,
        0,
        0,
        crc,
        len(packed),
        size,
        len(name),
        0,
        0,
        0,
        0,
        0,
        0,
    )
    start = len(local) + len(name) + len(packed)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central) + len(name), start, 0)
    return local + name + packed + central + name + end


def tar_of(members: dict[str, bytes], mode: str = "w:gz") -> bytes:
    """A tar archive, compressed as the mode says."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def docx(body: str, **further: bytes) -> bytes:
    """A Word document: body is the XML inside w:body; further members as in `zipped`."""
    main = f'<?xml version="1.0" encoding="UTF-8"?><w:document {_W}><w:body>{body}</w:body></w:document>'
    members = {"[Content_Types].xml": b"<Types/>", "word/document.xml": main.encode()}
    members |= {name.replace("___", "/").replace("__", "."): content for name, content in further.items()}
    return zip_of(members)


def paragraph(*runs: str) -> str:
    """A paragraph whose text is cut into runs."""
    return "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def xlsx(rows: list[list[str | float]], shared: bool = True) -> bytes:
    """A workbook of one sheet, strings shared or inline, numbers as Excel writes them."""
    strings: list[str] = []
    lines = []
    for row in rows:
        cells = []
        for value in row:
            if isinstance(value, float):
                cells.append(f"<c><v>{value!r}</v></c>".replace("e+", "E"))
            elif shared:
                strings.append(value)
                cells.append(f'<c t="s"><v>{len(strings) - 1}</v></c>')
            else:
                cells.append(f'<c t="inlineStr"><is><t>{value}</t></is></c>')
        lines.append(f"<row>{''.join(cells)}</row>")
    sheet = f"<worksheet {_S}><sheetData>{''.join(lines)}</sheetData></worksheet>"
    table = f"<sst {_S}>{''.join(f'<si><t>{one}</t></si>' for one in strings)}</sst>"
    return zip_of(
        {
            "[Content_Types].xml": b"<Types/>",
            "xl/workbook.xml": f'<workbook {_S}><sheets><sheet name="顧客一覧"/></sheets></workbook>'.encode(),
            "xl/sharedStrings.xml": table.encode(),
            "xl/worksheets/sheet1.xml": sheet.encode(),
        }
    )


def compound(*streams: str) -> bytes:
    """A compound file with streams of these names and nothing in them."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<II", header, 44, 1, 1)  # one FAT sector; the directory is in sector 1
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    fat = struct.pack("<128I", 0xFFFFFFFD, 2, 0xFFFFFFFE, *[0xFFFFFFFF] * 125)
    entries = b""
    for number, name in enumerate(("Root Entry", *streams)):
        raw = name.encode("utf-16-le")
        entries += raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw) + 2, 5 if number == 0 else 2, 1) + bytes(60)
    return bytes(header) + fat + entries.ljust(1024, b"\0")


def der(tag: int, content: bytes) -> bytes:
    """One DER element."""
    if len(content) < 128:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes(4, "big")
    return bytes((tag, 0x84)) + length + content


def pkcs7(oid_end: int, content: bytes | None) -> bytes:
    """A CMS container: oid_end 2 is signed data, 3 enveloped data."""
    oid = bytes.fromhex("2a864886f70d0107")
    data = der(0x06, oid + b"\x01")
    inner = data + (der(0xA0, der(0x04, content)) if content is not None else b"")
    body = der(0x30, der(0x02, b"\x01") + der(0x31, b"") + der(0x30, inner) + der(0x31, b""))
    return der(0x30, der(0x06, oid + bytes((oid_end,))) + der(0xA0, body))
