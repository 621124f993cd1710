"""Office documents behind a password: an encrypted package in a compound file (MS-OFFCRYPTO sections 2.3.4.5 to
2.3.4.15).

Opened with the passwords that the mail itself gives away, and with the one that Excel tries by itself: with that one
a file is no secret. Each try costs a tenth of a second of hashing on purpose, so all tries of a mail are counted
together. Never raises: what cannot be opened needs a password.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mailguard.inspect.content import Content, FileIn
from mailguard.inspect.kinds.filetype import extension
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.documents import read_unlocked

DEFAULT = "VelvetSweatshop"  # MS-OFFCRYPTO section 2.3.6.2 has the same for old files
_KINDS = ("docx", "xlsx", "pptx")
_VERIFIER_INPUT = bytes.fromhex("fea7d2763b4b9e79")  # section 2.3.4.13
_VERIFIER_VALUE = bytes.fromhex("d7aa0f6d3061344e")
_OLD_LARGEST = 2**23  # the library makes a list of all octets
_OLD_ROUNDS = 1000  # hardly any hashing, but the whole file is read
_STANDARD_ROUNDS = 50_000  # section 2.3.4.7


def read_locked(file: FileIn, budget: Budget) -> Content:
    """The document in an encrypted package, read if its password is known."""
    wanted = extension(file.name)
    closed = Content(short=wanted if wanted in _KINDS else "cfb", encrypted=True, whole=False)
    found = _unlocked(file.octets, budget)
    if found is None:
        return closed
    password, octets = found
    content = read_unlocked(replace(file, octets=octets), budget)
    if content is None:
        return closed
    if password != DEFAULT:
        content.encrypted = True
        budget.find("password_in_mail", file.where, "a password that the mail itself gives away opens it")
    return content


class _Memory:
    """What the library takes for `tempfile`: it copies each file to disk, and a worker may write none."""

    TemporaryFile = io.BytesIO


def unlocked_binary(octets: bytes, budget: Budget) -> tuple[str, bytes] | None:
    """The password that opens a .doc, .xls or .ppt file and the file without it; None if none does (section 2.3.6)."""
    from msoffcrypto import OfficeFile
    from msoffcrypto.format import doc97, ppt97, xls97

    if len(octets) > _OLD_LARGEST:
        return None
    for library in (doc97, ppt97, xls97):
        library.tempfile = _Memory
    for password in (DEFAULT, *budget.passwords()[: budget.limits.passwords]):
        if not budget.take_rounds(_OLD_ROUNDS):
            return None
        out = io.BytesIO()
        try:
            document = OfficeFile(io.BytesIO(octets))
            document.load_key(password=password)
            document.decrypt(out)
        except MemoryError:
            raise
        except Exception:  # noqa: S112  # a wrong password, or a broken file: the library fails in any way
            continue
        return password, out.getvalue()
    return None


def _unlocked(octets: bytes, budget: Budget) -> tuple[str, bytes] | None:
    """The password that opens a package and what was in it."""
    try:
        opened = _opened(octets)
        if opened is None:
            return None
        rounds, holds, decrypt = opened
        # Excel's own password first: nobody says that one.
        for password in (DEFAULT, *budget.passwords()[: budget.limits.passwords]):
            if not budget.take_rounds(rounds):
                return None
            if holds(password):
                return password, decrypt(password)
    except MemoryError:
        raise
    except Exception:  # the library was written for whole files; a broken one fails in any way
        return None
    return None


def _opened(octets: bytes) -> tuple[int, Callable[[str], bool], Callable[[str], bytes]] | None:
    """Rounds of hashing that one try costs, a test of a password, and the decryption. None if nothing can be tried."""
    import olefile  # heavy imports for few mails
    from msoffcrypto.format.ooxml import OOXMLFile

    with olefile.OleFileIO(io.BytesIO(octets)) as ole:
        names = ("EncryptionInfo", "EncryptedPackage")
        if not all(ole.exists(name) and ole.get_size(name) <= len(octets) for name in names):
            return None  # rights management, or sizes that are lies
        if b"<!DOCTYPE" in ole.openstream(names[0]).read():
            return None
    book = OOXMLFile(io.BytesIO(octets))

    def holds(password: str) -> bool:
        if book.type == "agile":
            return _agile_holds(book.info, password)
        try:
            book.load_key(password=password, verify_password=True)
        except Exception:
            return False
        return True

    def decrypt(password: str) -> bytes:
        book.load_key(password=password)
        out = io.BytesIO()
        book.decrypt(out)
        return out.getvalue()

    return book.info["spinValue"] if book.type == "agile" else _STANDARD_ROUNDS, holds, decrypt


def _agile_holds(info: Mapping[str, Any], password: str) -> bool:
    """Whether a password opens an agile package (sections 2.3.4.11 and 2.3.4.13).

    The library compares all octets of the decrypted hash: with SHA-1, as Office 2010 writes it, those behind the hash
    are padding, and no password would ever hold.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    name, size = info["passwordHashAlgorithm"].replace("-", "").lower(), info["passwordKeyBits"] // 8
    salt = info["passwordSalt"]
    digest = hashlib.new(name, salt + password.encode("utf-16-le")).digest()
    for number in range(info["spinValue"]):
        digest = hashlib.new(name, struct.pack("<I", number) + digest).digest()

    def opened(block: bytes, field: str) -> bytes:
        key = hashlib.new(name, digest + block).digest()[:size].ljust(size, b"\x36")
        vector = salt[:16].ljust(16, b"\x36")
        decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
        return bytes(decryptor.update(info[field]) + decryptor.finalize())

    given = hashlib.new(name, opened(_VERIFIER_INPUT, "encryptedVerifierHashInput")).digest()
    return opened(_VERIFIER_VALUE, "encryptedVerifierHashValue")[: len(given)] == given
