"""Addresses that look like known ones: each kind found, the likelier slip first, and nothing left of what is gone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight.near import DOMAIN, SAME_LOCAL, SAME_PERSON, SLIP, NearIndex
from mailguard.insight.near_sites import NearSites

KNOWN = (
    "hanako.sato@partner.co.jp", "taro.yamada@partner.co.jp", "suzuki@kyowa.jp", "john.smith@corp.example",
    "jsmith@other.example", "m.tanaka@tanaka-shoji.co.jp", "info@partner.co.jp",
)  # fmt: skip


def index(*addresses: str) -> NearIndex:
    made = NearIndex(1000)
    for one in addresses:
        made.add(one)
    return made


@pytest.mark.parametrize(
    ("asked", "known", "kind"),
    [
        ("hanoko.sato@partner.co.jp", "hanako.sato@partner.co.jp", SLIP),
        ("hanakosato@partner.co.jp", "hanako.sato@partner.co.jp", SLIP),
        ("haanko.sato@partner.co.jp", "hanako.sato@partner.co.jp", SLIP),
        ("hanako.satou@partner.co.jp", "hanako.sato@partner.co.jp", SLIP),
        ("hanakko.sqto@partner.co.jp", "hanako.sato@partner.co.jp", SLIP),
        ("taro.yamada@partner.jp", "taro.yamada@partner.co.jp", DOMAIN),
        ("taro.yamada@partner.com", "taro.yamada@partner.co.jp", DOMAIN),
        ("taro.yamada@partner.co", "taro.yamada@partner.co.jp", DOMAIN),
        ("taro.yamada@prtner.co.jp", "taro.yamada@partner.co.jp", DOMAIN),
        ("taro.yamada@partnerco.jp", "taro.yamada@partner.co.jp", DOMAIN),
        ("taro.yamada@par-tner.co.jp", "taro.yamada@partner.co.jp", DOMAIN),
        ("m.tanaka@tanakashoji.co.jp", "m.tanaka@tanaka-shoji.co.jp", DOMAIN),
        ("m.tanaka@tanaka-sh0ji.co.jp", "m.tanaka@tanaka-shoji.co.jp", DOMAIN),
        ("suzuki@ky0wa.jp", "suzuki@kyowa.jp", DOMAIN),
        ("john.smith@c0rp.example", "john.smith@corp.example", DOMAIN),
        ("john.smith@corp.exarnple", "john.smith@corp.example", DOMAIN),
        ("hanako.sato@xn--prtner-3nf.co.jp", "hanako.sato@partner.co.jp", DOMAIN),
        ("suzuki@gmail.com", "suzuki@kyowa.jp", SAME_LOCAL),
        ("smith.john@corp.example", "john.smith@corp.example", SAME_PERSON),
        ("john.smith@elsewhere.example", "jsmith@other.example", SAME_PERSON),
        ("jsmith@corp.example", "john.smith@corp.example", SAME_PERSON),
        ("j.smith@corp.example", "john.smith@corp.example", SAME_PERSON),
        ("smith@corp.example", "john.smith@corp.example", SAME_PERSON),
        ("smithj@corp.example", "john.smith@corp.example", SAME_PERSON),
    ],
)
def test_each_kind_of_likeness_is_found(asked: str, known: str, kind: str) -> None:
    found = {one.address: one for one in index(*KNOWN).near(asked)}
    assert known in found, found
    assert found[known].kind == kind
    assert 0 < found[known].cost < 1


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("kenji.mori@partner.co.jp", "another name"),
        ("info@elsewhere.co.jp", "an office's address says nobody's name"),
        ("mary.smith@corp.example", "another given name"),
        ("suzuki", "no address"),
        ("@corp.example", "no local part"),
        ("x@", "no domain"),
        ("a" * 300 + "@corp.example", "too long"),
    ],
)
def test_what_looks_like_nothing_finds_nothing(asked: str, kind: str) -> None:
    assert index(*KNOWN).near(asked) == [], kind


def test_the_likelier_slip_is_first() -> None:
    made = index("hanakp.sato@a.example", "hanakw.sato@a.example")
    assert [one.address for one in made.near("hanako.sato@a.example")] == [
        "hanakp.sato@a.example",
        "hanakw.sato@a.example",
    ]


def test_the_number_of_a_series_is_no_everyday_slip() -> None:
    made = index("desk1@a.example")
    assert made.near("desk2@a.example")[0].cost > 0.6


def test_an_initial_is_somebody_else_rather_than_a_slip() -> None:
    made = index("k.tanaka@a.example", "j.tamaka@a.example")
    first, second = made.near("j.tanaka@a.example")
    assert (first.address, second.address) == ("j.tamaka@a.example", "k.tanaka@a.example")
    assert second.cost > 3 * first.cost


def test_two_known_people_are_no_slip_of_each_other() -> None:
    made = index("k-sato@a.co.jp", "m-sato@a.co.jp", "k-saito@a.co.jp", "r-nakamura@a.co.jp", "m-nakamura@a.co.jp")
    assert made.near("r-nakamura@a.co.jp") == []
    assert [one.address for one in made.near("k-sato@a.co.jp")] == ["k-saito@a.co.jp"]
    assert made.near("n-nakamura@a.co.jp")[0].address == "m-nakamura@a.co.jp"


def test_a_known_address_does_not_find_itself() -> None:
    assert [one.address for one in index(*KNOWN).near("jsmith@other.example")] == ["john.smith@corp.example"]


def test_limit_and_order() -> None:
    made = index(*(f"suzuki@d{number}xyz.example" for number in range(40)))
    found = made.near("suzuki@elsewhere.test", limit=3)
    assert len(found) == 3
    assert found == sorted(found, key=lambda one: (one.cost, one.address))


def test_domains_that_look_alike() -> None:
    made = index(*KNOWN)
    assert [domain for domain, _ in made.domains("partner.jp")] == ["partner.co.jp"]
    assert made.domains("partner.co.jp") == []
    assert made.has_domain("partner.co.jp")
    for one in KNOWN:
        made.discard(one)
    assert made.domains("partner.jp") == []
    assert not made.has_domain("partner.co.jp")


def test_what_was_found_is_not_remembered_too_long() -> None:
    made = index("taro@partner.co.jp")
    assert [(one.address, one.kind) for one in made.near("taro@kyowa.jp")] == [("taro@partner.co.jp", SAME_LOCAL)]
    made.add("taro@kyova.jp")
    first, second = made.near("taro@kyowa.jp")
    assert (first.address, first.kind, second.address) == ("taro@kyova.jp", DOMAIN, "taro@partner.co.jp")
    made.discard("taro@kyova.jp")
    assert made.domains("kyowa.jp") == []


def test_those_who_come_and_go_leave_room() -> None:
    made = NearIndex(1000)
    for number in range(500):
        made.add(f"suzuki@d{number}.example")
        made.discard(f"suzuki@d{number}.example")
    made.add("suzuki@kyowa.jp")
    assert [one.address for one in made.near("suzuki@elsewhere.test")] == ["suzuki@kyowa.jp"]
    assert "suzuki@kyowa.jp" in made


def test_a_moved_dot_is_an_everyday_slip() -> None:
    assert index("taro@partner.co.jp").domains("partnerco.jp")[0][1] <= 0.1


def test_the_oldest_makes_room() -> None:
    made = NearIndex(3)
    for number in range(10):
        made.add(f"name{number}@a.example")
    assert sorted(made) == ["name7@a.example", "name8@a.example", "name9@a.example"]
    assert len(made) == 3


_WORDS = st.sampled_from(["taro", "yamada", "john", "smith", "j", "t", "sato", "info", "desk1", "desk2", "x"])
_LOCALS = st.lists(_WORDS, min_size=1, max_size=3).flatmap(
    lambda w: st.sampled_from([".", "-", "_", ""]).map(lambda m: m.join(w))
)
_DOMAINS = st.sampled_from(
    ["a.example", "b.co.jp", "b.jp", "b-c.com", "bc.com", "mail.b.co.jp", "xn--prtner-3nf.co.jp"]
)
_ADDRESSES = st.builds("{}@{}".format, _LOCALS, _DOMAINS)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.booleans(), _ADDRESSES), max_size=40), _ADDRESSES)
def test_it_holds_what_was_added_and_not_discarded(steps: list[tuple[bool, str]], asked: str) -> None:
    made = NearIndex(1000)
    plain: set[str] = set()
    for comes, address in steps:
        (made.add if comes else made.discard)(address)
        (plain.add if comes else plain.discard)(address)
    assert set(made) == plain
    assert len(made) == len(plain)
    fresh = index(*sorted(plain))
    assert made.near(asked, 100) == fresh.near(asked, 100)
    assert {one.address for one in made.near(asked, 100)} <= plain - {asked}
    assert made.domains(asked.rpartition("@")[2]) == fresh.domains(asked.rpartition("@")[2])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=20), st.text(max_size=300))
def test_any_text_is_taken(addresses: list[str], asked: str) -> None:
    made = NearIndex(8)
    for one in addresses:
        made.add(one)
    assert len(made) <= 8
    for found in made.near(asked):
        assert 0 <= found.cost <= 1
    for one in addresses:
        made.discard(one)
    assert len(made) == 0


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@st.composite
def _slipped(draw: st.DrawFn) -> tuple[str, str]:
    """A name, and the same with one slip of typing."""
    name, letter = draw(st.text(_LETTERS, min_size=5, max_size=14)), draw(st.sampled_from(_LETTERS))
    at = draw(st.integers(0, len(name) - 1))
    typed = draw(
        st.sampled_from(
            [
                name[:at] + name[at + 1 :],
                name[:at] + letter + name[at:],
                name[:at] + letter + name[at + 1 :],
                name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
            ]
        ).filter(lambda one: one != name)
    )
    return name, typed


@settings(max_examples=200, deadline=None)
@given(_slipped())
def test_any_single_slip_in_a_domain_is_found(slipped: tuple[str, str]) -> None:
    name, typed = slipped
    made = index(f"taro@{name}.co.jp")
    assert [one.address for one in made.near(f"taro@{typed}.co.jp")] == [f"taro@{name}.co.jp"]
    assert [domain for domain, _ in made.domains(f"{typed}.co.jp")] == [f"{name}.co.jp"]


@settings(max_examples=200, deadline=None)
@given(_slipped())
def test_any_single_slip_is_found(slipped: tuple[str, str]) -> None:
    name, typed = slipped
    made = index(f"{name}@a.example")
    found = made.near(f"{typed}@a.example")
    assert [one.address for one in found] == [f"{name}@a.example"]


def test_a_pile_of_equal_names_is_bounded() -> None:
    made = NearIndex(20_000)
    for number in range(5_000):
        made.add(f"suzuki@d{number}.example")
    assert len(made.near("suzuki@elsewhere.test", 10_000)) <= 400
    for number in range(5_000):
        made.discard(f"suzuki@d{number}.example")
    assert len(made) == 0
    assert made.near("suzuki@elsewhere.test") == []


def test_whoever_shares_a_full_bucket_is_found_at_a_domain_that_looks_like_his() -> None:
    known = index(*[f"info@house{number}.example" for number in range(260)], "info@partner.co.jp")
    found = {one.address: one.kind for one in known.near("info@partner.com")}
    assert found == {"info@partner.co.jp": DOMAIN}
    for number in range(260):
        known.discard(f"info@house{number}.example")
    assert [one.address for one in known.near("info@partner.com")] == ["info@partner.co.jp"], (
        "it never got into its bucket"
    )


def test_a_domain_is_looked_for_only_where_somebody_has_this_name(monkeypatch: pytest.MonkeyPatch) -> None:
    known, asked = index(*KNOWN, "unknown@elsewhere.example"), list[str]()

    def near(self: NearSites, domain: str) -> list[tuple[str, float]]:
        asked.append(domain)
        return []

    monkeypatch.setattr(NearSites, "near", near)
    known.near("nobody@partner.com")
    known.near("unknown@elsewhere.example")
    assert asked == []
    known.near("taro.yamada@partner.com")
    assert asked == ["partner.com"]
