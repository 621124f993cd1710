"""The sensitivity labels of an Office document: custom properties (`MSIP_Label_...`) and docMetadata/LabelInfo.xml.

Both are read, since programs of different age write one or the other. Broken XML gives what stood before the fault.
Sources: Microsoft, "Label metadata in the MIP SDK"; MS-OFFCRYPTO section 2.6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from mailguard.inspect.office.xml import UnsafeXml, attribute, local, parse
from mailguard.inspect.structure.labelled import MOST_LABELS, labels_from_pairs
from mailguard.mail.facts import Label

_PROPERTY = re.compile(r"MSIP_Label_([0-9a-f-]{36})_(Name|Enabled)", re.IGNORECASE)
_GUID = re.compile(r"\{?([0-9a-fA-F-]{36})\}?")


def labels_in_properties(pieces: Iterable[bytes]) -> tuple[Label, ...]:
    """The labels in a part of custom properties (ECMA-376 part 1 section 22.3)."""
    pairs: list[tuple[str, str, str]] = []
    inside: list[re.Match[str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "property" and len(pairs) < 20 * MOST_LABELS:
            found = _PROPERTY.fullmatch(attribute(attributes, "name"))
            inside[:] = [found] if found else []

    def data(text: str) -> None:
        if inside and text.strip():
            pairs.append((inside[0][1], inside[0][2], text))

    with suppress(UnsafeXml):
        parse(pieces, start, lambda _tag: None, data)
    return labels_from_pairs(pairs)


def labels_in_metadata(pieces: Iterable[bytes]) -> tuple[Label, ...]:
    """The labels in LabelInfo.xml: by id alone."""
    found: dict[Label, None] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        identity = _GUID.fullmatch(attribute(attributes, "id"))
        if local(tag) != "label" or identity is None or len(found) >= MOST_LABELS:
            return
        if attribute(attributes, "enabled") not in ("0", "false") and attribute(attributes, "removed") not in (
            "1",
            "true",
        ):
            found[Label("", identity[1].lower())] = None

    with suppress(UnsafeXml):
        parse(pieces, start, lambda _tag: None, lambda _text: None)
    return tuple(found)


def joined(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Labels each once; one known by its id alone gives way to the same with its name."""
    listed = list(dict.fromkeys(labels))
    named = {one.identity for one in listed if one.name}
    return tuple(one for one in listed if one.name or one.identity not in named)[:MOST_LABELS]
