"""The last snapshot on disk, so that a restart while the directory server is down is no stop of all mail.

The file holds names and addresses of employees: it lies beside the ledger, for its owner only. It appears whole or not
at all; one that cannot be read is as good as none.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from mailguard.mail.directory import Directory, Person

_VERSION = 1


def keep(path: Path, directory: Directory, source: str) -> None:
    """Write the snapshot of that server. Blocks. Raises OSError."""
    data = {
        "version": _VERSION,
        "source": source,
        "people": [[p.address, p.name, p.manager, p.delegates, p.aliases] for p in directory.people.values()],
        "groups": {name: sorted(members) for name, members in directory.groups.items()},
    }
    descriptor, name = tempfile.mkstemp(prefix=".people-", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def kept(path: Path, source: str) -> Directory | None:
    """The snapshot of that server, None if there is none that can be used. Blocks."""
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["version"] != _VERSION or data["source"] != source:
            return None
        people = {row[0]: _person(row) for row in data["people"]}
        groups = {str(name): frozenset(map(str, members)) for name, members in data["groups"].items()}
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
    return Directory(people, groups)


def _person(row: list[Any]) -> Person:
    address, name, manager, delegates, aliases = row
    return Person(str(address), str(name), str(manager), tuple(map(str, delegates)), aliases=tuple(map(str, aliases)))
