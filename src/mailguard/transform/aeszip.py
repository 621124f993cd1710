"""A zip under AES-256 (WinZip's AE-2), written so that the same files, password and seed always give the same octets.

Own writing, since a library takes its salts from the machine, and a second try must send what the first one sent. Each
salt is an HMAC over the file's digest: under one password no two contents share a key stream. Sources: APPNOTE 6.3.10
sections 4.3 and 4.4; WinZip's AE-1 and AE-2 specification.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib
from collections.abc import Iterator

_ROUNDS, _KEY, _CODE = 1000, 32, 10  # set by the specification; the password must carry the weight
_FLAGS = 0x0001 | 0x0800  # encrypted; the name is UTF-8
_AES, _STORED, _DEFLATED = 99, 0, 8
_DATE = 0x21  # 1 January 1980: a clock would make a second try another mail
_EXTRA = struct.Struct("<HHH2sBH")
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_STEP = 2**20


class AesZip:
    """A zip in the making: files are added one by one, so that only one of them is held at a time."""

    def __init__(self, password: str, seed: str) -> None:
        self._password = password.encode("ascii")
        self._seed = bytes.fromhex(seed)
        self._out = bytearray()
        self._central = bytearray()
        self._count = 0

    def add(self, name: str, content: bytes) -> None:
        """A file. Names must differ, have no folders, and be valid text."""
        encoded, start = name.encode(), len(self._out)
        method = _DEFLATED if _shrinks(content) else _STORED
        extra = _EXTRA.pack(0x9901, 7, 2, b"AE", 3, method)
        self._out += bytes(_LOCAL.size) + encoded + extra
        begins = len(self._out)
        self._encrypt(content, method, encoded)
        sizes = (len(self._out) - begins, len(content))
        # AE-2: the checksum of the plain text would tell about it, so it is 0.
        head = (51, _FLAGS, _AES, 0, _DATE, 0, *sizes, len(encoded), len(extra))
        _LOCAL.pack_into(self._out, start, b"PK\x03\x04", *head)
        self._central += _CENTRAL.pack(b"PK\x01\x02", 51, *head, 0, 0, 0, 0, start) + encoded + extra
        self._count += 1

    def close(self) -> bytearray:
        """The whole zip."""
        start, size = len(self._out), len(self._central)
        self._out += self._central
        self._out += _END.pack(b"PK\x05\x06", 0, 0, self._count, self._count, size, start, 0)
        return self._out

    def _encrypt(self, content: bytes, method: int, name: bytes) -> None:
        about = hashlib.sha256(content).digest() + name
        salt = hmac.digest(self._seed, about, "sha256")[:16]
        keys = hashlib.pbkdf2_hmac("sha1", self._password, salt, _ROUNDS, 2 * _KEY + 2)
        code = hmac.new(keys[_KEY : 2 * _KEY], digestmod="sha1")
        self._out += salt + keys[2 * _KEY :]
        for piece in _counted(_packed(content, method), keys[:_KEY]):
            code.update(piece)
            self._out += piece
        self._out += code.digest()[:_CODE]


def _shrinks(content: bytes) -> bool:
    """Whether deflating is worth it, by a look at the beginning."""
    head = content[: 2**16]
    return len(zlib.compress(head, 6)) < len(head) * 0.97


def _packed(content: bytes, method: int) -> Iterator[bytes]:
    """The content as it is stored, in pieces of one length but for the last."""
    if method == _STORED:
        yield from (content[at : at + _STEP] for at in range(0, len(content), _STEP))
        return
    squeeze, held = zlib.compressobj(6, zlib.DEFLATED, -15), bytearray()
    for at in range(0, len(content), _STEP):
        held += squeeze.compress(content[at : at + _STEP])
        while len(held) >= _STEP:
            yield bytes(held[:_STEP])
            del held[:_STEP]
    held += squeeze.flush()
    yield from (bytes(held[at : at + _STEP]) for at in range(0, len(held), _STEP))


def _counted(pieces: Iterator[bytes], key: bytes) -> Iterator[bytes]:
    """AES in counter mode. WinZip counts with the first octet lowest, the library with the last: the key stream is
    made block by block from counters of our own.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # seven megabytes, for few mails

    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - counters are no secret text
    block = 1
    for piece in pieces:
        blocks = (len(piece) + 15) // 16
        counters = b"".join(n.to_bytes(16, "little") for n in range(block, block + blocks))
        stream = encryptor.update(counters)[: len(piece)]
        mixed = int.from_bytes(piece, "little") ^ int.from_bytes(stream, "little")
        yield mixed.to_bytes(len(piece), "little")
        block += blocks
