"""The layers of docs/architecture.md, read from the source: a module imports only from below, or from its own package.

It trusts nothing but the syntax tree, so imports inside functions and under TYPE_CHECKING count too. It never imports
mailguard.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "mailguard"

#: Bottom first; names on one line do not see each other.
LAYERS = [
    {"mail"},
    {"policy", "inspect", "insight", "transform"},
    {"store", "relay", "antivirus", "ldap", "oidc", "resolver", "courier", "workshop", "past", "events", "log"},
    {"notify"},
    {"intake", "rulebook", "roster", "review", "access", "delivery", "replies", "incident", "pressure", "memory"},
    {"smtpd", "console"},
    {"config"},
    {"app"},
    {"cli"},
    {"__main__"},
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}

#: The two lowest layers are values and pure functions. inspect/workers.py is the processes, and nothing else.
IMPURE = {
    "asyncio", "sqlite3", "socket", "ssl", "http", "smtplib", "time", "threading", "subprocess", "structlog", "logging",
}  # fmt: skip
PROCESSES = {
    "inspect.workers",
    "inspect.asked",
    "inspect.child",
    "inspect.worker",
    "inspect.turns",
    "inspect.letters",
    "inspect.overtime",
    "inspect.starved",
}


def imports_of(source: str, module: str) -> Iterator[str]:
    """Every module that `source` imports, in full; `module` is its own dotted name, for relative imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*package, *(node.module or "").split(".")]).strip(".")
            # `from mailguard import store` names the room only in the alias.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def faults_of(source: str, module: str) -> list[str]:
    """What is wrong with the imports of one module, in words."""
    room, _, inside = module.removeprefix("mailguard.").partition(".")
    if room not in HEIGHT:
        return [f"{module}: room {room!r} stands in no layer of tests/test_layers.py"]
    faults = []
    for imported in imports_of(source, module):
        top, _, rest = imported.partition(".")
        other = rest.partition(".")[0]
        if top == "mailguard" and other in HEIGHT and other != room and HEIGHT[other] >= HEIGHT[room]:
            faults.append(f"{module} imports {imported}, which does not lie below it")
        if top in IMPURE and HEIGHT[room] < 2 and f"{room}.{inside}" not in PROCESSES:
            faults.append(f"{module} imports {imported}: no clock, network, database or log in layer {HEIGHT[room]}")
    return faults


def modules() -> Iterator[tuple[Path, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        dotted = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
        if dotted != "mailguard.__init__":
            yield path, dotted


def test_imports_point_down() -> None:
    faults = [fault for path, module in modules() for fault in faults_of(path.read_text(encoding="utf-8"), module)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("mailguard.mail.address", "import mailguard.policy.judge"),
        ("mailguard.policy.judge", "from mailguard.inspect import reader"),
        ("mailguard.store.db", "from mailguard import events"),
        ("mailguard.intake", "def late():\n    from mailguard.config import Config"),
        ("mailguard.smtpd.server", "from ..console import app"),
        ("mailguard.notify.letters", "from .. import review"),
        ("mailguard.policy.judge", "import asyncio"),
        ("mailguard.inspect.reader", "from time import monotonic"),
        ("mailguard.helpers", "x = 1"),
    ],
)
def test_a_broken_layer_goes_red(module: str, source: str) -> None:
    assert faults_of(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("mailguard.cli.serve", "from mailguard.app import run\nfrom mailguard import __version__"),
        ("mailguard.intake", "from mailguard.store.spool import Spool"),
        ("mailguard.store.spool", "from .db import Database\nimport sqlite3"),
        ("mailguard.inspect.workers", "import asyncio"),
    ],
)
def test_a_sound_layer_stays_green(module: str, source: str) -> None:
    assert not faults_of(source, module)
