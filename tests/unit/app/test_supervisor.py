"""What systemd is told, over a real socket."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from mailguard.app.supervisor import Supervisor


def ear(address: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(address)
    sock.setblocking(False)
    return sock


def heard(sock: socket.socket) -> list[bytes]:
    said = []
    while True:
        try:
            said.append(sock.recv(100))
        except BlockingIOError:
            return said


@pytest.mark.parametrize("abstract", [False, True])
async def test_ready_alive_and_stopping(tmp_path: Path, abstract: bool) -> None:
    name = f"mailguard-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with ear(f"\0{name}" if abstract else name) as sock:
        environment = {"NOTIFY_SOCKET": f"@{name}" if abstract else name, "WATCHDOG_USEC": "30000", "X": "y"}
        supervisor = Supervisor.of(environment)
        assert environment == {"X": "y"}, "a child would speak for us"
        said: list[bytes] = []
        async with (
            supervisor.watching(),
            asyncio.timeout(60),
        ):  # it comes three times in 30 ms, on a machine that is idle
            while len(said) < 4:
                await asyncio.sleep(0.01)
                said += heard(sock)
        said += heard(sock)
    assert (said[0], said[-1]) == (b"READY=1", b"STOPPING=1")
    assert len(said) > 4
    assert set(said[1:-1]) == {b"WATCHDOG=1"}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NOTIFY_SOCKET": ""},
        {"NOTIFY_SOCKET": "vsock:2:1"},
        {"NOTIFY_SOCKET": "/nowhere/notify", "WATCHDOG_USEC": "9" * 20},
        {"NOTIFY_SOCKET": "/nowhere/notify", "WATCHDOG_USEC": "-1"},
        {"WATCHDOG_USEC": "x"},
    ],
)
async def test_without_one_nothing_is_said_and_nothing_fails(environment: dict[str, str]) -> None:
    async with Supervisor.of(environment).watching():
        await asyncio.sleep(0)


def test_a_watchdog_of_another_process_is_not_ours() -> None:
    assert Supervisor.of({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}).patience == 30
    assert Supervisor.of({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getppid())}).patience == 0
