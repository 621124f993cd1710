"""A client that does not wait, or does not hear, hands the same mail in again: through the door of a running house."""

from __future__ import annotations

import smtplib
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from tests.house import PATIENCE, House, running_house

ANN, BOB = "ann@corp.example", "bob@partner.example"
POLICY = """
version: 1
rules:
  - id: think
    when: {text: {words: [thinktwice], in: [subject]}}
    then: {challenge: 10m}
    because: {ja: 再送で確認, en: Think twice}
  - id: hold
    when: {text: {words: [holdme], in: [subject]}}
    then: confirm
    because: {ja: 確認, en: A hold}
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(tmp_path_factory.mktemp("resent") / "mailguard", "mailbox:var/mailbox", POLICY) as running:
        yield running


def mail(subject: str, message_id: str = "") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = ANN, BOB, subject
    message["Message-ID"] = message_id or f"<{subject.replace(' ', '.')}@pc.corp.example>"
    message.set_content("text\n")
    return message.as_bytes()


def send(house: House, octets: bytes, to: str = BOB) -> str:
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        client.mail(ANN)
        client.rcpt(to)
        code, said = client.data(octets)
    return f"{code} {said.decode()}"


def until(true: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def outside(house: House, subject: str) -> int:
    files = (house.folder / "var" / "mailbox" / "new").glob("*")
    return sum(f"Subject: {subject}\r\n".encode() in file.read_bytes() for file in files)


def history(house: House, message_id: str) -> list[str]:
    return [line["event"] for line in house.json("queue", "show", message_id)["history"]]


def test_the_second_answer_is_the_first_one_and_one_mail_goes_out(house: House) -> None:
    octets = mail("plain")
    first = send(house, octets)
    assert first.startswith("250 2.0.0 accepted ")
    until(lambda: outside(house, "plain") == 1)
    assert send(house, octets) == first
    assert history(house, first.split()[-1]).count("resent") == 1
    assert send(house, mail("plain"), "carol@partner.example") != first  # somebody else gets it: another mail
    until(lambda: outside(house, "plain") == 2)


def test_a_client_that_hangs_up_behind_the_dot_and_comes_again(house: House) -> None:
    octets = mail("impatient")
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", house.smtp), PATIENCE) as line:
            head = f"EHLO pc\r\nMAIL FROM:<{ANN}>\r\nRCPT TO:<{BOB}>\r\nDATA\r\n".encode()
            line.sendall(head)
            said = b""
            while b"354 " not in said:
                said += line.recv(4096)
            line.sendall(octets + b".\r\n")
    assert send(house, octets).startswith("250 2.0.0 accepted ")
    until(lambda: outside(house, "impatient"))
    time.sleep(0.3)
    assert outside(house, "impatient") == 1


def test_the_same_mail_in_eight_sessions_at_one_moment_is_one(house: House) -> None:
    octets = mail("at once holdme")
    with ThreadPoolExecutor(8) as pool:
        said = set(pool.map(lambda _: send(house, octets), range(8)))
    assert len(said) == 1
    assert said.pop().startswith("250 2.0.0 held for confirmation ")
    shown = house.json("queue", "list", "--filter", "subject:once")["messages"]
    assert len(shown) == 1
    assert history(house, shown[0]["id"]).count("resent") == 7


def test_what_was_cancelled_is_not_taken_in_again(house: House) -> None:
    octets = mail("withdrawn holdme")
    message_id = send(house, octets).split()[-1]
    assert house.json("queue", "cancel", message_id)["results"][0]["done"]
    said = send(house, octets)
    assert said == f"550 5.7.1 this same mail was withdrawn a moment ago and is not sent: {message_id}"
    assert send(house, mail("withdrawn holdme", "<new@pc.corp.example>")).startswith("250 2.0.0 held")


def test_a_challenge_is_confirmed_by_the_second_and_the_third_is_the_second_once_more(house: House) -> None:
    octets = mail("thinktwice")
    assert send(house, octets).startswith("550 5.7.1 Think twice")
    second = send(house, octets)
    assert second.startswith("250 2.0.0 accepted ")
    assert send(house, octets) == second
    until(lambda: outside(house, "thinktwice") == 1)


def test_a_mail_without_a_message_id_is_a_new_one_each_time(house: House) -> None:
    octets = b"From: ann@corp.example\r\nSubject: bare\r\n\r\ntext\r\n"
    assert send(house, octets) != send(house, octets)
    until(lambda: outside(house, "bare") == 2)
