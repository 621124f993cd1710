"""`serve --place`, which one process tells another: what is no place is wrong usage, in one line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from mailguard.cli import main


@pytest.mark.parametrize("place", ["x", "1", "1/2", "a/2/owner", "1/2/owner/more", "/"])
def test_what_is_no_place_is_refused_in_one_line(place: str) -> None:
    said = CliRunner().invoke(main, ["serve", "--place", place])
    assert said.exit_code == 2
    assert "number/among/owner" in said.output
    assert said.output.count("\n") == 1
