"""What the verbs say to a person, in both languages: transcripts of whole sittings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.acting import facts_of, written
from tests.integration.cli.test_ledger_verbs import Desk
from tests.ledger import ANN, BOB, CAROL
from tests.terminal import LOCALES, Terminal

from mailguard.mail.verdict import Disposition

pytestmark = pytest.mark.parametrize("language", list(LOCALES))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)  # no mailguard.yaml here: the try-out settings
    (tmp_path / "var").mkdir()
    return Desk(tmp_path / "var")


def at(desk: Desk, language: str, *named: str) -> Terminal:
    """A terminal at the desk. named: the mails that it speaks of."""
    names = {re.escape(one): f"MAIL{number}" for number, one in enumerate(named, 1)}
    names |= {
        re.escape(str(desk.folder)): "VAR",
        r"20\d\d-\d\d-\d\d \d\d:\d\d(:\d\d)? \+09:00": "TIME",
        r"cli-\w+": "cli-me",
    }
    names[r"\w{3} \d+ \w{3}, \d\d:\d\d|\d+月\d+日\(.\) \d\d:\d\d"] = "TIME"
    return Terminal(language, names, {"VAR": str(desk.folder), "MAILGUARD_ORGANIZATION__LANGUAGE": language})


def test_queue(desk: Desk, language: str) -> None:
    first = desk.add(to=(BOB, CAROL), octets=bytes(written()), known=facts_of(written())).id
    second = desk.add(Disposition.APPROVE).id
    third = desk.add(Disposition.DELIVER, sender=None).id
    terminal = at(desk, language, first, second, third)
    words: tuple[str, ...]
    for words in (
        ("list",), ("list", "--limit", "1"), ("list", "--filter", "state:bounced"), ("show", first),
        ("release", first, "--dry-run"), ("reject", second, "--dry-run"), ("hide", first, BOB),
        ("remove-file", first, "1"), ("remove-recipient", first, CAROL), ("hold", first), ("resume", first),
        ("comment", first, "急ぎです"), ("release", "--filter", "state:held", "--dry-run"),
        ("cancel", "--filter", "state:queued"), ("release", first), ("show", first, third), ("list",),
    ):  # fmt: skip
        terminal.run("queue", *words)
    for words in (
        ("release", first), ("show", "1m8fm4skz8z7jkz0x8"), ("reject", first), ("hold", third, "--dry-run"),
        ("replace-recipient", second, BOB), ("replace-recipient", second, ANN), ("remove-recipient", second, CAROL),
    ):  # fmt: skip
        terminal.run("queue", *words, status=1)
    for words in (
        ("show",), ("release", second, "--urgent"), ("release", first, second, "--recipient", BOB),
        ("list", "--limit", "0"),
        ("release", "--filter", ""), ("release", "--filter", "hello"), ("list", "--filter", "stat=held"),
        ("list", "--filter", "state=gone"), ("list", "--filter", "state:gone"), ("list", "--filter", 'q="hello'),
        ("release", "--filter", "state="), ("list", "--filter", "older=soon"), ("list", "--filter", "q=a q=b"),
        ("remove-file", second, "7"), ("hide", second, "nobody"), ("remove-recipient", first), ("lst",),
        ("list", "--nope"),
        ("release", "--filter"), ("forward", second),
    ):  # fmt: skip
        terminal.run("queue", *words, status=2)
    terminal.is_golden("queue")
