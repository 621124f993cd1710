"""A running mailguard before the company of `tests.company`: shipped policies, a real SMTP server behind it, days that
pass, and its people, who read their letters and press buttons on pages.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import html
import json
import os
import re
import smtplib
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.sync_api import Page, sync_playwright
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.company import OWN_DOMAIN, Sent
from tests.house import House, furnish, settings, start
from tests.mailguard_by_calendar import Calendar
from tests.postfix import free_port
from tests.reception import link_and_code

from mailguard.insight.model import Insight
from mailguard.memory.aside import recall
from mailguard.memory.settings import MemorySettings
from mailguard.store.db import Database
from mailguard.store.lessons import Lessons
from mailguard.store.snapshots import snapshot_path

#: Longest that anything here may take.
PATIENCE = 60.0
POLICIES = Path(__file__).parents[1] / "policies"
ADMIN = f"admin@{OWN_DOMAIN}"
_PROGRAM = Path(__file__).with_name("mailguard_by_calendar.py")


@dataclass
class Sink:
    """The next server: what reached whom, by Message-ID. letters: of the house, oldest first."""

    reached: dict[str, dict[str, EmailMessage]] = field(default_factory=dict)
    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if mail["X-Mailguard-Letter"] is None:
            people = self.reached.setdefault(str(mail["Message-ID"]), {})
            people.update(dict.fromkeys(envelope.rcpt_tos, mail))
        else:
            self.letters.append(mail)
        return "250 2.0.0 taken"

    def has(self, mail: Sent) -> bool:
        """Whether everybody has got it."""
        return self.reached.get(mail.message_id, {}).keys() >= set(mail.recipients)


@contextlib.contextmanager
def listening() -> Iterator[tuple[Sink, int]]:
    """A server, and its port."""
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port(), data_size_limit=2**25)
    controller.start()
    try:
        yield sink, controller.port
    finally:
        controller.stop()


@dataclass
class Company:
    """The house, what is behind it, and its calendar."""

    house: House
    ports: dict[str, int]
    sink: Sink
    calendar: Calendar
    token: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.house.console}"

    def send(self, mails: Iterable[Sent]) -> dict[str, Sent]:
        """Hand mails in; those that are held for somebody, by mailguard's id."""
        held = {}
        with smtplib.SMTP("127.0.0.1", self.house.smtp, timeout=PATIENCE) as client:
            client.ehlo()
            for mail in mails:
                client.mail(mail.sender, ["BODY=8BITMIME"])
                for one in mail.recipients:
                    client.rcpt(one)
                code, text = client.data(mail.octets())
                assert code == 250, (code, text)
                if b"held" in text:
                    held[text.split()[-1].decode()] = mail
        return held

    def until(self, condition: Callable[[], bool], what: str, every: float = 0.02) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"{what}\n{self.house.log()}"
            time.sleep(every)

    def until_out(self, mails: Iterable[Sent]) -> None:
        """Everybody has got them."""
        wanted = list(mails)
        self.until(lambda: all(map(self.sink.has, wanted)), "not everything went out")

    def release(self, message_id: str) -> None:
        """What the sender says to most of what is asked: it is right so."""
        self.api(f"/messages/{message_id}/release", {})

    def api(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer of the API to the administrator; body: of a POST."""
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            None if body is None else json.dumps(body).encode(),
            {"authorization": f"Bearer {self.token}", "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def kill(self) -> None:
        """SIGKILL, and a new start on what is on disk."""
        self.house.process.kill()
        self.house.process.wait(PATIENCE)
        self.house = _start(self.house.folder, self.ports)

    def until_learnt(self, mails: int) -> None:
        """The model that judges in the house knows so many; after a start it is loaded and learns behind the door."""

        def all_of_them() -> bool:
            with urllib.request.urlopen(f"{self.url}/metrics", timeout=PATIENCE) as answer:
                return f"\nmailguard_insight_learned {float(mails)}\n" in answer.read().decode()

        self.until(all_of_them, "not everything was learnt", every=0.1)

    def model(self) -> Insight:
        """What the model has learnt, by its file and the ledger."""
        return asyncio.run(self._model())

    async def _model(self) -> Insight:
        db = await Database.open(self.house.folder / "var" / "mailguard.db")
        try:
            path = snapshot_path(self.house.folder / "var" / "mailguard.db")
            return await recall(Lessons(db), MemorySettings(path, (OWN_DOMAIN,)))
        finally:
            await db.close()

    def letter(self, about: Sent) -> EmailMessage:
        """What the sender was told of a mail that is held."""
        found: list[EmailMessage] = []

        def came() -> bool:
            found[:] = [
                one for one in self.sink.letters if one["To"] == about.sender and one["In-Reply-To"] == about.message_id
            ]
            return bool(found)

        self.until(came, f"no letter to {about.sender}: {[one.items() for one in self.sink.letters[-3:]]}")
        return found[-1]

    def link(self, about: Sent) -> tuple[str, str]:
        """Path and code of the letter."""
        return link_and_code(self.letter(about), self.url)

    def press(self, about: Sent, button: str) -> str:
        """One tap on the page behind the letter's link, as a browser without JavaScript sends it; the page after it."""
        path, code = self.link(about)
        with httpx2.Client(base_url=self.url, headers={"accept-language": "ja"}, timeout=PATIENCE) as client:
            page = client.get(path).text
            value = next(value for value, label in _offers(page) if label == button)
            hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
            answer = client.post(path, data=hidden | {"correct": value, "code": code})
            assert answer.status_code == 303, answer.text
            return str(client.get(answer.headers["location"]).text)

    def tap(self, about: Sent, button: str) -> str:
        """The same tap, in Chromium on a telephone."""
        path, code = self.link(about)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = chromium.new_page(locale="ja-JP", viewport={"width": 390, "height": 844})
            page.goto(self.url + path)
            page.locator("#code").fill(code)
            shot(page, "wrong-recipient")
            with page.expect_navigation():
                page.get_by_role("button", name=button, exact=True).click()
            said = page.locator("body").inner_text()
            shot(page, "right-recipient")
            chromium.close()
        return said


def shot(page: Page, name: str) -> None:
    """A picture for people to look at."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def _offers(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<button[^>]* name="correct" value="([^"]*)"[^>]*>([^<]*)<', page)
    return [(html.unescape(value), html.unescape(label)) for value, label in found]


def _start(folder: Path, ports: dict[str, int]) -> House:
    return start(folder, ports, program=(str(_PROGRAM), str(folder / "calendar")))


@contextlib.contextmanager
def company(folder: Path, day: float) -> Iterator[Company]:
    """The shipped rules but for the undo window, which is about time and not about recipients. day: it is then."""
    with listening() as (sink, port):
        data, ports = settings(
            folder,
            f"smtp://127.0.0.1:{port}",
            organization={"domains": [OWN_DOMAIN], "name": "あおば精工", "language": "ja", "timezone": "Asia/Tokyo"},
            policies=[str(POLICIES / f"{name}.yaml") for name in ("recipients", "attachments", "content")],
        )
        data["console"]["administrators"] = [ADMIN]
        data["notify"]["from"] = f"mailguard@{OWN_DOMAIN}"
        furnish(folder, data)
        calendar = Calendar(folder / "calendar")
        calendar.go_to(day)
        one = Company(_start(folder, ports), ports, sink, calendar)
        try:
            words = ("token", "create", "--role", "administrator", "--address", ADMIN)
            one.token = one.house.json(*words)["token"]
            yield one
        finally:
            one.house.stop()
