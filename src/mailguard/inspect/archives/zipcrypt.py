"""Zip members behind a password: PKWARE's old cipher and WinZip's AES, with a password that somebody knows.

The old cipher is arithmetic in pure Python, some 2 MB a second, so its caller bounds it; AES runs in a library. A
wrong password is recognised before anything is believed: by a check octet and the CRC, or by an authentication code.
Source: APPNOTE 6.3.10 section 6.1 (old cipher); WinZip's AE-1 and AE-2 specification.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib

from mailguard.inspect.archives.zipheaders import DESCRIPTOR, Member

HEADER = 12
_ROUNDS = 1000
_CODE = 10


def _crc_table() -> tuple[int, ...]:
    # One round of CRC-32 over one octet, from zlib's whole one: undo what it does before and after.
    return tuple((zlib.crc32(bytes((n,)), 0xFFFFFFFF) ^ 0xFFFFFFFF) & 0xFFFFFFFF for n in range(256))


_CRC = _crc_table()
_Keys = tuple[int, int, int]


def keys_of(password: bytes) -> _Keys:
    """The state of the old cipher after a password."""
    keys = (0x12345678, 0x23456789, 0x34567890)
    for octet in password:
        keys = _stirred(keys, octet)
    return keys


def _stirred(keys: _Keys, octet: int) -> _Keys:
    one, two, three = keys
    one = _CRC[(one ^ octet) & 255] ^ (one >> 8)
    two = ((two + (one & 255)) * 134775813 + 1) & 0xFFFFFFFF
    return one, two, _CRC[(three ^ (two >> 24)) & 255] ^ (three >> 8)


def opens(packed: memoryview, member: Member, password: bytes) -> bool:
    """Whether a password may be the right one: true for all but one of 256 wrong ones is false."""
    check = member.time >> 8 if member.flags & DESCRIPTOR else member.crc >> 24
    return len(packed) >= HEADER and decrypted(packed[:HEADER], password)[-1] == check


def decrypted(packed: bytes | memoryview, password: bytes) -> bytes:
    """Undo the old cipher; the first 12 octets of the result are its header."""
    table = _CRC
    one, two, three = keys_of(password)
    out = bytearray(len(packed))
    for at, octet in enumerate(packed):
        mixed = three | 2
        octet ^= ((mixed * (mixed ^ 1)) >> 8) & 255
        out[at] = octet
        one = table[(one ^ octet) & 255] ^ (one >> 8)
        two = ((two + (one & 255)) * 134775813 + 1) & 0xFFFFFFFF
        three = table[(three ^ (two >> 24)) & 255] ^ (three >> 8)
    return bytes(out)


def aes_method(member: Member) -> int:
    """The compression method of an AES member, -1 if it does not say."""
    return int(struct.unpack_from("<H", member.aes, 5)[0]) if len(member.aes) >= 7 else -1


def aes_decrypted(packed: memoryview, member: Member, password: bytes) -> bytes | None:
    """The data of an AES member; None if the password is wrong or somebody changed them."""
    strength = member.aes[4] if len(member.aes) >= 7 else 0
    if strength not in (1, 2, 3):
        return None
    size, salt_size = 8 + 8 * strength, 4 + 4 * strength
    salt, check = packed[:salt_size], packed[salt_size : salt_size + 2]
    data, code = packed[salt_size + 2 : -_CODE], packed[-_CODE:]
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, _ROUNDS, 2 * size + 2)
    if keys[2 * size :] != check:
        return None
    if hmac.digest(keys[size : 2 * size], data, "sha1")[:_CODE] != code:
        return None
    return _counted(data, keys[:size])


def _counted(data: memoryview, key: bytes) -> bytes:
    """AES in counter mode. WinZip counts with the first octet lowest, the library with the last: the key stream is
    made block by block from counters of our own.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - counters are no secret text
    out = bytearray(len(data))
    step = 1 << 16  # blocks
    for begins in range(0, len(data), 16 * step):
        piece = data[begins : begins + 16 * step]
        first = begins // 16 + 1
        blocks = (len(piece) + 15) // 16
        counters = b"".join(n.to_bytes(16, "little") for n in range(first, first + blocks))
        stream = encryptor.update(counters)[: len(piece)]
        mixed = int.from_bytes(piece, "little") ^ int.from_bytes(stream, "little")
        out[begins : begins + len(piece)] = mixed.to_bytes(len(piece), "little")
    return bytes(out)
