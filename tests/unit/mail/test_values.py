"""Values: equal and hashed like frozen dataclasses, which only the type checker holds them to be."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, fields, replace

import pytest

from mailguard.mail import values
from mailguard.mail.facts import Facts, Label


@dataclass(frozen=True, slots=True)
class Frozen:
    name: str
    identity: str


def test_a_value_is_what_a_frozen_dataclass_would_be() -> None:
    one, other = Label("secret", "1"), Frozen("secret", "1")
    assert hash(one) == hash(other)
    assert one == Label("secret", "1") != replace(one, name="x")
    assert pickle.loads(pickle.dumps(one)) == one
    assert not hasattr(one, "__dict__")
    assert [field.name for field in fields(one)] == ["name", "identity"]


class Counted:
    """Says how often something was worked out."""

    times = 0

    @values.worked_out
    def answer(self) -> int:
        """Once for each object."""
        self.times += 1
        return 40 + self.times


def test_what_is_worked_out_is_worked_out_once() -> None:
    one = Counted()
    assert (one.answer, one.answer, one.times, Counted().answer) == (41, 41, 1, 41)
    assert Counted.__dict__["answer"].__doc__ == "Once for each object."


def test_values_of_one_kind_share_nothing() -> None:
    assert Facts().secrets is not Facts().secrets


def test_what_may_be_changed_is_no_value() -> None:
    with pytest.raises(TypeError):
        values.value(frozen=False, slots=True)
