"""Words of the language that this version cannot decide or do: an error that says so, never silently false."""

from __future__ import annotations

#: Words of the language that this version cannot decide or do.
NOT_YET = frozenset(
    "secrets virus forgotten challenge alter notify route delegates remind_after escalate_after language header weights score labels from_differs seen_before sensitivity quoted".split()
)
