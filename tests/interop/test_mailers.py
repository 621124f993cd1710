"""Clients that write their mails themselves, through `mailguard serve` to a sink: each octet that was sent arrives.

What the user meant can be read from it. Held and refused, the client's own words tell its user so.
"""

from __future__ import annotations

import email
import email.policy
import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.house import House
from tests.interop.mailers import MAILERS, Desk, Letter, Mailer
from tests.interop.programs import port_of
from tests.interop.test_clients import own_fields_off
from tests.interop.wires import Sink, Tap, Way, running_tap

#: Those that show their user the server's last word, run as here. mutt and neomutt show it nowhere.
SHOWS_THE_250 = {"s-nail", "git", "nodemailer", "aiosmtplib"}
WAYS: tuple[Way, ...] = ("plain", "starttls", "tls")
TEXT = """\
お世話になっております。{tag}
.
..two dots
.one dot
From here on it looks like an mbox

{long}
--
end
"""


@contextmanager
def tapped(house: House, way: Way) -> Iterator[Tap]:
    with running_tap(way, port_of(house, way), house.ca, house.ca.with_name("key.pem")) as tap:
        yield tap


def a_letter(folder: Path, *to: str, words: str = "", file: bool = True) -> tuple[str, Letter]:
    """A tag that finds the mail again in its subject, and the letter."""
    tag = uuid.uuid4().hex[:12]
    attached = folder / "見積書.pdf"
    attached.write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 40)
    text = TEXT.format(tag=tag, long="x" * 900) + words
    return tag, Letter(to, f"見積書 {tag}", text, (attached,) if file else ())


def read(octets: bytes) -> EmailMessage:
    mail: EmailMessage = email.message_from_bytes(octets, policy=email.policy.default)
    return mail


def people_of(commands: list[bytes]) -> set[bytes]:
    return {command.split(b"<")[1].split(b">")[0] for command in commands}


def arrives_as_sent(send: Mailer, letter: Letter, tag: str, desk: Desk, behind: House, sink: Sink) -> EmailMessage:
    """A client sends a letter to two people by the way of its desk: what it said arrives, octet for octet. The mail."""
    with tapped(behind, desk.way) as tap:
        sent = send(replace(desk, port=tap.port), letter)
        assert sent.ok, sent.text
        (arrived,) = sink.wait_for(2, tag)
        (said,) = tap.texts()
    assert people_of(arrived.rcpts) == {to.encode() for to in letter.to}
    assert own_fields_off(arrived.octets) == said
    return read(said)


@pytest.mark.parametrize(("mailer", "way"), list(itertools.product(MAILERS, WAYS)))
def test_what_a_client_wrote_arrives_octet_for_octet(
    behind: House, sink: Sink, tmp_path: Path, mailer: str, way: Way
) -> None:
    tag, letter = a_letter(tmp_path, "ken@corp.example", "mika@corp.example")
    mail = arrives_as_sent(MAILERS[mailer], letter, tag, Desk(tmp_path, way, 0, behind.ca), behind, sink)
    assert tag in str(mail["Subject"])
    assert "見積書" in str(mail["Subject"])
    assert "安" in str(mail["From"])
    (attached,) = mail.iter_attachments()
    body = mail.get_body(("plain",))
    assert body is not None
    lines = body.get_content().splitlines()
    if mailer == "git":  # the file is in the patch
        assert "..two dots" in lines
    else:
        assert [line for line in lines if line][:4] == [f"お世話になっております。{tag}", ".", "..two dots", ".one dot"]
        assert attached.get_filename() == "見積書.pdf"
        assert attached.get_content() == letter.files[0].read_bytes()


@pytest.mark.parametrize("mailer", MAILERS)
def test_held_is_a_success_to_the_client(behind: House, sink: Sink, tmp_path: Path, mailer: str) -> None:
    tag, letter = a_letter(tmp_path, "bob@partner.example", "carol@other.example")

    sent = MAILERS[mailer](Desk(tmp_path, "plain", behind.smtp, behind.ca), letter)

    assert sent.ok, sent.text
    if mailer in SHOWS_THE_250:
        assert "held for confirmation" in sent.text
    letters = sink.wait_for(1, tag)
    assert [people_of(one.rcpts) for one in letters] == [{b"ann@corp.example"}]  # our letter to the sender


@pytest.mark.parametrize("mailer", MAILERS)
def test_the_reason_of_a_refusal_is_shown(behind: House, sink: Sink, tmp_path: Path, mailer: str) -> None:
    tag, letter = a_letter(tmp_path, "bob@partner.example", words="ultrasecret\n", file=False)

    sent = MAILERS[mailer](Desk(tmp_path, "plain", behind.smtp, behind.ca), letter)

    assert not sent.ok
    assert "5.7.1" in sent.text
    assert "A forbidden word" in sent.text
    assert not sink.holding(tag)
