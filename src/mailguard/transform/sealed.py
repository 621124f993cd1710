"""Whether a mail is signed or encrypted: then it is never altered (product section 3).

By the structure (RFC 1847, RFC 8551, RFC 3156), by the names that S/MIME files have, and by PGP's armour in the text.
In doubt it is. What stands in a mail that is attached is not looked at: that travels whole.
"""

from __future__ import annotations

import re

from mailguard.mail.verdict import Because
from mailguard.transform.attachments import name_of
from mailguard.transform.fields import parse_kind
from mailguard.transform.transfer import undone
from mailguard.transform.walk import Mail, Part

_SIGNED = frozenset({"multipart/signed", "application/pkcs7-signature", "application/x-pkcs7-signature",
                     "application/pgp-signature"})  # fmt: skip
_ENCRYPTED = frozenset({"multipart/encrypted", "application/pgp-encrypted"})
_CONTAINER = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SMIME_NAME = re.compile(r"(?i).*\.p7[msz]")
_ARMOUR = re.compile(rb"(?m)^-----BEGIN PGP (SIGNED )?MESSAGE(?:, PART [0-9/]{1,9})?-----[ \t\r]*$")
_ANYWHERE = re.compile(rb"(?i)multipart/(?:signed|encrypted)|application/(?:x-)?pkcs7-(?:mime|signature)")

SIGNED = Because("署名されたメールは変更できません", "a signed mail is not altered")
ENCRYPTED = Because("暗号化されたメールは変更できません", "an encrypted mail is not altered")


def seal_of(mail: Mail) -> Because | None:
    """Why the mail must stay as it is; None if it is neither signed nor encrypted."""
    for part in mail.root.every():
        if found := _of_part(mail, part):
            return found
    return None


def _of_part(mail: Mail, part: Part) -> Because | None:
    media = {part.media}
    for one in part.named("content-type"):  # every one of them, and what else could be read out of it
        raw = one.raw(mail.octets)
        media |= {parse_kind(raw).value}
        if (not part.media or part.doubt) and (match := _ANYWHERE.search(raw)):
            media.add(match.group().decode("ascii").lower())
    if media & _SIGNED:
        return SIGNED
    if media & _ENCRYPTED:
        return ENCRYPTED
    if media & _CONTAINER or _SMIME_NAME.fullmatch(name_of(part)):
        return SIGNED if part.kind.get("smime-type").lower() == "signed-data" else ENCRYPTED
    if part.media.startswith("text/") and not name_of(part):
        return _of_text(undone(mail, part))
    return None


def _of_text(text: bytes) -> Because | None:
    if b"-----BEGIN PGP " not in text:
        return None
    armour = _ARMOUR.search(text)
    return None if armour is None else (SIGNED if armour.group(1) else ENCRYPTED)
