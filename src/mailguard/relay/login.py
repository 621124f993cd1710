"""Are these the right credentials? The upstream itself is asked, by AUTH, live, and nothing of them is kept.

Password or token goes over TLS to the server that was configured, or to this machine; never readably over a network. A
connection is opened for each question and closed at once. It trusts the server's 235, and takes nothing but its plain
refusal for a no. A token is handed on as the client wrote it, and so is what the server says of it.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from mailguard.mail.saying import Sentence
from mailguard.relay.certificates import Certificates
from mailguard.relay.opening import CannotOpen, Opened, open_connection
from mailguard.relay.settings import Deadlines, UpstreamSettings
from mailguard.relay.wire import Wire, WireError

#: The server says that these credentials are not right, or not fit (RFC 4954 section 6).
_NO = frozenset({501, 534, 535})
#: A person waits in front of a page or a mail client.
_DEADLINES = Deadlines(connect=5.0, greeting=10.0, hello=10.0)
_STEP, _WHOLE = 10.0, 30.0
#: Questions at once, and questions that wait; more are turned away for now.
_AT_ONCE, _WAITING = 20, 200
#: What a mail client may use through us, in the order in which it is offered.
PASSWORDS, TOKENS = ("PLAIN", "LOGIN"), ("XOAUTH2", "OAUTHBEARER")
#: RFC 4954 section 4: a response that makes the line too long comes after a challenge.
_LINE = 12288
_CHALLENGE = re.compile(r"[A-Za-z0-9+/]{1,4096}={0,2}")


class CannotAsk(Exception):
    """The upstream cannot be asked now; one line for the administrator, without the password."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How a client proves who it is: a name and password, or the whole response with a token, base64 as it came.

    Nothing of it shows in a repr.
    """

    mechanism: str
    name: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    response: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """What the server said. challenge: why it did not take a token, base64 as it came, "" if it did not say."""

    right: bool
    challenge: str = ""


class UpstreamLogin:
    """Asks one upstream. Raises ValueError for an upstream that a password must not be sent to."""

    def __init__(self, settings: UpstreamSettings) -> None:
        if settings.scheme in ("mailbox", "mx"):
            raise ValueError(
                Sentence(
                    "中継先が {name} で、パスワードを確かめられません。",
                    "the upstream is {name}: it knows no passwords",
                    name=settings.name,
                )
            )
        # Whatever mail may be sent over, a password needs the certificate to be right, unless that is waived by name.
        tls = settings.tls if settings.tls in ("required", "insecure") or settings.is_loopback else "required"
        self._settings = replace(settings, tls=tls, username=None, password=None, oauth=None, deadlines=_DEADLINES)
        if settings.tls == "none" and not settings.is_loopback:
            raise ValueError(
                Sentence(
                    "中継先の tls: none ではパスワードを送りません。tls: required としてください。",
                    "a password is not sent with upstream tls: none; use tls: required",
                )
            )
        self._certificates = Certificates(self._settings)
        self._offered: frozenset[str] | None = None
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._asking = 0

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """What the server was last seen to offer of what passes here; PLAIN and LOGIN as long as it was never seen."""
        if self._offered is None:
            return PASSWORDS
        # One of a password's ways will do for all: which one the client takes is no matter of the server's.
        passwords = PASSWORDS if self._offered & {*PASSWORDS, "CRAM-MD5"} else ()
        return (*passwords, *(one for one in TOKENS if one in self._offered))

    async def check(self, name: str, password: str) -> str | None:
        """The address, if the server takes it with this password; None if not. Raises CannotAsk."""
        said = await self.ask(Proof("PLAIN", name, password))
        return name if said.right else None

    async def learn(self) -> None:
        """Look what the server offers. Raises CannotAsk."""
        async with self._session():
            pass

    async def ask(self, proof: Proof) -> Said:
        """Whether the server takes this. Raises CannotAsk."""
        if self._asking >= _WAITING:
            raise CannotAsk(f"{self._settings.name}: too many logins at once")
        self._asking += 1
        try:
            async with asyncio.timeout(_WHOLE), self._places, self._session() as wire:
                return await self._asked(wire, proof)
        except TimeoutError:
            raise CannotAsk(f"{self._settings.name}: no answer within {_WHOLE:g} s") from None
        except WireError as error:
            # Without its words: a server may repeat what it was sent.
            raise CannotAsk(f"{self._settings.name}: {type(error).__name__.lower()} amid AUTH") from None
        finally:
            self._asking -= 1

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Wire]:
        try:
            opened = await open_connection(self._settings, await self._certificates.context())
        except CannotOpen as error:
            said = f"said {error.code}" if error.code else "cannot be reached over TLS"
            raise CannotAsk(f"{self._settings.name} {said}") from None
        except OSError as error:
            raise CannotAsk(f"upstream ca_file: {error.strerror}") from None
        self._offered = _mechanisms(opened)
        try:
            yield opened.wire
        finally:
            opened.wire.close()

    async def _asked(self, wire: Wire, proof: Proof) -> Said:
        mechanism = self._chosen(proof.mechanism)
        if mechanism == "LOGIN":
            steps = ["AUTH LOGIN", _base64(proof.name), _base64(proof.password)]
        elif mechanism == "CRAM-MD5":
            return await self._by_digest(wire, proof)
        else:
            plain = _base64(f"\0{proof.name}\0{proof.password}")
            response = plain if mechanism == "PLAIN" else proof.response.decode("ascii")
            line = f"AUTH {mechanism} {response}"
            steps = [line] if len(line) + 2 <= _LINE else [f"AUTH {mechanism}", response]
        code, text = 334, ""
        for step in steps:
            if code != 334:
                break
            code, text = await _said(wire, step)
        if code == 334 and mechanism in TOKENS:  # RFC 7628 section 3.2.3: the error is answered, then comes the refusal
            code, _ = await _said(wire, "" if mechanism == "XOAUTH2" else "AQ==")
            return self._judged(code, text if _CHALLENGE.fullmatch(text) else "")
        return self._judged(code)

    async def _by_digest(self, wire: Wire, proof: Proof) -> Said:
        code, text = await _said(wire, "AUTH CRAM-MD5")
        if code == 334:
            try:
                challenge = base64.b64decode(text, validate=True)
            except ValueError:
                raise CannotAsk(f"{self._settings.name}: a challenge that is none") from None
            digest = hmac.new(proof.password.encode(), challenge, "md5").hexdigest()  # RFC 2195
            code, _ = await _said(wire, _base64(f"{proof.name} {digest}"))
        return self._judged(code)

    def _chosen(self, mechanism: str) -> str:
        """The client's mechanism, or another one that shows the server the same."""
        offered = self._offered or frozenset()
        ways = (mechanism,) if mechanism in TOKENS else (mechanism, *PASSWORDS, "CRAM-MD5")
        found = next((one for one in ways if one in offered), None)
        if found is None:
            raise CannotAsk(f"{self._settings.name} does not offer AUTH {mechanism}")
        return found

    def _judged(self, code: int, challenge: str = "") -> Said:
        if code == 235:
            return Said(right=True)
        if code not in _NO:
            raise CannotAsk(f"{self._settings.name} said {code} to AUTH")
        return Said(right=False, challenge=challenge)


async def _said(wire: Wire, line: str) -> tuple[int, str]:
    wire.send(f"{line}\r\n".encode("ascii"), replies=1)
    reply = await wire.reply(_STEP)
    return reply.code, reply.text


def _mechanisms(opened: Opened) -> frozenset[str]:
    return frozenset(opened.extensions.get("auth", "").upper().split())


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
