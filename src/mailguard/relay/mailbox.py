"""A Maildir in place of a next server, for trying out: what leaves the house lands here and can be looked at.

The mail lies in `new/` with exactly the octets that would have gone over the wire; the envelope (sender and real
recipients, Bcc too) lies beside it in `envelopes/`, because not a byte of the mail may change. A mail that is tried
twice to the same recipients lies here once. It trusts the disk only after fsync: RELAYED means that a power cut loses
nothing. Files are written and read in threads; names that come from outside are checked before they touch the disk.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from mailguard.mail.address import Address
from mailguard.mail.outcome import Outcome, Result
from mailguard.relay.content import BLOCK, BareLineEnding, Scan
from mailguard.relay.upstream import Outgoing, deferred, same_for_all

_FOLDERS = ("tmp", "new", "cur", "envelopes")
#: message-id_recipients.mailguard: unique and sorted by time; no slash, no colon, no leading dot, as Maildir wants it.
NAME = re.compile(r"[0-9a-z]{18}_[0-9a-f]{16}\.mailguard")
#: So many mails at once; each keeps one thread busy.
_AT_ONCE = 4


class MailboxUpstream:
    """An `Upstream` (relay/upstream.py) that keeps what it is given under `path`."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._places = asyncio.Semaphore(_AT_ONCE)

    @property
    def name(self) -> str:
        return f"mailbox:{self._path}"

    async def relay(self, outgoing: Outgoing) -> dict[Address, Outcome]:
        """Keep the mail. Every recipient has an outcome. Raises BodyCorrupt; nothing for what the disk does."""
        try:
            async with self._places:
                await asyncio.to_thread(_keep, self._path, outgoing, self._now())
        except BareLineEnding:
            outcome = Outcome(Result.FAILED, 554, "5.6.0 bare CR or LF in the message")
        except OSError as error:
            outcome = deferred(f"mailbox: {error.strerror or type(error).__name__}")
        else:
            outcome = Outcome(Result.RELAYED, 250, "2.0.0 kept in the mailbox")
        return same_for_all(outgoing.recipients, outcome)

    @property
    def is_well(self) -> bool:
        return True

    def ready_in(self) -> float:
        return 0.0

    def capacity(self) -> int:
        return _AT_ONCE

    async def probe(self) -> str | None:
        """None if the folder can be written to, else why not."""
        try:
            await asyncio.to_thread(_prepare, self._path)
        except OSError as error:
            return f"{self.name}: {error.strerror or type(error).__name__}"
        return None if os.access(self._path / "new", os.W_OK) else f"{self.name}: may not be written to"

    async def close(self) -> None:
        """Nothing is kept open."""


def file_of(path: Path, name: str) -> Path | None:
    """Where a mail lies: new, or in cur (perhaps with flags) if a mail reader has seen it. None: there is none."""
    if not NAME.fullmatch(name):
        return None
    fresh = path / "new" / name
    if fresh.is_file():
        return fresh
    return next(iter((path / "cur").glob(f"{name}*")), None)


def _prepare(path: Path) -> None:
    for folder in _FOLDERS:
        (path / folder).mkdir(parents=True, exist_ok=True, mode=0o700)


def _keep(path: Path, outgoing: Outgoing, at: datetime) -> None:
    """Mail and envelope on disk, whole and synced, the mail last: it is there only with its envelope."""
    _prepare(path)
    recipients = [str(a) for a in outgoing.recipients]
    whom = hashlib.sha256("\n".join(sorted(recipients)).encode()).hexdigest()[:16]
    name = f"{outgoing.message_id}_{whom}.mailguard"
    if file_of(path, name) is not None:
        return  # tried before, and only the answer was lost
    envelope = {
        "message_id": outgoing.message_id,
        "sender": str(outgoing.sender),
        "recipients": recipients,
        "relayed_at": at.isoformat(),
    }
    mail = _write(path / "tmp" / name, _octets(outgoing))
    beside = _write(path / "tmp" / f"{name}.json", iter([json.dumps(envelope, ensure_ascii=False).encode()]))
    beside.rename(path / "envelopes" / beside.name)
    _sync(path / "envelopes")
    mail.rename(path / "new" / name)
    _sync(path / "new")


def _octets(outgoing: Outgoing) -> Iterator[bytes]:
    """Prefix and body in blocks; raises BodyCorrupt or BareLineEnding before the mail can be moved to its place."""
    yield outgoing.prefix
    body, scan = outgoing.body, Scan()
    if body.octets is not None:
        scan.feed(body.octets)
        yield body.octets
    else:
        with body.open() as file:
            while block := file.read(BLOCK):
                scan.feed(block)
                yield block
    scan.finish(body)


def _write(file: Path, blocks: Iterator[bytes]) -> Path:
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:  # noqa: PTH123 - by handle
            for block in blocks:
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return file


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
