"""Where a copy is, in the sender's words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.held import ANN, BOSS, TANAKA, recipient
from tests.unit.console.test_present import by

from mailguard.console.fates import sentence
from mailguard.mail.verdict import Disposition
from mailguard.store.records import Asked


def test_who_is_away_is_not_waited_for_by_name_alone() -> None:
    away = Asked((BOSS.key,), 1, ((BOSS.key, ("vice@corp.example",)),), absent=(BOSS.key,))
    copy = recipient(TANAKA, Disposition.APPROVE)
    said = sentence(replace(copy, asks=(away,)), None, by("en"), ANN.key, own=True)
    assert "vice@corp.example" in said
    assert "boss@corp.example" in said
    plain = sentence(replace(copy, asks=(Asked((BOSS.key,)),)), None, by("en"), ANN.key, own=True)
    assert plain == "Held: waits for approval by boss@corp.example"


@pytest.mark.parametrize("person", [ANN, BOSS])
def test_a_paused_window_waits_for_nobody_to_confirm(person: object) -> None:
    copy = recipient(TANAKA, Disposition.DELAY)
    assert "In its undo window" in sentence(copy, None, by("en"), ANN.key, own=True)
    paused = replace(copy, frozen_by=str(person), expires_at=None)
    assert sentence(paused, None, by("ja"), ANN.key, own=True) == "一時停止中です。決めるまで送信しません"
    assert "confirm" not in sentence(paused, None, by("en"), ANN.key, own=False)
