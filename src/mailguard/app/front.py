"""How the doors are put together from the settings: the SMTP listeners, and the reception with its HTTP server.

uvicorn runs inside our loop: it gets a bound socket from us, no signal handlers, and is told when to end.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import uvicorn

from mailguard import __version__
from mailguard.access import Ways
from mailguard.app.accounts import Accounts, monthly_room
from mailguard.app.callers import Caller
from mailguard.app.rooms import Rooms, utc_now
from mailguard.app.trial import Trials
from mailguard.config.rooms import organization
from mailguard.config.upstreams import upstream
from mailguard.console.app import build
from mailguard.console.settings import LOOPBACK, ConsoleSettings
from mailguard.inspect.workers import Readers
from mailguard.mail.directory import NOBODY
from mailguard.policy.rule import Policy
from mailguard.relay.outside import Outside
from mailguard.review.audits import AuditReview
from mailguard.review.figures import FigureReview
from mailguard.review.quiet import Quiet
from mailguard.review.rules import RuleReview
from mailguard.store.troubles import Trouble

_BACKLOG = 256
_STOP_SECONDS = 5


class Reception:
    """Pages and API on their port."""

    def __init__(
        self,
        rooms: Rooms,
        readers: Readers,
        *,
        ways: Ways,
        ready: Callable[[], Awaitable[dict[str, str]]],
        policy: Callable[[], Policy] | None,
        refused: Callable[[], Sequence[str]] = tuple,
        troubles: Callable[[], Sequence[Trouble]] = tuple,
    ) -> None:
        config = rooms.config
        target = upstream(config)
        # Without this, a company behind one TLS proxy would share one address, and so one limit of wrong codes.
        proxies = list(config.settings.console.trusted_proxies)
        networks = tuple(ipaddress.ip_network(one) for one in config.settings.metrics.networks)
        settings = ConsoleSettings(
            url=config.settings.console.url.rstrip("/"),
            organization=organization(config),
            metrics_networks=(*LOOPBACK, *networks),
        )
        self._trials = Trials(config)
        self._rules = _rules(rooms, policy) if policy else None
        figures, audits = figure_room(rooms, policy), AuditReview(rooms.db, now=utc_now)
        self._accounts = Accounts(figures, audits, monthly_room(rooms, figures))
        app = build(
            settings,
            review=rooms.review,
            bulk=rooms.bulk,
            listing=rooms.listing,
            sent=rooms.sent,
            access=rooms.access,
            ways=ways,
            live=rooms.live,
            readers=readers,
            outside=Outside(target.path) if target.path else None,
            ready=ready,
            policy=(lambda: describe(policy())) if policy else None,
            refused=refused,
            troubles=lambda: [(one.name, one.reason) for one in troubles()],
            rules=self._rules,
            trials=self._trials,
            absences=rooms.absences,
            incidents=rooms.incidents,
            figures=figures,
            audits=audits,
            quiet=quiet_room(rooms),
            now=utc_now,
            version=__version__,
        )
        self._live = rooms.live
        self._address = config.settings.console.address
        self._url = settings.url
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=Caller,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=bool(proxies),
                forwarded_allow_ips=proxies,
                timeout_graceful_shutdown=_STOP_SECONDS,
                ws="none",
            )
        )
        # Signals are the house's: it closes the doors in order.
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[assignment]
        self._task: asyncio.Task[None] | None = None
        self.port = 0

    async def adopt(self) -> None:
        """Remember since when the rules in force are as they are."""
        if self._rules is not None:
            await self._rules.adopt()

    async def start(self) -> None:
        """Listen. Raises OSError for an address that cannot be had."""
        host, _, port = self._address.rpartition(":")
        family = socket.AF_INET6 if ":" in host.strip("[]") else socket.AF_INET
        sock = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=_BACKLOG)
        self.port = sock.getsockname()[1]
        self._accounts.start()
        self._task = asyncio.create_task(self._server.serve(sockets=[sock]), name="reception")
        # The socket takes connections already; uvicorn answers them as soon as its task runs.
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        """What people open."""
        return self._url

    async def stop(self) -> None:
        """End open streams first, then let requests under way finish."""
        self._live.close()
        await self._trials.stop()
        await self._accounts.stop()
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.wait([self._task], timeout=2 * _STOP_SECONDS)


def quiet_room(rooms: Rooms) -> Quiet:
    """Where people ask for peace from letters."""
    company = organization(rooms.config)
    return Quiet(rooms.mutes, timezone=company.timezone, now=utc_now, noticed=lambda: rooms.hints.noticed())


def _rules(rooms: Rooms, policy: Callable[[], Policy]) -> RuleReview:
    return RuleReview(rooms.db, policy=policy, organization=organization(rooms.config), now=utc_now)


def figure_room(rooms: Rooms, policy: Callable[[], Policy] | None) -> FigureReview:
    """The figures, by the groups of the policy in force."""
    kept = timedelta(seconds=rooms.config.settings.store.retention.metadata)
    people = (lambda: NOBODY) if policy is None else (lambda: policy().directory)
    return FigureReview(rooms.db, directory=people, organization=organization(rooms.config), now=utc_now, kept=kept)


def describe(policy: Policy) -> dict[str, object]:
    """The active policy as `GET /api/v1/policy` shows it."""
    rules = [
        {
            "id": rule.id,
            "mode": rule.mode,
            "group_modes": dict(rule.group_modes),
            "disposition": rule.disposition.word,
            "because": {"ja": rule.because.ja, "en": rule.because.en} if rule.because else None,
        }
        for rule in policy.rules
    ]
    return {"policy": policy.hash, "rules": rules}
