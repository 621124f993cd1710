"""The rows of JIS X 0208, 0212 and 0213 with what NEC, IBM and Microsoft put into their free places.

Input are pairs of 0xA1-0xFE, as EUC has them; in ISO-2022-JP the same without the high bit. Python's euc_jp knows none
of the vendors' characters; its code page 932 does, and its octets are a fixed sum away. Where the standard and
Microsoft take one sign for different characters of Unicode (wave dash, minus), Microsoft's is given, as mail clients
do. Sources: JIS X 0208 rows 13 and 89-92 as in code page 932; Encoding Standard, index jis0208; eucJP-ms of TOG/JVC.
"""

from __future__ import annotations

import functools
import re

_PAIR = re.compile(rb"[\xa1-\xfe]{2}")
_TO_MICROSOFT = {0x301C: 0xFF5E, 0x2016: 0x2225, 0x2212: 0xFF0D, 0xA2: 0xFFE0, 0xA3: 0xFFE1, 0xAC: 0xFFE2}
_DIFFERENT = re.compile("[\u301c\u2016\u2212\u00a2\u00a3\u00ac]")


def as_microsoft(text: str) -> str:
    """A text out of JIS X 0208 with Microsoft's characters where tables differ (wave dash, minus, cent ...)."""
    return text.translate(_TO_MICROSOFT) if _DIFFERENT.search(text) else text


def pair_text(euc: bytes) -> str:
    """Pairs of the first set to text. Never fails."""
    try:
        return as_microsoft(euc.decode("euc_jp"))
    except UnicodeDecodeError:
        pass
    try:
        return _PAIR.sub(_to_932, euc).decode("cp932")
    except UnicodeDecodeError:
        return "".join(map(_pair, _PAIR.findall(euc)))


def supplementary(euc: bytes) -> str:
    """Pairs of the third set: JIS X 0212, IBM's characters, JIS X 0213's second plane. Never fails."""
    return "".join(map(_third, _PAIR.findall(euc)))


def kana(octets: bytes) -> str:
    """Half-width katakana, 0x21-0x5F or with the high bit."""
    return "".join(
        chr(0xFF61 + (octet & 0x7F) - 0x21) if 0x21 <= octet & 0x7F <= 0x5F else chr(octet & 0x7F) for octet in octets
    )


@functools.lru_cache(maxsize=9000)
def _pair(pair: bytes) -> str:
    for octets, codec in ((pair, "euc_jp"), (_PAIR.sub(_to_932, pair), "cp932"), (pair, "euc_jis_2004")):
        try:
            return as_microsoft(octets.decode(codec))
        except UnicodeDecodeError:
            continue
    return "\ufffd"


@functools.lru_cache(maxsize=9000)
def _third(pair: bytes) -> str:
    octets = b"\x8f" + pair
    try:
        return octets.decode("euc_jp")
    except UnicodeDecodeError:
        return _ibm().get(pair) or octets.decode("euc_jis_2004", "replace")[:1]


@functools.cache
def _ibm() -> dict[bytes, str]:
    """IBM's characters that JIS X 0212 lacks, from row 83 cell 83 on in the order of code page 932 (eucJP-ms)."""
    cells = [bytes((lead, trail)) for lead in (0xFA, 0xFB, 0xFC) for trail in range(0x40, 0xFD) if trail != 0x7F]
    text = b"".join(cells[: cells.index(b"\xfc\x4b") + 1]).decode("cp932")
    missing = [ch for ch in text if ch not in "￢∵" and not _in_0212(ch)]
    places = [bytes((0xF3, cell)) for cell in range(0xF3, 0xFF)] + [bytes((0xF4, cell)) for cell in range(0xA1, 0xFF)]
    return dict(zip(places, missing, strict=False))


def _in_0212(ch: str) -> bool:
    try:
        return ch.encode("euc_jp")[:1] == b"\x8f"
    except UnicodeEncodeError:
        return False


def _to_932(match: re.Match[bytes]) -> bytes:
    row, cell = (octet - 0xA0 for octet in match.group())
    lead = (row + 1) // 2 + (0x80 if row <= 62 else 0xC0)
    trail = cell + 0x9E if row % 2 == 0 else cell + (0x3F if cell < 0x40 else 0x40)
    return bytes((lead, trail))
