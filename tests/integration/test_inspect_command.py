"""`mailguard inspect` as a user runs it: order, one object a line, what is masked, and what ends with which code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailguard.cli import piped
from mailguard.cli.inspect import inspect

CARD = "4012888888881881"
COMMAND = (sys.executable, "-c", "from mailguard.cli.inspect import inspect; inspect()")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False, encoding="utf-8"
    )


def mails(folder: Path, count: int) -> list[str]:
    paths = [folder / f"{number}.eml" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(f"From: a@b.example\r\nSubject: 件名 {number}\r\n\r\nカード {CARD}\r\n".encode())
    return [str(path) for path in paths]


def test_one_object_a_line_in_the_order_of_the_files(tmp_path: Path) -> None:
    done = run("--json", *mails(tmp_path, 25))
    assert done.returncode == 0
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["headers"]["subject"] for one in found] == [f"件名 {number}" for number in range(25)]
    assert found[0]["personal_data"]["payment_card"] == {"distinct": 1, "examples_masked": ["************1881"]}


def test_a_text_never_breaks_the_line(tmp_path: Path) -> None:
    mail = tmp_path / "a.eml"
    mail.write_bytes("Subject: x\r\n\r\none\u2028two\u2029three\x85four\r\n".encode())
    (line,) = run("--json", str(mail), str(mail)).stdout.splitlines()[1:]
    assert json.loads(line)["text"].split() == ["one", "two", "three", "four"]


def test_a_folder_of_a_thousand_mails(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    mails(tmp_path, 700)
    mails(tmp_path / "old", 300)
    (tmp_path / "old" / "0.eml").write_bytes(bytes(range(256)) * 40)
    done = run("--json", "--no-text", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["file"] for one in found] == [str(path) for path in sorted(tmp_path.rglob("*.eml"))]
    assert sum("payment_card" in one["personal_data"] for one in found) == 999


def test_values_and_texts(tmp_path: Path) -> None:
    (path,) = mails(tmp_path, 1)
    assert json.loads(run("--json", "--unmasked", path).stdout)["personal_data"]["payment_card"]["values"] == [CARD]
    assert "カード" in json.loads(run("--json", path).stdout)["text"]
    assert CARD not in run("--json", "--no-text", path).stdout


def test_line_separators_of_unicode_end_no_object(tmp_path: Path) -> None:
    path = tmp_path / "lines.eml"
    path.write_bytes("Content-Type: text/plain; charset=utf-8\r\n\r\na\u2028b\u2029c\u0085d\fe\r\n".encode())
    (line,) = run("--json", str(path)).stdout.splitlines()
    assert json.loads(line)["text"].rstrip() == "a\u2028b\u2029c\u0085d\fe"


def test_a_malformed_mail_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "odd.eml"
    path.write_bytes(bytes(range(256)))
    done = run("--json", str(path))
    assert done.returncode == 0
    assert json.loads(done.stdout)["findings"]


def test_a_file_that_cannot_be_read_does_not_stop_the_rest(tmp_path: Path) -> None:
    first, last = mails(tmp_path, 2)
    done = run("--json", first, str(tmp_path / "none.eml"), last)
    assert done.returncode == 1
    assert [json.loads(line)["headers"]["subject"] for line in done.stdout.splitlines()] == ["件名 0", "件名 1"]
    assert len(done.stderr.splitlines()) == 1
    assert "none.eml" in done.stderr


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_a_mail_on_stdin(tmp_path: Path, name: str) -> None:
    (path,) = mails(tmp_path, 1)
    command = [sys.executable, "-m", "mailguard", "inspect", "--json", name, path]
    done = subprocess.run(command, input=Path(path).read_bytes(), capture_output=True, timeout=60, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["file"], one["headers"]["subject"]) for one in found] == [(name, "件名 0"), (path, "件名 0")]


def test_a_pipe_that_does_not_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piped, "MOST", 1000)
    (path,) = mails(tmp_path, 1)
    done = CliRunner().invoke(inspect, ["--json", "/dev/zero", path])
    assert (done.exit_code, done.stdout.count("\n")) == (1, 1)
    assert "/dev/zero: cannot be read: more than 0 MB" in done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line(tmp_path: Path, unbuffered: str) -> None:
    (path,) = mails(tmp_path, 1)
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "mailguard", "inspect", "--json", path]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False, env=environment)
    assert (done.returncode, done.stderr) == (1, b"mailguard: output: No space left on device\n")


def test_people_can_read_it(tmp_path: Path) -> None:
    (path,) = mails(tmp_path, 1)
    done = run("--no-text", path)
    assert "Subject: 件名 0" in done.stdout
    assert "payment_card: 1 (************1881)" in done.stdout


def test_no_file_is_wrong_usage() -> None:
    assert run("--json").returncode == 2
