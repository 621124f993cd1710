"""More processes at the SMTP ports: children that take mail in on the same ports and the same ledger (`--workers N`).

The first process sorts, writes letters and shows the console; a child stands at the door and relays at once what it
took. A child that dies is replaced after a pause, and its leases end; all end with the house, also when it is killed:
their stdin ends then. What a child counts it says on its stdout, a line of JSON now and then; nothing else comes there.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

from mailguard import events
from mailguard.app.beside import Place
from mailguard.config.load import Config
from mailguard.events.whole import WHOLE
from mailguard.smtpd.abreast import Abreast

_PAUSE = 2.0
_GRACE = 60.0
#: Octets of one line of figures.
_LINE = 2**22


class Children:
    """`count` more processes at the doors. ended: told whose leases nobody works on any more; None: they relay
    nothing. abreast: the doors, which are open while they run.
    """

    def __init__(
        self,
        config: Config,
        count: int,
        ended: Callable[[str], Awaitable[None]] | None,
        abreast: Callable[[], Abreast],
    ) -> None:
        self._config = config
        self._count = count
        self._abreast = abreast
        self._ended = ended
        self._running: set[asyncio.subprocess.Process] = set()
        #: Those that have said nothing yet, and whether they are to read anew what they may have read already.
        self._unheard: dict[asyncio.subprocess.Process, bool] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """They run while the block lasts."""
        numbers = range(1, self._count + 1)
        tasks = [asyncio.create_task(self._keep_one(number), name=f"door {number}") for number in numbers]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks, timeout=_GRACE)

    def reload(self) -> None:
        """What the first process reads anew, they do too: one that is just starting once it is there, since the signal
        would end it before.
        """
        self._unheard = dict.fromkeys(self._unheard, True)
        for child in self._running:
            _read_anew(child)

    async def _keep_one(self, number: int) -> None:
        while True:
            place = Place(number, self._count + 1, secrets.token_hex(8))
            try:
                child = await self._started(place)
            except OSError as error:  # no memory, no descriptors: perhaps a little later
                events.fault("smtpd", error)
                await asyncio.sleep(_PAUSE)
                continue
            self._unheard[child] = False
            try:
                await self._listen(child, place.owner)
                await child.wait()
            except asyncio.CancelledError:
                with contextlib.suppress(ProcessLookupError):
                    child.terminate()
                await self._listen(child, place.owner)
                await child.wait()
                raise
            finally:
                self._running.discard(child)
                self._unheard.pop(child, None)
                self._abreast().ended(number)
                WHOLE.ended(place.owner)
            events.door_ended(child.returncode or 0)
            if self._ended is not None:
                await self._ended(place.owner)
            await asyncio.sleep(_PAUSE)

    async def _started(self, place: Place) -> asyncio.subprocess.Process:
        doors, inherited = self._abreast().for_child(place.number)
        arguments = ["serve", "--role", "smtp", "--doors", doors, "--log-format", "json"]
        if self._ended is not None:
            arguments += ["--place", str(place)]
        if not self._config.tryout:
            arguments += ["--config", self._config.source]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "mailguard",
            *arguments,
            stdin=asyncio.subprocess.PIPE,  # never written to: it ends when we do, however we end
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE,
            pass_fds=inherited,
        )

    async def _listen(self, child: asyncio.subprocess.Process, owner: str) -> None:
        """Hear what it counted, until it ends."""
        assert child.stdout is not None
        with contextlib.suppress(ValueError):  # a line without end: its figures are lost, not its mail
            while line := await child.stdout.readline():
                self._heard(child)
                WHOLE.hear(owner, line)
            return
        while await child.stdout.read(2**16):
            pass

    def _heard(self, child: asyncio.subprocess.Process) -> None:
        """It is there."""
        if child in self._unheard:
            self._running.add(child)
            if self._unheard.pop(child):
                _read_anew(child)


def _read_anew(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(signal.SIGHUP)
