"""A password and a token go through every path of the house, right and wrong, and are found nowhere afterwards: not in
the log, the ledger, the metrics, the spool, a repr or a fault.
"""

from __future__ import annotations

import base64
import contextlib
import io
import logging
import smtplib
import sqlite3
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from tests.door import STRANGERS, client_at, open_door
from tests.house import House, running_house
from tests.postfix import PASSWORD, USER, Postfix
from tests.token_server import token_server

from mailguard import events, log
from mailguard.app.checkers import ByUpstream
from mailguard.relay.login import Proof, UpstreamLogin
from mailguard.relay.settings import UpstreamSettings
from mailguard.smtpd.auth import Login
from mailguard.smtpd.sasl import Credentials

CANARY = "Canary7Secret"
ANN = "ann@corp.example"


def forms(secret: str) -> list[bytes]:
    """The secret as it could be written: plain, and in base64 at each of the three places of its grid."""
    found = [secret.encode()]
    for before in range(3):
        encoded = base64.b64encode(b"x" * before + secret.encode() + b"xx")
        found.append(encoded[4 : 4 + (len(secret) // 3 - 1) * 4])
    return found


def leaks(octets: bytes, secret: str = CANARY) -> list[bytes]:
    return [form for form in forms(secret) if form in octets]


def leaking_files(folder: Path, secret: str = CANARY) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name != "users.yaml" and leaks(path.read_bytes(), secret)
    ]


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


TALK = [
    f"AUTH PLAIN {b64(f'{chr(0)}{ANN}{chr(0)}{CANARY}')}",
    f"AUTH LOGIN {b64(ANN)}", b64(CANARY),
    f"AUTH XOAUTH2 {b64(f'user={ANN}{chr(1)}auth=Bearer {CANARY}{chr(1)}{chr(1)}')}", "",
    f"AUTH OAUTHBEARER {b64(f'n,a={ANN},{chr(1)}auth=Bearer {CANARY}{chr(1)}{chr(1)}')}", "AQ==",
    f"AUTH PLAIN {b64(CANARY)}",  # no NUL in it
    f"AUTH PLAIN {CANARY}!!",  # no base64
    f"AUTH XOAUTH2 {b64(CANARY)}",
    f"AUTH CRAM-MD5 {b64(CANARY)}",
    f"AUTH {CANARY}",
    "AUTH PLAIN " + b64(CANARY) * 3000,  # too long
    f"AUTH LOGIN {b64(CANARY)}", "*",
]  # fmt: skip


@pytest.fixture
def everything_said() -> Iterator[io.StringIO]:
    """All that any logger says, at every level: the house's own set-up, with aiosmtpd and the libraries opened wide."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


async def talk(port: int) -> bytes:
    """Say all of it; what the door answers."""
    answers = b""
    async with client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        for line in TALK:
            client.send(line)
            answers += (await client.reply()).encode()
            if answers.endswith(b"closing"):
                break
    return answers


@pytest.mark.parametrize("says", [b"", b"454 4.7.0 later", b"535 5.7.8 " + CANARY.encode(), b"junk " + CANARY.encode()])
async def test_nothing_of_it_is_said_or_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], everything_said: io.StringIO, says: bytes
) -> None:
    async with token_server(says=says) as server:
        login = UpstreamLogin(UpstreamSettings("smtp", "127.0.0.1", server.port, tls="none"))
        await login.learn()
        listener = replace(STRANGERS, auth="required")
        async with open_door(tmp_path, listener, authenticate=ByUpstream(login, "")) as (_, _, port):
            answers = await talk(port)
        assert any(leaks(line) for line in server.lines), "it did come where it belongs"
    said = capfd.readouterr()
    assert not leaks(answers)
    assert not leaks((said.out + said.err + everything_said.getvalue()).encode())
    assert not leaking_files(tmp_path)


@pytest.fixture
def log_set_up_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test sets up of the log ends with it."""
    # What it is used with first a logger keeps: this one is the test's own.
    monkeypatch.setattr(events, "log", structlog.get_logger("mailguard"))
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in log.QUIET}
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.mark.usefixtures("log_set_up_again")
@pytest.mark.parametrize("json", [True, False])
async def test_a_fault_amid_a_check_tells_its_place_and_not_its_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], json: bool
) -> None:
    async def broken(name: str, password: str) -> Login | None:
        kept = password
        raise RuntimeError(f"no such password: {kept}")

    log.set_up(json=json)
    listener = replace(STRANGERS, auth="required")
    async with open_door(tmp_path, listener, authenticate=broken) as (_, _, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        client.send(TALK[0])
        assert (await client.reply()).startswith("454 4.7.0")
    said = capfd.readouterr().err
    assert "RuntimeError" in said
    assert "broken" in said
    assert not leaks(said.encode())


def test_a_repr_shows_nothing() -> None:
    credentials = Credentials("PLAIN", ANN, CANARY, CANARY.encode())
    proof = Proof("XOAUTH2", ANN, CANARY, CANARY.encode())
    for shown in (repr(credentials), str(proof), f"{credentials} {proof!r}"):
        assert not leaks(shown.encode())
        assert ANN not in shown


def test_a_whole_house_keeps_nothing(tmp_path: Path, postfix: Postfix) -> None:
    asked = {"url": f"smtp://localhost:{postfix.login}", "tls": "required", "ca_file": str(postfix.ca)}
    more: dict[str, Any] = {"auth": {"method": "upstream", "upstream": "login"}, "upstreams": {"login": asked}}
    with running_house(tmp_path / "house", f"smtp://127.0.0.1:{postfix.plain}", **more) as house:
        submit(house, USER, CANARY, right=False)
        submit(house, USER, PASSWORD, right=True)
        postfix.wait_for(1, containing=b"Subject: through")
        with urllib.request.urlopen(f"http://127.0.0.1:{house.console}/metrics", timeout=10) as answer:
            assert not leaks(answer.read())
        doctor = house.run("doctor", "--json")
        assert not leaks((doctor.stdout + doctor.stderr).encode(), PASSWORD)
    assert not leaking_files(tmp_path / "house")
    assert not leaking_files(tmp_path / "house", PASSWORD)
    with contextlib.closing(sqlite3.connect(tmp_path / "house" / "var" / "mailguard.db")) as ledger:
        dump = "".join(ledger.iterdump()).encode()
    assert USER.encode() in dump, "who sent is in the ledger"
    assert not leaks(dump, PASSWORD)


def submit(house: House, name: str, password: str, *, right: bool) -> None:
    with smtplib.SMTP("127.0.0.1", house.submit, timeout=20) as client:
        client.starttls()
        client.ehlo("pc.corp.example")
        if not right:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login(name, password)
            return
        client.login(name, password)
        client.sendmail(name, ["bob@partner.example"], "Subject: through\r\n\r\nHello\r\n")
