"""Opens one connection to the upstream by aiosmtplib (TCP, greeting, TLS, EHLO, AUTH) and hands it to our Wire.

It relies on aiosmtplib's public face only: `SMTP(sock=..., ...)`, `connect`, `ehlo`, `helo`, `starttls`, `login`,
`esmtp_extensions`, `transport`, `close`. It trusts no certificate that was not asked to be trusted, sends no password
without TLS (settings see to that, and `_logged_in` once more), and falls back to nothing weaker than what was set.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
from dataclasses import dataclass, replace
from typing import cast

import aiosmtplib

from mailguard.mail.saying import Sentence, in_both, reason_of
from mailguard.relay.dialing import dial
from mailguard.relay.names import Row
from mailguard.relay.sasl import NoToken, Tokens, by_token
from mailguard.relay.settings import UpstreamSettings
from mailguard.relay.upstream import words
from mailguard.relay.wire import Wire

_CLOSED = Sentence("サーバーが接続を切りました。", "connection closed by the server")
_LATE = Sentence("時間内に応答がありません。", "timed out")
_NO_PASSWORD = Sentence("TLS なしではパスワードを送りません。", "no password without TLS")


class CannotOpen(Exception):
    """No session can be had with the upstream now; the message says why (no secrets). `code`: SMTP code if there was
    one. about_us: it refuses us, or we it, and goes on so until somebody changes a setting here or there.
    """

    def __init__(self, why: str, code: int | None = None, *, about_us: bool = False) -> None:
        super().__init__(in_both(why, words))
        self.code = code
        self.about_us = about_us or (code is not None and code >= 500)


class _NotIn(CannotOpen):
    """We were heard, and did not get in by our login: so it is at all addresses of the server."""


class _NoTls(Exception):
    """STARTTLS was offered, and came to nothing, where TLS is not asked for."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open connection and what the server offers: keyword in lower case -> its parameters."""

    wire: Wire
    extensions: dict[str, str]


async def open_connection(
    settings: UpstreamSettings, context: ssl.SSLContext | None, tokens: Tokens | None = None
) -> Opened:
    """A connection on which MAIL can be said. context: of its Certificates; tokens: where one for oauth comes from.

    `opportunistic` (RFC 7435) goes on in the clear, on a new connection, where STARTTLS fails or is silent, as where
    it is not offered: who could break it could as well take it out of the offer, and mail for a server with broken TLS
    would never leave. Raises CannotOpen.
    """
    try:
        return await _opened(settings, context, tokens)
    except _NoTls:
        return await _opened(replace(settings, tls="none"), None, tokens)


async def _opened(settings: UpstreamSettings, context: ssl.SSLContext | None, tokens: Tokens | None) -> Opened:
    """`open_connection`, and _NoTls. A server that answers and turns us away is asked at its other addresses (RFC 5321
    section 5.1): behind one it may be ill, or want a name for the IPv6 address that we come from.
    """
    turned_away: dict[Row, CannotOpen] = {}
    while True:
        try:
            sock, row = await dial(settings, turned_away)
        except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
            for said in turned_away.values():
                raise said from said.__cause__  # and not from `error`: what turned us away is told by its cause
            why = Sentence(
                "{server} に接続できません: {why}",
                "cannot connect to {server}: {why}",
                server=settings.name,
                why=_cause(error),
            )
            raise CannotOpen(why) from error
        try:
            return await _opened_on(sock, settings, context, tokens)
        except _NotIn:
            raise
        except CannotOpen as error:
            turned_away[row] = error


async def _opened_on(
    sock: socket.socket, settings: UpstreamSettings, context: ssl.SSLContext | None, tokens: Tokens | None
) -> Opened:
    """A session on a connected socket. Raises CannotOpen, _NoTls."""
    client = aiosmtplib.SMTP(
        hostname=settings.tls_name or settings.host,  # for TLS alone: the socket is connected
        sock=sock,
        use_tls=settings.implicit_tls,
        start_tls=False,
        tls_context=context,
        local_hostname=settings.hostname,
    )
    try:
        return await _closing_on_failure(client, settings, tokens)
    except aiosmtplib.SMTPResponseException as error:
        why = Sentence(
            "{server} に接続を拒否されました: {code} {said}", "{server} refused us: {code} {said}",
            server=settings.name, code=error.code, said=error.message,
        )  # fmt: skip
        raise CannotOpen(why, error.code) from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise CannotOpen(f"{settings.name}: " + _cause(error), about_us=_of_tls(error) is not None) from error


async def _closing_on_failure(client: aiosmtplib.SMTP, settings: UpstreamSettings, tokens: Tokens | None) -> Opened:
    try:
        return await _introduced(client, settings, tokens)
    except BaseException:
        transport = client.transport
        client.close()  # closes the socket too: its transport owns it from `connect` on
        if transport is not None:
            cast(asyncio.Transport, transport).abort()  # without waiting for TLS's farewell
        raise


async def _introduced(client: aiosmtplib.SMTP, settings: UpstreamSettings, tokens: Tokens | None) -> Opened:
    """Greeting, EHLO, STARTTLS, AUTH as set. Raises what aiosmtplib raises, and CannotOpen."""
    hello = settings.deadlines.hello
    await client.connect(timeout=settings.deadlines.greeting)
    await _hello(client, hello)
    encrypted = settings.implicit_tls
    if not encrypted and settings.tls != "none":
        encrypted = await _secured(client, settings)
    if settings.username is not None:
        await _logged_in(client, settings, tokens, encrypted=encrypted)
    extensions = dict(client.esmtp_extensions)
    wire = Wire()
    transport = client.transport
    if transport is None:
        raise CannotOpen(f"{settings.name}: " + _CLOSED)
    transport.set_protocol(wire)
    wire.connection_made(transport)
    return Opened(wire, extensions)


async def _hello(client: aiosmtplib.SMTP, seconds: float) -> None:
    """EHLO, or HELO for a server of before 1995 (RFC 5321 section 3.2)."""
    try:
        await client.ehlo(timeout=seconds)
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in (500, 502) or not client.is_connected:
            raise
        await client.helo(timeout=seconds)


async def _secured(client: aiosmtplib.SMTP, settings: UpstreamSettings) -> bool:
    """STARTTLS. Returns whether the connection is encrypted now; only `opportunistic` goes on without. Raises what
    aiosmtplib raises, CannotOpen, and _NoTls.
    """
    if not client.supports_extension("starttls"):
        if settings.tls == "opportunistic":
            return False
        why = Sentence(
            "{server} は STARTTLS に対応していません。暗号化しないことが意図どおりの場合だけ、upstream に tls: "
            "none を書いてください。",
            "{server} does not offer STARTTLS; set upstream tls: none only if that is meant",
            server=settings.name,
        )
        raise CannotOpen(why, about_us=True)
    limits = settings.deadlines
    patience = min(limits.hello, limits.starttls) if settings.tls == "opportunistic" else limits.hello
    try:
        await client.starttls(timeout=patience)
    except (aiosmtplib.SMTPException, OSError) as error:
        if settings.tls == "opportunistic":
            raise _NoTls from error
        raise
    await _hello(client, settings.deadlines.hello)  # RFC 3207 section 4.2: forget what was said in the clear
    return True


async def _logged_in(
    client: aiosmtplib.SMTP, settings: UpstreamSettings, tokens: Tokens | None, *, encrypted: bool
) -> None:
    """AUTH by what the server offers: of passwords CRAM-MD5, PLAIN, LOGIN in this order."""
    assert settings.username is not None
    if not encrypted and not settings.is_loopback:
        raise _NotIn(f"{settings.name}: " + _NO_PASSWORD, about_us=True)
    try:
        if settings.password is not None:
            await client.login(settings.username, settings.password, timeout=settings.deadlines.hello)
        else:
            await by_token(client, settings.username, tokens, settings.deadlines.hello)
    except NoToken as error:
        raise _NotIn(f"{settings.name}: " + str(error), about_us=True) from None
    except aiosmtplib.SMTPAuthenticationError as error:
        why = Sentence(
            "{server} にログインできません: {code} {said}", "{server} did not take our login: {code} {said}",
            server=settings.name, code=error.code, said=error.message,
        )  # fmt: skip
        raise _NotIn(why, error.code) from None


def _cause(error: BaseException) -> str:
    """Why, in words that an administrator can act on."""
    link = _of_tls(error)
    if isinstance(link, ssl.SSLCertVerificationError):
        return Sentence(
            "証明書が有効ではありません: {said}。{remedy}", "certificate not valid: {said}; {remedy}",
            said=link.verify_message.rstrip("."), remedy=_about(link),
        )  # fmt: skip
    if link is not None:
        reason = link.reason or type(link).__name__
        failed = Sentence("TLS 接続に失敗しました: {reason}", "TLS failed: {reason}", reason=reason)
        return failed + _OTHER_CERTIFICATE if _OURS.search(reason) else failed
    if isinstance(error, TimeoutError):
        return Sentence("時間内に応答がありません: {said}", "{said}", said=str(error)) if str(error) else _LATE
    if isinstance(error, OSError) and error.errno and error.errno > 0:  # name errors have negative numbers
        return reason_of(OSError(error.errno, os.strerror(error.errno)))
    if isinstance(error, OSError) and error.strerror:
        return Sentence("名前を解決できません: {said}", "{said}", said=error.strerror)
    said = str(error) or type(error).__name__
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return Sentence("サーバーが接続を切りました: {said}", "{said}", said=said)
    return said


def _of_tls(error: BaseException) -> ssl.SSLError | None:
    """The failure of TLS that is behind an error, if there is one. With TLS 1.3 a server refuses our certificate when
    for us all is well, and aiosmtplib wraps what then comes in place of a greeting twice.
    """
    link: BaseException | None = error
    for _ in range(_DEEP):
        if link is None or isinstance(link, ssl.SSLError):
            return link
        link = link.__cause__ or link.__context__
    return None


#: So many errors deep.
_DEEP = 6
#: Alerts by which a server refuses the certificate that we show, or wants one (RFC 8446 section 6.2).
_OURS = re.compile(r"_ALERT_(.*CERTIFICATE.*|UNKNOWN_CA)$")
_OTHER_CERTIFICATE = Sentence(
    "。相手は mailguard の別の証明書を求めています。upstream の certificate と key を確認してください。",
    "; it wants another certificate of ours: see upstream certificate and key",
)
#: OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH.
_OTHER_NAME = (62, 64)


def _about(error: ssl.SSLCertVerificationError) -> str:
    """Which setting to look at."""
    if error.verify_code in _OTHER_NAME:
        return Sentence(
            "正しいサーバーなら、証明書の名前を url か tls_name に書いてください。",
            "write the certificate's name in url, or in tls_name if it is the right server",
        )
    return Sentence(
        "upstream の ca_file を設定してください。検証しないことが意図どおりの場合だけ tls: insecure にします。",
        "set upstream ca_file, or tls: insecure if that is meant",
    )
