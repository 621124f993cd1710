"""How the next server is reached, and every number that bounds the talk with it.

Checked when made: what cannot work, or would show a password to the network, is refused here with words for the
administrator. Nothing here opens a file or a connection.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from mailguard.mail.saying import Sentence

#: none: in the clear. opportunistic: STARTTLS if offered, any certificate. required: STARTTLS, certificate verified.
#: insecure: STARTTLS, any certificate. With an smtps URL TLS is there from the first octet; `required` alone verifies.
Tls = Literal["none", "opportunistic", "required", "insecure"]

_DEFAULT_PORT = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds for each step. The steps of SMTP are those of RFC 5321 section 4.5.3.2, which are minimums for patience.

    `transaction` bounds all of them together, so that a tarpit cannot outlive the lease under which a message is
    relayed.
    """

    connect: float = 30.0  # TCP only
    greeting: float = 300.0  # section 4.5.3.2.1; also a TLS handshake from the first octet
    hello: float = 300.0  # EHLO, STARTTLS and each step of AUTH
    starttls: float = 30.0  # its reply, and the handshake, where the mail goes without if they fail
    mail: float = 300.0  # section 4.5.3.2.2
    recipient: float = 300.0  # section 4.5.3.2.3
    data: float = 120.0  # section 4.5.3.2.4
    block: float = 180.0  # section 4.5.3.2.5
    final: float = 600.0  # section 4.5.3.2.6
    reset: float = 30.0  # RSET on a kept connection: one that does not answer is stale
    quit: float = 2.0
    transaction: float = 840.0


@dataclass(frozen=True, slots=True)
class OauthSettings:
    """Where a token comes from (RFC 6749 section 4.4)."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""

    @property
    def is_here(self) -> bool:
        """Whether tokens come from this machine, to try things out."""
        try:
            return is_loopback(urlsplit(self.token_url).hostname or "")
        except ValueError:  # no address at all
            return False


@dataclass(frozen=True, slots=True)
class UpstreamSettings:
    """One upstream. scheme smtp or smtps: host and port; mailbox: path; mx: port, each mail goes to its domain's own
    servers. Raises ValueError (English, for the administrator).

    tls_name: whom the certificate must name, if not the host. certificate and key: what we show. oauth: a token in
    place of a password. addresses: where to connect to; none: wherever the host's name leads.

    connections: how many at a time; messages_per_connection and idle_seconds: when a kept connection is given up;
    backoff_seconds doubles up to backoff_limit_seconds while the server cannot be reached.
    """

    scheme: Literal["smtp", "smtps", "mailbox", "mx"]
    host: str = ""
    port: int = 0
    path: Path | None = None
    tls: Tls = "required"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    oauth: OauthSettings | None = None
    tls_name: str | None = None
    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    addresses: tuple[str, ...] = ()
    hostname: str = "localhost"  # what we call ourselves in EHLO
    connections: int = 10
    messages_per_connection: int = 100
    idle_seconds: float = 30.0
    backoff_seconds: float = 2.0
    backoff_limit_seconds: float = 60.0
    deadlines: Deadlines = Deadlines()

    def __post_init__(self) -> None:
        if self.scheme == "mailbox":
            if self.path is None:
                raise ValueError(
                    Sentence("upstream url: mailbox:パス と書いてください。", "upstream url: write mailbox:PATH")
                )
            return
        if (not self.host and self.scheme != "mx") or not 0 < self.port < 65536:
            raise ValueError(
                Sentence(
                    "upstream url: smtp://host:port または smtps://host:port と書いてください。",
                    "upstream url: write smtp://host:port or smtps://host:port",
                )
            )
        if self.scheme == "mx" and (self.username is not None or self.oauth is not None or self.tls_name is not None):
            raise ValueError(
                Sentence(
                    "upstream: username、oauth、tls_name は1台のサーバーの設定です。mx: は多数のサーバーへ送ります。",
                    "upstream: username, oauth and tls_name belong to one server, and mx: goes to many",
                )
            )
        if self.password is not None and self.oauth is not None:
            raise ValueError(
                Sentence(
                    "upstream: password と oauth はどちらか一方だけを書いてください。",
                    "upstream: password or oauth, not both",
                )
            )
        if (self.username is None) != (self.password is None and self.oauth is None):
            said = "password" if self.oauth is None else "oauth"
            raise ValueError(
                Sentence(
                    "upstream: username と {said} は両方を書いてください。",
                    "upstream: username and {said} go together",
                    said=said,
                )
            )
        # RFC 4954 section 4 and plain sense: an unverified or missing TLS hands the password to whoever answers.
        if self.username is not None and self.tls in ("none", "opportunistic") and not self.is_loopback:
            what = Sentence("パスワード", "password") if self.oauth is None else Sentence("トークン", "token")
            raise ValueError(
                Sentence(
                    "upstream: tls: {tls} では{what}を送りません。tls: required としてください。",
                    "upstream: a {what} is not sent with tls: {tls}; use tls: required",
                    what=what,
                    tls=self.tls,
                )
            )
        if not re.fullmatch(r"[A-Za-z0-9.:\[\]_-]{1,255}", self.hostname):
            raise ValueError(
                Sentence(
                    "自身のホスト名(hostname)は英数字、点、ハイフンで書いてください。",
                    "our own host name must be letters, digits, dots and hyphens",
                )
            )
        if self.tls_name is not None and not re.fullmatch(r"[A-Za-z0-9.:_-]{1,255}", self.tls_name):
            raise ValueError(
                Sentence(
                    "upstream tls_name: mail.corp.example のような、証明書にある名前を書いてください。",
                    "upstream tls_name: write the name in the certificate, such as mail.corp.example",
                )
            )
        if min(self.connections, self.messages_per_connection) < 1:
            raise ValueError(
                Sentence("upstream: connections は1以上にしてください。", "upstream: connections must be at least 1")
            )

    @property
    def implicit_tls(self) -> bool:
        """Whether TLS starts with the first octet (RFC 8314)."""
        return self.scheme == "smtps"

    @property
    def verified(self) -> bool:
        """Whether the certificate must be valid and name the host."""
        return self.tls == "required"

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine."""
        return is_loopback(self.host)

    @property
    def name(self) -> str:
        """For logs and people; holds no secret."""
        if self.scheme == "mailbox":
            return f"mailbox:{self.path}"
        return "mx" if self.scheme == "mx" else f"{self.scheme}://{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class UpstreamUrl:
    """The parts of an upstream's URL, checked."""

    scheme: Literal["smtp", "smtps", "mailbox", "mx"]
    host: str = ""
    port: int = 0
    path: Path | None = None

    @property
    def default_tls(self) -> Tls:
        """Verified TLS; but none on this machine, where there is no wire to listen on and rarely a certificate, and
        with strangers' servers whatever they have: most certificates of the world name nobody that MX records name.
        """
        if self.scheme == "mx":
            return "opportunistic"
        return "none" if self.scheme == "smtp" and is_loopback(self.host) else "required"


def parse_url(url: str) -> UpstreamUrl:
    """`smtp://host[:port]`, `smtps://host[:port]`, `mailbox:PATH` or `mx:`. Raises ValueError that says what was
    meant.
    """
    if mx := re.fullmatch(r"mx:(?://)?:?([0-9]{1,5})?", url):
        return UpstreamUrl("mx", port=int(mx[1] or _DEFAULT_PORT["smtp"]))
    if url.startswith("mailbox:"):
        path = url.removeprefix("mailbox:")
        if not path or "\0" in path:
            raise ValueError(
                Sentence(
                    "upstream url: mailbox:var/mailbox のように mailbox:パス と書いてください。",
                    "upstream url: write mailbox:PATH, such as mailbox:var/mailbox",
                )
            )
        return UpstreamUrl("mailbox", path=Path(path))
    if re.search(r"[\s\0-\x1f]", url):  # urlsplit would drop some of them in silence
        raise ValueError(
            Sentence(
                "upstream url: 空白や制御文字は使えません。",
                "upstream url: blanks and control characters have no place in it",
            )
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(
            Sentence("upstream url: アドレスとして読めません({error})。", "upstream url: {error}", error=error)
        ) from None
    if parts.scheme not in _DEFAULT_PORT or not host:
        raise ValueError(
            Sentence(
                "upstream url: smtp://host:port、smtps://host:port、mailbox:パス、mx: のいずれかを書いてください。",
                "upstream url: write smtp://host:port, smtps://host:port, mailbox:PATH or mx:",
            )
        )
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            Sentence(
                "upstream url: ログインはURLではなく username: と password: に書いてください。",
                "upstream url: put the login into username: and password:, not into the URL",
            )
        )
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(
            Sentence("upstream url: ポートの後には何も書けません。", "upstream url: nothing may follow the port")
        )
    if re.search(r"[^\w.:%-]", host):
        raise ValueError(
            Sentence(
                "upstream url: ホスト名に使えない文字があります。",
                "upstream url: the host name has a character that no host name has",
            )
        )
    scheme: Literal["smtp", "smtps"] = "smtps" if parts.scheme == "smtps" else "smtp"
    return UpstreamUrl(scheme, host, port if port is not None else _DEFAULT_PORT[scheme])


def is_loopback(host: str) -> bool:
    """Whether the name or address means this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
