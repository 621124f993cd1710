"""ISO-2022-JP, EUC-JP and Shift_JIS as they are really written: NEC's and IBM's characters, kana, JIS X 0212 and 0213.

Outlook and most Japanese clients write "ISO-2022-JP" and mean Microsoft's code page 50220/50221: circled digits,
(kabu) and half-width kana inside. Python's own iso2022 codecs fail on those, so a subject would stay unread and a
rule would miss. These decoders are total: every octet string gives a text, what cannot be a character is U+FFFD.
Sources: RFC 1468, RFC 2237, ECMA-35 for the shape of the escapes; RFC 1557 and RFC 1922 for Korean and Chinese; the
rows in `jisrows`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mailguard.inspect.chars.jisrows import as_microsoft, kana, pair_text, supplementary
from mailguard.inspect.chars.likely import score

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
    b"\x1b$(C": "euc_kr",
}
#: Sets that wait for SO: half-width kana where nothing was said (JIS X 0201), Korean, Chinese.
_SHIFTED = {b"\x1b$)C": "euc_kr", b"\x1b$)A": "gb2312", b"\x1b)I": "kana"}
_ESCAPE = re.compile(rb"(\x1b(?:\([BJHI]|\$[@BA]|\$\([@BDOPQAC]|&@\x1b\$B|\$\)[AC]|\)I))")
_DESIGNATES = re.compile(rb"\x1b(?:\$[@BA]|\$\([@BDOPQAC]|\(I|\$\)[AC]|\)I)")
#: Escapes with white space inside, where a line was folded in them.
_FOLDED = re.compile(rb"\x1b(?:\s+(\$)\s*|(\$)\s+|\s+(\()\s*|(\()\s+)(?=[(@BDIJ])")
_FOLDED_TWO = re.compile(rb"\x1b(?:\s+\$\s*|\$\s+)[@B]")
_SHIFTS = re.compile(rb"\x0e([^\x0f\r\n\x1b]*)\x0f?")
_SHIFTED_KANA = re.compile(rb"\x0e[\x21-\x5f]{1,200}\x0f")
_TWO_BYTES = re.compile(rb"(?:[\x21-\x7e]{2})+|[^\x21-\x7e]+|[\x21-\x7e]")
_STRICT = re.compile(rb"\x1b\$B((?:[\x21-\x7e]{2})+)\x1b\(B")
_PAIRS_ONLY = re.compile(rb"[ \t]*((?:[\x21-\x7e]{2})+)\r?")
#: Two-byte text whose escapes a gateway took away. It ends where another begins, so that a search stays linear.
_STRIPPED = re.compile(rb"\$B((?:(?!\$B)[\x21-\x7e]{2}|[ \t]){1,300}?)\([BJ]")
_EUC = re.compile(rb"(\x8e[\xa1-\xdf]|\x8f[\xa1-\xfe]{2}|(?:[\xa1-\xfe]{2})+)")
_SJIS = re.compile(rb"[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]|[\x80-\xff]")
_HIGH = bytes(octet | 0x80 for octet in range(256))
#: A long text is read in slices that end with a line, since its pieces cost far more memory than itself. So many of
#: them are looked at character by character; what is broken after those is read by Python alone.
_SLICE, _MOST_BROKEN = 2**18, 8


def has_escapes(octets: bytes) -> bool:
    """Whether the octets switch to a two-byte set or to kana: text of ISO-2022-JP under whatever label."""
    return b"\x1b" in octets and (_DESIGNATES.search(octets) is not None or _FOLDED_TWO.search(octets) is not None)


def has_shifted_kana(octets: bytes) -> bool:
    """Whether half-width kana stand between SO and SI (JIS7)."""
    return _SHIFTED_KANA.search(octets) is not None


def restored(octets: bytes) -> bytes | None:
    """ISO-2022-JP whose ESC octets were stripped, with them again; None if the octets are hardly that."""
    found = _STRIPPED.findall(octets)
    if not found:
        return None
    text = "".join(_two_byte(run, "0208") for run in found)
    if "\ufffd" in text or score(text, "cp932") < 0.6 or len(text) < 2:
        return None
    return _STRIPPED.sub(lambda match: b"\x1b$B" + match[1] + b"\x1b(B", octets)


def decode_iso2022jp(octets: bytes) -> str:
    """Octets of ISO-2022-JP or one of its relatives to text. Never fails."""
    if (text := _by_the_book(octets)) is not None:
        return text
    octets = _FOLDED.sub(lambda match: b"\x1b" + (match[1] or match[2] or match[3] or match[4]), octets)
    # What SO shifts to may be said once for the whole text; everything else ends with its line.
    return _iso2022(octets) if b"\x1b$)" in octets else "".join(map(_iso2022, _slices(octets)))


def _by_the_book(octets: bytes) -> str | None:
    """The text of octets that follow RFC 1468 and hold nothing else, as most do; None for all others."""
    euc = _STRICT.sub(lambda match: match[1].translate(_HIGH), octets) if octets.isascii() else b"\x1b"
    if b"\x1b" in euc or b"\x0e" in euc or b"\x0f" in euc:
        return None
    try:
        return as_microsoft(euc.decode("euc_jp"))
    except UnicodeDecodeError:
        return None


def _iso2022(octets: bytes) -> str:
    pieces: list[str] = []
    current, shifted = "ascii", "kana"
    split = _ESCAPE.split(octets)
    for index, piece in enumerate(split):
        if index % 2 and piece in _SHIFTED:
            shifted = _SHIFTED[piece]
        elif index % 2:
            current = _SETS[piece]
        elif piece and current == "ascii":
            pieces.append(_one_byte(piece, shifted))
        elif piece:
            closes = index + 1 < len(split) and _SETS.get(split[index + 1]) == "ascii"
            pieces.append(_designated(piece, current, shifted, closes))
    return "".join(pieces)


def decode_euc(octets: bytes) -> str:
    """EUC-JP with Microsoft's extensions (row 13, rows 89-92, IBM's in the third set) to text. Never fails."""
    try:
        return as_microsoft(octets.decode("euc_jp"))
    except UnicodeDecodeError:
        pass
    return _by_slices(octets, "euc_jp", _broken_euc)


def decode_cp932(octets: bytes) -> str:
    """Shift_JIS as code page 932; what only Shift_JIS-2004 has is read by that. Never fails."""
    try:
        return octets.decode("cp932")
    except UnicodeDecodeError:
        pass
    return _by_slices(octets, "cp932", _broken_sjis)


def _by_slices(octets: bytes, codec: str, broken: Callable[[bytes], str]) -> str:
    texts: list[str] = []
    left = _MOST_BROKEN
    for piece in _slices(octets):
        try:
            text = piece.decode(codec)
        except UnicodeDecodeError:
            text = broken(piece) if left > 0 else piece.decode(codec, "replace")
            left -= 1
        texts.append(as_microsoft(text))
    return "".join(texts)


def _slices(octets: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(octets):
        end = octets.find(b"\n", start + _SLICE) + 1 or len(octets)
        yield octets[start:end]
        start = end


def _broken_euc(octets: bytes) -> str:
    pieces = enumerate(_EUC.split(octets))
    return "".join(_euc_piece(piece) if index % 2 else piece.decode("ascii", "replace") for index, piece in pieces)


def _broken_sjis(octets: bytes) -> str:
    return _SJIS.sub(lambda match: _sjis(match[0]), octets).decode("utf-8", "replace")


def _sjis(char: bytes) -> bytes:
    for codec in ("cp932", "shift_jis_2004"):
        try:
            return char.decode(codec).encode()
        except UnicodeDecodeError:
            continue
    # A lead octet whose trail is none: the trail stands for itself, or a quote would be lost with it.
    return "\ufffd".encode() + (char[1:] if len(char) > 1 and char[1] < 0x80 else b"")


def _euc_piece(piece: bytes) -> str:
    if piece[0] == 0x8E:
        return kana(piece[1:])
    return supplementary(piece[1:]) if piece[0] == 0x8F else pair_text(piece)


def _one_byte(piece: bytes, shifted: str) -> str:
    if b"\x0e" not in piece:  # SO ... SI: half-width kana as in code page 50222 and JIS7, or what was designated
        return _plain(piece.replace(b"\x0f", b"") if shifted != "kana" else piece)
    parts = _SHIFTS.split(piece)
    return "".join(_set(part, shifted) if index % 2 else _plain(part) for index, part in enumerate(parts))


def _set(octets: bytes, name: str) -> str:
    return kana(octets) if name == "kana" else _two_byte(octets, name)


def _plain(octets: bytes) -> str:
    if octets.isascii():
        return octets.decode("ascii")
    try:  # 8-bit octets under a 7-bit label: a mail that mixes charsets, or kana of JIS8
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return decode_cp932(octets)


def _designated(piece: bytes, current: str, shifted: str, closes: bool) -> str:
    # RFC 1468: a line ends in ASCII. A client that forgot the escape means ASCII from the next line on; a gateway that
    # broke the line means two-byte text until the escape, and then such text is there.
    lines = piece.split(b"\n")
    out = [_set(lines[0], current)]
    for line in lines[1:]:
        goes_on = closes and current != "kana" and (pairs := _PAIRS_ONLY.fullmatch(line))
        text = _two_byte(line, current) if goes_on and pairs else ""
        out.append(text if text and "\ufffd" not in text and score(text, "cp932") >= 0.6 else _one_byte(line, shifted))
    return "\n".join(out)


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
            return pair_text(euc)
        case "0212":
            return supplementary(euc)
        case "0213":
            return euc.decode("euc_jis_2004", "replace")
        case "0213-2":
            return b"".join(b"\x8f" + euc[i : i + 2] for i in range(0, len(euc) - 1, 2)).decode(
                "euc_jis_2004", "replace"
            )
        case _:
            return euc.decode(current, "replace")
