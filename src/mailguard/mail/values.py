"""What a value is: a dataclass with slots that nobody changes once it is made.

A frozen dataclass sets each field by a call, which makes an object of twenty fields seven times as dear, and a mail
makes some forty objects. So here only the type checker knows that they are frozen: it refuses every assignment
(`make check`), and nothing stands in the way of making them. Equality and hash are those of a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    T = TypeVar("T")

    def value(**said: Any) -> Callable[[type[T]], type[T]]:
        """`dataclass(frozen=True, slots=True)`, and what else is said, but for being frozen."""
        if not said.pop("frozen"):
            raise TypeError("what may be changed is a dataclass")
        return dataclass(**said, unsafe_hash=said.get("eq", True))


__all__ = ["value"]
