"""Which Python `make` takes where nobody names one (.ci/choose-python). The Pythons are scripts that answer for one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHOOSE = Path(__file__).parent.parent / ".ci" / "choose-python"


def a_python(path: Path, says: str, *, makes_environments: bool = True) -> Path:
    """A program at `path` that answers `says` when it is asked for its version and how it was built."""
    path.parent.mkdir(exist_ok=True)
    made = int(not makes_environments)
    path.write_text(f'#!/bin/sh\ncase "$2" in *ensurepip*) exit {made};; esac\necho {says}\n')
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("on_path", "systems", "makes_environments", "wanted"),
    [
        ("11 0", "11 1", True, "system"),
        ("11 0", "13 1", True, "system"),
        ("13 0", "11 1", True, "python3"),  # who asks for a newer one has a reason
        ("11 1", "11 1", True, "python3"),
        ("11 0", "11 0", True, "python3"),
        ("11 0", "11 1", False, "python3"),  # it would have to be installed first
        (None, "11 1", True, "python3"),  # and make says that there is none
    ],
)
def test_a_tuned_python_is_taken(
    tmp_path: Path, on_path: str | None, systems: str, makes_environments: bool, wanted: str
) -> None:
    if on_path is not None:
        a_python(tmp_path / "path" / "python3", on_path)
    system = a_python(tmp_path / "system" / "python3", systems, makes_environments=makes_environments)
    # bash alone is taken from where it is: no other python3 may stand in the way.
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        [bash, str(CHOOSE), str(system)],
        env={**os.environ, "PATH": str(tmp_path / "path")},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == f"{system if wanted == 'system' else wanted}\n"


def test_no_system_python_is_needed(tmp_path: Path) -> None:
    a_python(tmp_path / "path" / "python3", "12 0")
    environment = {**os.environ, "PATH": f"{tmp_path / 'path'}:{os.environ['PATH']}"}
    done = subprocess.run(
        [str(CHOOSE), str(tmp_path / "none")], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "python3\n"
