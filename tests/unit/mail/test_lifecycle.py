"""The table of states: every pair of state and event leads somewhere or is refused, and nothing leaves an end."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.lifecycle import FINAL, NEXT, Event, State, message_state, next_state
from mailguard.store.changes import sources

PAIRS = list(itertools.product(State, Event))


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_every_pair_is_in_the_table_or_refused(state: State, event: Event) -> None:
    after = next_state(state, event)
    assert after == NEXT.get((state, event))
    assert (after is not None) == (state in sources(event))


def test_nothing_leaves_an_end() -> None:
    assert {state for state, _ in NEXT} == set(State) - FINAL


def test_only_queued_copies_are_tried() -> None:
    tries = {Event.RELAY, Event.DEFER, Event.FAIL}
    assert {state for state, event in NEXT if event in tries} == {State.QUEUED}


def test_nothing_is_sent_from_a_hold_but_through_the_queue() -> None:
    assert next_state(State.HELD, Event.RELAY) is None
    assert next_state(State.HELD, Event.RELEASE) is State.QUEUED


def test_every_state_can_end() -> None:
    reached = set(FINAL)
    while True:
        more = {state for (state, _), after in NEXT.items() if after in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(State)


@given(st.lists(st.sampled_from(State), min_size=1))
def test_a_message_is_open_as_long_as_a_copy_is(states: list[State]) -> None:
    whole = message_state(states)
    assert whole in states
    assert (whole in FINAL) == all(state in FINAL for state in states)
    if State.HELD in states:
        assert whole is State.HELD


@given(st.lists(st.sampled_from(State), min_size=1))
def test_the_order_of_recipients_does_not_matter(states: list[State]) -> None:
    assert message_state(states) is message_state(reversed(states))
