"""Facts to JSON and back: the contract's keys, what is left out, and that anything at all comes back as Facts."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.facts import Addressee, Attachment, ClassCount, Facts, Finding, HeaderAddress, Headers, Label, Match
from mailguard.mail.facts_json import facts_from_json, facts_to_json, facts_to_kept

FACTS = Facts(
    headers=Headers(
        sender=(HeaderAddress("ann@corp.example", "Ann"),),
        to=(HeaderAddress("bob@x.example"), HeaderAddress("eve@x.example", "Eve")),
        bcc=(HeaderAddress("spy@x.example", "S"),),
        reply_to=(HeaderAddress("r@x.example"),),
        subject="plan",
        message_id="<1@x>",
        date="today",
        in_reply_to="<0@x>",
        references=("<0@x>",),
    ),
    text="body",
    html="<p>body</p>",
    attachments=(
        Attachment("a.zip", "application/zip", "application/zip", "zip", 3, "ab", encrypted=True, members=(
            Attachment("b.txt", "", "text/plain", "txt", 1, "cd", inspected=True, text="inner"),
        )),
    ),
    personal_data={"payment_card": ClassCount(("4012888888881881",), ("************1881",))},
    persons=4,
    secrets={"private_key": 1},
    findings=(Finding("encrypted", "1", "needs a password"),),
    kind="delivery_report",
    auto_generated=True,
    calendar="REQUEST",
    signed=True,
    encrypted=True,
    is_reply=True,
    received_count=2,
    own_marks=("x.y",),
)  # fmt: skip

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
KEYS = ("headers", "text", "attachments", "personal_data", "secrets", "findings", "judge")

#: Nothing is left as it is by default.
FULL = replace(
    FACTS,
    headers=replace(FACTS.headers, cc=(HeaderAddress("c@x.example", "C"),), fields=(("to", "x"),), fields_cut=True),
    shown=3, is_forward=True, importance="high", labels=(Label("secret", "1"),), quoted="q", signature="s", own="o",
    greeting=(Addressee("Bob", "B", "Mr"),), matches=(Match("phone", "text", "a", "b", "c", "d"),), scanned="infected",
    viruses=("eicar",),
)  # fmt: skip
EMPTY = Facts()


def some_of(value: Any, empty: Any) -> st.SearchStrategy[Any]:
    """The value, with any of its fields as they begin."""
    names = [one.name for one in fields(value)]
    assert not [name for name in names if getattr(value, name) == getattr(empty, name)]
    return st.sets(st.sampled_from(names)).map(
        lambda some: replace(value, **{name: getattr(empty, name) for name in some})
    )


ANY_FACTS = st.builds(
    lambda facts, headers: replace(facts, headers=headers), some_of(FULL, EMPTY), some_of(FULL.headers, EMPTY.headers)
)


def test_everything_comes_back() -> None:
    assert facts_from_json(json.loads(json.dumps(facts_to_json(FACTS, unmasked=True)))) == FACTS


def test_the_contract_shape() -> None:
    out = facts_to_json(FACTS)
    assert out["headers"] == {
        "from": ["ann@corp.example"],
        "to": ["bob@x.example", "eve@x.example"],
        "cc": [],
        "subject": "plan",
        "message_id": "<1@x>",
        "date": "today",
    }
    assert out["text"] == "body"
    assert out["attachments"][0]["members"][0] == {
        "filename": "b.txt",
        "declared_type": "",
        "detected_type": "text/plain",
        "short_type": "txt",
        "size": 1,
        "sha256": "cd",
        "encrypted": False,
        "inspected": True,
        "inline": False,
        "text": "inner",
        "members": [],
    }
    assert out["personal_data"] == {
        "persons": 4,
        "payment_card": {"distinct": 1, "examples_masked": ["************1881"]},
    }
    assert out["findings"] == [{"code": "encrypted", "where": "1", "detail": "needs a password"}]


def test_values_leave_only_when_asked_for() -> None:
    assert "4012888888881881" not in json.dumps(facts_to_json(FACTS))
    assert facts_to_json(FACTS, unmasked=True)["personal_data"]["payment_card"]["values"] == ["4012888888881881"]


def test_texts_can_stay_at_home() -> None:
    out = json.dumps(facts_to_json(FACTS, text=False))
    assert "body" not in out
    assert "inner" not in out


def test_counts_outlive_their_values() -> None:
    back = facts_from_json(facts_to_json(FACTS, text=False))
    assert back.personal_data["payment_card"].distinct == 1
    assert back.personal_data["payment_card"].values == ()


def test_a_missing_subject_is_not_an_empty_one() -> None:
    for subject in (None, ""):
        facts = Facts(headers=Headers(subject=subject))
        assert facts_from_json(facts_to_json(facts)).headers.subject == subject


@given(obj=ANYTHING | st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_anything_gives_facts(obj: Any) -> None:
    assert isinstance(facts_from_json(obj), Facts)


@given(facts=ANY_FACTS)
def test_what_the_ledger_keeps_says_the_same(facts: Facts) -> None:
    whole = facts_from_json(json.loads(json.dumps(facts_to_json(facts, text=False))))
    assert facts_from_json(json.loads(json.dumps(facts_to_kept(facts)))) == whole


def test_what_the_ledger_keeps_has_no_values_and_no_texts() -> None:
    kept = json.dumps(facts_to_kept(FULL))
    assert not [word for word in ("4012888888881881", "body", "inner") if word in kept]


def test_sql_finds_what_it_looks_for_in_what_is_kept() -> None:
    """No files are none (`-has:attachment`), not a place that is missing."""
    assert facts_to_kept(Facts())["attachments"] == []
    headers = facts_to_kept(FULL)["headers"], facts_to_kept(FULL)["judge"]["headers"]["names"]
    assert [list(one) for one in headers] == [
        ["from", "to", "cc", "subject", "message_id", "date"], ["from", "to", "cc"]
    ]  # fmt: skip
