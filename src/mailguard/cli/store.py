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
from mailguard.cli.language import say, spoken
from mailguard.cli.ledger import acting, with_ledger
from mailguard.cli.setup import fail, read_config, with_config
from mailguard.mail.saying import Sentence
from mailguard.store.bodies import Bodies
from mailguard.store.downgrade import downgrade, losses
from mailguard.store.errors import StoreError
from mailguard.store.keyring import add_key
from mailguard.store.rotate import Rotated, Rotation

_NO_FILE = Sentence(
    "store.encryption_key_file が設定されていません。先に設定ファイルに鍵のファイルを書いてください。",
    "store.encryption_key_file is not set: name the file in the configuration first",
)
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
        fail(Sentence("{path} に台帳がありません。", "no ledger at {path}", path=path))
    try:
        with only_one(path.with_suffix(".lock")):
            lost = losses(path, to)
            for one in lost:
                say(Sentence("失われるもの: {one}", "lost: {one}", one=one), err=as_json)
            if lost and not yes and sys.stdin.isatty():
                asked = Sentence(
                    "{path} をバージョン {to} に戻しますか?", "take {path} back to version {to}?", path=path, to=to
                )
                click.confirm(spoken(asked), abort=True, err=True)
            version = downgrade(path, to)
    except (StoreError, CannotStart, sqlite3.Error, OSError) as error:
        fail(Sentence("台帳 {path}: {error}", "ledger {path}: {error}", path=path, error=error))
    if as_json:
        click.echo(json.dumps({"from": version, "to": min(version, to), "lost": lost}))
    else:
        told = Sentence(
            "台帳はバージョン {now} になりました(以前は {before})。",
            "the ledger is of version {now}, and was of {before}",
            now=min(version, to), before=version,
        )  # fmt: skip
        say(told)


@store.command("new-key")
@with_config
@_JSON
def new_key(config_file: Path | None, as_json: bool) -> None:
    """Put a new key on top of store.encryption_key_file (made if there is none). Then `mailguard store rotate`."""
    config = read_config(config_file)
    file = config.settings.store.encryption_key_file
    if file is None:
        fail(_NO_FILE)
    path = config.path(file)
    try:
        name = add_key(path)
    except (StoreError, OSError) as error:
        fail(str(error))
    if as_json:
        click.echo(json.dumps({"file": str(path), "key": name}))
        return
    say(
        Sentence(
            "{path}: 鍵 {key}。別の場所にも控えを保管してください。", "{path}: key {key}; keep a copy elsewhere",
            path=path, key=name,
        )
    )  # fmt: skip


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
        told = Sentence(
            "本文 {n:,} 件の暗号化を解除しました。store.encryption_key_file を設定から外してください。",
            "{n:,} bodies are in the clear; now take store.encryption_key_file out",
            n=done.opened,
        )
        say(told)
    else:
        told = Sentence(
            "鍵 {wrapped:,} 個を包み直し、本文 {sealed:,} 件を暗号化しました。古い鍵は不要です。",
            "{wrapped:,} keys wrapped anew, {sealed:,} bodies encrypted; older keys can go",
            wrapped=done.wrapped, sealed=done.sealed,
        )  # fmt: skip
        say(told)
    if done.damaged:
        damaged = Sentence(
            "本文 {n:,} 件を読めません。鍵はすべて残しておき、`mailguard doctor` を確認してください。",
            "{n:,} bodies cannot be read; keep all keys, see `mailguard doctor`",
            n=done.damaged,
        )
        say("mailguard: " + damaged, err=True)
        raise SystemExit(1)
