"""What all mail servers of these tests have in common: a folder, a port, a next port, a start and an end.

Each listens on a free port of 127.0.0.1, takes mail for any domain from this machine, and hands everything on to one
next port. Recipients refused@... are refused with 550 at RCPT; later@... are put off with 450 as long as it is busy.
"""

from __future__ import annotations

import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path

from tests.interop.cell import command
from tests.postfix import free_port, wait_for_banner

PATIENCE = 60.0


class Server(ABC):
    """One mail server, in a folder of its own."""

    def __init__(self, home: Path, ahead: int) -> None:
        self.home = home
        self.ahead = ahead  # the next port
        self.port = free_port()
        self.busy = True
        self.furnish()

    @abstractmethod
    def furnish(self) -> None:
        """Write what it needs before its first start."""

    @abstractmethod
    def start(self) -> None:
        """Start it, with or without patience for later@..., as `busy` says."""

    @abstractmethod
    def stop(self) -> None:
        """End it, and its processes."""

    @abstractmethod
    def flush(self) -> None:
        """Try what waits in its queue at once, if there is anything."""

    @abstractmethod
    def log(self) -> str:
        """What it logged."""

    def has_time(self) -> None:
        """Take mail for later@... from now on; some are started anew for it."""
        self.stop()
        self.busy = False
        self.start()


class InCell(Server):
    """A server that runs in the foreground in its cell."""

    process: subprocess.Popen[bytes]

    @abstractmethod
    def configure(self) -> None:
        """Write the configuration, as `busy` says."""

    @abstractmethod
    def program(self) -> list[str]:
        """What runs in the foreground."""

    def start(self) -> None:
        self.configure()
        with (self.home / "out").open("ab") as out:
            self.process = subprocess.Popen(
                command(self.home, *self.program()), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
        wait_for_banner(self.port, self.log)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def log(self) -> str:
        return (self.home / "out").read_text("utf-8", "replace")
