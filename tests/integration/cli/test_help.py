"""`--help` in the language of the terminal: nothing is left out, and no line is wider than the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner
from tests.terminal import LOCALES, Terminal

from mailguard.cli import VERBS, main
from mailguard.cli.columns import width
from mailguard.cli.help import in_japanese, wrapped
from mailguard.cli.help_texts import HELP

#: What is typed, and what click says of values.
_TYPED = re.compile(r"`[^`]*`|\{[^}]*\}|使い方:[^\n]*|\[[^\]]*\]")


def commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each verb with its words, those of verbs too."""
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*words, name))


def texts() -> Iterator[str]:
    """All that verbs and options say of themselves."""
    yield from (line for _, _, line in VERBS.values())
    for _, command in commands(main):
        yield from (" ".join(text.split()) for text in (command.help, command.short_help) if text)
        for one in command.params:
            if isinstance(one, click.Option) and one.help and not one.hidden:
                yield " ".join(one.help.split())


def test_every_text_exists_in_japanese() -> None:
    said = {*texts(), "Show this message and exit."}
    assert said - HELP.keys() == set()
    assert HELP.keys() - said == set(), "these are said nowhere"


@pytest.mark.parametrize("words", [" ".join(words) for words, _ in commands(main)])
def test_no_english_is_left_and_no_line_is_too_wide(words: str) -> None:
    result = CliRunner().invoke(main, [*words.split(), "--help"], env={"LC_ALL": LOCALES["ja"], "COLUMNS": "80"})
    assert result.exit_code == 0
    assert not re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", _TYPED.sub("", result.output)), result.output
    assert max(map(width, result.output.splitlines())) <= 80


def test_lines_break_where_japanese_may() -> None:
    assert list(wrapped("設定ファイル。省略時は mailguard.yaml", 16)) == [
        "設定ファイル。省",
        "略時は",
        "mailguard.yaml",
    ]
    assert list(wrapped("", 10)) == []
    assert in_japanese("What nobody has put into Japanese") == "What nobody has put into Japanese"


@pytest.mark.parametrize("language", list(LOCALES))
def test_help(language: str) -> None:
    terminal = Terminal(language, {}, {"COLUMNS": "80"})
    for words in (("--help",), ("queue", "--help"), ("serve", "--help"), ("history", "import", "-h")):
        terminal.run(*words)
    terminal.is_golden("help")
