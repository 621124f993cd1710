"""Recorded mail once more before the model, in the order in which it was sent: what it would have said of each.

The model is the one that judges live mail; nothing is looked up and nothing kept. A line is a stranger's until it is
read (`lines`). Imports as little as it can: a replay starts at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from mailguard.insight.lesson import address_key, read
from mailguard.insight.model import Insight
from mailguard.insight.words import Judgement
from mailguard.mail.organization import Language
from mailguard.past.lines import Line, read_line


class Replay:
    """Teaches a model and asks it. language: of the reasons."""

    def __init__(self, insight: Insight, language: Language = "en") -> None:
        self._insight = insight
        self._language = language

    def take(self, raw: bytes) -> bytes | None:
        """Do what a line says: None if it teaches, else the answer to its score, a line of JSON. Raises LineError."""
        line = read_line(raw)
        if line.op == "score":
            return self._answer(line, self._insight.score(read(line.letter)))
        if not line.inbound:  # a relay of outgoing mail never sees the other
            self._insight.learn(read(line.letter))
        return None

    def _answer(self, line: Line, judgement: Judgement) -> bytes:
        letter, worst = line.letter, judgement.worst
        said = {
            "id": line.id,
            "alarm": judgement.alarm,
            "risk": judgement.risk,
            "risks": _risks([*letter.to, *letter.cc, *letter.bcc], judgement),
            "reason": "" if worst is None else getattr(worst.because, self._language),
            "kind": "" if worst is None else worst.kind,
            "alternative": "" if worst is None else worst.alternative,
        }
        return json.dumps(said, ensure_ascii=False).encode("utf-8") + b"\n"


def _risks(written: Iterable[str], judgement: Judgement) -> dict[str, float]:
    """The risk of each recipient by the address as it came in; none of whom the model has no opinion: the sender
    himself, and the end of a list of hundreds.
    """
    risks = {one.address: one.risk for one in judgement.opinions}
    return {address: risks.get(address_key(address), 0.0) for address in written}
