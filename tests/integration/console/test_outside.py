"""The Outside page over a real mailbox upstream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from tests.reception import ADMIN, ANN, SATO, SUZUKI, TANAKA, URL, Reception, open_reception

from mailguard.mail.address import NULL_PATH, ReversePath, parse_address
from mailguard.mail.message import Body
from mailguard.relay.mailbox import MailboxUpstream
from mailguard.relay.outside import Outside
from mailguard.relay.upstream import Outgoing

LETTER = (
    "From: mailguard@corp.example\r\nTo: ann@corp.example\r\nSubject: [Held] Quotation\r\n"
    "X-Mailguard-Letter: held\r\n"
    "Content-Type: text/html; charset=utf-8\r\n\r\n"
    f"<p>Look: {URL}/t/abc and https://evil.example/t/abc</p>\r\n"
)


async def deliver(reception: Reception, folder: Path, sender: ReversePath, to: str, octets: str) -> None:
    upstream = MailboxUpstream(folder, reception.clock)
    await upstream.relay(
        Outgoing("0dfk2m8zv1q3w7xy9t", sender, (parse_address(to),), b"", Body.of(octets.encode()), False, False)
    )
    await upstream.close()


@pytest_asyncio.fixture
async def trying_out(tmp_path: Path) -> AsyncIterator[Reception]:
    """A reception whose upstream is a mailbox with one letter to ANN and one mail of somebody else."""
    async with open_reception(tmp_path, outside=Outside(tmp_path / "mailbox")) as opened:
        await deliver(opened, tmp_path / "mailbox", NULL_PATH, ANN, LETTER)
        opened.clock.pass_by(seconds=5)
        other = ReversePath(parse_address("bob@corp.example"))
        await deliver(opened, tmp_path / "mailbox", other, TANAKA, "Subject: Bob's\r\n\r\nhello\r\n")
        yield opened


async def test_an_administrator_sees_everything_that_left(trying_out: Reception) -> None:
    page = (await (await trying_out.browser(ADMIN)).get("/outside")).text
    assert "[Held] Quotation" in page
    assert "Bob&#39;s" in page
    assert "A letter from mailguard" in page
    assert TANAKA in page


async def test_others_see_their_own(trying_out: Reception) -> None:
    page = (await (await trying_out.browser(ANN)).get("/outside")).text
    assert "[Held] Quotation" in page
    assert "Bob" not in page


async def test_one_mail_with_links_only_to_this_console(trying_out: Reception) -> None:
    browser = await trying_out.browser(ANN)
    path = (await browser.get("/outside")).text.partition('href="/outside/')[2].partition('"')[0]
    page = (await browser.get(f"/outside/{path}")).text
    assert f'<a href="{URL}/t/abc">' in page
    assert 'href="https://evil' not in page
    assert "Subject: [Held] Quotation" in page
    saved = await browser.get(f"/outside/{path}/raw")
    assert saved.content.decode() == LETTER
    assert (await browser.get(f"/outside/{path}/html")).headers["content-security-policy"].startswith("sandbox;")


async def test_names_lead_nowhere_else(trying_out: Reception) -> None:
    admin, ann = await trying_out.browser(ADMIN), await trying_out.browser(ANN)
    names = [part.partition('"')[0] for part in (await admin.get("/outside")).text.split('href="/outside/')[1:]]
    assert len(names) == 2
    (bobs,) = [name for name in names if "Bob" in (await admin.get(f"/outside/{name}")).text]
    for name in (bobs, "..%2f..%2fledger.db", "nothing", "%00"):
        assert (await ann.get(f"/outside/{name}")).status_code == 404


async def test_without_a_mailbox_there_is_no_such_page(reception: Reception) -> None:
    browser = await reception.browser(ADMIN)
    assert (await browser.get("/outside")).status_code == 404
    assert "/outside" not in (await browser.get("/mine")).text


async def test_letters_and_other_automatic_mail_are_called_what_they_are(trying_out: Reception, tmp_path: Path) -> None:
    automatic = LETTER.replace("X-Mailguard-Letter: held\r\n", "").replace("[Held] Quotation", "Out of office")
    claimed = LETTER.replace("[Held] Quotation", "I am no letter")
    folder, bob = tmp_path / "mailbox", ReversePath(parse_address("bob@corp.example"))
    await deliver(trying_out, folder, NULL_PATH, SATO, automatic)
    await deliver(trying_out, folder, bob, SUZUKI, claimed)
    for language, letter, null in (
        ("en", "A letter from mailguard", "Automatic mail"), ("ja", "mailguard の通知メール", "自動送信のメール"),
    ):  # fmt: skip
        browser = await trying_out.browser(ADMIN, language)
        page = (await browser.get("/outside")).text
        rows = {row.partition("</a>")[0].rpartition(">")[2]: row for row in page.split("<tr>")[2:]}
        assert letter in rows["[Held] Quotation"]
        assert null in rows["Out of office"]
        assert "bob@corp.example" in rows["I am no letter"]
        name = rows["[Held] Quotation"].partition('href="/outside/')[2].partition('"')[0]
        assert letter in (await browser.get(f"/outside/{name}")).text
