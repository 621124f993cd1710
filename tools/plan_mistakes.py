"""Plans mistakes that are of no particular kind, for `train_insight.py --wider`: what a table is to find that was not
made for it.

    python tools/plan_mistakes.py --messages messages.jsonl.xz --plan B_1.jsonl --own corp.example --out wider.jsonl

Each true mail of the plans is made a mistake of once, strictly from the past: one recipient is changed, one is added,
or several take the place of some. Who comes is anybody of the organisation or outside whom the sender never wrote to, a
name at a house where nobody has it, or people of another of his mails. Namesakes, look-alikes and people who begin
alike are among them by chance only; the plans that a table is measured by have these.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict, deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from train_insight import messages

#: The kinds and their shares. Strangers outside are new customers, too: with more of them good new contacts look odd.
KINDS = {"inside": 0.4, "part": 0.4, "outside": 0.1, "unheard": 0.1}
#: How often a recipient gives way; else somebody is added. Mails of a sender that others come from.
_CHANGED, _KEPT = 0.65, 60
#: So many others come together at most.
_TOGETHER = 4

_Changed = tuple[dict[str, list[str]], list[str]]


class World:
    """Who is known before a mail, and whom each sender wrote to."""

    def __init__(self, own: str, chance: random.Random) -> None:
        self.own, self.chance = own, chance
        self.known: set[str] = set()
        self.inside: list[str] = []
        self.outside: list[str] = []
        self.houses: dict[str, None] = {}
        self.written: dict[str, set[str]] = defaultdict(set)
        self.mails: dict[str, deque[frozenset[str]]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def learn(self, mail: dict[str, Any]) -> None:
        people = recipients(mail)
        for one in (mail["from"], *people):
            if one not in self.known:
                self.known.add(one)
                house = one.rpartition("@")[2]
                if house == self.own or house.endswith("." + self.own):
                    self.inside.append(one)
                else:
                    self.outside.append(one)
                    self.houses[house] = None
        self.written[mail["from"]].update(people)
        self.mails[mail["from"]].append(frozenset(people))

    def mistake(self, kind: str, mail: dict[str, Any]) -> _Changed | None:
        """The recipients, and which of them are wrong; None where there is no such mistake."""
        if kind == "part":
            return self._part(mail)
        if kind == "unheard":
            wrong = self._unheard()
        else:
            wrong = self._stranger(mail, self.inside if kind == "inside" else self.outside)
        return self._one(mail, wrong) if wrong else None

    def _stranger(self, mail: dict[str, Any], some: Sequence[str]) -> str:
        met = {mail["from"], *recipients(mail)} | self.written[mail["from"]]
        asked = self.chance.sample(some, min(30, len(some)))
        return next((one for one in asked if one not in met), "")

    def _unheard(self) -> str:
        if not self.houses:
            return ""
        name = self.chance.choice(
            self.inside if self.inside and self.chance.random() < 0.5 else self.outside
        ).partition("@")[0]
        at_home = self.chance.random() < 0.3
        one = f"{name}@{self.own if at_home else self.chance.choice(list(self.houses))}"
        return "" if one in self.known else one

    def _one(self, mail: dict[str, Any], wrong: str) -> _Changed:
        people = {key: list(mail[key]) for key in ("to", "cc", "bcc")}
        if self.chance.random() < _CHANGED:
            old = self.chance.choice(recipients(mail))
            people = {key: [wrong if one == old else one for one in some] for key, some in people.items()}
        else:
            people["to" if not people["cc"] or self.chance.random() < 0.6 else "cc"].append(wrong)
        return people, [wrong]

    def _part(self, mail: dict[str, Any]) -> _Changed | None:
        here = recipients(mail)
        others = [some - set(here) for some in self.mails[mail["from"]]]
        others = [some for some in others if len(some) > 1]
        if len(here) < 2 or not others:
            return None
        some = self.chance.choice(others)
        count = self.chance.randint(2, min(_TOGETHER, len(some)))
        wrong = self.chance.sample(sorted(some), count)
        gone = self.chance.sample(here, min(len(here) - 1, count))
        people = {key: [one for one in mail[key] if one not in gone] for key in ("to", "cc", "bcc")}
        people["to"] += wrong
        return people, wrong


def recipients(mail: dict[str, Any]) -> list[str]:
    return [*mail["to"], *mail["cc"], *mail["bcc"]]


def plan(mails: list[dict[str, Any]], bases: set[int], world: World) -> list[dict[str, Any]]:
    """A mistake for each of these mails, of the kind that is farthest behind its share."""
    made = dict.fromkeys(KINDS, 0.0)
    out = []
    for at, mail in enumerate(mails[: max(bases) + 1]):
        if at in bases:
            for kind in sorted(KINDS, key=made.__getitem__):
                changed = world.mistake(kind, mail)
                if changed is not None:
                    people, wrong = changed
                    made[kind] += 1 / KINDS[kind]
                    said = {"sid": f"{kind}-{at}", "base": at, "content": at, "kind": kind, "user": mail["from"]}
                    out.append({**said, **people, "wrong": wrong})
                    break
        world.learn(mail)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=Path, required=True)
    parser.add_argument("--plan", type=Path, action="append", required=True, help="whose true mails are used")
    parser.add_argument("--own", required=True, help="the organisation's domain in the messages")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    said = parser.parse_args()
    bases = {json.loads(line)["base"] for path in said.plan for line in path.read_text().splitlines()}
    world = World(said.own, random.Random(said.seed))  # noqa: S311 - chance for a bench, no secret
    made = plan(messages(said.messages), bases, world)
    said.out.write_text("".join(json.dumps(one) + "\n" for one in made))
    print(f"{len(made)} mistakes of {len(bases)} mails")


if __name__ == "__main__":
    main()
