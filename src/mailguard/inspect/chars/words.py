"""Encoded words (RFC 2047) and raw octets in header fields, as mail clients show them, also where they break the rules.

Real clients put encoded words into quoted strings, glue them to other text, cut them in the middle of a character, fold
them inside, forget padding or the end, encode twice, and leave raw Shift_JIS or UTF-8 between them. All of that is
read; where the charset is in doubt, twice. Linear in the field's length; never raises.
"""

from __future__ import annotations

import binascii
import functools
import re
import unicodedata
from dataclasses import dataclass

from mailguard.inspect.chars.charset import Reading, codec_of, decode, tidy
from mailguard.inspect.chars.labels import JIS

_SPACE = " \t\r\n"
#: A value that is what it looks like: without the signs of UTF-7, HZ, ISO 2022 and controls.
_PLAIN = re.compile(rb"[ -#%-*,-}]*+")
_REMEMBERED = 400
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_CONTROLS = re.compile(r"[\r\n\t\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
#: The head of a word; the charset may be missing, and carry a language behind "*" (RFC 2231 section 5).
_HEAD = re.compile(r"=\?[ \t]*([^?\s*]{0,60})(?:\*[^?\s]{0,30})?[ \t]*\?[ \t]*([bBqQ])[ \t]*\?")
#: White space that a fold left in an escape or before the rest of a character.
_FOLDED_ESCAPE = re.compile(rb"=[ \t]*([0-9A-Fa-f])[ \t]*([0-9A-Fa-f])")
_FOLDED_CHAR = re.compile(rb"(?<=[\x80-\xff])[ \t]{1,80}(?=[\x80-\xbf])")
_HIGH_ESCAPE = re.compile(r"=[89A-F][0-9A-F]")
_BLANK = re.compile(r"[ \t\r\n]")
#: Words inside words are read so deep.
_NESTED = 2


def decode_field(raw: bytes) -> str:
    """The text of an unstructured field (subject, comment, display name), on one line."""
    return read_field(raw).text


def read_field(raw: bytes) -> Reading:
    """The text of an unstructured field on one line, and a second one where its charset is in doubt."""
    if _PLAIN.fullmatch(raw) and b"=?" not in raw:
        return Reading(raw.decode("ascii").strip())
    return _remembered(raw) if len(raw) <= _REMEMBERED else _read_field(raw)


@functools.lru_cache(maxsize=512)
def _remembered(raw: bytes) -> Reading:
    """One field is read by several: as a person's name, by rules, for personal data."""
    return _read_field(raw)


def _read_field(raw: bytes) -> Reading:
    if raw.isascii() and b"=?" not in raw and b"\x1b" not in raw:
        reading = decode(raw)
    else:
        reading = read_words(raw.decode("latin-1"), raw=True)
    text, second = one_line(reading.text), one_line(reading.second) if reading.second else ""
    return Reading(text, second if second != text else "")


def decode_words(text: str) -> str:
    """Replace the encoded words in a text."""
    return read_words(text).text if "=?" in text else text


def one_line(text: str) -> str:
    """Unfolded, without controls, outer white space trimmed, in NFC."""
    text = _FOLD.sub("", tidy(text)) if "\n" in text or "\r" in text else tidy(text)
    text = _CONTROLS.sub(" ", text).strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def read_words(text: str, *, raw: bool = False) -> Reading:
    """Encoded words replaced. raw: the text is octets as Latin-1, and the rest of it is decoded too."""
    reading = _once(text, raw)
    for _ in range(_NESTED):  # gateways encode a word again that they took for text
        if "=?" not in reading.text or (again := _once(reading.text, False)).text == reading.text:
            break
        reading = Reading(again.text, reading.second or again.second)
    return reading


def _once(text: str, raw: bool) -> Reading:
    pieces: list[Reading] = []
    run: list[_Word] = []  # words next to each other, of one charset
    position = 0
    while (word := _next_word(text, position)) is not None:
        between = text[position : word.start]
        # White space between two encoded words is not shown (RFC 2047 section 6.2).
        if run and (between.strip(_SPACE) or word.codec != run[0].codec):
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
    first = "".join(piece.text for piece in pieces)
    if not any(piece.second for piece in pieces):
        return Reading(first)
    return Reading(first, "".join(piece.second or piece.text for piece in pieces))


def _rest(text: str, raw: bool) -> Reading:
    if not raw or (text.isascii() and "\x1b" not in text):
        return Reading(text)
    return decode(text.encode("latin-1", "replace"))


@dataclass(frozen=True, slots=True)
class _Word:
    """One encoded word: where it stands, its charset and the codec for it, its encoding (b or q) and its payload."""

    start: int
    end: int
    charset: str
    codec: str
    encoding: str
    payload: bytes


def _next_word(text: str, position: int) -> _Word | None:
    head = _HEAD.search(text, position)
    if head is None:
        return None
    charset, encoding = head[1].lower(), head[2].lower()
    start = head.end()
    stop, end = _end(text, start, encoding)
    payload = text[start:stop].encode("latin-1", "replace")
    return _Word(head.start(), end, charset, codec_of(charset) or charset, encoding, payload)


def _end(text: str, start: int, encoding: str) -> tuple[int, int]:
    """Where a payload stops and where what follows the word begins."""
    following = _HEAD.search(text, start)
    limit = following.start() + 1 if following else len(text)  # what lies behind the next head is never looked at twice
    stop = text.find("?=", start, limit)
    while encoding == "q" and stop >= 0 and _HIGH_ESCAPE.match(text, stop + 1):
        # A question mark that should have been encoded, and an escape behind it: no end.
        longer = text.find("?=", stop + 2, limit)
        if longer < 0 or _BLANK.search(text, stop, longer):
            break
        stop = longer
    if stop >= 0:
        return stop, min(stop + 2, following.start() if following else stop + 2)
    if following:  # the end was forgotten, and the next word begins
        return following.start(), following.start()
    # Cut off at the end of the field; text behind a space is none of it.
    cut = _BLANK.search(text, start) if encoding == "b" else None
    stop = cut.start() if cut else len(text)
    return start + len(text[start:stop].rstrip("?")), stop


def _shown(run: list[_Word]) -> Reading:
    # Joined before decoding: senders cut multi-octet characters between two words, against section 5 (3).
    octets = [_unpacked(encoding, b"".join(payloads)) for encoding, payloads in _joined(run)]
    joined = b"".join(octets)
    if run[0].codec == "utf-8" and b" " in joined:
        joined = _FOLDED_CHAR.sub(b"", joined)
    reading = decode(joined, run[0].charset)
    if run[0].codec == JIS and "\ufffd" in reading.text and len(octets) > 1:
        # Each word begins in ASCII by the rules; one that did not return to it must not swallow the next.
        alone = "".join(decode(one, run[0].charset).text for one in octets)
        return Reading(alone) if alone.count("\ufffd") < reading.text.count("\ufffd") else reading
    return reading


def _joined(run: list[_Word]) -> list[tuple[str, list[bytes]]]:
    """Payloads that belong together: some senders cut base64 itself between two words, and not at a fourth letter."""
    out: list[tuple[str, list[bytes]]] = []
    letters = 0
    for word in run:
        last = out[-1][1][-1] if out else b""
        if out and word.encoding == out[-1][0] == "b" and not last.rstrip().endswith(b"=") and letters % 4:
            out[-1][1].append(word.payload)
        else:
            out.append((word.encoding, [word.payload]))
            letters = 0
        letters += len(_NOT_BASE64.sub(b"", word.payload)) if word.encoding == "b" else 0
    return out


def _unpacked(encoding: str, payload: bytes) -> bytes:
    if encoding == "q":
        if b" " in payload or b"\t" in payload:
            payload = _FOLDED_ESCAPE.sub(rb"=\1\2", payload)
        return binascii.a2b_qp(payload, header=True)
    return b"".join(_base64(block) for block in re.split(rb"(?<!=)=+(?=[A-Za-z0-9+/])", payload))


def _base64(block: bytes) -> bytes:
    letters = _NOT_BASE64.sub(b"", block)
    if len(letters) % 4 == 1:  # a lone letter carries no octet
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
