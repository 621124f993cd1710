"""More processes at the SMTP ports: children that take mail in on the same ports and the same ledger (`--workers N`).

The first process sorts, writes letters and shows the console; a child stands at the door and relays at once what it
took; one more has the model of who writes to whom, so that whoever asks it waits for no mail of its own. A child that
dies is replaced after a pause, and its leases end; all end with the house, also when it is killed: their stdin ends
then. What a child counts it says on its stdout, a line of JSON now and then; nothing else comes there.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Sequence
from typing import Any

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
        async with _until_left([self._keep_one(number) for number in range(1, self._count + 1)]):
            yield

    @contextlib.asynccontextmanager
    async def with_model(self) -> AsyncIterator[None]:
        """One more runs while the block lasts, and has the model: longer than any door is open, since mail at the doors
        waits for it.
        """
        async with _until_left([self._keep_model()] if self._count else []):
            yield

    def reload(self) -> None:
        """What the first process reads anew, they do too: one that is just starting once it is there, since the signal
        would end it before.
        """
        self._unheard = dict.fromkeys(self._unheard, True)
        for child in self._running:
            _read_anew(child)

    async def _keep_one(self, number: int) -> None:
        """A door."""
        while True:
            place = Place(number, self._count + 1, secrets.token_hex(8))
            doors, inherited = self._abreast().for_child(number)
            arguments = ["--role", "smtp", "--doors", doors]
            if self._ended is not None:
                arguments += ["--place", str(place)]
            try:
                status = await self._until_ended(place.owner, arguments, inherited)
            except OSError as error:  # no memory, no descriptors: perhaps a little later
                events.fault("smtpd", error)
            else:
                events.door_ended(status)
                if self._ended is not None:
                    await self._ended(place.owner)
            finally:
                self._abreast().ended(number)
            await asyncio.sleep(_PAUSE)

    async def _keep_model(self) -> None:
        """The process that has the model."""
        while True:
            try:
                status = await self._until_ended(secrets.token_hex(8), ["--model"], role=True)
            except OSError as error:
                events.fault("insight", error)
            else:
                events.model_ended(status)
            await asyncio.sleep(_PAUSE)

    async def _until_ended(
        self, owner: str, arguments: Sequence[str], inherited: Collection[int] = (), *, role: bool = False
    ) -> int:
        """Start a child, hear what it counts (`Whole.hear`), and see it end. Returns its status. Raises OSError."""
        child = await self._started(arguments, inherited)
        self._unheard[child] = False
        try:
            await self._listen(child, owner, role=role)
            return await child.wait()
        except asyncio.CancelledError:
            if role:
                assert child.stdin is not None
                child.stdin.close()  # it ends by nothing else
            else:
                with contextlib.suppress(ProcessLookupError):
                    child.terminate()
            await self._listen(child, owner, role=role)
            await child.wait()
            raise
        finally:
            self._running.discard(child)
            self._unheard.pop(child, None)
            WHOLE.ended(owner)

    async def _started(self, given: Sequence[str], inherited: Collection[int]) -> asyncio.subprocess.Process:
        arguments = ["serve", *given, "--log-format", "json"]
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

    async def _listen(self, child: asyncio.subprocess.Process, owner: str, *, role: bool) -> None:
        """Hear what it counted, until it ends."""
        assert child.stdout is not None
        with contextlib.suppress(ValueError):  # a line without end: its figures are lost, not its mail
            while line := await child.stdout.readline():
                self._heard(child)
                WHOLE.hear(owner, line, role=role)
            return
        while await child.stdout.read(2**16):
            pass

    def _heard(self, child: asyncio.subprocess.Process) -> None:
        """It is there."""
        if child in self._unheard:
            self._running.add(child)
            if self._unheard.pop(child):
                _read_anew(child)


@contextlib.asynccontextmanager
async def _until_left(keeping: Sequence[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one) for one in keeping]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_GRACE)


def _read_anew(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(signal.SIGHUP)
