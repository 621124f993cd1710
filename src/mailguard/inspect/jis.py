"""ISO-2022-JP as it is really written: with NEC's and IBM's characters, half-width kana, JIS X 0212 and 0213.

Outlook and most Japanese clients write "ISO-2022-JP" and mean Microsoft's code page 50220/50221: circled digits,
(kabu) and half-width kana inside. Python's own iso2022 codecs fail on those, so a subject would stay unread and a
rule would miss. This decoder is total: every octet string gives a text, what cannot be a character is U+FFFD.
Sources: RFC 1468, RFC 2237, ECMA-35 for the shape of the escapes; JIS X 0208 rows 13 and 89-92 as in Microsoft's code
page 932.
"""

from __future__ import annotations

import re

# Designations: what the octets after the escape are. One-byte sets first, two-byte sets below.
_SETS = {
    b"\x1b(B": "ascii",
    b"\x1b(J": "ascii",  # JIS-Roman: yen sign and overline for \ and ~; shown as ASCII by every mail client
    b"\x1b(H": "ascii",  # seen from old clients for JIS-Roman
    b"\x1b(I": "kana",
    b"\x1b$@": "0208",
    b"\x1b$B": "0208",
    b"\x1b$(@": "0208",
    b"\x1b$(B": "0208",
    b"\x1b&@\x1b$B": "0208",
    b"\x1b$(D": "0212",
    b"\x1b$(O": "0213",
    b"\x1b$(Q": "0213",
    b"\x1b$(P": "0213-2",
    b"\x1b$A": "gb2312",
    b"\x1b$(A": "gb2312",
    b"\x1b$(C": "ksc5601",
}
_ESCAPE = re.compile(rb"(\x1b(?:\([BJHI]|\$[@BA]|\$\([@BDOPQAC]|&@\x1b\$B))")
_DESIGNATES = re.compile(rb"\x1b(?:\$[@BA]|\$\([@BDOPQAC]|\(I)")
_SHIFTS = re.compile(rb"\x0e([^\x0f\r\n\x1b]*)\x0f?")
_TWO_BYTES = re.compile(rb"(?:[\x21-\x7e]{2})+|[^\x21-\x7e]+|[\x21-\x7e]")
_HIGH = bytes(octet | 0x80 for octet in range(256))
_EUC_PAIR = re.compile(rb"[\xa1-\xfe]{2}")


def has_escapes(octets: bytes) -> bool:
    """Whether the octets switch to a two-byte set or to kana: text of ISO-2022-JP under whatever label."""
    return b"\x1b" in octets and _DESIGNATES.search(octets) is not None


def decode_iso2022jp(octets: bytes) -> str:
    """Octets of ISO-2022-JP or one of its relatives to text. Never fails."""
    pieces: list[str] = []
    current = "ascii"
    for index, piece in enumerate(_ESCAPE.split(octets)):
        if index % 2:
            current = _SETS.get(piece, "ascii")
        elif piece:
            pieces.append(_one_byte(piece) if current == "ascii" else _designated(piece, current))
    return "".join(pieces)


def decode_euc(octets: bytes) -> str:
    """EUC-JP with Microsoft's extensions (row 13, rows 89-92) to text. Never fails."""
    try:
        return octets.decode("euc_jp")
    except UnicodeDecodeError:
        pass
    # euc_jp knows neither NEC's nor IBM's rows; code page 932 does, and its octets are a fixed sum away.
    pieces = re.split(rb"(\x8e[\xa1-\xdf]|\x8f[\xa1-\xfe]{2}|(?:[\xa1-\xfe]{2})+)", octets)
    return "".join(
        _euc_piece(piece) if index % 2 else piece.decode("ascii", "replace") for index, piece in enumerate(pieces)
    )


def is_euc(octets: bytes) -> bool:
    """Whether every octet has its place in EUC-JP with Microsoft's extensions."""
    return "\ufffd" not in decode_euc(octets)


def _euc_piece(piece: bytes) -> str:
    if piece[0] == 0x8E:
        return _kana(piece[1:])
    if piece[0] == 0x8F:
        return piece.decode("euc_jp", "replace")
    return _pairs(piece)


def _pairs(euc: bytes) -> str:
    """Pairs of 0xA1-0xFE, as EUC has them, to text by way of code page 932."""
    try:
        return euc.decode("euc_jp")
    except UnicodeDecodeError:
        return _EUC_PAIR.sub(_to_932, euc).decode("cp932", "replace")


def _to_932(match: re.Match[bytes]) -> bytes:
    row, cell = (octet - 0xA0 for octet in match.group())
    lead = (row + 1) // 2 + (0x80 if row <= 62 else 0xC0)
    trail = cell + 0x9E if row % 2 == 0 else cell + (0x3F if cell < 0x40 else 0x40)
    return bytes((lead, trail))


def _kana(octets: bytes) -> str:
    """Half-width katakana, 0x21-0x5F or with the high bit."""
    return "".join(
        chr(0xFF61 + (octet & 0x7F) - 0x21) if 0x21 <= octet & 0x7F <= 0x5F else chr(octet & 0x7F) for octet in octets
    )


def _one_byte(piece: bytes) -> str:
    if b"\x0e" in piece:  # SO ... SI: half-width kana as in code page 50222 and JIS7
        parts = _SHIFTS.split(piece)
        return "".join(_kana(part) if index % 2 else _plain(part) for index, part in enumerate(parts))
    return _plain(piece)


def _plain(octets: bytes) -> str:
    if octets.isascii():
        return octets.decode("ascii")
    try:  # 8-bit octets under a 7-bit label: a mail that mixes charsets
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp932", "replace")


def _designated(piece: bytes, current: str) -> str:
    # RFC 1468: a line ends in ASCII. A client that forgot the escape means ASCII from the next line on.
    head, newline, tail = piece.partition(b"\n")
    text = _kana(head) if current == "kana" else _two_byte(head, current)
    return text + ("\n" + _one_byte(tail) if newline else "")


def _two_byte(octets: bytes, current: str) -> str:
    pieces: list[str] = []
    for match in _TWO_BYTES.finditer(octets):
        run = match.group()
        if 0x21 <= run[0] <= 0x7E and len(run) > 1:
            pieces.append(_run(run.translate(_HIGH), current))
        else:  # white space and controls stand for themselves; a lone octet is half a character
            pieces.append(_plain(run) if not 0x21 <= run[0] <= 0x7E else "\ufffd")
    return "".join(pieces)


def _run(euc: bytes, current: str) -> str:
    match current:
        case "0208":
            return _pairs(euc)
        case "0212":
            return _prefixed(euc).decode("euc_jp", "replace")
        case "0213":
            return euc.decode("euc_jis_2004", "replace")
        case "0213-2":
            return _prefixed(euc).decode("euc_jis_2004", "replace")
        case "ksc5601":
            return euc.decode("euc_kr", "replace")
        case _:
            return euc.decode("gb2312", "replace")


def _prefixed(euc: bytes) -> bytes:
    return b"".join(b"\x8f" + euc[i : i + 2] for i in range(0, len(euc) - 1, 2))
