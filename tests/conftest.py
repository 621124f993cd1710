"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.missing import missing
from tests.postfix import POSTFIX, Postfix, private_postfix

# What is said on a terminal is expected in English, wherever the tests run (cli.language); signs stay what they are.
if every := os.environ.pop("LC_ALL", ""):
    os.environ["LC_CTYPE"] = every
os.environ["LC_MESSAGES"] = "C"


@pytest.fixture(scope="session")
def postfix_server() -> Iterator[Postfix]:
    """One private Postfix for a whole test run (per worker)."""
    if os.geteuid() != 0 or not POSTFIX.exists():
        missing("root and Debian's package postfix")
    with private_postfix() as postfix:
        yield postfix


@pytest.fixture
def postfix(postfix_server: Postfix) -> Postfix:
    """The private Postfix with an empty inbox."""
    postfix_server.empty()
    return postfix_server


@pytest.fixture
def root() -> None:
    """For `needs_root` (tests/missing.py)."""
    if os.geteuid() != 0:
        missing("root")


@pytest.fixture(autouse=True)
def _same_mask() -> Iterator[None]:
    """A test that leaves the process with another umask closes the folders of whatever server starts after it."""
    before = _mask()
    yield
    assert _mask() == before


def _mask() -> str:
    status = Path("/proc/self/status").read_text("ascii", "replace")
    return next(line for line in status.splitlines() if line.startswith("Umask"))
