"""What stands around the house: its ports, DNS, the virus scanner, the directory server.

Each is asked as the house asks it, and no mail is sent. No answer is an answer too: nothing here waits for long.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from dataclasses import replace

from mailguard.antivirus import Clamd
from mailguard.app.doctor.check import Check, failing, good, in_thread, warning
from mailguard.app.opening import server_runs
from mailguard.app.people import people_of
from mailguard.app.rooms import ledger_path
from mailguard.config.doors import listeners
from mailguard.config.load import Config
from mailguard.config.rooms import directory, resolver, scanner
from mailguard.mail.message import Body
from mailguard.mail.saying import Sentence, reason_of
from mailguard.policy.marks import Problems
from mailguard.resolver import Resolver
from mailguard.smtpd.settings import ListenerSettings

#: What to do about a port that nobody listens at while a server runs on this ledger.
_TRYOUT = Sentence(
    "別のポートで起動した場合は、ここでも PORT_SMTP と PORT_CONSOLE を指定してください。"
    "そうでなければログを確認してください。",
    "if it was started with other ports, give PORT_SMTP and PORT_CONSOLE here, too; else look at its log",
)
_ELSE = Sentence(
    "起動後に設定を変えた場合は再起動してください。そうでなければログを確認してください。",
    "if the setting was changed since its start, restart it; else look at its log",
)
_LISTENER, _CONSOLE = Sentence("待ち受け", "listener"), Sentence("画面", "console")
#: What to do about a port that cannot be had.
_TAKEN = {
    errno.EADDRINUSE: Sentence(
        "使用中のプログラムを止める(`ss -tlnp` で確認)か、別のポートにしてください。",
        "stop the program that has it (`ss -tlnp`), or choose another port",
    ),
    errno.EACCES: Sentence(
        "1024 未満のポートには AmbientCapabilities=CAP_NET_BIND_SERVICE が必要です(付属の unit にあります)。",
        "ports below 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE (the unit has it)",
    ),
    errno.EADDRNOTAVAIL: Sentence(
        "このマシンにそのアドレスはありません。このマシンのアドレスを書いてください。",
        "this machine has no such address: write one that it has",
    ),
}


async def ports(config: Config) -> list[Check]:
    """Free if no server runs; ours if one does."""
    runs = await asyncio.to_thread(server_runs, ledger_path(config).with_suffix(".lock"))
    host, _, port = config.settings.console.address.rpartition(":")
    places = [(_LISTENER, one.host, one.port, one.tls != "implicit") for one in _listeners(config)]
    places.append((_CONSOLE, host.strip("[]"), int(port), False))
    remedy = _TRYOUT if config.tryout else _ELSE
    return [await _port(*place, runs=runs, remedy=remedy) for place in places if place[2]]


async def _port(what: Sentence, host: str, port: int, greets: bool, *, runs: bool, remedy: str) -> Check:
    """remedy: what to do where a server runs and nobody answers here."""
    name = what + f" {host}:{port}"
    if not runs:
        return await asyncio.to_thread(_free, name, host, port)
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked, not bound
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(here, port)
            try:
                said = await reader.readline() if greets else b"220"
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError) as error:
        gone = isinstance(error, ConnectionRefusedError)
        late = Sentence("接続時の応答がありません。", "no greeting")
        why = (
            Sentence("ここでは応答がありません。", "nothing answers there")
            if gone
            else late if isinstance(error, TimeoutError) else str(error)
        )  # fmt: skip
        again = Sentence("ログを確認し、再起動してください。", "look at its log; restart it")
        runs_but = Sentence(
            "{name}: mailguard は稼働していますが、{why}", "{name}: a mailguard runs, but {why}", name=name, why=why
        )
        return failing("ports", runs_but, remedy if gone else again)
    if not said.startswith(b"220"):
        greeting = said[:40].decode("ascii", "replace").strip()
        odd = Sentence(
            "{name}: 接続時の応答が{said!r}です。", "{name}: it greets with {said!r}", name=name, said=greeting
        )
        return warning("ports", odd, Sentence("ログを確認してください。", "see its log"))
    return good("ports", Sentence("{name}: mailguard が応答しています。", "{name}: a mailguard answers", name=name))


def _free(name: Sentence, host: str, port: int) -> Check:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
    except OSError as error:
        other = Sentence("このマシンの host:port を書いてください。", "write host:port of this machine")
        return failing("ports", name + ": " + reason_of(error), _TAKEN.get(error.errno or 0, other))
    free = Sentence(
        "{name}: 空いています。mailguard は稼働していません。", "{name}: free; no mailguard runs", name=name
    )
    return good("ports", free)


def _listeners(config: Config) -> tuple[ListenerSettings, ...]:
    try:
        return listeners(config)
    except Problems:
        return ()


async def names(config: Config) -> list[Check]:
    """Whether DNS answers about the organisation's own domains."""
    found = [one for one in config.settings.organization.domains if not one.startswith("*.")]
    asked = await Resolver(resolver(config)).mail_domains(found)
    silent = [one for one in found if one not in asked]
    if config.tryout:
        return []
    if silent:
        remedy = Sentence(
            "このマシンの名前解決か dns.servers を直してください。その間、no_mx を使うルールは働きません。",
            "the resolvers of this machine, or dns.servers; rules that ask no_mx do not hold meanwhile",
        )
        said = Sentence(
            "{domains} について DNS の応答がありません。", "no answer about {domains}", domains=", ".join(silent[:3])
        )
        return [warning("dns", said, remedy)]
    wrong = [one for one in found if not asked[one]]
    if wrong:
        said = Sentence(
            "{domains}: メールを受け取らないドメインです。", "{domains}: takes no mail", domains=", ".join(wrong[:3])
        )
        remedy = Sentence(
            "organization.domains は、アドレスの @ の後と同じように書いてありますか。",
            "organization.domains are written as in addresses?",
        )
        return [warning("dns", said, remedy)]
    said = Sentence(
        "自社のドメイン {n} 件はメールを受け取れます。", "{n} domains of the organisation take mail", n=len(found)
    )
    return [good("dns", said)]


async def viruses(config: Config) -> list[Check]:
    """Whether the scanner answers."""
    settings = scanner(config)
    if settings is None:
        return []
    scanned = await Clamd(replace(settings, seconds=10.0)).scan(Body.of(b"Subject: doctor\r\n\r\nhello\r\n"))
    if scanned.said == "clean":
        return [good("virus", Sentence("clamd は応答しています。", "clamd answers"))]
    remedy = Sentence(
        "clamd を起動し、virus.clamd にそのソケットを書いてください。clamd のユーザーから接続できる必要があります。",
        "start clamd; virus.clamd names its socket; its user must be able to read from us",
    )
    why = Sentence("clamd から検査結果を得られません: {why}", "{why}", why=scanned.why)
    said = (
        why
        if scanned.why
        else Sentence(
            "mailguard のテストメールから clamd が {viruses} を検出しました。",
            "clamd finds {viruses} in a mail of ours",
            viruses=", ".join(scanned.viruses),
        )
    )
    section = config.settings.virus
    return [failing("virus", said if section is None else f"{section.clamd}: " + said, remedy)]


async def people(config: Config) -> list[Check]:
    """Whether the directory server can be read."""
    if directory(config) is None:
        return []

    def look() -> list[Check]:
        found, problems = people_of(config, "now")
        if problems:
            remedy = Sentence(
                "directory.url、bind_dn、password を確認してください。前回読み込んだ名簿は引き続き有効です。",
                "directory.url, bind_dn, password; the people read last stay in force",
            )
            return [failing("directory", problems[0].message, remedy)]
        said = Sentence(
            "{people:,} 人、{groups:,} グループ", "{people:,} people, {groups:,} groups",
            people=len(found.people), groups=len(found.groups),
        )  # fmt: skip
        return [good("directory", said)]

    return await in_thread(look)
