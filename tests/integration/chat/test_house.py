"""A whole mailguard with chat channels: from a mail that is held to the message at its receiver, over kill and restart,
with letters that do not leave, and the verbs that try and check.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import smtplib
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from tests.chat_fake import Reply, Service, running_service
from tests.house import PATIENCE, House, furnish, running_house, settings, start

SECRET = "0123456789abcdef0123456789abcdef"


@contextmanager
def service() -> Iterator[Service]:
    """A chat service in a thread of its own, beside the house."""
    loop = asyncio.new_event_loop()
    made: list[Service] = []
    ready, stop = threading.Event(), asyncio.Event()

    async def run() -> None:
        async with running_service() as running:
            made.append(running)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield made[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)
        loop.close()


def until(condition: Callable[[], Any], house: House) -> Any:
    waiting = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        if found := condition():
            return found
        waiting.wait(0.05)
    raise AssertionError(house.log())


def channel(service: Service, **changes: Any) -> dict[str, Any]:
    entry = {"name": "ops", "kind": "webhook", "url": service.url("/s3cret-path"), "secret": SECRET}
    return {
        **entry,
        "allow_private": True,
        "events": ["held", "cancelled", "letters_failing", "channel_failing"],
        **changes,
    }


def notify(*channels: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"from": "mailguard@corp.example", "channels": list(channels), **more}


def hold_one(house: House, subject: str = "s3cret subject") -> None:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "ann@corp.example", "bob@partner.example", subject
    message.set_content("s3cret body\n")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="s3cret.pdf")
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.sendmail("ann@corp.example", ["bob@partner.example"], message.as_bytes())


def kinds(service: Service) -> list[str]:
    return [came.json()["type"] for came in service.came]


def ready(house: House) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{house.console}/readyz", timeout=PATIENCE) as answer:
        return dict(json.load(answer))


def test_a_held_mail_is_told_in_the_chat_and_so_is_its_end(tmp_path: Path) -> None:
    with service() as chat, running_house(tmp_path / "m", "mailbox:var/mailbox", notify=notify(channel(chat))) as house:
        hold_one(house)
        until(lambda: chat.came, house)
        (came,) = chat.came
        said = came.json()["data"]
        assert said["title"] == "[Held] A file goes outside"
        assert said["recipients"] == [{"domain": "partner.example", "count": 1}]
        assert said["url"] == f"http://127.0.0.1:{house.console}/messages/{said['message_id']}"
        assert b"s3cret" not in came.body
        house.run("queue", "cancel", said["message_id"])
        until(lambda: len(chat.came) == 2, house)
        assert kinds(chat) == ["mailguard.held", "mailguard.cancelled"]
        assert "s3cret" not in house.log()
        assert "chat_sent" in house.log()


def test_what_a_killed_house_owed_is_said_after_the_restart(tmp_path: Path) -> None:
    with service() as chat:
        chat.usual = Reply(503)
        data, ports = settings(tmp_path / "m", "mailbox:var/mailbox", notify=notify(channel(chat)))
        furnish(tmp_path / "m", data)
        house = start(tmp_path / "m", ports)
        hold_one(house)
        until(lambda: chat.came, house)
        house.stop(signal.SIGKILL)
        chat.usual = Reply(200)
        again = start(tmp_path / "m", ports)
        try:
            until(lambda: len(chat.came) == 2, again)
        finally:
            assert again.stop() == 0
        first, second = chat.came
        assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_a_channel_that_never_answers_delays_neither_letters_nor_the_end(tmp_path: Path) -> None:
    with service() as chat:
        chat.usual = Reply(silent=True)
        with running_house(tmp_path / "m", "mailbox:var/mailbox", notify=notify(channel(chat))) as house:
            hold_one(house)
            until(lambda: chat.came, house)
            letters = house.folder / "var" / "mailbox" / "envelopes"
            until(lambda: any(letters.glob("*.json")), house)
            hold_one(house)
            until(lambda: len(list(letters.glob("*.json"))) == 2, house)


def test_the_administrators_hear_of_a_dead_channel_by_letter_and_on_every_page(tmp_path: Path) -> None:
    with service() as chat:
        chat.usual = Reply(400, b"never")
        with running_house(tmp_path / "m", "mailbox:var/mailbox", notify=notify(channel(chat))) as house:
            assert ready(house) == {"ready": True, "wrong": {}, "troubles": []}
            hold_one(house)
            mailbox = house.folder / "var" / "mailbox"
            letter = until(
                lambda: [one for one in mailbox.rglob("*") if one.is_file() and b"channel_failing" in one.read_bytes()],
                house,
            )
            assert b"s3cret" not in letter[0].read_bytes()
            assert until(lambda: ready(house)["troubles"], house) == ["channel"]  # and mail flows all the same
            with urllib.request.urlopen(f"http://127.0.0.1:{house.console}/metrics", timeout=PATIENCE) as answer:
                figures = answer.read().decode()
            assert "mailguard_channels_failing 1.0" in figures
            assert 'mailguard_chat_messages_total{kind="webhook",result="failed"}' in figures
            assert "s3cret" not in house.log()


def test_check_finds_what_is_wrong_and_says_where(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    data, ports = settings(folder, "mailbox:var/mailbox", notify=notify({"name": "ops", "kind": "teams"}))
    furnish(folder, data)
    house = House(folder, None, **ports)  # type: ignore[arg-type]
    done = house.run("check")
    assert done.returncode == 1
    assert "mailguard.yaml:" in done.stderr
    assert "notify.channels.0: teams needs url" in done.stderr
    assert house.run("notify", "test").returncode == 1


def test_the_verb_that_tries_channels(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    with service() as chat:
        bad = {"name": "bad", "kind": "slack", "url": chat.url("/s3cret"), "allow_private": True}
        inside = {"name": "inside", "kind": "teams", "url": f"https://localhost:{chat.port}/s3cret"}
        data, ports = settings(folder, "mailbox:var/mailbox", notify=notify(channel(chat), bad, inside))
        furnish(folder, data)
        house = House(folder, None, **ports)  # type: ignore[arg-type]
        chat.answers = lambda came: Reply(200) if "webhook-id" in came.headers else Reply(404, b"no_service")
        done = house.run("notify", "test")
        assert done.returncode == 1
        assert done.stdout == "ops (webhook): ok\n"
        refused, leads_inside = done.stderr.splitlines()
        assert refused == "bad (slack): answered 404 (no_service)"
        assert "allow_private: true permits it" in leads_inside
        assert "s3cret" not in done.stderr
        only = house.json("notify", "test", "--channel", "ops")
        assert only == {"channels": [{"name": "ops", "kind": "webhook", "ok": True, "why": ""}]}
        typo = house.run("notify", "test", "--channel", "opps")
        assert typo.returncode == 1
        assert "did you mean 'ops'?" in typo.stderr
        house.variables = {**os.environ, "LC_ALL": "ja_JP.UTF-8"}
        assert "opps はありません。「ops」の間違い" in house.run("notify", "test", "--channel", "opps").stderr
