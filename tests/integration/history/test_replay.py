"""`mailguard history replay` as a script runs it: the form of the contract, at once, and nothing but that is needed."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "mailguard", "history", "replay"]
ANN, BOB = "ann@corp.example", "Bob@Partner.example"


def message(**changed: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": "m1", "date": 1795392000, "from": ANN, "from_name": "Ann", "to": [BOB], "cc": [], "bcc": [],
        "subject": "見積", "body": "お世話になっております。",
    }  # fmt: skip
    return said | changed


def learn(**changed: Any) -> str:
    return json.dumps({"op": "learn", "message": message(direction="out", **changed)})


def score(identity: object, **changed: Any) -> str:
    return json.dumps({"op": "score", "id": identity, "message": message(**changed)})


def run(lines: list[str], *options: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    text = "".join(f"{line}\n" for line in lines)
    return subprocess.run(
        [*COMMAND, *options], input=text, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
        cwd=folder,
    )  # fmt: skip


def answers(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_answer_for_each_score_and_none_for_what_teaches(tmp_path: Path) -> None:
    done = run([learn(), score("a"), learn(to=["c@x.example"]), score("b", to=[], cc=["c@x.example"], bcc=[BOB])],
               folder=tmp_path)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    first, second = answers(done)
    assert first["id"] == "a"
    assert second["id"] == "b"
    assert set(second["risks"]) == {"c@x.example", BOB}
    for one in (first, second):
        assert {"id", "alarm", "risk", "risks", "reason"} <= set(one)
        assert type(one["alarm"]) is bool
        assert isinstance(one["reason"], str)
        assert all(0 <= risk <= 1 for risk in [one["risk"], *one["risks"].values()])
    assert not list(tmp_path.iterdir()), "a replay writes nothing"


def test_an_answer_comes_before_the_next_line_is_sent() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for number in range(3):
            child.stdin.write(f"{learn()}\n{score(number)}\n")
            child.stdin.flush()
            assert select.select([child.stdout], [], [], 60)[0], "an answer that waits for more"
            assert json.loads(child.stdout.readline())["id"] == number
        child.stdin.close()
        assert child.wait(30) == 0


def test_a_score_never_teaches() -> None:
    stranger = score("x", to=["stranger@nowhere.example"], body="hello")
    history = [learn(date=1795392000 + day * 86400) for day in range(20)]
    done = answers(run([*history, *[stranger] * 5]))
    assert len({json.dumps(one) for one in done}) == 1


def test_what_came_in_teaches_nothing() -> None:
    came = [json.dumps({"op": "learn", "message": message(**{"from": BOB}, to=[ANN], direction="in")})] * 5
    asked = [learn(), score("x", to=["stranger@partner.example"])]
    assert answers(run([*came, *asked])) == answers(run(asked))


def test_a_mail_to_nobody_has_no_risk() -> None:
    (one,) = answers(run([score("x", to=[])]))
    assert (one["alarm"], one["risk"], one["risks"], one["reason"]) == (False, 0, {}, "")


def test_somebody_who_is_named_twice_is_answered_once() -> None:
    (one,) = answers(run([score("x", to=[BOB, BOB.lower(), "d@x.example"], cc=[BOB])]))
    assert set(one["risks"]) == {BOB, BOB.lower(), "d@x.example"}
    assert one["risks"][BOB] == one["risks"][BOB.lower()]


def test_a_line_that_is_not_understood_ends_it_after_what_was_answered() -> None:
    done = run([score("a"), "{", score("b")])
    assert done.returncode == 2
    assert [one["id"] for one in answers(done)] == ["a"]
    assert done.stderr == (
        "mailguard history replay: line 2: no JSON: expecting property name enclosed in double quotes at character 2;"
        " write one object a line\n"
    )


def test_lines_that_are_not_understood_are_left_out_if_so_wished() -> None:
    done = run([score("a"), "{", "", score("b"), learn(to="x")], "--keep-going")
    assert done.returncode == 1
    assert [one["id"] for one in answers(done)] == ["a", "b"]
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == ["line 2", "line 5"]


def test_wrong_usage_is_one_line() -> None:
    done = run([], "--language", "fr")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("language", "japanese"), [("ja", True), ("en", False)])
def test_reasons_are_in_the_language_that_was_asked_for(language: str, japanese: bool) -> None:
    history = [learn(date=1795392000 + day * 86400, to=["tanaka@example.co.jp"]) for day in range(30)]
    wrong = score("x", date=1795392000 + 31 * 86400, to=["tanaka@examp1e.co.jp"])
    (one,) = answers(run([*history, wrong], "--language", language))
    assert one["reason"]
    assert any("\u3040" <= ch <= "\u9fff" for ch in one["reason"]) is japanese


def test_nothing_of_the_server_is_loaded() -> None:
    code = (
        "import sys, io\n"
        "sys.argv = ['mailguard', 'history', 'replay']\n"
        "sys.stdin = io.TextIOWrapper(io.BytesIO(b''))\n"
        "from mailguard.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        "print([n for n in sys.modules if n.split('.')[0] in ('pydantic', 'aiosmtpd', 'asyncio', 'sqlite3')"
        " or n.startswith(('mailguard.app', 'mailguard.config', 'mailguard.store', 'mailguard.inspect'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


def test_a_reader_that_went_away_is_no_error_to_speak_of() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        child.stdin.write(f"{score('a')}\n".encode())
        child.stdin.close()
        assert child.wait(30) == 1
        assert child.stderr.read() == b""
