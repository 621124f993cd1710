"""How the way to a next server is put together from its settings: one server, several that stand in for each other, the
servers of each domain, or a mailbox.
"""

from __future__ import annotations

from mailguard.app.rooms import utc_now
from mailguard.app.tokens import ClientCredentials
from mailguard.config.upstreams import Way
from mailguard.relay.chain import Chain
from mailguard.relay.mailbox import MailboxUpstream
from mailguard.relay.mx import MxUpstream
from mailguard.relay.pace import Paced
from mailguard.relay.smtp import SmtpUpstream
from mailguard.relay.upstream import Upstream
from mailguard.resolver import Resolver, ResolverSettings


def back_door(way: Way, asked: ResolverSettings) -> Upstream:
    """The upstream of a way. asked: who is asked for the servers of a domain."""
    made = _unpaced(way, asked)
    return made if way.rate is None else Paced(made, way.rate)


def _unpaced(way: Way, asked: ResolverSettings) -> Upstream:
    settings = way.settings
    if settings.scheme == "mailbox":
        assert settings.path is not None
        return MailboxUpstream(settings.path, utc_now)
    if settings.scheme == "mx":
        return MxUpstream(settings, Resolver(asked))
    tokens = None if settings.oauth is None else ClientCredentials(settings.oauth)
    servers = [SmtpUpstream(one, tokens) for one in (settings, *way.fallback)]
    return Chain(servers) if way.fallback else servers[0]
