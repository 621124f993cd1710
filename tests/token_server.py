"""An SMTP server that checks passwords and tokens as Google's and Microsoft's do, on loopback, with or without TLS.

A token that is not right is answered 334 with a JSON error in base64; the client answers with an empty line (XOAUTH2)
or with ^A (OAUTHBEARER, RFC 7628 section 3.2.3), and only then comes 535. What it was sent is kept for the test.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

ERROR = b'{"status":"401","schemes":"Bearer","scope":"https://mail.example/"}'


@dataclass
class TokenServer:
    """name, password, token: what is right; offered: what EHLO says behind AUTH, "" for no AUTH; says: an answer to
    AUTH instead of checking; silent: EHLO is never answered.
    """

    name: str = "ann@corp.example"
    password: str = "correct horse"
    token: str = "good-token"
    offered: str = "PLAIN LOGIN XOAUTH2 OAUTHBEARER"
    says: bytes = b""
    silent: bool = False
    lines: list[bytes] = field(default_factory=list)
    connections: int = 0
    now: int = 0
    most: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self.now -= 1
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def put(octets: bytes) -> None:
            writer.write(octets + b"\r\n")
            await writer.drain()

        async def line() -> bytes:
            octets = (await reader.readuntil(b"\r\n"))[:-2]
            self.lines.append(octets)
            return octets

        await put(b"220 mx.upstream.example ESMTP")
        while True:
            verb, _, argument = (await line()).partition(b" ")
            if verb.upper() == b"EHLO":
                if self.silent:
                    await asyncio.sleep(60)
                auth = f"\r\n250 AUTH {self.offered}".encode() if self.offered else b"\r\n250 SIZE"
                await put(b"250-mx.upstream.example" + auth)
            elif verb.upper() == b"AUTH":
                await put(self.says or await self._auth(argument, put, line))
            else:
                await put(b"502 5.5.1 no")

    async def _auth(self, argument: bytes, put, line) -> bytes:  # type: ignore[no-untyped-def]
        mechanism, _, initial = argument.partition(b" ")
        if mechanism == b"LOGIN":
            await put(b"334 VXNlcm5hbWU6")
            name = base64.b64decode(await line())
            await put(b"334 UGFzc3dvcmQ6")
            right = (name, base64.b64decode(await line())) == (self.name.encode(), self.password.encode())
        else:
            if not initial:
                await put(b"334 ")
                initial = await line()
            said = base64.b64decode(initial, validate=True)
            if mechanism == b"PLAIN":
                right = said == f"\0{self.name}\0{self.password}".encode()
            else:
                right = said in (
                    f"user={self.name}\x01auth=Bearer {self.token}\x01\x01".encode(),
                    f"n,a={self.name},\x01host=smtp.example\x01port=465\x01auth=Bearer {self.token}\x01\x01".encode(),
                )
                if not right:
                    await put(b"334 " + base64.b64encode(ERROR))
                    assert await line() == (b"" if mechanism == b"XOAUTH2" else b"AQ==")
        return b"235 2.7.0 accepted" if right else b"535 5.7.8 not accepted"


@contextlib.asynccontextmanager
async def token_server(tls: tuple[Path, Path] | None = None, **settings: object) -> AsyncIterator[TokenServer]:
    """A running one; tls: certificate and key, for TLS from the first octet."""
    made = TokenServer(**settings)  # type: ignore[arg-type]
    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=context, limit=2**20)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
