"""Tar archives to their files; links and devices are only named. Within limits; a broken end gives what came before."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.limits import Budget


def read_tar(file: FileIn, budget: Budget) -> Content:
    """A tar archive."""
    return Content(inner=open_tar(file.octets, budget, file.where))


def open_tar(octets: bytes, budget: Budget, where: str) -> Iterator[Inner]:
    """The files in a tar archive; links and devices are only named."""
    try:
        with tarfile.open(fileobj=io.BytesIO(octets), mode="r:", errors="surrogateescape") as archive:
            for info in archive:
                if info.isdir():
                    continue
                if not budget.take_member(where):
                    return
                source = archive.extractfile(info) if info.isreg() and info.size <= budget.left else None
                content = source.read() if source else None
                if content is not None:
                    budget.spend(len(content))
                yield Inner(_tar_name(info.name), content, info.size, why="" if content is not None else "no file")
    except (tarfile.TarError, OSError, ValueError, EOFError):
        budget.find("unparseable_attachment", where, "broken tar")


def _tar_name(name: str) -> str:
    raw = name.encode("utf-8", "surrogateescape")
    for codec in ("utf-8", "cp932"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")
