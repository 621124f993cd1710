"""What the card of a misdelivery says was done."""

from __future__ import annotations

import pytest
from tests.held import ANN, ID, NOW, held_mail

from mailguard.console.locale import sayer
from mailguard.console.misdelivery import lines_of
from mailguard.console.present import Speaker
from mailguard.incident import Incident

BY = Speaker("en", sayer("en"), "Asia/Tokyo", NOW)
NOBODY = BY.say("misdelivery.told.nobody")


@pytest.mark.parametrize(
    ("reporter", "told", "alone"),
    [
        (ANN.key, [], True),
        (ANN.key, ["admin@corp.example"], False),
        ("admin@corp.example", [], False),  # who answers for the house said so: there is nobody above to be told
        ("cli-root", [], False),
    ],
)
def test_a_sender_reads_that_nobody_was_told_and_an_administrator_does_not(
    reporter: str, told: list[str], alone: bool
) -> None:
    found = Incident("i", ID, "open", NOW, reporter, "", {"stopped": [], "told": told})
    assert (NOBODY in lines_of(found, held_mail(), BY)) == alone
