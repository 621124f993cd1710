"""The file of logins and its check at the door."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import argon2
import pytest
from tests.door import STRANGERS, client_at, open_door

from mailguard.mail import reply as replies
from mailguard.mail.address import parse_address
from mailguard.policy.marks import Problems
from mailguard.smtpd.auth import AuthUnavailable, Login, UserFile, hash_password

#: Hashes that cost little: what is tested is not argon2.
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

Write = Callable[[str], UserFile]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> UserFile:
        path = tmp_path / "users.yaml"
        path.write_text(text)
        return UserFile(path)

    return written


GOOD = f"""users:
  Ann@corp.example:
    password: "{CHEAP.hash("correct horse")}"
    aliases: [sales@corp.example, "*@sub.corp.example"]
  printer:
    password: "{CHEAP.hash("beep")}"
    aliases: [scan@corp.example]
"""


async def test_right_wrong_and_unknown(write: Write) -> None:
    users = write(GOOD)
    users.load()

    login = await users.check("ann@CORP.example", "correct horse")
    assert login == Login(
        "Ann@corp.example", frozenset({"ann@corp.example", "sales@corp.example", "*@sub.corp.example"})
    )
    assert await users.check("ann@corp.example", "wrong") is None
    assert await users.check("nobody@corp.example", "correct horse") is None
    printer = await users.check("printer", "beep")
    assert printer is not None
    assert printer.addresses == {"scan@corp.example"}
    users.close()


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("ann@corp.example", True),
        ("ANN@Corp.Example", True),
        ('"ann"@corp.example', True),
        ("anybody@sub.corp.example", True),
        ("x@deep.sub.corp.example", False),
        ("x@evilsub.corp.example", False),
        ('"x@sub.corp.example"@evil.example', False),
        ("bob@corp.example", False),
    ],
)
async def test_who_may_send_as_whom(write: Write, address: str, may: bool) -> None:
    users = write(GOOD)
    users.load()
    login = await users.check("ann@corp.example", "correct horse")
    assert login is not None
    assert login.may_send_as(parse_address(address)) is may
    users.close()


async def test_a_password_is_the_same_from_any_keyboard(write: Write) -> None:
    users = write(f'users: {{a@b.example: {{password: "{hash_password("パスワード１")}"}}}}')
    users.load()
    assert await users.check("a@b.example", "ﾊﾟｽﾜｰﾄﾞ1") is not None
    users.close()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ["1:1: the file is empty"]),
        ("users: {}", ["1:8: no users"]),
        ("user: {}", ["unknown key 'user'", "key 'users' is missing"]),
        ("users:\n  a@b.example: {password: secret}", ["2:27: not an argon2 hash"]),
        (
            f'users:\n  a@b.example: {{pasword: x}}\n  a@b.example: {{password: "{CHEAP.hash("x")}"}}',
            ["written twice"],
        ),
        (
            f'users:\n  printer: {{password: "{CHEAP.hash("x")}"}}\n'
            f'  A@b.example: {{password: "{CHEAP.hash("x")}", aliases: ["not one", "*@ok.example"]}}\n'
            f'  a@B.example: {{password: "$argon2id$v=19$m=65536,t=3,p=4$abc$def"}}',
            ["2:3: no address and no aliases", "not an address", "4:3: the same name as", "4:27: not an argon2 hash"],
        ),
        (
            'users:\n  a@b.example: {password: "$argon2id$v=19$m=99999999,t=3,p=4$YWJjZGVmZ2g$YWJjZGVmZ2hhYmNkZWZnaA"}',
            ["2:27: not an argon2 hash within limits: `mailguard user hash` makes one"],
        ),
    ],
)
def test_all_that_is_wrong_is_said_at_once_and_the_old_users_stay(write: Write, text: str, wanted: list[str]) -> None:
    users = write(GOOD)
    users.load()
    write(text)
    with pytest.raises(Problems) as caught:
        users.reload()
    said = [str(problem) for problem in caught.value.problems]
    assert len(said) == len(wanted)
    for part in wanted:
        assert any(part in line for line in said), (part, said)
    assert all(line.startswith(f"{users.path}:") for line in said)
    assert asyncio.run(users.check("printer", "beep")) is not None
    users.close()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Problems, match="cannot be read: No such file"):
        UserFile(tmp_path / "users.yaml").load()


async def test_unknown_names_cost_what_known_ones_do(write: Write) -> None:
    users = write(GOOD)
    users.load()
    assert argon2.extract_parameters(users._nobody) == argon2.extract_parameters(CHEAP.hash("x"))
    users.close()


async def test_hashes_are_checked_beside_the_loop(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    users = write(GOOD)
    users.load()
    going, threads = threading.Event(), set[str]()

    def verify(hashed: str, password: str) -> bool:
        threads.add(threading.current_thread().name)
        return going.wait(10)

    monkeypatch.setattr("mailguard.smtpd.auth._verify", verify)
    check = asyncio.create_task(users.check("ann@corp.example", "x"))
    await asyncio.sleep(0.01)  # the loop turns while the check is under way
    assert not check.done()
    going.set()
    assert await check is not None
    assert threads
    assert all(name.startswith("argon2") for name in threads)
    users.close()


def basic(name: str, password: str) -> str:
    return "AUTH PLAIN " + base64.b64encode(f"\0{name}\0{password}".encode()).decode()


async def test_the_file_at_the_door(tmp_path: Path, write: Write) -> None:
    users = write(GOOD)
    users.load()
    listener = replace(STRANGERS, auth="required")
    async with open_door(tmp_path, listener, authenticate=users.check) as (_, room, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        assert await client.ask(basic("ann@corp.example", "wrong")) == str(replies.AUTH_FAILED)
        assert await client.ask(basic("ann@corp.example", "")) == str(replies.AUTH_FAILED)
        assert await client.ask(basic("", "")) == str(replies.AUTH_FAILED)
        assert await client.ask(basic("Ann@corp.example", "correct horse")) == str(replies.AUTH_OK)
        await client.ask("MAIL FROM:<sales@corp.example>", "RCPT TO:<bob@partner.example>", "DATA")
        assert (await client.ask(".")).startswith("250 2.0.0")
    assert room.messages[0].envelope.client.login == "Ann@corp.example"
    users.close()


@pytest.mark.parametrize("error", [AuthUnavailable(), RuntimeError("directory is down at 10.0.0.1")])
async def test_a_check_that_cannot_be_made_is_not_a_wrong_password(tmp_path: Path, error: Exception) -> None:
    async def broken(name: str, password: str) -> Login | None:
        raise error

    listener = replace(STRANGERS, auth="required")
    async with open_door(tmp_path, listener, authenticate=broken) as (_, _, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        client.send(basic("ann@corp.example", "x"))
        assert await client.reply() == str(replies.AUTH_UNAVAILABLE)
        client.send("MAIL FROM:<ann@corp.example>")
        assert await client.reply() == str(replies.AUTH_REQUIRED)


async def test_no_more_checks_than_can_be_borne(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    users = write(GOOD)
    users.load()
    monkeypatch.setattr("mailguard.smtpd.auth._WAITING_MAX", 2)
    checks = [asyncio.create_task(users.check("ann@corp.example", "correct horse")) for _ in range(3)]
    done = await asyncio.gather(*checks, return_exceptions=True)
    assert isinstance(done[2], AuthUnavailable)
    assert all(isinstance(one, Login) for one in done[:2])
    users.close()
