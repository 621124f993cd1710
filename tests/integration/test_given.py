"""Mails that are given in a file are judged by the policy in force and by another one, and nothing of them is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailguard.app.given import mails_in
from mailguard.cli import main

RULES = """version: 1
rules:
  - {id: outside, when: {recipients: {external: true, count: ">= 2"}}, then: confirm}
"""
STRICTER = RULES.replace(">= 2", ">= 1")
CONFIG = """organization: {domains: [corp.example], language: en, timezone: UTC}
listeners: [{address: "127.0.0.1:0", auth: none, trusted_networks: [127.0.0.0/8]}]
upstream: {url: "mailbox:out"}
store: {url: "sqlite:var/mailguard.db", bodies: var/bodies}
policies: [rules.yaml]
notify: {from: mailguard@corp.example}
"""
EML = (
    "From: Ann <ann@corp.example>\r\nTo: bob@partner.example\r\nSubject: hello\r\n"
    "Date: Mon, 23 Nov 2026 10:00:00 +0900\r\n\r\nhi\r\n"
)
MESSAGE = {
    "id": "1", "date": 1795392000, "from": "ann@corp.example", "from_name": "安藤", "to": ["bob@partner.example"],
    "cc": [], "bcc": ["carol@other.example"], "subject": "見積", "body": "本文",
}  # fmt: skip
WRAPPED = {"op": "learn", "message": {**MESSAGE, "bcc": []}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("mailguard.yaml", CONFIG), ("rules.yaml", RULES), ("new.yaml", STRICTER)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def simulated(folder: Path, name: str, text: str) -> Any:
    (folder / name).write_bytes(text.encode())
    arguments = ["policy", "simulate", "--instead", "rules.yaml=new.yaml", "--mails", str(folder / name), "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("name", "text", "mails", "changed", "left"),
    [
        ("one.eml", EML, 1, 1, 0),
        ("some.mbox", f"From ann Mon Nov 23\n{EML}\nFrom ann Mon Nov 23\n{EML}".replace("\r\n", "\n"), 2, 2, 0),
        # The Bcc of a line is a recipient like any other: two outsiders are held by both.
        ("some.jsonl", f"{json.dumps(MESSAGE)}\n{json.dumps(WRAPPED)}\n", 2, 1, 0),
        ("bad.jsonl", '{"from": 1\n{"to": "x"}\n\n' + json.dumps(MESSAGE), 1, 0, 2),
        ("nobody.eml", "Subject: x\r\n\r\nhi\r\n", 0, 0, 1),
    ],
)  # fmt: skip
def test_given_mails_are_judged_twice(folder: Path, name: str, text: str, mails: int, changed: int, left: int) -> None:
    report = simulated(folder, name, text)
    assert (report["mails"], report["changed"], report["unrecorded"]) == (mails, changed, left)
    assert not (folder / "var").exists()  # nothing is kept


def test_what_a_line_says_becomes_a_mail(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(json.dumps({**MESSAGE, "subject": "a\r\nBcc: x@y.example"}), encoding="utf-8")
    (octets,) = mails_in(file)
    assert octets is not None
    assert b"\nBcc: carol@other.example\r\n" in octets
    assert b"\nBcc: x@y.example" not in octets
