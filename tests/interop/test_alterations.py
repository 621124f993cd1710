"""Altered copies through `mailguard serve` to a real Postfix: each recipient gets his own, and a large file locked."""

from __future__ import annotations

import email
import email.policy
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from tests.house import PATIENCE, House, running_house
from tests.postfix import Delivered, Postfix

RULES = """
version: 1
rules:
  - id: singly
    when: {recipients: {external: true, visible: true, count: ">= 2"}}
    then: {deliver: true, alter: [split, {tag_subject: "[社外]"}, {footer: {ja: 社外への送信です。}}]}
  - id: locked
    when: {attachments: {name: "*.bin"}}
    then: {deliver: true, scope: mail, alter: [zip]}
"""
PEOPLE = ["bob@partner.example", "carol@other.example"]


@pytest.fixture
def altering(postfix_server: Postfix, tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path / "mailguard", f"smtp://127.0.0.1:{postfix_server.plain}", policy=RULES) as house:
        yield house


def sent(house: House, tag: str, content: bytes = b"") -> None:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "ann@corp.example", ", ".join(PEOPLE)
    message["Subject"], message["Message-ID"] = f"見積 {tag}", f"<{tag}@pc>"
    message.set_content(".\n..one dot more\nお世話になっております。\n", cte="8bit")
    if content:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename="a.bin")
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.sendmail("ann@corp.example", PEOPLE, message.as_bytes(), ["BODY=8BITMIME"])


def read(one: Delivered) -> EmailMessage:
    mail: EmailMessage = email.message_from_bytes(one.octets, policy=email.policy.default)
    return mail


def test_each_gets_his_own(altering: House, postfix: Postfix) -> None:
    sent(altering, "each-his-own")
    found = {one.recipient: read(one) for one in postfix.wait_for(2, containing=b"each-his-own")}
    assert set(found) == set(PEOPLE)
    for person, mail in found.items():
        assert mail["To"] == person
        assert str(mail["Subject"]) == "[社外] 見積 each-his-own"
        assert mail.get_content().splitlines()[:3] == [".", "..one dot more", "お世話になっております。"]
        assert mail.get_content().splitlines()[-1] == "社外への送信です。"


def test_a_large_file_is_locked_for_everybody(altering: House, postfix: Postfix) -> None:
    content = bytes(range(256)) * 4096  # 1 MB
    sent(altering, "locked-large", content)
    for one in postfix.wait_for(2, containing=b"Message-ID: <locked-large@pc>"):
        (attached,) = read(one).iter_attachments()
        assert attached.get_content_type() == "application/zip"
        assert attached.get_content()[:4] == b"PK\x03\x04"
        assert content[:1000] not in attached.get_content()
