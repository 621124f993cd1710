"""Topology B on one machine: a real Postfix with the very lines of docs/operations/b-own-server.md hands mail to
mailguard and takes it back; then mailguard is away, and then it is taken out by the page's own command.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.house import PATIENCE, House
from tests.integration.topologies.stage import (
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
    login_of,
    release,
    run,
    send,
    until,
)
from tests.missing import missing
from tests.postfix import PASSWORD, POSTFIX, USER, Postfix, client_context, free_port, private_postfix, wait_for_banner

PAGE = "b-own-server"
LOGIN = (USER, PASSWORD)
#: What every Postfix of Debian has in master.cf, and the private one of the tests has not.
PICKUP = "pickup unix n - n 1 1 pickup\n"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A mail that Postfix took, and its name there."""

    tag: str
    octets: bytes
    queue_id: str


@dataclass
class Stand:
    """Postfix and mailguard beside each other. submission: where people hand mail in; back: where mailguard does."""

    postfix: Postfix
    house: House
    submission: int
    back: int

    @property
    def conf(self) -> Path:
        return self.postfix.home / "conf"

    def submit(self, octets: bytes, to: str) -> str:
        tls = client_context(self.postfix)
        tls.check_hostname = False  # connected to by its address
        return send(self.submission, octets, [to], sender=USER, login=LOGIN, tls=tls)

    def filter_by(self, where: str) -> None:
        """Set the filter. With new processes: after a mere reload the old ones may answer a connection more."""
        run(f"postconf -e 'mailguard_filter = {where}'", self.conf)
        self.postfix.restart_daemons()
        wait_for_banner(self.submission, self.postfix.log)

    def hand_in(self) -> HandedIn:
        """A mail that mailguard would hold."""
        tag, octets = a_mail(file=True, sender=USER)
        reply = self.submit(octets, BOB)
        assert reply.startswith("250 2.0.0"), reply
        return HandedIn(tag, octets, reply.split()[-1])

    def before_one_passes(self) -> list[HandedIn]:
        """Hand in until one passes. The others: Postfix's processes end when they have time, and until then mail goes
        the old way, as the page says.
        """
        waiting: list[HandedIn] = []
        end = time.monotonic() + PATIENCE
        while not self.passes(mail := self.hand_in()):
            waiting.append(mail)
            assert time.monotonic() < end, self.postfix.log()
        return waiting

    def passes(self, mail: HandedIn) -> bool:
        """Whether Postfix passed this mail on without mailguard, or has it wait for a filter that is not there."""

        def waits() -> bool:
            return f"{mail.queue_id}: to=<{BOB}>, relay=none" in self.postfix.log()

        until(lambda: waits() or copies_for(self.postfix, BOB, mail.tag), self.postfix.log)
        if waits():
            assert "Connection refused" in self.postfix.log()
            return False
        copy = copy_for(self.postfix, BOB, mail.tag)
        assert bare(copy.octets) == mail.octets
        assert b"X-Mailguard" not in copy.octets
        return True


def equip(postfix: Postfix, ports: dict[str, int]) -> None:
    """Add the page's lines to main.cf and master.cf; only names of ports are changed."""
    for name in ("main.cf", "master.cf"):
        (text,) = blocks(PAGE, "ini", f"# /etc/postfix/{name}")[:1]
        for written, port in ports.items():
            text = text.replace(written, str(port))
        with (postfix.home / "conf" / name).open("a") as file:
            file.write(text.replace(f"\n{ports['submission inet']}", f"\n127.0.0.1:{ports['submission inet']} inet"))
    with (postfix.home / "conf" / "master.cf").open("a") as file:
        file.write(PICKUP)
    (line,) = blocks(PAGE, "ini", "# /etc/postfix/main.cf: what the world need not read")
    (checks,) = blocks(PAGE, "ini", "# /etc/postfix/outgoing")
    (postfix.home / "conf" / "outgoing").write_text(checks)
    with (postfix.home / "conf" / "main.cf").open("a") as file:
        file.write(line.replace("/etc/postfix/outgoing", str(postfix.home / "conf" / "outgoing")))
    (postfix.home / "spool" / "maildrop").mkdir(exist_ok=True)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    if not POSTFIX.exists():
        missing("root and Debian's package postfix")
    data = example("b-content-filter")
    back, submission = free_port(), free_port()
    data["upstream"]["url"] = f"smtp://127.0.0.1:{back}"
    with private_postfix() as postfix, house_of(tmp_path_factory.mktemp("b") / "house", data) as house:
        equip(postfix, {"10025": house.smtp, "10026": back, "submission inet": submission})
        postfix.restart_daemons()
        wait_for_banner(submission, postfix.log)
        yield Stand(postfix, house, submission, back)


def test_a_mail_goes_through_as_it_was(stand: Stand) -> None:
    tag, octets = a_mail(sender=USER)
    assert stand.submit(octets, KEN).startswith("250 2.0.0")
    copy = copy_for(stand.postfix, KEN, tag)
    assert copy.sender == USER
    assert bare(copy.octets) == octets
    assert b"X-Mailguard-Processed" in copy.octets


def test_a_held_mail_has_its_login_and_goes_on_by_the_second_port(stand: Stand) -> None:
    tag, octets = a_mail(file=True, sender=USER)
    assert stand.submit(octets, BOB).startswith("250 2.0.0")
    mail = held(stand.house, tag)
    assert (login_of(stand.house, mail["id"]), mail["sender"]) == (USER, USER)
    assert not copies_for(stand.postfix, BOB, tag)
    release(stand.house, mail["id"])
    copy = copy_for(stand.postfix, BOB, tag)
    assert bare(copy.octets) == octets
    assert "postfix/mailguard/smtpd" in stand.postfix.log()


def test_the_login_can_be_taken_off_what_leaves(stand: Stand) -> None:
    """The field is there for mailguard, in all its lines, and the page's expression finds it and no other."""
    tag, octets = a_mail(sender=USER)
    stand.submit(octets, KEN)
    copy = copy_for(stand.postfix, KEN, tag)
    assert b"(Authenticated sender: " + USER.encode() + b")" in copy.octets
    found = subprocess.run(
        ["/usr/sbin/postmap", "-c", stand.conf, "-hq", "-", f"regexp:{stand.conf / 'outgoing'}"],
        input=copy.octets.replace(b"\r\n", b"\n"),
        capture_output=True,
        timeout=30,
        check=False,
    ).stdout
    assert found.count(b"IGNORE") == 1
    assert b"Authenticated sender" in found


def test_mail_from_the_world_is_not_judged(stand: Stand) -> None:
    tag, octets = a_mail(file=True, sender="carol@outside.example")
    assert send(stand.postfix.plain, octets, [KEN], sender="carol@outside.example").startswith("250")
    copy = copy_for(stand.postfix, KEN, tag)
    assert copy.octets == octets


def test_nobody_else_comes_in(stand: Stand) -> None:
    for port in (stand.house.smtp, stand.back):
        assert send(port, b"", [KEN], source="127.0.0.9")[:3] in {"550", "554"}


def test_without_mailguard_mail_waits_and_one_command_takes_it_out(stand: Stand) -> None:
    """It takes a filter of its own away, and puts the stand back as the others need it, whatever the order."""
    (away,) = [one for one in blocks(PAGE, "sh") if "mailguard_filter" in one]
    (free,) = [one for one in blocks(PAGE, "sh") if "postsuper" in one]
    try:
        stand.filter_by(f"mailguard:[127.0.0.1]:{free_port()}")  # as if mailguard were down
        waiting = [stand.hand_in()]
        assert not stand.passes(waiting[0])

        run(away, stand.conf)
        waiting += stand.before_one_passes()
        assert not [one for one in waiting if copies_for(stand.postfix, BOB, one.tag)]

        run(free, stand.conf)
        for one in waiting:
            assert bare(copy_for(stand.postfix, BOB, one.tag).octets) == one.octets
    finally:
        stand.filter_by(f"mailguard:[127.0.0.1]:{stand.house.smtp}")
