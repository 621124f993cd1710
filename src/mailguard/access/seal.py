"""What the house keeps or sends out sealed: only the house can read it, and only for what it was sealed for.

Keys are derived from the key file beside the ledger (HKDF, RFC 5869), one for each purpose; AES-256-GCM. It trusts that
file and nothing that comes back from outside. The key is read when it is first needed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Literal

from mailguard.mail.sealing import Broken, close_small, open_small

Purpose = Literal["second factor", "recovery code", "sign-on"]
_NONCE = 12


class Unsealable(ValueError):
    """It was not sealed by this house, or for something else, or it was altered."""


class Seal:
    """Seals and opens. key: gives the house's key; may block for a moment, once."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key
        self._derived: dict[str, bytes] = {}

    def close(self, purpose: Purpose, content: bytes, *, bound: str) -> bytes:
        """Sealed octets. bound: who or what it belongs to; it opens with the same only."""
        return close_small(self._for(purpose), content, _octets(bound))

    def open(self, purpose: Purpose, sealed: bytes, *, bound: str) -> bytes:
        """What was sealed. Raises Unsealable."""
        try:
            return open_small(self._for(purpose), sealed, _octets(bound))
        except Broken as error:
            raise Unsealable("not sealed by this house for this") from error

    def close_text(self, purpose: Purpose, content: bytes, *, bound: str) -> str:
        """The same as text for an address."""
        return base64.urlsafe_b64encode(self.close(purpose, content, bound=bound)).decode().rstrip("=")

    def open_text(self, purpose: Purpose, text: str, *, bound: str) -> bytes:
        """What was sealed as text. Raises Unsealable."""
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (ValueError, binascii.Error) as error:
            raise Unsealable("not sealed by this house for this") from error
        return self.open(purpose, sealed, bound=bound)

    def digest(self, purpose: Purpose, content: str) -> bytes:
        """A keyed hash: whoever has only the ledger cannot try contents out."""
        return hmac.new(self._for(purpose), _octets(content), hashlib.sha256).digest()

    def _for(self, purpose: Purpose) -> bytes:
        if purpose not in self._derived:
            from cryptography.hazmat.primitives.hashes import SHA256
            from cryptography.hazmat.primitives.kdf.hkdf import HKDF

            derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"mailguard " + purpose.encode())
            self._derived[purpose] = derive.derive(self._key())
        return self._derived[purpose]


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
