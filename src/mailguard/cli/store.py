"""`mailguard store`: the ledger's shape and keys, beside what `serve` does with them by itself."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

import click

from mailguard.app.opening import CannotStart, only_one
from mailguard.app.rooms import ledger_path
from mailguard.cli.setup import fail, read_config, with_config
from mailguard.store.downgrade import downgrade, losses
from mailguard.store.errors import StoreError

_JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


@click.group("store")
def store() -> None:
    """Take a ledger back to an older version; change the key of bodies."""


@store.command("downgrade")
@with_config
@click.option("--to", type=click.IntRange(1), required=True, metavar="N", help="The version the older program knows.")
@click.option("--yes", is_flag=True, help="Do not ask on a terminal before something is lost.")
@_JSON
def down(config_file: Path | None, to: int, yes: bool, as_json: bool) -> None:
    """Take the ledger's shape back, so that an older mailguard can open it. Stop the server and make a backup first."""
    path = ledger_path(read_config(config_file))
    if not path.exists():
        fail(f"no ledger at {path}")
    try:
        with only_one(path.with_suffix(".lock")):
            lost = losses(path, to)
            for one in lost:
                click.echo(f"lost: {one}", err=as_json)
            if lost and not yes and sys.stdin.isatty():
                click.confirm(f"take {path} back to version {to}?", abort=True, err=True)
            version = downgrade(path, to)
    except (StoreError, CannotStart, sqlite3.Error, OSError) as error:
        fail(f"ledger {path}: {error}")
    if as_json:
        click.echo(json.dumps({"from": version, "to": min(version, to), "lost": lost}))
    else:
        click.echo(f"the ledger is of version {min(version, to)}, and was of {version}")
