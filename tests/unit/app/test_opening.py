"""Why a house does not open: what, where, and what to do, in one line."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import time
from pathlib import Path

import pytest

from mailguard.app.doctor.check import Check, bounded
from mailguard.app.opening import CannotStart, only_one, sentence, server_runs
from mailguard.store.errors import typed

LEDGER = "/var/lib/mailguard/mailguard.db"
WHOSE = "it and its folder must belong to the user that mailguard runs as (chown)"


def failed(number: int, *more: str) -> OSError:
    return OSError(number, os.strerror(number), *more)


def test_who_looks_whether_a_server_runs_keeps_none_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "mailguard.lock"
    looking = os.open(lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(looking, fcntl.LOCK_SH)
    monkeypatch.setattr(time, "sleep", lambda _: os.close(looking))  # it has looked
    with only_one(lock):
        assert server_runs(lock)
        monkeypatch.setattr(time, "sleep", lambda _: None)
        with pytest.raises(CannotStart, match="another mailguard runs"), only_one(lock):
            pass
    assert not server_runs(lock)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (typed(failed(errno.EACCES, LEDGER)), f"disk: {LEDGER}: Permission denied; {WHOSE}"),
        (typed(failed(errno.ENOENT, "/srv/mg")), "disk: /srv/mg: No such file or directory"),
        (typed(failed(errno.ENOSPC)), "disk: No space left on device"),
        (failed(errno.EACCES, LEDGER), f"disk: {LEDGER}: Permission denied; {WHOSE}"),
        (OSError(errno.EADDRNOTAVAIL, "error while attempting to bind"), "this machine has no such address"),
        (OSError(errno.EACCES, "error while attempting to bind"), "ports below 1024 need CAP_NET_BIND_SERVICE"),
        (OSError(errno.EADDRINUSE, "error while attempting to bind"), "is another program on this port?"),
    ],
)
def test_a_house_that_does_not_open_says_what_to_do(error: BaseException, said: str) -> None:
    assert said in sentence(error)


def test_a_ledger_that_another_user_owns_is_said() -> None:
    error = sqlite3.OperationalError("attempt to write a readonly database")
    error.sqlite_errorcode = sqlite3.SQLITE_READONLY
    assert str(typed(error)) == f"database: attempt to write a readonly database; {WHOSE}"


async def test_a_doctor_who_may_not_look_says_who_may() -> None:
    async def look() -> list[Check]:
        raise failed(errno.EACCES, LEDGER)

    (check,) = await bounded("ledger", look(), "look at the log")
    assert check.detail == f"{LEDGER}: Permission denied"
    assert check.remedy == "run doctor as mailguard's user; chown it"
