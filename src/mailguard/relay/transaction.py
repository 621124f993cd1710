"""One SMTP transaction on an open connection: the dialog carried over the wire, in a task or by the replies alone.

`transact` waits: it streams a mail of any size, a block at a time. `Prompt` is for a small mail in memory: the replies
drive it as they come, in the loop's own callbacks. Both carry the same `Dialog`, so that what a reply means is written
once. Neither retries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from mailguard.mail.address import Address
from mailguard.relay.content import BodyCorrupt, Seen, text
from mailguard.relay.dialog import OVER, TEXT, Attempt, Dialog
from mailguard.relay.session import Session
from mailguard.relay.upstream import Outgoing, deferred
from mailguard.relay.wire import Wire, WireError, WireReply

#: A prefix of this size waits for the first block, so that a small mail is one write.
_SMALL = 32 * 1024


async def transact(
    session: Session, outgoing: Outgoing, recipients: tuple[Address, ...], seen: Seen, until: float
) -> Attempt:
    """Offer the mail to `recipients`, not beyond `until` (the loop's clock). Each has an outcome or is `crowded`.

    Raises nothing but cancellation.
    """
    dialog, wire = Dialog(session, outgoing, recipients, seen), session.wire
    try:
        octets, replies = dialog.begin()
        wire.send(octets, replies=replies)
        while not dialog.is_over:
            if dialog.wants_text:
                await _send_text(dialog, wire, outgoing, session.deadlines.block, until)
            reply = await wire.reply(_left(dialog.patience, until))
            if more := dialog.heard(reply):
                wire.send(more, replies=1)
    except WireError as error:
        wire.fail(error)
        dialog.broke(error)
    except (BodyCorrupt, OSError) as error:
        # No dot goes out after this, so the server takes nothing.
        wire.fail(WireError("broken off by us"))
        why = str(error) if isinstance(error, BodyCorrupt) else f"stored octets cannot be read: {error.strerror}"
        dialog.broke(None, deferred(why))
    except BaseException:
        session.broken = True
        wire.fail(WireError("broken off by us"))
        raise
    return dialog.attempt


def _left(seconds: float, until: float) -> float:
    return max(0.0, min(seconds, until - asyncio.get_running_loop().time()))


async def _send_text(dialog: Dialog, wire: Wire, outgoing: Outgoing, patience: float, until: float) -> None:
    """Prefix and stored octets, then the dot. A short piece goes out with the next one."""
    waiting: list[bytes | memoryview] = []
    async for piece in text(outgoing.prefix, outgoing.body):
        if sum(map(len, waiting)) > _SMALL:
            dialog.text_begins()
            wire.send_pieces(waiting)
            await wire.drain(_left(patience, until))
            waiting = []
        waiting.append(piece)
    wire.send_end(waiting)
    dialog.text_ends()
    await wire.drain(_left(patience, until))


class Prompt:
    """One transaction with a mail in memory, driven by its replies. `ended` is called once, with what it came to."""

    __slots__ = ("_clock", "_dialog", "_ended", "_text", "_until", "_wire")

    def __init__(
        self,
        dialog: Dialog,
        wire: Wire,
        text: Sequence[bytes],
        until: float,
        ended: Callable[[Attempt], None],
        clock: Callable[[], float],
    ) -> None:
        """text: in pieces, stuffed, with its dot. clock: the loop's, as `until`."""
        self._dialog = dialog
        self._wire = wire
        self._text = text
        self._until = until
        self._ended = ended
        self._clock = clock

    def begin(self) -> None:
        """Say the first words. What comes of it is told later, never before this returns."""
        octets, replies = self._dialog.begin()
        wire = self._wire
        wire.listen(self)
        wire.send(octets, replies=replies)
        self.waits()

    def heard(self, reply: WireReply) -> None:
        """The wire has a reply."""
        dialog = self._dialog
        try:
            more, step = dialog.heard(reply), dialog.step
            if more:
                self._wire.send(more, replies=1)
            elif step is TEXT:
                self._wire.send_end(self._text)
                self._text = ()
                dialog.text_ends()
        except WireError as error:
            self.broke(error)
            return
        if step is OVER:
            self._wire.listen(None)
            self._ended(dialog.attempt)

    def waits(self) -> None:
        """Replies are still to come."""
        patience = self._dialog.patience
        self._wire.watch(min(self._until, self._clock() + patience), "no reply within", patience)

    def broke(self, error: WireError) -> None:
        """The connection ended."""
        self._wire.listen(None)
        self._wire.fail(error)
        self._dialog.broke(error)
        self._ended(self._dialog.attempt)
