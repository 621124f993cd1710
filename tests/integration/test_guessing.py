"""Somebody guesses passwords at the running house: the administrators get one letter, in their language, and no log
line names an account.
"""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import smtplib
import sqlite3
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.house import House, running_house

from mailguard.app.guessing import sentence
from mailguard.mail.organization import Language
from mailguard.notify.letter_trouble import trouble_letter
from mailguard.smtpd.alarm import Guessing

ALARM: dict[str, Any] = {"auth": {"method": "file", "file": "users.yaml", "alarm": {"failures": 3, "within": "10m"}}}


def guess(house: House, times: int, name: str = "boss@corp.example") -> None:
    with smtplib.SMTP("127.0.0.1", house.submit, timeout=20) as client:
        client.starttls()
        client.ehlo("pc.corp.example")
        for number in range(times):
            response = base64.b64encode(f"\0{name}\0canary-guess-{number}".encode()).decode()
            code, _ = client.docmd("AUTH", f"PLAIN {response}")
            assert code == 535


def letters(house: House) -> list[email.message.EmailMessage]:
    found = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in (house.folder / "var" / "mailbox").rglob("*")
        if path.is_file() and path.parent.name in ("new", "cur")
    ]
    return [one for one in found if "guess" in str(one["Subject"])]


def test_the_letter_in_both_languages() -> None:
    found = [Guessing("account", f"{number}@corp.example", 60 - number) for number in range(10)]
    wanted: tuple[tuple[Language, str, str], ...] = (
        ("ja", "総当たり", "10分以内に アカウント 0@corp.example: 60回、"),
        ("en", "guess passwords", "within 10 minutes: account 0@corp.example: 60 times; "),
    )
    for language, head, part in wanted:
        reason = sentence(found, 600, language)
        content = trouble_letter("guessing", language, ("", reason, ""), link="https://guard.example/", house="Corp")
        assert head in content.subject
        assert part in str(content.rows)
        assert "9@corp" not in reason


def test_a_name_that_a_stranger_chose_says_nothing_in_the_letter() -> None:
    link = Guessing("account", "https://evil.example/reset; from 192.0.2.1: 999 times\u202e <b>", 50)
    there = Guessing("address", "2001:db8::/64", 50)
    assert sentence([link, there], 600, "en") == (
        "within 10 minutes: account https???evil.example?reset??from?192.0.2.1??999?times???b?: 50 times; "
        "from 2001:db8::/64: 50 times"
    )
    names = ("ann@corp.example", "田中", "CORP\\ann", "ann+tag")
    for name in names:
        assert f"account {name}:" in sentence([Guessing("account", name, 5)], 600, "en")


def test_a_letter_for_all_guesses_of_an_hour(tmp_path: Path) -> None:
    with running_house(tmp_path / "house", "mailbox:var/mailbox", **ALARM) as house:
        guess(house, 3)
        end = time.monotonic() + 60
        while not letters(house) and time.monotonic() < end:
            time.sleep(0.2)
        found = letters(house)
        assert len(found) == 1, house.log()
        body = found[0].get_body(("plain",))
        assert body is not None
        assert "Somebody seems to guess passwords" in str(found[0]["Subject"])
        assert "boss@corp.example" in body.get_content()
        assert "127.0.0.1" in body.get_content()
        assert found[0]["To"] == "admin@corp.example"
        guess(house, 1, "ann@corp.example")
        time.sleep(6)  # longer than it takes to look again
        assert len(letters(house)) == 1
        with urllib.request.urlopen(f"http://127.0.0.1:{house.console}/metrics", timeout=10) as answer:
            metrics = answer.read().decode()
        assert 'mailguard_login_guessing_total{by="account"} 1.0' in metrics
    said = (tmp_path / "house" / "log").read_text("utf-8")
    assert '"guessing"' in said or "guessing" in said
    assert "boss@corp.example" not in said
    assert "canary-guess" not in said
    with contextlib.closing(sqlite3.connect(tmp_path / "house" / "var" / "mailguard.db")) as ledger:
        assert "canary-guess" not in "".join(ledger.iterdump())
