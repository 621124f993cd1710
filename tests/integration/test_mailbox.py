"""The mailbox upstream: a Maildir that other programs can read, with the envelope beside each mail."""

from __future__ import annotations

import asyncio
import hashlib
import mailbox
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.relaying import BOB, CY, MAIL, PREFIX, outgoing

from mailguard.mail.address import NULL_PATH, parse_address
from mailguard.mail.message import Body
from mailguard.mail.outcome import Result
from mailguard.relay.content import BodyCorrupt
from mailguard.relay.mailbox import MailboxUpstream
from mailguard.relay.outside import Outside

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
JAPANESE = b"Subject: =?iso-2022-jp?b?GyRCOCtAUSRiJGobKEI=?=\r\n =?utf-8?b?IOS7tg==?=\r\nFrom: a@b.example\r\n\r\nx\r\n"


@pytest.fixture
def upstream(tmp_path: Path) -> MailboxUpstream:
    return MailboxUpstream(tmp_path / "box", lambda: NOW)


async def test_the_octets_and_the_envelope(upstream: MailboxUpstream, tmp_path: Path) -> None:
    assert await upstream.probe() is None
    outcomes = await upstream.relay(outgoing())
    assert {(a, o.result) for a, o in outcomes.items()} == {(BOB, Result.RELAYED), (CY, Result.RELAYED)}
    (mail,) = await Outside(tmp_path / "box").mails(10)
    assert (mail.sender, mail.recipients, mail.received_at) == ("ann@upstream.example", (str(BOB), str(CY)), NOW)
    assert (mail.subject, mail.message_id, mail.size) == ("hello", "01j00000000000000a", len(PREFIX + MAIL))
    assert await Outside(tmp_path / "box").octets(mail.name) == PREFIX + MAIL


async def test_other_programs_read_it_as_a_maildir(upstream: MailboxUpstream, tmp_path: Path) -> None:
    await upstream.relay(outgoing())
    box = mailbox.Maildir(tmp_path / "box", create=False)
    ((key, read),) = box.items()
    assert read["Subject"] == "hello"
    read.set_subdir("cur")
    read.add_flag("S")
    box[key] = read  # somebody has read it: it is found in cur, too
    (mail,) = await Outside(tmp_path / "box").mails(10)
    assert mail.subject == "hello"
    assert not (tmp_path / "box" / "new" / mail.name).exists()


async def test_files_are_for_their_owner_only(upstream: MailboxUpstream, tmp_path: Path) -> None:
    await upstream.relay(outgoing())
    for path in (tmp_path / "box").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert not list((tmp_path / "box" / "tmp").iterdir())


async def test_the_newest_first_and_a_limit(upstream: MailboxUpstream, tmp_path: Path) -> None:
    ids = [f"01j0000000000000{n:02}" for n in range(12)]
    await asyncio.gather(*(upstream.relay(outgoing(message_id=each)) for each in ids))
    for second, each in enumerate(ids):
        _left_at(tmp_path / "box", each, second)
    assert [mail.message_id for mail in await Outside(tmp_path / "box").mails(5)] == ids[:-6:-1]


async def test_a_mail_that_waited_stands_where_it_left(upstream: MailboxUpstream, tmp_path: Path) -> None:
    taken_first, taken_later = "01j000000000000000", "01j000000000000001"
    for message_id, second in ((taken_later, 10), (taken_first, 70)):
        await upstream.relay(outgoing(message_id=message_id))
        _left_at(tmp_path / "box", message_id, second)
    found = [mail.message_id for mail in await Outside(tmp_path / "box").mails(5)]
    assert found == [taken_first, taken_later]


def _left_at(box: Path, message_id: str, second: int) -> None:
    """As if it had left so many seconds after NOW: file times are too coarse to be waited for."""
    (envelope,) = (box / "envelopes").glob(f"{message_id}*.json")
    os.utime(envelope, (NOW.timestamp() + second, NOW.timestamp() + second))


async def test_tried_twice_it_lies_there_once_and_parts_lie_apart(upstream: MailboxUpstream, tmp_path: Path) -> None:
    for recipients in ((BOB,), (BOB,), (CY,)):
        outcomes = await upstream.relay(outgoing(recipients=recipients))
        assert {o.result for o in outcomes.values()} == {Result.RELAYED}
    assert sorted(mail.recipients for mail in await Outside(tmp_path / "box").mails(10)) == [(str(BOB),), (str(CY),)]


async def test_subjects_are_decoded_and_the_null_path_is_empty(upstream: MailboxUpstream, tmp_path: Path) -> None:
    sato = parse_address("佐藤@例え.example")
    await upstream.relay(outgoing(JAPANESE, sender=NULL_PATH, recipients=(sato,)))
    (mail,) = await Outside(tmp_path / "box").mails(10)
    assert (mail.subject, mail.sender, mail.recipients) == ("見積もり 件", "", (str(sato),))


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../../etc/passwd", "01j00000000000000a_0123456789abcdef.mailguard/../x", "a\0b", "*",
     "01j00000000000000a_0123456789abcdef.mailguard\n"],
)  # fmt: skip
async def test_only_our_names_are_looked_up(upstream: MailboxUpstream, tmp_path: Path, name: str) -> None:
    await upstream.relay(outgoing())
    with pytest.raises(KeyError):
        await Outside(tmp_path / "box").octets(name)


async def test_no_mailbox_yet_and_a_damaged_one(upstream: MailboxUpstream, tmp_path: Path) -> None:
    outside = Outside(tmp_path / "box")
    assert await outside.mails(10) == []
    await upstream.relay(outgoing())
    await upstream.relay(outgoing(message_id="01j00000000000000b"))
    (tmp_path / "box" / "envelopes" / "rubbish.json").write_text("{}")
    broken, whole = await outside.mails(10)
    (tmp_path / "box" / "envelopes" / f"{broken.name}.json").write_text('{"sender": 1}')
    assert await outside.mails(10) == [whole]
    (tmp_path / "box" / "new" / whole.name).unlink()
    assert await outside.mails(10) == []
    with pytest.raises(KeyError):
        await outside.octets(whole.name)


async def test_octets_that_nobody_judged_do_not_arrive(upstream: MailboxUpstream, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(MAIL)
    forged = Body(len(MAIL), hashlib.sha256(b"other").hexdigest(), path=tmp_path / "body")
    with pytest.raises(BodyCorrupt):
        await upstream.relay(outgoing(forged))
    bare = await upstream.relay(outgoing(b"Subject: x\n\nx\n"))
    assert {o.result for o in bare.values()} == {Result.FAILED}
    assert await Outside(tmp_path / "box").mails(10) == []
    assert not list((tmp_path / "box" / "tmp").iterdir())


async def test_a_disk_that_does_not_take_it_defers(tmp_path: Path) -> None:
    (tmp_path / "box").write_text("a file stands where the folder should be")
    upstream = MailboxUpstream(tmp_path / "box", lambda: NOW)
    outcomes = await upstream.relay(outgoing())
    assert {o.result for o in outcomes.values()} == {Result.DEFERRED}
    assert "mailbox" in str(await upstream.probe())


async def test_a_full_disk_defers(upstream: MailboxUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        outcomes = await upstream.relay(outgoing())
    assert {(o.result, o.text) for o in outcomes.values()} == {(Result.DEFERRED, "mailbox: No space left on device")}
    assert await Outside(tmp_path / "box").mails(10) == []
    assert {o.result for o in (await upstream.relay(outgoing())).values()} == {Result.RELAYED}
