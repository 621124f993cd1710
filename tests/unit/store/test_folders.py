"""A folder that is made is made for good: whoever holds its name is fsynced."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.store import folders


def test_each_new_folder_is_synced_into_the_one_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(folders, "sync", synced.append)
    folders.make(tmp_path / "a" / "b")
    assert synced == [tmp_path, tmp_path / "a"]
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_there_is_synced_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(folders, "sync", synced.append)
    folders.make(tmp_path)
    assert synced == [tmp_path.parent]
