"""How well misdirected Japanese mail is found: `.venv/bin/python bench/japanese_mail.py [--worlds 2] [--show 3]`.

Three months of mail of a company that does not exist (`japanese_world`, `japanese_stream`), and from the second month
on beside each mail one that went wrong in one of eight ways (`japanese_mistakes`). All of it goes through the code of
`mailguard history replay`, in time order, strictly from the past; printed is which share of the mistakes is found when
0.1, 0.5 and 1 % of the right mails raise an alarm, by kind. `--write FILE` leaves the JSON lines for
`mailguard history replay`, and beside them FILE.answers.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from japanese_mistakes import KINDS, Past, mistake
from japanese_stream import stream
from japanese_world import OWN_DOMAIN, make

DAYS, DAILY, QUIET_DAYS = 65, 46, 22
SHARES = (0.001, 0.005, 0.01, 0.02, 0.05)
Line = dict[str, Any]


def lines(seed: int) -> Iterator[tuple[Line, dict[str, Any]]]:
    """What to replay, each with what is known about it: kind ("genuine" or one of KINDS) and who is wrong."""
    past, chance, turn = Past(), random.Random(f"{seed} mistakes"), 0
    quiet = DAILY * QUIET_DAYS
    for number, sent in enumerate(stream(make(seed, DAYS), seed, DAYS, DAILY)):
        if number >= quiet and sent.people:
            yield _asked(f"{sent.mail['id']} right", sent.mail), {"kind": "genuine", "wrong": []}
            for at in range(len(KINDS)):
                kind = KINDS[(turn + at) % len(KINDS)]
                if made := mistake(kind, past, sent, chance):
                    turn += at + 1
                    yield _asked(f"{sent.mail['id']} wrong", made[0]), {"kind": kind, "wrong": made[1]}
                    break
        past.learn(sent)
        yield {"op": "learn", "message": sent.mail}, {}


def _asked(identity: str, mail: Line) -> Line:
    return {"op": "score", "id": identity, "message": {key: one for key, one in mail.items() if key != "direction"}}


def replayed(seed: int) -> Iterator[tuple[Line, dict[str, Any], float, bool, dict[str, float], str]]:
    """Each scored line with what is known, its risk and alarm, the risks of its recipients and the reason."""
    from mailguard.insight.lesson import read
    from mailguard.insight.model import Insight
    from mailguard.past.lines import read_line

    insight = Insight(own=[OWN_DOMAIN])
    for line, known in lines(seed):
        lesson = read(read_line(json.dumps(line, ensure_ascii=False).encode()).letter)
        if line["op"] == "learn":
            insight.learn(lesson)
            continue
        said = insight.score(lesson)
        worst = said.worst
        reason = f"{worst.kind}: {worst.because.ja} → {worst.alternative}" if worst else ""
        yield line, known, said.risk, said.alarm, {one.address: one.risk for one in said.opinions}, reason


def main() -> None:
    """The command."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--worlds", type=int, default=2)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--show", type=int, default=0, help="so many mistakes of each kind that were missed at 1 %%")
    asked.add_argument("--write", type=Path, help="no scores: only the lines, for mailguard history replay")
    options = asked.parse_args()
    if options.write:
        _write(options.write, options.seed)
        return
    right: list[float] = []
    wrong: defaultdict[str, list[tuple[float, bool, bool, Line, str]]] = defaultdict(list)
    alarms, loud, began = 0, list[tuple[float, Line, str]](), time.process_time()
    for seed in range(options.seed, options.seed + options.worlds):
        for line, known, risk, alarm, risks, reason in replayed(seed):
            if known["kind"] == "genuine":
                right.append(risk)
                alarms += alarm
                loud.append((risk, line, reason))
            else:
                top = max(risks, key=lambda one: risks[one])
                wrong[known["kind"]].append((risk, alarm, top in known["wrong"], line | known, reason))
    print(f"{len(right)} right mails, {sum(map(len, wrong.values()))} wrong ones, {time.process_time() - began:.0f} s")
    _report(sorted(right, reverse=True), wrong, alarms)
    if options.show:
        _show(sorted(right, reverse=True), wrong, loud, options.show)


def _report(right: list[float], wrong: dict[str, list[tuple[float, bool, bool, Line, str]]], alarms: int) -> None:
    """The table: a row for each kind."""
    limits = [right[int(share * len(right))] for share in SHARES]
    print("found at".ljust(18), *(f"{share:6.1%}" for share in SHARES), " own alarm  right one first", sep="  ")
    means = [0.0] * len(SHARES)
    for kind in KINDS:
        rows = wrong[kind]
        found = [sum(row[0] > limit for row in rows) / max(1, len(rows)) for limit in limits]
        means = [mean + one / len(KINDS) for mean, one in zip(means, found, strict=True)]
        own = sum(row[1] for row in rows) / max(1, len(rows))
        first = sum(row[2] for row in rows) / max(1, len(rows))
        print(
            kind.ljust(18), *(f"{one:6.2f}" for one in found), f"{own:9.2f}", f"{first:9.2f}  of {len(rows)}", sep="  "
        )
    print(
        "macro".ljust(18),
        *(f"{mean:6.2f}" for mean in means),
        f" right mails alarmed: {alarms / len(right):.2%}",
        sep="  ",
    )


def _show(
    right: list[float],
    wrong: dict[str, list[tuple[float, bool, bool, Line, str]]],
    loud: list[tuple[float, Line, str]],
    number: int,
) -> None:
    """Mistakes that were missed, and right mails that look worst."""
    limit = right[int(0.01 * len(right))]
    for risk, line, reason in sorted(loud, key=lambda one: -one[0])[: 3 * number]:
        print(f"\nright mail at {risk:.4f}: {reason}\n{_shown(line)}")
    for kind in KINDS:
        missed = [row for row in wrong[kind] if row[0] <= limit]
        for row in random.Random(1).sample(missed, min(number, len(missed))):
            print(f"\n{kind} missed at {row[0]:.4f} (limit {limit:.4f}): {row[3]['wrong']}; {row[4]}\n{_shown(row[3])}")


def _shown(line: Line) -> str:
    mail = line["message"]
    people = ", ".join(f"{mail['names'].get(one, '')} <{one}>" for one in (*mail["to"], *mail["cc"]))
    return f"  {mail['from']} → {people}\n  {mail['subject']}\n  " + mail["body"][:300].replace("\n", " / ")


def _write(path: Path, seed: int) -> None:
    with path.open("w", encoding="utf-8") as asked, Path(f"{path}.answers").open("w", encoding="utf-8") as answers:
        for line, known in lines(seed):
            asked.write(json.dumps(line, ensure_ascii=False) + "\n")
            if known:
                answers.write(json.dumps({"id": line["id"]} | known) + "\n")
    print(f"{path} for mailguard history replay, {path}.answers with what is wrong in them", file=sys.stderr)


if __name__ == "__main__":
    main()
