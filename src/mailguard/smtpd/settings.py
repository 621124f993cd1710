"""The front door's settings: where it listens, who may come in, and every number that keeps a stranger from
filling the house.

Values only, checked when they are made; this module reads no file and opens no socket. `config` builds them.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mailguard.mail.envelope import is_among
from mailguard.mail.saying import Sentence
from mailguard.smtpd.certificates import ClientCertificates

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Tls = Literal["none", "starttls", "implicit"]
TlsVersion = Literal["1.0", "1.1", "1.2", "1.3"]
Auth = Literal["required", "optional", "none"]
SenderCheck = Literal["login", "domain", "off"]

LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))

#: Longest command lines in octets, CRLF included. RFC 5321 section 4.5.3.1.4 asks for 512, its extensions for
#: more; RFC 4954 section 4 asks for 12288 where AUTH carries an initial response or answers a challenge, and a token
#: of that length is longer by a third in base64.
COMMAND_OCTETS = 2048
AUTH_OCTETS = 20480


@dataclass(frozen=True, slots=True)
class DoorLimits:
    """The limits of one door. Octets, counts and seconds; `recipients` and `received` a message, the rest a
    session.

    `commands` and `errors` are counted anew after each message that was taken, `commands` beside the recipients of the
    one under way and of those that were refused.
    `connections`, `connections_per_address` and `messages` (between DATA and their reply at once) are for all
    listeners together; an IPv6 address counts as its /64 network. sealed: bodies lie encrypted from their
    first octet on.
    """

    message_bytes: int = 35 * 2**20
    recipients: int = 1000
    connections: int = 2000
    connections_per_address: int = 200
    messages: int = 500
    commands: int = 10_000
    errors: int = 20
    idle_seconds: float = 300  # RFC 5321 section 4.5.3.2.7: at least five minutes
    data_seconds: float = 600  # a block of DATA
    session_seconds: float = 3600
    line_bytes: int = 65536  # without its CRLF
    received: int = 100  # RFC 5321 section 6.3: at least 100
    sealed: bool = False

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if name != "sealed" and getattr(self, name) <= 0:
                raise ValueError(
                    Sentence("{name} は0より大きくしてください。", "{name} must be greater than 0", name=name)
                )

    @property
    def discard_bytes(self) -> int:
        """How much of a refused message is read on to its final dot before the line is cut."""
        return max(4 * self.message_bytes, 64 * 2**20)


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """One listening address.

    trusted_networks: clients that may relay without a login, with any sender address; proxy_protocol: every
    connection starts with a PROXY header (v1 or v2), taken only from peers in `proxies`, since whoever writes
    it chooses the address that we trust.

    xclient_from, xforward_from: servers that may say whom they speak for, to be believed, or for the record only;
    login_header: the field in which a trusted client says who logged in there, "" if none ("Received": Postfix's
    `Authenticated sender`); client_certificates: who a client is by its certificate; sender_check: which sender
    addresses a login may use, None: `login` for those proven here (by a certificate, too), `off` for those that a
    trusted server vouches for; sender_domains: those that a trusted client without a login may send with, empty: any.
    tls_minimum: the oldest version of TLS that is taken; ciphers: OpenSSL's list of those up to TLS 1.2, "": ours.

    Raises ValueError, saying what to change, for combinations that cannot work.
    """

    host: str
    port: int
    tls: Tls = "none"
    certificate: Path | None = None
    key: Path | None = None
    auth: Auth = "none"
    trusted_networks: tuple[Network, ...] = ()
    proxy_protocol: bool = False
    proxies: tuple[Network, ...] = LOOPBACK
    xclient_from: tuple[Network, ...] = ()
    xforward_from: tuple[Network, ...] = ()
    login_header: str = ""
    client_certificates: ClientCertificates | None = None
    sender_check: SenderCheck | None = None
    sender_domains: frozenset[str] = frozenset()
    tls_minimum: TlsVersion = "1.2"
    ciphers: str = ""

    def __post_init__(self) -> None:
        if self.tls != "none" and (self.certificate is None or self.key is None):
            raise ValueError(
                Sentence(
                    "tls: {tls} には certificate と key が必要です。",
                    "tls: {tls} needs certificate and key",
                    tls=self.tls,
                )
            )
        opened = self.trusted_networks or self.xclient_from
        if self.auth == "required" and self.tls == "none" and not self.is_loopback and not opened:
            raise ValueError(
                Sentence(
                    "公開アドレスの auth: required は、TLSなしでは誰もログインできません。tls を設定してください。",
                    "auth: required without TLS on a public address lets nobody in: set tls",
                )
            )
        if self.client_certificates is not None and self.tls == "none":
            raise ValueError(
                Sentence(
                    "client_certificates はTLSの中で示されます。tls を設定してください。",
                    "client_certificates are shown under TLS: set tls",
                )
            )
        if self.login_header and not (opened or self.client_certificates):
            raise ValueError(
                Sentence(
                    "login_header は信頼する接続元からだけ受け入れます。trusted_networks を設定してください。",
                    "login_header is believed from trusted clients only: set trusted_networks",
                )
            )

    @property
    def is_loopback(self) -> bool:
        """Whether the listener can only be reached from this machine."""
        if self.host == "localhost":
            return True
        address = client_address(self.host)
        return address is not None and address.is_loopback

    def trusts(self, address: IPAddress) -> bool:
        """Whether a client of this address may relay without a login."""
        return _in(address, self.trusted_networks)

    def is_proxy(self, address: IPAddress) -> bool:
        """Whether a peer of this address may say, by the PROXY protocol, whom it speaks for."""
        return _in(address, self.proxies)

    def speaks_for(self, address: IPAddress) -> bool:
        """Whether a peer of this address may say, by XCLIENT, whom it speaks for."""
        return _in(address, self.xclient_from)

    def may_send_from(self, domain: str) -> bool:
        """Whether a trusted client without a login may send with an address of this domain."""
        return not self.sender_domains or is_among(domain, self.sender_domains)

    def forwards_for(self, address: IPAddress) -> bool:
        """Whether a peer of this address may say, by XFORWARD, whose mail it hands on."""
        return _in(address, self.xforward_from)


def client_address(text: str) -> IPAddress | None:
    """A peer's address: scope ids dropped, IPv4 in IPv6 as IPv4. None if the text is no address."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _in(address: IPAddress, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
