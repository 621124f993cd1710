"""Topology B between two servers: a real Postfix in front with the page's lines, mailguard, a real Postfix behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.house import House
from tests.integration.topologies.stage import (
    ANN,
    BOB,
    KEN,
    a_mail,
    bare,
    blocks,
    copies_for,
    copy_for,
    example,
    held,
    house_of,
    release,
    run,
    send,
)
from tests.interop.servers import Postfix as Front
from tests.interop.servers import running_server
from tests.interop.wires import Sink, running_sink
from tests.postfix import Postfix

PAGE = "b-own-server"
DAN = "dan@partner.example"


@dataclass
class Stand:
    """front -> (house -> behind, or as before -> sink)."""

    front: Front
    house: House
    behind: Postfix
    before: Sink

    @property
    def conf(self) -> Path:
        return self.front.home / "conf"

    def lead(self, text: str) -> None:
        """Lines of the page into main.cf, mailguard's name put in its place."""
        text = text.replace("[mailguard.corp.example]:25", f"[127.0.0.1]:{self.house.smtp}")
        for line in text.splitlines():
            run(f"postconf -e '{line}'", self.conf)
        run("postfix reload", self.conf)

    def lead_back(self) -> None:
        """The command of the roll back, with the name that stood there."""
        run(f"postconf -e 'relayhost = [127.0.0.1]:{self.before.port}' && postfix reload", self.conf)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory, postfix_server: Postfix) -> Iterator[Stand]:
    data = example("b-smart-host")
    data["upstream"] |= {"url": f"smtp://localhost:{postfix_server.plain}", "ca_file": str(postfix_server.ca)}
    (listener,) = data["listeners"]
    listener |= {"trusted_networks": ["127.0.0.1/32"], "xforward_from": ["127.0.0.1/32"]}
    folder = tmp_path_factory.mktemp("b") / "house"
    with running_sink() as before, house_of(folder, data) as house, running_server("postfix", before.port) as front:
        assert isinstance(front, Front)
        yield Stand(front, house, postfix_server, before)


def smart_host() -> str:
    return next(text for text in blocks(PAGE, "ini", "# /etc/postfix/main.cf") if text.startswith("relayhost"))


def test_a_mail_goes_through_and_a_held_one_after_its_release(stand: Stand, postfix: Postfix) -> None:
    stand.lead(smart_host())
    tag, octets = a_mail()
    send(stand.front.port, octets, [KEN])
    copy = copy_for(postfix, KEN, tag)
    assert bare(copy.octets) == octets

    tag, octets = a_mail(file=True)
    send(stand.front.port, octets, [BOB])
    mail = held(stand.house, tag)
    assert mail["sender"] == ANN
    assert not copies_for(postfix, BOB, tag)
    release(stand.house, mail["id"])
    copy = copy_for(postfix, BOB, tag)
    assert bare(copy.octets) == octets
    assert not stand.before.holding(tag)


def test_one_command_leads_past_mailguard(stand: Stand, postfix: Postfix) -> None:
    stand.lead(smart_host())
    stand.lead_back()
    tag, octets = a_mail(file=True)
    send(stand.front.port, octets, [DAN])
    (taken,) = stand.before.wait_for(1, tag)
    assert bare(taken.octets) == octets
    assert b"X-Mailguard" not in taken.octets


def test_some_senders_only(stand: Stand, postfix: Postfix) -> None:
    stand.lead_back()
    (line,) = blocks(PAGE, "ini", "# /etc/postfix/main.cf: for these senders only")
    stand.lead(line)
    try:
        tag, octets = a_mail()
        send(stand.front.port, octets, [DAN])
        copy = copy_for(postfix, DAN, tag)
        assert b"X-Mailguard-Processed" in copy.octets
        other, octets = a_mail(sender=KEN)
        send(stand.front.port, octets, [DAN], sender=KEN)
        (taken,) = stand.before.wait_for(1, other)
        assert bare(taken.octets) == octets
        assert not stand.before.holding(tag)
    finally:
        run("postconf -e 'sender_dependent_relayhost_maps =' && postfix reload", stand.conf)


def test_nobody_else_comes_in(stand: Stand) -> None:
    for person in (KEN, BOB):
        assert send(stand.house.smtp, b"", [person], source="127.0.0.9").startswith("550 5.7.1")
    reply = send(stand.house.smtp, b"", [BOB], sender="x@outside.example")
    assert reply.startswith("553 5.7.1")
