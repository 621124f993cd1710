"""A whole mailguard whose bodies lie encrypted: through door, readers, ledger, console and out, with a key changed."""

from __future__ import annotations

import json
import smtplib
import sqlite3
import time
from collections.abc import Iterator

import pytest
from tests.house import PATIENCE, House, furnish, settings, start
from tests.integration.test_house import OUTSIDE, mail

CANARY = "kanaria-99d1"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("encrypted") / "mailguard"
    store = {"url": "sqlite:var/mailguard.db", "bodies": "var/bodies", "encryption_key_file": "body.keys"}
    data, ports = settings(folder, "mailbox:outside", store=store)
    furnish(folder, data)
    (folder / "body.keys").write_text("11" * 32 + "\n")
    (folder / "body.keys").chmod(0o600)
    house = start(folder, ports)
    try:
        yield house
    finally:
        assert house.stop() == 0, house.log()


def large(subject: str, lines: int = 20_000) -> bytes:
    return mail(subject, file=True) + f"{CANARY} in a line behind the parts\r\n".encode() * lines


def send(house: House, octets: bytes) -> str:
    """The id of a mail that was taken."""
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        client.mail("ann@corp.example")
        client.rcpt(OUTSIDE)
        code, text = client.data(octets)
    assert code == 250, text
    return text.decode().split()[-1]


def in_the_clear(house: House) -> list[str]:
    files = [path for path in (house.folder / "var").rglob("*") if path.is_file()]
    return [path.name for path in files if CANARY.encode() in path.read_bytes()]


def gone_out(house: House, subject: str) -> bytes:
    """The octets that left, once they did."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for path in (house.folder / "outside" / "new").glob("*"):
            octets = path.read_bytes()
            if f"Subject: {subject}\r\n".encode() in octets:
                return octets
        time.sleep(0.05)
    raise AssertionError(f"{subject} did not leave\n{house.log()}")


def test_a_large_mail_is_read_held_released_and_leaves_as_it_came(house: House) -> None:
    octets = large("first")
    message_id = send(house, octets)
    assert in_the_clear(house) == []
    found = house.json("queue", "list", "--filter", "text:behind")  # the audit log keeps what was searched for
    assert message_id in json.dumps(found)
    explained = house.json("explain", message_id)  # a reader reads it anew
    assert explained["disposition"] == "confirm", explained
    house.json("queue", "release", message_id)
    assert gone_out(house, "first").endswith(octets)


def test_no_octet_stands_in_the_clear_while_it_comes_in(house: House) -> None:
    incoming = house.folder / "var" / "bodies" / "incoming"
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        client.mail("ann@corp.example")
        client.rcpt(OUTSIDE)
        client.putcmd("DATA")
        assert client.getreply()[0] == 354
        client.send(large("half", 400_000))  # more than stays in memory
        end = time.monotonic() + PATIENCE
        while not sum(path.stat().st_size for path in incoming.glob("in-*")) > 2**18 and time.monotonic() < end:
            time.sleep(0.01)
        assert sum(path.stat().st_size for path in incoming.glob("in-*")) > 2**18
        assert in_the_clear(house) == []
        client.close()  # in the middle: nothing was taken, and nothing is left
    while list(incoming.iterdir()) and time.monotonic() < end:
        time.sleep(0.01)
    assert not list(incoming.iterdir())


def test_the_key_is_changed_while_mail_flows(house: House) -> None:
    held, small = send(house, large("third")), send(house, mail("fourth", file=True))
    done = house.json("store", "new-key")
    assert done["file"] == str(house.folder / "body.keys")
    assert house.json("store", "rotate")["wrapped"] >= 2
    first, *_ = (house.folder / "body.keys").read_text().splitlines()
    (house.folder / "body.keys").write_text(f"{first}\n")
    after = send(house, large("fifth"))
    house.json("queue", "release", held, small, after)
    assert all(gone_out(house, subject) for subject in ("third", "fourth", "fifth"))
    with sqlite3.connect(house.folder / "var" / "mailguard.db") as connection:
        assert len(connection.execute("SELECT DISTINCT wrapped_by FROM body_key").fetchall()) == 1
    connection.close()
    assert in_the_clear(house) == []


def test_without_its_key_it_does_not_start_and_loses_nothing(house: House) -> None:
    message_id = send(house, large("sixth"))
    assert house.stop() == 0
    keys = house.folder / "body.keys"
    right = keys.read_text()
    keys.write_text("22" * 32 + "\n")
    done = house.run("serve")
    assert done.returncode == 1
    assert "lacks key" in done.stderr
    keys.write_text(right)
    ports = {name: getattr(house, name) for name in ("smtp", "submit", "smtps", "console")}
    again = start(house.folder, ports)
    house.process = again.process
    house.json("queue", "release", message_id)
    assert gone_out(house, "sixth")
