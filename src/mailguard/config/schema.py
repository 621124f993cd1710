"""The shape of mailguard.yaml: one model a section, every key known, times and sizes with units.

It trusts nothing that is written in the file and opens nothing that it names; `load` does.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from mailguard.mail.address import AddressError, ascii_domain, parse_address, parse_typed

_DURATION = re.compile(r"(\d+)\s*(s|m|h|d)?")
_SIZE = re.compile(r"(\d+)\s*(B|KB|MB|GB|KIB|MIB|GIB)?", re.IGNORECASE)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def _seconds(value: object) -> object:
    match = _DURATION.fullmatch(str(value).strip())
    if not match:
        raise ValueError("write a time such as 60s, 5m, 4h or 3d")
    return int(match[1]) * _UNITS[match[2] or "s"]


def _octets(value: object) -> object:
    match = _SIZE.fullmatch(str(value).strip())
    if not match:
        raise ValueError("write a size such as 500 KB, 35 MB or 1 GB")
    return int(match[1]) * _BYTES[(match[2] or "B").upper()]


def _address(value: str) -> str:
    try:
        return str(parse_typed(value)).lower()
    except AddressError as error:
        raise ValueError(f"not a mail address: {error}") from error


def _domain(value: str) -> str:
    if "@" in value:
        raise ValueError("write the domain only, such as corp.example")
    bare = value.removeprefix("*.")
    try:
        parse_address(f"x@{bare}")
    except AddressError as error:
        raise ValueError(f"not a domain name: {error}") from error
    return value.replace(bare, ascii_domain(bare))


def _some_domain(domains: tuple[str, ...]) -> tuple[str, ...]:
    """Asked only when each is right: one that is wrong is not told a second time as one that is missing."""
    if not domains:
        raise ValueError("write at least one domain, such as corp.example")
    return domains


def _endpoint(value: object) -> str:
    text = str(value)
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError("write host:port, such as 127.0.0.1:2525 or [::1]:2525")
    return text


def _server(value: object) -> str:
    text = str(value)
    host, _, port = text.rpartition(":") if text.startswith("[") or text.count(":") == 1 else (text, "", "53")
    try:
        ipaddress.ip_address(host.strip("[]"))
        if not 1 <= int(port) <= 65535:
            raise ValueError("no port")
    except ValueError as error:
        raise ValueError("write the address of a resolver, such as 192.0.2.53 or [2001:db8::53]:5353") from error
    return f"[{host.strip('[]')}]:{port}"


def _network(value: object) -> str:
    try:
        return str(ipaddress.ip_network(str(value), strict=False))
    except ValueError as error:
        raise ValueError(f"not a network such as 10.0.0.0/8: {error}") from error


def _later(value: object) -> object:
    """A setting that the contract names and a later version brings: refused loudly, never silently without effect."""
    if value not in (None, (), [], {}, False):
        raise ValueError("not available in this version; remove this setting")
    return value


Seconds = Annotated[int, BeforeValidator(_seconds)]
Octets = Annotated[int, BeforeValidator(_octets)]
MailAddress = Annotated[str, AfterValidator(_address)]
Domain = Annotated[str, AfterValidator(_domain)]
Endpoint = Annotated[str, BeforeValidator(_endpoint)]
Server = Annotated[str, BeforeValidator(_server)]
Network = Annotated[str, BeforeValidator(_network)]
Later = Annotated[object, BeforeValidator(_later)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OrganizationSection(_Section):
    """The company."""

    domains: Annotated[tuple[Domain, ...], AfterValidator(_some_domain)]
    name: str = ""
    language: Literal["ja", "en"] = "ja"
    timezone: str = "Asia/Tokyo"

    @model_validator(mode="after")
    def _known_timezone(self) -> OrganizationSection:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"timezone {self.timezone!r} is not known; write one such as Asia/Tokyo") from error
        return self


class ListenerSection(_Section):
    """One port that mail clients or the mail server talk to."""

    address: Endpoint
    tls: Literal["none", "starttls", "implicit"] = "none"
    certificate: Path | None = None
    key: Path | None = None
    auth: Literal["required", "optional", "none"] = "required"
    trusted_networks: tuple[Network, ...] = ()
    proxy_protocol: Later = False

    @model_validator(mode="after")
    def _certificate_with_tls(self) -> ListenerSection:
        if self.tls != "none" and not (self.certificate and self.key):
            raise ValueError(f"tls: {self.tls} needs certificate: and key:")
        return self


class UpstreamSection(_Section):
    """The next server."""

    url: str
    tls: Literal["none", "opportunistic", "required", "insecure"] | None = None
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    connections: int = Field(default=10, ge=1, le=500)


class AuthSection(_Section):
    """How a login is checked."""

    method: Literal["file", "upstream", "ldap"] = "file"
    file: Path = Path("users.yaml")

    @model_validator(mode="after")
    def _file_only(self) -> AuthSection:
        if self.method != "file":
            raise ValueError(f"method: {self.method} is not available in this version; use method: file")
        return self


class RetentionSection(_Section):
    """How long what is kept."""

    bodies: Seconds = 7 * 86400
    metadata: Seconds = 400 * 86400
    facts: Seconds | None = None  # what a mail can be judged again by; as long as metadata, if left out


class StoreSection(_Section):
    """The ledger."""

    url: str = "sqlite:var/mailguard.db"
    bodies: Path = Path("var/bodies")
    retention: RetentionSection = RetentionSection()
    encryption_key_file: Later = None

    @model_validator(mode="after")
    def _sqlite_only(self) -> StoreSection:
        if not self.url.startswith("sqlite:") or not self.url.removeprefix("sqlite:"):
            raise ValueError("url must be sqlite:PATH in this version")
        return self


class ConsoleSection(_Section):
    """The reception: pages and API."""

    address: Endpoint = "127.0.0.1:8025"
    url: str = "http://127.0.0.1:8025"
    administrators: tuple[MailAddress, ...] = ()
    auditors: tuple[MailAddress, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()  # may say for whom they speak (X-Forwarded-For)
    login: Literal["link"] = "link"

    @model_validator(mode="after")
    def _full_url(self) -> ConsoleSection:
        if not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", self.url):
            raise ValueError("url must be the address that people open, such as https://mailguard.corp.example")
        return self


class NotifySection(_Section):
    """Letters."""

    sender: MailAddress = Field(alias="from")
    channels: Later = ()


class LimitsSection(_Section):
    """Every number that keeps a stranger from filling the house."""

    message_size: Octets = 35 * 2**20
    recipients: int = Field(default=1000, ge=1)
    connections: int = Field(default=2000, ge=1)
    connections_per_address: int = Field(default=200, ge=1)
    idle: Seconds = 300
    session: Seconds = 3600
    reading_time: Seconds = 10
    reading_cpu: Seconds = 20
    reading_memory: Octets = 512 * 2**20
    reading_depth: int = Field(default=8, ge=1, le=30)
    reading_parts: int = Field(default=1000, ge=1)
    reading_header: Octets = 2**20
    reading_members: int = Field(default=2000, ge=1)
    reading_expanded: Octets = 200 * 2**20
    reading_ratio: int = Field(default=200, ge=2)
    readers: int = Field(default=2, ge=1, le=64)


class VirusSection(_Section):
    """The virus scanner: clamd, as unix:PATH or tcp://host:port."""

    clamd: str
    time: Seconds = 30


class DnsSection(_Section):
    """Which resolvers are asked (none: those of this machine), for rules that ask whether a domain takes mail."""

    servers: tuple[Server, ...] = ()
    timeout: Annotated[Seconds, Field(ge=1, le=30)] = 2


class DirectoryAttributes(_Section):
    """Which attribute says what; what is left out is that of the kind of server. "" : nothing does."""

    mail: str | None = None
    name: tuple[str, ...] | None = None
    aliases: str | None = None
    manager: str | None = None
    delegates: str | None = None
    uid: str | None = None
    member_of: str | None = None
    group_name: str | None = None
    members: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _names(self) -> DirectoryAttributes:
        for value in self.model_dump(exclude_none=True).values():
            for name in (value,) if isinstance(value, str) else value:
                if name and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*|[0-9]+(\.[0-9]+)+", name):  # RFC 4512 section 2.5
                    raise ValueError(f"{name[:40]!r} is not the name of an attribute")
        if self.mail == "" or self.group_name == "":
            raise ValueError("mail and group_name must name an attribute")
        return self


class DirectorySection(_Section):
    """People and groups from a directory server (LDAP), read again every `refresh`."""

    url: str
    kind: Literal["active_directory", "openldap"] = "active_directory"
    base: Annotated[str, Field(min_length=1)]
    bind_dn: str = ""
    password: SecretStr | None = None
    tls: Literal["required", "insecure", "none"] = "required"
    ca_file: Path | None = None
    person_filter: str | None = None
    group_filter: str | None = None
    attributes: DirectoryAttributes = DirectoryAttributes()
    refresh: Annotated[Seconds, Field(ge=10)] = 900
    time: Annotated[Seconds, Field(ge=1, le=3600)] = 120

    @model_validator(mode="after")
    def _together(self) -> DirectorySection:
        if bool(self.bind_dn) != (self.password is not None and bool(self.password.get_secret_value())):
            raise ValueError("bind_dn and password go together")
        for name, text in (("person_filter", self.person_filter), ("group_filter", self.group_filter)):
            if text is not None and not (text.startswith("(") and text.endswith(")")):
                raise ValueError(f"{name} is written in parentheses, such as (objectClass=person)")  # RFC 4515
        return self


class DeliverySection(_Section):
    """When to try again, when to give up."""

    retry: tuple[Seconds, ...] = (60, 300, 900, 1800, 3600)
    give_up_after: Seconds = 3 * 86400


class MetricsSection(_Section):
    """GET /metrics: open to loopback only, unless networks are named."""

    networks: tuple[Network, ...] = ()


class Settings(_Section):
    """The whole file."""

    organization: OrganizationSection
    listeners: tuple[ListenerSection, ...]
    upstream: UpstreamSection
    upstreams: Later = None
    auth: AuthSection | None = None
    store: StoreSection = StoreSection()
    policies: tuple[Path, ...] = (Path("policies/"),)
    console: ConsoleSection = ConsoleSection()
    notify: NotifySection
    limits: LimitsSection = LimitsSection()
    virus: VirusSection | None = None
    dns: DnsSection = DnsSection()
    directory: DirectorySection | None = None
    delivery: DeliverySection = DeliverySection()
    metrics: MetricsSection = MetricsSection()
    hostname: str = ""

    @model_validator(mode="after")
    def _logins_have_a_method(self) -> Settings:
        wanting = [one.address for one in self.listeners if one.auth != "none"]
        if wanting and self.auth is None:
            raise ValueError(f"listener {wanting[0]} checks logins: auth: {{method: file, file: users.yaml}} is needed")
        return self
