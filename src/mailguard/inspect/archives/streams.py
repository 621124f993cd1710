"""Single files compressed: gzip, bzip2, xz. Expanded within limits; a tar archive inside is opened by its own reader.

What is broken at its end gives what came before, with a finding. Nothing is written to disk.
"""

from __future__ import annotations

import bz2
import lzma
import zlib

from mailguard.inspect.archives.tars import open_tar
from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.filetype import detect
from mailguard.inspect.limits import SMALL_MEMBER, Budget

_ENDINGS = ("gz", "bz2", "xz", "zst")


def read_compressed(file: FileIn, budget: Budget, short: str) -> Content:
    """A gzip, bzip2 or xz file: the one file in it, or the files of the tar archive in it."""
    content = expand(file.octets, short, budget, file.where)
    if content is None:
        return Content(whole=False)
    if detect(content).short == "tar":
        return Content(inner=open_tar(content, budget, file.where))
    stem, _, last = file.name.rpartition(".")
    name = (stem if last.lower() in _ENDINGS else f"{stem}.tar" if last else file.name) or "content"
    return Content(inner=(Inner(name, content, len(content)),))


def expand(octets: bytes, short: str, budget: Budget, where: str) -> bytes | None:
    """A gzip, bzip2 or xz file expanded; None (with findings) if it is broken from the start or a bomb."""
    most = min(budget.left, max(SMALL_MEMBER, budget.limits.ratio * len(octets)))
    out: list[bytes] = []
    total, rest = 0, octets
    try:
        while rest and total <= most:
            piece, rest = _stream(rest, short, most - total + 1)
            out.append(piece)
            total += len(piece)
    except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError):
        if not total:
            budget.find("unparseable_attachment", where, f"broken {short}")
            return None
        budget.find("unparseable_attachment", where, f"{short} with garbage at its end")
    if total > most:
        budget.find("bomb", where, "expands far beyond its size; not unpacked")
        return None
    budget.spend(total)
    return b"".join(out)


def _stream(octets: bytes, short: str, most: int) -> tuple[bytes, bytes]:
    """One compressed stream, at most `most` octets of it, and what follows it."""
    if short == "gz":
        gz = zlib.decompressobj(31)
        content = gz.decompress(octets, most)
        if not gz.eof and len(content) < most:
            content += gz.flush()
        return content, gz.unused_data if gz.eof else b""
    one = bz2.BZ2Decompressor() if short == "bz2" else lzma.LZMADecompressor(memlimit=128 * 2**20)
    content = one.decompress(octets, most)
    return content, one.unused_data if one.eof else b""
