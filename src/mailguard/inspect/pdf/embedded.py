"""The files inside a PDF: those that the document lists, then those that only its objects name.

A file pinned to a page, left behind by an earlier revision, or in a document too broken to open is in no list; it
leaves the company all the same. One by one, each once by its content, within the limits of archives.
Source: ISO 32000-1 section 7.11.4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import Any

from mailguard.inspect.content import BOMB, BROKEN, Inner
from mailguard.inspect.limits import Budget
from mailguard.inspect.pdf.objects import Objects
from mailguard.inspect.pdf.strings import embedded_names


def embedded_files(objects: Objects, document: Any, budget: Budget, where: str) -> Iterator[Inner]:
    """Each embedded file. document: open in pdfium, or None; it is closed in the end."""
    seen: set[bytes] = set()
    try:
        for name, octets in chain(_listed(document), _named(objects, budget)):
            digest = hashlib.sha256(octets or name.encode("utf-8", "replace")).digest()
            if digest in seen:
                continue
            seen.add(digest)
            if not budget.take_member(where):
                return
            if octets is None:
                yield Inner(name, None, 0, why=BROKEN)
            elif len(octets) > budget.left:
                budget.find("bomb", where, "embedded files that expand far beyond its size")
                yield Inner(name, None, len(octets), why=BOMB)
            else:
                budget.spend(len(octets))
                yield Inner(name, octets, len(octets))
    finally:
        if document is not None:
            document.close()


def has_files(objects: Objects, document: Any) -> bool:
    """Whether a document embeds a file."""
    return bool(document is not None and document.count_attachments()) or any(embedded_names(objects))


def _listed(document: Any) -> Iterator[tuple[str, bytes | None]]:
    from pypdfium2 import PdfiumError

    for index in range(document.count_attachments() if document is not None else 0):
        name = ""
        try:
            attachment = document.get_attachment(index)
            name = attachment.get_name()
            yield name, bytes(attachment.get_data())
        except PdfiumError:  # no data to be had, or none in it: the objects know
            continue


def _named(objects: Objects, budget: Budget) -> Iterator[tuple[str, bytes | None]]:
    streams = {stream.number: stream for stream in objects.streams}
    for name, number in embedded_names(objects):
        stream = streams.get(number)
        yield name, None if stream is None else objects.data(stream, budget.left + 1)
