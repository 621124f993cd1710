"""A whole mailguard remembers: from SMTP through the ledger into the model, over a kill, and into what people see."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import smtplib
import sqlite3
import time
import urllib.request
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from tests.house import PATIENCE, House, furnish, settings, start

from mailguard.store import snapshots

BOB, EVE = "bob.tanaka@partner.example", "bob.tanaka@partnr.example"
POLICY = """
version: 1
rules:
  - id: a-file
    when: {attachments: {count: ">= 1"}}
    then: confirm
    because: {ja: 添付があります, en: A file}
  - id: looks-wrong
    mode: monitor
    when: {recipients: {risk: ">= 0.5"}}
    then: confirm
    because: {ja: 宛先が違うようです, en: The recipient looks wrong}
"""


def octets(to: str, number: int, file: bool = False) -> bytes:
    head = f"From: Ann <ann@corp.example>\r\nTo: Bob Tanaka <{to}>\r\nSubject: offer {number}\r\n"
    head += f"Message-ID: <{number}@corp.example>\r\nMIME-Version: 1.0\r\n"
    text = f"Dear Mr Tanaka,\r\n\r\nplease find the offer number {number} for the pumps.\r\n"
    if not file:
        return f"{head}\r\n{text}".encode()
    part = "--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\na;b\r\n--b--\r\n"
    return f"{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{text}{part}".encode()


def send(house: House, to: str, number: int, *, file: bool = False) -> str:
    """The id of the mail."""
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        client.mail("ann@corp.example")
        client.rcpt(to)
        code, text = client.data(octets(to, number, file))
        assert code == 250, text
        return text.decode().split()[-1]


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def rows(house: House, sql: str) -> list[Any]:
    connection = sqlite3.connect(house.folder / "var" / "mailguard.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def model_of(house: House) -> int:
    """The process beside the doors that has the model."""
    (found,) = [
        int(one.name)
        for one in Path("/proc").glob("[0-9]*")
        if _parent(one) == house.process.pid and b"--model" in (one / "cmdline").read_bytes().split(b"\0")
    ]
    return found


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it ended meanwhile
        return 0


def metrics(house: House) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{house.console}/metrics", timeout=PATIENCE) as answer:
        return str(answer.read().decode())


def is_odd(house: House, mail: str) -> bool:
    """Whether a risk was known of it."""
    sql = "SELECT 1 FROM rule_hit h JOIN message m ON m.number = h.message WHERE h.rule = 'looks-wrong' AND m.id = "
    return rows(house, f"{sql}'{mail}'") == [(1,)]


def risk(explained: Any) -> Any:
    return [(one["address"], one["risk"], one.get("alternative")) for one in explained["recipients"]]


def test_a_house_remembers_over_a_kill_and_says_the_same_everywhere(tmp_path: Path) -> None:
    folder = tmp_path / "mailguard"
    data, ports = settings(folder, "mailbox:var/mailbox")
    furnish(folder, data, POLICY)
    house = start(folder, ports)
    try:
        for number in range(12):
            send(house, BOB, number)
        until(lambda: rows(house, "SELECT count(*) FROM experience WHERE what = 'delivered'") == [(12,)])
        house.stop(signal.SIGKILL)
        house = start(folder, ports, options=["--workers", "2"])
        (folder / "slip.eml").write_bytes(octets(EVE, 99, file=True))
        seen = house.json("explain", str(folder / "slip.eml"))
        assert risk(seen)[0][1] > 0.5
        assert risk(seen)[0][2] == BOB
        until(lambda: "insight_asking" in house.log())
        # Whichever of the two takes the mail, it knows: of so many, each takes some.
        tries = count(200)
        until(lambda: all(is_odd(house, send(house, EVE, next(tries), file=True)) for _ in range(12)))
        until(lambda: "\nmailguard_insight_learned 12.0\n" in metrics(house))
        gone = model_of(house)
        os.kill(gone, signal.SIGKILL)
        # Mail waits for another one to have it.
        assert all(is_odd(house, send(house, EVE, next(tries), file=True)) for _ in range(12))
        there = model_of(house)
        assert there != gone
        # Ctrl-C comes to all; the model goes on until the last door is closed.
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(there, number)
        assert all(is_odd(house, send(house, EVE, next(tries), file=True)) for _ in range(12))
        assert model_of(house) == there
        assert "\nmailguard_doors 2.0\n" in metrics(house)
        held = send(house, EVE, 99, file=True)
        shown = house.json("queue", "show", held)
        assert shown["state"] == "held"
        assert risk(shown) == risk(house.json("explain", held)) == risk(seen)
        assert shown["recipients"][0]["risk_because"]["ja"]
        assert "looks-wrong" in [one["rule"] for one in shown["findings"]]
        house.run("queue", "cancel", held)
        assert rows(house, "SELECT what, people FROM experience ORDER BY number DESC LIMIT 1") == [
            ("refused", f'["{EVE}"]')
        ]
        send(house, EVE, 100)
        # A mail that is on its way when the house closes is compared like any other.
        with contextlib.ExitStack() as stack:
            clients = [smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) for _ in range(5)]
            for client in clients:
                stack.callback(client.close)
            sending, *idle = clients
            sending.ehlo()
            sending.mail("ann@corp.example")
            sending.rcpt(EVE)
            assert sending.docmd("DATA")[0] == 354
            house.process.send_signal(signal.SIGTERM)
            waiting = [client.sock for client in idle if client.sock is not None]
            assert select.select(waiting, [], [], PATIENCE)[0], "somebody is sent away"
            sending.send(octets(EVE, 101, file=True) + b"\r\n.\r\n")
            code, text = sending.getreply()
            assert code == 250, text
        assert house.stop() == 0
        assert is_odd(house, text.decode().split()[-1])
        # It was learnt from the ledger: nothing was due to be written yet.
        assert snapshots.mark_of(folder / "var" / "mailguard.insight") is None
    except BaseException:
        print(house.log())
        raise
    finally:
        house.stop(signal.SIGKILL)


def test_switched_off_nothing_is_compared_or_kept(tmp_path: Path) -> None:
    folder = tmp_path / "mailguard"
    data, ports = settings(folder, "mailbox:var/mailbox", insight={"enabled": False})
    furnish(folder, data, POLICY.partition("  - id: looks-wrong")[0])
    house = start(folder, ports)
    try:
        send(house, BOB, 1)
        until(lambda: rows(house, "SELECT count(*) FROM message WHERE state = 'relayed'") == [(1,)])
        assert rows(house, "SELECT count(*) FROM lesson") == [(0,)]
        assert "insight" not in house.log()
    finally:
        assert house.stop() == 0
