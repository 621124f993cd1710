"""The process that has the model of who writes to whom where several stand at the doors (`--workers N`): it learns and
is asked, and does nothing else.

In a process at the doors a question of another one would wait for the mail that is under way there. It has no port and
takes no mail in, and ends when the process that started it says so or is gone, by no signal; when it is gone itself,
mail waits for the next one (`app.remembering`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from mailguard import __version__, events
from mailguard.app.opening import CannotStart, runs, sentence
from mailguard.app.own_memory import tidy_now_and_then
from mailguard.app.remembering import remembering
from mailguard.app.rooms import open_rooms
from mailguard.app.strain import measure_lag
from mailguard.config.load import Config
from mailguard.events.whole import WHOLE
from mailguard.store.errors import StoreError


class Keeper:
    """One process of mailguard, as `House` is."""

    def __init__(self, config: Config) -> None:
        self._config = config
        WHOLE.at_doors = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """The model is there, or on its way, while the block lasts. Raises CannotStart."""
        async with AsyncExitStack() as stack:
            try:
                rooms = await stack.enter_async_context(open_rooms(self._config))
            except (StoreError, OSError) as error:
                raise CannotStart(sentence(error)) from error
            runs(stack, measure_lag(), "lag")
            runs(stack, tidy_now_and_then(), "own memory")
            memory = remembering(rooms, asks=False)
            if memory is not None:
                runs(stack, memory.run(), "memory")
            events.started(__version__, [])
            yield
            events.stopped("model")

    def reload_soon(self) -> None:
        """Nothing of what is read anew concerns it."""
