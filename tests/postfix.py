"""A real, private Postfix for tests: free ports, one temporary folder, the machine's own Postfix untouched.

It takes mail for any domain on four ports (plain with STARTTLS, implicit TLS, one that insists on AUTH, a small old
one) and delivers each recipient's copy into one Maildir, from which `delivered` reads it back with the octets as they
came over the wire. Some addresses are refused, so that every outcome can be had from a real server:

    refused@...   550 at RCPT          later@...   450 at RCPT          sender refused@refused.example   554 at MAIL

It trusts nobody: it listens on loopback only and can send nothing outside. It needs root, as Postfix does.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import functools
import itertools
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

DAEMONS = Path("/usr/lib/postfix/sbin")
POSTFIX = Path("/usr/sbin/postfix")
USER, PASSWORD = "mailguard@corp.example", "back-door-secret"
#: Longest that anything here may take.
PATIENCE = 60.0
_PORTS = itertools.count()
#: Ports for one process of tests, enough for what closed connections keep for a minute; its lock, held to its end.
_STRETCH = 600
_TAKEN: list[IO[str]] = []

_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.upstream.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
default_transport = virtual
relay_transport = virtual
virtual_transport = virtual
virtual_mailbox_domains = static:yes
virtual_mailbox_maps = static:inbox/
virtual_mailbox_base = {home}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
virtual_destination_recipient_limit = 1
bounce_queue_lifetime = 0
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
smtpd_recipient_restrictions = check_recipient_access inline:{{
    {{refused@upstream.example=550 5.1.1 no such person here}},
    {{later@upstream.example=450 4.2.1 mailbox busy}} }}, permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_sender_restrictions = check_sender_access inline:{{ {{refused@refused.example=554 5.7.1 sender refused}} }}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {home}/tls/cert.pem
smtpd_tls_key_file = {home}/tls/key.pem
smtpd_tls_loglevel = 0
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = yes
smtputf8_enable = yes
message_size_limit = 104857600
mailbox_size_limit = 0
virtual_mailbox_limit = 0
in_flow_delay = 0
disable_dns_lookups = yes
local_header_rewrite_clients =
maillog_file_prefixes = {home}
maillog_file = {home}/mail.log
"""

_MASTER = """
127.0.0.1:{plain} inet n - n - - smtpd
127.0.0.1:{tls} inet n - n - - smtpd
    -o smtpd_tls_wrappermode=yes
127.0.0.1:{login} inet n - n - - smtpd
    -o smtpd_sasl_auth_enable=yes
    -o smtpd_client_restrictions=permit_sasl_authenticated,reject
    -o smtpd_delay_reject=yes
127.0.0.1:{small} inet n - n - - smtpd
    -o message_size_limit=20000
    -o smtputf8_enable=no
    -o smtpd_discard_ehlo_keywords=8bitmime,smtputf8,pipelining
    -o smtpd_tls_security_level=none
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
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
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One recipient's copy: the envelope as Postfix knew it, and the octets from below its own fields, with CRLF."""

    sender: str
    recipient: str
    octets: bytes


@dataclass
class Postfix:
    """A running private Postfix, stopped by whoever started it.

    Ports: plain (STARTTLS offered), tls (implicit), login (AUTH after STARTTLS), small (20 KB; no 8BITMIME, SMTPUTF8,
    PIPELINING or TLS). `ca` verifies its certificate, which is for localhost and 127.0.0.1.
    """

    home: Path
    plain: int
    tls: int
    login: int
    small: int

    @property
    def ca(self) -> Path:
        return self.home / "tls" / "cert.pem"

    @property
    def inbox(self) -> Path:
        return self.home / "mail" / "inbox"

    def delivered(self) -> list[Delivered]:
        """What lies in the Maildir now, in the order of arrival."""
        new = self.inbox / "new"
        files = sorted(new.iterdir(), key=lambda path: path.stat().st_mtime_ns) if new.is_dir() else []
        return [_read_back(path.read_bytes()) for path in files]

    def wait_for(self, count: int, *, containing: bytes = b"") -> list[Delivered]:
        """The copies that contain the octets, as soon as there are `count` of them. Raises TimeoutError."""
        end = time.monotonic() + PATIENCE
        while True:
            found = [mail for mail in self.delivered() if containing in mail.octets]
            if len(found) >= count:
                return found
            if time.monotonic() > end:
                raise TimeoutError(f"{len(found)} of {count} copies arrived\n{self.log()[-2000:]}")
            time.sleep(0.02)

    def log(self) -> str:
        """Postfix's own log."""
        path = self.home / "mail.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def restart_daemons(self) -> None:
        """End all of Postfix's processes and start anew: kept connections are cut."""
        subprocess.run([POSTFIX, "-c", self.home / "conf", "stop"], capture_output=True, timeout=PATIENCE, check=True)
        subprocess.run([POSTFIX, "-c", self.home / "conf", "start"], capture_output=True, timeout=PATIENCE, check=True)
        wait_for_banner(self.plain, self.log)

    def empty(self) -> None:
        """Remove what was delivered so far."""
        shutil.rmtree(self.inbox, ignore_errors=True)


def _read_back(stored: bytes) -> Delivered:
    """Take off what Postfix put on top: Return-Path, X-Original-To, Delivered-To and one Received field."""
    head = re.match(
        rb"Return-Path: <(?P<sender>.*)>\n(?:X-Original-To: .*\n)?Delivered-To: (?P<recipient>.*)\n"
        rb"Received: .*\n(?:[ \t].*\n)*",
        stored,
    )
    assert head, stored[:400]
    rest = stored[head.end() :]
    return Delivered(head["sender"].decode(), head["recipient"].decode(), rest.replace(b"\n", b"\r\n"))


def free_port() -> int:
    """A port that was free a moment ago, for programs that cannot bind port 0 and tell.

    Below the range from which the kernel deals out ports (32768 on), or another test's port 0 would take it in between;
    each process has a stretch of its own.
    """
    first = _stretch()
    while True:
        port = first + next(_PORTS) % _STRETCH
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@functools.cache
def _stretch() -> int:
    """The first port of a stretch that no other process of tests has, on this machine and for as long as this lives."""
    folder = Path(tempfile.gettempdir()) / f"mailguard-test-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in range(12_000 // _STRETCH):
        taken = (folder / str(number)).open("w")
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _TAKEN.append(taken)
            return 20_000 + number * _STRETCH
        taken.close()
    raise AssertionError("all ports for tests are taken: is a run of the tests still alive?")


def make_certificate(folder: Path, name: str = "cert", *, days: int = 2, host: str = "localhost") -> tuple[Path, Path]:
    """A self-signed certificate for `host` and 127.0.0.1. Returns (certificate, key)."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / f"{name}.pem", folder / ("key.pem" if name == "cert" else f"{name}-key.pem")
    names = f"subjectAltName=DNS:{host},IP:127.0.0.1" if host == "localhost" else f"subjectAltName=DNS:{host}"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", str(days), "-keyout", str(key), "-out", str(certificate), "-subj", f"/CN={host}", "-addext", names],
        check=True, capture_output=True, timeout=PATIENCE,
    )  # fmt: skip
    return certificate, key


@contextlib.contextmanager
def private_postfix() -> Iterator[Postfix]:
    """Start a private Postfix and stop it at the end. Raises RuntimeError with its log where it does not start."""
    home = Path(tempfile.mkdtemp(prefix="mailguard-postfix-"))
    stopping = threading.Event()
    try:
        yield _start(home, stopping)
    finally:
        stopping.set()
        subprocess.run([POSTFIX, "-c", home / "conf", "stop"], capture_output=True, timeout=PATIENCE, check=False)
        shutil.rmtree(home, ignore_errors=True)


def _start(home: Path, stopping: threading.Event) -> Postfix:
    home.chmod(0o755)  # Postfix's daemons run as their own user and must get in
    for name in ("conf", "spool", "data", "mail"):
        (home / name).mkdir()
    shutil.chown(home / "data", "postfix")
    make_certificate(home / "tls")
    nobody = 65534
    os.chown(home / "mail", nobody, nobody)
    postfix = Postfix(home, free_port(), free_port(), free_port(), free_port())
    auth = _auth_server(stopping)
    names = {"home": home, "daemons": DAEMONS, "uid": nobody, "gid": nobody, "auth": auth}
    (home / "conf" / "main.cf").write_text(_MAIN.format(**names))
    ports = {"plain": postfix.plain, "tls": postfix.tls, "login": postfix.login, "small": postfix.small}
    (home / "conf" / "master.cf").write_text(_MASTER.format(**ports))
    started = subprocess.run(
        [POSTFIX, "-c", home / "conf", "start"], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if started.returncode:
        raise RuntimeError(f"postfix did not start: {started.stderr}\n{postfix.log()}")
    for port in (postfix.plain, postfix.small):
        wait_for_banner(port, postfix.log)
    return postfix


def wait_for_banner(port: int, log: Callable[[], str]) -> None:
    """Until a server on this port greets. Raises RuntimeError with its log."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as conn:
            conn.settimeout(5)
            if conn.recv(200).startswith(b"220"):
                conn.sendall(b"QUIT\r\n")
                conn.recv(100)
                return
        time.sleep(0.05)
    raise RuntimeError(f"no banner on port {port}\n{log()}")


def _auth_server(stop: threading.Event) -> int:
    """Dovecot's authentication protocol, as much as Postfix's smtpd asks of it; one user. Returns its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)

    def serve() -> None:
        with listener:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    threading.Thread(target=_auth_session, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def _auth_session(conn: socket.socket) -> None:
    with conn, conn.makefile("rwb", buffering=0) as lines, contextlib.suppress(OSError):
        lines.write(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t" + b"0" * 32 + b"\nDONE\n")
        for line in lines:
            words = line.rstrip(b"\n").split(b"\t")
            if words[0] != b"AUTH":
                continue
            given = next((word[5:] for word in words if word.startswith(b"resp=")), b"")
            right = base64.b64decode(given) == f"\0{USER}\0{PASSWORD}".encode()
            lines.write(b"OK\t%b\tuser=%b\n" % (words[1], USER.encode()) if right else b"FAIL\t%b\n" % words[1])


def client_context(postfix: Postfix) -> ssl.SSLContext:
    """A context that trusts this Postfix."""
    return ssl.create_default_context(cafile=str(postfix.ca))
