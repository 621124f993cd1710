"""`mailguard backup` and `mailguard restore`: a copy of the store while it runs, and the way back from it."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import asdict
from pathlib import Path

import click

from mailguard import __version__
from mailguard.app.opening import CannotStart, only_one
from mailguard.app.rooms import ledger_path, utc_now
from mailguard.cli.language import say
from mailguard.cli.ledger import acting, quiet
from mailguard.cli.setup import fail, read_config, with_config
from mailguard.config import Config
from mailguard.mail.saying import Sentence
from mailguard.store.archive import unpack_settings
from mailguard.store.backup import Source, back_up, note
from mailguard.store.errors import StoreError
from mailguard.store.restore import Place, Restored, restore

_NO_KEY = Sentence(
    "バックアップに鍵がないため、以前の処理済みの印と二段階認証は認識されません。",
    "the backup has no key: marks and second factors of before are not recognised",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, readable=False), metavar="FILE")


@click.command("backup")
@with_config
@_FILE
@click.option("--without-keys", is_flag=True, help="Leave out the house's key and the settings, which hold secrets.")
@_JSON
def backup(config_file: Path | None, file: Path, without_keys: bool, as_json: bool) -> None:
    """Write ledger, bodies, key and settings into FILE (a tar archive; .gz packs it), also while the server runs.

    The key of encrypted bodies (store.encryption_key_file) is never in it: keep that elsewhere.
    """
    config = read_config(config_file)
    ledger = ledger_path(config)
    if not ledger.exists():
        said = Sentence(
            "{ledger} に台帳がありません。バックアップするものがありません。",
            "no ledger at {ledger}: there is nothing to back up",
            ledger=ledger,
        )
        fail(said)
    settings = {} if without_keys else _settings(config)
    source = Source(ledger, config.path(config.settings.store.bodies), not without_keys, settings)
    try:
        copied = back_up(source, file.absolute(), __version__, utc_now())
    except (StoreError, OSError) as error:
        said = Sentence(
            "backup {file}: {error}({name} は書き出していません)", "backup {file}: {error}; {name} was not written",
            file=file, error=error, name=file.name,
        )  # fmt: skip
        fail(said)
    try:
        detail = {"messages": copied.messages, "bodies": copied.bodies, "keys": not without_keys}
        note(ledger, acting(), utc_now(), "backup", detail)
    except sqlite3.Error as error:
        said = Sentence(
            "バックアップは完全ですが、監査ログに残せませんでした: {error}",
            "the backup is whole, but the audit log has no line of it: {error}",
            error=error,
        )
        say("mailguard: " + said, err=True)
    if as_json:
        click.echo(json.dumps({"file": str(file), **asdict(copied)}))
    else:
        told = Sentence(
            "{file}: メール {messages:,} 通、大きな本文 {bodies:,} 件、{size:,} バイト",
            "{file}: {messages:,} mails, {bodies:,} large bodies, {size:,} bytes",
            file=file, messages=copied.messages, bodies=copied.bodies, size=copied.size,
        )  # fmt: skip
        say(told)
    if copied.missing:
        gone = Sentence(
            "すでに失われていた本文: {ids}", "bodies that were gone before: {ids}", ids=", ".join(copied.missing)
        )
        say("mailguard: " + gone, err=True)
        raise SystemExit(1)


@click.command("restore")
@with_config
@_FILE
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="Into this folder, not where it belongs.")
@click.option("--force", is_flag=True, help="Move what is there aside, into a folder before-restore-...")
@click.option("--release", is_flag=True, help="Let queued mail go at once, though it may have been sent since.")
@click.option("--settings", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="Write only the configuration and policies into DIR, and restore nothing.")  # fmt: skip
@_JSON
def restore_(
    config_file: Path | None, file: Path, to: Path | None, force: bool, release: bool, settings: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Put a backup back; the server must be stopped. Mail that was not sent then is held: it may have been sent since.
    Look through `mailguard queue list`, then `queue release` or `queue resume` what is still to go.
    """
    try:
        if settings is not None:
            _only_settings(file, settings, as_json)
            return
        if to is None:
            config = read_config(config_file)
            place = Place(ledger_path(config), config.path(config.settings.store.bodies))
        else:
            place = Place(to.absolute() / "mailguard.db", to.absolute() / "bodies")
        place.ledger.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with quiet(), only_one(place.ledger.with_suffix(".lock")):
            done = restore(file, place, acting(), utc_now(), release=release, force=force)
    except (StoreError, CannotStart, OSError) as error:
        fail(f"restore {file}: " + str(error))
    _say(done, place, release, as_json)


restore_.name = "restore"


def _say(done: Restored, place: Place, release: bool, as_json: bool) -> None:
    made, messages = str(done.manifest.get("made_at", "")), done.manifest.get("messages", 0)
    if as_json:
        click.echo(json.dumps({
            "ledger": str(place.ledger), "made_at": made, "messages": messages, "held": done.held,
            "released": release, "missing": list(done.missing), "aside": str(done.aside) if done.aside else None,
            "key": done.key,
        }))  # fmt: skip
    else:
        told = Sentence(
            "{ledger}: {made} 時点のメール {messages:,} 通。{held:,} 通が送信の判断を待っています。",
            "{ledger}: {messages:,} mails as of {made}; {held:,} wait for your word",
            ledger=place.ledger, messages=messages, made=made, held=done.held,
        )  # fmt: skip
        say(told)
        if done.aside is not None:
            say(Sentence("元のデータは {path} にあります。", "what was there lies in {path}", path=done.aside))
    if not done.key:
        say("mailguard: " + _NO_KEY, err=True)
    if done.missing:
        ids = ", ".join(done.missing)
        gone = Sentence(
            "バックアップにもなかった本文: {ids}", "bodies that the backup did not have either: {ids}", ids=ids
        )
        say("mailguard: " + gone, err=True)


def _only_settings(file: Path, folder: Path, as_json: bool) -> None:
    if folder.exists() and any(folder.iterdir()):
        fail(
            Sentence(
                "{folder} は空ではありません。新しいフォルダーを指定してください。",
                "{folder} is not empty: name a new folder",
                folder=folder,
            )
        )
    names = unpack_settings(file, folder.absolute())
    if not names:
        said = Sentence(
            "{file} に設定は入っていません。--without-keys で、または設定ファイルなしで作られたものです。",
            "{file} has no settings: it was made with --without-keys, or without a configuration file",
            file=file,
        )
        fail(said)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "files": names}))
    else:
        say(Sentence("{folder}: ファイル {n} 個", "{folder}: {n} files", folder=folder, n=len(names)))


def _settings(config: Config) -> dict[Path, Path]:
    """The configuration and the policies, as far as they lie below its folder, by their paths there."""
    if config.tryout:
        return {}
    found = [Path(config.source).resolve()]
    for policies in map(config.path, config.settings.policies):
        found += [path for path in policies.rglob("*") if path.is_file()] if policies.is_dir() else [policies]
    if config.settings.auth is not None:
        found.append(config.path(config.settings.auth.file))
    return {
        path.relative_to(config.base): path
        for path in found
        if path.is_relative_to(config.base) and os.access(path, os.R_OK)
    }
