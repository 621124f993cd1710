"""The next servers, each asked as a mail would ask it, up to the login: no mail is sent.

All at once and each with its own patience, so that one that is silent does not hide what the others say. A remedy is
about what was seen, and names the setting. Secrets stand in no detail.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from dataclasses import replace

from mailguard.app.doctor.check import Check, bounded, failing, good, warning
from mailguard.app.tokens import ClientCredentials
from mailguard.config.load import Config
from mailguard.config.upstreams import upstreams
from mailguard.mail.saying import Sentence
from mailguard.policy.marks import Problems
from mailguard.relay.certificates import Certificates
from mailguard.relay.opening import CannotOpen, open_connection
from mailguard.relay.settings import Deadlines, UpstreamSettings

_DEADLINES = Deadlines(connect=5.0, greeting=10.0, hello=10.0)


async def next_servers(config: Config) -> list[Check]:
    """Whether each next server lets us in, and what it can take; those that stand in for it as well."""
    try:
        ways = upstreams(config).values()
    except Problems:
        return []
    size = config.settings.limits.message_size
    looks = [
        bounded(
            f"upstream {way.name}".rstrip(), _next_server(way.name, one, size),
            Sentence("{name} のログを確認してください。", "look at the log of {name}", name=one.name),
        )
        for way in ways
        for one in (way.settings, *way.fallback)
    ]  # fmt: skip
    return [check for found in await asyncio.gather(*looks) for check in found]


async def _next_server(way: str, settings: UpstreamSettings, size: int) -> Iterable[Check]:
    name = f"upstream {way}".rstrip()
    section = f"upstreams.{way}" if way else "upstream"
    if settings.scheme == "mailbox":
        said = Sentence("{name}: メールはどこにも送信されません。", "{name}: mail goes nowhere", name=settings.name)
        remedy = Sentence(
            "試用が終わったら {section}.url を設定してください。",
            "set {section}.url when you are done trying",
            section=section,
        )
        return [warning(name, said, remedy)]
    if settings.scheme == "mx":
        said = Sentence(
            "メールは宛先ドメインのサーバーへ直接送られます。受け取られるかどうかは相手側のサーバー次第です。",
            "each mail goes to its domain's own servers; whether they take it only they know",
        )
        return [good(name, said)]
    return await _asked(name, section, replace(settings, deadlines=_DEADLINES), size)


async def _asked(name: str, section: str, settings: UpstreamSettings, size: int) -> list[Check]:
    try:
        context = await Certificates(settings).context()
        tokens = None if settings.oauth is None else ClientCredentials(settings.oauth)
        opened = await open_connection(settings, context, tokens)
    except (CannotOpen, OSError) as error:
        return [failing(name, str(error), _remedy(section, settings, error))]
    opened.wire.send(b"QUIT\r\n", replies=1)
    opened.wire.close()
    offered = opened.extensions
    lacks = [one for one in ("8bitmime", "dsn", "smtputf8", "pipelining", "enhancedstatuscodes") if one not in offered]
    without = Sentence("非対応: {lacks}", "; without {lacks}", lacks=", ".join(lacks).upper()) if lacks else ""
    plain = settings.tls == "none" and not settings.implicit_tls
    tls = Sentence("暗号化なし", "in the clear") if plain else f"TLS {settings.tls}"
    said = Sentence(
        "{server} に接続できます({tls})。{without}", "{server} lets us in, {tls}{without}",
        server=settings.name, tls=tls, without=without,
    )  # fmt: skip
    found = [good(name, said)]
    limit = offered.get("size", "")
    if limit.isdigit() and 0 < int(limit) < size:
        said = Sentence(
            "{server} が受け取るメールは {limit:,} バイトまでですが、limits.message_size は {size:,} です。",
            "{server} takes mails up to {limit:,} octets, limits.message_size is {size:,}",
            server=settings.name, limit=int(limit), size=size,
        )  # fmt: skip
        remedy = Sentence(
            "limits.message_size を下げてください。そのままでは、大きなメールが数時間後に不達で戻ります。",
            "lower limits.message_size: else such a mail comes back hours later",
        )
        found.append(warning(name, said, remedy))
    if settings.tls in ("none", "opportunistic", "insecure") and not settings.is_loopback:
        said = Sentence(
            "{server}: tls: {tls} では、経路上での盗聴を防げません。",
            "{server}: tls: {tls} does not protect mail from who is on the wire",
            server=settings.name, tls=settings.tls,
        )  # fmt: skip
        remedy = Sentence("{section}.tls: required と書いてください。", "{section}.tls: required", section=section)
        found.append(warning(name, said, remedy))
    return found


def _remedy(section: str, settings: UpstreamSettings, error: BaseException) -> str:
    """What to do about this error, and no list of all that could be."""
    code = error.code if isinstance(error, CannotOpen) else None
    causes = list(_chain(error))
    place = f"{settings.host}:{settings.port}"
    if any(isinstance(one, socket.gaierror) for one in causes):
        return Sentence(
            "{section}.url(または fallback)には、このマシンで名前解決できる名前か、IP アドレスを書いてください。",
            "{section}.url (or its fallback): a name that the resolvers of this machine know, or an address",
            section=section,
        )
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in causes):
        return _about_certificate(section, settings, place)
    if any(isinstance(one, ssl.SSLError) for one in causes):
        return Sentence(
            "{place} のポートは正しいですか。smtps:// は最初から TLS(465)、smtp:// は途中から TLS(25、587)です。",
            "is {place} the right port? smtps:// has TLS from the first octet (465), smtp:// later (25, 587)",
            place=place,
        )
    if "STARTTLS" in str(error):
        return Sentence(
            "{place} で TLS を有効にするか、TLS に対応したポート、または smtps:// を使ってください。",
            "switch TLS on at {place}, take a port that has it, or smtps://",
            place=place,
        )
    if code is not None and "login" in str(error):
        return Sentence(
            "{section}.username と password(または oauth)を確認してください。{place} は SMTP "
            "でのログインを受け付けていますか。",
            "{section}.username and password (or oauth); does {place} take logins by SMTP at all?",
            section=section, place=place,
        )  # fmt: skip
    if code is not None:
        return Sentence(
            "{place} のサーバーで、このマシンからの接続を許可してください。拒否の理由はそのサーバーのログにあります。",
            "the server at {place} must let this machine in: its log says why it does not",
            place=place,
        )
    if "cannot connect" in str(error) or any(isinstance(one, OSError) for one in causes[1:]):
        return Sentence(
            "サーバーは起動していますか。{place} は正しいですか。間にファイアウォールはありませんか。"
            "このマシンからの確認: {tried}",
            "is the server up, is {place} right, is there a firewall between? From this machine: {tried}",
            place=place, tried=f"`curl -v smtp{'s' if settings.implicit_tls else ''}://{place}`",
        )  # fmt: skip
    return Sentence(
        "{place} で応答しているのは何ですか。{section}.url には SMTP サーバーを書いてください。",
        "what is it that answers at {place}? {section}.url names an SMTP server",
        place=place, section=section,
    )  # fmt: skip


def _about_certificate(section: str, settings: UpstreamSettings, place: str) -> str:
    name = settings.tls_name or settings.host
    start = "" if settings.implicit_tls else "-starttls smtp "
    return Sentence(
        "自社の認証局なら {section}.ca_file、証明書の名前が {name} と違うなら {section}.tls_name(fallback では "
        "URL の名前)を"
        "設定してください。証明書の確認: `{shows}`",
        "an authority of your own: {section}.ca_file; another name than {name}: {section}.tls_name, or for a fallback "
        "the name in its URL; `{shows}` shows it",
        section=section, name=name, shows=f"openssl s_client {start}-connect {place}",
    )  # fmt: skip


def _chain(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
