"""Encoded words (RFC 2047) and raw octets in header fields, as mail clients show them, also where they break the rules.

Real clients put encoded words into quoted strings, glue them to other text, cut them in the middle of a character,
forget padding and leave raw Shift_JIS or UTF-8 between them. All of that is read. Linear in the field's length; never
raises.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

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
    run: list[_Word] = []  # words next to each other, of one charset
    position = 0
    while (word := _next_word(text, position)) is not None:
        between = text[position : word.start]
        # White space between two encoded words is not shown (RFC 2047 section 6.2).
        if run and (between.strip(_SPACE) or word.charset != run[0].charset):
            pieces.append(_shown(run))
            run = []
            if between.strip(_SPACE):
                pieces.append(_rest(between, raw))
        elif not run:
            pieces.append(_rest(between, raw))
        run.append(word)
        position = word.end
    if run:
        pieces.append(_shown(run))
    pieces.append(_rest(text[position:], raw))
    return "".join(pieces)


def one_line(text: str) -> str:
    """Unfolded, without controls, outer white space trimmed."""
    text = _FOLD.sub("", tidy(text)) if "\n" in text or "\r" in text else tidy(text)
    return _CONTROLS.sub(" ", text).strip()


def _rest(text: str, raw: bool) -> str:
    return decode(text.encode("latin-1", "replace")).text if raw and not text.isascii() else text


@dataclass(frozen=True, slots=True)
class _Word:
    """One encoded word: where it stands, its charset, its encoding (b or q) and its payload."""

    start: int
    end: int
    charset: str
    encoding: str
    payload: bytes


def _next_word(text: str, position: int) -> _Word | None:
    while (start := text.find("=?", position)) >= 0:
        position = start + 2
        mark = text.find("?", position, position + _CHARSET_MAX)
        if mark < 0 or text[mark + 2 : mark + 3] != "?" or text[mark + 1] not in "bBqQ":
            continue
        end = text.find("?=", mark + 3)
        if end < 0:  # cut off at the end of the field
            end = len(text.rstrip("?"))
        elif text[mark + 1] in "qQ" and end == mark + 3 and text[end + 2 : end + 3].isalnum():
            longer = text.find("?=", end + 2)  # "=?utf-8?Q?=E3...?=": the mark and the first escape look like an end
            end = longer if longer >= 0 else end
        charset = text[start + 2 : mark].partition("*")[0].strip().lower()  # RFC 2231 section 5: language after "*"
        if not charset or any(ch in _SPACE for ch in charset):
            continue
        payload = text[mark + 3 : end].encode("latin-1", "replace")
        return _Word(start, min(end + 2, len(text)), charset, text[mark + 1].lower(), payload)
    return None


def _shown(run: list[_Word]) -> str:
    # Joined before decoding: senders cut multi-octet characters between two words, against section 5 (3).
    octets = b"".join(_unpacked(encoding, b"".join(payloads)) for encoding, payloads in _joined(run))
    return decode(octets, run[0].charset).text


def _joined(run: list[_Word]) -> list[tuple[str, list[bytes]]]:
    """Payloads that belong together: some senders cut base64 itself between two words, and not at a fourth letter."""
    out: list[tuple[str, list[bytes]]] = []
    for word in run:
        last = out[-1][1][-1] if out else b""
        if out and word.encoding == out[-1][0] == "b" and not last.endswith(b"=") and sum(map(len, out[-1][1])) % 4:
            out[-1][1].append(word.payload)
        else:
            out.append((word.encoding, [word.payload]))
    return out


def _unpacked(encoding: str, payload: bytes) -> bytes:
    if encoding == "q":
        return binascii.a2b_qp(payload, header=True)
    letters = _NOT_BASE64.sub(b"", payload)
    if len(letters) % 4 == 1:  # a lone letter carries no octet
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
