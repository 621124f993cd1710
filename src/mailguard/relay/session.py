"""An open connection to a next server between two transactions: what it offers, what it has carried, how it ends.

It trusts the greeting for what the server can. It says QUIT, never more: mail is `transaction`'s, and which session
carries it the pool's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from mailguard.relay.settings import Deadlines
from mailguard.relay.wire import Wire, WireError


def _clock() -> float:
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class Session:
    """An open connection, what it offers, and what it has carried. clock: the loop's; kept, since asyncio asks the
    system which process this is each time that the loop is looked for.
    """

    wire: Wire
    extensions: dict[str, str]
    deadlines: Deadlines
    carried: int = 0  # transactions begun
    idle_since: float = 0.0
    host: str = ""  # the server's name, for reports
    broken: bool = False  # to be closed after this
    clock: Callable[[], float] = _clock
    # Asked of each mail, and the same for all.
    pipelining: bool = field(init=False)
    size: bool = field(init=False)
    size_limit: int = field(init=False)  # octets that a mail may have; 0: not told (RFC 1870)
    eight_bit: bool = field(init=False)
    smtputf8: bool = field(init=False)
    dsn: bool = field(init=False)

    def __post_init__(self) -> None:
        said = self.extensions
        self.pipelining, self.size, self.dsn = "pipelining" in said, "size" in said, "dsn" in said
        self.eight_bit, self.smtputf8 = "8bitmime" in said, "smtputf8" in said
        limit = said.get("size", "")
        self.size_limit = int(limit) if limit.isascii() and limit.isdigit() else 0

    async def quit(self) -> None:
        """QUIT and close; waits but a moment for the answer. Never raises."""
        try:
            if self.wire.usable:
                self.wire.send(b"QUIT\r\n", replies=1)
                await self.wire.reply(self.deadlines.quit)
        except WireError:
            pass
        finally:
            self.wire.close()
