"""The wheel that the container installs holds all that runs (code, templates, migrations, policies) and no tests."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every name in a freshly built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("mailguard-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_the_package(names: set[str]) -> None:
    source = ROOT / "src"
    wanted = {
        str(file.relative_to(source))
        for file in (source / "mailguard").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert not wanted - names


def test_the_wheel_holds_the_shipped_policies(names: set[str]) -> None:
    folder = ROOT / "policies"
    policies = {f"mailguard/shipped/policies/{file.relative_to(folder)}" for file in folder.rglob("*.yaml")}
    assert "mailguard/shipped/policies/library/strict.yaml" in policies
    assert not policies - names


def test_the_wheel_holds_nothing_else(names: set[str]) -> None:
    assert not [name for name in names if not name.startswith(("mailguard/", "mailguard-"))]
