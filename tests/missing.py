"""What a test does when a real part is not there: skip on a desk, fail where everything must be proved (CI=true)."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

#: For tests that mount, or start as other users: skipped on a desk only, like whatever else is missing.
needs_root = pytest.mark.usefixtures("root")


def missing(part: str) -> NoReturn:
    """A test that was skipped for want of a program would look like a proof."""
    said = f"needs {part} (`make test` installs it)"
    if os.environ.get("CI"):
        pytest.fail(said)
    pytest.skip(said)
