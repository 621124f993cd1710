"""Two policies over recorded mails: what changes, what cannot be decided, what of then still stands."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mailguard.cli.columns import table, width
from mailguard.cli.junit import junit
from mailguard.mail.address import ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Facts, HeaderAddress, Headers
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Disposition
from mailguard.policy.case import Case
from mailguard.policy.examples import run_examples
from mailguard.policy.explain import explain_recorded
from mailguard.policy.judge import judge
from mailguard.policy.loader import Policy, load_policy
from mailguard.policy.readiness import Readiness, digest_of, readiness
from mailguard.policy.recorded import Copy, Outcome, Recorded, outcome_of
from mailguard.policy.report import Report
from mailguard.policy.schema import ThenModel
from mailguard.policy.simulate import Simulation
from mailguard.store.figures import RuleFigures

COMPANY = Organization(("corp.example",), "Corp")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OUTSIDE = "{id: outside, when: {recipients: {external: true}}, then: confirm}"
WORD = "{id: word, when: {text: {words: [tender], in: [body]}}, then: confirm}"
SUBJECT = "{id: subject, when: {text: {words: [tender]}}, then: confirm}"
QUIET = "{id: quiet, when: {message: {signed: true}}, then: confirm}"


def policy(tmp_path: Path, *rules: str, name: str = "p.yaml", more: str = "") -> Policy:
    file = tmp_path / name
    file.write_text("version: 1\n" + more + "rules:\n" + "".join(f"  - {rule}\n" for rule in rules), encoding="utf-8")
    return load_policy([file], COMPANY)


def mail(
    by: Policy,
    text: str = "",
    *,
    subject: str = "x",
    to: str = "bob@partner.example",
    outcome: Outcome = "",
    number: int = 1,
) -> Recorded:
    """A mail as the ledger gives it back: judged with its text, and without it now."""
    client = Client("192.0.2.1", "pc", login="ann@corp.example")
    envelope = Envelope(ReversePath(parse_address("ann@corp.example")), (parse_address(to),), client)
    facts = Facts(Headers(to=(HeaderAddress(to),), subject=subject), text=text, shown=len(text))
    case = Case(envelope, facts, COMPANY, size=100, moment=NOON)
    bare = replace(case, facts=replace(facts, text=""), texts_kept=False)
    return Recorded(f"{number:018}", bare, subject, judge(by, case), outcome)


def report(base: Policy, new: Policy, *mails: Recorded | None) -> Report:
    simulation = Simulation(base, new)
    for one in mails:
        simulation.look(one)
    return simulation.report


def test_a_new_rule_makes_verdicts_stricter(tmp_path: Path) -> None:
    base, new = policy(tmp_path, QUIET), policy(tmp_path, QUIET, OUTSIDE)
    found = report(base, new, mail(base), mail(base, to="ken@corp.example"))
    assert (found.mails, found.stricter, found.milder) == (2, 1, 0)
    assert (found.rules["outside"].hits, found.rules["outside"].holds, found.rules["outside"].was) == (1, 1, "")
    assert found.to_json()["changes"][0]["rule"] == "outside"
    assert found.days == {"2026-11-23": [2, 0, 1]}


def test_a_rule_that_is_gone_makes_them_milder(tmp_path: Path) -> None:
    base, new = policy(tmp_path, QUIET, OUTSIDE), policy(tmp_path, QUIET)
    found = report(base, new, mail(base))
    assert (found.milder, found.rules["outside"].mode, found.rules["outside"].before) == (1, "", 1)


def test_a_rule_that_needs_the_text_is_undecided_never_false(tmp_path: Path) -> None:
    base, new = policy(tmp_path, QUIET), policy(tmp_path, QUIET, WORD)
    found = report(base, new, mail(base, "the tender"), mail(base, "nothing"))
    assert (found.rules["word"].undecided, found.rules["word"].hits, found.stricter) == (2, 0, 0)


@pytest.mark.parametrize(
    "when",
    [
        "text: {words: [tender], quoted: exclude}",
        "attachments: {forgotten: true}",
        "message: {language: [ja]}",
        "message: {empty_body: true}",
        "message: {header: {name: X-Project}}",
        "recipients: {new_in_thread: true}",
        "recipients: {not_written_for: 180d}",
        "recipients: {no_mx: true}",
    ],
)
def test_whatever_is_not_recorded_leaves_a_rule_undecided(tmp_path: Path, when: str) -> None:
    base = policy(tmp_path, QUIET)
    new = policy(tmp_path, QUIET, f"{{id: wants, when: {{{when}}}, then: confirm}}")
    one = mail(base, "the tender")
    reply = replace(one, case=replace(one.case, facts=replace(one.case.facts, is_reply=True)))
    found = report(base, new, one, reply)
    # a mail that answers none has no thread: that is known
    known = when.startswith("recipients: {new_in_thread")
    assert found.rules["wants"].undecided == (1 if known else 2)
    assert (found.stricter, found.rules["wants"].hits) == (0, 0)


def test_with_the_text_it_is_decided(tmp_path: Path) -> None:
    base, new = policy(tmp_path, QUIET), policy(tmp_path, QUIET, WORD)
    one = mail(base, "the tender").with_texts(Facts(text="the tender", shown=10))
    found = report(base, new, one)
    assert (found.rules["word"].undecided, found.rules["word"].hits, found.stricter) == (0, 1, 1)


def test_what_the_subject_says_needs_no_text(tmp_path: Path) -> None:
    base, new = policy(tmp_path, QUIET), policy(tmp_path, QUIET, SUBJECT)
    found = report(base, new, mail(base, subject="a tender"))
    assert (found.rules["subject"].undecided, found.stricter) == (0, 1)


def test_the_answer_of_an_unchanged_rule_stands_though_its_text_is_gone(tmp_path: Path) -> None:
    base, new = policy(tmp_path, WORD), policy(tmp_path, WORD, QUIET)
    found = report(base, new, mail(base, "the tender"), mail(base, "nothing"))
    assert (found.undecided, found.stricter, found.milder, found.rules["word"].hits) == (0, 0, 0, 1)


def test_a_watching_text_rule_may_be_enforced_on_paper(tmp_path: Path) -> None:
    base = policy(tmp_path, WORD.replace("then", "mode: monitor, then"))
    found = report(base, policy(tmp_path, WORD), mail(base, "the tender"))
    assert (found.undecided, found.stricter, found.rules["word"].was) == (0, 1, "monitor")


def test_a_changed_text_rule_that_held_is_not_called_milder(tmp_path: Path) -> None:
    base, new = policy(tmp_path, WORD), policy(tmp_path, WORD.replace("tender", "offer"))
    found = report(base, new, mail(base, "the tender"))
    assert (found.undecided, found.milder, found.stricter) == (1, 0, 0)


def test_an_exception_that_needs_the_text_leaves_the_rule_undecided(tmp_path: Path) -> None:
    rule = OUTSIDE.replace("then", "unless: [{text: {words: [ok], in: [body]}}], then")
    base, new = policy(tmp_path, QUIET), policy(tmp_path, QUIET, rule)
    assert report(base, new, mail(base)).rules["outside"].undecided == 1


def test_a_mail_that_another_policy_judged_is_judged_by_both(tmp_path: Path) -> None:
    older, base, new = policy(tmp_path, QUIET), policy(tmp_path, OUTSIDE), policy(tmp_path, QUIET, WORD)
    found = report(base, new, mail(older, "the tender"))
    assert (found.milder, found.undecided) == (1, 1)


def test_a_rule_that_failed_then_is_asked_again(tmp_path: Path) -> None:
    base, new = policy(tmp_path, OUTSIDE), policy(tmp_path, OUTSIDE, QUIET)
    one = mail(base)
    broken = replace(one.verdict.hits[0], rule="unreadable")
    found = report(base, new, replace(one, verdict=replace(one.verdict, hits=(broken,))))
    assert (found.stricter, found.milder, found.rules["outside"].hits) == (0, 0, 1)


def test_another_list_makes_the_rules_be_asked_again(tmp_path: Path) -> None:
    rule = "{id: listed, when: {recipients: {in: [some]}}, then: confirm}"
    base = policy(tmp_path, rule, more="lists: {some: {domains: [a.example]}}\n")
    new = policy(tmp_path, rule, more="lists: {some: {domains: [partner.example]}}\n")
    assert report(base, new, mail(base)).stricter == 1


def test_a_mail_without_a_record_is_counted_as_such(tmp_path: Path) -> None:
    base = policy(tmp_path, QUIET)
    assert (report(base, base, None).unrecorded, report(base, base, None).mails) == (1, 0)


def test_released_unchanged_counts_only_what_people_decided(tmp_path: Path) -> None:
    base = policy(tmp_path, OUTSIDE)
    fates: list[Outcome] = ["released", "released", "changed", "cancelled", "expired", "waiting", ""]
    found = report(base, base, *[mail(base, outcome=fate) for fate in fates]).rules["outside"]
    assert (found.asked, found.released) == (4, 2)


def test_reports_of_parts_add_up(tmp_path: Path) -> None:
    base, new = policy(tmp_path, QUIET), policy(tmp_path, QUIET, OUTSIDE)
    mails = [mail(base, number=number) for number in range(120)]
    whole = report(base, new, *mails)
    parts = report(base, new, *mails[70:])
    parts.merge(report(base, new, *mails[:70]))
    assert parts.to_json() == whole.to_json()
    assert [one["id"] for one in whole.to_json()["changes"]] == [f"{n:018}" for n in range(119, 69, -1)]


@pytest.mark.parametrize(
    ("copies", "outcome"),
    [
        ([(2, State.RELAYED, "ann")], "released"),
        ([(2, State.RELAYED, "mailguard")], "expired"),
        ([(2, State.RELAYED, "ann"), (2, State.CANCELLED, "ann")], "changed"),
        ([(2, State.RELAYED, "ann"), (0, State.CANCELLED, "ann")], "changed"),
        ([(3, State.HELD, ""), (3, State.RELAYED, "boss")], "waiting"),
        ([(2, State.CANCELLED, "ann")], "cancelled"),
        ([(3, State.REJECTED, "boss")], "rejected"),
        ([(2, State.EXPIRED, "mailguard")], "expired"),
        ([(0, State.RELAYED, ""), (1, State.RELAYED, "mailguard")], ""),
    ],
)
def test_outcomes(copies: list[tuple[int, State, str]], outcome: Outcome) -> None:
    bob = parse_address("bob@partner.example")
    assert outcome_of([Copy(bob, number, state, by, NOON) for number, state, by in copies]) == outcome


def test_a_recorded_mail_is_explained_without_guessing(tmp_path: Path) -> None:
    base = policy(tmp_path, WORD, OUTSIDE)
    said = explain_recorded(base, mail(base, "the tender"))
    assert {rule["id"]: rule["hit"] for rule in said["rules"]} == {"word": True, "outside": True}
    other = explain_recorded(policy(tmp_path, WORD.replace("tender", "offer"), OUTSIDE), mail(base, "the tender"))
    assert {rule["id"]: rule["hit"] for rule in other["rules"]} == {"word": None, "outside": True}
    assert (other["texts"], other["disposition"]) == (False, "confirm")
    assert all(rule["why"]["ja"] and rule["why"]["en"] for rule in other["rules"])


def standing(rules: Policy, seen: RuleFigures, mails: int = 1000) -> Readiness:
    return readiness(rules.rules[0], seen, mails, run_examples(rules, COMPANY), NOON)


WATCHING = (
    "{id: outside, mode: monitor, when: {recipients: {external: true}}, then: confirm, examples: "
    "[{from: a@corp.example, to: [b@x.example], expect: confirm}]}"
)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "ready"),
        ({"since": NOON - timedelta(days=13), "judged": 199}, "learning"),
        ({"since": NOON - timedelta(days=1), "judged": 200}, "ready"),
        ({"since": None, "judged": 0}, "learning"),
        ({"hits": 51}, "not_yet"),
        ({"worst": 0.21}, "not_yet"),
        ({"unsure": 0.3}, "not_yet"),
    ],
)
def test_readiness(tmp_path: Path, changes: dict[str, object], wanted: str) -> None:
    seen = RuleFigures("outside", hits=50, worst=0.2, unsure=0.2, since=NOON - timedelta(days=14), judged=10)
    found = standing(policy(tmp_path, WATCHING), replace(seen, **changes))  # type: ignore[arg-type]
    assert found.standing == wanted
    assert bool(found.line) == (wanted == "ready")
    assert all(check.said.ja and check.said.en for check in found.checks)


def test_a_rule_without_examples_or_with_failing_ones_is_not_ready(tmp_path: Path) -> None:
    seen = RuleFigures("outside", since=NOON - timedelta(days=99), judged=10_000)
    assert standing(policy(tmp_path, WATCHING.split(", examples")[0] + "}"), seen).standing == "not_yet"
    assert (
        standing(policy(tmp_path, WATCHING.replace("expect: confirm", "expect: deliver")), seen).standing == "not_yet"
    )


@pytest.mark.parametrize(
    ("released", "asked", "wanted"), [(17, 20, "rubber_stamp"), (16, 20, "watch"), (19, 19, "watch")]
)
def test_rubber_stamps(tmp_path: Path, released: int, asked: int, wanted: str) -> None:
    seen = RuleFigures("outside", asked=asked, released=released)
    assert standing(policy(tmp_path, OUTSIDE), seen).standing == wanted


def test_every_rule_can_be_written_down_again() -> None:
    approve = {
        "by": ["manager", {"group": "legal"}, "boss@corp.example"],
        "escalate_to": ["manager"],
        "remind_after": "4h",
    }
    approve |= {"escalate_after": "8h"}
    said = ThenModel.model_validate({"approve": approve}).model_dump(warnings="error")
    assert said["approve"]["by"] == (["manager"], ["group legal"], ["boss@corp.example"])


def test_a_rule_is_the_same_in_another_mode_and_another_one_when_it_asks_something_else(tmp_path: Path) -> None:
    one, other, third = (
        policy(tmp_path, rule).rules[0]
        for rule in (WATCHING, WATCHING.replace("monitor", "enforce"), WATCHING.replace("external", "internal"))
    )
    assert digest_of(one) == digest_of(other) != digest_of(third)


def test_junit_is_well_formed_whatever_a_policy_says(tmp_path: Path) -> None:
    rule = WATCHING.replace("expect: confirm", 'subject: "<&\\a\\ud800\\u0000]]>", expect: deliver')
    rules = policy(tmp_path, re.sub(r"\\ud800|\\u0000", "", rule))
    results = [
        replace(one, title=one.title + "\a\ud800<&\0", reasons=("\x1b]]>",)) for one in run_examples(rules, COMPANY)
    ]
    root = ElementTree.fromstring(junit(results))
    assert (root.get("tests"), root.get("failures")) == ("1", "1")
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == "expected deliver, got confirm"
    assert f"{tmp_path}" in (failure.text or "")


def test_a_failing_example_says_which_rule_and_why(tmp_path: Path) -> None:
    (result,) = run_examples(policy(tmp_path, WATCHING.replace("expect: confirm", "expect: deliver")), COMPANY)
    assert result.reasons[0].startswith("outside: Hit: ")
    (passed,) = run_examples(policy(tmp_path, WATCHING), COMPANY)
    assert passed.reasons == ()


def test_columns_are_counted_as_a_terminal_shows_them() -> None:
    assert width("規則a") == 5
    first, second = table([["規則", "1"], ["ab", "22"]])
    assert (width(first), width(second)) == (8, 8)


def test_the_same_days_for_everybody(tmp_path: Path) -> None:
    base = policy(tmp_path, QUIET)
    late = mail(base)
    moved = replace(late, case=replace(late.case, moment=datetime(2026, 11, 23, 16, tzinfo=UTC)))
    assert report(base, base, moved).days == {"2026-11-24": [1, 0, 0]}  # in the organisation's zone
    assert Disposition.CONFIRM.word in report(base, policy(tmp_path, OUTSIDE), late).after
