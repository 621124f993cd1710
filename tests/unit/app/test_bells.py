"""Which mails stir the clocks and the post room when they are taken in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.ledger import ANN, NOON, PREFIX, facts, mail, verdict

from mailguard.app.bells import stirs
from mailguard.mail.verdict import Disposition
from mailguard.store.fresh import record_of


@pytest.mark.parametrize(
    ("judged", "stirred"),
    [
        ({}, False),
        ({"disposition": Disposition.DELAY, "after": timedelta(minutes=1), "action": "release"}, True),
        ({"disposition": Disposition.CONFIRM}, True),
        ({"disposition": Disposition.CONFIRM, "only": ("carol@other.example",)}, True),
        ({"disposition": Disposition.APPROVE, "approvers": ("boss@corp.example",)}, True),
        ({"notify": (ANN,), "mode": "notify"}, True),
    ],
)
def test_only_what_waits_or_is_to_be_told_stirs(judged: dict[str, Any], stirred: bool) -> None:
    message = mail(("bob@partner.example", "carol@other.example"))
    record = record_of(message, facts(), verdict(message, **judged), PREFIX, NOON)
    assert stirs(record) is stirred
