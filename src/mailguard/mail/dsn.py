"""A delivery status notification: a mail's sender is told what became of some recipients' copies, and why (RFC 3464).

It reports one action: failed, delayed, or relayed (to a server that sends no reports itself, RFC 3461 section 5.2.2).
multipart/report (RFC 6522) in three parts: for people (notify.report_letter writes it), for programs, and the header
of the original, or the whole of it where a failure is reported and the sender asked for that. It trusts nothing that it
quotes: the upstream's words and the original's header are made harmless. It is itself sent from the null path, and
there is none for a mail that came from it (RFC 5321 section 4.5.5): `compose` is asked for a sender, not for a
reverse-path.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from typing import Literal

from mailguard.mail.address import Address
from mailguard.mail.organization import Language

Action = Literal["failed", "delayed", "relayed"]

#: The most of the original's header that goes back.
_HEADER_MAX = 64 * 1024
#: At the beginning, or as qmail and its kin write it: (#5.1.1).
_ENHANCED = re.compile(r"(?:^|\(#)([245])\.(\d{1,3})\.(\d{1,3})\b")
#: What a server without enhanced codes means by a basic one, by its words: 550 is a person who is not there, and as
#: often a text that it does not like (RFC 5321 section 4.2.3), and who reads "no such address" looks for another one.
_WHO = "user|person|recipient|mailbox|address|account"
_STATUS_OF_WORDS = {
    550: (("5.1.1", re.compile(
        rf"^(?!.*\b(?:sender|from address)).*?(?:"
        rf"(?:no such|unknown|invalid|non-?existent) (?:local )?(?:{_WHO})|no mailbox"
        rf"|(?:{_WHO})\b[^:;.]{{0,40}}?(?:unknown|not (?:exist|found|known|here)|n't exist))", re.IGNORECASE)),),
    552: (("5.3.4", re.compile(r"\b(?:size|large|big)\b", re.IGNORECASE)),
          ("5.2.2", re.compile(r"mailbox|quota|storage|space|full", re.IGNORECASE))),
}  # fmt: skip
#: Those that say one thing (RFC 5321 section 4.2.3).
_STATUS_OF_CODE = {551: "5.1.6", 553: "5.1.3"}
_CLASSES: dict[Action, str] = {"failed": "5", "delayed": "4", "relayed": "2"}
_SUBJECTS: dict[Action, tuple[str, str]] = {
    "failed": ("【不達】", "[Not delivered] "),
    "delayed": ("【配信遅延】", "[Delayed] "),
    "relayed": ("【転送済み】", "[Passed on] "),
}


@dataclass(frozen=True, slots=True)
class Reported:
    """One recipient. code: the last SMTP code, None if there was no answer; text: the last words.

    expired: nobody refused it; the time to give up came. original: whom the sender wrote to first (`type; address`);
    tried_at, mta: the last try, and the server that answered, where there was one.
    """

    address: Address
    code: int | None
    text: str
    expired: bool = False
    original: str = ""
    tried_at: datetime | None = None
    mta: str = ""

    def status(self, action: Action) -> str:
        """The enhanced status code (RFC 3463), of the class that goes with the action."""
        if action == "failed" and self.expired:
            return "5.4.7"  # delivery time expired (RFC 3463 section 3.5)
        found = _ENHANCED.search(self.text)
        if found and found[1] == _CLASSES[action]:
            return ".".join(found.groups())
        if action == "delayed":
            return "4.0.0" if self.code else "4.4.1"  # no answer from the host
        return self._said() if action == "failed" else "2.0.0"

    def _said(self) -> str:
        """The status of a server that has none, as far as it can be told."""
        for status, words in _STATUS_OF_WORDS.get(self.code or 0, ()):
            if words.search(self.text):
                return status
        return _STATUS_OF_CODE.get(self.code or 0, "5.0.0")


@dataclass(frozen=True, slots=True)
class Report:
    """What is told of a mail. original: its first octets, as they are at rest; received_at: in the reader's timezone.

    subject: decoded, for people ("" if there is none). envid: the sender's name for the envelope, decoded; retry_until:
    of what is delayed; whole: `original` is all of it, and goes back; too_large: that was asked for and cannot be.
    """

    message_id: str
    sender: Address
    received_at: datetime
    recipients: Sequence[Reported]
    original: bytes
    subject: str = ""
    original_id: str = ""  # the Message-ID field, with angle brackets
    references: tuple[str, ...] = ()
    action: Action = "failed"
    envid: str = ""
    retry_until: datetime | None = None
    whole: bool = False
    too_large: bool = False


def compose(report: Report, human: tuple[str, str], *, report_id: str, host: str, letters_from: Address,
            language: Language, now: datetime) -> bytes:  # fmt: skip
    """The whole report with CRLF, fit for DATA. human: what people read, as text and as HTML; letters_from: what stands
    in From; language: of the subject.

    report_id and host make its Message-ID. Pure; raises nothing for what the mail or the upstream says.
    """
    utf8 = any(a.needs_smtputf8 for a in (report.sender, *(r.address for r in report.recipients)))
    boundary = f"=_{report_id}_dsn"
    head = _fields(report, report_id=report_id, host=host, letters_from=letters_from, language=language, now=now)
    parts = [
        _part(f'multipart/alternative; boundary="{boundary}_human"', _human(human, f"{boundary}_human")),
        _part(f"message/{'global-' if utf8 else ''}delivery-status", _machine(report, host)),
        _original(report, boundary, utf8=utf8),
    ]
    body = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in parts)
    kind = f'multipart/report; report-type=delivery-status; boundary="{boundary}"'
    eight = "" if body.isascii() else "Content-Transfer-Encoding: 8bit\r\n"
    return head + f"{eight}Content-Type: {kind}\r\n\r\n".encode() + body + f"--{boundary}--\r\n".encode()


def _fields(report: Report, *, report_id: str, host: str, letters_from: Address, language: Language,
            now: datetime) -> bytes:  # fmt: skip
    subject = _SUBJECTS[report.action][language != "ja"] + report.subject
    lines = [
        f"From: mailguard <{letters_from}>",
        f"To: <{report.sender}>",
        f"Subject: {_encoded(subject)}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{report_id}@{host}>",
        "Auto-Submitted: auto-replied",  # RFC 3834 section 5
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
    ]
    thread = [ref for ref in (*report.references, report.original_id) if _is_msg_id(ref)][-20:]
    if thread and thread[-1] == report.original_id:
        lines.insert(5, f"In-Reply-To: {thread[-1]}")
        lines.insert(6, "References: " + "\r\n ".join(thread))
    return "".join(f"{line}\r\n" for line in lines).encode()


def _human(human: tuple[str, str], boundary: str) -> bytes:
    """Text and HTML as alternatives (RFC 6522 section 3 allows it). Base64 has no line that could be the boundary."""
    parts = [
        _part(
            f"text/{kind}; charset=utf-8", "\r\n".join(said.splitlines()).encode("utf-8", "replace"), encoding="base64"
        )
        for kind, said in zip(("plain", "html"), human, strict=True)
    ]
    body = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in parts)
    return body + f"--{boundary}--\r\n".encode()


def _machine(report: Report, host: str) -> bytes:
    """RFC 3464 sections 2.2 and 2.3; with UTF-8 addresses RFC 6533 section 4."""
    lines = [f"Original-Envelope-Id: {report.envid}"] if report.envid else []
    lines += [
        f"Reporting-MTA: dns; {host}",
        f"X-Mailguard-Message-ID: {report.message_id}",
        f"Arrival-Date: {format_datetime(report.received_at)}",
    ]
    for one in report.recipients:
        lines += ["", *_of_recipient(report, one)]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _of_recipient(report: Report, one: Reported) -> Iterator[str]:
    if one.original:
        yield f"Original-Recipient: {one.original}"
    yield f"Final-Recipient: {'utf-8' if one.address.needs_smtputf8 else 'rfc822'}; {one.address}"
    yield f"Action: {report.action}"
    yield f"Status: {one.status(report.action)}"
    if one.mta and one.code:
        yield f"Remote-MTA: dns; {_mta_name(_harmless(one.mta))}"
    if one.code:
        said = _harmless(one.text).encode("ascii", "replace").decode()
        yield f"Diagnostic-Code: smtp; {one.code} {said}"
    if one.tried_at is not None:
        yield f"Last-Attempt-Date: {format_datetime(one.tried_at)}"
    if report.retry_until is not None:
        yield f"Will-Retry-Until: {format_datetime(report.retry_until)}"


def _mta_name(host: str) -> str:
    """A name, or an address as a literal (RFC 3464 section 2.3.5, RFC 5321 section 4.1.3)."""
    try:
        found = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host
    return f"[{'IPv6:' if found.version == 6 else ''}{found}]"


def _original(report: Report, boundary: str, *, utf8: bool) -> bytes:
    """The third part (RFC 6522 section 3). A whole mail goes back octet for octet, unless our boundary stands in it."""
    if report.whole and boundary.encode() not in report.original:
        beyond = utf8 and not report.original.partition(b"\r\n\r\n")[0].isascii()  # RFC 6532 section 3.7
        return _part("message/global" if beyond else "message/rfc822", report.original)
    return _part("text/rfc822-headers", _original_header(report.original))


def _original_header(header: bytes) -> bytes:
    """The original's header section, 7-bit, whole lines only. header: the beginning of the mail."""
    section = header[:_HEADER_MAX].partition(b"\r\n\r\n")[0]
    if len(header) > _HEADER_MAX and b"\r\n" in section:
        section = section[: section.rindex(b"\r\n")]
    lines = re.sub(rb"[^\t\r\n -~]", b"?", section).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return b"".join(line[:998] + b"\r\n" for line in lines)


def _part(content_type: str, content: bytes, *, encoding: str = "") -> bytes:
    head = f"Content-Type: {content_type}\r\n"
    if encoding == "base64":
        head += "Content-Transfer-Encoding: base64\r\n"
        content = base64.encodebytes(content).replace(b"\n", b"\r\n")
    elif not content.isascii():
        head += "Content-Transfer-Encoding: 8bit\r\n"
    return head.encode() + b"\r\n" + content


def _encoded(subject: str) -> str:
    """A subject fit for a header: encoded words (RFC 2047), folded."""
    text = _harmless(subject)
    if text.isascii() and len(text) < 60 and "=?" not in text:  # what looks like an encoded word would be read as one
        return text
    return Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _harmless(text: str) -> str:
    """One line without controls, bidirectional overrides and lone surrogates, bounded."""
    return "".join(ch if ch.isprintable() else " " for ch in text).strip()[:500]


def _is_msg_id(text: str) -> bool:
    return bool(re.fullmatch(r"<(?:(?!=\?)[!-;=?-~]){1,250}>", text))
