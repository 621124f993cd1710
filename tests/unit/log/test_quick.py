"""The short way of a log line: the same octets as the long one, and only where nothing is out of the ordinary."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from mailguard import log
from mailguard.log import quick
from mailguard.log.outlet import Outlet

_TIME = re.compile(r'"timestamp": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z"')
ORDINARY = st.one_of(st.text(), st.integers(), st.lists(st.text(), max_size=3))
ANY = st.one_of(
    ORDINARY, st.booleans(), st.none(), st.floats(), st.lists(st.integers(), max_size=2), st.just({"a": "b"})
)
FIELDS = st.dictionaries(st.text(min_size=1).filter(lambda name: name not in ("event", "self")), ANY, max_size=4)


class Written(io.StringIO):
    """What leaves."""

    def soon(self, line: str) -> None:
        self.write(line)


@pytest.fixture(scope="module")
def ways() -> Iterator[tuple[Any, Any, Written]]:
    """A logger that goes the short way, one that never does, and where both write."""
    before = structlog.get_config()
    with pytest.MonkeyPatch.context() as patch:
        written = Written()
        patch.setattr(log, "Outlet", lambda _: written)
        patch.setattr(log, "_quieten", lambda _: None)
        log.set_up(json=True)
        short = structlog.get_logger("mailguard").bind()
        slow = structlog.make_filtering_bound_logger(logging.INFO)
        long = structlog.wrap_logger(structlog.WriteLogger(written), wrapper_class=slow).bind()
        yield short, long, written
    structlog.configure(**before)


def said(logger: Any, written: Written, event: str, fields: dict[str, Any]) -> str:
    written.seek(0)
    written.truncate()
    logger.info(event, **fields)
    line, count = _TIME.subn("then", written.getvalue())
    assert count == 1 or "timestamp" in fields
    return line


@given(event=st.text(), fields=FIELDS)
def test_both_ways_write_the_same(ways: tuple[Any, Any, Written], event: str, fields: dict[str, Any]) -> None:
    short, long, written = ways
    assert said(short, written, event, fields) == said(long, written, event, fields)


@given(fields=st.dictionaries(st.text("abc", min_size=1), ORDINARY, max_size=4))
def test_the_ordinary_has_a_short_way_and_one_line(fields: dict[str, Any]) -> None:
    line = quick.line_of("tried", "info", {f"f{name}": value for name, value in fields.items()})
    assert line is not None
    assert line.isprintable()


@pytest.mark.parametrize("special", ["level", "timestamp", "exc_info", "stack_info", "stack"])
def test_what_means_something_to_the_long_way_goes_it(special: str) -> None:
    assert quick.line_of("tried", "info", {special: "x"}) is None


def test_who_listens_in_hears_all(ways: tuple[Any, Any, Written]) -> None:
    short, _, written = ways
    with structlog.testing.capture_logs() as heard:
        assert said_nothing(short, written)
    assert heard == [{"message_id": "a", "event": "tried", "log_level": "info"}]


def said_nothing(logger: Any, written: Written) -> bool:
    written.seek(0)
    written.truncate()
    logger.info("tried", message_id="a")
    return not written.getvalue()


def test_a_level_above_says_nothing() -> None:
    assert quick.quick_logger(logging.WARNING, Outlet(2).soon) is structlog.make_filtering_bound_logger(logging.WARNING)
