"""What an experiment found, as a row; and the page that keeps the rows: docs/faults.md.

A row of the same name is replaced, all others stay, so one experiment can be measured anew by itself. It trusts the
experiments for what they counted, and writes no name of a machine.
"""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs" / "faults.md"
_BEGIN, _END = "<!-- rows: written by make faults -->\n", "<!-- end of rows -->\n"
_HEAD = (
    "| experiment | rounds | mails | acknowledged | lost | leaked | duplicates | recovery s | what else | measured |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|---|---|\n"
)
#: Normal service must be back within so many seconds.
RECOVERY = 30.0


@dataclass(frozen=True, slots=True)
class Row:
    """One experiment. mails: handed in; acknowledged: of these, answered 250; lost: acknowledged and neither in the
    ledger nor outside; leaked: outside though nobody let it go; duplicates: outside more than once; recovery: the
    longest time until normal service (None: nothing was to recover from); said: what else was measured; wrong: what
    else was not as promised.
    """

    experiment: str
    rounds: int
    mails: int
    acknowledged: int
    lost: int
    leaked: int
    duplicates: int
    recovery: float | None = None
    said: str = ""
    wrong: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether the promise was kept. Duplicates are counted; an experiment that may have none says so in wrong."""
        late = self.recovery is not None and self.recovery > RECOVERY
        return not (self.lost or self.leaked or self.wrong or late)

    def line(self, at: str) -> str:
        recovery = "" if self.recovery is None else f"{self.recovery:.1f}"
        said = "; ".join([*([self.said] if self.said else []), *(f"**{one}**" for one in self.wrong)])
        counts = (self.rounds, self.mails, self.acknowledged, self.lost, self.leaked, self.duplicates)
        return f"| {self.experiment} | {' | '.join(f'{one:,}' for one in counts)} | {recovery} | {said} | {at} |\n"


def machine() -> str:
    """What the figures depend on."""
    cores = os.cpu_count()
    return f"{cores} cores, {platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}"


def write(rows: list[Row], page: Path = PAGE) -> str:
    """Put rows into the page's table. Returns the table."""
    text = page.read_text("utf-8")
    before, rest = text.split(_BEGIN, 1)
    table, after = rest.split(_END, 1)
    at = f"{datetime.now(UTC):%Y-%m-%d}, {machine()}"
    kept = {_name(line): line for line in table.splitlines(keepends=True) if re.match(r"\| (?!experiment)[^-|]", line)}
    kept.update((row.experiment, row.line(at)) for row in rows)
    table = _HEAD + "".join(kept.values())
    page.write_text(f"{before}{_BEGIN}{table}{_END}{after}", encoding="utf-8")
    return table


def _name(line: str) -> str:
    return line.split("|")[1].strip()
