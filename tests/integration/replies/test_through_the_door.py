"""An answer on its whole way through a running house: letter read in the mailbox, answered by SMTP, mail released."""

from __future__ import annotations

import email
import email.policy
import json
import smtplib
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from tests.house import PATIENCE, House, running_house

ANN, BOB, OUTSIDE = "ann@corp.example", "bob@corp.example", "carol@partner.example"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path / "mailguard", "mailbox:var/mailbox") as house:
        yield house


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def send(house: House, mail: EmailMessage, to: list[str], by: str = ANN) -> str:
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        client.mail(by)
        for one in to:
            assert client.rcpt(one)[0] == 250
        code, text = client.data(mail.as_bytes(policy=SMTP))
        return f"{code} {text.decode()}"


def written(text: str, to: str, by: str = ANN, **fields: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = by, to, fields.pop("subject", "Re: [Held] Quotation")
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def held(house: House) -> tuple[str, EmailMessage]:
    """A mail that is held, and its letter as ann's mailbox has it."""
    mail = written("the figures", OUTSIDE, subject="Quotation")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a.pdf")
    said = send(house, mail, [OUTSIDE])
    assert said.startswith("250 2.0.0 held")
    until(lambda: letters(house, "held"))
    return said.rpartition(" ")[2], letters(house, "held")[-1]


def everybody(house: House) -> set[str]:
    """All addresses that anything left for."""
    folder = house.folder / "var" / "mailbox" / "envelopes"
    return {str(one) for file in folder.glob("*.json") for one in json.loads(file.read_text())["recipients"]}


def letters(house: House, kind: str) -> list[EmailMessage]:
    """The letters of this kind that left, oldest first."""
    files = sorted((house.folder / "var" / "mailbox").glob("new/*"))
    mails = [email.message_from_bytes(one.read_bytes(), policy=email.policy.default) for one in files]
    return [one for one in mails if one["X-Mailguard-Letter"] == kind]


def state(house: House, message_id: str) -> str:
    return str(house.json("queue", "show", message_id)["state"])


def quoted(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    lines = "".join(f"> {line}\n" for line in str(part.get_content()).splitlines())
    return f"On Thu, 26 Nov 2026 10:15, mailguard (Corp) <mailguard@corp.example> wrote:\n{lines}"


def test_an_answer_releases_the_mail_and_goes_nowhere_itself(house: House) -> None:
    message_id, letter = held(house)
    to = str(letter["Reply-To"])
    assert to.startswith("mailguard+")
    said = send(house, written(f"OK\n\n{quoted(letter)}", to), [to])
    assert said.startswith("250 2.0.0 taken as an answer")
    until(lambda: state(house, message_id) == "relayed")
    until(lambda: letters(house, "sent"))
    history = house.json("queue", "show", message_id)["history"]
    assert [(line["actor"], line["via"]) for line in history if line["event"] == "release"] == [(ANN, "reply")]
    second = send(house, written("cancel", to), [to])
    assert second.startswith("250 2.0.0 taken as an answer")
    until(lambda: letters(house, "reply"))
    assert everybody(house) == {OUTSIDE, ANN}


def test_an_unclear_answer_and_a_forged_one(house: House) -> None:
    message_id, letter = held(house)
    to = str(letter["Reply-To"])
    assert send(house, written("OK", to, BOB), [to], BOB).startswith("250 2.0.0 taken")
    assert send(house, written("which mail is this?", to), [to]).startswith("250 2.0.0 taken")
    until(lambda: len(letters(house, "reply")) == 2)
    assert state(house, message_id) == "held"
    by_person = {str(one["To"]): one for one in letters(house, "reply")}
    assert set(by_person) == {ANN, BOB}
    assert by_person[BOB]["Reply-To"] is None
    assert by_person[ANN]["Reply-To"] != to
    assert send(house, written("cancel", "x"), [str(by_person[ANN]["Reply-To"])]).startswith("250 2.0.0 taken")
    until(lambda: state(house, message_id) == "cancelled")


def test_a_machine_is_not_answered(house: House) -> None:
    message_id, letter = held(house)
    to = str(letter["Reply-To"])
    mail = written("OK", to, Auto_Submitted="auto-replied")
    assert send(house, mail, [to]).startswith("250 2.0.0 taken")
    assert send(house, written("cancel", to), [to]).startswith("250 2.0.0 taken")
    until(lambda: state(house, message_id) == "cancelled")
    assert letters(house, "reply") == []


def test_whoever_else_is_written_to_gets_the_mail_judged_as_any(house: House) -> None:
    message_id, letter = held(house)
    to = str(letter["Reply-To"])
    refused = written("OK\n\nultrasecret", f"{to}, {BOB}")
    assert send(house, refused, [to, BOB]).startswith("550 5.7.1")
    assert state(house, message_id) == "held", "what the client still has decides nothing"
    said = send(house, written("OK", f"{to}, {BOB}"), [to, BOB])
    assert said.startswith("250 2.0.0 accepted")
    until(lambda: state(house, message_id) == "relayed")
    until(lambda: BOB in everybody(house))
    assert not any(address.startswith("mailguard+") for address in everybody(house))


def test_another_sub_address_is_a_mailbox_like_any(house: House) -> None:
    for to in ("mailguard+news@corp.example", "mailguard@corp.example"):
        assert send(house, written("OK", to), [to]).startswith("250 2.0.0 accepted")
        until(lambda to=to: to in everybody(house))  # type: ignore[misc]


def test_without_answers_a_letter_takes_none(tmp_path: Path) -> None:
    notify = {"from": "mailguard@corp.example", "reply_address": False}
    with running_house(tmp_path / "mailguard", "mailbox:var/mailbox", notify=notify) as house:
        _, letter = held(house)
        assert letter["Reply-To"] is None
        to = "mailguard+7d2k9m4p6r8t3v5x1z0q2s4w6y@corp.example"
        assert send(house, written("OK", to), [to]).startswith("250 2.0.0 accepted")
