"""An open connection to a next server between two transactions: what it offers, what it has carried, how it ends.

It trusts the greeting for what the server can. It says QUIT, never more: mail is `transaction`'s, and which session
carries it the pool's.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.relay.settings import Deadlines
from mailguard.relay.wire import Wire, WireError


@dataclass(slots=True)
class Session:
    """An open connection, what it offers, and what it has carried."""

    wire: Wire
    extensions: dict[str, str]
    deadlines: Deadlines
    carried: int = 0  # transactions begun
    idle_since: float = 0.0
    host: str = ""  # the server's name, for reports
    broken: bool = False  # to be closed after this

    def offers(self, extension: str) -> bool:
        return extension in self.extensions

    @property
    def size_limit(self) -> int:
        """Octets that a mail may have; 0: not told (RFC 1870)."""
        limit = self.extensions.get("size", "")
        return int(limit) if limit.isascii() and limit.isdigit() else 0

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
