"""On which event loop the server runs: uvloop's where it is installed, asyncio's where it is not."""

from __future__ import annotations

import asyncio
import contextlib
import sys

import pytest

from mailguard.cli.serve import new_loop


def made() -> str:
    """The module of the loop that the server would run on."""
    with contextlib.closing(new_loop()) as loop:
        return type(loop).__module__.partition(".")[0]


def test_the_server_runs_on_uvloop() -> None:
    assert made() == "uvloop"


def test_without_uvloop_it_runs_on_asyncio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert made() == asyncio.__name__
