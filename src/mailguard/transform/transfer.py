"""Transfer encodings: a body undone, a file written, and a stretch put into a body so that the rest stays as it is.

Base64 is opened at the one group of four letters where the stretch goes in; quoted-printable at the one place in its
line. Sources: RFC 2045 sections 6.7 and 6.8.
"""

from __future__ import annotations

import base64
import binascii
import re

from mailguard.transform.edits import Edit, Unalterable
from mailguard.transform.walk import IDENTITY, Mail, Part

_BASE64 = re.compile(rb"[A-Za-z0-9+/\r\n \t]*={0,2}[\r\n \t]*")
_QP_LINE = re.compile(rb"[^\n]*(?:\n|\Z)")
_QP_TOKEN = re.compile(rb"=[0-9A-Fa-f]{2}|[^=]|=")
#: Octets of a file that are encoded at a time: whole lines of 76 letters.
_SLICE = 57 * 4096


def undone(mail: Mail, part: Part) -> bytes:
    """The content of a leaf. Lenient as mail clients are; `is_strict` says whether it had to be."""
    raw = mail.octets[part.body : part.end]
    if part.encoding == "quoted-printable":
        return binascii.a2b_qp(raw)
    if part.encoding == "base64":
        try:
            return binascii.a2b_base64(raw)
        except binascii.Error:
            letters = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
            return binascii.a2b_base64(letters[: len(letters) // 4 * 4])
    return raw


def is_strict(mail: Mail, part: Part) -> bool:
    """Whether every reader undoes the encoding of a leaf to the same octets."""
    if part.encoding != "base64":
        return part.encoding in IDENTITY or part.encoding == "quoted-printable"
    raw = mail.octets[part.body : part.end]
    letters = len(raw) - sum(raw.count(one) for one in (b"\r", b"\n", b" ", b"\t"))
    return _BASE64.fullmatch(raw) is not None and letters % 4 == 0


def in_base64(content: bytes | bytearray, eol: bytes) -> bytes:
    """Lines of 76 letters, the last one with its line end."""
    out, view = bytearray(), memoryview(content)
    for at in range(0, len(content), _SLICE):
        out += base64.encodebytes(view[at : at + _SLICE]).replace(b"\n", eol)
    return bytes(out)


def in_quoted_printable(content: bytes, eol: bytes) -> bytes:
    """Text with its line ends as they are (they must be `eol`); lines of at most 76."""
    flat = binascii.b2a_qp(content.replace(b"\r\n", b"\n"), istext=True)
    return flat.replace(b"\n", eol) if eol != b"\n" else flat


def inserted(mail: Mail, part: Part, content: bytes, at: int, addition: bytes) -> Edit:
    """Put `addition` at place `at` of a leaf whose undone content is `content`. Raises Unalterable if it cannot be."""
    if part.encoding == "base64":
        return _into_base64(mail, part, content, at, addition)
    if part.encoding == "quoted-printable":
        return _into_quoted_printable(mail, part, content, at, addition)
    return Edit(part.body + at, part.body + at, addition)


def _into_base64(mail: Mail, part: Part, content: bytes, at: int, addition: bytes) -> Edit:
    if not is_strict(mail, part):
        raise Unalterable(
            "本文のBase64が壊れているため変更できません", "the base64 of the text is broken, so nothing is put into it"
        )
    group = at // 3
    rest = content[3 * group : 3 * group + 3]
    inside = at - 3 * group
    if len(content) > 3 * (group + 1):  # the groups behind it stay as they are if they still begin with a group
        addition += b" " * (-len(addition) % 3)
    start = _letter(mail.octets, part, 4 * group)
    stop = _letter(mail.octets, part, 4 * (group + 1)) if rest else start
    eol, letters = mail.eol, in_base64(rest[:inside] + addition + rest[inside:], mail.eol)
    before = b"" if start == part.body or mail.octets[start - 1 : start] == b"\n" else eol
    after = mail.octets[stop : stop + 2].lstrip(b" \t")
    return Edit(start, stop, before + (letters.removesuffix(eol) if after[:1] in (b"\r", b"\n") else letters))


def _letter(octets: bytes, part: Part, number: int) -> int:
    """The place of the letter with this number in a base64 body, counted from 0; the end of the last one behind it."""
    last = part.body
    for line in re.finditer(rb"[A-Za-z0-9+/=]+", octets[part.body : part.end]):
        size = line.end() - line.start()
        if number < size:
            return part.body + line.start() + number
        number, last = number - size, part.body + line.end()
    return last


def _into_quoted_printable(mail: Mail, part: Part, content: bytes, at: int, addition: bytes) -> Edit:
    written = in_quoted_printable(addition, mail.eol)
    octets, soft = mail.octets, b"=" + mail.eol
    if at >= len(content):
        # Behind a soft line break at the very end the next line would go on in the last one.
        ends_soft = octets[part.body : part.end].rstrip(b" \t").endswith(b"=")
        return Edit(part.end, part.end, (mail.eol if ends_soft else b"") + written)
    passed = 0
    for line in _QP_LINE.finditer(octets, part.body, part.end):
        size = len(binascii.a2b_qp(line.group()))
        if passed + size > at:
            place = line.start() + _within(line.group(), at - passed)
            fresh = place == line.start()
            ending = b"" if addition.endswith(b"\n") else soft
            return Edit(place, place, (b"" if fresh else soft) + written + ending)
        passed += size
    raise Unalterable(
        "本文の符号化が壊れているため変更できません", "the encoding of the text is broken, so nothing is put into it"
    )


def _within(line: bytes, count: int) -> int:
    """Where in an encoded line the octet with this number is written."""
    at = 0
    for token in _QP_TOKEN.finditer(line):
        if count == 0:
            return token.start()
        count, at = count - 1, token.end()
    return at
