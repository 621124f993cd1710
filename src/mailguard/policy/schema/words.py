"""Words of the language that this version cannot decide or do: an error that says so, never silently false."""

from __future__ import annotations

#: Words of the language that this version cannot decide or do.
NOT_YET = frozenset(["route"])
