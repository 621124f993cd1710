"""Tables that were made into code, as octets from one process to another.

`python -m mailguard.insight.packing` makes those that came with the package and writes them: to compile one function
takes ten milliseconds in which no other thread of a process runs, and leaves four megabytes of memory that nobody uses.
To read one takes half a millisecond. It is for processes of one and the same program: what `marshal` reads is code.
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any

from mailguard.insight.rows import NAMES
from mailguard.insight.tree_code import Function, TableError
from mailguard.insight.trees import Glance, Judge, Tables, Trees, shipped

#: Octets of a length.
_LENGTH = 4


def packed(tables: Tables) -> Iterator[bytes]:
    """The tables in pieces; `unpacked` takes them joined."""
    some = tables.glance.trees, tables.judge.anybody, tables.judge.strangers
    head = {
        "names": NAMES,
        "below": tables.glance.below,
        "facts": dict(tables.judge.facts),
        "thresholds": tables.thresholds,
        "sizes": [(len(trees.first), len(trees.rest)) for trees in some],
    }
    yield _piece(head)
    for trees in some:
        for function in (*trees.first, *trees.rest):
            yield _piece(_code_of(function))


def unpacked(octets: bytes, rest: Callable[[], object]) -> Tables:
    """Tables from what `packed` made. rest: is called after each function. Raises TableError if they are cut short, or
    of another version of this program.
    """
    pieces, known = _pieces(octets), dict[str, Any]()
    try:
        head = next(pieces)
        if head["names"] != NAMES:
            raise TableError("the tables were made for other features")
        made = [
            Trees(*[[_function(piece, known, rest) for piece in _next(pieces, size)] for size in sizes])
            for sizes in head["sizes"]
        ]
        glance, anybody, strangers = made
        return Tables(Glance(glance, head["below"]), Judge(anybody, strangers, head["facts"]), head["thresholds"])
    except (ValueError, EOFError, KeyError, TypeError, StopIteration) as error:
        raise error if isinstance(error, TableError) else TableError(f"no packed tables: {error}") from None


def main() -> None:
    """Write the tables that came with the package to standard output."""
    for piece in packed(shipped()):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _piece(what: dict[str, Any] | CodeType) -> bytes:
    octets = marshal.dumps(what)
    return len(octets).to_bytes(_LENGTH, "big") + octets


def _pieces(octets: bytes) -> Iterator[Any]:
    view, at = memoryview(octets), 0
    while at < len(view):
        start = at + _LENGTH
        at = start + int.from_bytes(view[at:start], "big")
        yield marshal.loads(view[start:at])  # noqa: S302 - our own process wrote it


def _next(pieces: Iterator[Any], count: int) -> Iterable[Any]:
    for _ in range(count):
        piece = next(pieces, None)
        if not isinstance(piece, CodeType):
            raise TableError("a function is missing")
        yield piece


def _function(code: CodeType, known: dict[str, Any], rest: Callable[[], object]) -> Function:
    """known: numbers of other functions, which are used again, as in `tree_code.functions`."""
    shared: Sequence[Any] = [known.setdefault(repr(one), one) for one in code.co_consts]
    function = FunctionType(code.replace(co_consts=tuple(shared)), {"__builtins__": {}})
    rest()
    return function


def _code_of(function: Function) -> CodeType:
    assert isinstance(function, FunctionType), "made by tree_code"
    return function.__code__


if __name__ == "__main__":
    main()
