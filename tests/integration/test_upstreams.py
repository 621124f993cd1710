"""Several next servers behind one running house: by policy, by the sender's domain; one that crawls harms nobody else;
one that is gone from the settings keeps its mail.
"""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import statistics
import time
import urllib.request
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import yaml
from tests.dns_fake import dns_fake
from tests.house import PATIENCE, House, furnish, settings, start
from tests.smtp_fake import FakeServer, Say, Stall, fake_server

POLICY = """
version: 1
rules:
  - id: partner-way
    mode: enforce
    when: {recipients: {domain: "partner.example"}}
    then: {deliver: true, route: partner, scope: recipients}
    because: {ja: 別の経路, en: Another way}
"""


def mail(sender: str = "ann@corp.example", subject: str = "hello") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "somebody@x.example", subject
    message["Message-ID"] = f"<{time.monotonic_ns()}@corp.example>"
    message.set_content("text\n")
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def send(house: House, *to: str, sender: str = "ann@corp.example") -> str:
    """Hand a mail in; returns its id."""
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        client.mail(sender)
        for one in to:
            client.rcpt(one)
        code, text = client.data(mail(sender))
        assert code == 250, text
        return text.split()[-1].decode()


async def so(true: Any, seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for is in other processes
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def house_with(folder: Path, upstream: str, upstreams: dict[str, Any]) -> AsyncIterator[House]:
    data, ports = settings(folder, upstream, upstreams=upstreams)
    furnish(folder, data, POLICY)
    house = await asyncio.to_thread(start, folder, ports)
    try:
        yield house
    finally:
        status = await asyncio.to_thread(house.stop)
    assert status == 0, house.log()


def read(house: House, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{house.console}{path}", timeout=PATIENCE) as answer:
        return str(answer.read().decode())


def url(fake: FakeServer) -> str:
    return f"smtp://127.0.0.1:{fake.port}"


async def test_each_copy_goes_its_way(tmp_path: Path) -> None:
    async with fake_server() as usual, fake_server() as partner, fake_server() as branch:
        ways = {"partner": {"url": url(partner)}, "branch": {"url": url(branch), "senders": ["branch.example"]}}
        async with house_with(tmp_path / "h", url(usual), ways) as house:
            both = await asyncio.to_thread(send, house, "bob@partner.example", "cy@other.example")
            await asyncio.to_thread(send, house, "dan@other.example", sender="eve@branch.example")
            await so(lambda: usual.taken and partner.taken and branch.taken)
            assert [taken.rcpts for taken in usual.taken] == [[b"RCPT TO:<cy@other.example>"]]
            assert [taken.rcpts for taken in partner.taken] == [[b"RCPT TO:<bob@partner.example>"]]
            assert [taken.rcpts for taken in branch.taken] == [[b"RCPT TO:<dan@other.example>"]]
            shown = await asyncio.to_thread(house.json, "queue", "show", both)
            assert [one["upstream"] for one in shown["recipients"]] == ["partner", ""]
            page = (await asyncio.to_thread(house.run, "queue", "show", both)).stdout
            assert "by partner" in page


async def test_an_upstream_that_crawls_harms_no_other_mail(tmp_path: Path) -> None:
    """150 mails wait for a server that never answers; those of another one go as if it were alone."""
    async with fake_server(script={"dot": [Stall()]}) as tarpit, fake_server() as usual:
        ways = {"partner": {"url": url(tarpit), "connections": 4}}
        async with house_with(tmp_path / "h", url(usual), ways) as house:

            def many(count: int, to: str) -> list[float]:
                took = []
                with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
                    for _ in range(count):
                        before, there = time.monotonic(), len(usual.taken)
                        client.sendmail("ann@corp.example", [to], mail())
                        while to.endswith("other.example") and len(usual.taken) == there:
                            time.sleep(0.001)
                        took.append(time.monotonic() - before)
                return took

            alone = await asyncio.to_thread(many, 60, "cy@other.example")
            await asyncio.to_thread(many, 150, "bob@partner.example")
            await so(lambda: tarpit.open_now == 4)
            beside = await asyncio.to_thread(many, 60, "cy@other.example")
            assert len(usual.taken) == 120
            assert not tarpit.taken
            # A mail that waited for the tarpit would wait for minutes. A busy machine has single mails that take long.
            assert statistics.median(beside) < max(1.0, 4 * statistics.median(alone))
            assert max(beside) < PATIENCE
            figures = await asyncio.to_thread(read, house, "/metrics")
            assert 'mailguard_upstream_outcomes_total{result="relayed",upstream="default"} 120.0' in figures
            house.process.kill()  # the tarpit would be waited for
            house.process.wait()
            house.process.returncode = 0


class Silence(dict[str, Any]):
    """A zone where nothing is ever answered."""

    def get(self, name: str, default: Any = None) -> Any:
        return "silent"


ASKS_DNS = (
    POLICY
    + """
  - id: no-such-house
    mode: monitor
    when: {recipients: {external: true, no_mx: true}}
    then: confirm
    because: {ja: 届かない宛先, en: Takes no mail}
"""
)


async def test_dead_dns_delays_what_needs_it_and_nothing_else(tmp_path: Path) -> None:
    """Rules ask DNS of every recipient, one way needs it, and no resolver answers: mail by the other way goes on."""
    async with dns_fake(Silence()) as dead, fake_server() as usual:
        data, ports = settings(
            tmp_path / "h",
            url(usual),
            upstreams={"partner": {"url": "mx:", "tls": "opportunistic"}},
            dns={"servers": [f"127.0.0.1:{dead.port}"], "timeout": "1s"},
        )
        furnish(tmp_path / "h", data, ASKS_DNS)
        house = await asyncio.to_thread(start, tmp_path / "h", ports)
        try:
            waits = await asyncio.gather(
                *(asyncio.to_thread(send, house, f"bob@{n}.partner.example", "bob@partner.example") for n in range(3))
            )
            goes = [await asyncio.to_thread(send, house, f"cy{n}@other.example") for n in range(5)]
            await so(lambda: len(usual.taken) == 8)  # the names below partner.example go the usual way, too
            assert len(goes) == 5
            assert dead.asked["partner.example", "MX"] > 0
            shown = [await asyncio.to_thread(house.json, "queue", "show", one) for one in waits]
            states = {one["address"]: one["state"] for record in shown for one in record["recipients"]}
            assert states["bob@partner.example"] == "queued"
            assert {state for who, state in states.items() if who != "bob@partner.example"} == {"relayed"}
        finally:
            status = await asyncio.to_thread(house.stop)
        assert status == 0, house.log()


async def test_an_upstream_that_is_gone_keeps_its_mail_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "h"
    async with fake_server() as usual, fake_server(script={"dot": [Say(b"451 4.3.0 later\r\n")]}) as partner:
        data, ports = settings(
            folder, url(usual), upstreams={"partner": {"url": url(partner)}}, delivery={"retry": ["2s"]}
        )
        furnish(folder, data, POLICY)
        house = await asyncio.to_thread(start, folder, ports)
        message = await asyncio.to_thread(send, house, "bob@partner.example")
        await so(lambda: any(command == b"DATA" for command in partner.commands))
        assert await asyncio.to_thread(house.stop) == 0

        del data["upstreams"]
        (folder / "mailguard.yaml").write_text(yaml.safe_dump(data), "utf-8")
        refused = await asyncio.to_thread(house.run, "check")
        assert refused.returncode == 1
        assert "no upstream 'partner'" in refused.stderr

        rules = folder / "policies" / "rules.yaml"
        rules.write_text(rules.read_text("utf-8").replace("route: partner, ", ""), "utf-8")
        house = await asyncio.to_thread(start, folder, ports)
        shown: dict[str, Any] = {}
        for _ in range(100):
            shown = await asyncio.to_thread(house.json, "queue", "show", message)
            if "no upstream partner" in shown["recipients"][0]["last_text"]:
                break
        assert "no upstream partner" in shown["recipients"][0]["last_text"]
        assert shown["state"] == "queued"
        page = (await asyncio.to_thread(house.run, "queue", "show", message)).stdout
        assert "defer mailguard (clock): 451 4.3.0 later" in page
        await so(lambda: any(b"admin@corp.example" in rcpt for taken in usual.taken for rcpt in taken.rcpts))
        assert not any(b"bob@partner.example" in rcpt for taken in usual.taken for rcpt in taken.rcpts)
        assert "upstream_gone" in house.log()
        for _ in range(100):  # the console reads them anew every few seconds
            if "upstream" in (said := await asyncio.to_thread(read, house, "/readyz")):
                break
            await asyncio.sleep(0.2)
        assert "upstream" in said
        assert await asyncio.to_thread(house.stop) == 0

        data["upstreams"] = {"partner": {"url": url(usual)}}
        (folder / "mailguard.yaml").write_text(yaml.safe_dump(data), "utf-8")
        house = await asyncio.to_thread(start, folder, ports)
        await so(lambda: any(b"bob@partner.example" in rcpt for taken in usual.taken for rcpt in taken.rcpts))
        assert await asyncio.to_thread(house.stop) == 0
