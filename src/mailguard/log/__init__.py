"""Logging set up once: JSON lines (or readable ones on a terminal) on stderr, aiosmtpd's own log below WARNING off.

aiosmtpd logs every command with its addresses at INFO and every line of a body at DEBUG on the logger `mail.log`;
that must never be written. No line has an error's own words or a control character (log.words). A log that cannot be
written stops no mail (log.outlet).
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import structlog

from mailguard.log.outlet import Outlet
from mailguard.log.quick import quick_logger
from mailguard.log.words import PlainFormatter, as_json, harmless, written_trace

#: Loggers of the libraries that say warnings and worse.
QUIET = ("mail.log", "mail.debug", "aiosmtplib", "asyncio", "uvicorn", "uvicorn.error", "uvicorn.access")


def set_up(*, json: bool = True, level: int = logging.INFO) -> Outlet:
    """Configure structlog and the standard library's logging for the whole process. Returns where lines leave it."""
    _keep_numbers()
    outlet = Outlet(2)
    _quieten(outlet)
    readable = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=written_trace)
    finish: list[Any] = [as_json] if json else [structlog.processors.StackInfoRenderer(), harmless, readable]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *finish,
        ],
        wrapper_class=quick_logger(level, outlet.soon),
        logger_factory=structlog.WriteLoggerFactory(file=outlet),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    return outlet


def _keep_numbers() -> None:
    """Where stderr was closed by whoever started us, the next file opened would take its number, and the log would go
    into it.
    """
    if sys.stderr is None:
        while (opened := os.open(os.devnull, os.O_RDWR)) < 2:
            pass
        if opened > 2:
            os.close(opened)


def _quieten(outlet: Outlet) -> None:
    """The standard library's loggers say warnings and worse, in the same place."""
    handler = logging.StreamHandler(outlet)
    handler.setFormatter(PlainFormatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def say(lines: list[str]) -> None:
    """Print lines for whoever started us; a full disk or a closed end stops nothing, now or at the exit."""
    Outlet(1).write("".join(f"{line}\n" for line in lines))
