"""`mailguard history export` and `merge`: what one node learned, taken in by another.

A file holds addresses, names and hashes of all that one organization's people wrote to whom: as confidential as the
ledger. It prints; the model's room does it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import click

from mailguard.app.rooms import Rooms, house_key, utc_now
from mailguard.cli.ledger import acting, with_ledger
from mailguard.cli.setup import fail, with_config
from mailguard.config.rooms import memory
from mailguard.memory import aside
from mailguard.memory.settings import CountedTwice, MemoryFault, MemorySettings
from mailguard.store.lessons import Lessons

_JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, readable=False), metavar="FILE")


@click.command("export")
@with_config
@_FILE
@_JSON
def export(config_file: Path | None, file: Path, as_json: bool) -> None:
    """Write what was learned into FILE, for `history merge` on another node. Keep it as you keep the ledger."""
    place = _regular(file)

    async def work(rooms: Rooms) -> tuple[int, int]:
        return await aside.export(Lessons(rooms.db), _settings(rooms), place, await _node(rooms))

    try:
        learned, size = with_ledger(config_file, work)
    except MemoryFault as error:
        fail(str(error))
    if as_json:
        click.echo(json.dumps({"file": str(file), "learned": learned, "size": size}))
    else:
        click.echo(f"{file}: what {learned:,} mails taught, {size:,} bytes")


@click.command("merge")
@with_config
@_FILE
@click.option("--again", is_flag=True, help="Also what is known here: it counts twice.")
@_JSON
def merge(config_file: Path | None, file: Path, again: bool, as_json: bool) -> None:
    """Take in what another node learned, also while the server runs. FILE is one of `history export`. The same file
    is taken in once; a newer one of that node, or one of a node that took this one in, is refused.
    """
    if not file.exists():
        fail(f"{file}: no such file; `mailguard history export FILE` writes one")
    place = _regular(file)

    async def work(rooms: Rooms) -> int | None:
        given = Lessons(rooms.db), _settings(rooms), place, acting(), utc_now()
        return await aside.merge(*given, node=await _node(rooms), again=again)

    try:
        learned = with_ledger(config_file, work, create=True)
    except CountedTwice as error:
        fail(f"{error}; --again takes it in all the same")
    except MemoryFault as error:
        fail(str(error))
    if as_json:
        click.echo(json.dumps({"file": str(file), "learned": learned or 0, "known": learned is None}))
    elif learned is None:
        click.echo(f"{file}: was taken in before; nothing changed")
    else:
        click.echo(f"{file}: what {learned:,} mails taught there is known here, too")


def _regular(file: Path) -> Path:
    """Where it is. Ends with status 1 for a device or a pipe: the one would be replaced, the other waited for."""
    if file.exists() and not file.is_file():
        fail(f"{file}: is no regular file")
    return file.absolute()


async def _node(rooms: Rooms) -> bytes:
    """What other nodes know this one by: nothing follows from it."""
    key = await asyncio.to_thread(house_key, rooms.config)
    return hashlib.blake2b(key, digest_size=16, person=b"mailguard node").digest()


def _settings(rooms: Rooms) -> MemorySettings:
    settings = memory(rooms.config)
    if settings is None:
        fail("nothing is learned here: insight.enabled is off")
    return settings
