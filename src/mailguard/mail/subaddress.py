"""The addresses that an answer to a letter goes to: one mailbox of ours, a plus sign, and a secret (RFC 5233).

The secret is lower case and without the letters that are misread, because a mail program may change the case of a local
part. Only what has exactly this form is taken for such an address: any other sub-address is somebody's mailbox. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailguard.mail.address import LOCAL_MAX, Address
from mailguard.mail.sealing import chance

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26  # 130 bits
_SECRET = re.compile(f"[{_DIGITS}]{{{_LENGTH}}}")
#: The longest local part that leaves room for plus sign and secret.
LONGEST = LOCAL_MAX - _LENGTH - 1


def new_secret() -> str:
    """A secret that nobody guesses."""
    number = int.from_bytes(chance(17))
    return "".join([_DIGITS[number >> shift & 31] for shift in range(0, 5 * _LENGTH, 5)])


@dataclass(frozen=True, slots=True)
class SubAddress:
    """The mailbox whose sub-addresses these are."""

    base: Address

    def with_secret(self, secret: str) -> Address:
        """The address that carries this secret."""
        return Address(f"{self.base.local}+{secret}", self.base.domain)

    def secret_of(self, address: Address) -> str | None:
        """The secret that an address carries; None if it is none of ours."""
        local, plus, secret = address.local.lower().rpartition("+")
        if not plus or local != self.base.local.lower() or address.ascii_domain != self.base.ascii_domain:
            return None
        return secret if _SECRET.fullmatch(secret) else None
