"""Office documents behind a password: an encrypted package in a compound file (MS-OFFCRYPTO sections 2.3.4.5 to
2.3.4.15).

Opened with the passwords that the mail itself gives away, and with the one that Excel tries by itself: with that one
a file is no secret. Each try costs a tenth of a second of hashing on purpose, so all tries of a mail are counted
together. Never raises: what cannot be opened needs a password.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

from mailguard.inspect.content import Content, FileIn
from mailguard.inspect.filetype import extension
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.documents import read_unlocked

_DEFAULT = "VelvetSweatshop"  # MS-OFFCRYPTO section 2.3.6.2 has the same for old files
_KINDS = ("docx", "xlsx", "pptx")
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
    if password != _DEFAULT:
        content.encrypted = True
        budget.find("password_in_mail", file.where, "a password that the mail itself gives away opens it")
    return content


def _unlocked(octets: bytes, budget: Budget) -> tuple[str, bytes] | None:
    """The password that opens a package and what was in it."""
    try:
        opened = _opened(octets)
        if opened is None:
            return None
        rounds, holds, decrypt = opened
        # Excel's own password first: nobody says that one.
        for password in (_DEFAULT, *budget.passwords()[: budget.limits.passwords]):
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
    from msoffcrypto.method.ecma376_agile import ECMA376Agile

    with olefile.OleFileIO(io.BytesIO(octets)) as ole:
        names = ("EncryptionInfo", "EncryptedPackage")
        if not all(ole.exists(name) and ole.get_size(name) <= len(octets) for name in names):
            return None  # rights management, or sizes that are lies
        if b"<!DOCTYPE" in ole.openstream(names[0]).read():
            return None
    book = OOXMLFile(io.BytesIO(octets))

    def holds(password: str) -> bool:
        if book.type == "agile":
            info = book.info
            return bool(ECMA376Agile.verify_password(
                password, info["passwordSalt"], info["passwordHashAlgorithm"], info["encryptedVerifierHashInput"],
                info["encryptedVerifierHashValue"], info["spinValue"], info["passwordKeyBits"],
            ))  # fmt: skip
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
