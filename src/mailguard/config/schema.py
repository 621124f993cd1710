"""The shape of mailguard.yaml: one model a section, every key known, times and sizes with units.

It trusts nothing that is written in the file and opens nothing that it names; `load` does.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from mailguard.config.auth_section import AuthSection
from mailguard.config.directory_section import DirectorySection
from mailguard.config.insight_section import InsightSection
from mailguard.config.listener_section import ListenerSection
from mailguard.config.people_sections import ConsoleSection, NotifySection
from mailguard.config.upstream_section import Name, NamedUpstreamSection, UpstreamSection
from mailguard.config.words import Domain, Network, Octets, Seconds, Section, Server, Whole, some_domain
from mailguard.mail.address import AddressError, parse_typed
from mailguard.mail.saying import Sentence


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            Sentence(
                "{text!r}というタイムゾーンはありません。Asia/Tokyo のように書いてください。",
                "{text!r} is not known; write one such as Asia/Tokyo",
                text=text[:60],
            )
        ) from error
    return text


def _sqlite(url: str) -> str:
    if not url.startswith("sqlite:") or not url.removeprefix("sqlite:"):
        raise ValueError(
            Sentence("このバージョンでは sqlite:パス と書いてください。", "must be sqlite:PATH in this version")
        )
    return url


def _folder(path: Path) -> Path:
    if re.match("[a-z0-9]{2,}:", str(path)):
        raise ValueError(  # s3://... would be one, named s3:
            Sentence("このバージョンではフォルダーを書いてください。", "must be a folder in this version")
        )
    return path


class OrganizationSection(Section):
    """The company."""

    domains: Annotated[tuple[Domain, ...], AfterValidator(some_domain)]
    name: str = ""
    language: Literal["ja", "en"] = "ja"
    timezone: Annotated[str, AfterValidator(_timezone)] = "Asia/Tokyo"


class RetentionSection(Section):
    """How long what is kept."""

    bodies: Seconds = 7 * 86400
    metadata: Seconds = 400 * 86400
    facts: Seconds | None = None  # what a mail can be judged again by; as long as metadata, if left out


class StoreSection(Section):
    """The ledger."""

    url: Annotated[str, AfterValidator(_sqlite)] = "sqlite:var/mailguard.db"
    bodies: Annotated[Path, AfterValidator(_folder)] = Path("var/bodies")
    retention: RetentionSection = RetentionSection()
    encryption_key_file: Path | None = None


class LimitsSection(Section):
    """Every number that keeps a stranger from filling the house."""

    message_size: Octets = 35 * 2**20
    recipients: Whole = Field(default=1000, ge=1)
    connections: Whole = Field(default=2000, ge=1)
    connections_per_address: Whole = Field(default=200, ge=1)
    messages: Whole = Field(default=500, ge=1)
    queued: Whole = Field(default=200_000, ge=0)
    disk_free: Octets | None = None
    memory: Octets | None = None
    memory_free: Octets | None = None
    idle: Seconds = 300
    session: Seconds = 3600
    resent_within: Annotated[Seconds, Field(ge=0)] = 600
    reading_time: Seconds = 10
    reading_cpu: Seconds = 20
    reading_memory: Octets = 512 * 2**20
    reading_depth: Whole = Field(default=8, ge=1, le=30)
    reading_parts: Whole = Field(default=1000, ge=1)
    reading_header: Octets = 2**20
    reading_members: Whole = Field(default=2000, ge=1)
    reading_expanded: Octets = 200 * 2**20
    reading_ratio: Whole = Field(default=200, ge=2)
    readers: Whole = Field(default=2, ge=1, le=64)


class VirusSection(Section):
    """The virus scanner: clamd, as unix:PATH or tcp://host:port."""

    clamd: str
    time: Seconds = 30


class DnsSection(Section):
    """Which resolvers are asked (none: those of this machine), for rules that ask whether a domain takes mail."""

    servers: tuple[Server, ...] = ()
    timeout: Annotated[Seconds, Field(ge=1, le=30)] = 2


class DeliverySection(Section):
    """When to try again, when to tell the sender that it waits (0: never), when to give up; how much fresh mail waits
    in memory for one next server.
    """

    retry: tuple[Seconds, ...] = (60, 300, 900, 1800, 3600)
    warn_after: Annotated[Seconds, Field(ge=0)] = 4 * 3600
    give_up_after: Seconds = 3 * 86400
    backlog: Whole = Field(default=500, ge=1, le=100_000)
    backlog_size: Octets = 16 * 2**20


class MetricsSection(Section):
    """GET /metrics: open to loopback only, unless networks are named."""

    networks: tuple[Network, ...] = ()


class Settings(Section):
    """The whole file."""

    organization: OrganizationSection
    listeners: tuple[ListenerSection, ...]
    upstream: UpstreamSection
    upstreams: dict[Name, NamedUpstreamSection] = Field(default_factory=dict)
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
    insight: InsightSection = InsightSection()
    metrics: MetricsSection = MetricsSection()
    hostname: str = ""

    @model_validator(mode="before")
    @classmethod
    def _letters_have_a_sender(cls, data: Any) -> Any:
        """Without notify.from, letters come from mailguard@ the first domain; what is wrong with that is said once."""
        if not isinstance(data, dict) or not isinstance(notify := data.get("notify", {}), dict) or "from" in notify:
            return data
        organization = data.get("organization")
        domains = organization.get("domains") if isinstance(organization, dict) else None
        first = str(domains[0]).removeprefix("*.") if isinstance(domains, list | tuple) and domains else ""
        try:
            sender = str(parse_typed(f"mailguard@{first}"))
        except AddressError:
            sender = "mailguard@corp.invalid"
        return data | {"notify": {"from": sender, **notify}}

    @model_validator(mode="after")
    def _logins_have_a_method(self) -> Settings:
        wanting = [one.address for one in self.listeners if one.auth != "none"]
        if wanting and self.auth is None:
            raise ValueError(
                Sentence(
                    "待ち受け {address} はログインを確かめます。auth: {{method: file, file: users.yaml}} が必要です。",
                    "listener {address} checks logins: auth: {{method: file, file: users.yaml}} is needed",
                    address=wanting[0],
                )
            )
        return self
