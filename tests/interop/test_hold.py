"""A held mail: the client is told at once, a letter comes, the command line decides, Postfix gets what was judged."""

from __future__ import annotations

import re
import uuid
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from tests.house import House
from tests.interop.programs import CLIENTS
from tests.interop.test_clients import own_fields_off
from tests.postfix import Postfix


def with_attachment() -> tuple[str, bytes]:
    """A tag and a mail with a file for an outsider."""
    tag = uuid.uuid4().hex
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "ann@corp.example", "bob@partner.example", f"Estimate {tag}"
    mail["Message-ID"] = f"<{tag}@pc.corp.example>"
    mail["Date"] = "Mon, 23 Nov 2026 10:00:00 +0900"  # msmtp adds one if there is none
    mail.set_content("Please find it attached.\n")
    mail.add_attachment(b"%PDF-1.4 \x00\xff", maintype="application", subtype="pdf", filename="見積書.pdf")
    return tag, mail.as_bytes()


def held_id(text: str) -> str:
    found = re.search(r"250 2\.0\.0 held for confirmation (\S+)", text)
    assert found, text
    return found[1]


@pytest.mark.parametrize("client", CLIENTS)
def test_held_told_released_sent(house: House, postfix: Postfix, client: str) -> None:
    tag, octets = with_attachment()

    sent = CLIENTS[client](house, "plain", ["bob@partner.example"], octets)

    assert sent.ok, sent.text
    message_id = held_id(sent.text)
    letter = postfix.wait_for(1, containing=f"<{tag}@pc.corp.example>".encode())[0]
    assert (letter.sender, letter.recipient) == ("", "ann@corp.example")
    fields = message_from_bytes(letter.octets)
    assert fields["In-Reply-To"] == f"<{tag}@pc.corp.example>"
    assert fields["Auto-Submitted"] == "auto-generated"
    assert not [one for one in postfix.delivered() if one.recipient == "bob@partner.example"]

    shown = house.json("queue", "show", message_id)
    assert shown["state"] == "held"
    assert [one["state"] for one in shown["recipients"]] == ["held"]

    released = house.run("queue", "release", message_id)
    assert released.returncode == 0, released.stderr

    arrived = [one for one in postfix.wait_for(2, containing=tag.encode()) if one.recipient == "bob@partner.example"]
    assert [own_fields_off(one.octets) for one in arrived] == [octets]


def test_cancelled_is_never_sent(house: House, postfix: Postfix) -> None:
    tag, octets = with_attachment()
    message_id = held_id(CLIENTS["swaks"](house, "plain", ["bob@partner.example"], octets).text)

    assert house.run("queue", "cancel", message_id).returncode == 0
    again = house.run("queue", "release", message_id)

    assert again.returncode == 1
    assert again.stderr.strip()
    letters = postfix.wait_for(2, containing=f"<{tag}@pc.corp.example>".encode())  # held, then cancelled
    assert {one.recipient for one in letters} == {"ann@corp.example"}
    assert house.json("queue", "show", message_id)["state"] == "cancelled"


def test_a_filter_counts_first(house: House) -> None:
    tag, octets = with_attachment()
    message_id = held_id(CLIENTS["swaks"](house, "plain", ["bob@partner.example"], octets).text)

    dry = house.run("queue", "cancel", "--filter", f"q={tag}", "--dry-run")

    assert dry.returncode == 0, dry.stderr
    assert "1" in dry.stdout
    assert house.json("queue", "show", message_id)["state"] == "held"
    assert house.run("queue", "cancel", message_id).returncode == 0
