"""Who may do what with which copy. One table of cases, and what must hold for every one of them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger import ANN, BOB, BOSS, DEPUTY, NOON, PREFIX, facts, mail, verdict

from mailguard.mail.actor import Actor, Role
from mailguard.mail.lifecycle import FINAL, State
from mailguard.mail.verdict import Disposition
from mailguard.review import Act, AlreadyDecided, Forbidden, Refused
from mailguard.review.refusals import why_not
from mailguard.review.rights import acts_for, is_entitled, may_read_body, may_see
from mailguard.store.fresh import record_of
from mailguard.store.records import Asked, MessageRecord, RecipientRecord

SENDER = Actor(ANN, Role.SENDER, "console")
APPROVER = Actor(BOSS, Role.SENDER, "letter")
ADMINISTRATOR = Actor("admin@corp.example", Role.ADMINISTRATOR, "console")
AUDITOR = Actor("auditor@corp.example", Role.AUDITOR, "console")
STRANGER = Actor("eve@corp.example", Role.SENDER, "console")
WITHDRAW = {Act.CANCEL, Act.REMOVE, Act.HOLD}
LET_GO = {Act.RELEASE, Act.SEND_NOW}
APPROVING = {Act.APPROVE, Act.REJECT}
ASKING, CHANGING = {Act.FORWARD}, {Act.ALTER, Act.CORRECT}


def held(disposition: Disposition, *, sender: str = ANN, **changes: object) -> tuple[MessageRecord, RecipientRecord]:
    message = mail((BOB,), sender=sender)
    approvers = (BOSS, DEPUTY) if disposition is Disposition.APPROVE else ()
    record = record_of(message, facts(), verdict(message, disposition, approvers=approvers), PREFIX, None)
    copy = replace(record.recipients[0], **changes)  # type: ignore[arg-type]
    return replace(record, recipients=(copy,)), copy


@pytest.mark.parametrize(
    ("actor", "disposition", "acts"),
    [
        (SENDER, Disposition.DELAY, LET_GO | WITHDRAW | CHANGING),
        (SENDER, Disposition.CONFIRM, LET_GO | WITHDRAW | CHANGING | ASKING),
        (SENDER, Disposition.APPROVE, WITHDRAW | CHANGING),
        (APPROVER, Disposition.CONFIRM, set()),
        (APPROVER, Disposition.APPROVE, APPROVING | ASKING),
        (ADMINISTRATOR, Disposition.CONFIRM, LET_GO | WITHDRAW | CHANGING | ASKING),
        (ADMINISTRATOR, Disposition.APPROVE, LET_GO | WITHDRAW | APPROVING | CHANGING | ASKING),
        (AUDITOR, Disposition.CONFIRM, set()),
        (AUDITOR, Disposition.APPROVE, set()),
        (STRANGER, Disposition.CONFIRM, set()),
        (STRANGER, Disposition.APPROVE, set()),
    ],
)
def test_held(actor: Actor, disposition: Disposition, acts: set[Act]) -> None:
    assert acts_for(actor, *held(disposition)) == acts


def test_whoever_owns_another_address_of_the_sender_is_no_approver_and_lets_nothing_go() -> None:
    record, copy = held(Disposition.APPROVE, sender="a.nn@corp.example")
    record = replace(record, verdict=replace(record.verdict, own=(ANN, ADMINISTRATOR.address, BOSS)))
    assert acts_for(SENDER, record, copy) == WITHDRAW | CHANGING
    assert acts_for(ADMINISTRATOR, record, copy) == WITHDRAW | CHANGING
    assert acts_for(APPROVER, record, copy) == WITHDRAW | CHANGING
    assert not is_entitled(ADMINISTRATOR, record, Act.APPROVE)


def test_nobody_approves_his_own_mail_not_even_as_approver_or_administrator() -> None:
    record, copy = held(Disposition.APPROVE, sender=BOSS)
    for role in Role:
        acts = acts_for(Actor(BOSS, role, "console"), record, copy)
        assert not acts & (APPROVING | LET_GO)


def test_an_approval_is_given_once() -> None:
    record, copy = held(Disposition.APPROVE, asks=(Asked((BOSS, DEPUTY), 2),), approvals=(BOSS,))
    assert acts_for(APPROVER, record, copy) == {Act.REJECT}
    assert acts_for(replace(APPROVER, address=DEPUTY), record, copy) == APPROVING | ASKING


def test_what_an_administrator_froze_the_sender_cannot_thaw() -> None:
    record, copy = held(Disposition.CONFIRM, frozen_by=ADMINISTRATOR.address)
    assert acts_for(SENDER, record, copy) == {Act.CANCEL, Act.REMOVE}
    assert acts_for(ADMINISTRATOR, record, copy) >= LET_GO | {Act.HOLD}


def test_what_the_sender_froze_the_sender_thaws() -> None:
    assert acts_for(SENDER, *held(Disposition.DELAY, frozen_by=ANN)) >= LET_GO


def test_an_approver_does_not_thaw() -> None:
    assert acts_for(APPROVER, *held(Disposition.APPROVE, frozen_by=ADMINISTRATOR.address)) == {Act.REJECT}


def test_an_approved_copy_taken_back_by_its_sender_goes_again_without_a_second_approval() -> None:
    assert acts_for(SENDER, *held(Disposition.APPROVE, frozen_by=ANN, approvals=(BOSS,))) >= LET_GO


def test_a_queued_copy_can_be_withdrawn_but_not_while_it_is_being_sent() -> None:
    record, copy = held(Disposition.CONFIRM, state=State.QUEUED)
    assert acts_for(SENDER, record, copy) == WITHDRAW
    assert acts_for(SENDER, record, replace(copy, leased=True)) == set()
    assert acts_for(APPROVER, record, copy) == set()


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_is_done_to_an_end(state: State) -> None:
    for actor in (SENDER, APPROVER, ADMINISTRATOR):
        assert not acts_for(actor, *held(Disposition.APPROVE, state=state))


def test_letters_are_nobodys_to_decide() -> None:
    record, copy = held(Disposition.CONFIRM)
    assert not acts_for(ADMINISTRATOR, replace(record, kind="letter"), copy)


@given(
    st.sampled_from([ANN, BOSS, DEPUTY, "eve@corp.example"]),
    st.sampled_from([role for role in Role if role is not Role.SYSTEM]),
    st.sampled_from([Disposition.DELIVER, Disposition.DELAY, Disposition.CONFIRM, Disposition.APPROVE]),
    st.sampled_from(State),
    st.sampled_from(["", ANN, BOSS, "admin@corp.example"]),
    st.booleans(),
)
def test_no_act_without_sight_and_entitlement(
    person: str, role: Role, disposition: Disposition, state: State, frozen_by: str, leased: bool
) -> None:
    record, copy = held(disposition, state=state, frozen_by=frozen_by, leased=leased)
    actor = Actor(person, role, "console")
    for act in acts_for(actor, record, copy):
        assert may_see(actor, record)
        assert is_entitled(actor, record, act)
        if copy.needs_approval and act in LET_GO:
            assert role is Role.ADMINISTRATOR
            assert person != ANN


def test_sight() -> None:
    record, _ = held(Disposition.APPROVE)
    seeing = [actor for actor in (SENDER, APPROVER, ADMINISTRATOR, AUDITOR, STRANGER) if may_see(actor, record)]
    assert seeing == [SENDER, APPROVER, ADMINISTRATOR, AUDITOR]
    assert not may_read_body(AUDITOR, record)
    assert may_read_body(replace(AUDITOR, address=ANN), record)


@pytest.mark.parametrize(("act", "state"), list(itertools.product(Act, sorted(FINAL))))
def test_a_second_decision_says_who_was_first(act: Act, state: State) -> None:
    record, copy = held(Disposition.CONFIRM, state=state, decided_by=DEPUTY, decided_at=NOON)
    error = why_not(ADMINISTRATOR, record, act, [copy], "Asia/Tokyo")
    assert isinstance(error, AlreadyDecided)
    assert (error.by, error.at, error.state) == (DEPUTY, NOON, state)
    assert "21:00" in error.reason.ja  # in the company's own time
    assert DEPUTY in error.reason.en


def test_other_refusals() -> None:
    record, copy = held(Disposition.APPROVE)
    zone = "UTC"
    assert isinstance(why_not(SENDER, record, Act.APPROVE, [copy], zone), Forbidden)
    assert isinstance(why_not(SENDER, record, Act.RELEASE, [copy], zone), Forbidden)
    assert isinstance(why_not(AUDITOR, record, Act.CANCEL, [copy], zone), Forbidden)
    sending = replace(copy, state=State.QUEUED, leased=True)
    assert isinstance(why_not(SENDER, record, Act.CANCEL, [sending], zone), Refused)
    frozen = replace(copy, disposition=Disposition.CONFIRM, frozen_by="admin@corp.example")
    assert isinstance(why_not(SENDER, record, Act.RELEASE, [frozen], zone), Forbidden)


@pytest.mark.parametrize("act", [Act.APPROVE, Act.REJECT])
def test_what_waits_for_no_approval_is_told_so(act: Act) -> None:
    record, copy = held(Disposition.CONFIRM)
    error = why_not(ADMINISTRATOR, record, act, [copy], "UTC")
    assert isinstance(error, Forbidden)
    assert error.reason.en == "It waits for nobody's approval: release it, or cancel it."
    assert "承認待ちのメールではありません" in error.reason.ja


TOP, PA = "top@corp.example", "pa@corp.example"
DELEGATED = (Asked((BOSS, TOP), 2, ((BOSS, (DEPUTY, ANN)), (TOP, (DEPUTY,)))),)


def person(address: str, role: Role = Role.SENDER) -> Actor:
    return Actor(address, role, "console")


def test_a_delegate_speaks_for_one_approver_and_only_while_his_place_is_free() -> None:
    record, copy = held(Disposition.APPROVE, asks=DELEGATED)
    assert may_see(person(DEPUTY), record)
    assert acts_for(person(DEPUTY), record, copy) == APPROVING | ASKING
    assert acts_for(person(DEPUTY), record, replace(copy, approvals=(BOSS,))) == APPROVING | ASKING
    assert (
        acts_for(person(BOSS), record, replace(copy, approvals=(DEPUTY,))) == APPROVING | ASKING
    )  # then he speaks for TOP
    single = replace(copy, asks=(Asked((BOSS,), 1, ((BOSS, (DEPUTY, PA)),)), Asked((TOP,))), approvals=(DEPUTY,))
    assert acts_for(person(BOSS), record, single) == {Act.REJECT}
    assert acts_for(person(PA), record, single) == {Act.REJECT}
    error = why_not(person(BOSS), replace(record, recipients=(single,)), Act.APPROVE, [single], "UTC")
    assert isinstance(error, AlreadyDecided)


@pytest.mark.parametrize("role", [Role.SENDER, Role.APPROVER, Role.ADMINISTRATOR])
def test_nobody_approves_his_own_mail_as_a_delegate(role: Role) -> None:
    record, copy = held(Disposition.APPROVE, asks=DELEGATED, urgent=False)
    assert not acts_for(person(ANN, role), record, copy) & (APPROVING | LET_GO | {Act.URGENT})


@pytest.mark.parametrize(
    ("actor", "changes", "may"),
    [
        (SENDER, {}, True),
        (person(ANN, Role.ADMINISTRATOR), {}, True),
        (ADMINISTRATOR, {}, True),
        (APPROVER, {}, False),
        (STRANGER, {}, False),
        (SENDER, {"urgent": False}, False),
        (SENDER, {"frozen_by": ADMINISTRATOR.address}, False),
        (SENDER, {"state": State.QUEUED}, False),
        (SENDER, {"leased": True}, False),
        (SENDER, {"approvals": (BOSS,)}, False),  # nothing is left to wait for: an ordinary release
    ],
)
def test_the_urgent_lane(actor: Actor, changes: dict[str, object], may: bool) -> None:
    record, copy = held(Disposition.APPROVE, **{"urgent": True, **changes})  # type: ignore[arg-type]
    assert (Act.URGENT in acts_for(actor, record, copy)) == may


def test_why_a_mail_cannot_go_as_urgent() -> None:
    record, copy = held(Disposition.APPROVE)
    error = why_not(SENDER, record, Act.URGENT, [copy], "UTC")
    assert isinstance(error, Forbidden)
    assert "urgent" in error.reason.en
