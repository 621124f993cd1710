"""Real clients at the door alone: swaks, msmtp, curl, smtplib; plain, STARTTLS, implicit TLS with a login.

tests/interop drives the same programs through the whole house; here is the door with nothing behind it.
"""

from __future__ import annotations

import asyncio
import shutil
import smtplib
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from tests.door import STRANGERS, TRUSTED, open_door, with_tls
from tests.missing import missing

from mailguard.smtpd.settings import ListenerSettings

USER, PASSWORD, TO = "ann@corp.example", "correct horse", "bob@partner.example"
MAIL = "Subject: 見積り\n\n.\n..two\nlast\n".encode()
ON_WIRE = MAIL.replace(b"\n", b"\r\n")


def listener(folder: Path, way: str) -> ListenerSettings:
    if way == "plain":
        return TRUSTED
    tls = "starttls" if way == "starttls" else "implicit"
    return replace(with_tls(folder, STRANGERS), tls=tls, auth="required")  # type: ignore[arg-type]


def swaks(way: str, port: int, ca: Path) -> list[str]:
    command = [
        "swaks",
        "--server",
        f"127.0.0.1:{port}",
        "--from",
        USER,
        "--to",
        TO,
        "--data",
        "-",
        "--protocol",
        "ESMTP",
    ]
    if way != "plain":
        command += ["--tls" if way == "starttls" else "--tls-on-connect", "--tls-verify", "--tls-ca-path", str(ca)]
        command += ["--auth", "LOGIN", "--auth-user", USER, "--auth-password", PASSWORD]
    return command


def msmtp(way: str, port: int, ca: Path) -> list[str]:
    command = ["msmtp", "--host=127.0.0.1", f"--port={port}", f"--from={USER}"]
    if way == "plain":
        return [*command, "--tls=off", "--auth=off", "--", TO]
    command += ["--tls=on", f"--tls-starttls={'on' if way == 'starttls' else 'off'}", f"--tls-trust-file={ca}"]
    return [*command, "--auth=plain", f"--user={USER}", f"--passwordeval=echo {PASSWORD}", "--", TO]


def curl(way: str, port: int, ca: Path) -> list[str]:
    url = f"{'smtps' if way == 'implicit' else 'smtp'}://127.0.0.1:{port}/pc.corp.example"
    command = ["curl", "--silent", "--show-error", "--url", url, "--mail-from", USER, "--mail-rcpt", TO, "--crlf"]
    if way != "plain":
        command += ["--ssl-reqd", "--cacert", str(ca), "--user", f"{USER}:{PASSWORD}"]
    return [*command, "--upload-file", "-"]


@pytest.mark.parametrize("way", ["plain", "starttls", "implicit"])
@pytest.mark.parametrize("name", ["swaks", "msmtp", "curl"])
async def test_programs(tmp_path: Path, way: str, name: str) -> None:
    if shutil.which(name) is None:
        missing("this program")
    program = {"swaks": swaks, "msmtp": msmtp, "curl": curl}[name]
    async with open_door(tmp_path, listener(tmp_path, way)) as (_, room, port):
        process = await asyncio.create_subprocess_exec(
            *program(way, port, tmp_path / "cert.pem"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(process.communicate(MAIL), 60)
        assert process.returncode == 0, said.decode("utf-8", "replace")
    (octets,) = room.octets
    # swaks ends with a line of its own, msmtp adds fields above; curl sends what it is given.
    assert octets == ON_WIRE if name == "curl" else ON_WIRE in octets
    client = room.messages[0].envelope.client
    assert (client.login, client.tls is not None) == ((None, False) if way == "plain" else (USER, True))


def with_smtplib(way: str, port: int, ca: Path) -> None:
    context = ssl.create_default_context(cafile=str(ca)) if way != "plain" else None
    if way == "implicit":
        server: smtplib.SMTP = smtplib.SMTP_SSL("127.0.0.1", port, context=context, timeout=20)
    else:
        server = smtplib.SMTP("127.0.0.1", port, timeout=20)
    with server:
        if way == "starttls":
            server.starttls(context=context)
        if way != "plain":
            server.login(USER, PASSWORD)
        assert server.sendmail(USER, [TO, "eve@partner.example"], ON_WIRE, ["BODY=8BITMIME"]) == {}
        assert server.sendmail(USER, [TO], ON_WIRE) == {}


@pytest.mark.parametrize("way", ["plain", "starttls", "implicit"])
async def test_smtplib(tmp_path: Path, way: str) -> None:
    async with open_door(tmp_path, listener(tmp_path, way)) as (_, room, port):
        await asyncio.to_thread(with_smtplib, way, port, tmp_path / "cert.pem")
    assert room.octets == [ON_WIRE, ON_WIRE]
    assert [len(message.envelope.recipients) for message in room.messages] == [2, 1]
