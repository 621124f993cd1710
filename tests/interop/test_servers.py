"""Mail servers on both sides: server -> mailguard -> server -> sink, with Exim, OpenSMTPD and Postfix in both places.

What was handed to the first is what the last hands on, but for the trace fields that each adds. What one of them
refuses, or puts off, comes out as it should: a bounce by whoever had the mail, or a later try, and nothing twice.
"""

from __future__ import annotations

import os
import re
import smtplib
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from tests.house import House, running_house
from tests.interop.server import Server
from tests.interop.servers import KINDS, running_server
from tests.interop.test_clients import a_mail
from tests.interop.test_mailers import people_of
from tests.interop.wires import PATIENCE, Sink, running_sink
from tests.smtp_fake import Taken

_FOLDED = rb": [^\r]*(?:\r\n[ \t][^\r]*)*\r\n"
_TRACE = re.compile(rb"(?:(?:Received|X-Mailguard-Processed)" + _FOLDED + rb")*")


#: For what goes outside. Without that, it would also refuse a server's report to the sender which quotes the word.
RULES = """
version: 1
rules:
  - id: forbidden-word
    when: {all: [{recipients: {external: true}}, {text: {words: [ultrasecret]}}]}
    then: reject
    because: {ja: 禁止された語があります, en: A forbidden word}
"""


@dataclass
class Chain:
    """front -> house -> behind -> sink."""

    kind: str
    front: Server
    house: House
    behind: Server
    sink: Sink

    def wait_for(self, count: int, tag: str, *, patience: float = PATIENCE) -> list[Taken]:
        """The mails with the tag, reports about them too, as soon as `count` recipients have them."""
        return self.sink.wait_for(count, tag, anywhere=True, patience=patience)

    def logs(self) -> str:
        """All that was logged, to be shown if a test fails."""
        return f"FRONT\n{self.front.log()[-3000:]}\nHOUSE\n{self.house.log()}\nBEHIND\n{self.behind.log()[-3000:]}"


@pytest.fixture(scope="module", params=KINDS)
def chain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """One way through a kind of server, for all tests of it here."""
    kind = str(request.param)
    folder: Path = tmp_path_factory.mktemp(kind)
    with ExitStack() as stack:
        sink = stack.enter_context(running_sink())
        behind = stack.enter_context(running_server(kind, sink.port))
        upstream = f"smtp://127.0.0.1:{behind.port}"
        more = {"delivery": {"retry": ["1s"]}, "limits": {"recipients": 20, "message_size": "35 MB"}}
        house = stack.enter_context(running_house(folder / "mailguard", upstream, policy=RULES, **more))
        front = stack.enter_context(running_server(kind, house.smtp))
        chain = Chain(kind, front, house, behind, sink)
        yield chain
        print(chain.logs())


def sent(port: int, recipients: Sequence[str], octets: bytes, *options: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo("pc.corp.example")
        client.mail("ann@corp.example", ["BODY=8BITMIME", *options])
        for one in recipients:
            client.command_encoding = "utf-8"
            client.rcpt(one)
        assert client.data(octets)[0] == 250


def bare(octets: bytes) -> bytes:
    """The mail below the trace fields that servers put on top."""
    match = _TRACE.match(octets)
    assert match
    return octets[match.end() :]


def test_a_mail_comes_through_as_it_was(chain: Chain) -> None:
    tag, octets = a_mail()

    sent(chain.front.port, ["ken@corp.example", "bob@partner.example"], octets)

    arrived = chain.wait_for(2, tag)
    assert {person for one in arrived for person in people_of(one.rcpts)} == {
        b"ken@corp.example",
        b"bob@partner.example",
    }
    for one in arrived:
        assert b"mailguard" in one.octets[: one.octets.index(b"X-Odd")]
        assert bare(one.octets) == octets


def test_a_big_mail_comes_through_as_it_was(chain: Chain) -> None:
    tag = uuid.uuid4().hex
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Message-ID"] = "ann@corp.example", "ken@corp.example", f"<{tag}@pc>"
    mail["Subject"], mail["Date"] = "Ten megabytes", "Mon, 23 Nov 2026 10:00:00 +0900"
    mail.set_content("Please find it attached.\n")
    mail.add_attachment(os.urandom(7_500_000), maintype="application", subtype="octet-stream", filename="a.bin")
    octets = mail.as_bytes()

    sent(chain.front.port, ["ken@corp.example"], octets)

    (arrived,) = chain.wait_for(1, tag)
    assert bare(arrived.octets) == octets


def test_many_at_once_come_through_once_each(chain: Chain) -> None:
    mails = [a_mail() for _ in range(30)]
    with ThreadPoolExecutor(10) as clients:
        list(clients.map(lambda one: sent(chain.front.port, [f"{one[0]}@corp.example"], one[1]), mails))
    for tag, _ in mails:
        assert len(chain.wait_for(1, tag)) == 1


def test_a_server_behind_that_refuses_some_and_defers_some(chain: Chain) -> None:
    """One goes, one comes back as a report to the sender, one waits and goes when it may."""
    tag, octets = a_mail()
    people = ["ok@partner.example", "refused@partner.example", "later@partner.example"]

    sent(chain.house.smtp, people, octets)

    arrived = chain.wait_for(2, tag)  # the mail, and the report, which is a mail to the sender
    by = {next(iter(people_of(one.rcpts))): one for one in arrived}
    assert set(by) == {b"ok@partner.example", b"ann@corp.example"}
    assert bare(by[b"ok@partner.example"].octets) == octets
    report = by[b"ann@corp.example"]
    assert report.mail.startswith(b"MAIL FROM:<>")
    assert b"refused@partner.example" in report.octets
    assert b"later@partner.example" not in report.octets.split(tag.encode())[0]

    chain.behind.has_time()

    arrived = chain.wait_for(3, tag)
    (late,) = [one for one in arrived if people_of(one.rcpts) == {b"later@partner.example"}]
    assert bare(late.octets) == octets


def test_what_we_refuse_is_bounced_by_the_server_in_front(chain: Chain) -> None:
    """The mail was its own, so the report is: it comes from the null path, through us, and has our reason in it."""
    tag, octets = a_mail(b"ultrasecret\r\n")

    sent(chain.front.port, ["bob@partner.example"], octets)

    (report,) = chain.wait_for(1, tag)
    assert people_of(report.rcpts) == {b"ann@corp.example"}
    assert report.mail.startswith(b"MAIL FROM:<>")
    assert b"A forbidden word" in b" ".join(report.octets.split())


def test_more_recipients_than_we_take_at_once_all_get_it_once(chain: Chain) -> None:
    """We say 452 to the 21st; the server in front tries those again."""
    tag, octets = a_mail()
    people = [f"p{number}-{tag}@corp.example" for number in range(30)]

    sent(chain.front.port, people, octets)

    end = time.monotonic() + 2 * PATIENCE
    while len(got := _who_has(chain, tag)) < len(people) and time.monotonic() < end:
        chain.front.flush()
        time.sleep(0.5)
    assert sorted(got) == sorted(people)


def _who_has(chain: Chain, tag: str) -> list[str]:
    taken = chain.sink.holding(tag, anywhere=True)
    return [person.decode() for one in taken for person in people_of(one.rcpts)]


def test_when_we_cannot_take_it_now_the_server_in_front_tries_again(chain: Chain) -> None:
    """Our disk fails: 451, whatever the mail. The server keeps it, and it comes through once, when we can."""
    tag, octets = a_mail((b"x" * 70 + b"\r\n") * 3000)
    incoming = chain.house.folder / "var" / "bodies"
    away = incoming.rename(incoming.with_name("away"))
    try:
        sent(chain.front.port, ["ken@corp.example"], octets)
        _until(lambda: "local error, try again later" in chain.front.log(), chain)
        assert not chain.sink.holding(tag, anywhere=True)
    finally:
        away.rename(incoming)

    _until(lambda: bool(chain.sink.holding(tag, anywhere=True)), chain)
    assert _who_has(chain, tag) == ["ken@corp.example"]


def _until(true: Callable[[], bool], chain: Chain) -> None:
    end = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < end:
        chain.front.flush()
        time.sleep(0.5)
    assert true()


def test_an_address_outside_ascii(chain: Chain) -> None:
    """Exim and Postfix carry it; OpenSMTPD cannot, and the sender hears so from us."""
    tag = uuid.uuid4().hex
    octets = f"From: ann@corp.example\r\nTo: 健@corp.example\r\nSubject: 見積 {tag}\r\n".encode()
    octets += f"Message-ID: <{tag}@pc>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0900\r\n\r\nhello\r\n".encode()
    can = chain.kind != "opensmtpd"

    sent(chain.front.port if can else chain.house.smtp, ["健@corp.example"], octets, "SMTPUTF8")

    if can:
        (arrived,) = chain.wait_for(1, tag)
        assert people_of(arrived.rcpts) == {"健@corp.example".encode()}
        assert bare(arrived.octets) == octets
    else:
        (report,) = chain.wait_for(1, tag)
        assert people_of(report.rcpts) == {b"ann@corp.example"}
        assert b"SMTPUTF8" in report.octets
