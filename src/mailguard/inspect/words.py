"""Encoded words (RFC 2047) and raw octets in header fields, as mail clients show them, also where they break the rules.

Real clients put encoded words into quoted strings, glue them to other text, cut them in the middle of a character,
forget padding and leave raw Shift_JIS or UTF-8 between them. All of that is read. Linear in the field's length; never
raises.
"""

from __future__ import annotations

import binascii
import re

from mailguard.inspect.charset import decode, tidy

#: Longest charset name looked for: a "=?" that is no encoded word must not cost a search through the whole field.
_CHARSET_MAX = 80
_SPACE = " \t\r\n"
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_CONTROLS = re.compile(r"[\r\n\t\x00-\x1f\x7f]+")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def decode_field(raw: bytes) -> str:
    """The text of an unstructured field (subject, comment, display name), on one line."""
    if b"=?" not in raw:
        return one_line(decode(raw).text)
    return one_line(decode_words(raw.decode("latin-1"), raw=True))


def decode_words(text: str, *, raw: bool = False) -> str:
    """Replace the encoded words in a text. raw: it is octets as Latin-1, and the rest of it is decoded too."""
    if "=?" not in text:
        return _rest(text, raw)
    pieces: list[str] = []
    run: list[bytes] = []  # octets of encoded words next to each other, of one charset
    run_charset = ""
    position = 0
    while (found := _next_word(text, position)) is not None:
        start, end, charset, octets = found
        between = text[position:start]
        # White space between two encoded words is not shown (RFC 2047 section 6.2).
        if run and (between.strip(_SPACE) or charset != run_charset):
            pieces.append(decode(b"".join(run), run_charset).text)
            run = []
            if between.strip(_SPACE):
                pieces.append(_rest(between, raw))
        elif not run:
            pieces.append(_rest(between, raw))
        run.append(octets)
        run_charset, position = charset, end
    if run:
        # Joined before decoding: senders cut multi-octet characters between two words, against section 5 (3).
        pieces.append(decode(b"".join(run), run_charset).text)
    pieces.append(_rest(text[position:], raw))
    return "".join(pieces)


def one_line(text: str) -> str:
    """Unfolded, without controls, outer white space trimmed."""
    text = _FOLD.sub("", tidy(text)) if "\n" in text or "\r" in text else tidy(text)
    return _CONTROLS.sub(" ", text).strip()


def _rest(text: str, raw: bool) -> str:
    return decode(text.encode("latin-1", "replace")).text if raw and not text.isascii() else text


def _next_word(text: str, position: int) -> tuple[int, int, str, bytes] | None:
    """Start, end, charset and octets of the next encoded word."""
    while (start := text.find("=?", position)) >= 0:
        position = start + 2
        mark = text.find("?", position, position + _CHARSET_MAX)
        if mark < 0 or text[mark + 2 : mark + 3] != "?" or text[mark + 1] not in "bBqQ":
            continue
        end = text.find("?=", mark + 3)
        if end < 0:  # cut off at the end of the field
            end = len(text)
        elif text[mark + 1] in "qQ" and end == mark + 3 and text[end + 2 : end + 3].isalnum():
            longer = text.find("?=", end + 2)  # "=?utf-8?Q?=E3...?=": the mark and the first escape look like an end
            end = longer if longer >= 0 else end
        charset = text[start + 2 : mark].partition("*")[0].strip().lower()  # RFC 2231 section 5: language after "*"
        if not charset or any(ch in _SPACE for ch in charset):
            continue
        octets = _unpacked(text[mark + 3 : end], text[mark + 1])
        return start, min(end + 2, len(text)), charset, octets
    return None


def _unpacked(payload: str, encoding: str) -> bytes:
    octets = payload.encode("latin-1", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(octets, header=True)
    letters = _NOT_BASE64.sub(b"", octets)
    if len(letters) % 4 == 1:  # a lone letter carries no octet
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
