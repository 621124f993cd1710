"""Files that hold mail: one (.eml, .mht, Apple's .emlx) or many (mbox). What a mail says is read elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.inspect.chars.charset import decode
from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.limits import Budget

#: Between the mails of an mbox (RFC 4155 appendix A): "From ", who, when; then the first field of a mail.
_SEPARATOR = re.compile(rb"(?m)^From [^\r\n]{0,300}[0-9]{1,2}:[0-9]{2}[^\r\n]{0,60}\r?\n(?=[!-9;-~]{1,60}:)")
_LENGTH = re.compile(rb"\s{0,20}([0-9]{1,12})[ \t]*\r?\n")
_BEFORE = b"\xef\xbb\xbf \t\r\n\0"


def is_mbox(octets: bytes) -> bool:
    """Whether octets hold more than one mail."""
    first = _SEPARATOR.match(octets)
    return first is not None and _SEPARATOR.search(octets, first.end()) is not None


def without_length(octets: bytes) -> bytes:
    """What follows the length in front of a mail in an .emlx; b"" if there is none."""
    match = _LENGTH.match(octets)
    return octets[match.end() :] if match else b""


def read_mail_file(file: FileIn, budget: Budget) -> Content:
    """One mail; white space and marks before its header are no body."""
    octets = file.octets
    return Content(message=octets.lstrip(_BEFORE) if octets[:1] and octets[:1] in _BEFORE else octets)


def read_mbox(file: FileIn, budget: Budget) -> Content:
    """Many mails, one after the other."""
    return Content(inner=_mails(file, budget))


def read_emlx(file: FileIn, budget: Budget) -> Content:
    """A mail behind its length in octets, and a property list after it, which is text."""
    match = _LENGTH.match(file.octets)
    if match is None:
        return Content(message=file.octets)
    end = match.end() + int(match[1])
    if end > len(file.octets):
        budget.find("unparseable_attachment", file.where, "emlx that is cut off")
    return Content(text=decode(file.octets[end:]).text.strip(), message=file.octets[match.end() : end])


def _mails(file: FileIn, budget: Budget) -> Iterator[Inner]:
    starts = [match.end() for match in _SEPARATOR.finditer(file.octets)]
    for number, start in enumerate(starts, 1):
        if not budget.take_member(file.where):
            return
        end = file.octets.rfind(b"\nFrom ", start, starts[number]) if number < len(starts) else len(file.octets)
        mail = file.octets[start : end + 1]
        yield Inner(f"{number}.eml", mail, len(mail))
