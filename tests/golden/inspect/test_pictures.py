"""What is written in pictures is text, a place in them is a finding; the picture itself is looked at by people."""

from __future__ import annotations

import struct
import zlib

import pytest
from tests.golden.inspect.makers import CARD, file_mail
from tests.golden.inspect.pdfs import one_page, stream
from tests.golden.inspect.photos import TOKYO, heic, jpeg, png, tiff, webp

from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Attachment, Facts

APP1, APP13, COMMENT = 0xE1, 0xED, 0xFE
SAID = "極秘の試作機"
XMP = (
    f'<x:xmpmeta><rdf:Description photoshop:Headline="見出し" dc:format="image/jpeg" exif:GPSLatitude="35,40N" '
    f'exif:GPSLongitude="139,45E"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">{SAID}</rdf:li></rdf:Alt></dc:title>'
    "<xmpMM:DocumentID>4012888888881881</xmpMM:DocumentID></rdf:Description></x:xmpmeta>"
).encode()
LOCATED = tiff([(0x010E, 2, b"plan\0")], TOKYO)
NOWHERE = tiff([], (bytes(24), bytes(24)))
IPTC = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\x20" + b"\x1c\x02\x78\0\x12" + SAID.encode()


def read(octets: bytes, name: str) -> tuple[Attachment, Facts]:
    facts = read_mail(file_mail(octets, name))
    return facts.attachments[0], facts


def found(octets: bytes, name: str) -> set[str]:
    return {finding.code for finding in read(octets, name)[1].findings}


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (jpeg((APP1, b"Exif\0\0" + LOCATED)), "a.jpg"),
        (png((b"eXIf", LOCATED)), "a.png"),
        (webp(b"Exif\0\0" + LOCATED), "a.webp"),
        (webp(LOCATED), "a.webp"),
        (heic(LOCATED), "a.heic"),
        (LOCATED, "a.tif"),
        (jpeg((APP1, b"http://ns.example/xap/1.0/\0" + XMP)), "a.jpg"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0\0\0\0\x20moov\0\0\0\x1e\xa9xyz\0\x12\x15\xc7+35.6812+139.7671/", "a.mov"),
        (one_page(b"", stream(jpeg((APP1, b"Exif\0\0" + LOCATED)), b"/Subtype/Image/Filter/DCTDecode")), "a.pdf"),
    ],
)  # fmt: skip
def test_place(octets: bytes, name: str) -> None:
    file, facts = read(octets, name)
    assert [finding.code for finding in facts.findings] == ["gps_position"]
    assert "35" not in facts.findings[0].detail
    assert file.inspected


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (jpeg((APP1, b"Exif\0\0" + NOWHERE)), "a.jpg"),
        (jpeg((APP1, b"Exif\0\0" + tiff([(0x010E, 2, b"plan\0")]))), "a.jpg"),
        (jpeg((APP1, b"Exif\0\0" + LOCATED[:60])), "a.jpg"),
        (jpeg((APP1, b"Exif\0\0II*\0" + struct.pack("<I", 8) + b"\xff" * 40)), "a.jpg"),
        (tiff([(0x8769, 4, struct.pack("<I", 8))]), "loop.tif"),
        (png((b"tEXt", b"")), "a.png"),
        (png()[:20], "a.png"),
        (jpeg()[:30], "a.jpg"),
    ],
)
def test_no_place(octets: bytes, name: str) -> None:
    assert found(octets, name) == set()


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (jpeg((APP1, b"Exif\0\0" + tiff([(0x010E, 2, SAID.encode() + b"\0")]))), "a.jpg"),
        (jpeg((APP1, b"Exif\0\0" + tiff([(0x010E, 2, SAID.encode("cp932") + b"\0")]))), "a.jpg"),
        (jpeg((APP1, b"Exif\0\0" + tiff([(0x9C9C, 1, SAID.encode("utf-16-le") + b"\0\0")]))), "a.jpg"),
        (jpeg((APP1, b"Exif\0\0" + tiff([(0x9286, 7, b"UNICODE\0" + SAID.encode("utf-16-le"))]))), "a.jpg"),
        (jpeg((APP1, b"Exif\0\0" + tiff([(0x9286, 7, b"JIS\0\0\0\0\0" + SAID.encode("iso-2022-jp"))]))), "a.jpg"),
        (jpeg((COMMENT, SAID.encode())), "a.jpg"),
        (jpeg((APP13, IPTC)), "a.jpg"),
        (png((b"iTXt", b"Description\0\0\0ja\0\0" + SAID.encode())), "a.png"),
        (png((b"iTXt", b"Description\0\1\0ja\0\0" + zlib.compress(SAID.encode()))), "a.png"),
        (png((b"zTXt", b"Comment\0\0" + zlib.compress(SAID.encode()))), "a.png"),
        (png((b"tEXt", b"Comment\0" + SAID.encode())), "a.png"),
        (png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)), "a.png"),
    ],
)
def test_words(octets: bytes, name: str) -> None:
    file = read(octets, name)[0]
    assert SAID in file.text.split("\n")
    assert CARD not in file.text
    assert file.inspected


def test_xmp_gives_what_people_wrote() -> None:
    assert read(png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)), "a.png")[0].text.split("\n") == ["見出し", SAID]
