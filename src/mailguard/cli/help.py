"""`--help` on a Japanese terminal: the same page with the texts of `help_texts`, wrapped by the columns that a terminal
needs for them. Everywhere else click writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TypeVar

import click

from mailguard.cli.columns import padded, width
from mailguard.cli.language import terminal_language

C = TypeVar("C", bound=click.Command)
_HEADINGS = {"Options": "オプション", "Verbs": "コマンド", "Commands": "コマンド"}
#: What click adds behind an option's text.
_EXTRAS = (
    ("[default: ", "[既定値: "),
    ("; required]", "; 必須]"),
    ("[required]", "[必須]"),
    ("env var: ", "環境変数: "),
)
#: A piece that a line may end behind: a word, or one Japanese sign with the punctuation that clings to it.
_PIECE = re.compile(r"[!-~]+ ?|[^!-~ ][、。」)]* ?| ")


def with_help(command: C) -> C:
    """The verb, whose help is in the language of the terminal."""
    command.context_class = _Context if terminal_language() == "ja" else click.Context
    return command


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, "使い方: " if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        super().write_heading(_HEADINGS.get(heading, heading))

    def write_text(self, text: str) -> None:
        for line in wrapped(in_japanese(text), self.width - self.current_indent):
            self.write(f"{'':>{self.current_indent}}{line}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        given = tuple(rows)
        columns = min(max((width(first) for first, _ in given), default=0), col_max) + col_spacing
        for first, second in given:
            lines = list(wrapped(in_japanese(second), self.width - self.current_indent - columns)) or [""]
            begins = f"{'':>{self.current_indent}}{first}"
            if width(first) > columns - col_spacing:
                self.write(f"{begins}\n")
                begins = ""
            room = self.current_indent + columns
            self.write(f"{padded(begins, room)}{lines[0]}".rstrip() + "\n")
            self.write("".join(f"{'':>{room}}{line}\n" for line in lines[1:]))


class _Context(click.Context):
    formatter_class = _Formatter


def in_japanese(text: str) -> str:
    """A text of the help, whole or its first sentence, with what click adds to it."""
    said = " ".join(text.split())
    known = _known()
    if said in known:
        return known[said]
    plain, bracket, extra = said.rpartition(" [")
    extra = f"[{extra}" if bracket else said if said.startswith("[") else ""
    for english, japanese in _EXTRAS:
        extra = extra.replace(english, japanese)
    if said.startswith("["):
        return extra
    return f"{known.get(plain, plain)} {extra}" if bracket else said


@cache
def _known() -> dict[str, str]:
    """By the whole text, and by its first sentence, which stands in lists of verbs."""
    from mailguard.cli.help_texts import HELP

    first = {english: re.split(r"(?<=\.) ", english, maxsplit=1)[0] for english in HELP}
    short = {first[english]: f"{japanese.partition('。')[0]}。" for english, japanese in HELP.items()}
    return short | HELP


def wrapped(text: str, columns: int) -> Iterator[str]:
    """Lines of at most so many columns; one that stands alone and is longer stays whole."""
    line = ""
    for piece in _PIECE.findall(text):
        if line and width(line + piece.rstrip()) > columns:
            yield line.rstrip()
            line = ""
        line += piece
    if line.strip():
        yield line.rstrip()
