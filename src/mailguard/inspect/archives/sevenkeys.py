"""The key that 7z makes of a password: SHA-256 over half a million repetitions of it, which is meant to be slow.

The repetitions are laid out in large blocks and hashed at once: some 30 ms a password. What an archive may demand is
bounded. Source: 7zAes in 7-Zip (properties: rounds as a power of two, salt, initial vector), as its archives have it.
"""

from __future__ import annotations

import hashlib
import struct

from mailguard.inspect.archives.entries import Unpackable

_MOST_POWER = 22
_BLOCK_POWER = 16


def properties_of(properties: bytes) -> tuple[int, bytes, bytes]:
    """Power of the rounds, salt and initial vector (16 octets)."""
    if not properties:
        raise Unpackable("encrypted in an unknown way")
    first = properties[0]
    second = properties[1] if len(properties) > 1 else 0
    salt_size = (first >> 7) + (second >> 4) if first & 0xC0 else 0
    vector_size = (first >> 6 & 1) + (second & 15) if first & 0xC0 else 0
    salt = properties[2 : 2 + salt_size]
    vector = properties[2 + salt_size : 2 + salt_size + vector_size]
    return first & 63, salt, vector.ljust(16, b"\0")[:16]


def key_of(password: str, power: int, salt: bytes) -> bytes:
    """The key of 32 octets. Raises Unpackable if the archive wants more rounds than may be."""
    secret = salt + password.encode("utf-16-le", "replace")
    if power == 63:
        return secret[:32].ljust(32, b"\0")
    if power > _MOST_POWER:
        raise Unpackable("encrypted with a key that takes too long to make")
    few = min(power, _BLOCK_POWER)
    width = len(secret) + 8
    block = bytearray((secret + bytes(8)) * (1 << few))
    at = len(secret)
    numbers = struct.pack(f"<{1 << few}H", *range(1 << few))
    block[at::width] = numbers[::2]
    block[at + 1 :: width] = numbers[1::2]
    digest = hashlib.sha256()
    for high in range(1 << (power - few)):
        for place, octet in enumerate(struct.pack("<I", high)):
            if high:
                block[at + 2 + place :: width] = bytes((octet,)) * (1 << few)
        digest.update(block)
    return digest.digest()
