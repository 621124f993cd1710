"""Which mails stir the clocks, and which the post room, when they are taken in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.ledger import ANN, NOON, PREFIX, facts, mail, verdict

from mailguard.app.bells import ends_soon, owes
from mailguard.mail.verdict import Disposition
from mailguard.store.fresh import record_of


@pytest.mark.parametrize(
    ("judged", "told", "soon"),
    [
        ({}, False, False),
        ({"disposition": Disposition.DELAY, "after": timedelta(minutes=1), "action": "release"}, False, False),
        ({"disposition": Disposition.DELAY, "after": timedelta(seconds=2), "action": "release"}, False, True),
        ({"disposition": Disposition.CONFIRM}, True, False),
        ({"disposition": Disposition.CONFIRM, "after": timedelta(seconds=1)}, True, True),
        ({"disposition": Disposition.CONFIRM, "only": ("carol@other.example",)}, True, False),
        ({"disposition": Disposition.APPROVE, "approvers": ("boss@corp.example",)}, True, False),
        ({"notify": (ANN,), "mode": "notify"}, True, False),
    ],
)
def test_only_what_is_to_be_told_wakes_the_post_and_only_what_ends_soon_the_clocks(
    judged: dict[str, Any], told: bool, soon: bool
) -> None:
    message = mail(("bob@partner.example", "carol@other.example"))
    record = record_of(message, facts(), verdict(message, **judged), PREFIX, NOON)
    assert (owes(record), ends_soon(record)) == (told, soon)
