"""Threads that read answer as an executor would: values, errors, cancelled callers, an end that waits for what runs."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator

import pytest

from mailguard.store.reading import ReadingThreads


@pytest.fixture
async def threads() -> AsyncIterator[ReadingThreads]:
    one = ReadingThreads(3, "reading")
    yield one
    await asyncio.to_thread(one.join)


async def test_each_gets_his_own_answer_or_error(threads: ReadingThreads) -> None:
    def work(number: int) -> int:
        if number % 3 == 0:
            raise KeyError(number)
        return number

    found = await asyncio.gather(*(threads.run(work, number) for number in range(300)), return_exceptions=True)
    assert [one.args[0] if isinstance(one, KeyError) else one for one in found] == list(range(300))
    assert sum(isinstance(one, KeyError) for one in found) == 100


async def test_a_long_one_keeps_nobody_else_waiting(threads: ReadingThreads) -> None:
    go = threading.Event()
    long = [threads.run(go.wait, 60) for _ in range(2)]
    assert await asyncio.wait_for(threads.run(str, 1), 30) == "1"
    more = threads.run(go.wait, 60)  # now nobody is free
    waiting = threads.run(str, 2)
    await asyncio.sleep(0.05)
    assert not waiting.done()
    go.set()
    assert await asyncio.gather(*long, more, waiting) == [True, True, True, "2"]


async def test_a_machine_without_threads_is_only_that_for_a_while(
    threads: ReadingThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", none_left)
        for number in range(5):
            with pytest.raises(RuntimeError, match="new thread"):
                threads.run(str, number)
    assert await asyncio.wait_for(threads.run(str, 5), 30) == "5"
    go = threading.Event()
    long = [threads.run(go.wait, 60) for _ in range(2)]
    with monkeypatch.context() as patched:  # whoever is there goes on
        patched.setattr(threading.Thread, "start", none_left)
        waits = threads.run(str, 6)
    go.set()
    assert await asyncio.wait_for(asyncio.gather(*long, waits), 30) == [True, True, "6"]


async def test_what_nobody_waits_for_is_not_begun(threads: ReadingThreads) -> None:
    go, begun = threading.Event(), list[int]()
    long = [threads.run(go.wait, 60) for _ in range(3)]
    dropped, wanted = threads.run(begun.append, 1), threads.run(begun.append, 2)
    dropped.cancel()
    go.set()
    await asyncio.gather(*long, wanted)
    assert await threads.run(str, 3) == "3"
    assert begun == [2]


async def test_an_answer_does_not_outlive_its_reader(threads: ReadingThreads) -> None:
    class Page:
        pass

    def fails() -> None:
        page = Page()
        seen.append(weakref.ref(page))
        raise ValueError(page)

    seen: list[weakref.ref[Page]] = []
    seen.append(weakref.ref(await threads.run(Page)))
    with pytest.raises(ValueError):
        await threads.run(fails)
    assert await threads.run(str, 1) == "1"
    gc.collect()
    assert [ref() for ref in seen] == [None, None]


async def test_the_end_waits_for_what_was_asked() -> None:
    one = ReadingThreads(1, "reading")
    asked = [one.run(str, number) for number in range(50)]
    await asyncio.to_thread(one.join)
    assert await asyncio.gather(*asked) == [str(number) for number in range(50)]
