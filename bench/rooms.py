"""One small mail through all rooms: what each spends on it, put together for docs/one-mail.md.

Each room has a bench of its own, which times it alone with its neighbours stood in for; this runs them one after the
other and keeps the figure of the ordinary mail: 2 KB of text, judged by the shipped policies, relayed at once.

    python bench/rooms.py [--dry]
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.reader import read_letter
from mails import japanese_letter, letter
from tables import write_page

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "one-mail.md"
_HEAD = b"From: Ann <ann@corp.example>\r\nTo: <ken@corp.example>\r\nSubject: bench\r\n"
#: As the programs of Japanese offices write it: everybody by name, somebody in Cc.
_JAPANESE_HEAD = (
    b"From: =?utf-8?b?5bGx55SwIOWkqumDjg==?= <ann@corp.example>\r\n"
    b"To: =?utf-8?b?5L2Q6JekIOiKseWtkA==?= <ken@corp.example>\r\n"
    b"Cc: team@corp.example\r\nDate: Thu, 26 Nov 2026 09:00:00 +0900\r\nX-Number: bench\r\n"
)


def said(script: str, *arguments: str) -> str:
    """What a room's bench prints."""
    command = [sys.executable, str(ROOT / "bench" / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=True, cwd=ROOT / "bench").stdout


def figure(text: str, pattern: str) -> float:
    """The number that the first group of the pattern names. Raises ValueError if it is not there."""
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"no {pattern!r} in {text!r}")
    return float(found[1].replace(",", ""))


def reading(octets: bytes, rounds: int = 7, mails: int = 300) -> float:
    """Processor time of reading a mail in the server's own process, in microseconds: the least of the rounds."""
    limits, best = ReadingLimits(), float("inf")
    for _ in range(rounds):
        begun = time.thread_time()
        for number in range(mails):
            read_letter(octets.replace(b": bench", b": %d" % number), limits)
        best = min(best, time.thread_time() - begun)
    return best / mails * 1e6


def rows() -> list[tuple[str, str, float]]:
    """Room, what it does, microseconds of processor."""
    door, room = said("door.py", "3"), said("judge.py", "--rounds", "5", "--mails", "500")
    ledger, back = said("store.py", "--rounds", "5", "--mails", "500"), said("relay.py", "--only", "handed")
    read = (
        reading(_HEAD + letter(2048)),
        reading(_JAPANESE_HEAD + japanese_letter(2048)),
    )
    judged = {part: figure(room, rf"relayed +{part} +([\d.]+)") for part in ("accept", "judge", "case", "record")}
    glue = judged["accept"] - sum(judged[part] for part in ("judge", "case", "record"))
    return [
        ("smtpd", "MAIL to the reply, a command at a time", figure(door, r"2 KB +stepwise +10 +(\d+)")),
        ("smtpd", "the same, pipelined", figure(door, r"2 KB +pipelined +10 +(\d+)")),
        ("inspect", "read, English", read[0]),
        ("inspect", "read, Japanese", read[1]),
        ("intake", "case, record", judged["case"] + judged["record"]),
        ("policy", "judge: 22 shipped rules", judged["judge"]),
        ("intake", "Received field, mark, log line, reply, waiting", glue),
        ("store", "what is known of recipients, asked", figure(ledger, r"known (\d+)")),
        ("store", "the same, where the sender wrote to them lately", figure(ledger, r"again (\d+)")),
        ("store", "entry: mail, copies, audit; sealed", figure(ledger, r"entry (\d+)")),
        ("delivery, relay", "lane and SMTP, the loop's thread", figure(back, r"handed on +loop +(\d+)")),
        ("store", "outcome, learning, audit", figure(ledger, r"outcome (\d+)")),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/one-mail.md alone")
    options = parser.parse_args()
    busy = os.getloadavg()[0]
    lines = [f"{time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores; load average before the run: {busy:.1f}."]
    lines += ["", "| room | what | µs |", "|---|---|--:|"]
    lines += [f"| {room} | {what} | {spent:.0f} |" for room, what, spent in rows()]
    text = "\n".join(lines)
    print(text)
    if not options.dry:
        write_page(text, "rooms", PAGE)


if __name__ == "__main__":
    main()
