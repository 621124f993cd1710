"""What the mailbox upstream has received, for people to look at: envelopes newest first, and the octets of one mail.

It reads what relay/mailbox.py wrote and changes nothing. Names come from a browser: only those that have our form are
looked up. What has been removed or damaged by others is left out of the list. All reading is done in threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mailguard.inspect.chars.words import decode_field
from mailguard.relay.mailbox import NAME, file_of

_HEADER_MAX = 64 * 1024
_SUBJECT = re.compile(rb"^subject:[ \t]*((?:[^\r\n]*\r\n[ \t])*[^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_LETTER = re.compile(rb"^x-mailguard-letter:", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class OutsideMail:
    """A mail that left: its name here, our message id, the envelope as the next server would have got it, when, how
    big.

    sender: "" for the null path. recipients: all of them, Bcc too. subject: decoded, "" if there is none. letter: from
    the null path, and marked as letters of the house are.
    """

    name: str
    message_id: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    received_at: datetime
    size: int
    letter: bool


class Outside:
    """The mailbox under `path`, which may not exist yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def mails(self, limit: int) -> list[OutsideMail]:
        """The newest mails, newest first."""
        return await asyncio.to_thread(newest, self._path, limit)

    async def octets(self, name: str) -> bytes:
        """One mail, as it went over the wire. Raises KeyError if the name is none of ours, or the mail is gone."""
        return await asyncio.to_thread(octets_of, self._path, name)


def newest(path: Path, limit: int) -> list[OutsideMail]:
    """`Outside.mails`; blocks."""
    found: list[OutsideMail] = []
    for _, name in sorted(_written(path / "envelopes"), reverse=True):
        if len(found) >= limit:
            break
        try:
            found.append(look_up(path, name))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def _written(envelopes: Path) -> Iterator[tuple[int, str]]:
    """When each envelope was written (ns), and its name. Not by the id in the name: that is when the mail was taken,
    and a mail that was held leaves after younger ones."""
    for entry in envelopes.glob("*.json"):
        if NAME.fullmatch(entry.stem):
            with contextlib.suppress(FileNotFoundError):
                yield entry.stat().st_mtime_ns, entry.stem


def octets_of(path: Path, name: str) -> bytes:
    """`Outside.octets`; blocks. Raises KeyError."""
    file = file_of(path, name)
    if file is None:
        raise KeyError(name)
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise KeyError(name) from error


def look_up(path: Path, name: str) -> OutsideMail:
    """One mail's envelope and subject; blocks. Raises KeyError, OSError, ValueError or TypeError."""
    file = file_of(path, name)
    if file is None:
        raise KeyError(name)
    kept = json.loads((path / "envelopes" / f"{name}.json").read_bytes())
    with file.open("rb") as mail:
        header = mail.read(_HEADER_MAX).partition(b"\r\n\r\n")[0]
    subject = _SUBJECT.search(header)
    return OutsideMail(
        name=name,
        message_id=str(kept["message_id"]),
        sender=str(kept["sender"]),
        recipients=tuple(map(str, kept["recipients"])),
        subject=decode_field(subject[1]) if subject else "",
        received_at=datetime.fromisoformat(kept["relayed_at"]),
        size=file.stat().st_size,
        letter=not kept["sender"] and _LETTER.search(header) is not None,
    )
