"""`mailguard incident` at a terminal: what it prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.cli.test_figures_verbs import CONFIG, RULES
from tests.integration.cli.test_ledger_verbs import Desk


def test_the_register_tells_the_time_of_the_organisation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").mkdir()
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "mailguard.yaml").write_text(CONFIG.format(monthly="").replace("timezone: UTC", "timezone: Asia/Tokyo"))
    desk = Desk(tmp_path / "var")
    record = desk.add()
    assert "not sent" in desk.run("incident", "open", record.id, "--note", "to the wrong Bob").stdout
    assert " +09:00  ann@corp.example" in desk.run("incident", "list").stdout
