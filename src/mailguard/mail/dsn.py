"""A delivery status notification: a failed mail's sender is told which recipients did not get it, and why (RFC 3464).

multipart/report (RFC 6522) in three parts: for people (notify.bounce_letter writes it), for programs, and the header
of the original. The original's body stays out: it may be large, and it is in the sender's own folder. It trusts nothing
that it quotes: the upstream's words and the original's header are made harmless. It is itself sent from the null path,
and there is none for a mail that came from it (RFC 5321 section 4.5.5): `compose` is asked for a sender, not for a
reverse-path.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from mailguard.mail.address import Address
from mailguard.mail.organization import Language

#: The most of the original's header that goes back.
_HEADER_MAX = 64 * 1024
_ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")
#: Basic codes whose class alone would say nothing (RFC 3463 section 3, RFC 5321 section 4.2.3).
_STATUS_OF_CODE = {550: "5.1.1", 551: "5.1.6", 552: "5.3.4", 553: "5.1.3", 554: "5.0.0"}


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """Whom the mail did not reach. code: the last SMTP code, None if there was no answer; text: the last words.

    expired: nobody refused it; the time to give up came.
    """

    address: Address
    code: int | None
    text: str
    expired: bool = False

    @property
    def status(self) -> str:
        """The enhanced status code (RFC 3463), always of class 5: this is final."""
        if self.expired:
            return "5.4.7"  # delivery time expired (RFC 3463 section 3.5)
        found = _ENHANCED.match(self.text)
        if found and found[1] == "5":
            return ".".join(found.groups())
        return _STATUS_OF_CODE.get(self.code or 0, "5.0.0")


@dataclass(frozen=True, slots=True)
class Bounced:
    """The mail that failed. header: its first octets, as they are at rest; received_at: in the reader's timezone.

    subject: decoded, for people ("" if there is none).
    """

    message_id: str
    sender: Address
    received_at: datetime
    recipients: Sequence[FailedRecipient]
    header: bytes
    subject: str = ""
    original_id: str = ""  # the Message-ID field, with angle brackets
    references: tuple[str, ...] = ()


def compose(bounced: Bounced, human: tuple[str, str], *, report_id: str, host: str, letters_from: Address,
            language: Language, now: datetime) -> bytes:  # fmt: skip
    """The whole report with CRLF, fit for DATA. human: what people read, as text and as HTML; letters_from: what stands
    in From; language: of the subject.

    report_id and host make its Message-ID. Pure; raises nothing for what the mail or the upstream says.
    """
    utf8 = any(a.needs_smtputf8 for a in (bounced.sender, *(r.address for r in bounced.recipients)))
    boundary = f"=_{report_id}_dsn"
    head = _fields(bounced, report_id=report_id, host=host, letters_from=letters_from, language=language, now=now)
    parts = [
        _part(f'multipart/alternative; boundary="{boundary}_human"', _human(human, f"{boundary}_human")),
        _part(f"message/{'global-' if utf8 else ''}delivery-status", _machine(bounced, host, utf8=utf8)),
        _part("text/rfc822-headers", _original_header(bounced.header)),
    ]
    body = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in parts)
    kind = f'multipart/report; report-type=delivery-status; boundary="{boundary}"'
    return head + f"Content-Type: {kind}\r\n\r\n".encode() + body + f"--{boundary}--\r\n".encode()


def _fields(bounced: Bounced, *, report_id: str, host: str, letters_from: Address, language: Language,
            now: datetime) -> bytes:  # fmt: skip
    subject = f"【配信不能】{bounced.subject}" if language == "ja" else f"[Undelivered] {bounced.subject}"
    lines = [
        f"From: mailguard <{letters_from}>",
        f"To: <{bounced.sender}>",
        f"Subject: {_encoded(subject)}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{report_id}@{host}>",
        "Auto-Submitted: auto-replied",  # RFC 3834 section 5
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
    ]
    thread = [ref for ref in (*bounced.references, bounced.original_id) if _is_msg_id(ref)][-20:]
    if thread and thread[-1] == bounced.original_id:
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


def _machine(bounced: Bounced, host: str, *, utf8: bool) -> bytes:
    """RFC 3464 sections 2.2 and 2.3; with UTF-8 addresses RFC 6533 section 4."""
    lines = [
        f"Reporting-MTA: dns; {host}",
        f"X-Mailguard-Message-ID: {bounced.message_id}",
        f"Arrival-Date: {format_datetime(bounced.received_at)}",
    ]
    for failed in bounced.recipients:
        kind = "utf-8" if utf8 else "rfc822"
        lines += ["", f"Final-Recipient: {kind}; {failed.address}", "Action: failed", f"Status: {failed.status}"]
        if failed.code:
            said = _harmless(failed.text).encode("ascii", "replace").decode()
            lines.append(f"Diagnostic-Code: smtp; {failed.code} {said}")
    return "".join(f"{line}\r\n" for line in lines).encode()


def _original_header(header: bytes) -> bytes:
    """The original's header section, 7-bit, whole lines only."""
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
