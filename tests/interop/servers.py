"""Real mail servers on the way of a mail, before mailguard or behind it: Exim, OpenSMTPD and a relaying Postfix.

What they have in common is told in `server`. Exim and OpenSMTPD run in a cell; Postfix is the machine's own program
with a configuration and queue apart. They trust this machine, and send nothing but to the next port.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.interop.cell import build, command
from tests.interop.server import PATIENCE, InCell, Server
from tests.missing import missing
from tests.postfix import DAEMONS, POSTFIX, wait_for_banner

_EXIM = """
primary_hostname = exim.corp.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
keep_environment =
tls_advertise_hosts =
host_lookup =
log_file_path = /var/log/exim4/%slog
message_size_limit = 100M
received_header_text = Received: from $sender_helo_name by exim.corp.example with $received_protocol id $message_exim_id
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
begin acl
rcpt:
  deny local_parts = refused
       message = 5.1.1 no such person here
  defer local_parts = later
       condition = ${{if exists{{/run/busy}}}}
       message = 4.2.1 mailbox busy
  accept
begin routers
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = out
begin transports
out:
  driver = smtp
  port = {ahead}
  allow_localhost
begin retry
* * F,1h,1s
"""


class Exim(InCell):
    """Exim 4. It runs its queue each second, so `flush` has nothing to do."""

    def furnish(self) -> None:
        folders = ("etc/exim4", "var/spool/exim4", "var/log/exim4")
        build(self.home, ["usr/sbin/exim4"], {"Debian-exim": 62003}, folders=folders)
        for folder in folders[1:]:
            shutil.chown(self.home / folder, 62003, 62003)

    def configure(self) -> None:
        text = _EXIM.format(port=self.port, ahead=self.ahead)
        (self.home / "run" / "busy").touch()
        (self.home / "etc" / "exim4" / "exim4.conf").write_text(text)

    def program(self) -> list[str]:
        return ["/usr/sbin/exim4", "-bdf", "-q1s"]

    def has_time(self) -> None:
        (self.home / "run" / "busy").unlink()

    def flush(self) -> None:
        pass

    def log(self) -> str:
        main = self.home / "var" / "log" / "exim4" / "mainlog"
        return super().log() + (main.read_text("utf-8", "replace") if main.exists() else "")


_OPENSMTPD = """
queue compression
filter "busy" phase rcpt-to match rcpt-to regex "^later@" reject "450 4.2.1 mailbox busy"
listen on 127.0.0.1 port {port} hostname opensmtpd.corp.example {filter}
smtp max-message-size "100M"
action "out" relay host smtp://127.0.0.1:{ahead}
match from any for rcpt-to regex "^refused@" reject
match from any for any action "out"
"""


class OpenSmtpd(InCell):
    """OpenSMTPD of Debian. It offers neither PIPELINING nor SMTPUTF8."""

    def furnish(self) -> None:
        programs = ["usr/sbin/smtpd", "usr/sbin/smtpctl", "usr/libexec/opensmtpd"]
        folders = ("var/lib/opensmtpd/empty", "var/spool/smtpd")
        build(self.home, programs, {"opensmtpd": 62001, "opensmtpq": 62002}, folders=folders)
        (self.home / "var" / "spool" / "smtpd").chmod(0o711)
        os.chown(self.home / "usr" / "sbin" / "smtpctl", 0, 62002)
        (self.home / "usr" / "sbin" / "smtpctl").chmod(0o2555)

    def configure(self) -> None:
        text = _OPENSMTPD.format(port=self.port, ahead=self.ahead, filter='filter "busy"' if self.busy else "")
        (self.home / "etc" / "smtpd.conf").write_text(text)

    def program(self) -> list[str]:
        return ["/usr/sbin/smtpd", "-d"]

    def flush(self) -> None:
        subprocess.run(
            command(self.home, "/usr/sbin/smtpctl", "schedule", "all"), check=False, capture_output=True,
            timeout=PATIENCE,
        )  # fmt: skip


_POSTFIX = """
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.corp.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
relayhost = [127.0.0.1]:{ahead}
smtp_dns_support_level = disabled
smtp_host_lookup = native
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_recipient_restrictions = check_recipient_access regexp:{home}/conf/people, permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
message_size_limit = 104857600
mailbox_size_limit = 0
virtual_mailbox_limit = 0
in_flow_delay = 0
smtputf8_enable = yes
local_header_rewrite_clients =
maillog_file_prefixes = {home}
maillog_file = {home}/mail.log
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
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
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix(Server):
    """The machine's Postfix, with a configuration and queue of its own, handing everything on."""

    def furnish(self) -> None:
        if not POSTFIX.exists():
            missing("Debian's package postfix")
        self.home.mkdir()
        self.home.chmod(0o755)
        for name in ("conf", "spool", "data"):
            (self.home / name).mkdir()
        shutil.chown(self.home / "data", "postfix")
        names = {"home": self.home, "daemons": DAEMONS, "ahead": self.ahead}
        (self.home / "conf" / "main.cf").write_text(_POSTFIX.format(**names))
        (self.home / "conf" / "master.cf").write_text(_MASTER.format(port=self.port))

    def start(self) -> None:
        busy = "/^later@/ 450 4.2.1 mailbox busy\n" if self.busy else ""
        (self.home / "conf" / "people").write_text(f"/^refused@/ 550 5.1.1 no such person here\n{busy}")
        self._postfix("start")
        wait_for_banner(self.port, self.log)

    def stop(self) -> None:
        self._postfix("stop")

    def flush(self) -> None:
        self._postfix("flush")

    def log(self) -> str:
        path = self.home / "mail.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def _postfix(self, verb: str) -> None:
        done = subprocess.run(
            [POSTFIX, "-c", self.home / "conf", verb], check=False, capture_output=True, text=True, timeout=PATIENCE
        )
        if done.returncode:
            raise RuntimeError(f"postfix {verb}: {done.stderr}\n{self.log()}")


KINDS: dict[str, type[Server]] = {"exim": Exim, "opensmtpd": OpenSmtpd, "postfix": Postfix}


@contextlib.contextmanager
def running_server(kind: str, ahead: int) -> Iterator[Server]:
    """A server that hands on to this port; stopped at the end, its folder removed."""
    around = Path(tempfile.mkdtemp(prefix=f"mailguard-{kind}-"))
    around.chmod(0o755)
    try:
        server = KINDS[kind](around / "home", ahead)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        _removed(around)


def _removed(folder: Path) -> None:
    """Daemons that were told to end may still write for a moment."""
    end = time.monotonic() + PATIENCE
    while folder.exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
