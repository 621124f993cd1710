"""Tables to be saved as CSV (RFC 4180), such that no spreadsheet takes a cell for a formula. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from starlette.responses import Response

#: How a cell begins that a spreadsheet would calculate (OWASP, CSV injection); ' so that it can be undone.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(value: object) -> str:
    """A cell: numbers as they are, a text that could be taken for a formula behind an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return f"{value:.10g}" if isinstance(value, float) else str(value)
    text = str(value)
    return f"'{text}" if text.startswith(RISKY) else text


def csv_text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The table with CRLF line ends."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def csv_response(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The table to be saved. The mark at the beginning lets spreadsheets know that it is UTF-8."""
    return Response(
        ("\ufeff" + csv_text(head, rows)).encode("utf-8", "replace"),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}.csv"'},
    )
