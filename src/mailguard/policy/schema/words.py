"""Words of the language that this version cannot decide or do: an error that says so, never silently false."""

from __future__ import annotations

#: Words of the language that this version cannot decide or do.
NOT_YET = frozenset(
    "risk secrets virus forgotten challenge alter notify route"  # noqa: SIM905
    " delegates remind_after escalate_after greeting language header weights score new_in_thread habitual labels to cc"
    " not_written_for no_mx mailing_list display_name from_differs seen_before sensitivity quoted".split()
)
