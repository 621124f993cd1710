"""The load: SMTP sessions from threads with blocking sockets, one process, times of every final dot.

It trusts the server to speak SMTP and stops at the first reply that is no success: a run with refusals is not a
measurement. It prints one JSON object.

    python bench/load.py --port 2525 --to ken@corp.example --mail 2k --sessions 10 --seconds 3 --tag a
"""

from __future__ import annotations

import argparse
import json
import socket
import threading
import time

from mails import MAILS

#: {n} is counted up from mail to mail, as far as --senders says.
SENDER = "ann{n}@corp.example"
#: So many a {n} in --to makes.
RECIPIENTS = 4000
_HEAD = "Message-ID: <bench-{id}@pc.corp.example>\r\nFrom: Ann <{sender}>\r\nTo: <{to}>\r\nSubject: bench\r\n"


class Load:
    """Sessions that share a count and a deadline. `dots`: id -> (time of the final dot, seconds to its reply)."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.body = MAILS[options.mail]() + b".\r\n"
        self.dots: dict[str, tuple[float, float]] = {}
        self.errors: list[str] = []
        self.begun = time.monotonic()
        self.left = options.most
        self.lock = threading.Lock()

    def next_id(self) -> str | None:
        """The id of the next mail, or None when time or number is up."""
        with self.lock:
            late = time.monotonic() - self.begun >= self.options.seconds
            if late or self.left <= 0 or self.errors:
                return None
            self.left -= 1
            return f"{self.options.tag}-{self.options.most - self.left}"

    def session(self) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self.options.port), 60) as conn:
                conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._talk(conn)
        except (OSError, ConnectionError) as error:
            self.errors.append(str(error))

    def _talk(self, conn: socket.socket) -> None:
        replies = conn.makefile("rb")

        def say(octets: bytes, wanted: bytes) -> None:
            if octets:
                conn.sendall(octets)
            line = replies.readline()
            while line[3:4] == b"-":
                line = replies.readline()
            if not line.startswith(wanted):
                raise ConnectionError(f"{octets[:60]!r} -> {line!r}")

        say(b"", b"220")
        say(b"EHLO pc.corp.example\r\n", b"250")
        while (mail := self.next_id()) is not None:
            sender = SENDER.format(n="" if self.options.senders < 2 else self.left % self.options.senders)
            to = self.options.to.format(n=self.left % RECIPIENTS)
            say(f"MAIL FROM:<{sender}>\r\n".encode(), b"250")
            say(f"RCPT TO:<{to}>\r\n".encode(), b"250")
            say(b"DATA\r\n", b"354")
            conn.sendall(_HEAD.format(id=mail, sender=sender, to=to).encode() + self.body)
            dot = time.monotonic()
            say(b"", b"250")
            self.dots[mail] = (dot, time.monotonic() - dot)
            self._wait(dot)
        say(b"QUIT\r\n", b"221")

    def _wait(self, last: float) -> None:
        if self.options.pace:
            time.sleep(max(0.0, last + 1 / self.options.pace - time.monotonic()))

    def run(self) -> dict[str, object]:
        threads = [threading.Thread(target=self.session) for _ in range(self.options.sessions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"seconds": time.monotonic() - self.begun, "dots": self.dots, "errors": self.errors}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--to", required=True)
    parser.add_argument("--mail", choices=MAILS, required=True)
    parser.add_argument("--sessions", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--most", type=int, default=1_000_000, help="at most so many mails")
    parser.add_argument("--pace", type=float, default=0.0, help="mails a second and session; 0: as fast as answered")
    parser.add_argument("--senders", type=int, default=1, help="so many people send in turn")
    parser.add_argument("--tag", required=True)
    print(json.dumps(Load(parser.parse_args()).run()))


if __name__ == "__main__":
    main()
