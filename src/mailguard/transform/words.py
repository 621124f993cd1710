"""Encoded words of header fields, read and written (RFC 2047). Reading never fails: what is no encoded word stays.

For the diff, for what a subject already says, and for the names and tags that are added.
"""

from __future__ import annotations

import base64
import binascii
import re

from mailguard.transform.charsets import JIS, codec_of, decoded, encoded

_WORD = re.compile(rb"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?\r\n]*)\?=")
_RUN = re.compile(rb"(?:=\?[^?\s]{1,100}\?[bBqQ]\?[^?\r\n]*\?=[ \t]*)+")
_LABELS = {JIS: "ISO-2022-JP"}
#: Octets of text in one word, so that it stays within 75 characters (RFC 2047 section 2).
_MOST = 39


def unfolded(raw: bytes) -> bytes:
    """A folded value on one line, without white space around it."""
    return re.sub(rb"\r?\n|\r", b"", raw).strip(b" \t")


def read_words(raw: bytes) -> str:
    """A field's value as people see it."""
    flat = unfolded(raw)
    out, at = [], 0
    for run in _RUN.finditer(flat):
        out += [_plain(flat[at : run.start()]), _read_run(run.group())]
        at = run.end()
        if flat[at - 1 : at] in (b" ", b"\t"):
            out.append(" ")
    return "".join([*out, _plain(flat[at:])])


def first_charset(raw: bytes) -> str:
    """The charset of the first encoded word, "" if there is none."""
    match = _WORD.search(raw)
    return match.group(1).decode("latin-1") if match else ""


def starts_with_word(raw: bytes) -> bool:
    return _WORD.match(unfolded(raw)) is not None


def write_words(text: str, charset: str = "", eol: bytes = b"\r\n") -> bytes:
    """Text as encoded words, folded; in `charset` if that can say it, else in UTF-8. ASCII that needs none stays."""
    if text.isascii() and "=?" not in text:
        return text.encode("ascii")
    codec = codec_of(charset) if charset else None
    if codec in (None, "ascii", "utf_7") or encoded(text, codec or "") is None:
        codec, label = "utf-8", "UTF-8"
    else:
        label = _LABELS.get(codec or "", charset.upper())
    pieces = _pieces(text, codec or "utf-8")
    return (eol + b" ").join(f"=?{label}?B?{base64.b64encode(one).decode()}?=".encode("ascii") for one in pieces)


def _pieces(text: str, codec: str) -> list[bytes]:
    """The text in stretches of whole characters, each short enough for one word."""
    out, current = [], ""
    for ch in text:
        if current and len(encoded(current + ch, codec) or b"") > _MOST:
            out.append(encoded(current, codec) or b"")
            current = ""
        current += ch
    return [*out, encoded(current, codec) or b""]


def _read_run(run: bytes) -> str:
    """Neighbouring words of one charset are read as one: some programs cut a character between two."""
    stretches: list[tuple[str, bytes]] = []
    for match in _WORD.finditer(run):
        label, content = match.group(1).decode("latin-1"), _content(match.group(2), match.group(3))
        if stretches and stretches[-1][0].lower() == label.lower():
            stretches[-1] = (label, stretches[-1][1] + content)
        else:
            stretches.append((label, content))
    return "".join(_lenient(content, label) for label, content in stretches) or run.decode("latin-1")


def _content(way: bytes, text: bytes) -> bytes:
    if way in b"qQ":
        return binascii.a2b_qp(text.replace(b" ", b"_"), header=True)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
    return binascii.a2b_base64(letters[: len(letters) - (len(letters) % 4 == 1)] + b"=" * (-len(letters) % 4))


def _lenient(content: bytes, label: str) -> str:
    text = decoded(content, codec_of(label))
    return content.decode("utf-8", "replace") if text is None else text


def _plain(raw: bytes) -> str:
    if b"\x1b" in raw and (text := decoded(raw, JIS)) is not None:
        return text
    return raw.decode("utf-8", "replace")
