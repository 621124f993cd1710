"""Recipes: each value checks itself, JSON both ways, and nothing hostile comes in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.address import parse_address
from mailguard.mail.alteration import (
    AddBcc,
    AddCc,
    AddHeader,
    Footer,
    Readdress,
    Recipe,
    RemoveAttachment,
    Split,
    StripBcc,
    TagSubject,
    ToBcc,
    ZipAttachments,
    is_personal,
    zip_passwords,
)
from mailguard.mail.alteration_json import KINDS, kind_of, recipe_from_json, recipe_to_json

BOSS = parse_address("boss@corp.example")
EVERY: Recipe = (
    ToBcc("each_alone", "all", ("a@x.example",), ("corp.example",)),
    ToBcc("sender_in_to", "listed", ("a@x.example",)),
    Split("kept"),
    AddCc(BOSS, "上長"),
    AddBcc(BOSS),
    Readdress(parse_address("tanaka@examp1e.co.jp"), parse_address("tanaka@example.co.jp")),
    TagSubject("[社外]"),
    AddHeader("X-Class", "機密"),
    Footer("一\n二", "one"),
    ZipAttachments("password", "0" * 32, "a.zip", ("*.x",), ("image/*",), ("0" * 64,)),
    ZipAttachments(sha256=("1" * 64,)),
    RemoveAttachment("1.2", "0" * 64, "a.txt"),
    StripBcc(),
)


def test_every_kind_goes_to_json_and_back() -> None:
    assert recipe_from_json(json.loads(json.dumps(recipe_to_json(EVERY)))) == EVERY
    assert {kind_of(one) for one in EVERY} == set(KINDS)
    assert recipe_to_json((Split(), AddBcc(BOSS))) == [
        {"kind": "split"},
        {"kind": "add_bcc", "address": "boss@corp.example"},
    ]
    assert recipe_from_json([]) == ()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "recipe: not a list of at most 200 alterations"),
        ([{"kind": "split"}] * 201, "recipe: not a list of at most 200 alterations"),
        ([{"kind": "split"}, 5], "recipe.1: not an object"),
        ([{}], "recipe.0: unknown kind"),
        ([{"kind": ["split"]}], "recipe.0: unknown kind"),
        ([{"kind": "redirect"}], "recipe.0: unknown kind"),
        ([{"kind": "split", "to": "x"}], "recipe.0: unknown field 'to'"),
        ([{"kind": "add_bcc"}], "recipe.0: address is missing"),
        ([{"kind": "add_bcc", "address": "no address"}], "recipe.0.address: no @"),
        ([{"kind": "add_bcc", "address": 5}], "recipe.0.address: not a text"),
        ([{"kind": "tag_subject", "tag": None}], "recipe.0.tag: not a text"),
        ([{"kind": "tag_subject", "tag": "a\r\nBcc: x@y.example"}], "recipe.0: alteration: bad tag"),
        ([{"kind": "to_bcc", "keys": "a@x.example"}], "recipe.0.keys: not a list of texts"),
        ([{"kind": "to_bcc", "keys": [["a@x.example"]]}], "recipe.0.keys: not a list of texts"),
        ([{"kind": "to_bcc", "style": "loud"}], "recipe.0: alteration: bad style"),
        ([{"kind": "to_bcc", "hide": "listed"}], "recipe.0: alteration: bad keys: nobody is listed"),
    ],
)
def test_what_is_no_recipe_is_refused_with_its_place(value: Any, said: str) -> None:
    with pytest.raises(ValueError) as error:
        recipe_from_json(value)
    assert str(error.value) == said


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(sorted(KINDS)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "address", "tag", "name", "value", "keys", "part"]), inner)
    ),
    max_leaves=10,
)


@given(value=st.lists(_JSON, max_size=3))
def test_hostile_json_is_a_recipe_or_a_value_error(value: list[Any]) -> None:
    try:
        recipe = recipe_from_json(value)
    except ValueError:
        return
    assert recipe_from_json(recipe_to_json(recipe)) == recipe


@pytest.mark.parametrize(
    "name",
    ["To", "bcc", "Received", "Received-SPF", "Content-Type", "DKIM-Signature", "ARC-Seal", "Resent-To", "MIME-Version",
     "Message-ID", "X-Mailguard-Processed", "Authentication-Results", "a b", "a:", "", "x" * 61, "X\r\nBcc", "-x"],
)  # fmt: skip
def test_no_field_that_routes_traces_or_structures_is_added(name: str) -> None:
    with pytest.raises(ValueError):
        AddHeader(name, "x")


@pytest.mark.parametrize("value", ["", " x", "a\nb", "a\rb", "a\0b", "a\x85b", "a\u2028b", "x" * 501, "\ud800"])
def test_no_value_breaks_out_of_its_field(value: str) -> None:
    with pytest.raises(ValueError):
        AddHeader("X-A", value)
    with pytest.raises(ValueError):
        TagSubject(value)
    if value:
        with pytest.raises(ValueError):
            AddCc(BOSS, value if value != " x" else "\n")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Footer(),
        lambda: Footer(" \n"),
        lambda: Footer("x" * 201),
        lambda: Footer("x\n" * 2001),
        lambda: Footer("a\tb\x0b"),
        lambda: ZipAttachments("short", "0" * 32),
        lambda: ZipAttachments("パスワード12345", "0" * 32),
        lambda: ZipAttachments("password", "0" * 31),
        lambda: ZipAttachments("password", "0" * 32, "../a.zip"),
        lambda: ZipAttachments("password", "0" * 32, 'a".zip'),
        lambda: ZipAttachments("password", "0" * 32, types=("zip",)),
        lambda: ZipAttachments("password", "0" * 32, encrypted=("0",)),
        lambda: RemoveAttachment(),
        lambda: RemoveAttachment("0"),
        lambda: RemoveAttachment("1..2"),
        lambda: RemoveAttachment(sha256="0" * 63),
        lambda: ToBcc(keys=("no address",)),
        lambda: ToBcc(visible=("@corp.example",)),
        lambda: ToBcc(hide="listed", keys=("a@x.example",), visible=("corp.example",)),
    ],
)
def test_a_bad_value_cannot_be_made(make: Any) -> None:
    with pytest.raises(ValueError, match="alteration: bad"):
        make()


def test_what_the_ledger_asks_of_a_recipe() -> None:
    assert is_personal((Split("kept"),))
    assert is_personal((ToBcc("each_alone"),))
    assert not is_personal((ToBcc(), Footer("x")))
    assert zip_passwords(EVERY) == ("password",)
