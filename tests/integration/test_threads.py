"""What a whole mailguard learns from the mail that goes out, and what a later mail is held for: a reply that reaches
somebody new, and a domain of which DNS says that it takes no mail.
"""

from __future__ import annotations

import asyncio
import smtplib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from tests.dns_fake import Zone, dns_fake
from tests.house import PATIENCE, House, running_house

ANN, BOB, DAVE = "ann@corp.example", "bob@partner.example", "dave@third.example"
POLICY = """
version: 1
rules:
  - id: new-in-thread
    when_unknown: ignore
    when: {recipients: {external: true, new_in_thread: true}}
    then: confirm
    because: {ja: "{addresses} はこれまでのやり取りにいません", en: "{addresses} is new in this thread"}
  - {id: no-mail-there, when_unknown: ignore, when: {recipients: {no_mx: true}}, then: confirm}
"""
ZONE: Zone = {"partner.example": {"MX": ["10 mx.partner.example."]}, "third.example": {"A": ["192.0.2.3"]}}


@contextmanager
def dns(zone: Zone) -> Iterator[int]:
    """A DNS server in a thread of its own; its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        server = dns_fake(zone)
        fake = asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(PATIENCE)
        yield fake.port
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(PATIENCE)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


def send(house: House, *to: str, message_id: str, answers: str = "") -> str:
    """The reply to the final dot."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = ANN, ", ".join(to), "quotation"
    message["Message-ID"] = message_id
    if answers:
        message["In-Reply-To"] = answers
    message.set_content("text\n")
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        client.mail(ANN)
        for one in to:
            client.rcpt(one)
        code, text = client.data(message.as_bytes())
    return f"{code} {text.decode()}"


def wait_until_out(house: House, number: int) -> None:
    end = time.monotonic() + PATIENCE
    while len(house.json("queue", "list", "--filter", "state=relayed")["messages"]) < number:
        assert time.monotonic() < end, house.log()
        time.sleep(0.1)


def test_a_reply_that_reaches_somebody_new_is_held(tmp_path: Path) -> None:
    with (
        dns(ZONE) as port,
        running_house(
            tmp_path / "m", "mailbox:var/mailbox", POLICY, dns={"servers": [f"127.0.0.1:{port}"], "timeout": "5s"}
        ) as house,
    ):
        first = "<first@corp.example>"
        assert "held" not in send(house, BOB, message_id=first)
        wait_until_out(house, 1)
        assert "held" not in send(house, BOB, message_id="<second@corp.example>", answers=first)
        held = send(house, BOB, DAVE, message_id="<third@corp.example>", answers=first)
        assert held.startswith("250 2.0.0 held for confirmation")
        shown = house.json("queue", "show", held.split()[-1])
        assert [finding["rule"] for finding in shown["findings"]] == ["new-in-thread"]
        assert shown["findings"][0]["because"]["en"] == f"{DAVE} is new in this thread"
        # What was held taught nothing: the same people again are asked about again.
        assert "held" in send(house, BOB, DAVE, message_id="<fourth@corp.example>", answers=first)
        lost = send(house, "x@gone.example", message_id="<fifth@corp.example>")
        assert "held for confirmation" in lost
        shown = house.json("queue", "show", lost.split()[-1])
        assert [finding["rule"] for finding in shown["findings"]] == ["no-mail-there"]
