"""The settings: whether they are sound, and do what was surely meant. Files are looked at, nothing more."""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from pydantic import BaseModel, SecretStr

from mailguard.app.doctor.check import Check, failing, good, warning
from mailguard.app.people import policy_of
from mailguard.app.rooms import ledger_path
from mailguard.config.channels import channels
from mailguard.config.doors import listeners
from mailguard.config.load import Config
from mailguard.config.logins import senders, user_file, ways
from mailguard.config.rooms import directory, hostname, reply_address, scanner
from mailguard.config.upstreams import upstreams
from mailguard.mail.address import parse_address
from mailguard.mail.saying import Sentence, listed
from mailguard.policy.marks import Problem, Problems
from mailguard.smtpd.settings import ListenerSettings
from mailguard.store.snapshots import snapshot_path

_SOON = timedelta(days=21)
_ALL_AT_ONCE = Sentence("`mailguard check` ですべて一度に表示できます。", "`mailguard check` shows all at once")
#: Networks of more addresses than a company has on the public side.
_PUBLIC_MOST = 2**12


def rooms(config: Config) -> Iterator[Check]:
    """What `mailguard check` finds, but the policies."""
    looks: tuple[Callable[[Config], object], ...] = (
        listeners, upstreams, scanner, directory, ways, channels, reply_address, user_file, senders,
    )  # fmt: skip
    found: list[Problem] = []
    for look in looks:
        try:
            look(config)
        except Problems as error:
            found += error.problems
    for problem in found:
        yield failing("configuration", str(problem), _ALL_AT_ONCE)
    if not found:
        yield good("configuration", config.name)
        if hostname(config) == "[127.0.0.1]":
            said = Sentence(
                "このマシンには、EHLO で名乗る完全なホスト名がありません。",
                "this machine has no full name to give in EHLO",
            )
            remedy = Sentence(
                "hostname: mail.corp.example のように設定してください。", "set hostname: mail.corp.example"
            )
            yield warning("hostname", said, remedy)


def policies(config: Config) -> Iterator[Check]:
    """Whether the policies compile."""
    try:
        policy = policy_of(config)
    except Problems as error:
        for problem in error.problems:
            yield failing("policies", str(problem), _ALL_AT_ONCE)
        return
    yield good("policies", Sentence("ルール {n} 件", "{n} rules", n=len(policy.rules)))


def doors(config: Config) -> Iterator[Check]:
    """Whether each listener lets in whom it should, with a certificate that is good for a while."""
    try:
        found = listeners(config)
    except Problems:
        return  # said already
    for listener in found:
        yield from _trusted(listener)
        if listener.certificate is not None and listener.key is not None:
            yield from _certificate(listener, hostname(config))


def _trusted(listener: ListenerSettings) -> Iterator[Check]:
    """Whoever is in a trusted network may relay anything as anybody: an open relay, if it is too wide."""
    name = f"{listener.host}:{listener.port}"
    wide = [network for network in listener.trusted_networks if _too_wide(network)]
    remedy = Sentence(
        "trusted_networks には自社のメールサーバーのアドレスだけを書き、端末はログインさせてください。",
        "name the addresses of your own mail server in trusted_networks; clients log in",
    )
    if any(network.prefixlen == 0 for network in wide):
        said = Sentence("{name} は誰からのメールでも中継します。", "{name} relays for everybody", name=name)
        yield failing("open-relay", said, remedy)
    elif wide:
        said = Sentence(
            "{name} は {networks} を信頼しています(広い公開ネットワークです)。",
            "{name} trusts {networks}: public, and large",
            name=name, networks=listed(wide),
        )  # fmt: skip
        yield warning("open-relay", said, remedy)
    else:
        whom = [str(network) for network in listener.trusted_networks[:3]]
        whom += ["..."] * (len(listener.trusted_networks) > 3)
        whom += [Sentence("ログインした利用者", "logins")] * (listener.auth != "none")
        said = Sentence(
            "{name} が中継する相手: {whom}",
            "{name} relays for {whom}",
            name=name,
            whom=listed(whom) or Sentence("なし", "nobody"),
        )
        yield good("open-relay", said)


def _too_wide(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    if network.prefixlen == 0:
        return True
    if network.is_private or network.is_loopback or network.is_link_local:
        return False
    # IPv6: a company has a /48; IPv4: by the number of addresses.
    return network.prefixlen < 48 if network.version == 6 else network.num_addresses > _PUBLIC_MOST


def _certificate(listener: ListenerSettings, name: str) -> Iterator[Check]:
    path = listener.certificate
    assert path is not None
    where = Sentence("{place} の {path}", "{path} at {place}", path=path, place=f"{listener.host}:{listener.port}")
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError, IndexError) as error:
        remedy = Sentence(
            "証明書とその中間証明書を含む PEM ファイルを指定してください。",
            "name a PEM file with the certificate and its chain",
        )
        yield failing("certificate", where + f": {error}", remedy)
        return
    now, ends = datetime.now(UTC), found.not_valid_after_utc
    remedy = Sentence("更新してください。SIGHUP で新しい証明書が読み込まれます。", "renew it; SIGHUP takes the new one")
    if now >= ends or now < found.not_valid_before_utc:
        begins = found.not_valid_before_utc
        said = Sentence(
            "{where}: 有効期間は {begins:%Y-%m-%d} から {ends:%Y-%m-%d} まで",
            "{where}: valid {begins:%Y-%m-%d} to {ends:%Y-%m-%d}",
            where=where, begins=begins, ends=ends,
        )  # fmt: skip
        yield failing("certificate", said, remedy)
    elif ends - now < _SOON:
        said = Sentence(
            "{where}: {ends:%Y-%m-%d} に期限が切れます(あと {days} 日)。",
            "{where}: ends {ends:%Y-%m-%d}, in {days} days",
            where=where, ends=ends, days=(ends - now).days,
        )  # fmt: skip
        yield warning("certificate", said, remedy)
    elif not _names(found, name):
        remedy = Sentence(
            "端末が {name} 以外の名前で接続するなら問題ありません。そうでなければ {name} の証明書を取得するか、"
            "hostname: を設定してください。",
            "clients use another name than {name}? then all is well; else get one for it, or set hostname:",
            name=name,
        )
        names = listed(_all_names(found)) or Sentence("なし", "no name")
        said = Sentence("{where}: 証明書の名前は {names}", "{where}: is for {names}", where=where, names=names)
        yield warning("certificate", said, remedy)
    else:
        said = Sentence(
            "{where}: {name} 用、{ends:%Y-%m-%d} まで有効", "{where}: for {name}, until {ends:%Y-%m-%d}",
            where=where, name=name, ends=ends,
        )  # fmt: skip
        yield good("certificate", said)


def _all_names(found: x509.Certificate) -> list[str]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


def _names(found: x509.Certificate, name: str) -> bool:
    wild = "*." + name.partition(".")[2]  # RFC 6125 section 6.4.3: one label
    return any(one.lower() in (name.lower(), wild.lower()) for one in _all_names(found))


def secrets(config: Config) -> Iterator[Check]:
    """Whether files that hold secrets are for nobody else."""
    open_ones, found = [], 0
    for path in sorted(_secret_files(config)):
        if path.exists():
            found += 1
            if _open(path.stat()):
                open_ones.append(path)
    for path in open_ones:
        said = Sentence("{path}: ほかのユーザーが読めます。", "{path}: others can read it", path=path)
        yield warning("secrets", said, _closing(path))
    if not open_ones:
        said = Sentence(
            "{n} 個のファイルを読めるのは所有者とサービスだけです。",
            "{n} files are readable by their owner, or the service, only",
            n=found,
        )
        yield good("secrets", said)


def _open(found: os.stat_result) -> bool:
    """Whether more people can read it than must. What root owns, the group of the service may read."""
    for_a_group = found.st_uid == 0 and found.st_gid != 0
    return bool(stat.S_IMODE(found.st_mode) & (0o037 if for_a_group else 0o077))


def _closing(path: Path) -> str:
    found = path.stat()
    return f"chmod {'640' if found.st_uid == 0 and found.st_gid != 0 else '600'} {path}"


def _has_secrets(config: Config) -> bool:
    """Whether a password stands in the configuration file itself, and not in the environment or another file."""
    try:
        text = Path(config.source).read_text(encoding="utf-8", errors="replace")
    except OSError:  # the built-in one
        return False
    return any(secret in text for secret in _secrets_in(config.settings))


def _secrets_in(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield from filter(None, [value.get_secret_value().strip()])
    elif isinstance(value, BaseModel):
        for one in vars(value).values():
            yield from _secrets_in(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _secrets_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _secrets_in(one)


def _secret_files(config: Config) -> set[Path]:
    settings, ledger = config.settings, ledger_path(config)
    found = {ledger, ledger.with_suffix(".key"), ledger.with_suffix(".people.json"), snapshot_path(ledger)}
    found |= {config.path(one.key) for one in settings.listeners if one.key is not None}
    found |= {config.path(one.key) for one in (settings.upstream, *settings.upstreams.values()) if one.key is not None}
    if _has_secrets(config):
        found.add(Path(config.source).resolve())
    if settings.store.encryption_key_file is not None:
        found.add(config.path(settings.store.encryption_key_file))
    if settings.auth is not None and settings.auth.method == "file":
        found.add(config.path(settings.auth.file))
    found |= {
        Path(value) for name, value in os.environ.items() if name.startswith("MAILGUARD_") and name.endswith("_FILE")
    }
    return found


def letters(config: Config) -> Iterator[Check]:
    """Whether our letters come from a domain that is ours, and lead back to a console."""
    section = config.settings.notify
    domain = parse_address(section.sender).domain
    inside = [one.removeprefix("*.") for one in config.settings.organization.domains]
    if not any(domain == one or domain.endswith(f".{one}") for one in inside):
        remedy = Sentence(
            "自社ドメインの送信元にしてください(自社のメールサーバーが署名し、SPF で許可されているもの)。",
            "a sender of your own domain, which your mail server signs and SPF allows",
        )
        said = Sentence(
            "notify.from のドメイン {domain} が organization.domains にありません。",
            "notify.from is of {domain}, which is not among organization.domains",
            domain=domain,
        )
        yield warning("letters", said, remedy)
    else:
        yield good("letters", Sentence("通知メールの送信元は {domain}", "they come from {domain}", domain=domain))
    if not config.settings.console.administrators and not config.tryout:
        said = Sentence("障害が起きても誰にも通知されません。", "nobody is told when something is wrong")
        remedy = Sentence(
            "console.administrators に管理者のアドレスを書いてください。", "console.administrators: [you]"
        )
        yield warning("administrators", said, remedy)
    outside = any(not one.is_loopback for one in _listening(config))
    if outside and "127.0.0.1" in config.settings.console.url:
        remedy = Sentence(
            "console.url に利用者が開くアドレスを書いてください。すべての通知メールに載ります。",
            "console.url: the address that people open; it stands in every letter",
        )
        said = Sentence("通知メールのリンク先が 127.0.0.1 です。", "links in letters lead to 127.0.0.1")
        yield warning("console", said, remedy)


def _listening(config: Config) -> tuple[ListenerSettings, ...]:
    try:
        return listeners(config)
    except Problems:
        return ()
