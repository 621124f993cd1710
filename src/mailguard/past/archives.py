"""Where mail of the past lies: which kind of archive a path is, and what is in it, as a stream.

It knows mbox, Maildir, folders of mail files, JSON lines and Postfix logs by their content, packed ones too (gzip,
bzip2, xz). Archives come from anywhere: it opens regular files only, follows no link that it finds inside a folder, and
what cannot be read is an item with its reason. It never writes.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import tzinfo
from pathlib import Path
from typing import BinaryIO, Literal, cast

from mailguard.mail.values import value
from mailguard.past import mbox, postfix
from mailguard.past.items import Item, Left, Octets, Recorded
from mailguard.past.lines import LINE_MOST, LineError, lines_of, read_message

Kind = Literal["mbox", "maildir", "folder", "jsonl", "log"]
_HEAD = 64 * 1024
_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]{0,10}:[ \t]*\S")
_PACKED: dict[bytes, Callable[[BinaryIO], object]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, OSError)
#: A file of a Maildir begins with the seconds at which it was made; the flags behind `2,` tell a draft.
_MADE, _DRAFT = re.compile(r"(\d{9,11})\."), re.compile(r":2,[A-Za-z]*D")


class ArchiveError(Exception):
    """A path that is no archive; what it is and what to do, in one line."""


@value(frozen=True, slots=True)
class Archive:
    """path: a file, or the folder that is a Maildir or has mail files; kind: what it is."""

    path: Path
    kind: Kind


def find(path: Path) -> Iterator[Archive]:
    """The archives of a path that somebody named, its folders' too. Raises ArchiveError, OSError."""
    if not path.is_dir():
        kind = _kind_of(path, follow=True)
        if kind is None:
            raise ArchiveError(
                "is no mbox, mail, JSON lines or Postfix log; name the file or Maildir that has the mails"
            )
        yield Archive(path, kind)
        return
    for folder, folders, files in os.walk(path):
        folders.sort()
        here = Path(folder)
        if {"cur", "new"} & set(folders):
            folders[:] = [name for name in folders if name not in ("cur", "new", "tmp")]
            yield Archive(here, "maildir")
            continue
        kinds = {name: _kind_in(here / name) for name in sorted(files)}
        if "folder" in kinds.values():
            yield Archive(here, "folder")
        yield from (Archive(here / name, kind) for name, kind in kinds.items() if kind not in (None, "folder"))


def items(archive: Archive, zone: tzinfo) -> Iterator[Item]:
    """What is in an archive, in its order. zone: of log dates that name none. Raises OSError if it cannot be opened."""
    if archive.kind == "maildir":
        for name in ("cur", "new"):
            yield from _files(archive.path / name)
    elif archive.kind == "folder" and archive.path.is_dir():
        yield from _files(archive.path, only_mails=True)
    else:
        yield from _in_file(archive, zone)


def _in_file(archive: Archive, zone: tzinfo) -> Iterator[Item]:
    with closing(_open(archive.path, follow=True)) as file:
        source = _unpacked(file)
        try:
            if archive.kind == "mbox":
                yield from mbox.mails(source)
            elif archive.kind == "jsonl":
                yield from _lines(source)
            elif archive.kind == "log":
                yield from postfix.letters(source, written_at=os.fstat(file.fileno()).st_mtime, zone=zone)
            else:
                yield _mail(archive.path.name, source)
        except _DAMAGED as error:
            yield Left("the rest", "broken", f"the file is damaged ({type(error).__name__}); what came before is read")


def _lines(source: BinaryIO) -> Iterator[Item]:
    for number, line in lines_of(source):
        yield _recorded(f"line {number}", line)


def _recorded(where: str, line: bytes) -> Item:
    try:
        found = read_message(line.removeprefix(b"\xef\xbb\xbf"))
    except LineError as error:
        return Left(where, "large" if len(line) > LINE_MOST else "broken", str(error))
    if found.op == "score":
        return Left(where, "undelivered", "a question, not a mail that was sent")
    return Recorded(where, found.letter, found.key, found.inbound)


def _files(folder: Path, *, only_mails: bool = False) -> Iterator[Item]:
    """The mails of a folder, a file each."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False))
    except FileNotFoundError:  # a Maildir without `new`
        return
    for name in names:
        path = folder / name
        if name.startswith(".") or (only_mails and _kind_in(path) != "folder"):
            continue
        if _DRAFT.search(name):
            yield Left(name, "draft")
            continue
        try:
            with closing(_open(path)) as file:
                made = _MADE.match(name)
                yield _mail(name, _unpacked(file), float(made[1]) if made and not only_mails else 0.0)
        except _DAMAGED as error:
            yield Left(name, "broken", f"cannot be read: {getattr(error, 'strerror', '') or type(error).__name__}")


def _mail(where: str, source: BinaryIO, at: float = 0.0) -> Item:
    octets = source.read(mbox.MAIL_MOST + 1)
    if len(octets) > mbox.MAIL_MOST:
        return Left(where, "large", f"more than {mbox.MAIL_MOST // 2**20} MiB")
    return Octets(where, octets, at)


def _kind_in(path: Path) -> Kind | None:
    """As `_kind_of`, for a file that lies in a folder: what cannot be opened is no mail."""
    try:
        return _kind_of(path)
    except OSError:
        return None


def _kind_of(path: Path, *, follow: bool = False) -> Kind | None:
    """What a file is, by how it begins; "folder" is a mail by itself. Raises OSError."""
    with closing(_open(path, follow=follow)) as file:
        try:
            head = _unpacked(file).read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n\t ")
        except _DAMAGED:
            return None
    lines = head.split(b"\n")[:50]
    if any(postfix.SYSLOG.match(line) for line in lines):
        return "log"
    if head.startswith(b"From ") and len(lines) > 1:
        return "mbox"
    if head.startswith(b"{"):
        return "jsonl"
    return "folder" if _FIELD.match(head) else None


def _open(path: Path, *, follow: bool = False) -> BinaryIO:
    """A regular file; a pipe or device would wait for ever, or never end. Raises OSError."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def _unpacked(file: BinaryIO) -> BinaryIO:
    """The file, or what is packed in it."""
    head = file.read(6)
    file.seek(0)
    for magic, opened in _PACKED.items():
        if head.startswith(magic):
            return cast("BinaryIO", opened(file))
    return file
