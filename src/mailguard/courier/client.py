"""One request out, one answer back, over httpx2: to public addresses only, with every length and time bounded.

A name is resolved once, each of its addresses is looked at, and the connection is made to that very address, with the
name kept for TLS and Host: a name that answers differently a moment later (DNS rebinding) changes nothing. Redirects
are never followed, proxies of the environment are not used, and no more of an answer is read than is needed. An address
(URL) may be a secret: errors name the host alone, and httpx2 is kept from logging.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import logging
import socket
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailguard.courier.addresses import refusal
from mailguard.mail.saying import Sentence

if TYPE_CHECKING:
    import httpx2

#: Octets of an answer that are read; the rest is left.
_ANSWER = 64 * 1024
_CONNECT, _WHOLE = 5.0, 15.0
#: Addresses of one name that are tried.
_ADDRESSES = 4
#: Longest time for which an answer may ask to be left alone.
_LONGEST_WAIT = 3600.0

# httpx2 is imported where something is carried: most houses carry nothing.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)  # it writes whole URLs, and those of webhooks are secrets
_UNKNOWN = Sentence("名前を解決できません。", "the name cannot be resolved")
_UNTRUSTED = Sentence(
    "証明書が信頼できません。自社の認証局なら ca_file: を書いてください。",
    "its certificate is not trusted (ca_file: names an authority of your own)",
)
_NO_TLS = Sentence("TLS 接続に失敗しました。", "TLS failed")
_CLOSED = Sentence("接続できません。", "no connection")


class NotCarried(Exception):
    """Why no answer came, in words for the administrator and without anything secret."""


class Unsafe(NotCarried):
    """It leads where nothing is carried to; trying again will not help."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. headers: names in lower case; body: its beginning."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_good(self) -> bool:
        """Whether the status says that it was taken (2xx)."""
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty if it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def wait(self, now: datetime) -> float | None:
        """Seconds for which it asks to be left alone, at most an hour; None if it does not say (RFC 9110 10.2.3)."""
        said = self.headers.get("retry-after", "").strip()
        if said.isascii() and said.isdigit():
            return min(float(said[:9]), _LONGEST_WAIT)
        try:
            until = email.utils.parsedate_to_datetime(said)
        except (TypeError, ValueError):
            return None
        if until.tzinfo is None:
            return None
        return min(max(0.0, (until - now).total_seconds()), _LONGEST_WAIT)


class Courier:
    """Carries requests. private: addresses of the own network are allowed, and http without TLS with them."""

    #: Look-ups of names have threads of their own: a resolver that hangs must not take those that write letters.
    _threads = ThreadPoolExecutor(4, thread_name_prefix="courier-dns")

    def __init__(self, *, private: bool = False, ca_file: Path | None = None) -> None:
        """Reads the certificates of authorities. Raises OSError for a ca_file that cannot be read."""
        self._private = private
        self._tls = ssl.create_default_context()
        if ca_file is not None:
            self._tls.load_verify_locations(ca_file)

    async def post(
        self, url: str, *, headers: Mapping[str, str] | None = None, body: bytes, content_type: str
    ) -> Answer:
        """Carry a body there. Raises NotCarried (Unsafe, if it never will be)."""
        parsed = self._checked(url)
        host = parsed.raw_host.decode("ascii")
        sent = {
            **(headers or {}),
            "content-type": content_type,
            "accept-encoding": "identity",
            "user-agent": "mailguard",
        }
        try:
            async with asyncio.timeout(_WHOLE):
                found = await self._addresses(host, parsed.port or (443 if parsed.scheme == "https" else 80))
                return await self._carry(parsed, host, found, sent, body)
        except TimeoutError:
            late = Sentence("{n:.0f} 秒以内に応答がありません。", "no answer within {n:.0f} s", n=_WHOLE)
            raise NotCarried(f"{host}: " + late) from None

    def _checked(self, url: str) -> httpx2.URL:
        why = fault_of(url, private=self._private)
        if why:
            raise Unsafe(why)
        import httpx2

        return httpx2.URL(url)

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a name, each of them allowed. One that is not condemns the name: it is no slip."""
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.run_in_executor(
                self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            )
        except (OSError, UnicodeError):
            raise NotCarried(f"{host}: " + _UNKNOWN) from None
        found = list(dict.fromkeys(str(row[4][0]) for row in rows))
        for address in found:
            if why := refusal(address, private=self._private):
                raise Unsafe(_said(host, address, why))
        return found[:_ADDRESSES]

    async def _carry(
        self, url: httpx2.URL, host: str, addresses: Sequence[str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        import httpx2

        netloc = url.netloc.decode("ascii")
        # A client for each request: a kept connection would be known by its address, and not by the name in TLS.
        transport = httpx2.AsyncHTTPTransport(verify=self._tls, trust_env=False)
        timeout = httpx2.Timeout(_WHOLE, connect=_CONNECT)
        async with httpx2.AsyncClient(transport=transport, trust_env=False, timeout=timeout) as client:
            for address in addresses:
                request = client.build_request(
                    "POST",
                    url.copy_with(host=address),
                    headers={**headers, "host": netloc, "connection": "close"},
                    content=body,
                    extensions={"sni_hostname": host},
                )
                try:
                    return await _answer(client, request)
                except httpx2.ConnectError as error:
                    why = _why(error)
                except httpx2.ConnectTimeout:
                    why = Sentence("{n:.0f} 秒以内に接続できません。", "no connection within {n:.0f} s", n=_CONNECT)
                except (httpx2.HTTPError, ssl.SSLError) as error:
                    broken = Sentence("通信が途切れました({kind})。", "{kind}", kind=type(error).__name__)
                    raise NotCarried(f"{host}: " + broken) from None
        raise NotCarried(f"{host}: " + why)


async def _answer(client: httpx2.AsyncClient, request: httpx2.Request) -> Answer:
    response = await client.send(request, stream=True)
    try:
        body = b""
        async for piece in response.aiter_raw():  # as it came: nothing is unpacked
            body += piece
            if len(body) >= _ANSWER:
                break
    finally:
        await response.aclose()
    return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, body[:_ANSWER])


_NO_ADDRESS = Sentence(
    "https://chat.example/hook のようなアドレスではありません。", "not an address such as https://chat.example/hook"
)


def fault_of(url: str, *, private: bool) -> str:
    """What is wrong with an address (URL) before any name is resolved; "" if nothing. Names nothing but the host."""
    import httpx2

    try:
        parsed = httpx2.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx2.InvalidURL, UnicodeError):
        return _NO_ADDRESS
    if parsed.scheme not in ("https", "http") or not host:
        return _NO_ADDRESS
    if parsed.userinfo:
        return Sentence(
            "{host}: アドレスの中の名前とパスワードは送られません。取り除いてください。",
            "{host}: a name and password in the address are not sent; take them out",
            host=host,
        )
    if parsed.scheme == "http" and not private:
        return Sentence(
            "{host}: http では通信路で読まれます。https と書いてください(試験なら allow_private: true)。",
            "{host}: http would show it to the network; write https (or allow_private: true for a test)",
            host=host,
        )
    try:
        why = refusal(host.strip("[]"), private=private)
    except ValueError:  # a name, which is looked at when it is resolved
        return ""
    return _said(host, host, why) if why else ""


def _said(host: str, address: str, why: str) -> str:
    where = host if host.strip("[]") == address.strip("[]") else f"{host} ({address})"
    if why == "no place to send to":
        return Sentence("{where}: 送り先にできないアドレスです。", "{where}: no place to send to", where=where)
    if why == "private":
        return Sentence(
            "{where}: プライベートアドレスには送りません。"
            "このチャネルで許すには allow_private: true と書いてください。",
            "{where}: a private address, nothing is sent there; allow_private: true permits it for this channel",
            where=where,
        )
    return Sentence(
        "{where}: {why} のアドレスには送りません。",
        "{where}: a {why} address, nothing is sent there",
        where=where,
        why=why,
    )


def _why(error: httpx2.ConnectError) -> str:
    """Why no connection came about, for people: a certificate is told from a closed door."""
    said = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return _UNTRUSTED
    return _NO_TLS if "SSL" in said else _CLOSED
