"""The file of a backup: a tar archive with the ledger, its key, the bodies, and at its end a manifest.

The manifest has size and SHA-256 of every member; an archive without it was cut short. Whoever reads one trusts nothing
in it: a member has one of the names below, is a plain file, and is compared with the manifest before anything is used.
Everything here blocks.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from mailguard.mail.message import is_message_id
from mailguard.mail.saying import Sentence
from mailguard.store.bodies import SEALED
from mailguard.store.errors import StoreCorrupt

LEDGER, KEY, PEOPLE, INSIGHT, MANIFEST = "ledger.db", "ledger.key", "people.json", "ledger.insight", "manifest.json"
_BODIES, _SETTINGS = "bodies/", "settings/"
_BLOCK = 2**20
#: The manifest has some 150 octets for a body.
_MANIFEST_MAX = 512 * 2**20
_WORD = re.compile(r"[^/\0]{1,255}")
FORMAT = 1
_AFTER = Sentence(
    "目録の後ろに余分なものがあります。mailguard のバックアップではありません。",
    "something follows the manifest: this is no backup of mailguard",
)
_CUT = Sentence(
    "目録がないまま終わっています。途中で切れたファイルです。", "it ends without a manifest: it was cut short"
)
_NO_MANIFEST = Sentence(
    "目録を読めません。mailguard のバックアップではありません。",
    "its manifest cannot be read: this is no backup of mailguard",
)


@dataclass
class Contents:
    """Members by name: size and SHA-256 of each."""

    members: dict[str, tuple[int, str]] = field(default_factory=dict)


class ArchiveWriter:
    """Adds members one after the other; `end` writes the manifest, `close` lets go of what is not finished."""

    def __init__(self, out: IO[bytes], *, packed: bool) -> None:
        self._packed = gzip.GzipFile(fileobj=out, mode="wb", compresslevel=4, mtime=0) if packed else None
        self._tar = tarfile.TarFile(fileobj=self._packed or out, mode="w", format=tarfile.PAX_FORMAT)
        self.contents = Contents()

    def add(self, name: str, path: Path) -> None:
        """Add a file as it is now. Raises OSError."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            hashing = _Hashing(file)
            self._tar.addfile(_info(name, size), hashing)
        self.contents.members[name] = (size, hashing.digest.hexdigest())

    def end(self, manifest: dict[str, Any]) -> None:
        """Write the manifest and finish."""
        members = {name: {"size": size, "sha256": digest} for name, (size, digest) in self.contents.members.items()}
        text = json.dumps({"format": FORMAT, **manifest, "members": members}, indent=1).encode()
        self._tar.addfile(_info(MANIFEST, len(text)), io.BytesIO(text))
        self._tar.close()
        if self._packed is not None:
            self._packed.close()

    def close(self) -> None:
        """After an error: what was written is of no use, so nothing is."""
        if self._packed is not None:
            with contextlib.suppress(OSError):
                self._packed.close()


class _Hashing(io.RawIOBase):
    """A file that is digested while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        octets = self._file.read(size)
        self.digest.update(octets)
        return octets


def unpack(archive: Path, place: dict[str, Path], bodies: Path, settings: Path | None) -> dict[str, Any]:
    """Write the members out: those of `place` where it says, bodies and settings into folders. Returns the manifest.

    Raises StoreCorrupt: this is no backup, or not all of it, or it was altered. Then what was written is worth nothing.
    """
    contents, manifest = Contents(), None
    with _reading(archive) as tar:
        for member in tar:
            if manifest is not None:
                raise StoreCorrupt(f"{archive}: " + _AFTER)
            content = tar.extractfile(member) if member.isreg() else None
            if content is None:
                odd = Sentence(
                    "{name!r} は通常のファイルではありません。mailguard のバックアップではありません。",
                    "{name!r} is no plain file: this is no backup of mailguard",
                    name=member.name,
                )
                raise StoreCorrupt(f"{archive}: " + odd)
            if member.name == MANIFEST:
                manifest = _manifest(archive, content.read(_MANIFEST_MAX + 1))
                continue
            if member.name in contents.members:
                twice = Sentence("{name!r} が2つあります。", "{name!r} is there twice", name=member.name)
                raise StoreCorrupt(f"{archive}: " + twice)
            target = _target(archive, member.name, place, bodies, settings)
            contents.members[member.name] = _copy(content, target)
    if manifest is None:
        raise StoreCorrupt(f"{archive}: " + _CUT)
    _compare(archive, contents, manifest["members"])
    return manifest


def unpack_settings(archive: Path, folder: Path) -> list[str]:
    """Write only the settings out, into a folder. Returns their names. They are compared with the manifest as well."""
    contents, manifest = Contents(), None
    with _reading(archive) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() else None
            if content is not None and member.name == MANIFEST:
                manifest = _manifest(archive, content.read(_MANIFEST_MAX + 1))
            elif content is not None and member.name.startswith(_SETTINGS):
                contents.members[member.name] = _copy(content, _target(archive, member.name, {}, folder, folder))
    if manifest is None:
        raise StoreCorrupt(f"{archive}: " + _CUT)
    wanted = {name: one for name, one in manifest["members"].items() if name.startswith(_SETTINGS)}
    _compare(archive, contents, wanted)
    return sorted(contents.members)


def body_name(path: Path) -> str:
    """What a body is called in an archive."""
    return f"{_BODIES}{path.parent.name}/{path.name}"


def setting_name(relative: Path) -> str:
    """What a file of the settings is called in an archive."""
    return f"{_SETTINGS}{relative.as_posix()}"


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


@contextlib.contextmanager
def _reading(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        with archive.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"  # RFC 1952 section 2.3.1
            file.seek(0)
            with tarfile.open(fileobj=file, mode="r|gz" if packed else "r|") as tar:
                yield tar
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        why = Sentence("バックアップとして読めません: {error}", "it cannot be read as a backup: {error}", error=error)
        raise StoreCorrupt(f"{archive}: " + why) from error


def _target(archive: Path, name: str, place: dict[str, Path], bodies: Path, settings: Path | None) -> Path:
    """Where a member goes: nowhere but to the places that were named."""
    if name in place:
        return place[name]
    steps = name.split("/")
    message_id = steps[-1].removesuffix(SEALED)
    if len(steps) == 3 and name.startswith(_BODIES) and is_message_id(message_id) and message_id.startswith(steps[1]):
        return bodies / steps[1] / steps[2]
    if name.startswith(_SETTINGS) and all(_WORD.fullmatch(one) and one not in (".", "..") for one in steps[1:]):
        return Path(os.devnull) if settings is None else settings.joinpath(*steps[1:])
    unknown = Sentence(
        "バックアップに {name!r} が含まれることはありません。何も復元していません。",
        "a backup has no member {name!r}: nothing was restored",
        name=name,
    )
    raise StoreCorrupt(f"{archive}: " + unknown)


def _copy(content: IO[bytes], target: Path) -> tuple[int, str]:
    """Write a member to a new file, and to the disk. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    flags = os.O_WRONLY | os.O_CLOEXEC
    if target != Path(os.devnull):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags |= os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
        while block := content.read(_BLOCK):
            file.write(block)
            digest.update(block)
            size += len(block)
        file.flush()
        if target != Path(os.devnull):
            os.fsync(file.fileno())
    return size, digest.hexdigest()


def _manifest(archive: Path, octets: bytes) -> dict[str, Any]:
    wrong = StoreCorrupt(f"{archive}: " + _NO_MANIFEST)
    if len(octets) > _MANIFEST_MAX:
        raise wrong
    try:
        found = json.loads(octets)
        members = found["members"]
        sound = all(isinstance(one["size"], int) and isinstance(one["sha256"], str) for one in members.values())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise wrong from None
    if not sound:
        raise wrong
    if found.get("format") != FORMAT:
        other = Sentence(
            "形式が {found!r} です。このプログラムが読めるのは {known} です。",
            "its format is {found!r}, this program reads {known}",
            found=found.get("format"), known=FORMAT,
        )  # fmt: skip
        raise StoreCorrupt(f"{archive}: " + other)
    return dict(found)


def _compare(archive: Path, contents: Contents, wanted: dict[str, Any]) -> None:
    for name in sorted(wanted.keys() | contents.members.keys()):
        said = wanted.get(name)
        if said is None or contents.members.get(name) != (said["size"], said["sha256"]):
            gone = Sentence("がありません", "is missing")
            why = (
                gone
                if name not in contents.members
                else Sentence("が目録と一致しません", "is not what the manifest says")
            )
            damaged = Sentence(
                "{name} {why}。ファイルが破損しているか、改変されています。",
                "{name} {why}: the file is damaged or was altered",
                name=name, why=why,
            )  # fmt: skip
            raise StoreCorrupt(f"{archive}: " + damaged)
