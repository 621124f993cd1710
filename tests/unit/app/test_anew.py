"""What is read anew: of several reloads that are asked for at once, the last one counts."""

from __future__ import annotations

import asyncio

from mailguard.app.anew import Anew


async def test_a_reload_that_is_slow_does_not_undo_a_later_one() -> None:
    """The file of logins changed in between: whoever was taken out of it must not come back."""
    anew, file, in_force = Anew(), ["old"], list[str]()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def reading() -> None:
        read = file[0]
        if not begun.is_set():
            begun.set()
            await go_on.wait()
        in_force.append(read)

    anew.add(reading)
    anew.soon()
    await begun.wait()
    file[0] = "new"
    anew.soon()
    second = anew._task
    assert second is not None
    await asyncio.sleep(0)  # it has begun, if it begins at once
    go_on.set()
    await second
    assert in_force == ["old", "new"]
