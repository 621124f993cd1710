"""The small notations of a policy file: comparisons (`">= 10"`), sizes (`10 MB`), times (`60s`), globs, and yes or no.

Each is read once, at load, into a value; what has two meanings is refused with the right way to write it. Pure.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, WithJsonSchema

from mailguard.mail.saying import Sentence

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, "=": operator.eq, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_JA = {">=": "{}{unit}以上", "<=": "{}{unit}以下", "==": "ちょうど{}{unit}", ">": "{}{unit}超", "<": "{}{unit}未満"}
_EN = {">=": "at least {}", "<=": "at most {}", "==": "exactly {}", ">": "more than {}", "<": "fewer than {}"}
_UNITS = {"": 1, "B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_COMPARISON = re.compile(r"\s*(>=|<=|==|=|>|<)\s*([0-9]{1,12})\s*")
_SIZE = re.compile(r"\s*(>=|<=|==|=|>|<)\s*([0-9]{1,12}(?:\.[0-9]{1,3})?)\s*([A-Za-z]{0,3})\s*")
_SHARE = re.compile(r"\s*(>=|<=|==|=|>|<)\s*(0(?:\.[0-9]{1,2})?|1(?:\.00?)?)\s*")
_DURATION = re.compile(r"\s*([0-9]{1,7})\s*([smhd])\s*")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`number <sign> bound`. `written` is how it stands in the file, for sentences about sizes."""

    sign: str
    bound: float
    written: str

    def holds(self, number: float) -> bool:
        return _OPERATORS[self.sign](number, self.bound)

    def ja(self, unit: str = "") -> str:
        """`10件以上`."""
        return _JA[self.sign].format(self.bound, unit=unit)

    def en(self) -> str:
        """`at least 10`."""
        return _EN[self.sign].format(self.bound)

    @property
    def least(self) -> float:
        """The smallest count that satisfies it, or a smaller one where that is not plain."""
        return {">=": self.bound, ">": self.bound + 1, "==": self.bound}.get(self.sign, 0)

    @property
    def always(self) -> bool:
        """Whether every number satisfies it."""
        return self.holds(0) and self.holds(10**12) and self.sign in (">=", ">")

    @property
    def never(self) -> bool:
        """Whether no count (an integer from 0) satisfies it."""
        return self.sign == "<" and self.bound == 0


AT_LEAST_ONE = Comparison(">=", 1, ">= 1")


def _sign(text: str) -> str:
    return "==" if text == "=" else text


#: What is said of a list that names nothing.
EMPTY_LIST = Sentence(
    "リストが空です。キーを省くか、1つ以上書いてください。",
    "the list is empty: leave the key out, or name at least one",
)


def parse_comparison(value: object) -> Comparison:
    """`">= 10"` to a Comparison. Raises ValueError."""
    found = _COMPARISON.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            Sentence(
                '{value}ではなく、">= 10" のような比較を書いてください(>=, >, <=, <, ==)。',
                'write a comparison such as ">= 10" (>=, >, <=, <, ==), not {value}',
                value=_quoted(value),
            )
        )
    return Comparison(_sign(found[1]), int(found[2]), f"{_sign(found[1])} {int(found[2])}")


def parse_size_comparison(value: object) -> Comparison:
    """`">= 10 MB"` to a Comparison of octets (1 KB = 1024). Raises ValueError."""
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[3].upper() not in _UNITS:
        raise ValueError(
            Sentence(
                '{value}ではなく、">= 10 MB" のようなサイズを書いてください(B, KB, MB, GB)。',
                'write a size such as ">= 10 MB" (B, KB, MB, GB), not {value}',
                value=_quoted(value),
            )
        )
    octets = int(float(found[2]) * _UNITS[found[3].upper()])
    return Comparison(_sign(found[1]), octets, f"{_sign(found[1])} {found[2]} {found[3].upper() or 'B'}")


def parse_duration(value: object) -> timedelta:
    """`60s`, `5m`, `4h`, `3d`, from one second to 90 days. Raises ValueError."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            Sentence(
                "{value}ではなく、60s、5m、4h、3d のような時間を書いてください。",
                "write a time such as 60s, 5m, 4h or 3d, not {value}",
                value=_quoted(value),
            )
        )
    seconds = int(found[1]) * _SECONDS[found[2]]
    if not 1 <= seconds <= 90 * 86400:
        raise ValueError(Sentence("時間は 1s から 90d までです。", "a time lies between 1s and 90d"))
    return timedelta(seconds=seconds)


def parse_share_comparison(value: object) -> Comparison:
    """`">= 0.8"`, a share from 0 to 1 with at most two decimals, to a Comparison. Raises ValueError."""
    found = _SHARE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            Sentence(
                '{value}ではなく、">= 0.8" のように0から1までの割合を書いてください。',
                'write a share from 0 to 1 such as ">= 0.8", not {value}',
                value=_quoted(value),
            )
        )
    return Comparison(_sign(found[1]), float(found[2]), f"{_sign(found[1])} {found[2]}")


def parse_age(value: object) -> timedelta:
    """`180d`, `12h`: how long ago something was, from one hour to ten years. Raises ValueError."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    seconds = int(found[1]) * _SECONDS[found[2]] if found is not None else 0
    if not 3600 <= seconds <= 3650 * 86400:
        raise ValueError(
            Sentence(
                "{value}ではなく、180d のように 1h から 3650d までの時間を書いてください。",
                "write a time between 1h and 3650d, such as 180d, not {value}",
                value=_quoted(value),
            )
        )
    return timedelta(seconds=seconds)


def parse_switch(value: object) -> bool:
    """true or false, nothing that merely looks like it. Raises ValueError."""
    if not isinstance(value, bool):
        raise ValueError(
            Sentence(
                "{value}ではなく、true か false を書いてください。",
                "write true or false, not {value}",
                value=_quoted(value),
            )
        )
    return value


def parse_text(value: object) -> str:
    """A text that is not empty. Raises ValueError."""
    if isinstance(value, list | dict):
        raise ValueError(
            Sentence(
                "ここには文字列を1つ書いてください。リストやキーは書けません。",
                "write one text here, no list and no keys",
            )
        )
    if not isinstance(value, str):
        raise ValueError(
            Sentence(
                "文字列を書いてください。数や true/false は引用符で囲みます: {value}",
                "write text; a number or true/false in quotes: {value}",
                value=_quoted(str(value)[:40]),
            )
        )
    if not value.strip():
        raise ValueError(Sentence("文字列が空です。", "the text is empty"))
    return value


def _quoted(value: object) -> str:
    if isinstance(value, str | int | float):
        return Sentence("{value!r}", "{value!r}", value=str(value)[:60])
    kind = type(value).__name__
    return Sentence(_KINDS.get(kind, kind), kind)


_KINDS = {"list": "リスト", "dict": "キーと値", "NoneType": "空の値"}


def _one_or_many(value: object) -> object:
    if isinstance(value, list) and not value:
        raise ValueError(EMPTY_LIST)
    return value if isinstance(value, list | tuple) else [value]


T = TypeVar("T")
#: One value or a list with at least one.
Many = Annotated[tuple[T, ...], BeforeValidator(_one_or_many)]

_COMPARISON_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\s*(>=|<=|==|=|>|<)\s*\d+\s*$",
    "examples": [">= 10"],
}
_SIZE_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\s*(>=|<=|==|=|>|<)\s*\d+(\.\d+)?\s*([KMGkmg]?i?[Bb])?\s*$",
    "examples": [">= 10 MB"],
}
_SHARE_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\s*(>=|<=|==|=|>|<)\s*(0(\.\d{1,2})?|1(\.00?)?)\s*$",
    "examples": [">= 0.8"],
}
_DURATION_SCHEMA: dict[str, Any] = {"type": "string", "pattern": r"^\d+\s*[smhd]$", "examples": ["60s", "4h", "3d"]}

Count = Annotated[Comparison, BeforeValidator(parse_comparison), WithJsonSchema(_COMPARISON_SCHEMA)]
Size = Annotated[Comparison, BeforeValidator(parse_size_comparison), WithJsonSchema(_SIZE_SCHEMA)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration), WithJsonSchema(_DURATION_SCHEMA)]
Share = Annotated[Comparison, BeforeValidator(parse_share_comparison), WithJsonSchema(_SHARE_SCHEMA)]
Age = Annotated[timedelta, BeforeValidator(parse_age), WithJsonSchema({**_DURATION_SCHEMA, "examples": ["180d"]})]
Switch = Annotated[bool, BeforeValidator(parse_switch), WithJsonSchema({"type": "boolean"})]
Text = Annotated[str, BeforeValidator(parse_text), WithJsonSchema({"type": "string", "minLength": 1})]
