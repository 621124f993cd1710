"""The library of policies from the command line; the page that shows how to use it has commands that work."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.test_docs import ROOT, blocks_of, rows_under, text_of

from mailguard.config.library import library

PAGE = ROOT / "docs" / "library.md"


def mailguard(folder: Path, words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailguard", *words.split()]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_the_commands_of_the_page(tmp_path: Path) -> None:
    commands = [line for block in blocks_of(text_of(PAGE), "sh") for line in block.splitlines() if line]
    assert len(commands) >= 6
    for command in commands:
        done = mailguard(tmp_path, command.removeprefix("mailguard "))
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    policies = tmp_path / "try" / "policies"
    for name in ("bcc-accident", "personal-data", "ppap-ban"):
        text = (policies / f"{name}.yaml").read_text()
        assert text.startswith("# yaml-language-server: $schema=.schema.json\n")
        assert text.count("\n    mode: monitor\n") == text.count("\n  - id: ")


def test_the_page_names_every_file() -> None:
    assert {row[0] for row in rows_under(text_of(PAGE), "What there is")} == {file.name for file in library()}


def test_the_list_says_what_each_is_for_in_both_languages(tmp_path: Path) -> None:
    shown = mailguard(tmp_path, "policy library").stdout
    for file in library():
        assert f"{file.name} ({file.rules})\n    {file.ja}\n    {file.en}\n" in shown
    listed = json.loads(mailguard(tmp_path, "policy library --json").stdout)["library"]
    assert listed == [{"name": f.name, "rules": f.rules, "ja": f.ja, "en": f.en} for f in library()]


def test_a_file_is_printed_as_it_is(tmp_path: Path) -> None:
    printed = mailguard(tmp_path, "policy library strict").stdout
    assert printed == (ROOT / "policies" / "library" / "strict.yaml").read_text()


def test_nothing_is_written_over_or_halfway(tmp_path: Path) -> None:
    (tmp_path / "finance.yaml").write_text("mine")
    done = mailguard(tmp_path, "policy library medical finance --into .")
    assert (done.returncode, done.stderr) == (1, "mailguard: finance.yaml exists already; nothing was written\n")
    assert [file.name for file in tmp_path.iterdir()] == ["finance.yaml"]
    assert (tmp_path / "finance.yaml").read_text() == "mine"


def test_what_is_not_there_is_said_before_anything_is_written(tmp_path: Path) -> None:
    for words in ("init new --with finanse", "policy library finanse", "policy library finanse --into ."):
        done = mailguard(tmp_path, words)
        assert done.returncode == 1
        assert re.fullmatch(r"mailguard: the library has no file 'finanse', did you mean 'finance'\?\n", done.stderr)
    assert mailguard(tmp_path, "policy library --into .").stderr.startswith("mailguard: --into needs a NAME")
    assert mailguard(tmp_path, "policy library strict --into nowhere").stderr == (
        "mailguard: nowhere: cannot be written: No such file or directory\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_japanese_terminal_hears_japanese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    done = mailguard(tmp_path, "policy library finanse")
    assert (
        done.stderr
        == "mailguard: ライブラリーに「finanse」というファイルはありません。「finance」の間違いではありませんか。\n"
    )
    written = mailguard(tmp_path, "policy library finance --into .").stdout
    assert written.startswith("書き込みました: finance.yaml。")
    again = mailguard(tmp_path, "policy library finance --into .").stderr
    assert again == "mailguard: finance.yaml がすでにあります。何も書き込んでいません。\n"
    assert "「soon」ではなく、30d" in mailguard(tmp_path, "policy simulate --since soon").stderr
    assert "に台帳がありません。" in mailguard(tmp_path, "policy simulate").stderr
