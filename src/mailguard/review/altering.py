"""From what a person chooses to the recipe of a copy: files that are taken out, addresses that nobody sees. Pure.

What policy alters already stays altered. Files are named by the SHA-256 of their content, so that what goes is what was
looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mailguard.mail.alteration import Alteration, Recipe, RemoveAttachment, ToBcc, ZipAttachments
from mailguard.mail.facts import Attachment
from mailguard.review import refusals
from mailguard.review.words import Refused

_DIGEST = re.compile(r"[0-9a-f]{64}")


def digests_of(files: Sequence[Attachment], positions: Iterable[int]) -> tuple[str, ...]:
    """The contents of the files at these positions, each once. Raises Refused for one that is not there or unknown."""
    found: dict[str, None] = {}
    for position in positions:
        if not 0 <= position < len(files):
            raise Refused(refusals.NO_SUCH_FILE)
        digest = files[position].sha256
        if not _DIGEST.fullmatch(digest):
            raise Refused(refusals.FILE_UNKNOWN)
        found[digest] = None
    return tuple(found)


def fresh(digests: Iterable[str], hide: Iterable[str]) -> Recipe:
    """What is chosen, alone. hide: keys of addresses."""
    keys = tuple(sorted(set(hide)))
    hides = (ToBcc(hide="listed", keys=keys),) if keys else ()
    return (*(RemoveAttachment(sha256=digest) for digest in digests), *hides)


def altered(recipe: Recipe, chosen: Recipe, files: Sequence[Attachment]) -> Recipe:
    """The recipe of a copy with what is chosen besides."""
    gone = {one.sha256 for one in (*recipe, *chosen) if isinstance(one, RemoveAttachment)}
    kept = [new for one in recipe if (new := _without(one, gone, files)) is not None]
    for one in chosen:
        if isinstance(one, ToBcc):
            kept = _hidden(kept, one)
        elif one not in kept:
            kept.append(one)
    return tuple(kept)


def _without(one: Alteration, gone: set[str], files: Sequence[Attachment]) -> Alteration | None:
    """A zip packs what is still there; None if that is nothing."""
    if not isinstance(one, ZipAttachments):
        return one
    if one.sha256:
        left = tuple(digest for digest in one.sha256 if digest not in gone)
        return replace(one, sha256=left) if left else None
    return one if any(file.sha256 not in gone and not file.inline for file in files) else None


def _hidden(recipe: Sequence[Alteration], chosen: ToBcc) -> list[Alteration]:
    """Whoever hides somebody already hides these too."""
    out: list[Alteration] = []
    merged = False
    for one in recipe:
        if isinstance(one, ToBcc) and not merged:
            one, merged = replace(one, keys=tuple(sorted({*one.keys, *chosen.keys}))), True
        out.append(one)
    return out if merged else [*out, chosen]
