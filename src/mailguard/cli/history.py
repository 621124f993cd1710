"""`mailguard history`: what the house knows of who writes to whom. Imported from archives, shown, forgotten.

It prints and never decides.
"""

from __future__ import annotations

import importlib

import click

#: verb -> (module in this package, object in it)
_LATER = {
    "import": ("history_import", "import_"),
    "show": ("history_people", "show"),
    "forget": ("history_people", "forget"),
}


class _History(click.Group):
    """Loads what needs the server's modules only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_LATER)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LATER:
            return None
        module, name = _LATER[cmd_name]
        found = getattr(importlib.import_module(f"mailguard.cli.{module}"), name)
        assert isinstance(found, click.Command)
        return found


@click.group("history", cls=_History)
def history() -> None:
    """Who writes to whom: import archives, show and forget people."""
