"""JSON that nobody vouches for, as values of the kind that is wanted: whatever is of another kind counts as missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: No count is larger: what a forger writes must fit into a column of the ledger.
_LARGEST = 2**53


def rows_of(obj: object, width: int) -> list[tuple[str, ...]]:
    """Lists of so many strings each."""
    rows = [texts_of(one) for one in obj] if isinstance(obj, list) else []
    return [row for row in rows if len(row) == width]


def mapping_of(obj: object) -> Mapping[str, Any]:
    """An object; else an empty one."""
    return obj if isinstance(obj, Mapping) else {}


def mappings_of(obj: object) -> Iterable[Mapping[str, Any]]:
    """The objects in a list."""
    return [one for one in obj if isinstance(one, Mapping)] if isinstance(obj, list) else []


def texts_of(obj: object) -> tuple[str, ...]:
    """The texts in a list."""
    return tuple(one for one in obj if isinstance(one, str)) if isinstance(obj, (list, tuple)) else ()


def text_of(obj: object) -> str:
    """A text; else none."""
    return obj if isinstance(obj, str) else ""


def number_of(obj: object) -> int:
    """A count: no less than nothing, no more than fits into a column; else 0."""
    return min(obj, _LARGEST) if isinstance(obj, int) and not isinstance(obj, bool) and obj >= 0 else 0
