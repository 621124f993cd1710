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
from mailguard.cli.language import say
from mailguard.cli.ledger import acting, with_ledger
from mailguard.cli.setup import fail, with_config
from mailguard.config.rooms import memory
from mailguard.mail.saying import Sentence
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
        told = Sentence(
            "{file}: メール {n:,} 通の学習内容、{size:,} バイト", "{file}: what {n:,} mails taught, {size:,} bytes",
            file=file, n=learned, size=size,
        )  # fmt: skip
        say(told)


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
        none = Sentence(
            "{file}: ファイルがありません。`mailguard history export FILE` で書き出せます。",
            "{file}: no such file; `mailguard history export FILE` writes one",
            file=file,
        )
        fail(none)
    place = _regular(file)

    async def work(rooms: Rooms) -> int | None:
        given = Lessons(rooms.db), _settings(rooms), place, acting(), utc_now()
        return await aside.merge(*given, node=await _node(rooms), again=again)

    try:
        learned = with_ledger(config_file, work, create=True)
    except CountedTwice as error:
        fail(
            Sentence(
                "{error}それでも取り込むには --again を付けてください。",
                "{error}; --again takes it in all the same",
                error=error,
            )
        )
    except MemoryFault as error:
        fail(str(error))
    if as_json:
        click.echo(json.dumps({"file": str(file), "learned": learned or 0, "known": learned is None}))
    elif learned is None:
        say(
            Sentence(
                "{file}: 取り込み済みです。何も変更していません。",
                "{file}: was taken in before; nothing changed",
                file=file,
            )
        )
    else:
        told = Sentence(
            "{file}: 別の拠点で学習したメール {n:,} 通の内容を取り込みました。",
            "{file}: what {n:,} mails taught there is known here, too",
            file=file, n=learned,
        )  # fmt: skip
        say(told)


def _regular(file: Path) -> Path:
    """Where it is. Ends with status 1 for a device or a pipe: the one would be replaced, the other waited for."""
    if file.exists() and not file.is_file():
        fail(Sentence("{file}: 通常のファイルではありません。", "{file}: is no regular file", file=file))
    return file.absolute()


async def _node(rooms: Rooms) -> bytes:
    """What other nodes know this one by: nothing follows from it."""
    key = await asyncio.to_thread(house_key, rooms.config)
    return hashlib.blake2b(key, digest_size=16, person=b"mailguard node").digest()


def _settings(rooms: Rooms) -> MemorySettings:
    settings = memory(rooms.config)
    if settings is None:
        fail(
            Sentence(
                "学習は行われていません(insight.enabled が無効です)。",
                "nothing is learned here: insight.enabled is off",
            )
        )
    return settings
