"""`mailguard serve`: the relay itself, in the foreground. SIGTERM and SIGINT drain and stop, SIGHUP reloads.

It prints where it listens and how to log in, once everything does; whoever supervises can wait for /readyz.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailguard import events, log
from mailguard.app.beside import Place, end_with_parent, telling
from mailguard.app.opening import CannotStart
from mailguard.app.supervisor import Supervisor
from mailguard.cli.language import spoken
from mailguard.cli.setup import fail, read_config, refuse, with_config
from mailguard.events.whole import WHOLE, Whole
from mailguard.inspect.overtime import watch
from mailguard.mail.saying import Sentence
from mailguard.policy.marks import Problems

if TYPE_CHECKING:
    from mailguard.app.house import House, Role
    from mailguard.app.keeper import Keeper

#: Seconds that a thread keeps the interpreter's lock when another one wants it. At Python's own 5 ms, one thread at
#: work (a page of the console, the day's figures) delays the event loop by as much at each of the dozen times for which
#: it lets go of the lock on the way of one mail.
_TURN = 0.001


def _place(_: click.Context, __: click.Parameter, text: str) -> Place | None:
    """As one process tells it to another (`app.children`)."""
    try:
        return Place.parse(text) if text else None
    except ValueError:
        said = Sentence(
            "{text!r}は number/among/owner の形ではありません。", "{text!r} is no place: number/among/owner", text=text
        )
        raise click.BadParameter(said) from None


@click.command("serve")
@with_config
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes at the SMTP ports."
)
@click.option("--role", type=click.Choice(["all", "smtp", "delivery", "console"]), default="all", show_default=True)
@click.option("--doors", hidden=True, default="", help="Sockets of the process that started this one.")
@click.option(
    "--place", hidden=True, default="", callback=_place, help="Of this process among those that share a ledger."
)
@click.option("--model", is_flag=True, hidden=True, help="Have the model, for the process that started this one.")
@click.option("--log-format", type=click.Choice(["json", "text"]), default=None, help="Default: text on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one JSON object.")
def serve(
    config_file: Path | None,
    workers: int,
    role: Role,
    log_format: str | None,
    doors: str,
    place: Place | None,
    model: bool,
    as_json: bool,
) -> None:
    """Run mailguard. Without a configuration, the built-in try-out settings are used (loopback only)."""
    with _process_of_a_server():
        config = read_config(config_file)
        seen = sys.stderr is not None and sys.stderr.isatty()
        outlet = log.set_up(json=(log_format or ("text" if seen else "json")) == "json")
        events.log_lines_lost.set_function(lambda: outlet.lost)
        if os.geteuid() == 0 and not config.tryout:
            events.running_as_root()
        try:
            # Loaded before there is a loop, which would stand still meanwhile.
            running: Callable[[], Coroutine[Any, Any, None]]
            if model:
                from mailguard.app.keeper import Keeper

                running = partial(_serve_beside, Keeper(config), WHOLE)
            else:
                from mailguard.app.house import House

                house = House(config, role, workers=workers, doors=doors, place=place)
                running = partial(_serve_beside, house) if doors else partial(_serve, house, as_json)
            with asyncio.Runner(loop_factory=new_loop) as runner, outlet.gathering(runner.get_loop().call_later):
                runner.run(running())
        except Problems as error:
            refuse(error)
        except CannotStart as error:
            fail(str(error))


@contextmanager
def _process_of_a_server() -> Iterator[None]:
    """How the whole process is as long as a server runs in it. What runs afterwards finds it as it was."""
    turn, mask = sys.getswitchinterval(), os.umask(0o077)  # mail, keys and the ledger's sockets are nobody else's
    sys.setswitchinterval(_TURN)
    gc.disable()  # until everything is open: what is made now stays, and looking through it costs a tenth of the start
    try:
        yield
    finally:
        gc.enable()
        sys.setswitchinterval(turn)
        os.umask(mask)


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed: sockets, timers and callbacks at a fraction of the cost. asyncio's elsewhere."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def _serve(house: House, as_json: bool) -> None:
    """The first process, or one of a role of its own."""
    supervisor = Supervisor.of(os.environ)
    stop = _stopped(house)
    async with house.open():
        log.say([spoken(line) for line in await house.welcome(as_json=as_json)])
        await _at_work(stop, supervisor)


async def _serve_beside(process: House | Keeper, whole: Whole | None = None) -> None:
    """A process that another one started: stdin is a pipe from it, and its end is ours. whole: what is told of this one
    (`said`).
    """
    supervisor = Supervisor.of(os.environ)
    # What is sent to all at once (Ctrl-C, a supervisor) does not end the model before the doors that wait for it.
    stop = _stopped(process, by_signal=whole is None)
    end_with_parent(stop.set)
    async with telling(whole) as opened, process.open():
        opened.set()
        await _at_work(stop, supervisor)


def _stopped(process: House | Keeper, *, by_signal: bool = True) -> asyncio.Event:
    """Set when this process is to end, not by_signal: when somebody else sets it. What it is to read anew it does."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set if by_signal else lambda: None)
    loop.add_signal_handler(signal.SIGHUP, process.reload_soon)
    watch()
    return stop


async def _at_work(stop: asyncio.Event, supervisor: Supervisor) -> None:
    """Until it is to end."""
    # What is there now stays: the collector of garbage never looks at it, and stops mail for less long. To look at
    # it once, now that mail comes in, would stop everything for a tenth of a second and find next to nothing.
    gc.freeze()
    gc.enable()
    async with supervisor.watching():
        await stop.wait()
