"""What a sender asks to be told: the grammar of RFC 3461, nothing beside it, and nothing that could become a header."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.reports import CopyReports, decoded, envid_of, notify_of, orcpt_of, ret_of


def test_without_a_word_failures_and_delays_are_told() -> None:
    nothing = CopyReports()
    assert (nothing.wants("FAILURE"), nothing.wants("DELAY"), nothing.wants("SUCCESS")) == (True, True, False)


def test_what_is_asked_for_is_told_and_no_more() -> None:
    assert not any(CopyReports("NEVER").wants(what) for what in ("FAILURE", "DELAY", "SUCCESS"))
    some = CopyReports("SUCCESS,DELAY")
    assert (some.wants("FAILURE"), some.wants("DELAY"), some.wants("SUCCESS")) == (False, True, True)


@pytest.mark.parametrize(
    "value", ["", ",", "NEVER,", "NEVER,DELAY", "DELAY,DELAY", "SUCCES", "SUCCESS DELAY", "\u017fUCCESS"]
)
def test_notify_is_strict(value: str) -> None:
    with pytest.raises(ValueError, match="NOTIFY"):
        notify_of(value)


@pytest.mark.parametrize(
    "value",
    ["", "rfc822", "rfc822;", ";a@b.example", "rfc 822;a@b", "rfc822;a=b", "rfc822;a+b", "rfc822;a+0D+0A",
     "rfc822;a+7F", "rfc822;+E5+81@b.example", "rfc822;+E2+80+AE@b.example", "rfc822;+C2+85@b.example",
     "rfc822;\u3042@b.example", "rfc822;" + "a" * 494],
)  # fmt: skip
def test_orcpt_is_strict(value: str) -> None:
    with pytest.raises(ValueError, match="ORCPT"):
        orcpt_of(value)


def test_an_original_recipient_is_named_as_the_sender_wrote_him() -> None:
    assert CopyReports(orcpt=orcpt_of("rfc822;Ann+2BBob@B.example")).original == "rfc822; Ann+Bob@B.example"
    assert orcpt_of("utf-8;\\x{5C71}@b.example") == "utf-8;\\x{5C71}@b.example"
    # Each Postfix with SMTPUTF8 sends this.
    assert CopyReports(orcpt=orcpt_of("rfc822;+E5+81+A5@b.example")).original == "utf-8; \\x{5065}@b.example"
    assert CopyReports().original == ""


@pytest.mark.parametrize("value", ["", "a=b", "a b", "a+", "a+2", "a+2g", "a+2b", "a+00", "a+80", "\x7f", "a" * 101])
def test_envid_is_strict(value: str) -> None:
    with pytest.raises(ValueError, match="ENVID"):
        envid_of(value)


def test_ret() -> None:
    assert (ret_of("full"), ret_of("HDRS")) == ("FULL", "HDRS")
    with pytest.raises(ValueError, match="RET"):
        ret_of("HEADERS")


@given(
    st.lists(
        st.sampled_from([*"ab;= ~\x7f\u3042", "+2B", "+0D", "+0A", "+E5+81+A5", "+C2+85", "+E2+80+A8"]), max_size=20
    )
)
def test_whatever_is_taken_is_one_line_of_a_header_once_decoded(pieces: list[str]) -> None:
    text = "".join(pieces)
    with contextlib.suppress(ValueError):
        assert all(" " <= ch <= "~" for ch in decoded(envid_of(text)))
    with contextlib.suppress(ValueError):
        assert all(" " <= ch <= "~" for ch in CopyReports(orcpt=orcpt_of(f"x;{text}")).original)
