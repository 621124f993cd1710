"""Sensitivity labels in header fields: Microsoft Purview's (`msip_labels`, `MSIP_Label_...`) and the Sensitivity field.

Trusts nothing: a label that is switched off is none, one that contradicts itself counts, since a label only makes rules
stricter. Sources: Microsoft, "Label metadata in the MIP SDK"; RFC 2156 section 5.3.7 (Sensitivity).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailguard.inspect.chars.charset import visible
from mailguard.inspect.chars.words import decode_field
from mailguard.inspect.structure.fields import Block
from mailguard.mail.facts import Label

MOST_LABELS, LONGEST_NAME = 20, 200
#: Values are cut at ";", which Outlook escapes in none of them; keys have one of few endings.
_PAIR = re.compile(r"msip_label_([0-9a-f-]{36})_(name|enabled)\s*=\s*([^;]{0,400})", re.IGNORECASE)
_OWN_FIELD = re.compile(r"msip_label_([0-9a-f-]{36})_(name|enabled)", re.IGNORECASE)
NAMED = ("msip_label", "sensitivity")
_SENSITIVITIES = frozenset({"personal", "private", "company-confidential"})


def labels_of(block: Block) -> tuple[Label, ...]:
    """The labels of a mail by its header block, each once."""
    if not any(name.startswith(NAMED) for name in block.by_name):
        return ()
    pairs: list[tuple[str, str, str]] = []
    for field in block.fields:
        if field.name == "msip_labels":
            pairs.extend(match.groups() for match in _PAIR.finditer(decode_field(field.value)[:20_000]))  # type: ignore[misc]
        elif own := _OWN_FIELD.fullmatch(field.name):
            pairs.append((own[1], own[2], decode_field(field.value)))
    found = list(labels_from_pairs(pairs))
    for value in block.all("sensitivity")[:MOST_LABELS]:
        word = value.decode("latin-1").strip().lower()
        found.extend([Label(word.title())] if word in _SENSITIVITIES else [])
    return tuple(dict.fromkeys(found))[:MOST_LABELS]


def labels_from_pairs(pairs: Iterable[tuple[str, str, str]]) -> tuple[Label, ...]:
    """Labels out of (id, "Name" or "Enabled", value), as mails and documents keep them."""
    names: dict[str, str] = {}
    off: set[str] = set()
    for identity, key, value in pairs:
        identity, value = identity.lower(), visible(value).strip()[:LONGEST_NAME]
        names.setdefault(identity, "")
        if key.lower() == "name":
            names[identity] = names[identity] or value
        elif value.lower() in ("false", "0"):
            off.add(identity)
    return tuple(Label(name, identity) for identity, name in names.items() if identity not in off)[:MOST_LABELS]
