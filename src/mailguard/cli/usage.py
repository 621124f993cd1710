"""Wrong usage in words: what click says in English, also in Japanese; what the verbs say exists in both.

It knows click's sentences by their form. One that it does not know is told in English, behind what is known of it.
"""

from __future__ import annotations

import re

import click

from mailguard.cli.language import terminal_language
from mailguard.mail.saying import in_language

#: Click's sentences, and the same in Japanese.
_CLICK = [
    (re.compile(pattern), japanese)
    for pattern, japanese in (
        (r"No such option '(.+)'\.", r"\1 というオプションはありません。"),
        (r"No such command '(.+)'\.", r"\1 というコマンドはありません。"),
        (r"Missing command\.", "コマンドを指定してください。"),
        (r"Option '(.+)' requires an argument\.", r"\1 には値が必要です。"),
        (r"Option '(.+)' does not take a value\.", r"\1 に値は指定できません。"),
        (r"Got unexpected extra arguments? \((.+)\)", r"余分な引数があります: \1"),
        (r"'(.*)' is not a valid (?:integer|float|number|integer range|float range)\.", r"「\1」は数ではありません。"),
        (r"(.+) is not in the range (.+)\.", r"\1 は範囲外です(\2)。"),
        (r"'(.*)' is not one of (.+)\.", r"「\1」は使えません。次のいずれかを指定してください: \2"),
        (r"(?:File|Directory|Path) '(.+)' does not exist\.", r"\1 がありません。"),
        (r"(?:File|Directory|Path) '(.+)' is a file\.", r"\1 はフォルダーではなくファイルです。"),
        (r"(?:File|Directory|Path) '(.+)' is a directory\.", r"\1 はファイルではなくフォルダーです。"),
    )
]


def in_words(error: click.UsageError) -> str:
    """What is wrong, in the language of the terminal."""
    return error.format_message() if terminal_language() == "en" else _in_japanese(error)


def _in_japanese(error: click.UsageError) -> str:
    said = in_language(error.message, "ja")
    for pattern, japanese in _CLICK:
        if found := pattern.fullmatch(said):
            said = found.expand(japanese).replace("'", "")
            break
    if isinstance(error, click.MissingParameter):
        return f"{_named(error).removesuffix(' の')} を指定してください{_choices(error.param)}。"
    if isinstance(error, click.BadParameter):
        return f"{_named(error)}値が正しくありません: {said}"
    near = sorted(getattr(error, "possibilities", None) or ())
    return f"{said}もしかして: {'、'.join(near)}" if near else said


def _choices(param: click.Parameter | None) -> str:
    kind = None if param is None else param.type
    return f"({'、'.join(map(str, kind.choices))})" if isinstance(kind, click.Choice) else ""


def _named(error: click.BadParameter) -> str:
    """The option or argument, as it is written, before its value; nothing where click does not know it."""
    hint = error.param_hint
    if hint is None and error.param is not None:
        hint = error.param.get_error_hint(error.ctx or click.get_current_context())
    text = hint if isinstance(hint, str) else " / ".join(hint or ())
    return text.replace("'", "") + " の" if text else ""
