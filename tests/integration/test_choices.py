"""A choice from the API to what leaves: a running house, real SMTP, and the Maildir that stands for the next server."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.house import PATIENCE, House
from tests.house import running_house as running
from tests.integration.test_alterations import ANN, BOB, CAROL, DAN, hand_in, left, written

RULES = """
version: 1
people:
  - {address: ann@corp.example, manager: boss@corp.example}
  - {address: boss@corp.example}
rules:
  - id: outside
    when: {recipients: {external: true}}
    then: {confirm: true, scope: recipients}
"""
#: One letter of a great provider's domain left out: known to look like it without any history.
LIKE = """
version: 1
rules:
  - id: look-alike
    when: {recipients: {external: true, lookalike: true}}
    then: confirm
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running(tmp_path / "mailguard", "mailbox:var/mailbox", policy=RULES) as one:
        yield one


def post(house: House, message_id: str, word: str, body: dict[str, Any], method: str = "POST") -> Any:
    token = house.json("token", "create", "--role", "sender", "--address", ANN)["token"]
    request = urllib.request.Request(
        f"http://127.0.0.1:{house.console}/api/v1/messages/{message_id}/{word}",
        json.dumps(body).encode(),
        {"authorization": f"Bearer {token}", "content-type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def test_what_is_chosen_for_one_leaves_the_others_octets_alone(house: House) -> None:
    before = written("prices", BOB, cc=CAROL, list_csv=b"secret,1\r\n", plan_txt=b"the plan\r\n")
    message_id = hand_in(house, before, BOB, CAROL, DAN).split()[-1]
    left(house, 1)  # the colleague's copy, which no rule holds
    post(house, message_id, "choose", {"recipients": [BOB], "remove_files": [0], "then": "release"})
    post(house, message_id, "choose", {"then": "release"})
    bob, carol, dan = left(house, 3)
    assert (bob.people, carol.people, dan.people) == ([BOB], [CAROL], [DAN])
    assert [one.get_filename() for one in bob.mail.iter_attachments()] == [None, "plan.txt"]
    assert b"secret" not in bob.octets
    assert b"c2VjcmV0" not in bob.octets  # nor in Base64
    for one in (carol, dan):
        assert one.octets.endswith(before.as_bytes())


def test_a_recipient_comes_off_and_is_hidden_from_the_others(house: House) -> None:
    message_id = hand_in(house, written("prices", BOB, CAROL), BOB, CAROL).split()[-1]
    post(house, message_id, "choose", {"remove": [CAROL], "hide": [CAROL], "then": "release"})
    (one,) = left(house, 1)
    assert one.people == [BOB]
    assert one.mail["To"] == BOB
    assert CAROL.encode() not in one.octets


def test_the_wrong_recipient_gives_way_to_whoever_was_meant(tmp_path: Path) -> None:
    wrong, meant = "tanaka@gmial.com", "tanaka@gmail.com"
    with running(tmp_path / "mailguard", "mailbox:var/mailbox", policy=LIKE) as house:
        said = hand_in(house, written("prices", wrong, BOB), wrong, BOB)
        assert "held" in said
        message_id = said.split()[-1]
        shown = post(house, message_id, "recipients", {"replace": {wrong: meant}}, "PATCH")
        assert {one["address"]: one["disposition"] for one in shown["recipients"]}[meant] == "deliver"
        (one,) = left(house, 1)
        assert sorted(one.people) == sorted([meant, BOB])
        assert one.mail["To"] == f"{meant}, {BOB}"
        assert wrong.encode() not in one.octets


def test_who_is_trusted_is_not_asked_about_again(house: House) -> None:
    message_id = hand_in(house, written("first", BOB), BOB).split()[-1]
    shown = post(house, message_id, "trust", {"recipients": [BOB], "days": 30})
    assert shown["trust_scopes"] == ["me"]
    assert "held" not in hand_in(house, written("second", BOB), BOB)
    (one,) = left(house, 1)
    assert one.mail["Subject"] == "second"
    assert "held" in hand_in(house, written("third", BOB, CAROL), BOB, CAROL)
    explained = house.json("queue", "show", hand_in(house, written("fourth", BOB), BOB).split()[-1])
    assert "以前に確認済み" in explained["findings"][0]["notes"][0]["ja"]
