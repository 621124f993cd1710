"""SECURITY.md says of each room what it trusts and what stands in the way; this says that no room is left out."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "SECURITY.md").read_text().split("## Threat model")[1]


def test_every_room_is_in_the_threat_model() -> None:
    source = ROOT / "src" / "mailguard"
    rooms = {path.stem for path in source.iterdir() if path.is_dir() or path.suffix == ".py"} - {"__init__", "__main__"}
    rooms -= {"__pycache__"}
    rows = [line.split(" | ")[0] for line in TABLE.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == rooms


def test_every_test_that_it_names_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/.]+)`", TABLE))
    assert len(named) > 20
    assert not [name for name in named if not (ROOT / name).exists()]
    ours = {f"tests/attacks/{path.name}" for path in Path(__file__).parent.glob("test_*.py")} - {
        f"tests/attacks/{Path(__file__).name}"
    }
    assert ours <= named, "an attack that is tried and not told of"
