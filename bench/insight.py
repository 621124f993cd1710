"""What the model of who writes to whom costs: processor time to read, learn and judge a mail, and memory.

    python bench/insight.py                 # 150,000 mails
    python bench/insight.py --mails 1000000 # the bound holds: nothing grows any more

The mails are made up: 2,000 senders with contacts of their own, texts of 60 to 200 words out of 40,000, 1 to 10
recipients. Then kinds of mail are read, judged, learned, and turned into octets and back, each once: the same 2 KB to
one familiar recipient, and made-up mails to one and to five, mostly strangers. Times are processor time of this
process, memory its resident set.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Iterator

from mailguard.insight.lesson import Lesson, read
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
    read_us, learn_us = (1e6 * one / said.mails for one in (reading, learning))
    print(f"all of them: read {read_us:.0f} us, learn {learn_us:.0f} us")
    for kind, some in kinds(1.6e9 + said.mails * 30):
        print(f"{kind:>32}: " + ", ".join(f"{name} {1e6 * one:.0f} us" for name, one in costs(model, some).items()))


JAPANESE = "お世話になっております。添付のとおり見積書をお送りいたします。ご確認のほどよろしくお願いいたします。\r\n"
ENGLISH = "Dear colleagues, this is a line of an ordinary letter with some words in it.\r\n"


def kinds(now: float) -> Iterator[tuple[str, list[Letter]]]:
    """What a mail is like, and such mails."""
    for name, body in (("the same 2 KB, Japanese", JAPANESE * 14), ("the same 2 KB, English", ENGLISH * 24)):
        yield name, [
            Letter(
                now + number * 30, "src@bench.example", ("dst@clean.example",),
                message_id=f"<{number}@bench.example>", subject="見積書の件", body=body,
            )
            for number in range(500)
        ]  # fmt: skip
    for recipients in (1, 5):
        yield f"made up, recipients: {recipients}", list(letters(500, recipients, seed=2))


def costs(model: Insight, some: list[Letter]) -> dict[str, float]:
    """Seconds of the processor for a mail, the first hundred left out."""
    spent = dict.fromkeys(("read", "judge", "learn", "octets"), 0.0)
    for number, letter in enumerate(some):
        at = [time.process_time()]
        lesson = read(letter)
        at.append(time.process_time())
        model.score(lesson)
        at.append(time.process_time())
        model.learn(lesson)
        at.append(time.process_time())
        Lesson.from_bytes(lesson.to_bytes())
        at.append(time.process_time())
        if number >= 100:
            for name, before, after in zip(spent, at, at[1:], strict=False):
                spent[name] += after - before
    return {name: one / (len(some) - 100) for name, one in spent.items()}


if __name__ == "__main__":
    main()
