"""Replies as they go out: lines of ASCII, or of UTF-8 where the client asked for that (RFC 6531), and no other sign."""

from __future__ import annotations

from mailguard.mail import reply as replies
from mailguard.mail.reply import Reply


def as_octets(reply: Reply) -> bytes:
    """A reply as it goes out."""
    text = str(reply)
    if reply.utf8:
        return "".join(filter(str.isprintable, text)).encode("utf-8", "replace") + b"\r\n"
    if not (text.isascii() and text.isprintable()):
        text = "".join(ch for ch in text if " " <= ch <= "~")
    return text.encode("ascii", "replace") + b"\r\n"


#: Those of the catalogue by their identity: they stay, and stay as they are.
READY = {id(one): as_octets(one) for one in vars(replies).values() if isinstance(one, Reply)}
