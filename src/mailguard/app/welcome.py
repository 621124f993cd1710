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
from mailguard.mail.saying import Sentence


async def welcome(rooms: Rooms, smtp: Sequence[tuple[str, int]], console: str) -> list[str]:
    """The lines."""
    lines: list[str] = [
        Sentence(
            "mailguard {version} が稼働中です({name})", "mailguard {version} is running ({name})",
            version=__version__, name=rooms.config.name,
        )
    ]  # fmt: skip
    lines += [f"  SMTP      {_endpoint(host, port)}" for host, port in smtp]
    if console:
        lines.append(Sentence("  画面      {url}", "  console   {url}", url=console))
        lines += await _login(rooms, console)
    if rooms.config.tryout and smtp:
        lines += _first_mail(rooms, *smtp[0])
    return [*lines, Sentence("Ctrl-C で停止します。", "Stop with Ctrl-C.")]


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
        link = (
            Sentence(" (自分のメールボックスにリンクが届きます)", " sends a link to your own mailbox")
            if by_link
            else ""
        )
        return [Sentence("  ログイン  {url}{link}", "  log in    {url}{link}", url=way["login"], link=link)]
    return [
        Sentence("  ログイン  {url}", "  log in    {url}", url=way["login"]),
        Sentence(
            "            コード {code}   ({who} として1回だけ。次からは再起動するか {console}/login で)",
            "            code {code}   (as {who}; once; for another, restart or use {console}/login)",
            code=way["code"], who=way["as"], console=console,
        ),
    ]  # fmt: skip


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
        Sentence(
            "保留される最初のメールを送る(別の端末から):",
            "Send a first mail that will be held (from another terminal):",
        ),
        f"  .venv/bin/mailguard try --server {server}",
        Sentence("または任意のメールソフトから:", "or with any mail client:"),
        f"  swaks --server {server} --from alice@{domain} --to sato@outside.example --attach @README.md",
        Sentence(
            "送信されたメールと通知メールは {folder} に入り、「送信後のメール」のページに表示されます。",
            "What leaves, letters too, lands in {folder} and is shown on the page Outside.",
            folder=rooms.config.settings.upstream.url.removeprefix("mailbox:"),
        ),
    ]


def _endpoint(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
