"""A log that cannot be written: the disk is full, the reader has gone or sleeps. No line may stop the one who logs."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mailguard.log import outlet as module
from mailguard.log.outlet import Outlet


def test_lines_go_out_whole_and_in_order(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb", buffering=0) as file:
        outlet = Outlet(file.fileno())
        for number in range(3):
            outlet.write(f"line {number} {'é' * 5000}\n")
    assert (tmp_path / "log").read_text("utf-8") == "".join(f"line {n} {'é' * 5000}\n" for n in range(3))
    assert outlet.lost == 0


def test_a_full_disk_loses_lines_and_raises_nothing() -> None:
    with Path("/dev/full").open("wb", buffering=0) as file:
        outlet = Outlet(file.fileno())
        outlet.write("a\n")
        outlet.write("b\n")
    assert outlet.lost == 2


def test_a_reader_that_has_gone_loses_lines_and_raises_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    outlet = Outlet(writing)
    outlet.write("a\n")
    os.close(writing)
    outlet.write("b\n")
    assert outlet.lost == 2


def test_a_reader_that_sleeps_is_not_waited_for_and_gets_all_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAITING", 400)
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    outlet = Outlet(writing)
    began = time.monotonic()
    for number in range(1000):
        outlet.write(f"{number:0100}\n")
    assert time.monotonic() - began < 2
    assert 0 < outlet.lost < 1000
    kept, got = 1000 - outlet.lost, b""
    while got.count(b"\n") < kept:
        got += os.read(reading, 65536)
    numbers = [int(line) for line in got.splitlines()]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == kept
    while outlet._thread is not None:
        time.sleep(0.01)
    outlet.write("again\n")
    assert os.read(reading, 100) == b"again\n"
    os.close(reading)
    os.close(writing)


def test_ordinary_lines_of_a_moment_leave_together_and_in_order(tmp_path: Path) -> None:
    calls: list[Callable[[], None]] = []
    with (tmp_path / "log").open("wb", buffering=0) as file:
        outlet = Outlet(file.fileno())

        def shown() -> str:
            return (tmp_path / "log").read_text("utf-8")

        outlet.soon("1\n")
        assert shown() == "1\n"  # nobody gathers
        with outlet.gathering(lambda _, call: calls.append(call)):
            outlet.soon("2\n")
            outlet.soon("3\n")
            assert (shown(), len(calls)) == ("1\n", 1)
            calls.pop()()
            assert shown() == "1\n2\n3\n"
            outlet.soon("4\n")
            outlet.write("fault\n")  # does not wait, and nothing comes behind it
            assert shown() == "1\n2\n3\n4\nfault\n"
            calls.pop()()
            outlet.soon("5\n")
            other = threading.Thread(target=outlet.soon, args=("other\n",))
            other.start()
            other.join()
            assert shown().endswith("fault\nother\n")
        assert shown().endswith("other\n5\n")  # at the end nothing is kept back
        outlet.soon("6\n")
        assert shown().endswith("5\n6\n")


def test_each_lost_line_is_counted_also_of_those_that_leave_together() -> None:
    with Path("/dev/full").open("wb", buffering=0) as file:
        outlet = Outlet(file.fileno())
        with outlet.gathering(lambda *_: None):
            for _ in range(5):
                outlet.soon("a\n")
        assert outlet.lost == 5
        outlet.write("b\n")
    assert outlet.lost == 6
