"""The record of what comes in: what of the facts stays in it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from tests.ledger import PREFIX, mail, verdict
from tests.unit.mail.test_facts_json import ANY_FACTS

from mailguard.mail.facts import Facts
from mailguard.store.fresh import record_of


@given(facts=ANY_FACTS)
def test_a_record_has_the_facts_without_their_texts(facts: Facts) -> None:
    message = mail()
    headers = replace(facts.headers, fields=None, fields_cut=False)
    bare = replace(facts, headers=headers, text="", html="", quoted="", signature="", own="", matches=())
    assert record_of(message, facts, verdict(message), PREFIX, None).facts == bare
