"""The next server over SMTP: kept connections, one transaction a message, an outcome for each recipient.

It trusts the server's replies for what they say about a mail and for nothing else. A kept connection that turns out
to be stale is replaced once, at once, and only while the server has said nothing about the mail. It never retries
otherwise, never sends octets that differ from their digest, and leaves a server in peace that cannot be reached.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

from mailguard.mail.address import Address
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.saying import Sentence
from mailguard.relay.certificates import Certificates
from mailguard.relay.content import BareLineEnding, Seen, checked, in_pieces, is_as_judged, known, seen_in
from mailguard.relay.dialog import Attempt, Dialog, needs_smtputf8
from mailguard.relay.health import Health
from mailguard.relay.opening import CannotOpen, open_connection
from mailguard.relay.pool import Pool
from mailguard.relay.sasl import Tokens
from mailguard.relay.session import Session
from mailguard.relay.settings import UpstreamSettings
from mailguard.relay.transaction import Prompt, transact
from mailguard.relay.upstream import Ended, Outgoing, deferred, same_for_all, words
from mailguard.relay.wire import Wire, WireError

_NEEDS_SMTPUTF8 = Outcome(Result.FAILED, 553, "5.6.7 the next server does not take addresses beyond ASCII (SMTPUTF8)")
_HEADER_NEEDS_IT = Outcome(Result.FAILED, 554, "5.6.9 the next server does not take a header beyond ASCII (SMTPUTF8)")
#: Whoever asks whether the house is ready does not wait for minutes.
_PROBE_SECONDS = 10.0
#: The largest mail that is handed over in one write, without asking how fast the server reads, and to how many.
_PROMPT, _FEW = 2 * 2**20, 100
#: Our grammar has none in an address; a ledger that was tampered with must not slip a command in.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ADDRESS = Outcome(Result.FAILED, 553, "5.1.3 an address with control characters")
_BARE = Outcome(Result.FAILED, 554, "5.6.0 bare CR or LF in the message")


@dataclass(frozen=True, slots=True)
class Offer:
    """What one server said. unreached: of them it never heard, and `why`."""

    outcomes: dict[Address, Outcome]
    unreached: tuple[Address, ...] = ()
    why: Outcome = field(default_factory=lambda: deferred("not reached"))


class SmtpUpstream:
    """An `Upstream` (relay/upstream.py). All methods belong to one event loop."""

    def __init__(self, settings: UpstreamSettings, tokens: Tokens | None = None) -> None:
        """tokens: where one for `settings.oauth` comes from."""
        self._settings = settings
        self._tokens = tokens
        self._health = Health(settings.backoff_seconds, settings.backoff_limit_seconds)
        self._certificates = Certificates(settings)
        self._why = f"{self.name}: connections break off"  # the last reason for its being sick
        self._prompt: set[Wire] = set()  # that carry a mail without a task
        self._pool = Pool(
            self._open,
            size=settings.connections,
            carry=settings.messages_per_connection,
            idle_seconds=settings.idle_seconds,
        )

    @property
    def name(self) -> str:
        return self._settings.name

    async def relay(self, outgoing: Outgoing) -> dict[Address, Outcome]:
        """One try; every recipient has an outcome. Raises BodyCorrupt or OSError if our own octets are damaged."""
        offer = await self.offer(outgoing)
        return offer.outcomes | same_for_all(offer.unreached, offer.why)

    async def offer(self, outgoing: Outgoing, until: float | None = None) -> Offer:
        """The same, with those told apart of whom the server never heard; not beyond `until` (the loop's clock). Raises
        as `relay` does.
        """
        if (rest := self.ready_in()) > 0:
            return Offer({}, outgoing.recipients, deferred(f"{self.name} cannot be reached; left for {rest:.0f} s"))
        body = outgoing.body
        try:
            seen = await (known(body) if outgoing.known and body.in_memory is not None else checked(body))
        except BareLineEnding:
            return Offer(same_for_all(outgoing.recipients, _BARE))
        return await self._offer(outgoing, seen, self.until() if until is None else until)

    def hand(self, outgoing: Outgoing, ended: Ended) -> bool:
        """Begin to relay a small mail in memory over a kept connection, if one is idle (relay/upstream.py). Whatever is
        out of the ordinary is left to `relay`.
        """
        octets = outgoing.body.octets
        if octets is None or len(octets) > _PROMPT or len(outgoing.recipients) > _FEW or self.ready_in() > 0:
            return False
        if not (outgoing.known or is_as_judged(outgoing.body)):
            return False
        try:
            seen = seen_in(octets, plain=outgoing.known and outgoing.body.plain)
        except BareLineEnding:
            return False
        session = self._pool.take_kept()
        if session is None:
            return False
        if _refused_here(session, outgoing, outgoing.recipients, seen):
            self._pool.give_back(session)
            return False
        self._begin(session, outgoing, Dialog(session, outgoing, outgoing.recipients, seen), ended)
        return True

    def _begin(self, session: Session, outgoing: Outgoing, dialog: Dialog, ended: Ended) -> None:
        assert outgoing.body.octets is not None
        clock = session.clock
        began = clock()

        def came_back(attempt: Attempt) -> None:
            self._prompt.discard(session.wire)
            self._pool.give_back(session)
            if attempt.stale:  # one more try, on a new connection, says how the server is
                ended({}, outgoing.recipients)
                return
            self._heard_of(attempt, began)
            ended(attempt.outcomes, attempt.crowded)

        self._prompt.add(session.wire)
        until = began + self._settings.deadlines.transaction
        text = in_pieces(outgoing.prefix, outgoing.body.octets)
        Prompt(dialog, session.wire, text, until, came_back, clock).begin()

    def until(self) -> float:
        """When a try that begins now has to be over: its lease is a little longer."""
        return _now() + self._settings.deadlines.transaction

    def ready_in(self) -> float:
        """Seconds until a try makes sense."""
        return self._health.ready_in(_now()) if self._health.rests else 0.0

    @property
    def is_well(self) -> bool:
        """Whether it answered when it was last asked."""
        return self._health.is_well

    def capacity(self) -> int:
        """How many tries at a time make sense now; one until a server that was away has answered."""
        if self.ready_in() > 0:
            return 0
        return self._pool.size if self._health.is_well else 1

    async def probe(self) -> str | None:
        """None if the server lets us in, else why not. A sick server is not asked again before its peace is over."""
        if self.ready_in() > 0:
            return self._why
        if self._pool.is_busy:
            return None
        try:
            session = await self._session(fresh=False, until=_now() + _PROBE_SECONDS)
        except CannotOpen as error:
            return str(error)
        self._pool.give_back(session)
        return None

    async def close(self) -> None:
        for wire in [*self._prompt]:
            wire.fail(WireError("broken off by us"))
        await self._pool.close()

    async def _offer(self, outgoing: Outgoing, seen: Seen, until: float) -> Offer:
        """As many transactions as the server's appetite for recipients makes necessary (RFC 5321 section
        4.5.3.1.10).
        """
        outcomes: dict[Address, Outcome] = {}
        left, most = outgoing.recipients, len(outgoing.recipients)
        cut: Outcome | None = None
        while left:
            try:
                attempt = await self._try_once(outgoing, left[:most], seen, until)
            except CannotOpen as error:
                return Offer(outcomes, left, deferred(str(error), code=error.code, about_us=error.about_us))
            outcomes.update(attempt.outcomes)
            # Fewer than before: at least one was accepted, or is not asked for any more; or fewer at a time.
            left = attempt.crowded + left[most:]
            most = attempt.fits or most
            hung_up = attempt.lost or any(said.code == 421 for said in attempt.outcomes.values())
            if hung_up and cut is not None:  # whoever is asked for
                return Offer(outcomes | same_for_all(left, attempt.cut or cut))
            cut = cut or attempt.cut
        return Offer(outcomes)

    async def _try_once(self, outgoing: Outgoing, left: tuple[Address, ...], seen: Seen, until: float) -> Attempt:
        """One transaction; once more on a new connection if a kept one was stale. Raises CannotOpen."""
        attempt = Attempt()
        for fresh in (False, True):
            session = await self._session(fresh=fresh, until=until)
            try:
                attempt = await self._transact(session, outgoing, left, seen, until)
            finally:
                self._pool.give_back(session)
            if not attempt.stale:
                break
        return attempt

    async def _transact(
        self, session: Session, outgoing: Outgoing, left: tuple[Address, ...], seen: Seen, until: float
    ) -> Attempt:
        refused = _refused_here(session, outgoing, left, seen)
        offered = tuple(a for a in left if a not in refused)
        began = _now()
        attempt = await transact(session, outgoing, offered, seen, until) if offered else Attempt()
        attempt.outcomes.update(refused)
        if offered and not attempt.stale:
            self._heard_of(attempt, began)
        return attempt

    def _heard_of(self, attempt: Attempt, began: float) -> None:
        if attempt.lost:
            self._health.broke_off(began, _now())
        else:
            self._health.answered()

    async def _session(self, *, fresh: bool, until: float) -> Session:
        """A session of the pool. A server that puts a further connection off while it serves others of ours is not ill:
        one of those will do.
        """
        began, put_off = _now(), False
        while True:
            try:
                async with asyncio.timeout_at(until):
                    return await self._pool.take(fresh=fresh)
            except CannotOpen as error:
                if 400 <= (error.code or 0) < 500 and self._pool.narrow():
                    put_off, fresh = True, False
                    continue
                self._health.unreachable(began, _now())
                self._why = str(error)
                raise
            except TimeoutError:
                why = f"{self.name}: no connection in time"
                if not put_off:
                    self._health.unreachable(began, _now())
                    self._why = why
                raise CannotOpen(why) from None

    async def _open(self) -> Session:
        if self.ready_in() > 0:  # whoever waited for a place has heard by now how it is
            raise CannotOpen(self._why)
        try:
            context = await self._certificates.context()
        except OSError as error:
            why = error.strerror or str(error)
            unusable = Sentence(
                "upstream の ca_file、certificate、key のいずれかを使えません: {why}",
                "upstream ca_file, certificate or key cannot be used: {why}",
                why=why,
            )
            raise CannotOpen(unusable, about_us=True) from error
        opened = await open_connection(self._settings, context, self._tokens)
        clock = asyncio.get_running_loop().time
        return Session(opened.wire, opened.extensions, self._settings.deadlines, host=self._settings.host, clock=clock)


def _refused_here(
    session: Session, outgoing: Outgoing, left: tuple[Address, ...], seen: Seen
) -> dict[Address, Outcome]:
    """What the server has told us beforehand that it will not take, and what no command may carry."""
    if _has_controls(str(outgoing.sender)):
        return same_for_all(left, _BAD_ADDRESS)
    unsafe = {address: _BAD_ADDRESS for address in left if _has_controls(str(address))}
    limit = session.size_limit
    if limit and outgoing.size > limit:  # RFC 1870 section 6.1
        text = f"5.3.4 message of {outgoing.size} octets; the next server takes {limit}"
        return same_for_all(left, Outcome(Result.FAILED, 552, words(text)))
    if session.smtputf8:
        return unsafe
    refused = unsafe | {address: _NEEDS_SMTPUTF8 for address in left if address.needs_smtputf8}
    if needs_smtputf8(outgoing, (), seen):  # RFC 6531 section 3.5: which of both it is
        sender = outgoing.sender.mailbox
        of_sender = sender is not None and sender.needs_smtputf8
        return same_for_all(left, _NEEDS_SMTPUTF8 if of_sender else _HEADER_NEEDS_IT) | refused
    return refused


def _has_controls(address: str) -> bool:
    return not address.isprintable() and _CONTROLS.search(address) is not None


def _now() -> float:
    return asyncio.get_running_loop().time()
