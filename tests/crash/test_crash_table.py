"""SIGKILL at every row of the crash table, and at random under load; then a new start, and every mail is recounted.

Promise: nothing acknowledged is lost, nothing unreleased is out, what is released is out at least once (twice only
where the process died between the upstream's answer and our commit).
"""

from __future__ import annotations

import json
import random
import smtplib
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from tests.house import PATIENCE, House, furnish, settings, start

PROGRAM = str(Path(__file__).with_name("mailguard_that_dies.py"))
#: What stands in the house's POLICY: a file for an outsider is held, all else goes.
OUTSIDE, INSIDE = "bob@partner.example", "bob@corp.example"


@pytest.fixture
def furnished(tmp_path: Path) -> tuple[Path, dict[str, int]]:
    folder = tmp_path / "mailguard"
    data, ports = settings(folder, "mailbox:var/mailbox")
    furnish(folder, data)
    return folder, ports


def mail(tag: str, *, held: bool, size: int = 0) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "ann@corp.example", OUTSIDE if held else INSIDE
    message["Subject"], message["Message-ID"] = f"crash {tag}", f"<{tag}@pc.corp.example>"
    message.set_content("text\n" * 3)
    if held:
        message.add_attachment(b"x" * max(size, 10), maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes()


def send(port: int, tag: str, *, held: bool, octets: bytes = b"") -> str | None:
    """One mail. Its id if it was acknowledged, None if no 250 came. octets: those of `mail`, to send them twice."""
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            client.ehlo()
            client.mail("ann@corp.example")
            client.rcpt(OUTSIDE if held else INSIDE)
            code, answer = client.data(octets or mail(tag, held=held))
    except (OSError, smtplib.SMTPException):
        return None
    return answer.decode().split()[-1] if code == 250 else None


def outside(folder: Path) -> Counter[str]:
    """How often each mail (by its message id of ours) left, letters left out."""
    found: Counter[str] = Counter()
    for file in (folder / "var" / "mailbox" / "envelopes").glob("*.json"):
        envelope = json.loads(file.read_text())
        if envelope["sender"]:
            found[envelope["message_id"]] += 1
    return found


def letters_about(folder: Path, tag: str) -> int:
    reference = f"<{tag}@pc.corp.example>".encode()
    files = (folder / "var" / "mailbox" / "new").iterdir() if (folder / "var" / "mailbox").is_dir() else ()
    return sum(1 for file in files if b"In-Reply-To: " + reference in file.read_bytes())


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def held(house: House) -> set[str]:
    """The ids of all held mails, page by page."""
    found: set[str] = set()
    before: list[str] = []
    while rows := house.json("queue", "list", "--filter", "state=held", "--limit", "500", *before)["messages"]:
        found.update(row["id"] for row in rows)
        before = ["--filter", f"before={rows[-1]['id']}"]
    return found


def die(furnished: tuple[Path, dict[str, int]], point: str) -> House:
    folder, ports = furnished
    return start(folder, ports, (PROGRAM, point))


def reborn(furnished: tuple[Path, dict[str, int]]) -> House:
    return start(*furnished)


def killed(house: House) -> bool:
    return until(lambda: house.process.poll() is not None) and house.process.returncode == -9


@pytest.mark.parametrize("held", [True, False], ids=["held", "relayed"])
def test_before_the_commit_nothing_is_taken(furnished: tuple[Path, dict[str, int]], held: bool) -> None:
    house = die(furnished, "before the commit")
    assert send(house.smtp, "a", held=held) is None
    assert killed(house)
    house = reborn(furnished)
    try:
        assert house.json("queue", "list")["messages"] == []
        assert not outside(house.folder)
        assert send(house.smtp, "a", held=held) is not None
    finally:
        house.stop()


@pytest.mark.parametrize("size", [10, 13_000_000], ids=["in the database", "as a file"])
def test_between_commit_and_250_the_mail_is_kept(furnished: tuple[Path, dict[str, int]], size: int) -> None:
    house = die(furnished, "between commit and 250")
    octets = mail("b", held=True, size=size)
    assert send(house.smtp, "b", held=True, octets=octets) is None
    assert killed(house)
    house = reborn(furnished)
    try:
        rows = house.json("queue", "list")["messages"]
        assert [row["state"] for row in rows] == ["held"]
        assert send(house.smtp, "b", held=True, octets=octets) == rows[0]["id"], "its client hears now what it did not"
        assert [row["id"] for row in house.json("queue", "list")["messages"]] == [rows[0]["id"]]
        assert until(lambda: letters_about(house.folder, "b") == 1), "the letter that was owed came after the restart"
        assert not outside(house.folder)
        assert house.run("queue", "release", rows[0]["id"]).returncode == 0
        assert until(lambda: outside(house.folder)[rows[0]["id"]] == 1)
    finally:
        house.stop()


@pytest.mark.parametrize(
    ("point", "most"),
    [
        ("between claim and upstream", 1),
        ("upstream said 250, before our commit", 2),
        ("before the outcome is recorded", 2),
    ],
)
def test_a_try_that_was_cut_is_tried_again(furnished: tuple[Path, dict[str, int]], point: str, most: int) -> None:
    house = die(furnished, point)
    send(house.smtp, "c", held=False)
    assert killed(house)
    house = reborn(furnished)
    try:
        assert until(lambda: sum(outside(house.folder).values()) >= 1 and house.json("queue", "list")["messages"] == [])
        assert 1 <= sum(outside(house.folder).values()) <= most
        assert len(outside(house.folder)) == 1
    finally:
        house.stop()


@pytest.mark.parametrize("point", ["before the letter", "after the letter"])
def test_a_letter_that_was_cut_comes_once(furnished: tuple[Path, dict[str, int]], point: str) -> None:
    house = die(furnished, point)
    message_id = send(house.smtp, "d", held=True)
    assert killed(house)
    house = reborn(furnished)
    try:
        assert until(lambda: letters_about(house.folder, "d") == 1)
        rows = house.json("queue", "list")["messages"]
        assert [row["state"] for row in rows] == ["held"]
        assert message_id in (None, rows[0]["id"])
        time.sleep(1)
        assert letters_about(house.folder, "d") == 1
        assert not outside(house.folder)
    finally:
        house.stop()


@pytest.mark.parametrize(("point", "state"), [("before the release", "held"), ("between release and queue", "queued")])
def test_a_release_is_one_update(furnished: tuple[Path, dict[str, int]], point: str, state: str) -> None:
    house = die(furnished, point)
    message_id = send(house.smtp, "e", held=True)
    assert message_id is not None
    release = decide_by_api(house, message_id)
    assert release is None, "the process died before it answered"
    assert killed(house)
    house = reborn(furnished)
    try:
        if state == "held":
            assert house.json("queue", "show", message_id)["state"] == "held"
            assert not outside(house.folder)
        else:
            assert until(lambda: outside(house.folder)[message_id] == 1)
    finally:
        house.stop()


def decide_by_api(house: House, message_id: str) -> int | None:
    """Release through the server itself. The HTTP status; None if it died."""
    import urllib.error
    import urllib.request

    token = house.run("token", "create", "--role", "administrator").stdout.split()[-1]
    request = urllib.request.Request(
        f"http://127.0.0.1:{house.console}/api/v1/messages/{message_id}/release",
        data=b"{}",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, ConnectionError):
        return None


def test_a_client_that_hangs_up_leaves_whole_mails_or_none(furnished: tuple[Path, dict[str, int]]) -> None:
    house = reborn(furnished)
    try:
        whole = mail("f", held=True).replace(b"\r\n.", b"\r\n..") + b".\r\n"
        for cut in (len(whole) // 2, len(whole) - 1, len(whole)):
            with socket.create_connection(("127.0.0.1", house.smtp), 10) as client:
                talk = f"EHLO x\r\nMAIL FROM:<ann@corp.example>\r\nRCPT TO:<{OUTSIDE}>\r\nDATA\r\n".encode()
                client.sendall(talk)
                time.sleep(0.3)
                client.sendall(whole[:cut])
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # RST, no goodbye
        assert until(lambda: len(house.json("queue", "list")["messages"]) == 1)
        row = house.json("queue", "list")["messages"][0]
        assert row["state"] == "held"
        assert row["size"] == len(mail("f", held=True))
    finally:
        house.stop()


class Load:
    """Clients that send until told to stop, and remember what was acknowledged."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.acknowledged: dict[str, bool] = {}  # our id -> held
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(4)]

    def _send(self, number: int) -> None:
        chance = random.Random(number)
        while not self._stop.is_set():
            held = chance.random() < 0.5
            tag = uuid.uuid4().hex
            found = send(
                self.port, tag, held=held, octets=mail(tag, held=held, size=chance.choice((10, 90_000, 300_000)))
            )
            if found is not None:
                self.acknowledged[found] = held
            else:
                time.sleep(0.05)

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)


def test_sigkill_at_random_under_load(furnished: tuple[Path, dict[str, int]]) -> None:
    folder, ports = furnished
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    with Load(ports["smtp"]) as load:
        for _ in range(4):
            house, before = start(folder, ports), len(load.acknowledged)
            try:
                assert until(lambda before=before: len(load.acknowledged) > before)  # type: ignore[misc]
                time.sleep(chance.uniform(0.3, 1.5))
            finally:
                house.process.kill()
                house.process.wait(20)
        house = start(folder, ports)
        enough = until(lambda: len(load.acknowledged) > 20)  # however slow the machine is
    try:
        assert enough, f"seed {seed}: too little went in"
        recount(house, load.acknowledged, seed)
    finally:
        house.stop()


def recount(house: House, acknowledged: dict[str, bool], seed: int) -> None:
    go = {one for one, held in acknowledged.items() if not held}
    stay = {one for one, held in acknowledged.items() if held}
    assert until(lambda: go <= set(outside(house.folder))), f"seed {seed}: lost {go - set(outside(house.folder))}"
    assert stay <= held(house), f"seed {seed}: a held mail is lost"
    assert not stay & set(outside(house.folder)), f"seed {seed}: out unreleased"
    assert max(outside(house.folder).values()) <= 2, f"seed {seed}"
    assert house.run("audit", "verify").returncode == 0
