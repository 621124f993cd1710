"""What is recorded of a case comes back as it was, and a stranger's likeness with it; texts never go out."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.address import ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Facts
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Because
from mailguard.policy import case_json
from mailguard.policy.case import Acquaintance, Case, Circle, Known, Risk, Stranger
from mailguard.policy.case_json import case_from_json, case_to_json
from mailguard.policy.view import View

COMPANY = Organization(("corp.example",), "Corp")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
names = st.from_regex(r"[a-z]{1,8}\.example", fullmatch=True)


def case(known: Known, to: str = "bob@partner.example", trusted: bool = True) -> Case:
    client = Client("192.0.2.1", "pc", login="ann@corp.example", trusted=trusted, tls="TLSv1.3")
    envelope = Envelope(ReversePath(parse_address("ann@corp.example")), (parse_address(to),), client)
    return Case(envelope, Facts(text="the secret text"), COMPANY, known, 100, NOW)


def recorded(one: Case, value: dict[str, object] | None = None) -> Case:
    """The case as the ledger gives it back: its envelope has no more of the client than columns hold."""
    text = json.dumps(case_to_json(one) if value is None else value)
    client = Client(one.envelope.client.ip, "", login=one.envelope.client.login)
    bare = Case(dataclasses.replace(one.envelope, client=client), one.facts, COMPANY, size=100, moment=NOW)
    return case_from_json(json.loads(text), bare)


@given(st.frozensets(names, max_size=5), st.frozensets(names, max_size=5), st.booleans())
def test_what_is_known_comes_back(sender: frozenset[str], company: frozenset[str], trusted: bool) -> None:
    one = case(Known(sender, company), trusted=trusted)
    assert recorded(one) == one


@pytest.mark.parametrize(
    "to",
    [
        "x@examp1e.co.jp", "x@example.co.jp", "x@mail.example.co.jp", "x@example.com", "x@quite-other.example",
        "x@gmai1.com", "x@example-jp.com", "x@corp.examp1e",
    ],
)  # fmt: skip
def test_a_stranger_looks_like_whom_he_looked_like(to: str) -> None:
    often = (*(f"customer{n}.example" for n in range(300)), "example.co.jp", "sample.co.jp", "example.ne.jp")
    one = case(Known(often=often), to)
    again = recorded(one)
    assert len(again.known.often) <= 1
    address = one.envelope.recipients[0]
    assert View(again).likeness(address) == View(one).likeness(address)


def test_what_was_asked_and_found_empty_is_not_what_nobody_asked() -> None:
    told = Known(last_written={}, thread=frozenset(), names={}, circles=(), files={})
    asked = Known(
        last_written={"bob@partner.example": timedelta(days=3)},
        thread=frozenset({"eve@other.example"}),
        names={"bob@partner.example": "Bob"},
        circles=(Circle(frozenset({"bob@partner.example"}), 4),),
        files={"0" * 64: frozenset({"other.example"})},
    )
    for known in (told, asked, Known()):
        assert recorded(case(known)) == case(known)
    risky = dataclasses.replace(case(told), mail_domains={"partner.example": False}, risks={})
    assert recorded(risky) == risky
    unknown = dataclasses.replace(risky, risks={"bob@partner.example": Risk(0.5, Because("ja", "en"))})
    assert recorded(unknown) == unknown


def test_no_text_and_no_list_of_customers_is_recorded() -> None:
    said = json.dumps(case_to_json(case(Known(often=("customer.example", "other.example")))))
    assert "secret" not in said
    assert "customer.example" not in said


def test_a_key_of_another_version_is_left_aside_and_a_missing_one_has_its_default() -> None:
    one = case(Known(frozenset({"a.example"})))
    value = {**case_to_json(one), "later": 1, "known": {"sender_domains": ["a.example"], "later": [2]}}
    assert recorded(one, value) == one
    assert recorded(one, {}).known == Known()


@pytest.mark.parametrize("known", [3, {"sender_domains": 7}, {"often": [{}]}, "x"])
def test_a_damaged_record_is_not_guessed(known: object) -> None:
    with pytest.raises(ValueError, match="known"):
        recorded(case(Known()), {"known": known})


def test_every_field_of_a_case_is_recorded_or_kept_elsewhere() -> None:
    filled = case(Known(frozenset({"a.example"})))
    kept = {"envelope", "facts", "organization", "size", "moment", "texts_kept"}
    others = {one.name for one in dataclasses.fields(Case)} - kept
    assert all(getattr(recorded(filled), name) == getattr(filled, name) for name in others)


_OFTEN = ("example.co.jp", "sample.co.jp")
_ANSWERS = [Known(often=_OFTEN), Known(), Known(frozenset({"examp1e.co.jp"}), often=_OFTEN), Known(names={}, files={})]
_PEOPLE = ("x@examp1e.co.jp", "x@samp1e.co.jp", "y@quite-other.example")


@given(
    st.lists(st.tuples(st.sampled_from(_ANSWERS), st.sampled_from(_PEOPLE)), min_size=1, max_size=9), st.integers(1, 4)
)
def test_the_same_answer_once_more_is_recorded_as_if_it_were_new(asked: list[tuple[Known, str]], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case_json, "_SAID_MOST", most)
        patch.setattr(case_json, "_SAID", {})
        for known, to in asked:
            new = case(dataclasses.replace(known), to)
            assert case_to_json(case(known, to)) == case_to_json(new)
            assert len(case_json._SAID) <= most


def test_strangers_and_whom_a_greeting_may_mean_come_back() -> None:
    met = Acquaintance("tanaka@partner.example", "田中 太郎", 3)
    for known in (
        Known(strangers={}, greeted=()),
        Known(strangers={"bob@partner.example": Stranger(True, (met,))}, greeted=(met,)),
    ):
        assert recorded(case(known)) == case(known)
