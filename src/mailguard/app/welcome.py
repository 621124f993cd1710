"""What `serve` prints when everything listens: where, how to log in, and one line to send a first mail with.

It tells a person; a program asks for JSON, or /readyz. Only the try-out prints a way in; a company's console is entered
by a letter to the own mailbox.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence

from mailguard import __version__
from mailguard.app.rooms import Rooms


async def welcome(rooms: Rooms, smtp: Sequence[tuple[str, int]], console: str) -> list[str]:
    """The lines."""
    lines = [f"mailguard {__version__} is running ({rooms.config.source})"]
    lines += [f"  SMTP      {_endpoint(host, port)}" for host, port in smtp]
    if console:
        lines.append(f"  console   {console}")
        lines += await _login(rooms, console)
    if rooms.config.tryout and smtp:
        lines += _first_mail(rooms, *smtp[0])
    return [*lines, "Stop with Ctrl-C."]


async def welcome_json(rooms: Rooms, smtp: Sequence[tuple[str, int]], console: str) -> str:
    """One line for a program that starts us."""
    said = {"version": __version__, "configuration": rooms.config.source, "smtp": [_endpoint(*one) for one in smtp]}
    if console:
        said |= {"console": console, **await _way_in(rooms, console)}
    return json.dumps(said, ensure_ascii=False)


async def _login(rooms: Rooms, console: str) -> list[str]:
    way = await _way_in(rooms, console)
    if "code" not in way:
        by_link = "link" in rooms.config.settings.console.login
        return [f"  log in    {way['login']}{' sends a link to your own mailbox' if by_link else ''}"]
    return [
        f"  log in    {way['login']}",
        f"            code {way['code']}   (as {way['as']}; once; for another, restart or use {console}/login)",
    ]


async def _way_in(rooms: Rooms, console: str) -> dict[str, str]:
    administrators = rooms.config.settings.console.administrators
    if not rooms.config.tryout or not administrators:
        return {"login": f"{console}/login"}
    # Nobody has this nonce, so it takes both the link and the code printed here.
    ticket, row = rooms.access.login_ticket(administrators[0], secrets.token_hex(32))
    await rooms.access.keep(row)
    return {"login": f"{console}/login/{ticket.token}", "code": ticket.code, "as": administrators[0]}


def _first_mail(rooms: Rooms, host: str, port: int) -> list[str]:
    domain = rooms.config.settings.organization.domains[0]
    server = _endpoint(host, port)
    return [
        "Send a first mail that will be held (from another terminal):",
        f"  .venv/bin/mailguard try --server {server}",
        "or with any mail client:",
        f"  swaks --server {server} --from alice@{domain} --to sato@outside.example --attach @README.md",
        f"What leaves, letters too, lands in {rooms.config.settings.upstream.url.removeprefix('mailbox:')}"
        " and is shown on the page Outside.",
    ]


def _endpoint(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
