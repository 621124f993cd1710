"""What a large policy costs: judging a mail, loading, a reload while the event loop goes on, patterns over long texts.

A policy of 1,000 rules of the kinds that people write and lists with 100,000 entries, made here; then four measurements
beside their goals. The table goes into docs/performance.md.

    python bench/policy.py [--rounds 5] [--dry]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from mailguard.mail.address import ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Attachment, Facts, HeaderAddress, Headers
from mailguard.mail.organization import Organization
from mailguard.policy.case import Case, Known
from mailguard.policy.judge import judge
from mailguard.policy.loader import load_policy
from mailguard.rulebook import Rulebook
from probed import Stalls
from tables import write_page

OWN = Organization(("corp.example",))
RULES, LISTS, ENTRIES = 1_000, 100, 100_000
_WORDS = (
    "契約",
    "見積",
    "納品",
    "会議",
    "資料",
    "顧客",
    "東京",
    "大阪",
    "山田",
    "予算",
    "計画",
    "価格",
    "極秘",
    "請求",
)
_TALK = "お世話になっております。先日の打ち合わせの件で、ご連絡いたします。ご確認のほどよろしくお願いいたします。\n"


@dataclass(frozen=True, slots=True)
class Goal:
    """A measurement and its goal, milliseconds both."""

    name: str
    most: float


GOALS = (
    Goal(f"judge a mail with 10 recipients: {RULES:,} rules, {ENTRIES:,} list entries", 2),
    Goal("load that policy", 2_000),
    Goal("reload it: longest stop of the loop, of ours", 20),
    Goal("50 patterns over 1 MB of text", 30),
)


def rule(number: int, chance: random.Random) -> str:
    """One of a thousand rules, of the kinds that companies write: customers, departments, words, files, numbers."""
    word = "".join(chance.sample(_WORDS, 2)) + str(number)
    kinds = (
        f"{{recipients: {{external: true, in: [list{number % LISTS}]}}, text: {{words: [{word}, 社外秘{number}]}}}}",
        f"{{recipients: {{domain: [customer{number}.example, '*.customer{number}.example']}}, attachments: any}}",
        f"{{sender: {{address: 'person{number}@corp.example'}}, recipients: {{external: true}}}}",
        f"{{recipients: {{external: true, not_in: [list{number % LISTS}]}}, attachments: {{name: '*{word}*'}}}}",
        f"{{text: {{words: ['{word}', 'project-{number}'], in: [subject, body]}}, recipients: {{external: true}}}}",
        f"{{recipients: {{external: true, visible: true, count: '>= {number % 90 + 11}'}}}}",
        f"{{text: {{patterns: ['{word}[0-9]{{3,}}', 'No[.] ?{number}-[0-9]+']}}, recipients: {{external: true}}}}",
        f"{{personal_data: {{persons: '>= {number}'}}, recipients: {{external: true}}}}",
    )
    return f"  - {{id: rule{number}, when: {kinds[number % len(kinds)]}, then: confirm}}\n"


def write_policy(folder: Path) -> None:
    """The policy and its lists, in ten files and a hundred lists."""
    chance = random.Random(4)
    each = ENTRIES // LISTS
    for number in range(LISTS):
        half = [f"domain{number}-{entry}.example" for entry in range(each // 2)]
        half += [f"person{entry}@shop{number}.example" for entry in range(each // 2)]
        (folder / f"list{number}.txt").write_text("\n".join(half) + "\n", "utf-8")
    for number in range(10):
        lists = "".join(f"  list{at}: {{files: [list{at}.txt]}}\n" for at in range(number * 10, number * 10 + 10))
        rules = "".join(rule(at, chance) for at in range(number * RULES // 10, (number + 1) * RULES // 10))
        (folder / f"{number}.yaml").write_text(f"version: 1\nlists:\n{lists}rules:\n{rules}", "utf-8")


def case(text: str, files: int = 1) -> Case:
    """A mail of a person to ten people outside, with a file."""
    listed = [parse_address(f"person{n}@domain{n * 7}-{n}.example") for n in range(10)]
    facts = Facts(
        headers=Headers(to=tuple(HeaderAddress(str(address)) for address in listed), subject="お打ち合わせの件"),
        text=text,
        attachments=tuple(
            Attachment(
                f"資料{n}.pdf", "application/pdf", "application/pdf", "pdf", 9_000, "", inspected=True, text=_TALK * 20
            )
            for n in range(files)
        ),
    )
    envelope = Envelope(ReversePath(parse_address("ann@corp.example")), tuple(listed), Client("192.0.2.1", "pc"))
    return Case(envelope, facts, OWN, Known(), len(text))


def judging(folder: Path, rounds: int) -> float:
    """Milliseconds of processor time a mail, with texts that differ from mail to mail."""
    policy = load_policy([folder], OWN)
    judge(policy, case(_TALK * 12))  # the automata are made with the first mail
    times = []
    for number in range(rounds * 20):
        mail = case(f"{number} 様\n" + _TALK * 12)
        begun = time.thread_time()
        judge(policy, mail)
        times.append((time.thread_time() - begun) * 1000)
    return statistics.median(times)


def loading(folder: Path, rounds: int) -> float:
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        load_policy([folder], OWN)
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


async def reloading(folder: Path, rounds: int) -> float:
    """The longest time, of ours, for which the loop did not come round while the policy was exchanged."""
    sys.setswitchinterval(0.001)  # as `serve` does
    rulebook = await asyncio.to_thread(Rulebook.open, [folder], OWN)
    gc.collect()
    gc.freeze()  # as `serve` does
    worst = 0.0
    for number in range(rounds):
        path = folder / "0.yaml"
        path.write_text(path.read_text("utf-8") + f"# {number}\n", "utf-8")
        async with Stalls() as stalls:
            assert await rulebook.reload()
            await asyncio.sleep(0.05)  # what is left to clear away stops the loop too
        worst = max(worst, stalls.worst)
    return worst * 1000


def patterns(folder: Path, rounds: int) -> float:
    """Milliseconds of processor time for a mail of 1 MB under a policy of fifty patterns, of which a few are there."""
    chance = random.Random(5)
    some = [f"{''.join(chance.sample(_WORDS, 2))}.{{0,9}}[0-9]{{{n % 7 + 3},}}" for n in range(25)]
    some += [f"[A-Z]{{2}}{n}[0-9]{{4}}|(password|暗証){n} *[:=]" for n in range(25)]
    rules = "".join(
        f"  - {{id: r{n}, when: {{text: {{patterns: ['{p}']}}}}, then: confirm}}\n" for n, p in enumerate(some)
    )
    (folder / "patterns.yaml").write_text(f"version: 1\nrules:\n{rules}", "utf-8")
    policy = load_policy([folder / "patterns.yaml"], OWN)
    lines = "".join(f"{number}: {_TALK}" for number in range(9_000))
    text = lines[: 2**20 * len(lines) // len(lines.encode())] + "AB70001 password3: x\n"
    times = []
    for number in range(rounds):
        mail = case(f"{number}\n{text}", files=0)
        begun = time.thread_time()
        assert judge(policy, mail).hits
        times.append((time.thread_time() - begun) * 1000)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/performance.md alone")
    options = parser.parse_args()
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "policies"
        folder.mkdir()
        write_policy(folder)
        rounds = options.rounds
        figures = [judging(folder, rounds), loading(folder, rounds), asyncio.run(reloading(folder, rounds))]
        figures.append(patterns(Path(name), rounds))
    rows = [
        f"| {goal.name} | {figure:,.1f} | ≤ {goal.most:,.0f} |" for goal, figure in zip(GOALS, figures, strict=True)
    ]
    head = f"{time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores; load average before the run: {busy:.1f}"
    table = "\n".join(["| what | ms | goal |", "|---|--:|--:|", *rows])
    print(f"{head}; rounds: {rounds}.\n\n{table}")
    for goal, figure in zip(GOALS, figures, strict=True):
        if figure > goal.most:
            print(f"missed: {goal.name}", file=sys.stderr)
    if not options.dry:
        write_page(f"{head}.\n\n{table}", "policy")


if __name__ == "__main__":
    main()
