"""The words of mailguard.yaml: times and sizes with units, addresses, networks, and what every section has in common.

Each turns a written value into a type or says what to write instead.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from mailguard.mail.address import AddressError, ascii_domain, parse_address, parse_typed
from mailguard.mail.saying import Sentence

_DURATION = re.compile(r"(\d+)\s*(s|m|h|d)?")
_SIZE = re.compile(r"(\d+)\s*(B|KB|MB|GB|KIB|MIB|GIB)?", re.IGNORECASE)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}

#: From so many octets on a size needs no unit.
_PLAIN = 2**16


def _whole(value: object) -> object:
    """A yes or no is no number, though Python counts with it."""
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]+", str(value).strip()):
        raise ValueError(Sentence("20 のような整数を書いてください。", "write a whole number, such as 20"))
    return value


def _seconds(value: object) -> object:
    match = _DURATION.fullmatch(str(value).strip())
    if not match:
        raise ValueError(
            Sentence("時間を 60s、5m、4h、3d のように書いてください。", "write a time such as 60s, 5m, 4h or 3d")
        )
    return _times(match[1], _UNITS.get(match[2]), Sentence("60s、5m、4h、3d", "60s, 5m, 4h or 3d"))


def _octets(value: object) -> object:
    match = _SIZE.fullmatch(str(value).strip())
    if not match:
        raise ValueError(
            Sentence(
                "サイズを 500 KB、35 MB、1 GB のように書いてください。", "write a size such as 500 KB, 35 MB or 1 GB"
            )
        )
    # Whoever writes so much means octets, as mail servers do (Postfix's message_size_limit).
    unit = 1 if not match[2] and int(match[1]) >= _PLAIN else _BYTES.get((match[2] or "").upper())
    return _times(match[1], unit, Sentence("500 KB、35 MB、1 GB", "500 KB, 35 MB or 1 GB"))


def _times(number: str, unit: int | None, such_as: str) -> int:
    """Only nothing needs no unit: `bodies: 7`, meant as days, would be seconds, and what it shall keep erased."""
    if unit is None and int(number):
        raise ValueError(
            Sentence(
                "{number} の単位がわかりません。{such_as} のように単位も書いてください。",
                "{number} of what? write the unit, too, as in {such_as}",
                number=number,
                such_as=such_as,
            )
        )
    return int(number) * (unit or 0)


def _address(value: str) -> str:
    try:
        return str(parse_typed(value)).lower()
    except AddressError as error:
        raise ValueError(
            Sentence("メールアドレスではありません: {error}", "not a mail address: {error}", error=error)
        ) from error


def _address_or_off(value: object) -> object:
    # YAML 1.1 reads a bare off as false.
    return "off" if value is False or value == "off" else _address(str(value))


def _domain(value: str) -> str:
    if "@" in value:
        raise ValueError(
            Sentence(
                "corp.example のようにドメイン名だけを書いてください。", "write the domain only, such as corp.example"
            )
        )
    bare = value.removeprefix("*.")
    try:
        parse_address(f"x@{bare}")
    except AddressError as error:
        raise ValueError(
            Sentence("ドメイン名ではありません: {error}", "not a domain name: {error}", error=error)
        ) from error
    return value.replace(bare, ascii_domain(bare))


def some_domain(domains: tuple[str, ...]) -> tuple[str, ...]:
    """Asked only when each is right: one that is wrong is not told a second time as one that is missing."""
    if not domains:
        raise ValueError(
            Sentence(
                "corp.example のようなドメイン名を1つ以上書いてください。",
                "write at least one domain, such as corp.example",
            )
        )
    return domains


def _endpoint(value: object) -> str:
    text = str(value)
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(
            Sentence(
                "127.0.0.1:2525 や [::1]:2525 のように「ホスト:ポート」を書いてください。",
                "write host:port, such as 127.0.0.1:2525 or [::1]:2525",
            )
        )
    return text


def _server(value: object) -> str:
    text = str(value)
    host, _, port = text.rpartition(":") if text.startswith("[") or text.count(":") == 1 else (text, "", "53")
    try:
        ipaddress.ip_address(host.strip("[]"))
        if not 1 <= int(port) <= 65535:
            raise ValueError("no port")
    except ValueError as error:
        raise ValueError(
            Sentence(
                "DNSサーバーのアドレスを 192.0.2.53 や [2001:db8::53]:5353 のように書いてください。",
                "write the address of a resolver, such as 192.0.2.53 or [2001:db8::53]:5353",
            )
        ) from error
    return f"[{host.strip('[]')}]:{port}"


def _network(value: object) -> str:
    try:
        return str(ipaddress.ip_network(str(value), strict=False))
    except ValueError as error:
        raise ValueError(
            Sentence(
                "10.0.0.0/8 のようなネットワークではありません({error})。",
                "not a network such as 10.0.0.0/8: {error}",
                error=error,
            )
        ) from error


def _later(value: object) -> object:
    """A setting that the contract names and a later version brings: refused loudly, never silently without effect."""
    if value not in (None, (), [], {}, False):
        raise ValueError(
            Sentence(
                "このバージョンでは使えません。この設定を消してください。",
                "not available in this version; remove this setting",
            )
        )
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Seconds = Annotated[int, BeforeValidator(_seconds)]
Octets = Annotated[int, BeforeValidator(_octets)]
MailAddress = Annotated[str, AfterValidator(_address)]
AddressOrOff = Annotated[str, BeforeValidator(_address_or_off)]
Domain = Annotated[str, AfterValidator(_domain)]
Endpoint = Annotated[str, BeforeValidator(_endpoint)]
Server = Annotated[str, BeforeValidator(_server)]
Network = Annotated[str, BeforeValidator(_network)]
Later = Annotated[object, BeforeValidator(_later)]


class Section(BaseModel):
    """A section of the file: every key is known, and nothing changes it afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
