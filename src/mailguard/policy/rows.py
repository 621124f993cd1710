"""List files as rows of cells: .txt has one cell a line, .csv several. What the columns mean is the reader's business.

Files are the operator's and may be large or broken: lines are bounded, and a file that is no text is an error.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mailguard.policy.lists import no_csv, text_of


@dataclass(frozen=True, slots=True)
class Row:
    """cells: trimmed; line: counted from 1; file: as it is shown."""

    cells: tuple[str, ...]
    line: int
    file: str = ""

    def cell(self, column: int) -> str:
        """A cell, "" if the row is too short."""
        return self.cells[column] if column < len(self.cells) else ""


def rows_of(name: str, octets: bytes, file: str) -> Iterator[Row]:
    """The rows of a .txt or .csv file that hold something. file: as it is shown. Raises ValueError."""
    text = text_of(octets)
    if not name.lower().endswith(".csv"):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.strip().startswith("#"):
                yield Row((line.strip(),), number, file)
        return
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(tuple(cell.strip() for cell in cells), reader.line_num, file)
    except csv.Error as error:
        raise ValueError(no_csv(error)) from error


def headed(rows: list[Row], heads: Collection[str]) -> dict[str, int]:
    """The columns of a table by their heads, folded, if the first row has one of `heads`; else nothing."""
    first = {cell.casefold(): column for column, cell in reversed(list(enumerate(rows[0].cells)))} if rows else {}
    return first if not first.keys().isdisjoint(heads) else {}
