"""A mail that a cloud hands over in several transactions, through the whole house: one letter, one decision, late parts
too, whatever is killed between them.
"""

from __future__ import annotations

import email.policy
import re
import signal
import smtplib
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.house import PATIENCE, House, furnish, settings, start

BOB, CAROL, DAVE = "bob@partner.example", "carol@other.example", "dave@fourth.example"


def letter_of(trace: str, message_id: str) -> bytes:
    """The mail as one transaction carries it: the cloud's trace field differs from part to part."""
    mail = EmailMessage()
    mail["Received"] = f"from pc by cloud.example with ESMTP id {trace}; Thu, 26 Nov 2026 10:00:00 +0900"
    mail["From"], mail["To"], mail["Cc"] = "Ann <ann@corp.example>", BOB, f"{CAROL}, {DAVE}"
    mail["Subject"], mail["Message-ID"] = "Offer", message_id
    mail.set_content("Dear Bob,\n\nplease find our offer attached.\n")
    mail.add_attachment(b"%PDF-1.4 offer", maintype="application", subtype="pdf", filename="offer.pdf")
    return mail.as_bytes(policy=email.policy.SMTP)


def send(house: House, trace: str, *to: str, message_id: str = "<one@cloud.example>") -> str:
    """One transaction. Returns the id in its reply."""
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        client.mail("ann@corp.example")
        for person in to:
            client.rcpt(person)
        code, text = client.data(letter_of(trace, message_id))
    assert code == 250, text
    found = re.search(rb"(\S+)$", text)
    assert found is not None
    return found[1].decode()


def outside(folder: Path) -> list[str]:
    """What left the house: the heads of the mails, letters among them."""
    return [file.read_text("utf-8", "replace") for file in (folder / "outside" / "new").glob("*")]


def letters(folder: Path, kind: str) -> list[str]:
    return [text for text in outside(folder) if f"X-Mailguard-Letter: {kind}" in text]


def sent(folder: Path) -> list[str]:
    return [text for text in outside(folder) if "X-Mailguard-Letter" not in text]


def until(true: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def states(house: House, message_id: str) -> dict[str, str]:
    return {one["address"]: one["state"] for one in house.json("queue", "show", message_id)["recipients"]}


def test_one_letter_and_one_decision_for_all_parts_across_kills(tmp_path: Path) -> None:
    data, ports = settings(tmp_path, "mailbox:outside")
    furnish(tmp_path, data)
    house = start(tmp_path, ports)
    try:
        one = send(house, "1", BOB)
        until(lambda: letters(tmp_path, "held"))
        house.stop(signal.SIGKILL)
        house = start(tmp_path, ports)
        two = send(house, "2", CAROL)
        shown = house.json("queue", "show", two)
        assert (shown["id"], shown["parts"]) == (two, [one, two])
        assert states(house, one) == {BOB: "held", CAROL: "held"}
        assert len(house.json("queue", "list")["messages"]) == 1
        assert house.json("queue", "release", two)["results"][0]["done"]
        until(lambda: len(sent(tmp_path)) == 2)
        house.stop(signal.SIGKILL)
        house = start(tmp_path, ports)
        three = send(house, "3", DAVE)
        until(lambda: len(sent(tmp_path)) == 3)
        until(lambda: set(states(house, three).values()) == {"relayed"})
        joined = house.json("queue", "show", three)["history"]
        assert [line["detail"]["joined"] for line in joined if "joined" in line["detail"]] == [one]
        assert {re.search(r"cloud.example with ESMTP id (\d)", text)[1] for text in sent(tmp_path)} == {"1", "2", "3"}  # type: ignore[index]
        until(lambda: letters(tmp_path, "sent"))
        assert (len(letters(tmp_path, "held")), len(letters(tmp_path, "sent"))) == (1, 1)
    finally:
        house.stop()


def test_no_late_part_slips_out_of_a_cancelled_mail(tmp_path: Path) -> None:
    data, ports = settings(tmp_path, "mailbox:outside")
    furnish(tmp_path, data)
    house = start(tmp_path, ports)
    try:
        one = send(house, "1", BOB)
        assert house.json("queue", "cancel", one)["results"][0]["done"]
        house.stop(signal.SIGKILL)
        house = start(tmp_path, ports)
        late = send(house, "2", CAROL, "colleague@corp.example")
        assert set(states(house, late).values()) == {"cancelled"}
        twice = send(house, "3", BOB)  # the same person again: sent once more, so asked once more
        assert states(house, twice) == {BOB: "held"}
        assert sent(tmp_path) == []
    finally:
        house.stop()
