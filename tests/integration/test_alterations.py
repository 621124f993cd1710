"""Alterations from the mail client to what leaves: a running house, real SMTP, and the Maildir that stands for the next
server. What is locked is opened with 7-Zip and the password of the letter.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
import signal
import smtplib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from tests.house import PATIENCE, House, furnish, settings, start
from tests.house import running_house as running

ANN, BOB, CAROL, DAN = "ann@corp.example", "bob@x.example", "carol@y.example", "dan@corp.example"
BOSS, ARCHIVE = "boss@corp.example", "archive@corp.example"
RULES = """
version: 1
people:
  - {address: ann@corp.example, manager: boss@corp.example}
  - {address: boss@corp.example}
rules:
  - id: many-outside
    when: {recipients: {external: true, visible: true, count: ">= 2"}}
    then: {deliver: true, alter: [{to_bcc: {hide: external}}]}
  - id: outside
    when: {all: [{recipients: {external: true}}, {text: {words: [tagged], in: [subject]}}]}
    then:
      deliver: true
      scope: recipients
      alter:
        - tag_subject: "[社外]"
        - footer: {ja: 社外への送信です。, en: Sent outside.}
        - add_header: {name: X-Company-Class, value: external}
        - add_bcc: [archive@corp.example]
  - id: one-each
    when: {text: {words: [singly], in: [subject]}}
    then: {deliver: true, alter: [split, {add_cc: manager}]}
  - id: locked
    when: {attachments: {name: ["*.csv"]}}
    then: {confirm: true, alter: [{zip: {files: ["*.csv"]}}]}
  - id: locked-at-once
    when: {attachments: {name: ["*.tsv"]}}
    then: {deliver: true, alter: [zip]}
  - id: no-programs
    when: {attachments: {executable: true}}
    then: {deliver: true, alter: [{remove_attachment: {executable: true}}]}
  - id: only-watched
    mode: monitor
    when: {recipients: {external: true}}
    then: {deliver: true, alter: [{tag_subject: "[watched]"}]}
"""


@dataclass(frozen=True)
class Left:
    """A mail that left. people: its envelope's recipients."""

    people: list[str]
    octets: bytes

    @property
    def mail(self) -> EmailMessage:
        made: EmailMessage = email.message_from_bytes(self.octets, policy=email.policy.default)
        return made


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running(tmp_path / "mailguard", "mailbox:var/mailbox", policy=RULES) as one:
        yield one


def written(subject: str, *to: str, cc: str = "", **files: bytes) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = ANN, ", ".join(to), subject
    if cc:
        message["Cc"] = cc
    message["Message-ID"] = f"<{subject.replace(' ', '.')}@pc>"
    message.set_content("Hello, please find it below.\n")
    for name, content in files.items():
        main, sub = ("text", "csv") if name.endswith("sv") else ("application", "octet-stream")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name.replace("_", "."))
    return message


def hand_in(house: House, message: EmailMessage | bytes, *people: str) -> str:
    """The reply to the final dot, without its code."""
    octets = message if isinstance(message, bytes) else message.as_bytes()
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        client.mail(ANN)
        for one in people:
            client.rcpt(one)
        code, said = client.data(octets)
    assert code == 250, said
    return said.decode()


def left(house: House, count: int, *, letters: bool = False) -> list[Left]:
    """The mails (or our letters) that left, once there are so many, by first recipient."""
    folder, until = house.folder / "var" / "mailbox", time.monotonic() + PATIENCE
    while True:
        found = []
        for file in sorted((folder / "new").glob("*.mailguard")):
            envelope = json.loads((folder / "envelopes" / f"{file.name}.json").read_text())
            if (envelope["sender"] in ("", "<>")) is letters:
                found.append(Left(sorted(envelope["recipients"]), file.read_bytes()))
        if len(found) >= count or time.monotonic() > until:
            assert len(found) == count, f"{[one.people for one in found]}\n{house.log()}"
            return sorted(found, key=lambda one: one.people)
        time.sleep(0.05)


def history(house: House, said: str) -> list[dict[str, Any]]:
    shown: dict[str, Any] = house.json("queue", "show", said.split()[-1])
    return [line for line in shown["history"] if line["event"] == "alter"]


def test_outside_recipients_are_hidden_and_colleagues_are_not(house: House) -> None:
    said = hand_in(house, written("prices", BOB, CAROL, cc=DAN), BOB, CAROL, DAN)
    (one,) = left(house, 1)
    assert one.people == sorted([BOB, CAROL, DAN])
    assert (one.mail["To"], one.mail["Cc"]) == (ANN, DAN)
    assert BOB.encode() not in one.octets
    assert CAROL.encode() not in one.octets
    assert one.mail.get_content().splitlines() == ["Hello, please find it below."]
    (line,) = history(house, said)
    assert line["detail"]["alteration"] == "to_bcc"
    assert f"+{ANN}" in line["detail"]["diff"]


def test_only_the_copies_that_are_meant_are_changed_and_somebody_else_gets_one(house: House) -> None:
    before = written("tagged", BOB, cc=DAN)
    said = hand_in(house, before, BOB, DAN)
    inside, outside = sorted(left(house, 2), key=lambda one: BOB in one.people)
    assert inside.people == [DAN]
    assert outside.people == sorted([ARCHIVE, BOB])
    assert inside.octets.endswith(before.as_bytes())
    assert outside.mail["Subject"] == "[社外] tagged"
    assert outside.mail["X-Company-Class"] == "external"
    assert outside.mail.get_content().splitlines()[-1] == "Sent outside."
    assert outside.mail["Cc"] == DAN
    assert ARCHIVE not in outside.mail.as_string()
    assert [line["detail"]["alteration"] for line in history(house, said)] == [
        "footer", "tag_subject", "add_header", "add_bcc"
    ]  # fmt: skip


def test_each_gets_his_own_and_so_does_the_manager(house: House) -> None:
    hand_in(house, written("singly", BOB, DAN), BOB, DAN)
    found = left(house, 3)
    assert [one.people for one in found] == [[BOB], [BOSS], [DAN]]
    assert [str(one.mail["To"]) for one in found] == [BOB, BOSS, DAN]
    assert [one.mail["Cc"] for one in found] == [None, None, None]


def test_a_file_is_locked_and_its_sender_alone_is_told_the_password_once_it_is_out(
    house: House, tmp_path: Path
) -> None:
    said = hand_in(house, written("list", BOB, a_csv=b"name,age\n"), BOB)
    number = said.split()[-1]
    assert said.startswith("2.0.0 held for confirmation")
    (asking,) = left(house, 1, letters=True)
    shown = house.run("queue", "show", number, "--json").stdout + house.run("audit", "export", "--json").stdout
    house.json("queue", "release", number)
    (one,) = left(house, 1)
    letters = [x for x in left(house, 3, letters=True) if x.mail["X-Mailguard-Letter"] == "password"]
    assert [letter.people for letter in letters] == [[ANN]]
    text = letters[0].mail.get_body(("plain",))
    assert text is not None
    found = re.search(r"Password: ([0-9A-Z-]{19})\r?\n", text.get_content())
    assert found is not None
    (attached,) = one.mail.iter_attachments()
    assert attached.get_content_type() == "application/zip"
    (tmp_path / "a.zip").write_bytes(attached.get_content())
    command = ["7zz", "x", f"-p{found[1]}", f"-o{tmp_path}", str(tmp_path / "a.zip")]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    assert (tmp_path / "a.csv").read_bytes() == b"name,age\n"
    shown += house.run("queue", "show", number, "--json").stdout + house.run("audit", "export", "--json").stdout
    shown += house.log() + (house.folder / "log").read_text("utf-8", "replace")
    for place in (shown, asking.octets.decode(), one.octets.decode()):
        assert found[1] not in place
        assert found[1].replace("-", "") not in place


def test_a_file_that_goes_at_once_is_told_at_once(house: House) -> None:
    hand_in(house, written("list", BOB, CAROL, a_tsv=b"name\tage\n"), BOB, CAROL)
    (one,) = left(house, 1)
    assert one.mail["To"] == ANN  # the other rule's
    (letter,) = left(house, 1, letters=True)
    assert letter.mail["X-Mailguard-Letter"] == "password"


def test_a_program_gives_way_to_a_note(house: House) -> None:
    program = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(200)
    hand_in(house, written("tools", BOB, run_exe=program, a_txt=b"kept"), BOB)
    (one,) = left(house, 1)
    kept = [part.get_content() for part in one.mail.walk() if not part.is_multipart()]
    assert b"kept" in kept
    assert program not in kept
    notes = [text for text in kept if isinstance(text, str) and "An attachment was removed" in text]
    assert len(notes) == 1
    assert "run.exe" not in notes[0]


def test_a_bcc_field_never_leaves_and_nothing_else_is_touched(house: House) -> None:
    octets = written("plain", BOB).as_bytes()
    said = hand_in(house, b"Bcc: secret@z.example\r\n" + octets, BOB)
    (one,) = left(house, 1)
    assert b"secret" not in one.octets
    assert one.octets.endswith(octets)
    assert [line["detail"]["alteration"] for line in history(house, said)] == ["strip_bcc"]


def test_a_signed_mail_is_held_where_it_could_not_be_protected(house: House) -> None:
    message = written("prices", BOB, CAROL)
    inner = b"Content-Type: text/plain\r\n\r\nHello.\r\n"
    signature = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nxx\r\n"
    head = b"".join(f"{name}: {message[name]}\r\n".encode() for name in ("From", "To", "Subject", "Message-ID"))
    kind = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="b"\r\n\r\n'
    octets = head + b"MIME-Version: 1.0\r\n" + kind + b"--b\r\n" + inner + b"--b\r\n" + signature + b"--b--\r\n"
    said = hand_in(house, octets, BOB, CAROL)
    assert "held for confirmation" in said
    shown = house.json("queue", "show", said.split()[-1])
    finding = next(one for one in shown["findings"] if one["rule"] == "unalterable")
    assert finding["evidence"] == ["to_bcc"]
    assert "signed" in finding["because"]["en"]
    house.json("queue", "release", said.split()[-1])
    (one,) = left(house, 1)
    assert one.octets.endswith(octets)  # its sender decided; not an octet is changed


def test_what_a_copy_is_to_become_outlives_a_kill(tmp_path: Path) -> None:
    data, ports = settings(tmp_path / "mailguard", "mailbox:var/mailbox")
    furnish(tmp_path / "mailguard", data, RULES)
    house = start(tmp_path / "mailguard", ports)
    said = hand_in(house, written("list", BOB, CAROL, a_csv=b"name,age\n"), BOB, CAROL)
    assert house.stop(signal.SIGKILL) != 0
    again = start(house.folder, ports)
    try:
        again.json("queue", "release", said.split()[-1])
        (one,) = left(again, 1)
        (attached,) = one.mail.iter_attachments()
        assert attached.get_content_type() == "application/zip"
        assert one.mail["To"] == ANN
    finally:
        again.stop()
