"""What trying a policy costs: `.venv/bin/python bench/simulate.py [MAILS]`.

Fills a ledger with 100,000 recorded mails (30 days, 200 senders, one in twelve held and decided), then runs `mailguard
policy simulate` over all of them: with the shipped rules as the new policy, once for a policy in force that judged them
all, and once for one that did not, so that each mail is judged twice. Prints seconds and the peak of the memory.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.measure import PeakMemory
from tests.ledger import Ledger, facts, opened

from mailguard.mail.actor import HOUSE
from mailguard.mail.address import ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import ClassCount, Finding, HeaderAddress
from mailguard.mail.message import Body, Message, new_message_id
from mailguard.mail.organization import Organization
from mailguard.policy.case import Case, Known
from mailguard.policy.case_json import case_to_json
from mailguard.policy.judge import judge
from mailguard.policy.loader import Policy, load_policy
from mailguard.store.entry import Entry, insert
from mailguard.store.fresh import record_of
from mailguard.store.rows import to_text

ROOT = Path(__file__).parent.parent
COMPANY = Organization(("corp.example",), "Corp")
CONFIG = """
organization: {{domains: [corp.example], language: en, timezone: Asia/Tokyo}}
listeners: [{{address: "127.0.0.1:0", tls: none, auth: none, trusted_networks: [127.0.0.0/8]}}]
upstream: {{url: "mailbox:out"}}
store: {{url: "sqlite:mailguard.db", bodies: bodies}}
policies: [{policies}]
notify: {{from: mailguard@corp.example}}
"""
_spent = [0.0]
BODY = Body.of(b"Subject: x\r\n\r\nx\r\n")


def case(number: int, at: datetime) -> Case:
    """A mail as they come: one to five recipients, every third with files, some with personal data."""
    to = [parse_address(f"p{number % 5000 + n}@d{(number + n) % 700}.example") for n in range(1 + number % 5)]
    sender = parse_address(f"s{number % 200}@corp.example")
    files = ["見積書.xlsx", "仕様書.pdf", "図面.zip"][: number % 7 // 2] if number % 3 == 0 else []
    found = facts("見積書の件 quotation", files, sender=str(sender))
    headers = replace(found.headers, to=tuple(HeaderAddress(str(one), "田中様") for one in to))
    people = {"phone": ClassCount(counted=number % 30), "person_name": ClassCount(counted=number % 20)}
    findings = (Finding("macro", "見積書.xlsx", "vbaProject.bin"),) if number % 50 == 0 and files else ()
    read = replace(found, headers=headers, personal_data=people, persons=number % 20, findings=findings)
    known = Known(frozenset(one.ascii_domain for one in to[number % 2 :]), frozenset(one.ascii_domain for one in to))
    envelope = Envelope(ReversePath(sender), tuple(to), Client("192.0.2.7", "pc", login=str(sender), trusted=True))
    return Case(envelope, read, COMPANY, known, 2000 + number, at)


async def fill(folder: Path, policy: Policy, mails: int) -> None:
    """A ledger as 30 days leave it."""
    start = datetime.now(UTC) - timedelta(days=29, hours=23)
    step = timedelta(days=29, hours=20) / mails
    async with opened(folder) as ledger:
        for first in range(0, mails, 2000):
            entries = [
                entry(number, start + number * step, policy) for number in range(first, min(mails, first + 2000))
            ]
            await ledger.db.write(lambda c, some=entries: [insert(c, one, one.record.received_at) for one in some])
        await decided(ledger)


def entry(number: int, at: datetime, policy: Policy) -> Entry:
    one = case(number, at)
    message = Message(new_message_id(at), one.envelope, BODY, at)
    record = record_of(message, one.facts, judge(policy, one), b"", None)
    return Entry(record, BODY.octets, HOUSE, None, to_text(case_to_json(one)))


async def decided(ledger: Ledger) -> None:
    for sql in (
        "UPDATE recipient SET state = 'queued', event = 'release', decided_by = 's1@corp.example', decided_at = 0,"
        " due_at = NULL WHERE state = 'held'",
        "UPDATE recipient SET state = 'relayed', event = 'relay', due_at = NULL WHERE state = 'queued'",
        "UPDATE message SET state = 'relayed', ended_at = 0",
    ):
        await ledger.db.write(lambda c, said=sql: c.execute(said).rowcount)


def measured(folder: Path, what: str, *options: str) -> None:
    command = [sys.executable, "-m", "mailguard", "policy", "simulate", "--since", "30d", "--json", *options]
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as child, PeakMemory(child.pid) as peak:
        out = child.communicate()[0]
    took = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - _spent[0]
    _spent[0] += cpu
    report = json.loads(out)
    measured_in = f"{took:.1f} s ({cpu:.1f} s of CPU), peak {peak.mb:.0f} MB"
    print(f"{what}: {report['mails']:,} mails in {measured_in}; {report['changed']:,} change")


def main() -> None:
    mails = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    shipped = ROOT / "policies"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mailguard.yaml").write_text(CONFIG.format(policies=f'"{shipped}"'))
        policy = load_policy([shipped], COMPANY)
        start = time.perf_counter()
        asyncio.run(fill(folder, policy, mails))
        print(f"filled with {mails:,} recorded mails in {time.perf_counter() - start:.0f} s")
        milder = policy.rules[0].id
        measured(folder, "one rule's mode", "--mode", f"{milder}=monitor")
        measured(folder, "the same in one process", "--mode", f"{milder}=monitor", "--jobs", "1")
        (folder / "other.yaml").write_text(
            "version: 1\nrules:\n  - {id: outside, when: {recipients: {external: true}}, then: confirm}\n"
        )
        (folder / "mailguard.yaml").write_text(CONFIG.format(policies="other.yaml"))
        measured(folder, "judged twice", "--policy", str(shipped))


if __name__ == "__main__":
    main()
