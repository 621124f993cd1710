"""Names of files as they may be shown and matched: last path element, no controls, NFC; and what is suspicious about
them.

A client saves under the last element only, so a path is no part of the name; bidirectional controls and double
extensions make a name look like another and are findings.
"""

from __future__ import annotations

import re
import unicodedata

from mailguard.inspect.filetype import extension, has_double_extension
from mailguard.inspect.limits import Budget
from mailguard.inspect.params import Parameterised

_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]")
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
_LONGEST = 500


def clean_name(name: str) -> str:
    """The last path element of a name, without controls, in NFC."""
    last = re.split(r"[/\\]", name.rstrip("/\\ "))[-1] if "/" in name or "\\" in name else name
    return unicodedata.normalize("NFC", _CONTROLS.sub("", last)).strip()[:_LONGEST]


def member_name(name: str) -> str:
    """The name of an archive member: folders kept (with "/"), ".." and drives dropped."""
    steps = [step for step in name.replace("\\", "/").split("/") if step not in ("", ".", "..")]
    kept = "/".join(step for step in steps if not re.fullmatch(r"[A-Za-z]:", step))
    return unicodedata.normalize("NFC", _CONTROLS.sub("", kept)).strip()[:_LONGEST]


def part_names(disposition: Parameterised, kind: Parameterised, where: str, budget: Budget) -> list[str]:
    """Every name that a client could show for a part, the likeliest first; contradictions are a finding."""
    raw = disposition.every("filename") + kind.every("name")
    names = list(dict.fromkeys(clean for one in raw if (clean := clean_name(one))))
    if any("\x00" in one for one in raw):
        budget.find("ambiguous_mime", where, "NUL in a file name")
    if len(names) < 2:
        return names
    kept = names[:1] + [one for one in names[1:] if not _is_stand_in(one, names[0])]
    if len({extension(one) for one in kept}) > 1:
        budget.find("ambiguous_mime", where, "a part with two file names")
    return kept


def note_name(name: str, where: str, budget: Budget) -> None:
    """Findings about a name alone."""
    if _BIDI.search(name):
        budget.find("bidi_filename", where, "a name with bidirectional controls")
        name = _BIDI.sub("", name)
    if has_double_extension(name):
        budget.find("double_extension", where, "a name with a second extension that runs")


def _is_stand_in(name: str, better: str) -> bool:
    """Whether a name only stands in for a better one: the same extension, its other characters lost or cut."""
    if extension(name) != extension(better):
        return False
    stem, best = name.rpartition(".")[0], better.rpartition(".")[0]
    return name.isascii() != better.isascii() or re.sub(r"[\W_]+", "", stem) == re.sub(r"[\W_]+", "", best)
