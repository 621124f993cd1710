"""`mailguard store`: the ledger's shape and keys, beside what `serve` does with them by itself."""

from __future__ import annotations

import json
import sqlite3
import sys
from dataclasses import asdict
from pathlib import Path

import click

from mailguard.app.opening import CannotStart, only_one
from mailguard.app.rooms import Rooms, ledger_path, utc_now
from mailguard.cli import Group
from mailguard.cli.ledger import acting, with_ledger
from mailguard.cli.setup import fail, read_config, with_config
from mailguard.store.bodies import Bodies
from mailguard.store.downgrade import downgrade, losses
from mailguard.store.errors import StoreError
from mailguard.store.keyring import add_key
from mailguard.store.rotate import Rotated, Rotation

_JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


@click.group("store", cls=Group)
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


@store.command("new-key")
@with_config
@_JSON
def new_key(config_file: Path | None, as_json: bool) -> None:
    """Put a new key on top of store.encryption_key_file (made if there is none). Then `mailguard store rotate`."""
    config = read_config(config_file)
    file = config.settings.store.encryption_key_file
    if file is None:
        fail("store.encryption_key_file is not set: name the file in the configuration first")
    path = config.path(file)
    try:
        name = add_key(path)
    except (StoreError, OSError) as error:
        fail(str(error))
    click.echo(
        json.dumps({"file": str(path), "key": name}) if as_json else f"{path}: key {name}; keep a copy elsewhere"
    )


@store.command("rotate")
@with_config
@click.option("--decrypt", is_flag=True, help="Take the encryption away; the server must be stopped.")
@_JSON
def rotate(config_file: Path | None, decrypt: bool, as_json: bool) -> None:
    """Wrap the keys of all bodies with the current key, and encrypt those from before. Also while the server runs."""

    async def work(rooms: Rooms) -> Rotated:
        bodies = Bodies(rooms.config.path(rooms.config.settings.store.bodies))
        done = await Rotation(rooms.db, bodies).run(decrypt=decrypt)
        await rooms.audit.note("rotate", acting(), utc_now(), **asdict(done))
        return done

    if decrypt:
        try:
            with only_one(ledger_path(read_config(config_file)).with_suffix(".lock")):
                done = with_ledger(config_file, work)
        except (CannotStart, OSError) as error:
            fail(str(error))
    else:
        done = with_ledger(config_file, work)
    if as_json:
        click.echo(json.dumps(asdict(done)))
    elif decrypt:
        click.echo(f"{done.opened:,} bodies are in the clear; now take store.encryption_key_file out")
    else:
        click.echo(f"{done.wrapped:,} keys wrapped anew, {done.sealed:,} bodies encrypted; older keys can go")
    if done.damaged:
        click.echo(
            f"mailguard: {done.damaged:,} bodies cannot be read; keep all keys, see `mailguard doctor`", err=True
        )
        raise SystemExit(1)
