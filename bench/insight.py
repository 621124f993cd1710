"""What the model of who writes to whom costs: processor time to read, learn and judge a mail, and memory.

    python bench/insight.py                 # 150,000 mails
    python bench/insight.py --mails 1000000 # the bound holds: nothing grows any more

The mails are made up: 2,000 senders with contacts of their own, texts of 60 to 200 words out of 40,000, 1 to 10
recipients. Judged are mails to five recipients. Times are processor time of this process, memory its resident set.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Iterator

from mailguard.insight.lesson import read
from mailguard.insight.model import Insight
from mailguard.insight.words import Letter


def letters(count: int, recipients: int | None = None, seed: int = 1) -> Iterator[Letter]:
    """Made-up mails in time order."""
    chance = random.Random(seed)
    words = [f"{chance.choice('bcdfgklmnprst')}{number:x}or" for number in range(40_000)]
    for number in range(count):
        sender = chance.randrange(2_000)
        own = random.Random(sender)
        contacts = [
            f"p{own.randrange(60_000)}.n{own.randrange(900)}@c{own.randrange(3_000)}.example" for _ in range(60)
        ]
        people = chance.sample(contacts, recipients or min(10, 1 + int(chance.expovariate(0.5))))
        topic = chance.randrange(400) * 90
        text = " ".join(words[topic + int(chance.expovariate(0.02)) % 900] for _ in range(chance.randrange(60, 200)))
        yield Letter(
            1.6e9 + number * 30, f"s{sender}.x{sender % 50}@corp.example", tuple(people), subject=text[:30], body=text
        )


def resident() -> float:
    """MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=150_000)
    said = parser.parse_args()
    model, before = Insight(own=["corp.example"]), resident()
    reading = learning = 0.0
    for number, letter in enumerate(letters(said.mails), 1):
        started = time.process_time()
        lesson = read(letter)
        between = time.process_time()
        model.learn(lesson)
        reading, learning = reading + between - started, learning + time.process_time() - between
        if number % max(1, said.mails // 10) == 0:
            print(
                f"{number:>9,} mails: {resident() - before:6.0f} MiB, {len(model.memory.people):,} people", flush=True
            )
    lessons = [read(letter) for letter in letters(1_000, recipients=5, seed=2)]
    model.score(lessons[0])  # the tables are made into code
    started = time.process_time()
    for lesson in lessons:
        model.score(lesson)
    judging = (time.process_time() - started) / len(lessons)
    read_us, learn_us = (1e6 * one / said.mails for one in (reading, learning))
    print(f"read {read_us:.0f} us, learn {learn_us:.0f} us, judge {judging * 1e6:.0f} us")


if __name__ == "__main__":
    main()
