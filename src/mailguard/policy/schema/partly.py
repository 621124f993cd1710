"""A policy file that is wrong in some of its rules, as far as it is right.

A file is refused whole. But what only shows beside other rules and files (an id that is there twice, a list that nobody
names, a file that is gone) is told at the same time, so that nobody mends one error to hear of the next.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from mailguard.policy.schema.file import PolicyFile

#: What may be left out without making something else wrong: other rules ask for the rest.
_APART = ("version", "examples")


def without_wrong_rules(data: Any, error: ValidationError, name: str) -> PolicyFile | None:
    """The file with a rule that does nothing in the place of each wrong one; None if more than rules is wrong.

    name: what makes the ids of rules that have none unlike those of other files.
    """
    wrong: set[int] = set()
    nameless: set[int] = set()
    known = set(PolicyFile.model_fields)
    if not isinstance(data, dict):
        return None
    kept = {key: one for key, one in data.items() if key in known - {*_APART}}
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        match item["loc"]:
            case ("rules", int(number), *rest):
                wrong.add(number)
                nameless |= {number} if rest[:1] in ([], ["id"]) else set()
            case (str(key), *_) if key in kept:
                return None
    rules = [
        _nothing(f"wrong-{name}-{number}" if number in nameless else rule["id"]) if number in wrong else rule
        for number, rule in enumerate(kept.get("rules", ()))
    ]
    try:
        return PolicyFile.model_validate({**kept, "version": 1, "rules": rules})
    except ValidationError:
        return None


def _nothing(rule_id: str) -> dict[str, Any]:
    return {"id": rule_id, "when": {"recipients": {"external": True}}, "then": "deliver"}
