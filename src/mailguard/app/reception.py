"""How the reception is opened: its desk, its ways in, the troubles it shows, its HTTP server; closed with the house.

Loaded by whoever has the console, and after the SMTP doors: it takes a third of a second.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from mailguard import __version__
from mailguard.app.accounts import Accounts, figure_room, monthly_room
from mailguard.app.chat import Bulletin
from mailguard.app.front import Reception
from mailguard.app.opening import runs
from mailguard.app.rooms import Rooms, ledger_path, utc_now
from mailguard.app.trial import Trials
from mailguard.app.ways import ways_in
from mailguard.config.load import Config
from mailguard.config.rooms import organization
from mailguard.config.upstreams import upstream
from mailguard.console.desk import Desk
from mailguard.console.settings import LOOPBACK, ConsoleSettings
from mailguard.inspect.workers import Readers
from mailguard.policy.rule import Policy
from mailguard.relay.outside import Outside
from mailguard.review.audits import AuditReview
from mailguard.review.quiet import Quiet
from mailguard.review.rules import RuleReview
from mailguard.rulebook import Rulebook
from mailguard.smtpd.auth import UserFile


async def open_reception(
    stack: AsyncExitStack,
    rooms: Rooms,
    readers: Readers,
    book: Rulebook,
    *,
    users: UserFile | None,
    ready: Callable[[], Awaitable[dict[str, str]]],
    sock: socket.socket | None,
) -> Reception:
    """It answers. users: the file of logins, one for both doors, and read anew for both. sock: at a port that was free,
    where none is named. Raises OSError, Problems.
    """
    bulletin = Bulletin(rooms.troubles, ledger_path(rooms.config).with_suffix(".lock"))
    runs(stack, bulletin.read(), "bulletin")
    config, company = rooms.config, organization(rooms.config)
    target, trials = upstream(config), Trials(config)
    figures, audits = figure_room(rooms, lambda: book.current().directory), AuditReview(rooms.db, now=utc_now)
    desk = Desk(
        settings=_settings(config),
        review=rooms.review,
        bulk=rooms.bulk,
        listing=rooms.listing,
        sent=rooms.sent,
        access=rooms.access,
        ways=ways_in(rooms, users),
        live=rooms.live,
        readers=readers,
        outside=Outside(target.path) if target.path else None,
        ready=ready,
        policy=lambda: describe(book.current()),
        refused=book.refused,
        troubles=lambda: [(one.name, one.reason) for one in bulletin()],
        rules=RuleReview(rooms.db, policy=book.current, organization=company, now=utc_now),
        trials=trials,
        absences=rooms.absences,
        incidents=rooms.incidents,
        figures=figures,
        audits=audits,
        quiet=Quiet(rooms.mutes, timezone=company.timezone, now=utc_now, noticed=lambda: rooms.hints.noticed()),
        directory=lambda: book.current().directory,
        now=utc_now,
        version=__version__,
    )
    accounts = Accounts(figures, audits, monthly_room(rooms, figures))
    reception = Reception(desk, config, trials=trials, accounts=accounts)
    await reception.start(sock)
    stack.push_async_callback(reception.stop)
    return reception


def _settings(config: Config) -> ConsoleSettings:
    networks = tuple(ipaddress.ip_network(one) for one in config.settings.metrics.networks)
    return ConsoleSettings(
        url=config.settings.console.url.rstrip("/"),
        organization=organization(config),
        metrics_networks=(*LOOPBACK, *networks),
    )


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
