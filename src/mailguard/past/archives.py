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
from pathlib import Path
from typing import BinaryIO, Literal, cast

from mailguard.mail.saying import Sentence, reason_of
from mailguard.mail.values import value
from mailguard.past import mbox, postfix
from mailguard.past.items import Item, Left, Octets, Recorded
from mailguard.past.lines import LINE_MOST, LineError, lines_of, read_message

Kind = Literal["mbox", "maildir", "folder", "jsonl", "log"]
_HEAD, _PIECE = 64 * 1024, 1024
_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]{0,10}:[ \t]*\S")
#: One of these stands in each mail, and in no settings or list that begins like one.
_OF_MAIL = re.compile(
    rb"(?:From|To|Cc|Bcc|Date|Subject|Message-ID|Received|Return-Path|Delivered-To|MIME-Version)[ \t]{0,10}:", re.I
)
_PACKED: dict[bytes, Callable[[BinaryIO], object]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, OSError)
#: A file of a Maildir begins with the seconds at which it was made; the flags behind `2,` tell a draft.
_MADE, _DRAFT = re.compile(r"(\d{9,11})\."), re.compile(r":2,[A-Za-z]*D")


_UTF_16 = Sentence("UTF-16 です。UTF-8 で書いてください。", "is in UTF-16; write it in UTF-8")
#: How a file begins that people take for an archive of mail, and what to do with it.
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", Sentence("zip ファイルです。先に展開してください。", "is a zip file; unpack it first")),
    (
        b"\x28\xb5\x2f\xfd",
        Sentence("zstd で圧縮されています。先に展開してください。", "is packed with zstd; unpack it first"),
    ),
    (b"7z\xbc\xaf", Sentence("7z ファイルです。先に展開してください。", "is a 7z file; unpack it first")),
    (
        b"!BDN",
        Sentence(
            "Outlook データファイル(.pst)です。先に readpst などで mbox か .eml に書き出してください。",
            "is an Outlook data file (.pst); export it as mbox or .eml first (readpst, say)",
        ),
    ),
    (
        b"\xd0\xcf\x11\xe0",
        Sentence(
            "Outlook メッセージ(.msg)か古い Office ファイルです。先に .eml に書き出してください。",
            "is an Outlook message (.msg) or an old Office file; export it as .eml first",
        ),
    ),
    (b"\xff\xfe", _UTF_16),
    (b"\xfe\xff", _UTF_16),
    (
        b"[",
        Sentence(
            "1つの JSON 配列です。1行に1つのオブジェクトを書いてください。",
            "is one JSON array; write one object a line",
        ),
    ),
)
_QUESTION = Sentence("送信されたメールではなく、判定の依頼です。", "a question, not a mail that was sent")
_NO_ARCHIVE = Sentence(
    "mbox、メール、JSON Lines、Postfix のログのどれでもありません。メールの入ったファイルか Maildir "
    "を指定してください。",
    "is no mbox, mail, JSON lines or Postfix log; name the file or Maildir that has the mails",
)


class ArchiveError(Exception):
    """A path that is no archive; what it is and what to do, in one line."""


@value(frozen=True, slots=True)
class Archive:
    """path: a file, or the folder that is a Maildir or has mail files; kind: what it is."""

    path: Path
    kind: Kind


def find(path: Path, passed: list[Path] | None = None) -> Iterator[Archive]:
    """The archives of a path that somebody named, its folders' too. passed: gets the files there that are none. Raises
    ArchiveError, OSError.
    """
    if not path.is_dir():
        with closing(_open(path, follow=True)) as file:
            head = _head(file)
        kind = _kind(head)
        if kind is None:
            raise ArchiveError(_why_none(head))
        yield Archive(path, kind)
        return
    for folder, folders, files in os.walk(path):
        folders.sort()
        here = Path(folder)
        if "cur" in folders or {"new", "tmp"} <= set(folders):
            folders[:] = [name for name in folders if name not in ("cur", "new", "tmp")]
            yield Archive(here, "maildir")
            continue
        kinds = {name: _kind_in(here / name) for name in sorted(files)}
        if "folder" in kinds.values():
            yield Archive(here, "folder")
        yield from (Archive(here / name, kind) for name, kind in kinds.items() if kind not in (None, "folder"))
        if passed is not None:
            passed += [here / name for name, kind in kinds.items() if kind is None and not name.startswith(".")]


def items(archive: Archive, log: postfix.Log) -> Iterator[Item]:
    """What is in an archive, in its order. log: has what logs before this one left open. Raises OSError if it cannot be
    opened.
    """
    if archive.kind == "maildir":
        for name in ("cur", "new"):
            yield from _files(archive.path / name)
    elif archive.kind == "folder" and archive.path.is_dir():
        yield from _files(archive.path, only_mails=True)
    else:
        yield from _in_file(archive, log)


def _in_file(archive: Archive, log: postfix.Log) -> Iterator[Item]:
    with closing(_open(archive.path, follow=True)) as file:
        source = _unpacked(file)
        try:
            if archive.kind == "mbox":
                yield from mbox.mails(source)
            elif archive.kind == "jsonl":
                yield from _lines(source)
            elif archive.kind == "log":
                yield from log.letters(source, os.fstat(file.fileno()).st_mtime)
            else:
                yield _mail(archive.path.name, source)
        except _DAMAGED as error:
            damaged = Sentence(
                "ファイルが破損しています({error})。それより前は読み取りました。",
                "the file is damaged ({error}); what came before is read",
                error=type(error).__name__,
            )
            yield Left(Sentence("残り", "the rest"), "broken", damaged)


def _lines(source: BinaryIO) -> Iterator[Item]:
    for number, line in lines_of(source):
        yield _recorded(f"line {number}", line)


def _recorded(where: str, line: bytes) -> Item:
    try:
        found = read_message(line)
    except LineError as error:
        return Left(where, "large" if len(line) > LINE_MOST else "broken", str(error))
    if found.op == "score":
        return Left(where, "undelivered", _QUESTION)
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
            why = reason_of(error) if isinstance(error, OSError) else type(error).__name__
            yield Left(name, "broken", Sentence("読めません: {why}", "cannot be read: {why}", why=why))


def _mail(where: str, source: BinaryIO, at: float = 0.0) -> Item:
    octets = source.read(mbox.MAIL_MOST + 1)
    if len(octets) > mbox.MAIL_MOST:
        return Left(where, "large", mbox.too_large())
    return Octets(where, octets, at)


def _kind_in(path: Path) -> Kind | None:
    """As `_kind_of`, for a file that lies in a folder: what cannot be opened is no mail."""
    try:
        return _kind_of(path)
    except OSError:
        return None


def _kind_of(path: Path) -> Kind | None:
    """What a file is, by how it begins; "folder" is a mail by itself. Raises OSError."""
    with closing(_open(path)) as file:
        return _kind(_head(file))


def _head(file: BinaryIO) -> bytes | None:
    """How it begins, unpacked, as far as it can be read; None where it is packed, and nothing of it can be."""
    head = b""
    try:
        source = _unpacked(file)
        while len(head) < _HEAD and (more := source.read(_PIECE)):
            head += more
    except _DAMAGED:
        return head or None
    return head


def _kind(head: bytes | None) -> Kind | None:
    head = (head or b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n\t \0")
    lines = head.split(b"\n")[:50]
    if any(postfix.SYSLOG.match(line) for line in lines):
        return "log"
    if head.startswith(b"From ") and len(lines) > 1:
        return "mbox"
    if head.startswith(b"{"):
        return "jsonl"
    if not _FIELD.match(head) or head.startswith(b"["):
        return None
    return "folder" if any(_OF_MAIL.match(line) for line in lines) else None


def _why_none(head: bytes | None) -> str:
    """Why a file is no archive, and what to do."""
    if head is None:
        return Sentence(
            "圧縮されていますが、破損していて何も読めません。",
            "is packed, and so damaged that nothing of it can be read",
        )
    if not head.strip(b"\r\n\t \0"):
        return Sentence("空です。", "is empty")
    if head[257:262] == b"ustar":
        return Sentence("tar ファイルです。先に展開してください。", "is a tar file; unpack it first")
    found = (said for begins, said in _OTHERS if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(begins))
    return next(found, _NO_ARCHIVE)


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
