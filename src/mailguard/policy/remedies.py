"""What to do about the mistakes that people make in YAML: the words of the scanner and of pydantic say what failed, not
what was meant. Pure; it looks at the line that is wrong, and where it is not sure it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mailguard.mail.saying import Sentence, in_language
from mailguard.policy.suggest import did_you_mean

#: What a Japanese keyboard gives in place of the signs of YAML.
_WIDE = {"：": ":", "｛": "{", "｝": "}", "［": "[", "］": "]", "＂": '"', "－": "-", "＃": "#"}
#: Also within brackets only: everywhere else it is the comma of a sentence.
_WIDE_COMMAS = {"、": ",", "，": ","}
_COMPARED = re.compile(r":\s+[<>]=?\s*\d")
#: `then:confirm`, but no time of day and no address of a page.
_STUCK = re.compile(r"\s*(?:-\s+)?[A-Za-z_][\w-]*:(?=[^/\s])(?:(?!:\s).)+")
#: What pydantic says, by its kinds of errors, with its fields.
_PYDANTIC = {
    "string_type": "文字列を書いてください。",
    "string_too_short": "{min_length}文字以上で書いてください。",
    "string_too_long": "{max_length}文字以内で書いてください。",
    "string_pattern_mismatch": "使えない文字があるか、形が違います(正規表現 {pattern} に合うもの)。",
    "int_type": "整数を書いてください。",
    "int_parsing": "整数を書いてください。",
    "int_parsing_size": "数が大きすぎます。",
    "int_from_float": "小数ではなく整数を書いてください。",
    "bool_type": "true か false を書いてください。",
    "bool_parsing": "true か false を書いてください。",
    "greater_than": "{gt} より大きな値を書いてください。",
    "greater_than_equal": "{ge} 以上の値を書いてください。",
    "less_than": "{lt} より小さな値を書いてください。",
    "less_than_equal": "{le} 以下の値を書いてください。",
    "too_short": "{min_length}個以上書いてください(今は{actual_length}個)。",
    "too_long": "{max_length}個以内で書いてください。",
    "path_type": "ファイルまたはフォルダーのパスを書いてください。",
    "literal_error": "{expected} のいずれかを書いてください。",
}
_LIST_TYPES = frozenset({"tuple_type", "list_type"})
_MAPPING_TYPES = frozenset({"model_type", "model_attributes_type", "dict_type"})


def remedy(said: str, line: str, column: int) -> str:
    """What to do, after a semicolon; "" if nothing is known. line: the one that is wrong; column: where, from 1."""
    at, indent = line[column - 1 : column], line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        return Sentence("字下げはタブではなく半角の空白で書いてください。", "; indent with spaces, not tabs")
    if "\u3000" in indent:
        return Sentence(
            "行の先頭に全角の空白があります。字下げは半角の空白で書いてください。",
            "; the line begins with full-width blanks: indent with half-width ones",
        )
    if is_stuck(said, line) or "unexpected ':'" in said:
        return Sentence("キーのコロンの後には半角の空白が必要です。", "; a key needs a blank behind its colon")
    if "escape character" in said:
        return Sentence(
            "二重引用符の中では「\\」を2つ重ねて書きます。パターンは一重引用符で囲んでください。",
            "; in double quotes a backslash needs another one before it: write a pattern in single quotes",
        )
    if at in ("<", ">", "=") or _COMPARED.search(line):
        return Sentence('比較は引用符で囲んで書いてください(例: ">= 10")。', '; write a comparison in quotes: ">= 10"')
    if "alias" in said or "anchor" in said:
        return Sentence(
            "「*」や「&」で始まる文字列は引用符で囲んでください。", "; write a text that begins with * or & in quotes"
        )
    if "cannot start any token" in said:
        if not at.strip():
            return ""
        return Sentence(
            "「{sign}」で始まる文字列は引用符で囲んでください。",
            "; write a text that begins with {sign} in quotes",
            sign=at,
        )
    return _wide(said, line) or _structure(said)


def is_wide(line: str) -> bool:
    """Whether a line begins with full-width blanks, or has its colon in full width only: no key, then, for YAML."""
    indent = line[: len(line) - len(line.lstrip())]
    return "\u3000" in indent or ("：" in line and ":" not in line and not line.lstrip().startswith(("#", "-")))


def is_stuck(said: str, line: str) -> bool:
    """Whether the scanner took a key whose value stands right behind its colon for a text that goes on."""
    return bool(_STUCK.fullmatch(line)) and ("mapping values" in said or "simple key" in said)


def _wide(said: str, line: str) -> str:
    signs = {**_WIDE, **_WIDE_COMMAS} if "a flow " in said else _WIDE
    found = next((sign for sign in line if sign in signs), "")
    if not found:
        return ""
    return Sentence(
        "「{found}」は全角です。文の一部でなければ半角の「{sign}」を書いてください。",
        "; {found} is full-width: write {sign} if it is not part of a text",
        found=found,
        sign=signs[found],
    )


def _structure(said: str) -> str:
    if "a flow " in said:
        return Sentence(
            "括弧や引用符を閉じ、{ } [ ] , : を含む文字列は引用符で囲んでください。",
            "; close the bracket or the quote, and write a text that holds { } [ ] , or : in quotes",
        )
    if "quoted scalar" in said:
        return Sentence("ここから始まる引用符を閉じてください。", "; close the quote that begins here")
    if "mapping values" in said:
        return Sentence(
            "コロンと空白を含む文字列は引用符で囲むか、行の字下げを前後の行とそろえてください。",
            "; write a text that holds a colon and a blank in quotes, or indent the line like those beside it",
        )
    if "block mapping" in said or "block collection" in said:
        return Sentence(
            "同じまとまりの行は同じ桁から書き始めてください。", "; lines that belong together begin in the same column"
        )
    if "simple key" in said:
        return Sentence("キーの後にはコロンと半角の空白が必要です。", "; a key needs a colon and a blank behind it")
    return ""


def plain(kind: str, message: str, written: object, context: Mapping[str, Any]) -> str:
    """A message of pydantic in words for people. written: the value, of which at most one word is repeated."""
    if kind in _MAPPING_TYPES:
        if written is None:
            return Sentence(
                "下に何も書かれていません。ここに属する行は字下げしてください。",
                "nothing stands under it: indent what belongs to it",
            )
        return Sentence("ここには「キー: 値」の形で書いてください。", "write keys and values here, such as key: value")
    if kind in _LIST_TYPES:
        return Sentence(
            "ここにはリストを書いてください。[one, other] とするか、1行に1つずつ、ハイフンと空白に続けて書きます。",
            "write a list here: [one, other], or a line with a hyphen and a blank for each",
        )
    choices = re.findall(r"'([^']+)'", str(context.get("expected", ""))) if kind == "literal_error" else []
    if choices and isinstance(written, str):
        return Sentence(
            "{written!r}はここでは使えません。{hint}", "{written!r} is not known here{hint}",
            written=written[:40], hint=did_you_mean(written, choices),
        )  # fmt: skip
    if kind == "literal_error" and not choices and isinstance(written, int | str) and not isinstance(written, bool):
        return Sentence(
            "{written}ではなく {expected} と書いてください。", "write {expected}, not {written}",
            expected=context.get("expected"), written=f"{written!r:.40}",
        )  # fmt: skip
    if kind == "literal_error" and written is False and "True" in str(context.get("expected", "")):
        return Sentence(
            "true と書いてください。当てはまってはならない条件は not: の下に書きます。",
            "write true; what must not hold stands under not:",
        )
    english = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return Sentence(_japanese(kind, english, context), english[:1].lower() + english[1:])


def _japanese(kind: str, english: str, context: Mapping[str, Any]) -> str:
    if (error := context.get("error")) is not None:  # raised by a validator of ours
        return in_language(error, "ja")
    if kind == "literal_error":
        context = {"expected": str(context.get("expected")).replace(" or ", ", ")}
    return _PYDANTIC[kind].format(**context) if kind in _PYDANTIC else f"この値は使えません({english})。"
