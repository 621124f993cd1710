"""`mailguard figures` and what `mailguard audit` says of selections and copies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.cli.test_ledger_verbs import Desk
from tests.ledger import ANN

from mailguard.mail.verdict import Disposition

CONFIG = """organization: {{domains: [corp.example], name: Corp, language: en, timezone: UTC}}
listeners: [{{address: "127.0.0.1:0", auth: none, trusted_networks: [127.0.0.0/8]}}]
upstream: {{url: "mailbox:out"}}
store: {{url: "sqlite:var/mailguard.db", bodies: var/bodies}}
policies: [rules.yaml]
console: {{administrators: [admin@corp.example]}}
notify: {{from: mailguard@corp.example{monthly}}}
"""
RULES = "version: 1\nrules:\n  - {id: a-rule, when: {recipients: {external: true}}, then: confirm}\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").mkdir()
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "mailguard.yaml").write_text(CONFIG.format(monthly=", monthly: {to: [boss@corp.example]}"))
    return Desk(tmp_path / "var")


def test_the_figures_of_a_month(desk: Desk) -> None:
    cancelled, released = desk.add(), desk.add()
    desk.add(Disposition.DELIVER)
    desk.run("queue", "cancel", cancelled.id)
    desk.run("queue", "release", released.id)
    said = desk.json("figures", "--month", "2026-11")
    assert (said["month"], said["now"]["mails"], said["now"]["asked"], said["now"]["stopped"]) == ("2026-11", 3, 2, 1)
    assert said["before"] is None
    text = desk.run("figures", "--month", "2026-11").stdout
    assert "In November 2026, 1 mistake was stopped" in text
    assert ANN not in text


def test_the_letter_is_sent_once_unless_asked_again(desk: Desk) -> None:
    desk.add()
    desk.run("figures", "--month", "2026-10", "--send")
    assert "sent before" in desk.run("figures", "--month", "2026-10", "--send", status=1).stderr
    desk.run("figures", "--month", "2026-10", "--send", "--again")
    owed = desk.ledger(lambda ledger: ledger.outbox.pending(kinds=("monthly",)))
    assert [notice.to for notice in owed] == ["boss@corp.example"] * 2


def test_the_letter_about_a_month_that_is_not_over_is_not_sent(desk: Desk) -> None:
    desk.add()
    assert "2999-01 is not over" in desk.run("figures", "--month", "2999-01", "--send", status=1).stderr
    assert desk.ledger(lambda ledger: ledger.outbox.pending(kinds=("monthly",))) == []


def test_wrong_usage_is_said_in_one_line(desk: Desk, tmp_path: Path) -> None:
    desk.add()
    assert "write a month such as 2026-10" in desk.run("figures", "--month", "October", status=2).stderr
    (tmp_path / "mailguard.yaml").write_text(CONFIG.format(monthly=""))
    assert "monthly" in desk.run("figures", "--send", status=1).stderr
    assert "write 2026-11-23" in desk.run("audit", "list", "--since", "yesterday", status=2).stderr
    assert "choose one" in desk.run("audit", "export", "--json", "--format", "csv", status=2).stderr
    (tmp_path / "mailguard.yaml").write_text(CONFIG.format(monthly=", monthly: {day: 31}"))
    assert "mailguard.yaml:7" in desk.run("check", status=1).stderr


def test_a_selection_and_its_copy(desk: Desk, tmp_path: Path) -> None:
    first, second = desk.add(), desk.add()
    desk.run("queue", "cancel", first.id)
    listed = desk.json("audit", "list", "--act", "cancel")["lines"]
    assert [line["message_id"] for line in listed] == [first.id]
    assert [line["event"] for line in desk.json("audit", "list", "--message", second.id)["lines"]] == ["accept"]
    for form in ("jsonl", "csv"):
        copy = tmp_path / f"copy.{form}"
        copy.write_bytes(desk.run("audit", "export", "--format", form, "--from", "1", "--to", "3").stdout_bytes)
        said = desk.json("audit", "verify", "--file", str(copy))
        assert said == {"ok": True, "first_broken": None, "lines": 3, "first": 1, "last": 3, "gaps": 0}
        assert "3 lines are whole, 1 to 3, without a gap" in desk.run("audit", "verify", "--file", str(copy)).stdout
        assert desk.json("audit", "verify", "--against", str(copy)) == {"ok": True, "first_broken": None}
    assert "--against" in desk.run("audit", "verify", "--file", "x", "--against", "y", status=2).stderr
    assert "cannot be read" in desk.run("audit", "verify", "--file", str(tmp_path), status=1).stderr


def test_a_chain_that_was_made_anew_is_found_by_a_copy(desk: Desk, tmp_path: Path) -> None:
    desk.add()
    copy, ledger = tmp_path / "copy.jsonl", desk.folder / "mailguard.db"
    copy.write_bytes(desk.run("audit", "export").stdout_bytes)
    ledger.rename(tmp_path / "before.db")
    desk.add(Disposition.DELAY)  # a chain as whole as the one before it
    assert desk.json("audit", "verify")["ok"]
    assert "line 1" in desk.run("audit", "verify", "--against", str(copy), status=1).stderr


def test_a_copy_that_was_altered_proves_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.run("queue", "cancel", desk.add().id)
    copy = tmp_path / "copy.jsonl"
    lines = [json.loads(line) for line in desk.run("audit", "export").stdout.splitlines()]
    lines[1]["actor"] = "nobody"  # its hash is that of what it said
    copy.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for how in ("--file", "--against"):
        assert desk.json("audit", "verify", how, str(copy), status=1)["first_broken"] == 2
        assert "line 2: its hash is not" in desk.run("audit", "verify", how, str(copy), status=1).stderr
    copy.write_text("")  # an export that the disk had no room for
    for how in ("--file", "--against"):
        assert "no line in it" in desk.run("audit", "verify", how, str(copy), status=1).stderr
