"""What part a leaf plays in a mail: its own text, a picture in it, a signature, a container, or a file; by the labels,
and by the octets where the labels would hide one.

Pure; decides nothing about what is inside a file.
"""

from __future__ import annotations

import re

from mailguard.inspect.kinds.filetype import TEXTUAL, detect
from mailguard.inspect.sealed.smime import is_container
from mailguard.inspect.structure.mime import Leaf
from mailguard.mail.facts import Attachment

SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
#: What a signature looks like by content: DER, which has no short name here, or armoured text.
_SIGNATURE_KINDS = frozenset({"", "txt", "p7s"})
_SIGNATURE_MOST = 64 * 1024
_SEALED_WHOLE = frozenset({"multipart/signed", "multipart/encrypted"})
_BESIDE = {
    "application/pgp-keys": re.compile(
        r"-----BEGIN PGP PUBLIC KEY BLOCK-----\n[^-]*-----END PGP PUBLIC KEY BLOCK-----(?:\n[^\n]{0,200}){0,6}"
    ),
    "application/pgp-encrypted": re.compile(r"Version: ?1"),
}
#: What no text has: neither ISO 2022 (ESC, SO, SI) nor the line and page ends.
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\x0b\x0c\r\x0e\x0f\x1b"))


def is_shown_inside(leaf: Leaf, one: Attachment, html: str) -> bool:
    """Whether a part is a picture that the mail's HTML shows by its Content-ID (RFC 2392): a logo, not a file."""
    if not one.detected_type.startswith("image/") or leaf.disposition.value == "attachment":
        return False
    name = leaf.block.first("content-id").strip().strip(b"<>").decode("ascii", "replace")
    return bool(name) and f"cid:{name}" in html


def is_signature(leaf: Leaf, one: Attachment) -> bool:
    """Whether a part is a signature, by its content too: whoever calls a table a signature still sends a table. As much
    a part of the letter are the key that Thunderbird sends with one, and what says that PGP/MIME follows (RFC 3156).
    """
    if one.short_type not in _SIGNATURE_KINDS or one.size > _SIGNATURE_MOST:
        return False
    beside = _BESIDE.get(leaf.media) if leaf.parents and leaf.parents[0] in _SEALED_WHOLE else None
    if leaf.media in SIGNATURES or beside is None:
        return leaf.media in SIGNATURES
    return one.inspected and not one.encrypted and beside.fullmatch(one.text.strip()) is not None


def is_smime(leaf: Leaf, names: tuple[str, ...]) -> bool:
    """Whether a part is an S/MIME container: by its type, or, as all of a mail, by its name (RFC 8551, 3.2.2)."""
    by_name = not leaf.parents and any(name.lower().endswith((".p7m", ".p7z")) for name in names)
    return leaf.media in _SMIME or (by_name and is_container(leaf.contents[0]))


def is_file(content: bytes) -> bool:
    """Whether octets are a file whatever the label: of a known kind, by more than two letters a word may begin with."""
    if content.startswith((b"{\\rtf", b"%PDF-")):
        return True
    return b"\0" in content[:8192] and detect(content).short not in ("", *TEXTUAL)


def is_text(leaf: Leaf, content: bytes) -> bool:
    """Whether octets can be a text at all: not if they are full of control characters."""
    head = content[:8192]
    if b"\0" not in head or leaf.kind.get("charset").lower().startswith(("utf-16", "utf-32", "ucs-", "unicode")):
        return True
    return head[:2] in (b"\xff\xfe", b"\xfe\xff") or len(head.translate(None, _CONTROLS)) * 20 > len(head) * 19


def may_be_page(content: bytes) -> bool:
    """Whether octets may begin as HTML does, in whatever charset."""
    if content.find(b"<", 0, 1000) < 0:
        return False
    head = content[:1000].lower()
    return b"<html" in head or b"<!doctype" in head


def is_body(leaf: Leaf, names: tuple[str, ...]) -> bool:
    """Whether a part is the mail's own text: a text part without a name that is not marked as an attachment."""
    if names or leaf.disposition.value == "attachment":
        return False
    return leaf.media.startswith("text/") and leaf.media not in (
        "text/csv",
        "text/vcard",
        "text/x-vcard",
        "text/directory",
    )
