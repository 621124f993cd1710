"""`mailguard session` and `mailguard user reset-factor` over a ledger on disk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pyotp
import pytest
from click.testing import CliRunner, Result

from mailguard.app.rooms import Rooms, open_rooms, utc_now
from mailguard.cli import main
from mailguard.config.load import load_config
from mailguard.mail.actor import Actor, Role

T = TypeVar("T")
ANN, ADMIN = "ann@corp.example", "admin@corp.example"


class Desk:
    """The try-out's ledger, and the command line over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rooms(self, work: Callable[[Rooms], Awaitable[T]]) -> T:
        async def run() -> T:
            async with open_rooms(load_config(None, {"VAR": str(self.folder)})) as rooms:
                return await work(rooms)

        return asyncio.run(run())

    def log_in(self, person: str) -> str:
        """A cookie."""

        async def work(rooms: Rooms) -> str:
            return (await rooms.access.visits.open(person, "oidc", browser="Safari / \x1biPhone")).cookie

        return self.rooms(work)

    def is_open(self, cookie: str) -> bool:
        async def work(rooms: Rooms) -> bool:
            return await rooms.access.session(cookie) is not None

        return self.rooms(work)

    def events(self, count: int) -> list[str]:
        async def work(rooms: Rooms) -> list[str]:
            return [line.event for line in await rooms.audit.latest(count)]

        return self.rooms(work)

    def run(self, *arguments: str, status: int = 0) -> Result:
        result = CliRunner().invoke(main, list(arguments), env={"VAR": str(self.folder)})
        assert result.exit_code == status, (result.output, result.exception)
        return result

    def json(self, *arguments: str, status: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", status=status).stdout)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)  # no mailguard.yaml here: the try-out settings
    return Desk(tmp_path / "var")


def test_sessions_are_listed_and_ended(desk: Desk) -> None:
    anns, admins = [desk.log_in(ANN) for _ in range(3)], desk.log_in(ADMIN)
    listed = desk.json("session", "list")["sessions"]
    assert sorted(one["address"] for one in listed) == [ADMIN, ANN, ANN, ANN]
    assert len(desk.json("session", "list", ANN)["sessions"]) == 3
    text = desk.run("session", "list").output
    assert "\x1b" not in text
    assert not any(cookie in text for cookie in (*anns, admins))
    one = desk.json("session", "list", ANN)["sessions"][0]["id"]
    assert "1 ended" in desk.run("session", "end", one).output
    assert sum(map(desk.is_open, anns)) == 2
    assert desk.json("session", "end", ANN) == {"ended": 2}
    assert not any(map(desk.is_open, anns))
    assert desk.is_open(admins)
    assert desk.events(2) == ["session-end", "session-end"]


def test_what_is_not_there_is_said(desk: Desk) -> None:
    desk.log_in(ANN)
    for which in ("0" * 16, "nobody@corp.example", "", "%"):
        result = desk.run("session", "end", which, status=1)
        assert result.stderr.count("\n") == 1
    desk.run("session", "end", "not@", status=2)
    assert "has no second factor" in desk.run("user", "reset-factor", ANN, status=1).stderr


def test_a_second_factor_is_reset(desk: Desk) -> None:
    cookie = desk.log_in(ADMIN)

    async def enrol(rooms: Rooms) -> str:
        actor, factor = Actor(ADMIN, Role.SENDER, "console"), rooms.access.factor
        code = pyotp.TOTP((await factor.begin(ADMIN)).secret).at(int(utc_now().timestamp()))
        opened, _ = await factor.confirm(cookie, actor, code)
        return opened.cookie

    cookie = desk.rooms(enrol)
    assert desk.json("session", "list")["sessions"][0]["second_factor"] is True
    assert desk.json("user", "reset-factor", ADMIN) == {"address": ADMIN, "reset": True}
    assert not desk.is_open(cookie), "whoever held the device is out"
    assert desk.events(2) == ["session-end", "factor-reset"]
