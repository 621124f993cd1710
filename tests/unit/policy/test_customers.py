"""Names of customers in a text: the longest first, however many there are and however they are split up."""

from __future__ import annotations

import pytest

from mailguard.policy import customers as module
from mailguard.policy.customers import Customers
from mailguard.policy.fold import fold
from mailguard.policy.read_customers import customer

NAMES = {"東京電力": "tepco.example", "東京電力エナジー": "energy.example", "Beta": "beta.example", "a.b": "ab.example"}


@pytest.mark.parametrize("at_once", [1, 2, 1000])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("東京電力エナジー様", {"東京電力エナジー"}),
        ("東京電力様", {"東京電力"}),
        ("東京電力エナジーと東京電力", {"東京電力エナジー", "東京電力"}),
        ("ＢＥＴＡ様", {"beta"}),
        ("betamax, alphabeta", set()),
        ("betamax beta", {"beta"}),
        ("axb a.b", {"a.b"}),
        ("", set()),
    ],
)
def test_names(monkeypatch: pytest.MonkeyPatch, at_once: int, text: str, found: set[str]) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    known = Customers(customer(name, [domain]) for name, domain in NAMES.items())
    assert set(known.named_in(fold(text))) == found


def test_two_customers_of_one_name() -> None:
    known = Customers([customer("山田商店", ["a.example"]), customer("山田商店", ["b.example"])])
    (bearers,) = known.named_in("山田商店").values()
    assert [one.written for one in bearers] == ["a.example", "b.example"]


def test_nobody_is_found_without_customers() -> None:
    assert not Customers()
    assert Customers().named_in("anything") == {}


def test_there_are_not_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NAMES_MAX", 1)
    with pytest.raises(ValueError, match="more than 1 names"):
        Customers([customer("ab", ["a.example"]), customer("cd", ["a.example"])])


@pytest.mark.parametrize(
    ("name", "domains"), [("a", ["a.example"]), ("ab", []), ("ab", ["example"]), ("ab", ["a@b.c"])]
)
def test_customers_that_are_none(name: str, domains: list[str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        customer(name, domains)
