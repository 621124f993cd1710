"""Bodies of one moment go to their places together: while one lot is on its way to the disk, the next one gathers.

A thread for each of them would hand the interpreter's lock to and fro at each of its calls, and sync the same folder
again and again. It trusts `Bodies` with the files and its pool with a thread; it keeps nothing that is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial

from mailguard.store.bodies import Bodies, Fresh

#: Bodies of one lot at most: so many files are open at a time, and that long does the first one wait for the last.
_MOST = 8

_Waiting = tuple[Fresh, asyncio.Future[None]]


class Shelf:
    """Puts bodies from memory in their places. All methods belong to one event loop."""

    def __init__(self, bodies: Bodies, pool: Executor) -> None:
        self._bodies = bodies
        self._pool = pool
        self._waiting: list[_Waiting] = []
        self._busy = False  # a lot is on its way, or begins with the next turn of the loop

    def put(self, fresh: Fresh) -> asyncio.Future[None]:
        """Have it put where it belongs, for good. The future raises what was wrong with it (`Bodies.put_all`)."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._waiting.append((fresh, future))
        if not self._busy:
            self._busy = True
            loop.call_soon(self._begin)
        return future

    def _begin(self) -> None:
        lot, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        put_all = partial(self._bodies.put_all, [fresh for fresh, _ in lot])
        try:
            done = asyncio.get_running_loop().run_in_executor(self._pool, put_all)
        except RuntimeError as error:  # no thread is to be had
            self._settle(lot, [RuntimeError(*error.args) for _ in lot])
        else:
            done.add_done_callback(partial(self._ended, lot))

    def _ended(self, lot: list[_Waiting], done: asyncio.Future[list[Exception | None]]) -> None:
        try:
            errors: Sequence[Exception | None] = done.result()
        except BaseException as error:  # whatever it was: nobody may wait for ever
            errors = [RuntimeError(f"bodies were not put: {type(error).__name__}") for _ in lot]
        self._settle(lot, errors)

    def _settle(self, lot: list[_Waiting], errors: Sequence[Exception | None]) -> None:
        self._busy = bool(self._waiting)
        if self._busy:
            asyncio.get_running_loop().call_soon(self._begin)
        for (_, future), error in zip(lot, errors, strict=True):
            if future.done():
                continue  # its caller was cancelled: the file is rubbish
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)
