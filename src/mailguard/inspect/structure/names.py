"""Names of files as they may be shown and matched: last path element, no controls, NFC; and what is suspicious about
them.

A client saves under the last element only, so a path is no part of the name; bidirectional controls and double
extensions make a name look like another and are findings. Clients differ in which of several names they show: all that
differ are kept, and what is no name of its own (a path, escapes undone, a stand-in in ASCII) is kept as text beside.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from mailguard.inspect.chars.charset import decode, tidy
from mailguard.inspect.chars.words import decode_field
from mailguard.inspect.kinds.filetype import extension, has_double_extension
from mailguard.inspect.limits import Budget
from mailguard.inspect.structure.mime import Leaf
from mailguard.inspect.structure.values import NUL, parse_parameterised

_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_FILE_LIKE = re.compile(r"[^/\\:]+\.[A-Za-z0-9]{1,5}")
#: Names in ASCII that stand for one that could not be written so.
_GENERIC = re.compile(
    r"(?i)(?:att\d*|attach(?:ment)?|no[_-]?name|un(?:named|titled|known)|file(?:name)?|default|[\W\d_]*)"
)
_OF_SIGNATURES = (".asc", ".sig", ".p7s")
_LONGEST = 500
#: Readings of one part's name that are looked at, and further fields of the same name.
_MOST_NAMES, _MOST_FIELDS = 20, 5


@dataclass(frozen=True, slots=True)
class PartNames:
    """shown: every name that a client could show, the likeliest first; aside: other readings of them, one a line."""

    shown: tuple[str, ...]
    aside: str = ""


_NO_NAMES = PartNames(())


def clean_name(name: str) -> str:
    """The last path element of a name, without controls, in NFC."""
    last = re.split(r"[/\\]", name.rstrip("/\\ "))[-1] if "/" in name or "\\" in name else name
    return unicodedata.normalize("NFC", _CONTROLS.sub("", last)).strip()[:_LONGEST]


def member_name(name: str) -> str:
    """The name of an archive member: folders kept (with "/"), ".." and drives dropped."""
    steps = [step for step in name.replace("\\", "/").split("/") if step not in ("", ".", "..")]
    kept = "/".join(step for step in steps if not re.fullmatch(r"[A-Za-z]:", step))
    return unicodedata.normalize("NFC", _CONTROLS.sub("", kept)).strip()[:_LONGEST]


def part_names(leaf: Leaf, budget: Budget) -> PartNames:
    """The names of a part; contradictions are a finding."""
    raw = _declared(leaf)
    if not raw:
        return _NO_NAMES
    if any(NUL in one for one in raw):
        # A reader in C stops there; others leave it out.
        budget.find("ambiguous_mime", leaf.where, "NUL in a file name")
        raw = [reading for one in raw for reading in (one.partition(NUL)[0], one.replace(NUL, ""))]
    names = list(dict.fromkeys(clean for one in raw if (clean := clean_name(one))))
    if len(names) > 1:  # Thunderbird calls one part OpenPGP_signature and OpenPGP_signature.asc
        names = [one for one in names if not any(f"{one}{ending}" in names for ending in _OF_SIGNATURES)]
    shown = names[:1] + [one for one in names[1:] if not _is_stand_in(one, names[0])]
    if len({extension(one) for one in shown}) > 1:
        budget.find("ambiguous_mime", leaf.where, "a part with two file names")
    aside = dict.fromkeys(other for one in [*names, *raw] for other in _readings(one) if other not in shown)
    return PartNames(tuple(shown), "\n".join(aside))


def last_resort(leaf: Leaf) -> str:
    """A name for a file without one, out of what describes it (RFC 2045 section 8, RFC 2557 section 4); "" if none."""
    described = decode_field(leaf.block.first("content-description"))
    location = unquote_to_bytes(decode_field(leaf.block.first("content-location")))
    for one in (described, decode(location).text.partition("?")[0].rpartition("/")[2]):
        if _FILE_LIKE.fullmatch(one):
            return clean_name(tidy(one))
    return ""


def note_name(name: str, where: str, budget: Budget) -> None:
    """Findings about a name alone."""
    if _BIDI.search(name):
        budget.find("bidi_filename", where, "a name with bidirectional controls")
        name = _BIDI.sub("", name)
    if has_double_extension(name):
        budget.find("double_extension", where, "a name with a second extension that runs")


def _declared(leaf: Leaf) -> list[str]:
    """The names in the fields, as decoded; those of a field that stands twice too."""
    by_name = leaf.block.by_name
    single = len(by_name.get("content-disposition", ())) < 2 and len(by_name.get("content-type", ())) < 2
    if single and not leaf.disposition.params and all(key not in ("filename", "name") for key, _ in leaf.kind.params):
        return []
    further = [
        parse_parameterised(value)
        for field in ("content-disposition", "content-type")
        for value in leaf.block.all(field)[1:_MOST_FIELDS]
    ]
    fields = (leaf.disposition, leaf.kind, *further)
    found = [value for field in fields for key in ("filename", "name") for value in field.every(key)]
    return list(dict.fromkeys(found))[:_MOST_NAMES]


def _readings(name: str) -> Iterable[str]:
    """Other readings of a name that somebody could look for: with its path, with escapes undone."""
    whole = _CONTROLS.sub("", name)[: 2 * _LONGEST]
    yield unicodedata.normalize("NFC", whole)
    if "\\" in whole:  # a reader by the grammar drops them (RFC 5322 section 3.2.1)
        yield re.sub(r"\\(.)", r"\1", whole)
    if _ESCAPED.search(whole):
        yield clean_name(tidy(decode(unquote_to_bytes(whole)).text))


def _is_stand_in(name: str, better: str) -> bool:
    """Whether a name only stands in for a better one: the same extension, its other characters lost or replaced."""
    if extension(name) != extension(better):
        return False
    stem, best = name.rpartition(".")[0], better.rpartition(".")[0]
    if name.isascii() == better.isascii():
        return _letters(stem) == _letters(best)
    plain, rich = (stem, best) if name.isascii() else (best, stem)
    return bool(_GENERIC.fullmatch(plain)) or _letters(plain) == re.sub(r"[^A-Za-z0-9]", "", rich)


def _letters(stem: str) -> str:
    return re.sub(r"[\W_]+", "", stem)
