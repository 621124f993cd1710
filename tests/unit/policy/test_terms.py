"""Who is asked, and until when: managers, groups, delegates, absences, office hours; and what may be written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tests.judging import mail, policy_of, rule_of

from mailguard.mail.directory import Directory, Person
from mailguard.mail.verdict import Ask, Disposition, RecipientVerdict, Verdict
from mailguard.policy.judge import judge
from mailguard.policy.marks import Problems

EXTERNAL = "{recipients: {external: true}}"
#: The rules may name this group; who is in it, PEOPLE says.
GROUPS = "groups: {legal: {members: [x@corp.example]}}\n"
ANN, BOSS, TOP = "ann@corp.example", "boss@corp.example", "top@corp.example"
PA, DAVE, EVE = "pa@corp.example", "dave@corp.example", "eve@corp.example"
MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)  # 17:00 in Tokyo
PEOPLE = Directory(
    {
        ANN: Person(ANN, manager=BOSS),
        BOSS: Person(BOSS, manager=TOP, delegates=(PA, DAVE)),
        DAVE: Person(DAVE, manager=DAVE),
        PA: Person(PA, away=((date(2026, 11, 30), date(2026, 12, 1)),)),
    },
    {"legal": frozenset({DAVE, EVE, ANN})},
)
AWAY = replace(PEOPLE, people={**PEOPLE.people, BOSS: replace(PEOPLE.people[BOSS], away=((date(2026, 11, 30),) * 2,))})


def judged(then: str, directory: Directory = PEOPLE, moment: datetime | None = MONDAY, **words: Any) -> Verdict:
    policy = replace(rule_of(EXTERNAL, then, GROUPS), directory=directory)
    return judge(policy, replace(mail(**words), moment=moment))


def first(verdict: Verdict) -> RecipientVerdict:
    return verdict.recipients[0]


def ask(then: str, directory: Directory = PEOPLE, **words: Any) -> Ask:
    terms = first(judged(then, directory, **words)).terms
    assert terms is not None
    (only,) = terms.asks
    return only


@pytest.mark.parametrize(
    ("then", "approvers"),
    [
        ("{approve: {by: manager}}", (BOSS,)),
        ("{approve: {by: {group: legal}}}", (DAVE, EVE)),
        ("{approve: {group: legal}}", (DAVE, EVE)),
        ("{approve: {by: [manager, {group: legal}, x@y.example]}}", (BOSS, DAVE, EVE, "x@y.example")),
        ("{approve: {by: [boss@corp.example, BOSS@corp.example], group: legal, quorum: 1}}", (BOSS, DAVE, EVE)),
    ],
)
def test_who_is_asked(then: str, approvers: tuple[str, ...]) -> None:
    assert ask(then).approvers == approvers


@pytest.mark.parametrize("sender", [DAVE, "nobody@corp.example"])
def test_nobody_is_asked_about_his_own_mail_and_that_is_said(sender: str) -> None:
    verdict = judged("{approve: {by: manager}}", sender=sender)
    terms = first(verdict).terms
    assert terms is not None
    assert terms.asks[0].approvers == ()
    said = [note.en for note in verdict.hits[0].notes]
    assert said == [
        f"No manager is known for {sender}",
        "Too few people can approve it, so the administrators are asked",
    ]
    assert all(note.ja for note in verdict.hits[0].notes)


def test_who_sends_as_another_is_asked_for_by_his_login_and_never_about_himself() -> None:
    case = mail(sender="sales@corp.example")
    case = replace(case, envelope=replace(case.envelope, client=replace(case.envelope.client, login=ANN)))
    for then, approvers in (("{approve: {by: manager}}", (BOSS,)), ("{approve: {group: legal}}", (DAVE, EVE))):
        verdict = judge(replace(rule_of(EXTERNAL, then, GROUPS), directory=PEOPLE), replace(case, moment=MONDAY))
        terms = first(verdict).terms
        assert terms is not None
        assert terms.asks[0].approvers == approvers


ALIAS = "d.avis@corp.example"
BY_ALIAS = replace(PEOPLE, people={**PEOPLE.people, DAVE: replace(PEOPLE.people[DAVE], aliases=(ALIAS,))})


@pytest.mark.parametrize(
    ("sender", "own"),
    [
        (ALIAS, (DAVE, ALIAS)),
        ("d.avis+news@corp.example", ("d.avis+news@corp.example", ALIAS, DAVE)),
        ("dave+x@corp.example", ("dave+x@corp.example", DAVE, ALIAS)),
        ("+x@corp.example", ("+x@corp.example",)),
    ],
)
def test_by_whatever_address_somebody_sends_the_mail_is_his_own(sender: str, own: tuple[str, ...]) -> None:
    verdict = judged("{approve: {by: [dave+ok@corp.example, {group: legal}]}}", BY_ALIAS, sender=sender)
    assert verdict.own == own
    terms = first(verdict).terms
    assert terms is not None
    expected = (ANN, EVE) if DAVE in own else (ANN, "dave+ok@corp.example", DAVE, EVE)
    assert terms.asks[0].approvers == expected


def test_the_manager_of_a_mailbox_is_that_of_its_plus_addresses() -> None:
    assert ask("{approve: {by: manager}}", sender="ann+list@corp.example").approvers == (BOSS,)


def test_a_group_that_is_gone_is_a_note_and_no_open_door() -> None:
    verdict = judged("{approve: {group: legal}}", replace(PEOPLE, groups={}))
    assert verdict.disposition is Disposition.APPROVE
    assert "There is no group legal" in [note.en for note in verdict.hits[0].notes]


@pytest.mark.parametrize(
    ("delegates", "expected"),
    [
        ("true", ((BOSS, (DAVE, PA)),)),  # PA is away: Dave is asked first
        ("false", ()),
        ("[eve@corp.example, ann@corp.example]", ((BOSS, (EVE,)),)),
    ],
)
def test_delegates(delegates: str, expected: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
    assert ask(f"{{approve: {{by: manager, delegates: {delegates}}}}}").delegates == expected


def test_the_sender_never_stands_in() -> None:
    assert ask("{approve: {by: [boss@corp.example]}}", sender=DAVE).delegates == ((BOSS, (PA,)),)


def test_who_is_away_is_known_by_the_day_of_the_mail() -> None:
    assert ask("{approve: {by: manager}}").absent == ()
    assert ask("{approve: {by: manager}}", AWAY).absent == (BOSS,)
    assert ask("{approve: {by: manager}}", AWAY, moment=MONDAY + timedelta(days=1)).absent == ()
    assert ask("{approve: {by: manager}}", AWAY, moment=None).absent == ()


@pytest.mark.parametrize(
    ("to", "people"),
    [
        ("manager_of_manager", (TOP,)),
        ("[administrators, {group: legal}]", ("administrators", DAVE, EVE)),
        ("administrators", ("administrators",)),
    ],
)
def test_escalation(to: str, people: tuple[str, ...]) -> None:
    found = ask(f"{{approve: {{by: manager, escalate_after: 2h, escalate_to: {to}}}}}")
    assert (found.escalate_after, found.escalate_to) == (timedelta(hours=2), people)


def test_escalation_to_nobody_known_goes_to_the_administrators() -> None:
    found = ask("{approve: {by: [x@y.example], escalate_after: 2h, escalate_to: manager_of_manager}}", sender=DAVE)
    assert found.escalate_to == ("administrators",)
    assert ask("{approve: {by: manager, escalate_after: 2h}}").escalate_to == ("administrators",)


def test_office_hours_stop_every_clock() -> None:
    then = "{approve: {by: manager, remind_after: 2h, escalate_after: 9h, clock: office_hours, expire_after: 18h}}"
    terms = first(judged(then)).terms
    assert terms is not None
    # Monday 17:00; one hour is left of it, office hours are 9 to 18.
    assert terms.asks[0].remind_after == timedelta(hours=17)  # Tuesday 10:00
    assert terms.asks[0].escalate_after == timedelta(hours=24)
    assert terms.expire_after == timedelta(hours=48)
    # Nobody knows when it came in: the times as they are written.
    unknown = first(judged(then, moment=None)).terms
    assert unknown is not None
    assert (unknown.asks[0].remind_after, unknown.expire_after) == (timedelta(hours=2), timedelta(hours=18))
    always = first(judged("{approve: {by: manager, remind_after: 2h}}")).terms
    assert always is not None
    assert (always.asks[0].remind_after, always.urgent) == (timedelta(hours=2), False)
    assert (always.asks[0].escalate_to, always.asks[0].escalate_after) == ((), None)


def test_just_enough_approvers_are_enough() -> None:
    assert not judged("{approve: {group: legal, quorum: 3}}", sender="x@corp.example").hits[0].notes
    assert judged("{approve: {group: legal, quorum: 4}}", sender="x@corp.example").hits[0].notes


def test_urgent_only_where_every_rule_allows_it_and_every_rule_is_answered() -> None:
    def terms(*rules: str) -> Any:
        text = "".join(f"  - {{id: r{n}, when: {EXTERNAL}, then: {rule}}}\n" for n, rule in enumerate(rules))
        return first(judge(policy_of(f"version: 1\nrules:\n{text}"), mail())).terms

    one, other = "{approve: {by: [a@c.example]}, urgent: true}", "{approve: {by: [b@c.example]}}"
    assert terms(one).urgent
    assert not terms(one, other).urgent
    assert terms(one, other) == terms(other, one)
    assert [found.approvers for found in terms(one, other, one).asks] == [("a@c.example",), ("b@c.example",)]


def test_a_challenge_that_was_answered_does_nothing_more_and_others_stay() -> None:
    text = (
        f"version: 1\nrules:\n  - {{id: ask, when: {EXTERNAL}, then: challenge}}\n"
        f"  - {{id: more, when: {EXTERNAL}, then: {{challenge: 5m}}}}\n"
        f"  - {{id: boss, when: {EXTERNAL}, then: {{approve: {{by: [boss@corp.example]}}}}}}\n"
    )
    policy = policy_of(text)
    verdict = judge(policy, mail())
    assert (verdict.disposition, verdict.window) == (Disposition.CHALLENGE, timedelta(minutes=5))
    half = judge(policy, replace(mail(), confirmed=frozenset({"ask"})))
    assert (half.disposition, half.confirmed) == (Disposition.CHALLENGE, ("ask",))
    whole = judge(policy, replace(mail(), confirmed=frozenset({"ask", "more", "boss"})))
    assert (whole.disposition, whole.confirmed) == (Disposition.APPROVE, ("ask", "more"))


def test_a_machine_is_not_challenged() -> None:
    assert judge(rule_of(EXTERNAL, "challenge"), mail(automatic=True)).disposition is Disposition.DELIVER


@pytest.mark.parametrize(
    ("then", "mode", "told"),
    [
        ("confirm", "enforce", ()),
        ("confirm", "notify", ("sender",)),
        ("confirm", "monitor", ()),
        ("{confirm: , notify: [administrators, X@Corp.example]}", "enforce", ("administrators", "x@corp.example")),
        ("{confirm: , notify: administrators}", "notify", ("administrators",)),
        ("{confirm: , notify: administrators}", "monitor", ()),
    ],
)
def test_who_is_told_of_a_hit(then: str, mode: str, told: tuple[str, ...]) -> None:
    policy = rule_of(EXTERNAL, then, f"    mode: {mode}\n")
    verdict = judge(policy, mail())
    assert verdict.hits[0].notify == told
    assert (verdict.disposition is Disposition.DELIVER) == (mode != "enforce")
    assert judge(policy, mail(automatic=True)).hits[0].notify == ()


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("approve", "approve needs approvers"),
        ("{approve: {}}", "approve needs approvers"),
        ("{approve: {by: managr}}", "did you mean 'manager'"),
        ("{approve: {by: {grop: x}}}", "{group: name}"),
        ("{approve: {by: manager, quorum: 2}}", "cannot be reached by 1"),
        ("{approve: {by: [a@b.example, A@b.example], quorum: 2}}", "cannot be reached by 1"),
        ("{approve: {by: manager, escalate_to: administrators}}", "escalate_after"),
        ("{approve: {by: manager, remind_after: 72h}}", "would never come"),
        ("{approve: {by: manager, remind_after: 2h}, expire_after: 1h}", "would never come"),
        ("{approve: {by: manager, expire_after: 2h}, expire_after: 1h}", "write it once"),
        ("{approve: {by: manager, delegates: []}}", "write false"),
        ("{approve: {by: manager, clock: sometimes}}", "office_hours"),
        ("{confirm: true, urgent: true}", "urgent belongs to approve"),
        ("{challenge: 30s}", "between 1m and 24h"),
        ("{challenge: 25h}", "between 1m and 24h"),
        ("{challenge: 10m, expire_after: 1h}", "belong to confirm and approve"),
        ("{challenge: 10m, internal_first: true}", "internal_first belongs"),
        ("{confirm: true, notify: [slack]}", "channels such as chat are not available"),
        ("{confirm: true, notify: [sendr]}", "did you mean 'sender'"),
        ("{confirm: true, route: Other Way}", "route"),
        ("{reject: true, route: other}", "goes nowhere"),
        ("{delay: 60s, clock: office_hours}", "belong to confirm and approve"),
    ],
)
def test_what_is_refused(then: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words.replace("{", r"\{")):
        rule_of(EXTERNAL, then)


@pytest.mark.parametrize(
    "then",
    [
        "{approve: {group: leagl}}",
        "{approve: {by: {group: leagl}}}",
        "{approve: {by: [manager, {group: leagl}]}}",
        "{approve: {by: manager, escalate_after: 1h, escalate_to: {group: leagl}}}",
    ],
)
def test_a_group_that_nobody_knows_is_an_error_when_loading(then: str) -> None:
    with pytest.raises(Problems) as caught:
        rule_of(EXTERNAL, then, GROUPS)
    (problem,) = caught.value.problems
    assert problem.message == "no group 'leagl', did you mean 'legal'?"
    assert (problem.line, problem.column > 10) == (5, True)


def test_a_person_is_one_by_whatever_address() -> None:
    ann = replace(PEOPLE.people[ANN], aliases=("hanako@corp.example", "boss2@corp.example"))
    boss = replace(PEOPLE.people[BOSS], aliases=("chief@corp.example",), delegates=("hanako@corp.example", PA))
    people = replace(PEOPLE, people={**PEOPLE.people, ANN: ann, BOSS: boss})
    found = ask(
        "{approve: {by: [manager, chief@corp.example, boss2@corp.example]}}", people, sender="hanako@corp.example"
    )
    assert (found.approvers, found.delegates) == ((BOSS,), ((BOSS, (PA,)),))


def test_of_a_delegate_who_is_away_too_his_own_stands_in() -> None:
    pa = replace(PEOPLE.people[PA], delegates=(EVE,))
    boss = replace(AWAY.people[BOSS], delegates=(PA,))
    people = replace(AWAY, people={**AWAY.people, PA: pa, BOSS: boss})
    assert ask("{approve: {by: manager}}", people).delegates == ((BOSS, (EVE, PA)),)


def test_a_challenge_for_machines_is_refused() -> None:
    with pytest.raises(ValidationError, match="no machine"):
        rule_of(EXTERNAL, "challenge", "    automatic: true\n")


def test_the_word_alone_and_the_empty_key_are_ten_minutes() -> None:
    for then in ("challenge", "{challenge: , scope: mail}"):
        assert judged(then).window == timedelta(minutes=10)
