"""Recorded SMTP conversations, each a text file that a postmaster can read and write, played against a real
door.

A file opens with what it shows (`#`) and how the door stands, a `word: values` a line, up to `---`:

    door: trusted | strangers | front (this machine may say XCLIENT and XFORWARD, and 192.0.2.0/24 is trusted), and
    tls=starttls|implicit, auth=required|optional, xforward=1, login_header=..., sender_check=...
    limits: recipients=2 ...
    room: what the room behind the door answers (default: 250 2.0.0 accepted)       taken: how many mails it
    got    client: what it knows of the last one's: ip, login, ip that XFORWARD said, greeting, protocol
    tokens: yes if the door takes XOAUTH2 and OAUTHBEARER too

Then `C:` speaks (CRLF is added; `C~` instead: exactly these octets, Python escapes) and `S:` must answer so:
a line of the reply, `*` for anything. `S= end`: the connection is closed. `T: tls`: both start TLS. Lines of
C without S between go out in one piece (pipelined).
"""

from __future__ import annotations

import ast
import base64
import ipaddress
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from tests.door import STRANGERS, TRUSTED, Client, Room, client_at, client_context, known_people, open_door, with_tls

from mailguard.mail.reply import Reply
from mailguard.smtpd.auth import Login
from mailguard.smtpd.logins import Denied
from mailguard.smtpd.sasl import Credentials
from mailguard.smtpd.settings import LOOPBACK, DoorLimits, ListenerSettings

FRONT = replace(
    STRANGERS,
    xclient_from=LOOPBACK,
    xforward_from=LOOPBACK,
    trusted_networks=(ipaddress.ip_network("192.0.2.0/24"),),
)
#: Another machine may speak for others; this one may not.
ELSEWHERE = replace(FRONT, xclient_from=FRONT.trusted_networks, xforward_from=FRONT.trusted_networks)
FILES = sorted((Path(__file__).parent).glob("*.dialog"))


def parse(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """(settings, conversation)."""
    head, _, talk = text.partition("\n---\n")
    settings = dict(line.split(": ", 1) for line in head.splitlines() if line and not line.startswith("#"))
    steps = [(line[:2], line[3:]) for line in talk.splitlines() if line and not line.startswith("#")]
    assert {who for who, _ in steps} <= {"C:", "C~", "S:", "S=", "T:"}, "a line of another form"
    return settings, steps


def listener_of(words: str, folder: Path) -> ListenerSettings:
    kind, *rest = words.split()
    options: dict[str, Any] = dict(word.split("=") for word in rest)
    if options.pop("xforward", None):
        options["xforward_from"] = LOOPBACK
    listener = {"trusted": TRUSTED, "strangers": STRANGERS, "front": FRONT, "elsewhere": ELSEWHERE}[kind]
    if options.get("tls", "none") != "none":
        certified = with_tls(folder, listener)
        return replace(certified, **options)
    return replace(listener, **options)


class Tokens:
    """Passwords as at any other door; tokens whose response ends in `good`, before the two ^A."""

    mechanisms = ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER")

    async def check(self, credentials: Credentials) -> Login | Denied:
        if credentials.password:
            return await known_people(credentials.name, credentials.password) or Denied()
        right = base64.b64decode(credentials.response).endswith(b"good\x01\x01")
        return Login(credentials.name) if right else Denied(base64.b64encode(b'{"status":"401"}').decode())


def limits_of(words: str) -> DoorLimits:
    values: dict[str, Any] = {name: int(value) for name, value in (word.split("=") for word in words.split())}
    return DoorLimits(**values)


def room_of(words: str) -> Room:
    code, status, text = words.split(" ", 2)
    return Room(said=Reply(int(code), status, text))


async def play(client: Client, steps: list[tuple[str, str]]) -> None:
    for number, (who, said) in enumerate(steps):
        if who == "C:":
            client.send(said)
        elif who == "C~":
            client.send_raw(ast.literal_eval(f"b'{said}'"))
        elif who == "T:":
            await client.start_tls()
        else:
            line = await client.line()
            wanted = "" if who == "S=" else said
            assert fnmatchcase(line, wanted), f"step {number}: got {line!r}, wanted {wanted!r}"


@pytest.mark.parametrize("text", [pytest.param(file.read_text("utf-8"), id=file.stem) for file in FILES])
async def test_dialog(text: str, tmp_path: Path) -> None:
    settings, steps = parse(text)
    listener = listener_of(settings.get("door", "trusted"), tmp_path)
    room = room_of(settings.get("room", "250 2.0.0 accepted"))
    tls = client_context() if listener.tls == "implicit" else None
    checker = Tokens() if "tokens" in settings else known_people
    async with (
        open_door(tmp_path, listener, limits_of(settings.get("limits", "")), room, checker) as (_, _, port),
        client_at(port, tls=tls, greeted=False) as client,
    ):
        await play(client, steps)
    if "client" in settings:
        seen = room.messages[-1].envelope.client
        assert f"{seen.ip} {seen.login} {seen.origin or '-'} {seen.helo} {seen.protocol}" == settings["client"]
    if "taken" in settings:
        assert len(room.messages) == int(settings["taken"])


def test_there_are_dialogs() -> None:
    assert len(FILES) >= 20
