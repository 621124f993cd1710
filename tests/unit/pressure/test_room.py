"""When the room says that there is no room, and when again that there is; the gauges are set by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.pressure import Pressure, PressureLimits, gauges

MB = 2**20


class Gauges:
    """A machine with 10 GB of disk and 4 GB of memory, nearly unused."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free, self.whole, self.files = 5000 * MB, 10_000 * MB, 100_000
        self.used, self.left, self.opened, self.waits = 200 * MB, 3000 * MB, 50, 0
        monkeypatch.setattr(gauges, "disk", lambda _: (self.free, self.whole, self.files))
        monkeypatch.setattr(gauges, "used_memory", lambda: self.used)
        monkeypatch.setattr(gauges, "machine_memory", lambda: 4096 * MB)
        monkeypatch.setattr(gauges, "free_memory", lambda: self.left)
        monkeypatch.setattr(gauges, "descriptors", lambda: (self.opened, 1000))

    async def waiting(self, most: int) -> int:
        return min(self.waits, most)

    def room(self, limits: PressureLimits | None = None, *names: str) -> Pressure:
        return Pressure(limits, dict.fromkeys(names or ("ledger",), Path("/")), self.waiting)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Gauges:
    return Gauges(monkeypatch)


async def test_with_plenty_of_everything_there_is_room(machine: Gauges) -> None:
    pressure = machine.room()
    await pressure.look()
    assert pressure.why() == pressure.lately() == ()
    assert pressure.message(1000 * MB) is None
    assert pressure.connection() is None


async def test_the_disk_has_two_marks(machine: Gauges) -> None:
    pressure = machine.room(PressureLimits(disk_free=1000 * MB))
    for free, short in ((1001, False), (999, True), (1050, True), (1101, False), (1050, False)):
        machine.free = free * MB
        await pressure.look()
        assert (pressure.why() == ("disk",)) is short, free
    assert pressure.connection() is None
    assert pressure.lately() == ("disk",)


@pytest.mark.parametrize(("whole", "mark"), [(100_000, 500), (1000, 50)])
async def test_the_mark_fits_the_disk(machine: Gauges, whole: int, mark: int) -> None:
    pressure = machine.room()
    machine.whole = whole * MB
    for free, short in ((mark + 1, False), (mark - 1, True)):
        machine.free = free * MB
        await pressure.look()
        assert bool(pressure.why()) is short


async def test_a_small_file_system_for_temporary_files_has_a_mark_of_its_own(machine: Gauges) -> None:
    machine.free, machine.whole = 60 * MB, 100 * MB
    assert not await short_of(machine.room(PressureLimits(disk_free=1000 * MB), "temp"))
    assert await short_of(machine.room(PressureLimits(disk_free=1000 * MB), "temp", "bodies")) == ("disk",)


async def short_of(pressure: Pressure) -> tuple[str, ...]:
    await pressure.look()
    return pressure.why()


async def test_what_is_announced_counts_at_once(machine: Gauges) -> None:
    pressure = machine.room(PressureLimits(disk_free=1000 * MB))
    machine.free = 1100 * MB
    await pressure.look()
    assert pressure.message(101 * MB) == "disk"
    assert pressure.message(60 * MB) is None
    pressure.announce(60 * MB)
    assert pressure.message(60 * MB) == "disk"
    assert pressure.message(30 * MB) is None
    pressure.announce(-60 * MB)
    assert pressure.message(60 * MB) is None


async def test_what_came_since_the_last_look_counts(machine: Gauges) -> None:
    pressure = machine.room(PressureLimits(disk_free=1000 * MB))
    machine.free = 1100 * MB
    await pressure.look()
    assert pressure.came(200 * MB)  # below the mark: what has begun may end
    assert pressure.message(0) == "disk"
    assert not pressure.came(500 * MB)  # but half of the mark stays free in any case
    machine.free = 2000 * MB
    await pressure.look()
    assert pressure.message(0) is None
    assert pressure.came(0)


async def test_few_files_left_is_a_full_disk(machine: Gauges) -> None:
    machine.files = 10
    assert await short_of(machine.room()) == ("disk",)
    assert await short_of(machine.room(PressureLimits(disk_free=0))) == ()


async def test_memory(machine: Gauges) -> None:
    pressure = machine.room()
    for used, left, short in ((3000, 3000, False), (3100, 3000, True), (2900, 3000, True), (2000, 3000, False),
                              (200, 99, True), (200, 105, True), (200, 200, False)):  # fmt: skip
        machine.used, machine.left = used * MB, left * MB
        await pressure.look()
        assert (pressure.connection() == "memory") is short, (used, left)
    assert not await short_of(machine.room(PressureLimits(memory=0, memory_free=0)))
    machine.used = 11 * MB
    assert await short_of(machine.room(PressureLimits(memory=10 * MB))) == ("memory",)


async def test_descriptors(machine: Gauges) -> None:
    machine.opened = 901
    pressure = machine.room()
    assert await short_of(pressure) == ("descriptors",)
    assert pressure.connection() == "descriptors"


async def test_the_queue(machine: Gauges) -> None:
    pressure = machine.room(PressureLimits(queued=100))
    for waits, short in ((99, False), (100, True), (95, True), (90, False)):
        machine.waits = waits
        await pressure.look()
        assert (pressure.message(0) == "queue") is short, waits
    assert pressure.connection() is None
    machine.waits = 10**9
    assert not await short_of(machine.room(PressureLimits(queued=0)))


def test_gauges_of_this_machine() -> None:
    free, whole, files = gauges.disk(Path("/"))
    assert 0 <= free < whole < gauges.PLENTY
    assert files > 0
    assert gauges.disk(Path("/no/such/folder")) == (gauges.PLENTY,) * 3
    assert 5 * MB < gauges.used_memory() < gauges.machine_memory() < gauges.PLENTY
    assert 0 < gauges.free_memory() < gauges.machine_memory()
    opened, most = gauges.descriptors()
    assert 3 <= opened < most


async def test_a_damaged_ledger_takes_no_more_mail_whatever_room_there_is(machine: Gauges) -> None:
    damaged = False
    pressure = Pressure(damaged=lambda: damaged)
    await pressure.look()
    assert pressure.why() == ()
    damaged = True
    await pressure.look()
    damaged = False
    await pressure.look()
    assert pressure.why() == ("ledger",)
    assert pressure.message(10) == "ledger"
    assert pressure.connection() is None
