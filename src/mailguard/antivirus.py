"""The virus scanner next door: a mail's octets to ClamAV's daemon (INSTREAM), its answer to `Scanned`.

Trusts the daemon's address, which the administrator wrote, and nothing in its answer but the shape. Whatever goes wrong
(no daemon, too slow, mail too large for it, half an answer) is "not scanned" with the reason, never "clean" and never
an exception. Keeps nothing, decides nothing. An own client, since the kept library speaks TCP only and Debian's daemon
listens on a Unix socket. Source: clamd(8), section COMMANDS.
"""

from __future__ import annotations

import asyncio
import os
import re
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace

from mailguard.mail.facts import Facts, Finding, Scan
from mailguard.mail.message import Body
from mailguard.mail.saying import Sentence, reason_of

_CHUNK = 256 * 1024
_LONGEST_ANSWER = 4096
_FOUND = re.compile(r"stream: ([!-~]{1,200}) FOUND")
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class ClamdSettings:
    """Where the daemon listens (path of a Unix socket, or host and port); seconds for one mail; scans at a time."""

    path: str = ""
    host: str = ""
    port: int = 0
    seconds: float = 30.0
    at_once: int = 8


@dataclass(frozen=True, slots=True)
class Scanned:
    """said: what was found; viruses: their names, as the daemon has them; why: the reason of "not_scanned"."""

    said: Scan = ""
    viruses: tuple[str, ...] = ()
    why: str = ""

    def added_to(self, facts: Facts) -> Facts:
        """The facts with what the scanner said, and a finding where people must know."""
        findings = [Finding("infected", "mail", name) for name in self.viruses]
        if self.said == "not_scanned":
            findings.append(Finding("not_scanned", "mail", self.why))
        return replace(facts, scanned=self.said, viruses=self.viruses, findings=(*findings, *facts.findings))


class Clamd:
    """The client. `scan` from any number of tasks."""

    def __init__(self, settings: ClamdSettings) -> None:
        self._settings = settings
        self._free = asyncio.Semaphore(settings.at_once)

    async def scan(self, body: Body) -> Scanned:
        """Have a mail scanned. Never raises; takes `seconds` at most, waiting for a place included."""
        try:
            async with asyncio.timeout(self._settings.seconds), self._free:
                return _understood(await self._ask(body))
        except TimeoutError:
            late = Sentence(
                "{n:g} 秒以内に応答がありません。",
                "the scanner did not answer within {n:g} s",
                n=self._settings.seconds,
            )
            return Scanned("not_scanned", why=late)
        except (OSError, EOFError, ValueError) as error:
            number = error.errno if isinstance(error, OSError) else None
            # asyncio says in strerror where it called, which is in the settings.
            said = (
                reason_of(OSError(number, os.strerror(number))) if number else str(error)[:200] or type(error).__name__
            )
            return Scanned("not_scanned", why=Sentence("{said}", "the scanner cannot be asked: {said}", said=said))

    async def _ask(self, body: Body) -> str:
        reader, writer = await self._connected()
        try:
            # A daemon that has had enough answers and closes while we still send: its answer says why.
            with suppress(ConnectionError):
                writer.write(b"zINSTREAM\0")
                async for chunk in _chunks(body):
                    writer.writelines((_LENGTH.pack(len(chunk)), chunk))
                    await writer.drain()
                writer.write(_LENGTH.pack(0))
                await writer.drain()
            with suppress(ConnectionError):
                return (await reader.readuntil(b"\0"))[:-1].decode("ascii", "replace")
            raise ConnectionError("it closed the connection (larger than its StreamMaxLength?)")
        except asyncio.LimitOverrunError:
            raise ValueError("its answer is too long") from None
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        settings = self._settings
        if settings.path:
            return await asyncio.open_unix_connection(settings.path, limit=_LONGEST_ANSWER)
        return await asyncio.open_connection(settings.host, settings.port, limit=_LONGEST_ANSWER)


async def _chunks(body: Body) -> AsyncIterator[bytes]:
    """The octets in pieces; those of a file are read in a thread."""
    if (octets := body.in_memory) is not None:
        for start in range(0, len(octets), _CHUNK):
            yield bytes(octets[start : start + _CHUNK])
        return
    file = await asyncio.to_thread(body.open)
    try:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
    finally:
        file.close()


def _understood(answer: str) -> Scanned:
    """clamd answers "stream: OK", "stream: NAME FOUND", or something with ERROR at its end."""
    if answer == "stream: OK":
        return Scanned("clean")
    if found := _FOUND.fullmatch(answer):
        return Scanned("infected", (found.group(1),))
    return Scanned("not_scanned", why=Sentence("clamd の応答: {said}", "the scanner said: {said}", said=answer[:150]))
