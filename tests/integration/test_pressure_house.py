"""A whole house under pressure: who it tells what, and that what was taken goes on."""

from __future__ import annotations

import json
import os
import smtplib
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.house import PATIENCE, House, furnish, running_house, settings, start
from tests.missing import needs_root

MAIL = b"From: ann@corp.example\r\nTo: bob@partner.example\r\nSubject: ultra\r\n\r\nhello\r\n"
HOLD_ALL = """
version: 1
rules:
  - id: everything-waits
    mode: enforce
    when: {recipients: {external: true}}
    then: confirm
    because: {ja: 社外, en: It goes outside}
"""


def send(house: House, recipient: str = "bob@partner.example") -> int:
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        try:
            client.sendmail("ann@corp.example", recipient, MAIL)
        except smtplib.SMTPResponseException as error:
            return error.smtp_code
        return 250


def ready(house: House) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{house.console}/readyz", timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def until(true: Callable[[], bool], house: House) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, house.log()
        time.sleep(0.1)


def test_a_queue_that_is_full_is_told_to_everybody_once(tmp_path: Path) -> None:
    with running_house(tmp_path / "m", "mailbox:var/mailbox", HOLD_ALL, limits={"queued": 3}) as house:
        until(lambda: send(house) != 250, house)
        assert send(house, "carl@corp.example") == 452  # inside, too: there is one queue
        status, said = ready(house)
        assert (status, said["wrong"]) == (503, {"pressure": "queue"})
        mailbox = house.folder / "var" / "mailbox"

        def letters() -> list[Path]:
            return [one for one in mailbox.rglob("*") if one.is_file() and b"[Trouble]" in one.read_bytes()]

        until(lambda: bool(letters()), house)  # ours still go
        until(lambda: "pressure" in ready(house)[1]["troubles"], house)  # and on every page
        with urllib.request.urlopen(f"http://127.0.0.1:{house.console}/metrics", timeout=PATIENCE) as answer:
            figures = answer.read().decode()
        assert 'mailguard_admission_refused_total{why="queue"}' in figures
        assert 'mailguard_pressure{why="queue"} 1.0' in figures
        assert 'mailguard_disk_free_bytes{place="ledger"}' in figures
        waits = house.json("queue", "list")["messages"]
        assert house.run("queue", "release", *(one["id"] for one in waits)).returncode == 0  # people decide as ever
        until(lambda: send(house, "carl@corp.example") == 250, house)
        assert ready(house)[0] == 200
        assert len(letters()) <= 2  # one letter: its file, and where it is kept as envelope


@needs_root
def test_a_disk_that_fills_is_noticed_before_it_is_full_and_again_when_there_is_room(tmp_path: Path) -> None:
    var = tmp_path / "m" / "var"
    data, ports = settings(tmp_path / "m", "mailbox:mailbox")
    furnish(tmp_path / "m", data)
    var.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", str(var)], check=True)
    try:
        house = start(tmp_path / "m", ports)
        try:
            assert send(house) == 250
            (var / "other").write_bytes(b"x" * (94 * 2**20))  # 5 MB are to stay free
            until(lambda: send(house) == 452, house)
            assert ready(house)[1]["wrong"] == {"pressure": "disk"}
            free = os.statvfs(var).f_bavail * os.statvfs(var).f_frsize
            assert free > 2**20  # nothing has run out
            (var / "other").unlink()
            until(lambda: send(house) == 250, house)
            assert ready(house)[0] == 200
        finally:
            assert house.stop() == 0
    finally:
        subprocess.run(["umount", "-l", str(var)], check=True)
