"""YAML with the place of every value: what the policy, the configuration and the user file are read through.

It trusts nothing about the text: size, depth and number of values are bounded, and what makes YAML ambiguous or
explosive is refused: keys written twice, aliases, tags, merge keys, several documents. `yes`, `no`, `on`, `off`,
`1:30` and `0123` stay the words that were written. It never opens a file and never runs a constructor; all that is
wrong is collected, then raised at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from mailguard.mail.saying import Sentence
from mailguard.policy.marks import PROBLEMS_MAX, Marks, Path, Problem, Problems, show
from mailguard.policy.remedies import is_stuck, is_wide, remedy

#: A file for people to read: larger lists belong into .txt or .csv files.
SIZE_MAX, DEPTH_MAX, VALUES_MAX = 2 * 2**20, 40, 200_000

#: YAML 1.2 section 5.1 (c-printable), with the line ends that libyaml knows.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_CONSTANTS: dict[str, bool | None] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "null": None, "Null": None, "NULL": None, "~": None, "": None,
}  # fmt: skip

#: What is to be done about YAML of which nothing better is known.
_LOOK = Sentence("この行と前の行の書き方を確かめてください。", "")


def load_marked(text: str | bytes, filename: str) -> tuple[Any, Marks]:
    """One YAML document to plain data (dict, list, str, int, float, bool, None; keys are str), and all places.

    Raises Problems with all that was found. An empty document is an error: it would load as "nothing is asked for".
    """
    data, marks, problems = load_with_repeats(text, filename)
    if problems:
        raise Problems(problems)
    return data, marks


def load_with_repeats(text: str | bytes, filename: str) -> tuple[Any, Marks, list[Problem]]:
    """The same, but keys that are written twice are given back, each with its first value in the data: all else that
    is wrong with what is asked for can be told beside them. Raises Problems with anything else.
    """
    reading = _Reading(filename)
    data = reading.read(text)
    if len(reading.problems) > reading.repeats:
        raise Problems(reading.problems)
    return data, reading.marks, reading.problems


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that is being read."""

    path: Path
    data: dict[str, Any] | list[Any]
    key: str | None = None
    seen: bool = False  # the key was already there: its second value is read, and dropped


class _Reading:
    """One document, event by event with a stack of our own, so that depth costs no recursion."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.problems: list[Problem] = []
        self.repeats = 0  # problems that are keys written twice
        self.marks = Marks()
        self._stack: list[_Open] = []
        self._root: Any = None
        self._values = 0
        self._lines: list[str] = []

    def read(self, text: str | bytes) -> Any:
        decoded = self._decode(text)
        if decoded is None:
            return None
        self._lines = decoded.split("\n")
        documents = 0
        try:
            for event in _events(decoded):
                documents += isinstance(event, yaml.DocumentStartEvent)
                if documents > 1:
                    said = Sentence(
                        "2つ目のYAML文書(---)があります。1つのファイルに1つの文書だけを書きます。",
                        "a second YAML document (---): one file is one document",
                    )
                    self._problem(event, said)
                    break
                if not self._take(event):
                    break
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            said = Sentence("YAMLとして読めません: {error}", "not YAML: {error}", error=type(error).__name__)
            self.problems.append(Problem(self.filename, 1, 1, said))
        if not self.problems and self._root is None:
            said = Sentence("ファイルに何も書かれていません。", "the file is empty")
            self.problems.append(Problem(self.filename, 1, 1, said))
        return self._root

    def _decode(self, text: str | bytes) -> str | None:
        if len(text) > SIZE_MAX:
            said = Sentence("{most} MBを超えています。", "larger than {most} MB", most=SIZE_MAX // 2**20)
            self.problems.append(Problem(self.filename, 1, 1, said))
            return None
        if isinstance(text, bytes):
            try:
                text = text.decode("utf-8")
            except UnicodeDecodeError as error:
                line, column = _place_of_octet(error.object, error.start)
                said = Sentence(
                    "文字コードがUTF-8ではありません。UTF-8で保存してください。", "not UTF-8: save the file as UTF-8"
                )
                self.problems.append(Problem(self.filename, line, column, said))
                return None
        text = text.removeprefix("\ufeff")
        for bad in _UNPRINTABLE.finditer(text):
            line, column = text.count("\n", 0, bad.start()) + 1, bad.start() - text.rfind("\n", 0, bad.start())
            said = Sentence(
                "制御文字 {code} があります。取り除いてください。", "control character {code}",
                code=f"U+{ord(bad.group()):04X}",
            )  # fmt: skip
            self.problems.append(Problem(self.filename, line, column, said))
            if len(self.problems) >= PROBLEMS_MAX:
                break
        return None if self.problems else text

    def _take(self, event: yaml.Event) -> bool:
        """One event. False: enough seen."""
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._stack.pop()
        elif self._wants_key() and not isinstance(event, yaml.ScalarEvent) and isinstance(event, yaml.NodeEvent):
            self._problem(event, Sentence("キーには単語を1つ書きます。", "a key must be a plain word"))
            return False
        elif isinstance(event, yaml.AliasEvent):
            said = Sentence(
                "エイリアス *{name} は使えません。値をそのまま書いてください。",
                "alias *{name}: aliases are not read; write the value out",
                name=event.anchor,
            )
            self._problem(event, said)
            self._put(event, None)
        elif isinstance(event, yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent):
            return self._node(event)
        return True

    def _wants_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].data, dict) and self._stack[-1].key is None

    def _node(self, event: yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent) -> bool:
        self._values += 1
        if event.tag is not None:
            said = Sentence(
                "タグ {tag} は使えません。値だけを書いてください。",
                "tag {tag}: tags are not read; write the plain value",
                tag=event.tag[:60],
            )
            self._problem(event, said)
        if len(self._stack) >= DEPTH_MAX or self._values > VALUES_MAX or len(self.problems) >= PROBLEMS_MAX:
            said = Sentence(
                "入れ子が深すぎるか、値または誤りが多すぎるため、ここで読むのを止めました。",
                "nested too deeply, too many values, or too many problems: reading stops here",
            )
            self._problem(event, said)
            return False
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        else:
            empty: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
            path = self._put(event, empty)
            self._stack.append(_Open(path, empty))
        return True

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if self._wants_key():
            self._key(event, self._stack[-1])
        else:
            self._put(event, _plain_value(event))

    def _key(self, event: yaml.ScalarEvent, top: _Open) -> None:
        assert isinstance(top.data, dict)
        top.key, top.seen = event.value, event.value in top.data
        place = _place(event)
        if top.seen:
            first = self.marks.keys[(*top.path, event.value)][0]
            said = Sentence(
                "キー{key!r}が2回書かれています(最初は{first}行目)。",
                "key {key!r} written twice (first in line {first})",
                key=show(event.value),
                first=first,
            )
            self._problem(event, said)
            self.repeats += 1
            return
        if event.value == "<<" and event.implicit[0]:
            said = Sentence(
                "マージキー << は使えません。キーをそのまま書いてください。",
                "merge key <<: not read; write the keys out",
            )
            self._problem(event, said)
        self.marks.keys[(*top.path, event.value)] = place

    def _put(self, event: yaml.Event, value: Any) -> Path:
        """Store a value under the key or at the end of what is open; its path."""
        if not self._stack:
            path: Path = ()
            self._root = value
        else:
            top = self._stack[-1]
            if isinstance(top.data, list):
                path = (*top.path, len(top.data))
                top.data.append(value)
            else:
                assert top.key is not None  # _take lets no value come before its key
                path = (*top.path, top.key)
                if not top.seen:
                    top.data[top.key] = value
                top.key = None
        self.marks.values.setdefault(path, _place(event))
        return path

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        if error.context_mark and re.search("simple key|quoted scalar", error.context or ""):
            mark = error.context_mark if "escape" not in (error.problem or "") else mark  # where it begins
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = ", ".join(part for part in (error.context, error.problem) if part)
        before = self._line(line - 1)
        if is_wide(before) or is_stuck(said, before):  # read as the end of the line before, and noticed only here
            line, column = line - 1, 1
        meant = remedy(said, self._line(line), column) or _LOOK
        message = Sentence("YAMLとして読めません。{meant}({said})", "not YAML: {said}{meant}", said=said, meant=meant)
        self.problems.append(Problem(self.filename, line, column, message))

    def _line(self, number: int) -> str:
        return self._lines[number - 1] if 1 <= number <= len(self._lines) else ""

    def _problem(self, event: yaml.Event, message: str) -> None:
        self.problems.append(Problem(self.filename, *_place(event), message))


def _events(text: str) -> Iterator[yaml.Event]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return iter(yaml.parse(text, Loader=loader))


def _place_of_octet(octets: bytes, position: int) -> tuple[int, int]:
    before = octets[:position].decode("utf-8")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    if mark is None:
        return (1, 1)
    return (mark.line + 1, mark.column + 1)


def _plain_value(event: yaml.ScalarEvent) -> Any:
    """The value of a scalar: only what cannot be meant otherwise becomes more than its text."""
    text: str = event.value
    if not event.implicit[0]:  # quoted or a block: text
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
