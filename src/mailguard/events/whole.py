"""What all processes of one house counted, in one view: ours, and what those beside us last said of theirs.

A child says its figures as a line of JSON; what it had counted stays when it ends, so that no count ever falls. So does
a process of another role (`serve --role`), with gauges of its own: of those the highest is shown, or their sum. It
trusts processes of this house only, and never raises for a line that is none.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.samples import Sample

from mailguard.events.metrics import REGISTRY, doors

#: Gauges that may be added up; of all others the first process knows the one for the house.
_ADDED = frozenset({"mailguard_messages_under_way", "mailguard_log_lines_lost"})
#: The same, of processes of other roles: each counts what is its own.
_ADDED_OF_ROLES = _ADDED | {"mailguard_doors", "mailguard_memory_bytes"}
#: Processes of other roles whose counts are kept apart when they are no more heard: they may only have broken off.
_LEFT = 64
_Key = tuple[str, tuple[tuple[str, str], ...]]


def _counts(metric: Metric) -> bool:
    return metric.type != "gauge" or metric.name in _ADDED


def said(whole: Whole | None = None) -> str:
    """This process's figures as a line, for the process that started it. whole: those of its children and all gauges as
    well, for the process with the console.
    """
    told = [
        [one.name, one.labels, one.value]
        for metric in (REGISTRY if whole is None else whole).collect()
        if whole is not None or _counts(metric)
        for one in metric.samples
        if (one.value or whole is not None) and not one.name.endswith("_created")
    ]
    return json.dumps(told) + "\n"


class Whole:
    """A registry for `generate_latest`, and the place where children are heard."""

    def __init__(self) -> None:
        self._now: dict[str, dict[_Key, float]] = {}
        self._gone: dict[_Key, float] = {}
        self._roles: set[str] = set()
        self._left: dict[str, dict[_Key, float]] = {}
        self.at_doors = True  # whether this process takes mail in

    def hear(self, owner: str, line: bytes, *, role: bool = False) -> None:
        """What a child counted since it began. role: it is no child, but has another role, and `owner` is its name
        also where it comes back.
        """
        if role:
            self._roles.add(owner)
        with contextlib.suppress(ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            self._now[owner] = {
                (str(name), tuple(sorted((str(key), str(label)) for key, label in labels.items()))): float(value)
                for name, labels, value in json.loads(line)
            }
            self._left.pop(owner, None)  # it says all that it counted since it began

    def ended(self, owner: str) -> None:
        """It counts no more, or is not heard for a while."""
        gauges = {metric.name for metric in REGISTRY.collect() if metric.type == "gauge"}
        counted = {key: value for key, value in self._now.pop(owner, {}).items() if key[0] not in gauges}
        if owner in self._roles:
            self._roles.discard(owner)
            self._left[owner] = counted
            if len(self._left) <= _LEFT:
                return
            counted = self._left.pop(next(iter(self._left)))
        for key, value in counted.items():
            self._gone[key] = self._gone.get(key, 0.0) + value

    @property
    def heard_of(self) -> int:
        """Children whose figures are there."""
        return len(self._now.keys() - self._roles)

    def collect(self) -> Iterator[Metric]:
        """Every metric, with what all processes counted."""
        more: dict[_Key, float] = {}
        for figures in (self._gone, *self._left.values(), *self._now.values()):
            for key, value in figures.items():
                more[key] = more.get(key, 0.0) + value
        for metric in REGISTRY.collect():
            if not more:
                yield metric
            elif _counts(metric):
                yield _added(metric, more)
            else:
                yield self._highest(metric)

    def _highest(self, metric: Metric) -> Metric:
        """A gauge, as whoever has it says it."""
        figures = [self._now.get(owner, {}) for owner in self._roles]
        own = {(one.name, tuple(sorted(one.labels.items()))): one.value for one in metric.samples}
        keys = [*own, *dict.fromkeys(key for one in figures for key in one if key[0] == metric.name and key not in own)]
        found = Metric(metric.name, metric.documentation, metric.type, metric.unit)
        together = sum if metric.name in _ADDED_OF_ROLES else max
        for key in keys:
            values = [own.get(key, 0.0), *(one.get(key, 0.0) for one in figures)]
            found.samples.append(Sample(key[0], dict(key[1]), float(together(values))))
        return found


def _added(metric: Metric, more: dict[_Key, float]) -> Metric:
    whole = Metric(metric.name, metric.documentation, metric.type, metric.unit)
    own = {(one.name, tuple(sorted(one.labels.items()))): one for one in metric.samples}
    whole.samples = [one._replace(value=one.value + more.get(key, 0.0)) for key, one in own.items()]
    names = {metric.name, *(f"{metric.name}{end}" for end in ("_total", "_count", "_sum", "_bucket"))}
    others = [key for key in more if key[0] in names and key not in own]
    whole.samples += [Sample(name, dict(labels), more[name, labels]) for name, labels in others]
    return whole


WHOLE = Whole()
doors.set_function(lambda: int(WHOLE.at_doors) + WHOLE.heard_of)
