"""Large XML read by patterns: a part cut into chunks of whole items, where it is written as programs write it.

A parser of events costs a call for each tag; sheets of half a million cells are worth a faster way. Patterns are
trusted only where nothing can mislead them: UTF-8, no comments, no CDATA, no declarations, one prefix. Whatever is
different raises NotPlain, and the caller takes the parser instead: both ways must say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_MOST = 2**23
_PROLOG = re.compile(
    rb"""\A(?:\xef\xbb\xbf)?\s*"""
    rb"""(?:<\?xml(?:\s+version="1.[01]"|\s+encoding="(?i:utf-8)"|\s+standalone="(?:yes|no)")*\s*\?>)?"""
)


class NotPlain(Exception):
    """The patterns do not hold here."""


def plain_chunks(pieces: Iterable[bytes], container: str, item: str) -> Iterator[bytes | str]:
    """First everything up to the container's start tag, then chunks of whole items as text without prefixes, last what
    follows the last item. Raises NotPlain."""
    pieces = iter(pieces)
    head, rest, prefix = _head(pieces, container)
    yield head
    mark = f"</{prefix}{item}>".encode()
    while True:
        cut = rest.rfind(mark)
        if cut >= 0:
            cut += len(mark)
            yield _text(rest[:cut], prefix)
            rest = rest[cut:]
        if len(rest) > _MOST:
            raise NotPlain
        piece = next(pieces, b"")
        if not piece:
            break
        rest += piece
    yield rest


def _head(pieces: Iterator[bytes], container: str) -> tuple[bytes, bytes, str]:
    """What stands before the items, what follows, and the prefix of the names."""
    opening = re.compile(rf"<(\w+:)?{container}(?:\s[^<>]*)?>".encode())
    head = b""
    for piece in pieces:
        head += piece
        if found := opening.search(head):
            break
        if len(head) > _MOST:
            raise NotPlain
    else:
        raise NotPlain
    before = head[: found.end()]
    prolog = _PROLOG.match(before)
    start = prolog.end() if prolog else 0
    if b"<!" in before or b"<?" in before[start:] or before.endswith(b"/>"):
        raise NotPlain
    return before, head[found.end() :], (found.group(1) or b"").decode("ascii")


def _text(chunk: bytes, prefix: str) -> str:
    if b"<!" in chunk or b"<?" in chunk:
        raise NotPlain
    try:
        text = chunk.decode("utf-8")
    except UnicodeDecodeError:
        raise NotPlain from None
    return text.replace(f"<{prefix}", "<").replace(f"</{prefix}", "</") if prefix else text
