"""Text to octets and back in the charset that a part or an encoded word declares: strictly, or not at all.

A lenient decoder would lose what it does not know, and here what was read is written again. ISO-2022-JP is taken as
Microsoft writes it (NEC's row 13 inside), since Python's own codec fails on the circled digits of every second Japanese
mail. Sources: RFC 1468; the arithmetic between JIS X 0208 and Shift_JIS.
"""

from __future__ import annotations

import codecs
import re

JIS = "jis"
_ALIASES = {
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ms_kanji": "cp932",
    "windows-31j": "cp932", "cswindows31j": "cp932", "iso-2022-jp": JIS, "iso-2022-jp-ms": JIS, "csiso2022jp": JIS,
    "cp50220": JIS, "cp50221": JIS, "gb2312": "gbk", "ks_c_5601-1987": "cp949", "": "ascii",
    "unicode-1-1-utf-7": "utf_7", "euc-jp": "euc_jp", "x-euc-jp": "euc_jp",
}  # fmt: skip
#: Codecs of characters; Python has others that compress, escape or run.
_TEXTUAL = re.compile(r"ascii|utf[-_].*|iso8859-.*|cp\d+|koi8.*|big5.*|gb\d+|gbk|euc_.*|mac[-_].*|tis-620|johab|jis")
#: In these ASCII text is itself, and a stretch may stand behind any other.
_JOINS = re.compile(r"(?!utf[-_](?:7|16|32|8[-_]sig)|cp037|cp500|cp1026|cp1140|cp273|cp424|cp875).*")
_JAPANESE = frozenset({JIS, "cp932", "euc_jp"})

_ESCAPE = re.compile(rb"(\x1b\([BJIH]|\x1b\$[@B])")
_C1 = re.compile(rb"[\x80-\x9f]")
_FROM_MICROSOFT = str.maketrans("～∥－￠￡￢", "〜‖−¢£¬")
_TO_MICROSOFT = str.maketrans("〜‖−¢£¬", "～∥－￠￡￢")


def codec_of(label: str) -> str | None:
    """The codec of a label, None if it is not known. An empty label is ASCII (RFC 2045 section 5.2)."""
    lowered = label.strip().lower()
    alias = _ALIASES.get(lowered)
    if alias is not None:
        return alias
    try:
        name = codecs.lookup(lowered).name if lowered.isascii() else ""
    except (LookupError, ValueError):
        return None
    return name if _TEXTUAL.fullmatch(name) else None


def joins(codec: str) -> bool:
    """Whether ASCII is itself in a codec, and its stretches can be put behind one another."""
    return _JOINS.fullmatch(codec) is not None


def is_japanese(codec: str | None) -> bool:
    return codec in _JAPANESE


def decoded(octets: bytes, codec: str | None) -> str | None:
    """The text, None if any octet of it is not of the codec."""
    if codec is None:
        return None
    try:
        if codec == JIS:
            return _from_jis(octets)
        if codec == "iso8859-1" and _C1.search(octets):
            return octets.decode("cp1252")  # what every mail client shows under that label
        return octets.decode(codec)
    except UnicodeError:
        return None


def encoded(text: str, codec: str) -> bytes | None:
    """The octets, each line by itself; None if the codec does not have every character.

    Of ISO-2022-JP only what RFC 1468 has: Microsoft's characters are read here, but not every reader does.
    """
    if codec == "cp932":
        text = text.translate(_TO_MICROSOFT)
    elif codec in _JAPANESE:
        text = alike(text)
    try:
        if codec == JIS:
            return b"\n".join(line.encode("iso2022_jp") for line in text.split("\n"))
        return text.encode(codec)
    except UnicodeError:
        return None


def alike(text: str) -> str:
    """A text with the six characters that Microsoft maps otherwise (the wave dash ...) as JIS has them."""
    return text.translate(_FROM_MICROSOFT)


def in_ascii(octets: bytes, position: int) -> bool:
    """Whether ISO-2022-JP is in its ASCII state at a position."""
    last = octets.rfind(b"\x1b", 0, position)
    return last < 0 or octets[last + 1 : last + 3] in (b"(B", b"(J", b"(H")


def _from_jis(octets: bytes) -> str:
    try:
        return octets.decode("iso2022_jp")
    except UnicodeError:
        pass
    out, current = [], b"\x1b(B"
    for index, piece in enumerate(_ESCAPE.split(octets)):
        if index % 2:
            current = piece
        elif current[1:2] == b"$":
            out.append(_pairs(piece))
        elif current == b"\x1b(I":
            out.append(bytes(one | 0x80 if 0x21 <= one <= 0x5F else one for one in piece).decode("cp932"))
        else:
            out.append(piece.decode("ascii"))
    return "".join(out)


def _pairs(piece: bytes) -> str:
    if len(piece) % 2 or (piece and not (min(piece) > 0x20 and max(piece) < 0x7F)):
        raise UnicodeError("no pairs")
    return b"".join(_to_shift(piece[at], piece[at + 1]) for at in range(0, len(piece), 2)).decode("cp932")


def _to_shift(row: int, cell: int) -> bytes:
    lead = ((row - 0x21) >> 1) + 0x81
    trail = (cell + 0x1F + (cell >= 0x60)) if row % 2 else cell + 0x7E
    return bytes((lead if lead < 0xA0 else lead + 0x40, trail))
