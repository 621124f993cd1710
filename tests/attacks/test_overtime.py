"""A mail that some fault of ours makes endless stops no other for long, whichever room has the fault."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house import House, furnish, settings, start
from tests.postfix import free_port

TOLD = {
    "endless-reading": "took too long in the server's own process",
    "endless-lesson": '"error": "Overtime"',
    "endless-rule": '"disposition": "confirm"',
}
PROGRAM = Path(__file__).with_name("endless.py")
POLICY = """
version: 1
rules:
  - id: endless-rule
    when: {text: {words: [endless-rule], in: [body]}}
    then: reject
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("endless")
    data, ports = settings(folder, f"smtp://127.0.0.1:{free_port()}")
    furnish(folder, data, POLICY)
    house = start(folder, ports, program=(str(PROGRAM),))
    try:
        yield house
    finally:
        status = house.stop()
    assert status == 0, house.log()


def said_of(house: House, text: str) -> str:
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=60) as client:
        client.ehlo()
        client.mail("ann@corp.example")
        client.rcpt("ken@corp.example")
        head = "From: ann@corp.example\r\nTo: ken@corp.example\r\nSubject: x\r\n"
        code, said = client.data(f"{head}\r\n{text}\r\n".encode())
    return f"{code} {said.decode()}"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("endless-reading", "250 2.0.0 accepted"),  # a worker reads it
        ("endless-lesson", "250 2.0.0 accepted"),  # no risk is known
        ("endless-rule", "250 2.0.0 held for confirmation"),  # it might have been the one that matters
    ],
)
def test_an_endless_mail_has_an_answer_and_so_has_the_next_one(house: House, text: str, reply: str) -> None:
    assert said_of(house, f"Hello Ken,\r\nthis is {text}.").startswith(reply)
    assert said_of(house, "Hello Ken,\r\nall is well.").startswith("250 2.0.0 accepted")
    assert TOLD[text] in (house.folder / "log").read_text("utf-8")
