"""The section `listeners` of mailguard.yaml: the ports, and how each finds out who stands there."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mailguard.config.words import Domain, Endpoint, Network, Section
from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.saying import Sentence


def _check_or_off(value: object) -> object:
    return "off" if value is False else value  # YAML 1.1 reads a bare off as false


def _opens(value: str) -> str:
    if value == "trusted":
        return value
    try:
        parse_address(value)
    except AddressError as error:
        raise ValueError(
            Sentence(
                "trusted か、対応するログインのアドレスを書いてください: {error}",
                "write trusted, or the address of the login that it stands for: {error}",
                error=error,
            )
        ) from error
    return value


def _written(value: object) -> object:
    return str(value) if isinstance(value, float) else value  # YAML reads a bare 1.2 as a number


def _ciphers(value: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers(value)
    except ssl.SSLError as error:
        raise ValueError(
            Sentence(
                "OpenSSL の暗号スイートのリストではありません(例: ECDHE+AESGCM:ECDHE+CHACHA20)。",
                "no list of ciphers that OpenSSL knows, such as ECDHE+AESGCM:ECDHE+CHACHA20",
            )
        ) from error
    return value


class ClientCertificatesSection(Section):
    """Who a client is by its certificate. names: a name in it, or sha256:fingerprint, to trusted or to a login."""

    names: Annotated[dict[str, Annotated[str, AfterValidator(_opens)]], Field(min_length=1)]
    ca_file: Path | None = None
    required: bool = False


class ListenerSection(Section):
    """One port that mail clients or the mail server talk to."""

    address: Endpoint
    tls: Literal["none", "starttls", "implicit"] = "none"
    certificate: Path | None = None
    key: Path | None = None
    auth: Literal["required", "optional", "none"] = "required"
    trusted_networks: tuple[Network, ...] = ()
    proxy_protocol: bool = False
    proxies: tuple[Network, ...] = ("127.0.0.0/8", "::1/128")
    xclient_from: tuple[Network, ...] = ()
    xforward_from: tuple[Network, ...] = ()
    login_header: Annotated[str, Field(pattern=r"^[!-9;-~]{1,76}$")] | None = None  # RFC 5322 section 2.2
    client_certificates: ClientCertificatesSection | None = None
    sender_check: Annotated[Literal["login", "domain", "off"] | None, BeforeValidator(_check_or_off)] = None
    sender_domains: tuple[Domain, ...] = ()
    tls_minimum: Annotated[Literal["1.0", "1.1", "1.2", "1.3"], BeforeValidator(_written)] = "1.2"
    ciphers: Annotated[str, AfterValidator(_ciphers)] = ""

    @model_validator(mode="after")
    def _together(self) -> ListenerSection:
        if self.tls != "none" and not (self.certificate and self.key):
            raise ValueError(
                Sentence(
                    "tls: {tls} には certificate: と key: が必要です。",
                    "tls: {tls} needs certificate: and key:",
                    tls=self.tls,
                )
            )
        if self.tls == "none" and self.model_fields_set & {"tls_minimum", "ciphers"}:
            raise ValueError(
                Sentence(
                    "tls_minimum: と ciphers: はTLSの設定です。tls: starttls または implicit を設定してください。",
                    "tls_minimum: and ciphers: are of TLS: set tls: starttls or implicit",
                )
            )
        if "proxies" in self.model_fields_set and not self.proxy_protocol:
            raise ValueError(
                Sentence(
                    "proxies: は proxy_protocol: true のときだけ使われます。",
                    "proxies: are asked only with proxy_protocol: true",
                )
            )
        if self.proxy_protocol and not self.proxies:
            raise ValueError(
                Sentence(
                    "proxy_protocol: true には proxies: が必要です。接続元を名乗ってよいネットワークを書いてください。",
                    "proxy_protocol: true needs proxies: the networks that may say whom they speak for",
                )
            )
        return self
