"""Folding: two texts that a reader takes for the same become the same (contract section 9, product section 4).

NFKC (full and half width, circled digits, ligatures, ㈱), Unicode case folding, invisible characters dropped,
the several dashes and wave dashes made one. A Japanese mail is wrapped by hand in mid-word, so line ends
between wide characters can be joined. Pure; it never fails, whatever the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

#: Ranges of what splits a word for a program but not for an eye: zero-width and format characters, fillers, variation
#: selectors (also those of kanji), tags (UAX 44 Default_Ignorable), and control characters that are no white space.
_UNSEEN = (
    (0x00, 0x08), (0x0E, 0x1B), (0x7F, 0x84), (0x86, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C),
    (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F),
    (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)  # fmt: skip
_INVISIBLE = [chr(code) for first, last in _UNSEEN for code in range(first, last + 1)]
# Dashes and wave dashes differ by the converter that the sender's system used (JIS X 0208 to Unicode), not by meaning.
_TABLE = str.maketrans({**dict.fromkeys(_INVISIBLE), **dict.fromkeys("‐‑‒–—―−", "-"), "〜": "~", "∥": "‖", "￤": "¦"})
_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
#: A line end before a wide character, with the quote marks and blanks behind it. It begins with a letter of its own, so
#: that the engine leaps from line to line.
_WRAP = re.compile(rf"\n[ \t>|]*(?=[{_WIDE}])")
_QUOTE_MARKS = re.compile(r"\n[ \t>|]+")
_WIDE_ONE = re.compile(f"[{_WIDE}]")
_ODD = re.compile(
    f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in _UNSEEN)}"
    f"{''.join(re.escape(chr(code)) for code, table in _TABLE.items() if table is not None)}]"
)
#: For texts of ASCII alone: Python goes through them at the speed of copying.
_CONTROLS = {ord(ch): None for ch in _INVISIBLE if ch.isascii()}
_META = frozenset("\\.+*?()|[]{}^$-")
#: Longer texts are folded in pieces: in between other threads get their turn, the event loop before all.
_PIECE = 64 * 1024
#: Inside a line, before a character that begins a new one whatever stands before it: a cut there changes no folding.
_SEAM = re.compile("(?<=[^\\s>|])[0-9A-Za-z\u3041-\u3096\u4e00-\u9fff]")


def normal(text: str) -> str:
    """NFKC without invisible characters; case kept."""
    if text.isascii():
        return text.translate(_CONTROLS)
    if len(text) > 2 * _PIECE:
        return _piecewise(normal, text)
    if "㊙" in text:
        text = text.replace("㊙", "マル秘")  # as it is read; NFKC makes a bare 秘 of it
    once = unicodedata.normalize("NFKC", text)
    # `translate` takes ten times as long as a look whether there is anything to do.
    return unicodedata.normalize("NFKC", once.translate(_TABLE)) if _ODD.search(once) else once


def fold(text: str) -> str:
    """The form in which words are compared: `normal` without regard to case."""
    if text.isascii():
        return text.translate(_CONTROLS).lower()
    if len(text) > 2 * _PIECE:
        return _piecewise(fold, text)
    return _caseless(normal(text))


def fold_normal(text: str) -> str:
    """The same for a text that is `normal`, also one that was unwrapped since."""
    if text.isascii():
        return text.lower()
    if len(text) > 2 * _PIECE:
        return _piecewise(fold_normal, text)
    return _caseless(unicodedata.normalize("NFKC", text))


def _caseless(text: str) -> str:
    return unicodedata.normalize("NFKC", text.casefold())


def unwrapped(text: str) -> str:
    """The text with the line ends between wide characters taken out."""
    if text.isascii():
        return text
    return _piecewise(unwrapped, text) if len(text) > 2 * _PIECE else _joined(text)


def _joined(text: str) -> str:
    pieces: list[str] = []
    kept = 0
    for wrap in _WRAP.finditer(text):
        end = wrap.start()
        if end > kept and text[end - 1] == "\r":
            end -= 1
        while end > kept and text[end - 1] in " \t":
            end -= 1
        if end > kept and _WIDE_ONE.match(text, end - 1):
            pieces.append(text[kept:end])
            kept = wrap.end()
    return "".join((*pieces, text[kept:])) if pieces else text


def spaced(text: str) -> str:
    """The text with one blank for any white space and for a line end (with the quote marks behind it), as an eye takes
    them: a phrase that was wrapped is whole. Paragraphs stay apart.
    """
    if "\n" not in text:
        return " ".join(text.split())
    if "\n>" in text or "\n " in text or "\n\t" in text:
        text = _QUOTE_MARKS.sub("\n", text)
    return "\n\n".join(" ".join(part.split()) for part in text.replace("\r\n", "\n").split("\n\n"))


def normal_pattern(pattern: str) -> str:
    """A pattern with its letters folded like the text that it meets; what folds into a metacharacter is escaped."""
    if pattern.isascii():
        return pattern
    return "".join(ch if ch.isascii() else _escaped(normal(ch)) for ch in pattern)


def _piecewise(change: Callable[[str], str], text: str) -> str:
    return "".join(change(piece) for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    """The text cut at seams into pieces of about _PIECE, never two of them in reach of one another's changes."""
    start = 0
    while len(text) - start > 2 * _PIECE:
        seam = _SEAM.search(text, start + _PIECE, start + 2 * _PIECE - 1)
        end = seam.start() if seam else start + 2 * _PIECE
        yield text[start:end]
        start = end
    yield text[start:]


def _escaped(text: str) -> str:
    return "".join(f"\\{ch}" if ch in _META else ch for ch in text)
