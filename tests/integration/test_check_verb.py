"""`mailguard check`: everything that `serve` would trip over, all at once, each with its place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = """\
organization: {domains: [corp.example]}
listeners:
  - {address: "0.0.0.0:465", tls: implicit, certificate: a.pem, key: b.pem, auth: required}
upstream: {url: "smtp://mx.corp.example", username: x}
auth: {method: file, file: gone.yaml}
policies: [nowhere/]
notify: {from: mailguard@corp.example}
"""


def mailguard(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailguard", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_all_that_is_wrong_across_files(tmp_path: Path) -> None:
    (tmp_path / "mailguard.yaml").write_text(CONFIG)
    done = mailguard(tmp_path, "check")
    said = done.stderr.replace(f"{tmp_path}/", "").splitlines()
    assert done.returncode == 1
    assert said == [
        "mailguard.yaml:3:58: listeners.0.certificate: a.pem: no such file",
        "mailguard.yaml:3:70: listeners.0.key: b.pem: no such file",
        "mailguard.yaml:4:11: upstream: username and password go together",
        "gone.yaml:1:1: cannot be read: No such file or directory; `mailguard user hash ADDRESS` prints its entries",
        "mailguard.yaml:6:12: policies.0: nowhere: no such file or folder",
    ]
    problems = json.loads(mailguard(tmp_path, "check", "--json").stdout)["problems"]
    assert [p["line"] for p in problems] == [3, 3, 4, 1, 6]
    assert {p["severity"] for p in problems} == {"error"}


def test_what_sections_name_is_looked_at_though_others_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "mailguard.yaml").write_text(CONFIG.replace("domains: [corp.example]", "domains: []") + "limit: {}\n")
    assert mailguard(tmp_path, "check").stderr.replace(f"{tmp_path}/", "").splitlines() == [
        "mailguard.yaml:1:25: organization.domains: write at least one domain, such as corp.example",
        "mailguard.yaml:8:1: unknown key 'limit', did you mean 'limits'?",
        "mailguard.yaml:3:58: listeners.0.certificate: a.pem: no such file",
        "mailguard.yaml:3:70: listeners.0.key: b.pem: no such file",
        "mailguard.yaml:4:11: upstream: username and password go together",
        "gone.yaml:1:1: cannot be read: No such file or directory; `mailguard user hash ADDRESS` prints its entries",
        "mailguard.yaml:6:12: policies.0: nowhere: no such file or folder",
    ]


def test_sections_that_are_right_say_nothing_beside_one_that_is_wrong(tmp_path: Path) -> None:
    assert mailguard(tmp_path, "init", "new").returncode == 0
    settings = tmp_path / "new" / "mailguard.yaml"
    settings.write_text(settings.read_text("utf-8") + "limit: {}\n", "utf-8")
    said = mailguard(tmp_path / "new", "check").stderr.splitlines()
    assert [line.partition(": ")[2] for line in said] == ["unknown key 'limit', did you mean 'limits'?"]


def test_policies_are_looked_at_though_the_settings_are_wrong(tmp_path: Path) -> None:
    wrong = CONFIG.replace("auth: {", "auht: {").replace("nowhere/", "p.yaml")
    rule = "version: 1\nrules:\n  - {id: r, whn: {recipients: {external: true}}, then: {route: out}}\n"
    (tmp_path / "p.yaml").write_text(rule)
    for settings in (wrong, wrong.replace("domains", "domain")):
        (tmp_path / "mailguard.yaml").write_text(settings)
        said = mailguard(tmp_path, "check").stderr.replace(f"{tmp_path}/", "").splitlines()
        assert "mailguard.yaml:5:1: unknown key 'auht', did you mean 'auth'?" in said
        assert "p.yaml:3:13: unknown key 'whn', did you mean 'when'?" in said


def test_serve_refuses_what_check_refuses(tmp_path: Path) -> None:
    (tmp_path / "mailguard.yaml").write_text(CONFIG)
    done = mailguard(tmp_path, "serve")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "mailguard.yaml:4:11: upstream: username and password go together" in done.stderr


def test_init_writes_what_check_takes_and_holds_nothing(tmp_path: Path) -> None:
    wrong = mailguard(tmp_path, "init", "new", "--domain", "@corp.example")
    assert (wrong.returncode, (tmp_path / "new").exists()) == (2, False)
    assert "'@corp.example' is no domain such as corp.example" in wrong.stderr
    for number, domain in enumerate(("[192.0.2.1]", "no", "例え.jp")):
        assert mailguard(tmp_path, "init", str(number), "--domain", domain).returncode == 0
        assert mailguard(tmp_path / str(number), "check").stdout == "configuration and policies are good\n"
    assert mailguard(tmp_path, "init", "new").returncode == 0
    new = tmp_path / "new"
    assert mailguard(new, "check").stdout == "configuration and policies are good\n"
    rules = [line for file in (new / "policies").glob("*.yaml") for line in file.read_text().splitlines()]
    assert sum(line.startswith("  - id:") for line in rules) == sum(line == "    mode: monitor" for line in rules)
    told = json.loads(mailguard(tmp_path, "init", "other", "--json").stdout)
    assert told == {"config": "other/mailguard.yaml", "policies": "other/policies"}
    again = mailguard(tmp_path, "init", "new")
    assert again.returncode == 1
    assert "exists already; nothing was written" in again.stderr


def test_a_certificate_that_serve_could_not_use_and_a_port_taken_twice(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("no certificate\n")
    entry = '  - {address: "127.0.0.1:465", tls: implicit, certificate: a.pem, key: a.pem, auth: none}\n'
    (tmp_path / "mailguard.yaml").write_text(
        f"organization: {{domains: [corp.example]}}\nlisteners:\n{entry}{entry}"
        'upstream: {url: "smtp://127.0.0.1:26"}\nnotify: {from: mailguard@corp.example}\n'
    )
    said = mailguard(tmp_path, "check").stderr.replace(f"{tmp_path}/", "").splitlines()
    assert sorted(line.partition(": ")[0] for line in said if "listeners." in line) == [
        "mailguard.yaml:3:60",
        "mailguard.yaml:4:15",
        "mailguard.yaml:4:60",
    ]
    assert "certificate a.pem with key a.pem cannot be used" in said[0]
    assert any(line.endswith("127.0.0.1:465 stands here twice") for line in said)


@pytest.mark.parametrize(
    "verb",
    [("check", "--config"), ("serve", "--config"), ("explain",), ("policy", "test"), ("audit", "verify", "--file")],
)
def test_what_cannot_be_read_is_no_wrong_usage(tmp_path: Path, verb: tuple[str, ...]) -> None:
    for name in ("nothing", "."):
        done = mailguard(tmp_path, *verb, name)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
        assert name in done.stderr
