"""Makes the tables of `mailguard.insight` (its data/tables.json) from recorded mail and planned mistakes.

    pip install lightgbm numpy
    python tools/train_insight.py --messages messages.jsonl.xz --plan B_1.jsonl --plan B_2.jsonl --own corp.example

The messages are JSON lines in time order (id, date, from, from_name, to, cc, bcc, subject, body); a plan is JSON lines
with `base` (the place of the true mail among the messages), `content` (whose text is used), `to`, `cc`, `bcc`, `wrong`,
`kind` and `user`. A plan of `--ranking` only asks which recipient was added (it has no right mails): it counts less,
and sets no threshold. One of `--wider` (made by `plan_mistakes.py`) has mistakes of no particular kind, so that one
which nobody thought of is found, too: only its wrong recipients are learned, and count less. Strictly from the past: a
plan's line is judged before its true mail is learned. The features are those of the running product, so that the tables
fit it. Thresholds for alarm budgets come from senders that a table has not seen (four folds by sender). Of the mail
nothing but thresholds and leaves of trees gets into the tables.
"""

from __future__ import annotations

import argparse
import importlib
import json
import lzma
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mailguard.insight import rows as rows_of_mail
from mailguard.insight.lesson import read
from mailguard.insight.memory import Memory
from mailguard.insight.rows import GLANCED, NAMES, WANT_RIVALS
from mailguard.insight.words import Letter

FOLDS = 4
#: Alarm budgets with a threshold, and how much stricter than the budget it is: other senders are a little worse.
BUDGETS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05)
STRICTER = 0.45
#: What a row of a ranking plan counts, and a mistake of a wider one.
RANKING = 0.3
WIDER = 0.15
#: Of the first glance: leaves, trees, rate; the numbers that each tree may ask; of the mistakes found at one right mail
#: in a hundred alarmed about, the share that it may miss.
FIRST, ASKED, MISSED = (32, 24, 0.2), 0.6, 0.0005


def messages(path: Path) -> list[dict[str, Any]]:
    """The mails with somebody beside the sender to receive them, in order."""
    kept = []
    with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as lines:
        for line in lines:
            mail = json.loads(line)
            for key in ("to", "cc", "bcc"):
                mail[key] = [one for one in mail[key] if one != mail["from"]]
            if mail["to"] or mail["cc"] or mail["bcc"]:
                kept.append(mail)
    return kept


def letter(mail: dict[str, Any], people: dict[str, Any], text: dict[str, Any]) -> Letter:
    """One mail with these people and this text."""
    return Letter(
        float(mail["date"]), mail["from"], tuple(people["to"]), tuple(people["cc"]), tuple(people["bcc"]),
        sender_name=mail.get("from_name") or "", subject=text["subject"], body=text["body"],
    )  # fmt: skip


def rows(mails: list[dict[str, Any]], plans: list[Path], own: str) -> Iterator[tuple[list[float], str, str, str, bool]]:
    """For each recipient of a planned mail: numbers, the mail's id, its kind, its sender, whether he is a mistake."""
    planned = defaultdict(list)
    for number, path in enumerate(plans):
        for line in path.read_text().splitlines():
            one = json.loads(line)
            planned[one["base"]].append((f"{number}:{one['sid']}", one))
    memory = Memory()
    memory.own.add(own)
    last = max(planned)
    for at, mail in enumerate(mails[: last + 1]):
        for identity, one in planned.get(at, ()):
            (judged,) = rows_of_mail.rows(memory, [read(letter(mail, one, mails[one["content"]]))])
            wrong = {address.lower() for address in one["wrong"]}
            for address, numbers in zip(judged.addresses, judged.numbers, strict=True):
                yield numbers, identity, one["kind"], one["user"], address in wrong
        domain = mail["from"].rpartition("@")[2]
        if domain == own or domain.endswith("." + own):
            memory.learn(read(letter(mail, mail, mail)))
        if at % 20_000 == 0:
            print(f"{at} of {last} mails", file=sys.stderr)


class Trainer:
    """Boosted trees over rows; several with other seeds, and their mean."""

    def __init__(self, leaves: int, trees: int, rate: float, bags: int, asked: float = 0.3) -> None:
        """asked: the share of the numbers that each tree may ask."""
        self.leaves, self.trees, self.rate, self.bags, self.asked = leaves, trees, rate, bags, asked
        self.lightgbm: Any = importlib.import_module("lightgbm")

    def train(self, numbers: Any, wrong: Any, weights: Any) -> list[Any]:
        said = {
            "objective": "binary", "num_leaves": self.leaves, "learning_rate": self.rate, "min_data_in_leaf": 60,
            "feature_fraction": self.asked, "bagging_fraction": 0.4, "bagging_freq": 1, "lambda_l2": 5.0,
            "max_bin": 127, "num_threads": 1, "deterministic": True, "verbose": -1,
        }  # fmt: skip
        data = self.lightgbm.Dataset(numbers, wrong, weight=weights, free_raw_data=False)
        return [self.lightgbm.train({**said, "seed": seed}, data, self.trees) for seed in range(1, self.bags + 1)]

    def odds(self, models: list[Any], numbers: Any) -> Any:
        return sum(model.predict(numbers, raw_score=True) for model in models) / self.bags

    def table(self, models: list[Any]) -> list[Any]:
        """All trees as nested lists, each leaf its share of the mean."""
        return [self._tree(one["tree_structure"]) for model in models for one in model.dump_model()["tree_info"]]

    def _tree(self, node: dict[str, Any]) -> Any:
        if "leaf_value" in node:
            return round(node["leaf_value"] / self.bags, 4)
        threshold = float(f"{node['threshold']:.4g}")
        return [node["split_feature"], threshold, self._tree(node["left_child"]), self._tree(node["right_child"])]


def weighed(mails: Any, kinds: Any, wrong: Any, role: Any) -> Any:
    """What each row counts. role: 0 of a plan, 1 of a ranking one, 2 a mistake of a wider one.

    A mail with several mistakes counts once, not once for each of them.
    """
    numpy: Any = importlib.import_module("numpy")
    _, which, counts = numpy.unique(mails, return_inverse=True, return_counts=True)
    several = ((kinds == "wrong_thread") & wrong) | (role == 2)
    return numpy.where(several, 1.0 / counts[which], 1.0) * numpy.array([1.0, RANKING, WIDER])[role]


def unseen(trainer: Trainer, numbers: Any, wrong: Any, weights: Any, users: Any) -> Any:
    """The log-odds of each row by tables that were trained without its sender."""
    numpy: Any = importlib.import_module("numpy")
    names = sorted(set(users))
    order = numpy.random.RandomState(7).permutation(len(names))
    fold = {names[one]: at % FOLDS for at, one in enumerate(order)}
    folds = numpy.array([fold[user] for user in users])
    odds = numpy.zeros(len(wrong))
    for one in range(FOLDS):
        models = trainer.train(numbers[folds != one], wrong[folds != one], weights[folds != one])
        odds[folds == one] = trainer.odds(models, numbers[folds == one])
        print(f"fold {one + 1} of {FOLDS}", file=sys.stderr)
    return odds


def ranked(odds: Any, mails: Any, kinds: Any) -> dict[str, list[float]]:
    """By kind the log-odds of mails, the highest first: that of their worst recipient."""
    worst: dict[tuple[str, str], float] = {}
    for mail, kind, one in zip(mails.tolist(), kinds.tolist(), odds.tolist(), strict=True):
        worst[kind, mail] = max(worst.get((kind, mail), -99.0), one)
    out = defaultdict(list)
    for (kind, _), one in worst.items():
        out[kind].append(one)
    return {kind: sorted(many, reverse=True) for kind, many in sorted(out.items())}


def thresholds(right: list[float]) -> list[Any]:
    """For each budget the log-odds that so many right mails of unseen senders reach."""
    return [(share, round(right[int(STRICTER * share * len(right))], 3)) for share in BUDGETS]


def first_glance(
    numbers: Any, wrong: Any, weights: Any, users: Any, worst: tuple[Any, Any, float], told: Any
) -> dict[str, Any]:
    """The trees that are asked first, and below which log-odds no more is asked. worst: each row's mail, the log-odds
    that all trees have for it, and from which on a mistake is found; told: which rows judge.
    """
    numpy: Any = importlib.import_module("numpy")
    trainer = Trainer(*FIRST, bags=1, asked=ASKED)
    seen = numbers[:, :GLANCED].copy()
    seen[:, [NAMES.index(name) for name in WANT_RIVALS]] = 0.0
    odds = unseen(trainer, seen, wrong.astype(int), weights, users)
    odds[numbers[:, NAMES.index("written")] == 0.0] = 99.0  # whom the sender never wrote to is judged by all trees
    mails, found, limit = worst
    _, which = numpy.unique(mails, return_inverse=True)
    highest, judged, mistake, planned = (numpy.full(which.max() + 1, -99.0) for _ in range(4))
    for one, of_rows in ((highest, odds), (judged, found), (mistake, wrong), (planned, told)):
        numpy.maximum.at(one, which, of_rows)
    missed = numpy.sort(highest[(planned > 0) & (mistake > 0) & (judged > limit)])
    below = round(float(missed[int(MISSED * len(missed))]), 3)
    right = highest[(planned > 0) & (mistake == 0)]
    print(f"first glance: below {below}, enough for {(right < below).mean():.3f} of the right mails")
    trees = trainer.table(trainer.train(seen, wrong.astype(int), weights))
    return {"below": below, "trees": [_text(tree) for tree in trees]}


def _text(tree: Any) -> str:
    """A tree is a text by itself: see trees.read_tables."""
    return json.dumps(tree, separators=(",", ":"))


def report(found: dict[str, list[float]]) -> None:
    """Which share of the wrong mails of each kind is found when so many right ones are alarmed about."""
    right = found["genuine"]
    kinds = [kind for kind in found if kind != "genuine"]
    print(f"{len(right)} right mails, {sum(len(found[kind]) for kind in kinds)} wrong ones; found at")
    for share in (0.001, 0.005, 0.01):
        limit = right[int(share * len(right))]
        parts = [sum(one > limit for one in found[kind]) / len(found[kind]) for kind in kinds]
        said = [f"{kind} {part:.3f}" for kind, part in zip(kinds, parts, strict=True)]
        print(f"{share:.1%}:", *said, f"mean {sum(parts) / len(parts):.3f}", sep="  ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=Path, required=True)
    parser.add_argument("--plan", type=Path, action="append", required=True)
    parser.add_argument("--ranking", type=Path, action="append", default=[])
    parser.add_argument("--wider", type=Path, action="append", default=[])
    parser.add_argument("--own", required=True, help="the organisation's domain in the messages")
    parser.add_argument("--out", type=Path, default=Path("src/mailguard/insight/data/tables.json"))
    parser.add_argument("--leaves", type=int, default=64)
    parser.add_argument("--trees", type=int, default=540)
    parser.add_argument("--rate", type=float, default=0.03)
    parser.add_argument("--bags", type=int, default=1)
    said = parser.parse_args()
    numpy: Any = importlib.import_module("numpy")
    plans = [said.plan, said.ranking, said.wider]
    found = list(rows(messages(said.messages), [path for some in plans for path in some], said.own))
    numbers = numpy.array([one[0] for one in found], dtype="f4")
    mails, kinds, users, wrong = (numpy.array([one[at] for one in found]) for at in range(1, 5))
    roles = [at for at, some in enumerate(plans) for _ in some]
    role = numpy.array([roles[int(one.partition(":")[0])] for one in mails])
    used = (role < 2) | wrong
    numbers, mails, kinds, users, wrong, role = (one[used] for one in (numbers, mails, kinds, users, wrong, role))
    weights = weighed(mails, kinds, wrong, role)
    trainer = Trainer(said.leaves, said.trees, said.rate, said.bags)
    odds = unseen(trainer, numbers, wrong.astype(int), weights, users)
    judged = ranked(odds[role == 0], mails[role == 0], kinds[role == 0])
    report(judged)
    known = thresholds(judged["genuine"])
    trees = trainer.table(trainer.train(numbers, wrong.astype(int), weights))
    right = judged["genuine"]
    first = first_glance(numbers, wrong, weights, users, (mails, odds, right[int(0.01 * len(right))]), role == 0)
    parts = {"names": NAMES, "thresholds": known, "glance": first, "trees": [_text(tree) for tree in trees]}
    said.out.write_text(json.dumps(parts, separators=(",", ":")))
    print(f"{len(found)} recipients, {len(trees)} trees; thresholds {known}")


if __name__ == "__main__":
    main()
