"""`mailguard user`: an entry for the file of logins (the password is asked for, never an argument); second factors."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mailguard.app.rooms import Rooms
from mailguard.cli import Group
from mailguard.cli.language import say, spoken
from mailguard.cli.ledger import acting, is_no_address, with_ledger
from mailguard.cli.setup import fail, with_config
from mailguard.mail.address import AddressError, parse_typed
from mailguard.mail.saying import Sentence


@click.group(cls=Group)
def user() -> None:
    """Make entries for the file of logins (auth: {method: file}); reset somebody's second factor."""


@user.command("hash")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of YAML.")
def hash_entry(address: str, as_json: bool) -> None:
    """Ask for a password (or read it from stdin) and print the entry for ADDRESS in users.yaml."""
    from mailguard.smtpd.auth import hash_password

    try:
        name = str(parse_typed(address)).lower()
    except AddressError as error:
        raise click.UsageError(is_no_address(address, error)) from error
    if sys.stdin.isatty():
        again = spoken(Sentence("もう一度", "Repeat for confirmation"))
        asked = spoken(Sentence("パスワード", "Password"))
        password = click.prompt(asked, hide_input=True, confirmation_prompt=again)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise click.UsageError(Sentence("パスワードが空です。", "the password is empty"))
    if as_json:
        click.echo(json.dumps({"address": name, "password": hash_password(password), "aliases": []}))
        return
    click.echo(f'  {name}: {{password: "{hash_password(password)}", aliases: []}}')


@user.command("reset-factor")
@with_config
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def reset_factor(config_file: Path | None, address: str, as_json: bool) -> None:
    """Take the second factor of ADDRESS away (device and recovery codes lost). Its sessions end; the log has a line."""
    try:
        person = parse_typed(address).key
    except AddressError as error:
        raise click.UsageError(is_no_address(address, error)) from error

    async def work(rooms: Rooms) -> bool:
        done = await rooms.access.factor.reset(person, acting())
        if done:
            await rooms.access.visits.end_all(person, acting())
        return done

    done = with_ledger(config_file, work)
    if as_json:
        click.echo(json.dumps({"address": person, "reset": done}))
    if not done:
        fail(Sentence("{person} に二段階認証は設定されていません。", "{person} has no second factor", person=person))
    if not as_json:
        say(Sentence("{person} の二段階認証を解除しました。", "second factor of {person} reset", person=person))
