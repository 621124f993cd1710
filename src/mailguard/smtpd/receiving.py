"""A message comes in, by DATA or by BDAT: its octets are read, and what became of it is said.

What a session knows (its visit, the transaction under way) lives here, beneath the verbs that begin one. The octets of
a message are never taken for commands: where their end is not known, the session ends. It trusts nothing that it reads.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any

from mailguard import events
from mailguard.mail import reply as replies
from mailguard.mail.reply import Reply
from mailguard.smtpd import data
from mailguard.smtpd.chunks import Chunks, pass_over
from mailguard.smtpd.commands import parse_bdat
from mailguard.smtpd.entrance import Entrance
from mailguard.smtpd.lines import Lines
from mailguard.smtpd.session import Transaction, Visit
from mailguard.smtpd.waiting import HangUp, Phase


class Receiving(Lines):
    """The part of a session that takes messages in."""

    def __init__(self, entrance: Entrance, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(entrance.limits, entrance.hostname, loop)
        self._entrance = entrance
        self._rules = entrance.handler
        self.visit = Visit(loop)

    @property
    def transaction(self) -> Transaction:
        transaction: Transaction = self.envelope
        return transaction

    def _create_session(self) -> Visit:
        return self.visit  # aiosmtpd asks once, when the connection is made

    def _create_envelope(self) -> Transaction:
        return Transaction()

    def reset(self) -> None:
        """Forget the transaction under way (RFC 5321 section 4.1.4)."""
        self.transaction.leave()
        self.envelope = self._create_envelope()

    def answer(self, reply: Reply) -> None:
        """Say it, and count it if it was the client's error."""
        if reply.code >= 500:
            self.visit.errors += 1
        self.say(reply)

    async def smtp_DATA(self, arg: Any) -> None:
        transaction = self.transaction
        reply = no_argument(arg, "DATA") or self._rules.may_send_data(transaction)
        if reply is replies.SEND_BODY:
            reply = transaction.begin() or reply
        self.answer(reply)
        if reply is not replies.SEND_BODY:
            return
        if not self.sent():
            await self.taken()
        self.phase = Phase.BODY
        taken = await self._message(transaction)
        self.phase = Phase.COMMIT
        await self._final_dot(taken)

    async def _message(self, transaction: Transaction) -> data.Taken:
        """The message that comes now, small and plain ones as soon as they are there. Raises HangUp for one without
        end.
        """
        if not self.at_hand:
            await self.some()
        if (found := data.taken_at_once(self.at_hand, self._limits, transaction.came)) is not None:
            taken, used = found
            self._used(used)
            return taken
        folder = self._entrance.spool_folder
        came, keep, sheet = transaction.came, transaction.keep, transaction.sheet
        taken = await data.take(self.read_block, self._limits, folder, came, keep, sheet)
        if taken.cut:
            raise HangUp(taken.refusal or replies.TRY_LATER)
        self.put_back(taken.rest)
        return transaction.counted(taken)

    async def _final_dot(self, taken: data.Taken) -> None:
        began, transaction = perf_counter(), self.transaction
        self.envelope = self._create_envelope()
        try:
            if taken.body is not None:
                reply = await self._rules.deliver(self.visit, transaction, taken.body)
            else:
                reply = taken.refusal or replies.TRY_LATER
                events.door_refused(f"message_{reply.code}_{reply.status}", self.visit.ip)
        finally:
            transaction.leave()
        if reply.accepted:
            self.visit.errors = self.visit.commands = 0
        else:  # its recipients were no flood, and are not one when it is gone; the refusal counts as an error
            self.visit.commands -= len(transaction.recipients)
        self.answer(reply)
        if not self.sent():
            await self.taken()
        events.dot_seconds.observe(perf_counter() - began)

    async def smtp_BDAT(self, arg: Any) -> None:
        chunk, transaction = parse_bdat(arg), self.transaction
        if chunk is None:  # its octets come without being asked for, and must not be read as commands
            raise HangUp(replies.CHUNK_UNKNOWN)
        if chunk.size > self._limits.discard_bytes:
            raise HangUp(replies.TOO_LARGE)
        await self.flush()
        self.phase = Phase.BODY
        if self._rules.may_send(transaction) is not None:
            await self._pass_over(chunk.size)
            return
        if transaction.chunks is None:
            folder = self._entrance.spool_folder
            came, keep, sheet = transaction.came, transaction.keep, transaction.sheet
            transaction.chunks = Chunks(self._limits, folder, came, keep, sheet)
            transaction.chunks.refuse(transaction.begin())
        refusal = await transaction.chunks.take(self.read_block, chunk.size)
        if chunk.last:
            taken, transaction.chunks = transaction.counted(await transaction.chunks.close()), None
            self.phase = Phase.COMMIT
            await self._final_dot(taken)
        elif refusal is not None:  # RFC 3030 section 2: what still comes of it belongs to nothing
            await self._final_dot(data.Taken(None, refusal))
        else:
            self.say(replies.CHUNK_TAKEN.with_text(f"{chunk.size} {replies.CHUNK_TAKEN.text}"))

    async def _pass_over(self, size: int) -> None:
        """A chunk of no message: pipelined behind a refusal. It is no further error of the client, but has an end."""
        self.visit.passed_over += size
        if self.visit.passed_over > self._limits.discard_bytes:
            raise HangUp(replies.CHUNK_LOST)
        await pass_over(self.read_block, size)
        self.say(replies.CHUNK_LOST)


def no_argument(argument: str, verb: str) -> Reply | None:
    """A refusal if there is an argument where none belongs."""
    return replies.SYNTAX.with_text(f"syntax error: {verb} takes no argument") if argument else None
