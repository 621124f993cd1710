"""Tables in a text: lines that have the same separator, one after another, with the head that says what they hold.

HTML tables, sheets and tables of documents come as lines with tabs; mails hold comma-separated rows, rows between bars
and columns made of spaces; a list with a head over it is a table of one column. Quoted cells may hold separators and
line breaks. Knows nothing of people. Linear in the text.
"""

from __future__ import annotations

import bisect
import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from mailguard.inspect.personal.heads import SURE, head_of, kind_of

_SPACES = re.compile(r" {2,}")
_RULE = re.compile(r"[-+=|: ]+")
_LINE = re.compile("[^\n]+")
_OPEN = re.compile('(?:^|[,;\t])"')
_QUOTED_LINES = 20
_QUOTED_CHARS = 4000
#: Kept in memory at a time; of a row so many are looked at.
_MOST_CELLS = 200_000
_MOST_COLUMNS = 300
_GAP = 3
#: Lines of a list are no longer.
_LISTED = 40
#: And their heads.
_HEAD = 20
_ENDS_PROSE = ("。", ".", "、", ",")
#: What parts cells in a table, and words in any sentence.
_OF_SEVERAL = (",", ";", "  ")
_LISTS = SURE | {"account", "phone", "postal", "insurer", "other"}


@dataclass(slots=True)
class Grid:
    """A table. start, end: of its lines in the text; rows with `offsets`, where each begins; kinds: of its columns."""

    mark: str
    start: int
    end: int = 0
    rows: list[list[str]] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    head: int = -1
    cells: int = 0
    heads: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def body(self) -> Iterator[tuple[list[str], int]]:
        """The rows below the head, each with its place."""
        first = self.head + 1
        return zip(self.rows[first:], self.offsets[first:], strict=True)


class Grids:
    """The tables of one text."""

    def __init__(self, grids: list[Grid]) -> None:
        self.all = grids
        self._starts = [grid.start for grid in grids]
        self.has_other = any("other" in grid.kinds for grid in grids)

    def at(self, text: str, position: int) -> tuple[str, str] | None:
        """The head of the column in which a place is, and its cell so far; None outside of tables that have a head."""
        index = bisect.bisect(self._starts, position) - 1
        if index < 0 or position >= self.all[index].end or not self.all[index].heads:
            return None
        grid = self.all[index]
        line = text[text.rfind("\n", 0, position) + 1 : position]
        if len(line) > 4000:
            return None
        cells = split_row(line, grid.mark)
        column = len(cells) - 1
        return (grid.heads[column] if column < len(grid.heads) else "", cells[-1] if cells else "")

    def is_other(self, text: str, position: int) -> bool:
        """Whether the head of a column says that its numbers are nobody's."""
        index = bisect.bisect(self._starts, position) - 1
        if index < 0 or position >= self.all[index].end or "other" not in self.all[index].kinds:
            return False
        grid = self.all[index]
        start = text.rfind("\n", 0, position) + 1
        if text.find('"', start, position) >= 0 or grid.mark in ("|", "  "):
            found = self.at(text, position)
            return found is not None and kind_of(found[0]) == "other"
        column = text.count(grid.mark, start, position) if grid.mark else 0
        return column < len(grid.kinds) and grid.kinds[column] == "other"


def grids_of(text: str, each: Callable[[Grid], None], lines: Iterable[tuple[str, int]] | None = None) -> Grids:
    """The tables of a folded text, in order. each: is shown a table with its rows, which are forgotten afterwards;
    lines: those of `plain_lines`, where they are known.

    A very long table comes in several, so that memory holds only one of them.
    """
    found: list[Grid] = []
    grid: Grid | None = None
    gap = 0
    first = ""  # the only row so far, not looked at: without a second one it is no table
    for line, offset in _lines(text) if lines is None or '"' in text else lines:
        mark = _separator(line)
        if grid is not None and (mark != grid.mark or grid.cells > _MOST_CELLS):
            if not first:
                _close(grid, found, each)
            grid, first = None, ""
        if not mark:
            gap += 1
            if grid is not None or len(line) <= _LISTED or line[0].isspace() or line[-1].isspace():
                grid = _listed(line, offset, grid)
            continue
        if grid is None:
            grid = Grid(mark, offset)
            if found and gap <= _GAP and found[-1].mark == mark:
                grid.heads, grid.kinds = found[-1].heads, found[-1].kinds  # of the table before, if it has none itself
            gap = 0
            if mark in _OF_SEVERAL:
                first = line
                continue
        if first:
            _append(grid, first, grid.start)
            first = ""
        _append(grid, line, offset)
    if grid is not None and not first:
        _close(grid, found, each)
    return Grids(found)


NO_GRIDS = Grids([])


def holds_no_table(text: str, lines: list[str], spaced: bool) -> bool:
    """Whether it is plain without going from line to line that `grids_of` finds nothing in a text of these lines.

    spaced: whether two spaces may stand in a row. A table has a separator in two lines that follow each other, or is a
    list with a head over it.
    """
    if "\t" in text or "|" in text or (spaced and "  " in text):
        return False
    if '"' in text and any(line.count('"') % 2 and _OPEN.search(line) for line in lines if '"' in line):
        return False
    if "," in text or ";" in text:
        before = ""
        for line in lines:
            # Prose has commas, too, and mostly ends in a sign of its own.
            mark = _separator(line) if ("," in line and line[-1] not in _ENDS_PROSE) or ";" in line else ""
            if mark and mark == before:
                return False
            before = mark
    heads = [bare for line in lines if line and len(bare := line.strip()) <= _HEAD]
    return not any(kind_of(bare) in _LISTS for bare in heads)


def split_row(line: str, mark: str) -> list[str]:
    """The cells of a line."""
    if not mark:
        return [line.strip()]
    if mark == "  ":
        return [cell.strip() for cell in _SPACES.split(line.strip(), _MOST_COLUMNS)]
    if '"' in line and mark != "|":
        try:
            return [cell.strip() for row in csv.reader(line.split("\n"), delimiter=mark) for cell in row]
        except csv.Error:  # a cell without end
            pass
    if mark == "|":
        line = line.strip().strip("|")
    return [cell.strip(' "') for cell in line.split(mark, _MOST_COLUMNS)]


def plain_lines(text: str) -> Iterator[tuple[str, int]]:
    """The lines of a short text (all are in memory) with where they begin, several empty ones as one."""
    position, behind = 0, -1  # of this line; of the end of the one before that was not empty
    for line in text.split("\n"):
        if line:
            if position > max(behind, 0) + 1:
                yield "", max(behind, 0)
            yield line, position
            behind = position + len(line)
        position += len(line) + 1


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """Lines with where they begin, several empty ones as one. A quoted cell with line breaks in it joins its lines."""
    position = 0
    quoted = '"' in text
    for match in _LINE.finditer(text):
        start = match.start()
        if start < position:
            continue
        if start > position + 1:
            yield "", position
        line = match.group()
        if quoted and line.count('"') % 2 and _OPEN.search(line):
            line = text[start : _closing(text, match.end())]
        position = start + len(line)
        yield line, start


def _closing(text: str, end: int) -> int:
    """Where the line ends that closes a quoted cell; `end` if none of the next lines does."""
    position = end
    for _ in range(_QUOTED_LINES):
        stop = text.find("\n", position + 1)
        stop = stop if stop >= 0 else len(text)
        if text.count('"', position, stop) % 2:
            return stop
        if stop == len(text) or stop - end > _QUOTED_CHARS:
            break
        position = stop
    return end


def _separator(line: str) -> str:
    if "\t" in line:
        return "\t"
    if "," in line and line.rstrip()[-1:] not in _ENDS_PROSE:
        return ","
    if "|" in line:
        return "|"
    if ";" in line and line.rstrip()[-1:] != ";":
        return ";"
    return "  " if "  " in line and "  " in line.strip(" >") else ""


def _append(grid: Grid, line: str, offset: int) -> None:
    if grid.mark == "|" and _RULE.fullmatch(line):
        return
    cells = split_row(line, grid.mark) if grid.mark != "\t" or '"' in line else line.split("\t", _MOST_COLUMNS)
    grid.rows.append(cells[:_MOST_COLUMNS])
    grid.cells += len(cells)
    grid.offsets.append(offset)
    grid.end = offset + len(line)


def _listed(line: str, offset: int, grid: Grid | None) -> Grid | None:
    """A line without separators: of a list with a head over it, or the head of one."""
    bare = line.strip()
    if not bare or len(bare) > _LISTED:
        return None
    if grid is None:
        if len(bare) > _HEAD or kind_of(bare) not in _LISTS:
            return None
        grid = Grid("", offset)
    _append(grid, line, offset)
    return grid


def _close(grid: Grid, found: list[Grid], each: Callable[[Grid], None]) -> None:
    """Keep a finished table, if it is one."""
    if grid.mark in (",", ";", "  ", "|") and not _is_even(grid.rows):
        return
    if grid.mark == "\t":
        grid.rows = [[cell.strip(" ") for cell in row] for row in grid.rows]
    index, kinds = head_of(grid.rows)
    if index >= 0:
        grid.head, grid.heads, grid.kinds = index, grid.rows[index], kinds
    each(grid)
    grid.rows, grid.offsets = [], []
    found.append(grid)


def _is_even(rows: list[list[str]]) -> bool:
    """Whether most rows have the same number of cells: prose with commas does not."""
    if len(rows) < 2:
        return False
    widths: dict[int, int] = {}
    for row in rows:
        widths[len(row)] = widths.get(len(row), 0) + 1
    return max(widths.values()) >= max(2, 0.6 * len(rows))
