"""The words of ESMTP through a running house: what a client says is what the next server hears, or a report."""

from __future__ import annotations

import asyncio
import smtplib
import time
from collections.abc import Callable
from pathlib import Path

from tests.house import PATIENCE, House, running_house
from tests.smtp_fake import FakeServer, Say, Taken, fake_server

POLICY = """
version: 1
rules:
  - id: forbidden
    when: {text: {words: [ultrasecret], in: [subject]}}
    then: reject
    because: {ja: 禁止, en: Forbidden}
"""
MESSAGE = b"Subject: chunks\r\nMessage-ID: <1@pc>\r\n\r\n.\r\n..dots\r\ncaf\xc3\xa9\r\n"


def said(client: smtplib.SMTP, *lines: bytes) -> list[int]:
    """Each command's reply code."""
    codes = []
    for line in lines:
        assert client.sock is not None
        client.sock.sendall(line)
        codes.append(client.getreply()[0])
    return codes


def talk(house: House, *lines: bytes) -> list[int]:
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        return said(client, *lines)


async def in_house(folder: Path, server: FakeServer, act: Callable[[House], None], **more: object) -> None:
    """Act in a thread while the next server answers here."""

    def run() -> None:
        with running_house(folder / "mailguard", f"smtp://127.0.0.1:{server.port}", POLICY, **more) as house:
            act(house)

    await asyncio.to_thread(run)


def reports(server: FakeServer) -> list[Taken]:
    return [one for one in server.taken if b"report-type=delivery-status" in one.octets]


async def test_chunks_and_dsn_reach_a_server_that_offers_dsn(tmp_path: Path) -> None:
    async with fake_server(extensions=("PIPELINING", "8BITMIME", "DSN")) as server:

        def act(house: House) -> None:
            codes = talk(
                house,
                b"MAIL FROM:<ann@corp.example> BODY=8BITMIME RET=HDRS ENVID=Aa+2B1\r\n",
                b"RCPT TO:<bob@partner.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob@Old.example\r\n",
                b"RCPT TO:<cy@partner.example> NOTIFY=NEVER\r\n",
                b"BDAT 20\r\n" + MESSAGE[:20],
                b"BDAT %d LAST\r\n" % (len(MESSAGE) - 20) + MESSAGE[20:],
            )
            assert codes == [250] * 5
            end = time.monotonic() + PATIENCE
            while not server.taken:
                assert time.monotonic() < end
                time.sleep(0.05)

        await in_house(tmp_path, server, act)
    (taken,) = server.taken
    assert taken.mail.startswith(b"MAIL FROM:<ann@corp.example>")
    assert taken.mail.endswith(b" BODY=8BITMIME RET=HDRS ENVID=Aa+2B1")
    assert taken.rcpts == [
        b"RCPT TO:<bob@partner.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob@Old.example",
        b"RCPT TO:<cy@partner.example> NOTIFY=NEVER",
    ]
    assert taken.octets.endswith(b"\r\n" + MESSAGE)


async def test_who_waits_and_who_failed_is_told_and_who_asked_for_it(tmp_path: Path) -> None:
    script = {"rcpt": [Say(b"451 4.2.1 later\r\n"), Say(b"550 5.1.1 nobody\r\n"), None]}
    async with fake_server(script=script) as server:

        def send(house: House, number: int, *parameters: str) -> None:
            words = "".join(f" {one}" for one in parameters)
            octets = b"Subject: n%d\r\nMessage-ID: <%d@pc>\r\n\r\nx\r\n" % (number, number)
            mail = b"MAIL FROM:<ann@corp.example>\r\n", f"RCPT TO:<b{number}@partner.example>{words}\r\n".encode()
            assert talk(house, *mail, b"BDAT %d LAST\r\n" % len(octets) + octets) == [250, 250, 250]

        def act(house: House) -> None:
            send(house, 1)
            end = time.monotonic() + PATIENCE
            while len([one for one in server.commands if one.startswith(b"RCPT")]) < 1:
                assert time.monotonic() < end
                time.sleep(0.05)
            time.sleep(1.1)  # the time to warn is over
            send(house, 2)  # fails: the report room looks
            while len(reports(server)) < 2:
                assert time.monotonic() < end
                time.sleep(0.05)
            send(house, 3, "NOTIFY=SUCCESS")
            while len(reports(server)) < 3:
                assert time.monotonic() < end
                time.sleep(0.05)

        await in_house(tmp_path, server, act, delivery={"warn_after": "1s", "retry": ["10m"]})
    actions = {one.octets.split(b"Action: ", 1)[1].split(b"\r\n", 1)[0] for one in reports(server)}
    assert actions == {b"delayed", b"failed", b"relayed"}
    assert all(one.mail.startswith(b"MAIL FROM:<>") for one in reports(server))
    assert all(one.rcpts == [b"RCPT TO:<ann@corp.example>"] for one in reports(server))
