"""Comments in address lists: each is found where a reader that looks for its end from its begin finds it."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailguard.inspect.structure.addresses import _closings, parse_addresses


def end_of(text: str, begin: int) -> int | None:
    """The end of the comment that begins at a bracket, by going on from there."""
    depth = 1
    for at in range(begin + 1, len(text)):
        if text[at - 1] == "\\":
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return at
    return None


@settings(max_examples=500, deadline=None)
@given(st.text("()\\\\a", max_size=24))
@example("((\\((a)b)c)d)")
def test_a_comment_ends_where_its_bracket_does(text: str) -> None:
    brackets = [at for at, sign in enumerate(text) if sign == "("]
    assert _closings(text) == {at: end for at in brackets if (end := end_of(text, at)) is not None}


def test_a_comment_names_who_has_no_name() -> None:
    (one,) = parse_addresses(b"(a (b)) ann@x.example")
    assert (one.address, one.name) == ("ann@x.example", "a (b)")


def test_brackets_that_are_never_closed_take_no_longer_than_others() -> None:
    # Each was looked for to the end of the field: hours, for this one.
    assert parse_addresses(b"((a(b)" * 100_000 + b"<ann@x.example>")[-1].address == "ann@x.example"


def test_a_name_before_many_addresses_is_read_once() -> None:
    """It was decoded for each of them: minutes, for this one."""
    name = "山田" * 20_000
    found = parse_addresses(f"{name} {'<ann@x.example>' * 20_000}".encode())
    assert (len(found), found[0].name, found[1].name) == (20_000, name, "")
    bare = parse_addresses(f"({name}) {'ann@x.example ' * 20_000}".encode())
    assert (len(bare), bare[0].name, bare[1].name) == (20_000, name, "")


def test_addresses_behind_one_name_share_it() -> None:
    found = parse_addresses(b"Ann <ann@x.example> <eve@x.example>")
    assert [(one.address, one.name) for one in found] == [("ann@x.example", "Ann"), ("eve@x.example", "Ann")]


def test_a_route_is_left_out_and_one_without_end_is_none() -> None:
    assert parse_addresses(b"<@a.example,@b.example:ann@x.example>")[0].address == "ann@x.example"
    # Each @ could begin a part or stand in one: a day, for these, and twice as long for one more.
    assert parse_addresses(b"<" + b"@a" * 40 + b">")[0].address == "@a" * 40
