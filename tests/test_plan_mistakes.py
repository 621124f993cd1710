"""The planned mistakes of no particular kind, which the tables learn from: strictly from the past, and wrong."""

from __future__ import annotations

import importlib
import json
import random
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).resolve().parent.parent / "tools"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(TOOLS))
    return importlib.import_module("plan_mistakes")


def _mails(count: int) -> list[dict[str, Any]]:
    chance = random.Random(4)
    people = [f"p{at}@corp.example" for at in range(30)] + [f"q{at}@house{at % 7}.example" for at in range(30)]
    out: list[dict[str, Any]] = []
    for at in range(count):
        sender = f"p{at % 6}@corp.example"
        some = [one for one in chance.sample(people, chance.randint(2, 4)) if one != sender]
        out.append({"from": sender, "to": some[:2], "cc": some[2:], "bcc": [], "date": at})
    return out


def test_each_mistake_is_one_before_its_mail(tool: Any) -> None:
    mails = _mails(300)
    world = tool.World("corp.example", random.Random(1))
    made = tool.plan(mails, set(range(20, 300)), world)
    written: dict[str, set[str]] = {}
    known: set[str] = set()
    past = 0
    for one in made:
        for mail in mails[past : one["base"]]:
            written.setdefault(mail["from"], set()).update(tool.recipients(mail))
            known.update((mail["from"], *tool.recipients(mail)))
        past = one["base"]
        right, here, wrong = tool.recipients(mails[past]), tool.recipients(one), set(one["wrong"])
        assert wrong
        assert wrong <= set(here)
        assert not wrong & set(right)
        assert set(here) - wrong <= set(right)
        met = written[one["user"]]
        if one["kind"] == "part":
            assert wrong <= met
        elif one["kind"] == "unheard":
            assert not wrong & known
        else:
            assert wrong <= known - met
            assert all(address.endswith("@corp.example") == (one["kind"] == "inside") for address in wrong)
    assert {one["kind"] for one in made} == set(tool.KINDS)


def test_one_command_makes_the_plan_of_the_same_mails(
    tool: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails, plan, out = tmp_path / "mails.jsonl", tmp_path / "plan.jsonl", tmp_path / "wider.jsonl"
    mails.write_text("".join(json.dumps(mail) + "\n" for mail in _mails(60)))
    plan.write_text("".join(json.dumps({"base": at}) + "\n" for at in (30, 45, 45, 59)))
    given = ["--messages", mails, "--plan", plan, "--own", "corp.example", "--out", out]
    monkeypatch.setattr("sys.argv", ["plan_mistakes.py", *map(str, given)])
    tool.main()
    made = [json.loads(line) for line in out.read_text().splitlines()]
    assert [one["base"] for one in made] == [30, 45, 59]
    assert all(one["content"] == one["base"] for one in made)
