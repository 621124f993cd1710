"""What the front door spends on one mail: `.venv/bin/python bench/door.py [ROUNDS]`, in µs of processor time.

From MAIL to the reply to the final dot, on kept connections, with a room behind the door that answers at once: no
reading, no judging, no disk. `stepwise`: a command at a time, as most programs do; `pipelined`: MAIL, RCPT and DATA in
one piece (RFC 2920).
The client is another process and not counted; the kernel's work for the sockets is.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from mailguard.mail import reply as replies
from mailguard.mail.message import Message
from mailguard.mail.reply import Reply
from mailguard.smtpd.server import Door
from mailguard.smtpd.settings import LOOPBACK, DoorLimits, ListenerSettings

MAILS, WARM = 4000, 400
ENVELOPE = (
    b"MAIL FROM:<ann@corp.example> SIZE=2100 BODY=8BITMIME\r\n",
    b"RCPT TO:<bob@partner.example>\r\n",
    b"DATA\r\n",
)
SIZES = {"2 KB": 2048, "60 KB": 60_000, "1 MB": 2**20}


async def _accept(_: Message) -> Reply:
    return replies.ACCEPTED


def _client(port: int, connections: int, mails: int, size: int, pipelined: bool) -> None:
    header = b"From: <ann@corp.example>\r\nTo: <bob@partner.example>\r\nSubject: hello\r\n\r\n"
    line = b"x" * 70 + b"\r\n"
    body = header + line * ((size - len(header)) // len(line)) + b".\r\n"
    socks = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    steps = [b"".join(ENVELOPE), body] if pipelined else [*ENVELOPE, body]
    for sock in socks:
        sock.recv(4096)
        sock.sendall(b"EHLO pc.corp.example\r\n")
        sock.recv(4096)
    for _ in range(mails // connections):
        for step in steps:
            for sock in socks:
                sock.sendall(step)
            lines = 3 if pipelined and step is steps[0] else 1
            for sock in socks:
                said = sock.recv(4096)
                while said.count(b"\n") < lines:
                    said += sock.recv(4096)
                assert said[:1] in b"23", said
    for sock in socks:
        sock.close()


async def _measure(folder: Path, connections: int, mails: int, size: int, pipelined: bool) -> float:
    """µs of this process for one mail."""
    door = Door(
        [ListenerSettings("127.0.0.1", 0, trusted_networks=LOOPBACK)],
        DoorLimits(), "mx.corp.example", _accept, None, folder,
    )  # fmt: skip
    await door.start()
    port = door.addresses[0][1]
    spent = 0.0
    for count in (max(WARM * mails // MAILS, connections), mails):
        client = multiprocessing.get_context("fork").Process(
            target=_client, args=(port, connections, count, size, pipelined)
        )
        client.start()
        began = time.process_time()
        while client.is_alive():
            await asyncio.sleep(0.05)
        spent = time.process_time() - began
        client.join()
        assert client.exitcode == 0
    await door.stop(1)
    return spent / (mails // connections * connections) * 1e6


def main(rounds: int) -> None:
    print(f"{'mail':6} {'way':10} {'connections':>11}  µs/mail: least, median")
    for name, size in SIZES.items():
        for pipelined in (False, True):
            for connections in (1, 10):
                figures = []
                for _ in range(rounds):
                    with (
                        tempfile.TemporaryDirectory() as folder,
                        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
                    ):
                        mails = max(40, MAILS // max(1, size // 4096))
                        figures.append(runner.run(_measure(Path(folder), connections, mails, size, pipelined)))
                figures.sort()
                way = "pipelined" if pipelined else "stepwise"
                print(
                    f"{name:6} {way:10} {connections:11}  {figures[0]:7.0f} {figures[len(figures) // 2]:7.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
