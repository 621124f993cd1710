"""Encrypted OpenDocument files: which parts are encrypted, and what comes out with a password that the mail gives
away.

The manifest says for each part how it is encrypted; AES-CBC with PBKDF2 is decrypted, what LibreOffice writes since
2012 (before that it was Blowfish, from 24.8 on it may be Argon2: those stay closed). Source: OpenDocument 1.3 part 2
sections 3.4 and 4.8. Derivations are counted, since a manifest may ask for any number of rounds. Never raises.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import dataclass, field

from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.stored import Stored, Unlocked
from mailguard.inspect.office.xml import UnsafeXml, attribute, local, parse

_CHEAPER = 4  # rounds of hashlib's PBKDF2 cost as much as one round in Python, which the budget counts


@dataclass(slots=True)
class _Lock:
    """How one part is encrypted: the attributes of the elements in its manifest entry, by their local names."""

    said: dict[str, dict[str, str]] = field(default_factory=dict)

    def value(self, element: str, name: str) -> str:
        """An attribute in lower case; of one that is an address, what stands behind its "#"."""
        return attribute(self.said.get(element, {}), name).rpartition("#")[2].lower()

    def octets(self, element: str, name: str) -> bytes:
        """An attribute in base64. Raises ValueError."""
        return base64.b64decode(attribute(self.said.get(element, {}), name))

    def number(self, element: str, name: str, default: int) -> int:
        """An attribute that is a number."""
        value = attribute(self.said.get(element, {}), name)
        return int(value) if value.isdigit() and len(value) < 10 else default


def decrypted(manifest: Stored, parts: list[Stored], budget: Budget, where: str) -> list[Stored] | None:
    """The parts of a package without their encryption. None: it has none; empty: no password is known."""
    try:
        locks = _locks(manifest.content())
    except (UnsafeXml, Unpackable):
        return None
    if not locks:
        return None
    for password in budget.passwords()[: budget.limits.passwords]:
        try:
            opened = _open_all(password, locks, parts, budget)
        except (ValueError, Unpackable, zlib.error):
            continue
        if opened:
            budget.find("password_in_mail", where, "a password that the mail itself gives away opens it")
            return opened
    return []


def _locks(octets: bytes) -> dict[str, _Lock]:
    """The encrypted parts of a package, by name. Raises UnsafeXml."""
    entries: list[tuple[str, _Lock]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if name == "file-entry":
            entries.append((attribute(attributes, "full-path"), _Lock()))
        elif entries:
            entries[-1][1].said[name] = dict(attributes)

    parse((octets,), start, lambda _tag: None, lambda _text: None)
    return {part: lock for part, lock in entries if "encryption-data" in lock.said}


def _open_all(password: str, locks: dict[str, _Lock], parts: list[Stored], budget: Budget) -> list[Stored]:
    """All parts, decrypted; empty where the password is wrong. Raises ValueError, Unpackable, zlib.error."""
    opened: list[Stored] = []
    # The smallest first: it tells soonest whether the password is right.
    for part in sorted(parts, key=lambda one: one.member.packed):
        lock = locks.get(part.name)
        if lock is None:
            opened.append(part)
        elif (content := _open(password, lock, part, budget)) is not None:
            opened.append(Unlocked(part, content))
        else:
            return []
    return opened


def _open(password: str, lock: _Lock, part: Stored, budget: Budget) -> bytes | None:
    """The content of one part, None if the password is wrong. Raises ValueError, Unpackable, zlib.error."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # heavy, for few mails

    rounds = lock.number("key-derivation", "iteration-count", 1024)
    known = lock.value("algorithm", "algorithm-name").endswith("-cbc") and lock.value(
        "key-derivation", "key-derivation-name"
    ).endswith("pbkdf2")
    if not known or not budget.take_rounds(rounds // _CHEAPER):
        raise ValueError("no way to open it")
    hashed = "sha256" if lock.value("start-key-generation", "start-key-generation-name") == "sha256" else "sha1"
    size = lock.number("key-derivation", "key-size", 16)
    salt = lock.octets("key-derivation", "salt")
    # An initial key of the password, stretched by PBKDF2 with SHA-1 whatever the hash of the initial key.
    key = hashlib.pbkdf2_hmac("sha1", hashlib.new(hashed, password.encode()).digest(), salt, max(1, rounds), size)
    vector = lock.octets("algorithm", "initialisation-vector")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    data = part.content()
    packed = decryptor.update(data[: len(data) // 16 * 16])
    check = "sha256" if lock.value("encryption-data", "checksum-type").startswith("sha256") else "sha1"
    if hashlib.new(check, packed[:1024]).digest() != lock.octets("encryption-data", "checksum"):
        unpadded = packed[: -packed[-1]][:1024] if packed else b""  # a part shorter than that is hashed unpadded
        if hashlib.new(check, unpadded).digest() != lock.octets("encryption-data", "checksum"):
            return None
    content = zlib.decompressobj(-15).decompress(packed, budget.left + 1)
    if len(content) > budget.left:
        raise Unpackable("larger than the limit")
    budget.spend(len(content))
    return content
