"""Why a house does not open, in a sentence for the administrator; that only one of them works on a ledger; and what
goes on in it until it closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import re
import socket
import time
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from mailguard.config.load import Config
from mailguard.mail.saying import Sentence
from mailguard.store.errors import StoreError, typed
from mailguard.store.folders import beside

#: As asyncio names it, where it could not listen.
_ADDRESS = re.compile(r"on address \('([^']+)', (\d+)")
_BIND = {
    errno.EACCES: Sentence(
        "1024 未満のポートには CAP_NET_BIND_SERVICE が必要です(deploy/mailguard.service にあります)。",
        "ports below 1024 need CAP_NET_BIND_SERVICE (deploy/mailguard.service has it)",
    ),
    errno.EADDRNOTAVAIL: Sentence(
        "このマシンにそのアドレスはありません。このマシンのアドレスを書いてください。",
        "this machine has no such address: write one that it has",
    ),
}
_TAKEN = Sentence(
    "ほかのプログラムがこのポートを使っていませんか。PORT_SMTP、PORT_CONSOLE、listeners:、console: "
    "で別のポートにできます。",
    "is another program on this port? (PORT_SMTP, PORT_CONSOLE, listeners:, console: choose others)",
)


#: Seconds between tries for the lock.
_BLINKS = (0.01, 0.03, 0.1, 0.0)


_ANOTHER = Sentence(
    "別の mailguard がこの台帳で稼働しています。それを停止するか、別の台帳を使ってください。",
    "another mailguard runs on this ledger; stop it, or give this one a ledger of its own",
)


class CannotStart(Exception):
    """Why the house did not open, and what to do; one line for the administrator."""


def console_port(config: Config, stack: AsyncExitStack) -> tuple[Config, socket.socket | None]:
    """Where the console's port is 0: a socket at a port that is free, until `stack` closes, and the settings with it.
    Letters and chat messages have its address, so it is known before anything is written. Raises OSError.
    """
    host, _, port = config.settings.console.address.rpartition(":")
    if port != "0":
        return config, None
    sock = stack.enter_context(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET))
    sock.bind((host.strip("[]"), 0))
    url = re.sub(r"^(https?://[^/]+):0(?=/|$)", rf"\g<1>:{sock.getsockname()[1]}", config.settings.console.url)
    console = config.settings.console.model_copy(update={"url": url})
    return replace(config, settings=config.settings.model_copy(update={"console": console})), sock


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """One sorting room a ledger: two would free each other's leases and send a mail twice."""
    descriptor = beside(path)
    try:
        if not _locked(descriptor):
            raise CannotStart(f"{path}: " + _ANOTHER)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Whether the lock is ours. Whoever looks whether a server runs has it for a blink (`server_runs`): each verb, and
    each role of the house in a process of its own. It must not keep a server from starting.
    """
    for wait in _BLINKS:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(wait)
    return False


def server_runs(lock: Path) -> bool:
    """Whether a sorting room works on the ledger of this lock now. Blocks. Raises OSError."""
    if not lock.exists():
        return False
    descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def sentence(error: BaseException) -> str:
    """What happened, with a guess at what to do."""
    if isinstance(error, OSError) and error.strerror and "bind" in str(error):
        remedy = _BIND.get(error.errno or 0, _TAKEN)
        found = _ADDRESS.search(str(error))
        where = Sentence("{}:{}".format(*found.groups()) if found else str(error), str(error))
        return Sentence("{where} で待ち受けできません。{remedy}", "{where}; {remedy}", where=where, remedy=remedy)
    if isinstance(error, StoreError | PermissionError):
        return str(typed(error))
    return f"{type(error).__name__}: {error}"


def runs(stack: AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> None:
    """A task that goes on until the house closes."""
    stack.push_async_callback(ended, asyncio.create_task(work, name=name))


async def ended(task: asyncio.Task[None]) -> None:
    """Take a task back."""
    task.cancel()
    await asyncio.wait([task])
