"""`mailguard doctor`: beside a running server, without one, and with each thing wrong that it looks for."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.house import PATIENCE, House, furnish, running_house, settings
from tests.ledger import opened
from tests.missing import needs_root
from tests.postfix import free_port, make_certificate
from tests.smtp_fake import Say, Stall, fake_server
from tests.terminal import Terminal

from mailguard.app.doctor import check as looking
from mailguard.app.doctor import servers
from mailguard.app.doctor.check import Check, bounded
from mailguard.app.doctor.run import examine
from mailguard.app.opening import only_one
from mailguard.mail.saying import in_language
from mailguard.mail.verdict import Disposition
from mailguard.relay.settings import Deadlines
from mailguard.store.bodies import Bodies
from mailguard.store.db import Database
from mailguard.store.keyring import Keyring, add_key
from mailguard.store.rotate import Rotation

_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
#: The path of the configuration or a place in it, a moment.
_IN_ANY_LANGUAGE = re.compile(r"/[^ ]*\.yaml$|/[^ ]*\.yaml:\d|mailguard.yaml:\d|\d{4}-\d\d-\d\d [\d:]*Z$")
LARGE = b"Subject: large\r\n\r\n" + b"octets that fill a line of a mail\r\n" * 6000


def by_name(checks: list[Check]) -> dict[str, Check]:
    """The worst of each name. Whatever is found, it is said in both languages."""
    order = {"pass": 0, "warn": 1, "fail": 2}
    found: dict[str, Check] = {}
    for check in checks:
        assert _JAPANESE.search(in_language(check.detail, "ja")) or _IN_ANY_LANGUAGE.match(check.detail), check
        assert _JAPANESE.search(in_language(check.remedy, "ja")) or re.match("chmod|$", check.remedy), check
        assert not _JAPANESE.search(in_language(check.detail + check.remedy, "en")), check
        if check.name not in found or order[check.status] > order[found[check.name].status]:
            found[check.name] = check
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A furnished folder; nothing runs."""
    data, _ = settings(tmp_path, "mailbox:var/mailbox", hostname="mail.corp.example")
    furnish(tmp_path, data)
    for name in ("users.yaml", "tls/key.pem"):
        (tmp_path / name).chmod(0o600)
    return tmp_path


def changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    file = folder / "mailguard.yaml"
    data = yaml.safe_load(file.read_text())
    change(data)
    file.write_text(yaml.safe_dump(data))
    return file


def look(folder: Path) -> dict[str, Check]:
    return by_name(asyncio.run(examine(folder / "mailguard.yaml")))


def test_a_furnished_house_that_does_not_run(folder: Path) -> None:
    found = look(folder)
    assert {name for name, check in found.items() if check.status == "fail"} == set()
    assert "no mailguard runs" in found["ports"].detail
    assert "not there yet" in found["ledger"].detail
    assert found["readers"].detail.startswith("a reading process starts")
    assert not (folder / "var").exists(), "a doctor changes nothing"
    assert all(check.remedy for check in found.values() if check.status != "pass")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_speaks_the_language_of_the_terminal(folder: Path, language: str) -> None:
    def faults(data: dict[str, Any]) -> None:
        data["listeners"][0].update(trusted_networks=["0.0.0.0/0"])
        data["listeners"][1].update(trusted_networks=["203.0.0.0/8"])
        data.update(upstream={"url": "smtp://127.0.0.1:9", "tls": "none"}, limits={"disk_free": "900000 GB"})
        data["notify"]["from"] = "mailguard@elsewhere.example"
        data["store"]["encryption_key_file"] = "keys"
        data["console"]["administrators"] = []

    ports = [one["address"] for one in yaml.safe_load(changed(folder, faults).read_text())["listeners"]]
    certificate(folder, timedelta(days=5, hours=1))
    (folder / "tls" / "key.pem").chmod(0o644)
    named = dict(zip(map(re.escape, ports), ("PLAIN", "SUBMIT", "SMTPS"), strict=True))
    named |= {re.escape(str(folder)): "FOLDER", r"127.0.0.1:\d{4,5}": "CONSOLE", r"[\d,]+ MiB": "N MiB"}
    named |= {
        r"of [\d,]+;": "of N;",
        r"\d{4}-\d\d-\d\d( [\d:]+Z)?": "DATE",
        r"(?m)^.*(dns|readers) .*\n(.*->.*\n)?": "",
    }
    terminal = Terminal(language, named)
    terminal.run("doctor", "--config", str(folder / "mailguard.yaml"), status=1)
    terminal.is_golden("doctor")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(tmp_path_factory.mktemp("doctor") / "mailguard", "mailbox:var/mailbox") as house:
        yield house


def test_beside_a_running_server(house: House) -> None:
    command = [sys.executable, "-m", "mailguard", "doctor", "--json", "--config", str(house.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=house.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    checks = json.loads(done.stdout)["checks"]
    assert all(set(check) == {"name", "status", "detail", "remedy"} for check in checks)
    assert {check["status"] for check in checks} <= {"pass", "warn"}
    ports = [check["detail"] for check in checks if check["name"] == "ports"]
    assert len(ports) == 4
    assert all("a mailguard answers" in one for one in ports)
    (ledger,) = [check for check in checks if check["name"] == "ledger"]
    assert ledger["status"] == "pass"


def test_what_fails_is_status_1_and_says_what_to_do(folder: Path) -> None:
    changed(folder, lambda data: data["listeners"][0].update(trusted_networks=["0.0.0.0/0"]))
    command = [sys.executable, "-m", "mailguard", "doctor", "--config", str(folder / "mailguard.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1, done.stderr
    assert "FAIL open-relay" in done.stdout
    assert "name the addresses of your own mail server" in done.stdout


@pytest.mark.parametrize(
    ("network", "status"),
    [("0.0.0.0/0", "fail"), ("::/0", "fail"), ("203.0.0.0/8", "warn"), ("2001:db0::/32", "warn"),
     ("10.0.0.0/8", "pass"),
     ("198.51.100.0/24", "pass"), ("2001:db8:1::/48", "pass")],
)  # fmt: skip
def test_networks_that_are_too_wide(folder: Path, network: str, status: str) -> None:
    changed(folder, lambda data: data["listeners"][0].update(trusted_networks=[network]))
    assert look(folder)["open-relay"].status == status


def test_a_configuration_that_is_wrong(folder: Path) -> None:
    changed(folder, lambda data: data.update(nonsense=1))
    assert look(folder)["configuration"].status == "fail"
    (folder / "mailguard.yaml").unlink()
    assert "no such file" in look(folder)["configuration"].detail


def test_policies_that_do_not_compile(folder: Path) -> None:
    (folder / "policies" / "rules.yaml").write_text("version: 1\nrules: [{id: a}]\n")
    found = look(folder)
    assert found["policies"].status == "fail"
    assert "rules.yaml:2" in found["policies"].detail


def certificate(folder: Path, ends: timedelta, name: str = "mail.corp.example") -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = datetime.now(UTC) - timedelta(days=90)
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(begins).not_valid_after(datetime.now(UTC) + ends)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (folder / "tls" / "cert.pem").write_bytes(pem)
    form = serialization.PrivateFormat.PKCS8
    (folder / "tls" / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    )


@pytest.mark.parametrize(
    ("ends", "name", "status", "said"),
    [
        (timedelta(days=90), "mail.corp.example", "pass", "for mail.corp.example"),
        (timedelta(days=90), "*.corp.example", "pass", "for mail.corp.example"),
        (timedelta(days=90), "*.example", "warn", "is for *.example"),
        (timedelta(days=5), "mail.corp.example", "warn", "in 4 days"),
        (timedelta(days=-1), "mail.corp.example", "fail", "valid"),
    ],
)
def test_certificates(folder: Path, ends: timedelta, name: str, status: str, said: str) -> None:
    certificate(folder, ends, name)
    check = look(folder)["certificate"]
    assert check.status == status
    assert said in check.detail


def test_a_port_that_another_program_has(folder: Path) -> None:
    port = yaml.safe_load((folder / "mailguard.yaml").read_text())["listeners"][0]["address"].rpartition(":")[2]
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", int(port)))
        sock.listen()
        check = look(folder)["ports"]
    assert check.status == "fail"
    assert "ss -tlnp" in check.remedy


def test_a_server_that_was_started_with_other_ports(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "var").mkdir()
    with only_one(folder / "var" / "mailguard.lock"):
        check = look(folder)["ports"]
    assert (check.status, check.detail.partition(": ")[2]) == ("fail", "a mailguard runs, but nothing answers there")
    assert "restart it" in check.remedy
    trying = tmp_path_factory.mktemp("trying")
    for name, value in (("VAR", str(trying)), ("PORT_SMTP", str(free_port())), ("PORT_CONSOLE", str(free_port()))):
        monkeypatch.setenv(name, value)
    with only_one(trying / "mailguard.lock"):
        check = by_name(asyncio.run(examine(None)))["ports"]
    assert "give PORT_SMTP and PORT_CONSOLE here, too" in check.remedy


async def test_an_upstream_that_takes_less_than_we_do(folder: Path) -> None:
    script = {"ehlo": [Say(b"250-fake\r\n250-SIZE 1000000\r\n250 PIPELINING\r\n")]}
    async with fake_server(script=script) as fake:
        changed(folder, lambda data: data.update(upstream={"url": f"smtp://127.0.0.1:{fake.port}", "tls": "none"}))
        checks = [one for one in await examine(folder / "mailguard.yaml") if one.name == "upstream"]
    assert [one.status for one in checks] == ["pass", "warn"]
    assert "without 8BITMIME, DSN, SMTPUTF8" in checks[0].detail
    assert "1,000,000" in checks[1].detail


async def test_an_upstream_that_is_not_there_or_refuses(folder: Path) -> None:
    script = {"banner": [Say(b"554 go away\r\n")]}
    async with fake_server(script=script) as fake:
        changed(folder, lambda data: data.update(upstream={"url": f"smtp://127.0.0.1:{fake.port}", "tls": "none"}))
        refused = by_name(await examine(folder / "mailguard.yaml"))["upstream"]
    away = by_name(await examine(folder / "mailguard.yaml"))["upstream"]
    assert (refused.status, away.status) == ("fail", "fail")
    assert "554" in refused.detail
    assert "cannot connect" in away.detail


async def test_a_certificate_of_nobody_is_told_with_what_to_set(folder: Path, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(tmp_path / "next"))
    async with fake_server(context=context) as fake:
        changed(folder, lambda data: data.update(upstream={"url": f"smtp://localhost:{fake.port}", "tls": "required"}))
        found = by_name(await examine(folder / "mailguard.yaml"))["upstream"]
    assert "self-signed" in found.detail
    assert "upstream.ca_file" in found.remedy


def test_files_that_others_can_read(folder: Path) -> None:
    (folder / "tls" / "key.pem").chmod(0o644)
    check = look(folder)["secrets"]
    assert check.status == "warn"
    assert check.remedy == f"chmod 600 {folder / 'tls' / 'key.pem'}"


async def test_a_silent_upstream_hides_no_other_and_each_has_its_own_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "_DEADLINES", Deadlines(connect=2.0, greeting=1.5, hello=1.5))
    monkeypatch.setattr(looking, "PATIENCE", 2.5)
    async with fake_server(script={"banner": [Stall()]}) as silent:
        named = {
            "silent": {"url": f"smtp://127.0.0.1:{silent.port}", "tls": "none"},
            "slow": {"url": f"smtp://localhost:{silent.port}", "tls": "none"},
            "unknown": {"url": "smtp://mail.nowhere.invalid", "tls": "none"},
        }
        changed(folder, lambda data: data.update(upstreams=named))
        found = by_name(await examine(folder / "mailguard.yaml"))
    assert {found[f"upstream {name}"].status for name in named} == {"fail"}
    assert "curl -v smtp://127.0.0.1" in found["upstream silent"].remedy
    assert "ready message" in found["upstream slow"].detail
    assert found["upstream unknown"].remedy.startswith("upstreams.unknown.url")


def test_a_password_in_the_settings_is_a_secret(folder: Path) -> None:
    file = changed(folder, lambda data: None)
    file.chmod(0o644)
    assert look(folder)["secrets"].status == "pass"
    changed(
        folder,
        lambda data: data.update(upstream={"url": "smtps://127.0.0.1:9", "username": "us", "password": "sesame-9"}),
    )
    found = look(folder)["secrets"]
    assert (found.status, found.detail) == ("warn", f"{file}: others can read it")
    assert "sesame-9" not in found.detail + found.remedy
    file.chmod(0o600)
    assert look(folder)["secrets"].status == "pass"


@needs_root
def test_what_root_owns_the_group_of_the_service_may_read(folder: Path) -> None:
    """As docs/operations.md sets it up: chmod 600 there would lock the service out."""
    key = folder / "tls" / "key.pem"
    os.chown(key, 0, 10025)
    key.chmod(0o640)
    assert look(folder)["secrets"].status == "pass"
    key.chmod(0o644)
    assert look(folder)["secrets"].remedy == f"chmod 640 {key}"


def test_logins_that_somebody_else_checks_need_no_file(folder: Path) -> None:
    (folder / "users.yaml").unlink()
    assert look(folder)["configuration"].status == "fail"
    upstream = {"url": "smtps://127.0.0.1:9"}
    changed(folder, lambda data: data.update(auth={"method": "upstream"}, upstream=upstream))
    assert look(folder)["configuration"].status != "fail"
    changed(folder, lambda data: data["auth"].update(send_as="gone.yaml"))
    assert "gone.yaml" in look(folder)["configuration"].detail


@pytest.fixture
def ledger(folder: Path) -> Path:
    async def fill() -> None:
        async with opened(folder / "var") as made:
            for _ in range(5):
                await made.add(Disposition.CONFIRM, octets=LARGE)

    asyncio.run(fill())
    return folder / "var" / "mailguard.db"


def test_a_ledger_that_is_whole(folder: Path, ledger: Path) -> None:
    found = look(folder)
    assert (found["ledger"].status, found["bodies"].status, found["audit"].status) == ("pass", "pass", "pass")


def test_a_ledger_of_another_version(folder: Path, ledger: Path) -> None:
    for version, status in ((999, "fail"), (15, "warn")):
        with sqlite3.connect(ledger) as connection:
            connection.execute(f"PRAGMA user_version = {version}")
        connection.close()
        assert look(folder)["ledger"].status == status
    assert sqlite3.connect(ledger).execute("PRAGMA user_version").fetchone()[0] == 15, "a doctor migrates nothing"


def test_a_ledger_with_a_damaged_page(folder: Path, ledger: Path) -> None:
    with sqlite3.connect(ledger) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'recipient'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with ledger.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(os.urandom(size))
    check = look(folder)["ledger"]
    assert check.status == "fail"
    assert "restore" in check.remedy


def test_bodies_and_audit_lines_that_are_missing(folder: Path, ledger: Path) -> None:
    next(path for path in (folder / "var" / "bodies").glob("1*/*")).unlink()
    with sqlite3.connect(ledger) as connection:
        connection.execute("DROP TRIGGER audit_is_not_removed")
        connection.execute("DELETE FROM audit WHERE number = 5")
    connection.close()
    found = look(folder)
    assert (found["bodies"].status, found["audit"].status) == ("fail", "fail")
    assert found["bodies"].detail.startswith("1 of 5 files are missing")
    assert "at its end" in found["audit"].detail


def test_a_scanner_that_does_not_answer(folder: Path) -> None:
    changed(folder, lambda data: data.update(virus={"clamd": "unix:no.sock"}))
    check = look(folder)["virus"]
    assert check.status == "fail"
    assert "No such file" not in in_language(check.detail, "ja")


@pytest.mark.parametrize(("mark", "status"), [("900000 GB", "fail"), ("0 MB", "pass")])
def test_room_on_the_disk_is_measured_by_the_mark_of_the_door(folder: Path, mark: str, status: str) -> None:
    changed(folder, lambda data: data.update(limits={"disk_free": mark}))
    assert look(folder)["disk"].status == status


def test_bodies_and_their_keys(folder: Path, ledger: Path) -> None:
    changed(folder, lambda data: data["store"].update(encryption_key_file="keys"))
    assert "no such file" in look(folder)["encryption"].detail
    add_key(folder / "keys")
    check = look(folder)["encryption"]
    assert (check.status, check.detail) == ("warn", "5 bodies are in the clear, 0 older keys are in use")

    async def seal() -> None:
        db = await Database.open(ledger, Keyring(folder / "keys"))
        await Rotation(db, Bodies(folder / "var" / "bodies")).run()
        await db.close()

    asyncio.run(seal())
    assert look(folder)["encryption"].status == "pass"
    assert look(folder)["bodies"].status == "pass"
    (folder / "keys").unlink()
    add_key(folder / "keys")
    assert look(folder)["encryption"].status == "fail"


def test_letters_from_elsewhere(folder: Path) -> None:
    changed(folder, lambda data: data.update(notify={"from": "mailguard@elsewhere.example"}))
    assert look(folder)["letters"].status == "warn"


async def test_a_look_that_breaks_is_a_finding() -> None:
    async def broken() -> list[Check]:
        raise ZeroDivisionError("oh")

    (check,) = await bounded("thing", broken(), "mend it")
    assert check == Check("thing", "fail", "ZeroDivisionError: oh", "mend it")
