"""Unicode as it comes in mail: with and without its mark, in two and four octets, overlong, as surrogates, in 7 bits.

A strict decoder gives up on these and a client does not, so a word could hide in them. Each function gives a text or
None where the octets are nothing of the kind. Texts have no surrogates. Sources: RFC 3629 section 10 (overlong
sequences), RFC 2781 (octet order), RFC 2152 (UTF-7), RFC 3501 section 5.1.3 (its variant in IMAP), RFC 1843 (HZ).
"""

from __future__ import annotations

import binascii
import re

from mailguard.inspect.chars.likely import has_kana, score

_OVERLONG = re.compile(rb"[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f][\x80-\xbf]|\xf0[\x80-\x8f][\x80-\xbf]{2}")
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_SHIFTED = re.compile(rb"\+([A-Za-z0-9+/]{5,})-?")
_OFTEN = 200
_IMAP = re.compile(rb"&([A-Za-z0-9+,]*)-")
_HZ = re.compile(rb"~\{((?:[\x21-\x77][\x21-\x7e]){1,200})~\}")
_LANGUAGES = ("cp932", "gb18030", "cp949")
_LIKELY = 0.6
#: Of the first octets: so many are looked at for the pattern of zeros.
_SAMPLE = 4096


def by_mark(octets: bytes) -> str | None:
    """The text behind a byte order mark, None if there is none or it lies."""
    if octets.startswith(b"\xef\xbb\xbf"):
        return _strict(octets[3:], "utf-8")
    if octets.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return octets.decode("utf-32", "replace")
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16", "replace")
    return None


def by_zeros(octets: bytes) -> str | None:
    """UTF-16 or UTF-32 without label and mark, told by where its zeros stand; None if it is neither."""
    sample = octets[:_SAMPLE]
    zeros = [sample[start::4].count(0) for start in range(4)]
    quarter = max(1, len(sample) // 4)
    for codec, holes in (("utf-32-le", (2, 3)), ("utf-32-be", (0, 1))):
        if all(zeros[hole] >= 0.9 * quarter for hole in holes) and (text := _strict(octets, codec)) is not None:
            return text
    high, low = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if max(high, low) < 4 * min(high, low) or max(high, low) == 0:
        return None
    text = octets.decode("utf-16-be" if high > low else "utf-16-le", "replace")
    good = max(high, low) >= 0.6 * quarter or likeliest(text) >= _LIKELY
    return text if good else None


def wide(octets: bytes, codec: str) -> tuple[str, str]:
    """UTF-16 or UTF-32 by its label: the text, and that of the other octet order if both could be meant.

    RFC 2781 says big-endian where there is no mark; Windows writes little-endian.
    """
    if codec not in ("utf-16", "utf-32"):
        return octets.decode(codec, "replace"), ""
    texts = [octets.decode(f"{codec}-{order}", "replace") for order in ("le", "be")]
    told = by_zeros(octets)
    if told in texts:
        return told or "", ""
    points = [likeliest(text) for text in texts]
    better = points[1] > points[0]
    close = min(points) > 0.7 * max(points)
    return texts[better], texts[not better] if close else ""


def likeliest(text: str) -> float:
    """How much a text looks like one of East Asia, whichever."""
    return max(score(text, codec) for codec in _LANGUAGES)


def loose_utf8(octets: bytes) -> str | None:
    """UTF-8 with overlong sequences or with surrogates (CESU-8), None if it is not valid even so."""
    if _OVERLONG.search(octets) is None and _SURROGATE.search(octets) is None:
        return None
    try:
        text = _OVERLONG.sub(_shortest, octets).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return without_surrogates(text)


def without_surrogates(text: str) -> str:
    """Pairs of surrogates as the characters they mean, lone ones as U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def utf7(octets: bytes) -> str:
    """UTF-7 under its label."""
    return without_surrogates(octets.decode("utf-7", "replace"))


def imap_utf7(octets: bytes) -> str:
    """The UTF-7 of IMAP folders: "&" instead of "+", "," instead of "/"."""
    shifted = octets.replace(b"+", b"+-")
    return utf7(_IMAP.sub(lambda found: b"+" + found[1].replace(b",", b"/") + b"-" if found[1] else b"&", shifted))


def unlabelled_7bit(octets: bytes) -> str | None:
    """UTF-7 or HZ that nobody announced, None if the octets are hardly that."""
    if b"~{" in octets and (found := _HZ.search(octets)):
        text = _high(found[1]).decode("gb2312", "replace")
        if score(text, "gb18030") >= _LIKELY and "\ufffd" not in text:
            return _HZ.sub(lambda one: _high(one[1]).decode("gb2312", "replace").encode(), octets).decode()
    if b"+" in octets and _SHIFTED.search(octets):
        replaced = _SHIFTED.sub(_unshifted, octets)
        return replaced.decode() if replaced != octets else None
    return None


def is_often_shifted(octets: bytes) -> bool:
    """Whether so much may be UTF-7 that nobody announced that to look at each piece takes long."""
    return octets.count(b"+") > _OFTEN and len(_SHIFTED.findall(octets)) > _OFTEN


def _unshifted(found: re.Match[bytes]) -> bytes:
    letters = found[1][: len(found[1]) // 4 * 4 + (len(found[1]) % 4 > 1 and len(found[1]) % 4)]
    units = binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    text = units[: len(units) // 2 * 2].decode("utf-16-be", "replace")
    everyday = len(text) >= 2 and text.isprintable() and not any(ch < "\u3000" for ch in text)
    return (
        text.encode()
        if everyday and (likeliest(text) >= 0.9 or (has_kana(text) and likeliest(text) > 0.7))
        else found[0]
    )


def _shortest(found: re.Match[bytes]) -> bytes:
    """An overlong sequence as the one that should have been written."""
    point = 0
    for number, octet in enumerate(found[0]):
        point = point << 6 | (octet & 0x3F if number else octet & (0x1F, 0x0F, 0x07)[len(found[0]) - 2])
    return chr(point).encode("utf-8", "surrogatepass")


def _high(octets: bytes) -> bytes:
    return bytes(octet | 0x80 for octet in octets)


def _strict(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except UnicodeDecodeError:
        return None
