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
    from functools import cached_property as worked_out
else:
    T = TypeVar("T")

    def value(**said: Any) -> Callable[[type[T]], type[T]]:
        """`dataclass(frozen=True, slots=True)`, and what else is said, but for being frozen."""
        if not said.pop("frozen"):
            raise TypeError("what may be changed is a dataclass")
        return dataclass(**said, unsafe_hash=said.get("eq", True))

    class worked_out:  # noqa: N801 - as the one of functools
        """`functools.cached_property` without a lock: that of Python 3.11 takes one for each first question, which
        costs more than most answers. Two threads may work out the same twice.
        """

        def __init__(self, make: Callable[[Any], Any]) -> None:
            self._make, self.__doc__ = make, make.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            found = instance.__dict__[self._name] = self._make(instance)
            return found


__all__ = ["value", "worked_out"]
