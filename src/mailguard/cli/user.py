"""`mailguard user hash`: an entry for the file of logins. The password is asked for, never an argument."""

from __future__ import annotations

import sys

import click

from mailguard.mail.address import AddressError, parse_typed


@click.group()
def user() -> None:
    """Make entries for the file of logins (auth: {method: file})."""


@user.command("hash")
@click.argument("address")
def hash_entry(address: str) -> None:
    """Ask for a password (or read it from stdin) and print the entry for ADDRESS in users.yaml."""
    from mailguard.smtpd.auth import hash_password

    try:
        name = str(parse_typed(address)).lower()
    except AddressError as error:
        raise click.UsageError(f"{address!r} is not a mail address: {error}") from error
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise click.UsageError("the password is empty")
    click.echo(f'  {name}: {{password: "{hash_password(password)}", aliases: []}}')
