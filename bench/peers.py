"""Who is measured: mailguard, Postfix and a relay as one would write it in an afternoon, each in a folder of its own.

Postfix stands in three roles: store-and-forward (what mailguard does with a clean mail), HOLD (what it does with one
that waits) and before-queue pass-through, which keeps nothing and is the bound of what passing on costs. It needs root
and Debian's package postfix. Nothing is left running.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.house import furnish, settings, start  # noqa: E402
from tests.postfix import DAEMONS, POSTFIX, free_port  # noqa: E402

CLEAN, HELD = "ken@corp.example", "bob@hold.example"

#: On top of the shipped policies, so that judging costs what it costs; one domain is held without a delay.
POLICY = """
version: 1
rules:
  - id: bench-hold
    mode: enforce
    when: {recipients: {domain: [hold.example]}}
    then: confirm
    because: {ja: 測定のための保留, en: Held for the bench}
"""

_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.bench.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
relayhost = [127.0.0.1]:{sink}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
message_size_limit = 104857600
mailbox_size_limit = 0
in_flow_delay = 0
maillog_file_prefixes = {home}
maillog_file = {home}/mail.log
"""

_MASTER = """
127.0.0.1:{relay} inet n - n - - smtpd
127.0.0.1:{hold} inet n - n - - smtpd
    -o {{ smtpd_data_restrictions = check_client_access static:HOLD }}
127.0.0.1:{through} inet n - n - - smtpd
    -o smtpd_proxy_filter=127.0.0.1:{sink}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """A running server. root: the pid that everything of it descends from; ways: name -> (port, recipient)."""

    name: str
    root: int
    ways: dict[str, tuple[int, str]]
    letters: bool = False


@contextlib.contextmanager
def mailguard(folder: Path, sink: int, *, workers: int = 1, merging: bool = False) -> Iterator[Peer]:
    """mailguard with the shipped policies in front of the sink. merging: as shipped, many letters to one person become
    one; else every held mail has its own, so that each can be waited for.
    """
    notify: dict[str, object] = {"from": "mailguard@corp.example"}
    if not merging:
        notify["merge"] = {"after": 1_000_000}
    more = {"policies": [str(ROOT / "policies"), "policies/"], "notify": notify}
    data, ports = settings(folder, f"smtp://127.0.0.1:{sink}", **more)
    furnish(folder, data, POLICY)
    house = start(folder, ports, options=["--workers", str(workers)])
    try:
        _until_open(house.console, workers)
        ways = {"relayed": (house.smtp, CLEAN), "held": (house.smtp, HELD)}
        if not merging:
            ways["told"] = ways["held"]
        yield Peer("mailguard", house.process.pid, ways, letters=True)
    finally:
        house.stop()


@contextlib.contextmanager
def postfix(folder: Path, sink: int) -> Iterator[Peer]:
    """Postfix with the sink as its relay host; one port relays, one holds, one passes through."""
    for name in ("conf", "spool", "data"):
        (folder / name).mkdir(parents=True)
    shutil.chown(folder / "data", "postfix")
    relay, hold, through = free_port(), free_port(), free_port()
    (folder / "conf" / "main.cf").write_text(_MAIN.format(home=folder, daemons=DAEMONS, sink=sink))
    (folder / "conf" / "master.cf").write_text(_MASTER.format(relay=relay, hold=hold, through=through, sink=sink))
    command = [str(POSTFIX), "-c", str(folder / "conf")]
    if subprocess.run([*command, "start"], check=False, capture_output=True, timeout=60).returncode:
        raise RuntimeError(f"Postfix does not start:\n{(folder / 'mail.log').read_text()}")
    try:
        wait_for_banner(relay)
        master = int((folder / "spool" / "pid" / "master.pid").read_text().strip())
        yield Peer("Postfix", master, {"relayed": (relay, CLEAN), "held": (hold, HELD), "through": (through, CLEAN)})
    finally:
        subprocess.run([*command, "stop"], check=False, capture_output=True, timeout=60)


@contextlib.contextmanager
def naive(folder: Path, sink: int) -> Iterator[Peer]:
    """bench/naive.py in front of the sink. It keeps nothing, so `folder` stays empty."""
    folder.mkdir(parents=True)
    port = free_port()
    process = subprocess.Popen([sys.executable, str(ROOT / "bench" / "naive.py"), str(port), str(sink)])
    try:
        wait_for_banner(port)
        yield Peer("aiosmtpd + aiosmtplib", process.pid, {"through": (port, CLEAN)})
    finally:
        process.terminate()
        process.wait(20)


def _until_open(console: int, doors: int) -> None:
    """All processes stand at the ports: connections that come sooner stay with the first one."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with urllib.request.urlopen(f"http://127.0.0.1:{console}/metrics", timeout=10) as said:
            if f"mailguard_doors {doors}.0\n".encode() in said.read():
                return
        time.sleep(0.05)
    raise RuntimeError(f"not {doors} doors")


def wait_for_banner(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as conn:
            if conn.recv(200).startswith(b"220"):
                conn.sendall(b"QUIT\r\n")
                return
        time.sleep(0.05)
    raise RuntimeError(f"no banner on port {port}")
