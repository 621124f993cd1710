"""What must come to an end by itself: two houses that send to each other, programs that answer every letter, reports
about reports, and reports to people who never wrote anything (backscatter).
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import smtplib
import sqlite3
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

from tests.house import PATIENCE, House, furnish, running_house, settings, start
from tests.smtp_fake import FakeServer, Say, Taken, fake_server

ANN, BOB = "ann@corp.example", "bob@partner.example"
#: Quiet for so long is the end of it.
QUIET = 1.5
QUICK = {"delivery": {"retry": ["1s"], "give_up_after": "4s"}}


def hand_in(house: House, sender: str, recipient: str, mail: EmailMessage) -> tuple[int, bytes]:
    """The reply to MAIL, RCPT or the final dot, whichever refuses."""
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=20) as client:
        client.ehlo()
        for code, text in (client.mail(sender), client.rcpt(recipient)):
            if code >= 400:
                return code, text
        return client.data(mail.as_bytes(policy=email.policy.SMTP))


def written(sender: str, recipient: str, **fields: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, fields.pop("subject", "hello")
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("hello\n")
    return mail


def rows(house: House) -> list[tuple[str, str, str]]:
    """(mail or letter, recipient, state) of every copy in the ledger."""
    with contextlib.closing(sqlite3.connect(house.folder / "var" / "mailguard.db")) as db:
        found = db.execute(
            "SELECT m.kind, r.address, r.state FROM message m JOIN recipient r ON r.message = m.number ORDER BY m.id"
        )
        return [(str(kind), str(address), str(state)) for kind, address, state in found]


def quiet(count: Callable[[], object]) -> None:
    """Wait until nothing changes any more."""
    end, last, since = time.monotonic() + PATIENCE, count(), time.monotonic()
    while time.monotonic() - since < QUIET:
        assert time.monotonic() < end, "it goes on"
        time.sleep(0.1)
        if (seen := count()) != last:
            last, since = seen, time.monotonic()


def under_way(*houses: House) -> bool:
    return any(state == "queued" for house in houses for _, _, state in rows(house))


@contextlib.contextmanager
def two_houses(folder: Path) -> Iterator[tuple[House, House]]:
    """Each is the other's next server."""
    data = {name: settings(folder / name, "smtp://127.0.0.1:1", **QUICK) for name in ("a", "b")}
    with contextlib.ExitStack() as stack:
        houses = []
        for name, other in (("a", "b"), ("b", "a")):
            values, ports = data[name]
            values["upstream"] = {"url": f"smtp://127.0.0.1:{data[other][1]['smtp']}", "tls": "none"}
            furnish(folder / name, values)
            houses.append(start(folder / name, ports))
            stack.callback(houses[-1].stop)
        yield houses[0], houses[1]


@contextlib.contextmanager
def house_for_own_senders(folder: Path, upstream: int) -> Iterator[House]:
    """Its trusted network may send as people of the organisation only."""
    values, ports = settings(folder, f"smtp://127.0.0.1:{upstream}", **QUICK)
    values["listeners"][0]["sender_domains"] = ["corp.example"]
    furnish(folder, values)
    house = start(folder, ports)
    try:
        yield house
    finally:
        house.stop()


def test_two_houses_that_send_to_each_other(tmp_path: Path) -> None:
    with two_houses(tmp_path) as (a, b):
        for sender in (ANN, ""):
            assert hand_in(a, sender, BOB, written(ANN, BOB))[0] == 250
        # On a machine at work a mail may wait for its next pass longer than nothing must change.
        quiet(lambda: time.monotonic() if under_way(a, b) else (rows(a), rows(b)))
        every = rows(a) + rows(b)
    assert {state for _, _, state in every} == {"relayed", "bounced"}
    # Twelve passes of the mail, twelve of its report, twelve of the mail from nobody, which has no report.
    assert len(every) <= 36, every
    assert sum(state == "bounced" for _, _, state in every) <= 3, every


HELD = """
version: 1
rules:
  - id: held
    mode: enforce
    when: {text: {words: [hold], in: [subject]}}
    then: confirm
    because: {ja: 保留, en: Held}
"""


async def test_a_program_that_answers_every_letter(tmp_path: Path) -> None:
    """It breaks every rule of RFC 3834: it answers what says Auto-Submitted, to From, with a sender, and says nothing
    of itself. What comes back are letters of ours, a handful, and then silence.
    """
    async with fake_server() as upstream:
        make = running_house(tmp_path / "house", f"smtp://127.0.0.1:{upstream.port}", HELD)
        with make as house:
            mail = written(ANN, BOB, subject="hold this")
            assert (await asyncio.to_thread(hand_in, house, ANN, BOB, mail))[0] == 250
            answered = 0
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                await _until_more(upstream, answered)
                if len(upstream.taken) == answered:
                    break
                for letter in upstream.taken[answered:]:
                    answered += 1
                    for address in _where_to_answer(letter):
                        reply = written(ANN, address, subject=f"Out of office {answered}")
                        code, said = await asyncio.to_thread(hand_in, house, ANN, address, reply)
                        assert code == 250, said
            else:
                raise AssertionError(f"{answered} letters, and no end")
            # To mailguard@ itself, which is a mailbox like any, his answers go on; none of ours comes of them.
            own = [letter for letter in upstream.taken if b"X-Mailguard-Letter" in letter.octets]
            assert 2 <= len(own) <= 8, len(own)


async def _until_more(upstream: FakeServer, count: int) -> None:
    end = time.monotonic() + QUIET
    while len(upstream.taken) == count and time.monotonic() < end:  # noqa: ASYNC110 - the server knows of no event
        await asyncio.sleep(0.05)


def _where_to_answer(letter: Taken) -> set[str]:
    """What a program without manners takes for the author: only of our letters, since nothing else reaches ann."""
    made = email.message_from_bytes(letter.octets, policy=email.policy.default)
    if f"<{ANN}>".encode() not in letter.rcpts[0]:
        return set()
    return {address.addr_spec for name in ("From", "Reply-To") if made[name] for address in made[name].addresses}


async def test_no_report_about_a_report_and_none_to_strangers(tmp_path: Path) -> None:
    """The next server refuses everybody, ann too: her mail fails, the report of it fails, and that is the end. Whoever
    forges a sender in a trusted network makes us write to nobody outside (backscatter).
    """
    senders = ["victim@elsewhere.example", "", ANN, "nobody-here@corp.example", ANN]
    async with fake_server(script={"rcpt": [Say(b"550 5.1.1 no such person\r\n")]}) as upstream:
        with house_for_own_senders(tmp_path / "house", upstream.port) as house:
            said = [await asyncio.to_thread(hand_in, house, one, BOB, written(ANN, BOB)) for one in senders]
            automatic = written(ANN, BOB, Auto_Submitted="auto-replied")
            said.append(await asyncio.to_thread(hand_in, house, ANN, BOB, automatic))
            await asyncio.to_thread(quiet, lambda: rows(house))
            every = rows(house)
    assert [code for code, _ in said] == [553, 250, 250, 250, 250, 250]
    assert {state for _, _, state in every} == {"bounced"}
    mails, letters = (sorted(one for kind, one, _ in every if kind == wanted) for wanted in ("mail", "letter"))
    assert mails == [BOB] * 5
    assert letters == [ANN, ANN, ANN, "nobody-here@corp.example"]
