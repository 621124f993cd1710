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
    taken_in,
    until,
)
from tests.interop.servers import Postfix as Front
from tests.interop.servers import running_server
from tests.interop.wires import Sink, running_sink
from tests.postfix import Postfix

PAGE = "b-own-server"
DAN, CAROL = "dan@partner.example", "carol@outside.example"


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
        self.renew()

    def lead_back(self) -> None:
        """The command of the roll back."""
        (command,) = [one for one in blocks(PAGE, "sh") if "relayhost" in one]
        run(command, self.conf)

    def renew(self) -> None:
        """New processes: after a mere reload the old ones may answer a question more."""
        self.front.stop()
        self.front.start()

    def passes(self) -> bool:
        """Hand in a mail that mailguard would hold: whether it went as before, without mailguard."""
        tag, octets = a_mail(file=True)
        send(self.front.port, octets, [DAN])
        until(lambda: self.before.holding(tag) or taken_in(self.house, tag))
        found = self.before.holding(tag)
        for taken in found:
            assert bare(taken.octets) == octets
            assert b"X-Mailguard" not in taken.octets
        return bool(found)


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


(SMART_HOST,) = blocks(PAGE, "ini", "# /etc/postfix/main.cf: the smart host")


def test_a_mail_goes_through_and_a_held_one_after_its_release(stand: Stand, postfix: Postfix) -> None:
    stand.lead(SMART_HOST)
    tag, octets = a_mail()
    send(stand.front.port, octets, [KEN])
    assert bare(copy_for(postfix, KEN, tag).octets) == octets

    tag, octets = a_mail(file=True)
    send(stand.front.port, octets, [BOB])
    mail = held(stand.house, tag)
    assert mail["sender"] == ANN
    assert not copies_for(postfix, BOB, tag)
    release(stand.house, mail["id"])
    assert bare(copy_for(postfix, BOB, tag).octets) == octets
    assert not stand.before.holding(tag)


def test_forwarded_mail_goes_as_before(stand: Stand) -> None:
    stand.lead(SMART_HOST)
    tag, octets = a_mail(file=True, sender=CAROL)
    send(stand.front.port, octets, [DAN], sender=CAROL)
    (taken,) = stand.before.wait_for(1, tag)
    assert bare(taken.octets) == octets
    assert b"X-Mailguard" not in taken.octets


def test_one_command_leads_past_mailguard(stand: Stand) -> None:
    stand.lead(SMART_HOST)
    assert not stand.passes()
    stand.lead_back()
    until(stand.passes)  # the first ones may still go by mailguard, as the page says


def test_some_senders_only(stand: Stand, postfix: Postfix) -> None:
    stand.lead(SMART_HOST.replace("@corp.example =", f"{ANN} ="))
    tag, octets = a_mail()
    send(stand.front.port, octets, [DAN])
    assert b"X-Mailguard-Processed" in copy_for(postfix, DAN, tag).octets
    other, octets = a_mail(sender=KEN)
    send(stand.front.port, octets, [DAN], sender=KEN)
    (taken,) = stand.before.wait_for(1, other)
    assert bare(taken.octets) == octets
    assert not stand.before.holding(tag)


def test_all_mail(stand: Stand, postfix: Postfix) -> None:
    run("postconf -e 'sender_dependent_relayhost_maps ='", stand.conf)
    was = f"relayhost = [127.0.0.1]:{stand.before.port}"
    stand.lead("relayhost = [mailguard.corp.example]:25\n")
    try:
        tag, octets = a_mail(sender=KEN)
        send(stand.front.port, octets, [DAN], sender=KEN)
        assert b"X-Mailguard-Processed" in copy_for(postfix, DAN, tag).octets
    finally:
        run(f"postconf -e '{was}'", stand.conf)


def test_nobody_else_comes_in(stand: Stand) -> None:
    for person in (KEN, BOB):
        assert send(stand.house.smtp, b"", [person], source="127.0.0.9").startswith("550 5.7.1")
    reply = send(stand.house.smtp, b"", [BOB], sender="x@outside.example")
    assert reply.startswith("553 5.7.1")
