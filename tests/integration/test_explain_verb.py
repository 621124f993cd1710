"""`mailguard explain` as an administrator uses it: a mail file in, every rule and why out; read in a real worker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailguard.cli.explain import explain

MAIL = b"From: ann@corp.example\r\nTo: bob@new.example\r\nSubject: x\r\n\r\nhello\r\n"
CONFIG = """
organization: {domains: [corp.example], language: en}
listeners: [{address: "127.0.0.1:0", tls: none, auth: none, trusted_networks: [127.0.0.0/8]}]
upstream: {url: "mailbox:out"}
store: {url: "sqlite:mailguard.db", bodies: bodies}
policies: [p.yaml]
notify: {from: mailguard@corp.example}
"""
POLICY = """
version: 1
rules:
  - {id: outside, when: {recipients: {external: true}}, then: {delay: 60s}}
  - id: first
    when: {recipients: {first_time: company}}
    then: confirm
    because: {ja: "初", en: "First to {addresses}"}
  - {id: counted, mode: monitor, when: {recipients: {external: true}}, then: reject}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mailguard.yaml").write_text(CONFIG)
    (tmp_path / "p.yaml").write_text(POLICY)
    (tmp_path / "a.eml").write_bytes(MAIL)
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    config = ["--config", str(folder / "mailguard.yaml")]
    return CliRunner().invoke(explain, [str(folder / "a.eml"), *config, *arguments])


def test_json(folder: Path) -> None:
    told = json.loads(run(folder, "--json").stdout)
    assert told["disposition"] == "confirm"
    assert told["recipients"][0]["address"] == "bob@new.example"
    assert [(rule["id"], rule["hit"]) for rule in told["rules"]] == [
        ("outside", True),
        ("first", True),
        ("counted", True),
    ]
    assert all(rule["why"]["ja"] and rule["why"]["en"] for rule in told["rules"])


def test_a_mail_on_stdin(folder: Path) -> None:
    config = ["--config", str(folder / "mailguard.yaml")]
    told = json.loads(CliRunner().invoke(explain, ["-", "--json", *config], input=MAIL).stdout)
    assert told["recipients"][0]["address"] == "bob@new.example"


def test_for_people(folder: Path) -> None:
    lines = run(folder).stdout.splitlines()
    assert lines[0].startswith("confirm")
    assert "! First to bob@new.example" in lines
    assert any(line.startswith("● outside: Hit: there is 1 recipient outside") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--known", "new.example"], "delay"),
        (["--to", "ken@corp.example"], "deliver"),
        (["--to", "ken@corp.example", "--to", "eve@x.example"], "confirm"),
        (["--from", "<>"], "deliver"),
    ],
)
def test_the_envelope_can_be_given(folder: Path, arguments: list[str], word: str) -> None:
    assert json.loads(run(folder, "--json", *arguments).stdout)["disposition"] == word


def test_what_is_wrong_is_said_in_one_line(folder: Path) -> None:
    assert run(folder, "--to", "a b").exit_code == 2
    (folder / "a.eml").write_bytes(b"Subject: to nobody\r\n\r\n")
    nobody = run(folder)
    assert (nobody.exit_code, nobody.stderr) == (1, "mailguard: the mail names no recipient: give one with --to\n")
    (folder / "a.eml").unlink()
    assert run(folder).exit_code == 1
    (folder / "a.eml").write_bytes(MAIL)
    (folder / "p.yaml").write_text("version: 1\n")
    broken = run(folder)
    assert broken.exit_code == 1
    assert "no rules" in broken.stderr


def test_as_if_it_came_in_at_another_time(folder: Path) -> None:
    (folder / "p.yaml").write_text(
        "version: 1\nrules: [{id: night, when: {time: {within: '22:00-05:00'}}, then: confirm}]\n"
    )
    assert json.loads(run(folder, "--at", "2026-12-31 23:30", "--json").stdout)["disposition"] == "confirm"
    assert json.loads(run(folder, "--at", "2026-12-31 21:30", "--json").stdout)["disposition"] == "deliver"
    wrong = run(folder, "--at", "tomorrow")
    assert wrong.exit_code == 2
    assert 'write a time such as "2026-12-31 23:30"' in wrong.stderr
