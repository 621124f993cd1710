"""Fixtures that several folders of tests share."""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tests.missing import missing
from tests.postfix import POSTFIX, Postfix, private_postfix

# What is said on a terminal is expected in English, wherever the tests run (cli.language); signs stay what they are.
if every := os.environ.pop("LC_ALL", ""):
    os.environ["LC_CTYPE"] = every
os.environ["LC_MESSAGES"] = "C"

# Elsewhere than in CI, where hypothesis itself does so: a machine that is busy, or a table of characters that has to be
# made first, is no fault of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGCHLD, signal.SIGXFSZ)
_LOGGERS = ("", "mail.log", "asyncio", "aiosmtplib", "uvicorn")


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
def _same_process() -> Iterator[None]:
    """What a test leaves changed in its process meets the tests that a worker runs afterwards, and which those are is
    chance: another umask closes the folders of a server, a logger keeps where it wrote first, an alarm ends slow work.
    """
    before = _process()
    yield
    changed = {what: (before[what], now) for what, now in _process().items() if now != before[what]}
    assert changed == {}


def _process() -> dict[str, Any]:
    return {
        "umask": _mask(),
        "folder": Path.cwd(),
        # Not the values: there may be a secret among them.
        "environment": {name: hash(value) for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "signals": [signal.getsignal(number) for number in _SIGNALS],
        "limits": [resource.getrlimit(kind) for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE)],
        "interpreter": (gc.isenabled(), gc.get_threshold(), sys.getswitchinterval(), list(sys.path)),
        "log": [(one.level, list(one.handlers)) for one in map(logging.getLogger, _LOGGERS)],
        "logger": _kept(),
    }


def _kept() -> bool:
    """Whether the logger of all events has kept where it wrote first (structlog's cache_logger_on_first_use)."""
    events = sys.modules.get("mailguard.events")
    return events is not None and "bind" in vars(events.log)


def _mask() -> str:
    status = Path("/proc/self/status").read_text("ascii", "replace")
    return next(line for line in status.splitlines() if line.startswith("Umask"))
