"""AUTH with a token in place of a password: XOAUTH2 (Google, Microsoft), or OAUTHBEARER (RFC 7628), as the server
offers.

Where tokens come from is injected; here they are sent once and never kept, logged or repeated in an error. A server
that says no to a token that was kept gets one fresh one; its second no stands.
"""

from __future__ import annotations

import base64
from typing import Protocol

import aiosmtplib

from mailguard.mail.saying import Sentence

#: The mechanisms that are known, in order of preference.
_BEARER = ("xoauth2", "oauthbearer")
_REFUSED = 535


class NoToken(Exception):
    """No token can be had now; why, in words for the administrator and without anything secret."""


class Tokens(Protocol):
    """Where tokens come from."""

    async def __call__(self, *, fresh: bool) -> str:
        """One that is good now; fresh: not the one that was given out before. Raises NoToken."""


async def by_token(client: aiosmtplib.SMTP, username: str, tokens: Tokens | None, seconds: float) -> None:
    """Log in. Raises NoToken, and what aiosmtplib raises."""
    if tokens is None:
        raise NoToken(Sentence("トークンを取得する設定がありません。", "no token: nobody fetches one here"))
    offered = [one.lower() for one in client.server_auth_methods]
    mechanism = next((one for one in _BEARER if one in offered), None)
    if mechanism is None:
        raise NoToken(
            Sentence(
                "XOAUTH2 にも OAUTHBEARER にも対応していません。トークンにはどちらかが必要です。",
                "offers neither XOAUTH2 nor OAUTHBEARER; a token needs one of them",
            )
        )
    reply = await _said(client, mechanism, username, await tokens(fresh=False), seconds)
    if reply.code == _REFUSED:  # perhaps withdrawn before its time
        reply = await _said(client, mechanism, username, await tokens(fresh=True), seconds)
    if reply.code != 235:
        raise aiosmtplib.SMTPAuthenticationError(reply.code, reply.message)


async def _said(
    client: aiosmtplib.SMTP, mechanism: str, username: str, token: str, seconds: float
) -> aiosmtplib.SMTPResponse:
    octets = _xoauth2(username, token) if mechanism == "xoauth2" else _oauthbearer(username, token)
    encoded = base64.b64encode(octets)
    reply = await client.execute_command(b"AUTH", mechanism.upper().encode(), encoded, timeout=seconds)
    if reply.code == 334:  # what is wrong, as JSON; the refusal itself comes after an empty answer, or RFC 7628 3.2.3's
        reply = await client.execute_command(b"" if mechanism == "xoauth2" else b"AQ==", timeout=seconds)
    return reply


def _xoauth2(username: str, token: str) -> bytes:
    return f"user={username}\x01auth=Bearer {token}\x01\x01".encode()


def _oauthbearer(username: str, token: str) -> bytes:
    # RFC 5801 section 4: "=" and "," have a meaning in the header of GS2.
    name = username.replace("=", "=3D").replace(",", "=2C")
    return f"n,a={name},\x01auth=Bearer {token}\x01\x01".encode()
