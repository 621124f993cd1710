"""What loads a server, Postfix's smtp-source, and what takes its mail, the sink behind it.

Both are processes of their own, so that their work is not counted as the server's. Every mail is counted at the sink.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mails import MAILS
from peers import ROOT, Peer

SOURCE = Path("/usr/sbin/smtp-source")
PATIENCE = 60.0
#: Ways that let no mail out. told: held, and a letter about each, where others merge those to one person.
HOLDING = ("held", "told")


@dataclass(frozen=True, slots=True)
class Cell:
    """One measurement of throughput: which mail, which way, over how many kept connections, for about how long."""

    mail: str
    way: str
    sessions: int
    seconds: float = 0.8


class Sink:
    """The next server, in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, str(ROOT / "bench" / "sink.py")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.port = int(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def ask(self, word: str) -> Any:
        """`count` or `take`."""
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        return json.loads(self._read())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


def wait_for(sink: Sink, kind: str, wanted: int) -> None:
    """Until the sink has so many. Raises RuntimeError if they do not come."""
    end = time.monotonic() + PATIENCE
    while sink.ask("count")[kind] < wanted:
        if time.monotonic() > end:
            raise RuntimeError(f"{sink.ask('count')[kind]} of {wanted} {kind} arrived")
        time.sleep(0.01)


class Blast:
    """smtp-source, with as many mails as the last run of the same cell says that the time takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rates: dict[tuple[str, Cell], float] = {}
        for name, make in MAILS.items():
            head = b"From: Ann <ann@corp.example>\r\nTo: <ken@corp.example>\r\n"
            (folder / name).write_bytes((head + make()).replace(b"\r\n", b"\n"))

    def count_for(self, who: str, cell: Cell) -> int:
        """How many mails the cell's time takes, two a connection if that is not known yet."""
        return max(cell.sessions * 2, int(self._rates.get((who, cell), 0) * cell.seconds))

    def send(self, who: str, peer: Peer, cell: Cell, count: int) -> float:
        """Send so many; returns in how many seconds they were taken. Raises RuntimeError."""
        port, to = peer.ways[cell.way]
        command = [str(SOURCE), "-d", "-s", str(cell.sessions), "-m", str(count), "-F", str(self._folder / cell.mail)]
        command += ["-f", "ann@corp.example", "-t", to, f"127.0.0.1:{port}"]
        begun = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode:
            raise RuntimeError(f"{who}, {cell}: {done.stderr[:300]}")
        seconds = time.monotonic() - begun
        self._rates[who, cell] = count / seconds
        return seconds

    def run(self, who: str, peer: Peer, cell: Cell, sink: Sink, count: int) -> float:
        """Send so many and wait until all that goes out is out; returns in how many seconds they were taken. Raises
        RuntimeError if one is lost or a held one gets out.
        """
        before = sink.ask("count")
        seconds = self.send(who, peer, cell, count)
        if cell.way not in HOLDING:
            wait_for(sink, "mails", before["mails"] + count)
        elif cell.way == "told":
            wait_for(sink, "letters", before["letters"] + count)
        if cell.way in HOLDING and sink.ask("count")["mails"] != before["mails"]:
            raise RuntimeError(f"{who} let a held mail out")
        return seconds
