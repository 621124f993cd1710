"""Makers of PDF documents, octet by octet, for the golden tests."""

from __future__ import annotations

import zlib

TEXT = b"BT /F1 12 Tf 50 700 Td (hello page) Tj ET"
HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A document whose first object is its catalog."""
    out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, trailer, len(out))
    )


def stream(octets: bytes, entries: bytes = b"", packed: bool = False) -> bytes:
    """A stream object, deflated or as it is."""
    if packed:
        octets, entries = zlib.compress(octets), entries + b"/Filter/FlateDecode"
    return b"<</Length %d%b>>\nstream\n%b\nendstream" % (len(octets), entries, octets)


def one_page(
    content: bytes = TEXT, *further: bytes, catalog: bytes = b"", page: bytes = b"", trailer: bytes = b""
) -> bytes:
    """A document of one page; further objects are numbered from 6 on."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R%b>>" % catalog,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R/F2 6 0 R/F3 7 0 R>>/XObject<</I 6 0 R>>>>%b>>" % page,
        stream(content),
        HELVETICA,
        *further,
        trailer=trailer,
    )


def pages(*contents: bytes, image: bytes = b"") -> bytes:
    """A document of several pages; each may draw the picture as /I."""
    count = len(contents)
    kids = b" ".join(b"%d 0 R" % (5 + 2 * number) for number in range(count))
    drawn = stream(image or bytes(100), b"/Subtype/Image/Width 10/Height 10/BitsPerComponent 8/ColorSpace/DeviceGray")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, count),
        HELVETICA,
        drawn,
    ]
    for number, content in enumerate(contents):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents %d 0 R"
            b"/Resources<</Font<</F1 3 0 R>>/XObject<</I 4 0 R>>>>>>" % (6 + 2 * number)
        )
        objects.append(stream(content))
    return pdf(*objects)


def japanese_font(cmap: bytes) -> bytes:
    """A composite font that is not in the file, with a predefined CMap and without ToUnicode."""
    return (
        b"<</Type/Font/Subtype/Type0/BaseFont/HeiseiMin-W3/Encoding/%b/DescendantFonts[<</Type/Font"
        b"/Subtype/CIDFontType0/BaseFont/HeiseiMin-W3/DW 1000/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)"
        b"/Supplement 4>>/FontDescriptor<</Type/FontDescriptor/FontName/HeiseiMin-W3/Flags 6/Ascent 800/Descent -200"
        b"/FontBBox[0 0 1000 1000]/ItalicAngle 0/CapHeight 700/StemV 80>>>>]>>" % cmap
    )


def hexadecimal(text: str, charset: str, mark: bytes = b"") -> bytes:
    """A string in hexadecimal."""
    return b"<%b>" % (mark + text.encode(charset)).hex().encode()
