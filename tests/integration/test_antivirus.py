"""The virus scanner: Debian's clamd with a signature of our own, on a Unix socket and on TCP; daemons that misbehave.

The signature database holds one signature, so nothing is downloaded and the daemon starts in a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import sqlite3
import subprocess
import time
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from tests.house import House, running_house
from tests.integration.test_house import mail, send
from tests.postfix import free_port

from mailguard.antivirus import Clamd, ClamdSettings, Scanned
from mailguard.mail.facts import Facts
from mailguard.mail.facts_json import facts_from_json
from mailguard.mail.message import Body

#: What our signature knows; harmless.
_GERM = b"mailguard test germ: nothing but these octets, 8a1f3c\n"
_STREAM_MOST = 2 * 2**20


@dataclass(frozen=True)
class Daemon:
    path: Path
    port: int


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("clamd")
    (folder / "db").mkdir()
    digest = hashlib.md5(_GERM, usedforsecurity=False).hexdigest()
    (folder / "db" / "own.hdb").write_text(f"{digest}:{len(_GERM)}:Mailguard.Test.Germ\n")
    # Socket paths are short: 108 octets are all that the kernel takes.
    daemon = Daemon(Path("/tmp") / f"mailguard-clamd-{folder.name}-{free_port()}", free_port())
    (folder / "clamd.conf").write_text(
        f"DatabaseDirectory {folder}/db\nForeground yes\nLocalSocket {daemon.path}\nTCPSocket {daemon.port}\n"
        f"TCPAddr 127.0.0.1\nTemporaryDirectory {folder}\nStreamMaxLength {_STREAM_MOST}\nMaxThreads 4\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["clamd", f"--config-file={folder}/clamd.conf"], stdout=log, stderr=log)
    try:
        end = time.monotonic() + 60
        while not daemon.path.exists():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.05)
        yield daemon
    finally:
        process.terminate()
        process.wait(20)
        daemon.path.unlink(missing_ok=True)


def germ_mail(*, zipped: bool = False) -> bytes:
    octets = _GERM
    if zipped:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("germ.txt", _GERM)
        octets = out.getvalue()
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "ann@corp.example", "bob@partner.example", "a file"
    message.set_content("text\n")
    message.add_attachment(octets, maintype="application", subtype="octet-stream", filename="a.bin")
    return message.as_bytes()


@pytest.fixture(params=["unix", "tcp"])
def client(request: pytest.FixtureRequest, clamd: Daemon) -> Clamd:
    if request.param == "unix":
        return Clamd(ClamdSettings(path=str(clamd.path)))
    return Clamd(ClamdSettings(host="127.0.0.1", port=clamd.port))


async def test_infected_and_clean(client: Clamd, tmp_path: Path) -> None:
    infected = Scanned("infected", ("Mailguard.Test.Germ.UNOFFICIAL",))
    assert await client.scan(Body.of(germ_mail())) == infected
    assert await client.scan(Body.of(germ_mail(zipped=True))) == infected
    assert await client.scan(Body.of(mail())) == Scanned("clean")
    (tmp_path / "mail").write_bytes(germ_mail())
    from_file = Body(size=1, sha256="", path=tmp_path / "mail")
    assert await client.scan(from_file) == infected


async def test_many_at_once(client: Clamd) -> None:
    bodies = [Body.of(germ_mail() if n % 2 else mail()) for n in range(40)]
    said = [one.said for one in await asyncio.gather(*map(client.scan, bodies))]
    assert said == ["clean", "infected"] * 20


async def test_larger_than_the_daemon_takes_is_not_scanned(client: Clamd) -> None:
    scanned = await client.scan(Body.of(mail() + b"x" * (4 * _STREAM_MOST)))
    assert scanned.said == "not_scanned"
    assert "size limit" in scanned.why or "StreamMaxLength" in scanned.why


async def test_no_daemon_is_not_scanned(tmp_path: Path) -> None:
    for settings in (ClamdSettings(path=str(tmp_path / "none")), ClamdSettings(host="127.0.0.1", port=free_port())):
        scanned = await Clamd(settings).scan(Body.of(mail()))
        assert scanned.said == "not_scanned"
        assert "cannot be asked" in scanned.why


async def test_a_file_that_is_gone_is_not_scanned(client: Clamd, tmp_path: Path) -> None:
    scanned = await client.scan(Body(size=1, sha256="", path=tmp_path / "gone"))
    assert scanned.said == "not_scanned"


Speaks = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def impostor(speaks: Speaks) -> AsyncIterator[Clamd]:
    served_all = asyncio.Event()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await speaks(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        served_all.set()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield Clamd(ClamdSettings(host="127.0.0.1", port=port, seconds=1.0))
    finally:
        server.close()
        await asyncio.wait_for(served_all.wait(), 10)


_STRANGE = (b"", b"stream: OK", b"\0", b"OK\0", b"stream: \xff FOUND\0", b"x" * 100_000, b"stream: TIMED OUT ERROR\0")


@pytest.mark.parametrize("answer", _STRANGE)
async def test_a_strange_answer_is_not_scanned(answer: bytes) -> None:
    async def speaks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(10)
        writer.write(answer)
        await writer.drain()

    async with impostor(speaks) as client:
        assert (await client.scan(Body.of(mail()))).said == "not_scanned"


async def test_a_daemon_that_never_answers_is_left(tmp_path: Path) -> None:
    async def speaks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):  # until the client leaves
            pass

    async with impostor(speaks) as client:
        scanned = await client.scan(Body.of(mail()))
    assert scanned == Scanned("not_scanned", why="the scanner did not answer within 1 s")


def test_what_is_told() -> None:
    facts = Scanned("infected", ("Germ",)).added_to(Facts())
    assert (facts.scanned, facts.viruses, [f.code for f in facts.findings]) == ("infected", ("Germ",), ["infected"])
    facts = Scanned("not_scanned", why="no daemon").added_to(Facts())
    assert [(f.code, f.detail) for f in facts.findings] == [("not_scanned", "no daemon")]
    assert Scanned("clean").added_to(Facts()).findings == ()


@pytest.fixture
def house(tmp_path: Path, clamd: Daemon) -> Iterator[House]:
    virus = {"clamd": f"unix:{clamd.path}", "time": "20s"}
    with running_house(tmp_path / "mailguard", "mailbox:var/mailbox", virus=virus) as house:
        yield house


def test_a_held_mail_says_what_the_scanner_said(house: House) -> None:
    held = send(house, germ_mail()).split()[-1]
    with contextlib.closing(sqlite3.connect(house.folder / "var" / "mailguard.db")) as ledger:
        (facts,) = ledger.execute("SELECT facts FROM message WHERE id = ?", [held]).fetchone()
    kept = facts_from_json(json.loads(facts))
    assert (kept.scanned, kept.viruses) == ("infected", ("Mailguard.Test.Germ.UNOFFICIAL",))
    assert "infected" in [finding.code for finding in kept.findings]


def test_the_setting_is_checked(house: House) -> None:
    assert house.run("check").returncode == 0
    text = house.config.read_text()
    house.config.write_text(text.replace("unix:", "clamd:"))
    said = house.run("check")
    assert said.returncode == 1
    assert "write unix:/run/clamav/clamd.ctl or tcp://host:3310" in said.stderr
    house.config.write_text(text)
