"""HTTP within bounds, for one provider: TLS, no redirects, one answer of so many octets, no surprise destination.

It trusts the administrator for the issuer's host, wherever that is; hosts that only the provider's own documents name
must not lead into the private network: such a name is resolved once, and the connection is made to the address that was
looked at. Nothing is cached and no cookie is kept.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx2

from mailguard.oidc.settings import OidcSettings


class NotAllowed(Exception):
    """The address is none that may be asked, or the answer none that is taken; one line for the administrator."""


class Guarded(httpx2.AsyncBaseTransport):
    """A transport that refuses before it connects, and stops reading where the bound is."""

    def __init__(self, settings: OidcSettings, context: ssl.SSLContext) -> None:
        self._settings = settings
        self._home = urlsplit(settings.issuer)
        proxy = httpx2.Proxy(settings.proxy) if settings.proxy else None
        # Nothing is kept open: a kept connection would be known by its address, and not by the name in TLS.
        alone = httpx2.Limits(max_keepalive_connections=0)
        self._inner = httpx2.AsyncHTTPTransport(verify=context, proxy=proxy, trust_env=False, limits=alone)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request. Raises NotAllowed and what httpx2 raises."""
        address = await self._allowed(request.url)
        request.headers["accept-encoding"] = "identity"  # what is packed small could unpack to anything
        answer = await self._inner.handle_async_request(_to(request, address) if address else request)
        length = answer.headers.get("content-length", "")
        if "content-encoding" in answer.headers or (length.isdigit() and int(length) > self._settings.octets):
            await answer.aclose()
            raise NotAllowed(f"{request.url.host}: the answer is packed, or larger than {self._settings.octets} octets")
        assert isinstance(answer.stream, httpx2.AsyncByteStream)
        stream = _Bounded(answer.stream, self._settings.octets)
        return httpx2.Response(
            answer.status_code, headers=answer.headers, stream=stream, extensions=answer.extensions, request=request
        )

    async def aclose(self) -> None:
        """Close idle connections."""
        await self._inner.aclose()

    async def _allowed(self, url: httpx2.URL) -> str:
        """The address to connect to, "" where the name may be resolved again. Raises NotAllowed for plain HTTP and for
        private places that only the provider named.
        """
        # The settings see to it that an issuer without TLS is on this machine.
        if url.scheme != "https" and (url.scheme, url.host) != (self._home.scheme, self._home.hostname):
            raise NotAllowed(f"{url.host}: not over TLS")
        if url.host == self._home.hostname or self._settings.allow_private or self._settings.proxy:
            return ""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
        addresses = [str(where[0]) for *_, where in found]
        for address in addresses:
            if not ipaddress.ip_address(address.partition("%")[0]).is_global:
                said = "has an address in a private network; set console.oidc.allow_private if that is meant"
                raise NotAllowed(f"{url.host} {said}")
        return addresses[0]


def _to(request: httpx2.Request, address: str) -> httpx2.Request:
    """The same request, to this address; Host and the name in TLS stay."""
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    url = request.url.copy_with(host=address)
    return httpx2.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=extensions)


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, octets: int) -> None:
        self._inner, self._octets = inner, octets

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for block in self._inner:
            taken += len(block)
            if taken > self._octets:
                raise NotAllowed(f"the answer is larger than {self._octets} octets")
            yield block

    async def aclose(self) -> None:
        await self._inner.aclose()


def tls_context(settings: OidcSettings) -> ssl.SSLContext:
    """Reads certificate files, so it blocks. Raises OSError."""
    return ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
