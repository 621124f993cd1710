"""What a rule asks of recipients: the fields, organizations and what history remembers, each both ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.judging import mail, rule_of, said

from mailguard.mail.directory import Directory
from mailguard.mail.facts import Finding, HeaderAddress, Headers
from mailguard.policy.case import Known
from mailguard.policy.conditions import habits
from mailguard.policy.judge import judge
from mailguard.policy.lint import lint
from mailguard.policy.view import View

BOB, CAROL, DAVE = "bob@partner.example", "carol@other.example", "dave@third.example"


def sentences(policy_condition: str, **words: Any) -> tuple[str, str]:
    """The fact in both languages, as a rule without words of its own tells it."""
    hit = judge(rule_of(policy_condition), mail(**words)).hits[0]
    return hit.because.ja, hit.because.en


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ("{to: true}", {"to": BOB}, {"cc": BOB}),
        ("{cc: true}", {"cc": BOB}, {"to": BOB}),
        ("{cc: true}", {"to": CAROL, "cc": BOB}, {"bcc": BOB}),
        ("{to: false}", {"to": CAROL, "bcc": BOB}, {"to": BOB}),
        ("{cc: false}", {"bcc": BOB}, {"cc": BOB}),
        ('{organizations: ">= 2"}', {"to": [BOB, CAROL]}, {"to": [BOB, "carol@partner.example"]}),
        ('{organizations: ">= 2"}', {"to": [BOB, "ken@corp.example"]}, {"to": ["a@corp.example", "b@corp.example"]}),
        (
            '{external: true, organizations: ">= 2"}',
            {"to": ["a@mail.x.co.jp", "b@y.co.jp"]},
            {"to": ["a@mail.x.co.jp", "b@x.co.jp", "ken@corp.example"]},
        ),
        ('{organizations: ">= 2"}', {"to": ["a@gmail.com", "b@gmail.com"]}, {"to": ["a@gmail.com"]}),
        (
            '{external: true, visible: true, organizations: ">= 2"}',
            {"to": BOB, "cc": CAROL},
            {"to": BOB, "bcc": CAROL},
        ),
        (
            "{not_written_for: 180d}",
            {"to": BOB, "last_written": {BOB: "200d"}},
            {"to": BOB, "last_written": {BOB: "179d"}},
        ),
        ("{not_written_for: 180d}", {"to": BOB, "last_written": {BOB: "180d"}}, {"to": BOB}),
    ],
)
def test_picks(condition: str, hit: dict[str, Any], miss: dict[str, Any]) -> None:
    policy = rule_of(f"{{recipients: {condition}}}")
    assert said(policy, mail(**hit)) == "confirm"
    assert said(policy, mail(**miss)) == "deliver"


def test_who_was_not_written_to_is_named_with_the_time() -> None:
    words = {"to": [BOB, CAROL], "last_written": {BOB: "200d", CAROL: "1d"}}
    ja, en = sentences("{recipients: {not_written_for: 180d}}", **words)
    assert f"{BOB}（前回は200日前）" in ja
    assert "180日以上送っていない" in ja
    assert f"{BOB}, last 200 days ago" in en
    assert CAROL not in ja + en


def test_memory_that_nobody_asked_is_not_an_empty_one() -> None:
    case = replace(mail(to=BOB), known=Known())
    policy = rule_of("{recipients: {not_written_for: 180d}}")
    assert policy.needs == {"written"}
    assert said(policy, case) == "confirm"
    assert "履歴 · history" in judge(policy, case).hits[0].because.ja
    assert said(rule_of("{recipients: {not_written_for: 180d}}", more="    when_unknown: ignore"), case) == "deliver"


def test_what_one_recipient_leaves_open_does_not_matter_where_others_decide() -> None:
    known = Known(last_written={BOB: timedelta(days=400)})
    case = replace(mail(to=[BOB, CAROL]), known=known)
    assert said(rule_of('{recipients: {not_written_for: 180d, count: "== 1"}}'), case) == "confirm"
    assert said(rule_of('{recipients: {not_written_for: 180d, count: ">= 2"}}'), case) == "deliver"


def test_a_rule_needs_only_what_it_asks_for() -> None:
    assert rule_of("{recipients: {external: true}}").needs == frozenset()
    nested = "{any: [{not: {recipients: {not_written_for: 90d}}}, {recipients: {external: true}}]}"
    assert rule_of(nested).needs == {"written"}
    unless = "    unless: [{recipients: {not_written_for: 90d}}]"
    assert rule_of("{recipients: {external: true}}", more=unless).needs == {"written"}


MISMATCH = "{message: {header_envelope_mismatch: true}}"


@pytest.mark.parametrize(
    ("words", "facts", "word"),
    [
        ({"to": BOB, "header_to": [BOB, CAROL]}, None, "confirm"),
        ({"to": [BOB, CAROL]}, None, "deliver"),
        ({"to": BOB, "bcc": CAROL}, None, "deliver"),
        # A server splits mails: what one transaction lacks another may have.
        ({"to": BOB, "header_to": [BOB, CAROL], "authenticated": False}, None, "deliver"),
        ({"bcc": BOB}, {"headers": Headers(bcc=(HeaderAddress(CAROL),))}, "confirm"),
        ({"bcc": BOB}, {"headers": Headers(bcc=(HeaderAddress(BOB),))}, "deliver"),
        ({"to": BOB}, {"findings": (Finding("malformed_header", "to", ""),)}, "confirm"),
    ],
)
def test_fields_and_envelope_disagree(words: dict[str, Any], facts: dict[str, Any] | None, word: str) -> None:
    assert said(rule_of(MISMATCH), mail(facts, **words)) == word


def test_who_is_missing_from_the_envelope_is_named() -> None:
    ja, en = sentences(MISMATCH, to=BOB, header_to=[BOB, CAROL])
    assert CAROL in ja
    assert CAROL in en
    assert BOB not in ja
    assert said(rule_of("{message: {header_envelope_mismatch: false}}"), mail(to=BOB)) == "confirm"


THREAD = "{recipients: {new_in_thread: true}}"
OUTLOOK = """
-----Original Message-----
From: 田中 太郎 <tanaka@partner.example>
Sent: Monday
To: Ann <ann@corp.example>; 鈴木 花子
Cc: carol@other.example
Subject: x
"""


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ({"to": [BOB, DAVE], "thread": [BOB]}, "confirm"),
        ({"to": BOB, "thread": [BOB, DAVE]}, "deliver"),
        ({"to": BOB}, "deliver"),  # no reply
        ({"to": BOB, "thread": [CAROL], "subject": "Fwd: 見積"}, "deliver"),
        ({"to": [BOB, "ann@corp.example"], "thread": [BOB]}, "deliver"),  # the sender himself
        ({"to": "tanaka@partner.example", "cc": CAROL, "reply": True, "quoted": OUTLOOK}, "deliver"),
        ({"to": BOB, "reply": True, "quoted": OUTLOOK}, "confirm"),
        ({"to": BOB, "reply": True, "quoted": "2026/01/02 Bob <bob@partner.example>:\n> hello"}, "deliver"),
        ({"to": BOB, "reply": True, "quoted": "On Monday, Bob <bob@partner.example> wrote:\n> hi"}, "deliver"),
        ({"to": BOB, "thread": [CAROL], "quoted": "> 宛先：Bob <BOB@partner.example>,\n>  x@y.example"}, "deliver"),
    ],
)
def test_new_in_the_thread(words: dict[str, Any], word: str) -> None:
    assert said(rule_of(THREAD), mail(**words)) == word


NEW_ORGANIZATION = "{recipients: {new_in_thread: organization}}"
NAMED = "-----Original Message-----\nFrom: Carol <carol@other.example>\nTo: 鈴木 花子; Ann <ann@corp.example>\n"


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ({"to": [BOB, DAVE], "thread": [BOB]}, "confirm"),
        ({"to": [BOB, "eve@partner.example"], "thread": [BOB]}, "deliver"),
        ({"to": [BOB, "eve@mail.x.co.jp"], "thread": [BOB, "dan@x.co.jp"]}, "deliver"),
        ({"to": ["a@gmail.com", "b@gmail.com"], "thread": ["a@gmail.com"]}, "confirm"),
        ({"to": [BOB, "ken@corp.example"], "thread": [BOB]}, "deliver"),
        ({"to": BOB}, "deliver"),  # no reply
        ({"to": BOB, "reply": True, "quoted": NAMED.replace("鈴木 花子; ", "")}, "confirm"),
        ({"to": "eve@other.example", "reply": True, "quoted": NAMED}, "deliver"),
        ({"to": BOB, "thread": [CAROL], "quoted": "> 宛先: bob@@partner.example x@y"}, "confirm"),
    ],
)
def test_a_new_organization_in_the_thread(words: dict[str, Any], word: str) -> None:
    assert said(rule_of(NEW_ORGANIZATION, more="    when_unknown: ignore"), mail(**words)) == word


def test_whom_a_name_without_an_address_may_be_is_not_known() -> None:
    case = mail(to=BOB, reply=True, quoted=NAMED)
    assert said(rule_of(NEW_ORGANIZATION), case) == "confirm"
    assert said(rule_of(NEW_ORGANIZATION, more="    when_unknown: ignore"), case) == "deliver"


def test_a_name_that_stands_in_the_quoted_field_is_enough() -> None:
    named = Headers(to=(HeaderAddress("hanako@third.example", "鈴木　花子"),))
    case = mail({"headers": named}, to="hanako@third.example", reply=True, quoted=OUTLOOK)
    assert said(rule_of(THREAD), case) == "deliver"
    other = Headers(to=(HeaderAddress("hanako@third.example", "佐藤 花子"),))
    assert said(rule_of(THREAD), replace(case, facts=replace(case.facts, headers=other))) == "confirm"


def test_who_is_new_is_named() -> None:
    ja, en = sentences(THREAD, to=[BOB, DAVE], thread=[BOB])
    assert DAVE in ja
    assert BOB not in ja
    assert f"{DAVE}, who was in none of the mails before" in en


@pytest.mark.parametrize("quoted", ["", "On Monday, Carol <carol@other.example> wrote:\n> hello"])
def test_a_thread_of_which_nobody_knows_to_whom_it_went_cannot_be_decided(quoted: str) -> None:
    case = mail(to=BOB, reply=True, quoted=quoted)
    assert said(rule_of(THREAD), case) == "confirm"
    assert "earlier mails of the thread" in judge(rule_of(THREAD), case).hits[0].because.en
    assert said(rule_of(THREAD, more="    when_unknown: ignore"), case) == "deliver"
    unread = mail(to=BOB, thread=[BOB], unreadable=True)
    assert "r" in {hit.rule for hit in judge(rule_of(THREAD), unread).hits}


@pytest.mark.parametrize(
    ("condition", "words", "word"),
    [
        ("{no_mx: true}", {"to": BOB, "no_mx": "partner.example"}, "confirm"),
        ("{no_mx: true}", {"to": BOB, "no_mx": "other.example"}, "deliver"),
        ("{no_mx: true}", {"to": "ken@corp.example", "no_mx": "corp.example"}, "deliver"),
        ("{external: true, no_mx: false}", {"to": BOB}, "confirm"),
        ("{mailing_list: true}", {"to": "all@partner.example"}, "confirm"),
        ("{mailing_list: true}", {"to": "zenin@corp.example"}, "confirm"),
        ("{mailing_list: true}", {"to": "sales-ml@partner.example"}, "confirm"),
        ("{mailing_list: true}", {"to": "x@lists.partner.example"}, "confirm"),
        ("{mailing_list: true}", {"to": "x@googlegroups.com"}, "confirm"),
        ("{mailing_list: true}", {"to": "info@partner.example"}, "deliver"),
        ("{mailing_list: true}", {"to": "allen@partner.example"}, "deliver"),
        ("{mailing_list: false}", {"to": "all@partner.example"}, "deliver"),
    ],
)
def test_domains_without_mail_and_lists(condition: str, words: dict[str, Any], word: str) -> None:
    assert said(rule_of(f"{{recipients: {condition}}}"), mail(**words)) == word


def test_a_domain_of_which_dns_said_nothing_is_not_known() -> None:
    policy = rule_of("{recipients: {no_mx: true}}")
    case = replace(mail(to=BOB), mail_domains={})
    assert policy.needs == {"mx"}
    assert said(policy, case) == "confirm"
    assert "DNS: partner.example" in judge(policy, case).hits[0].because.en
    assert said(policy, replace(case, mail_domains={"partner.example": True})) == "deliver"


def test_a_group_of_the_directory_is_a_list() -> None:
    policy = rule_of("{recipients: {mailing_list: true}}")
    groups = Directory(groups={"tokyo@corp.example": frozenset({"ken@corp.example"})})
    assert said(policy, mail(to="tokyo@corp.example")) == "deliver"
    assert said(replace(policy, directory=groups), mail(to="tokyo@corp.example")) == "confirm"


USUAL: dict[str, Any] = {"habits": [{"together": [BOB, CAROL, DAVE], "times": 5}]}
EVE = "eve@fourth.example"


@pytest.mark.parametrize(
    ("kind", "words", "word"),
    [
        ("unusual", {"to": [BOB, CAROL, DAVE, EVE]}, "confirm"),
        ("unusual", {"to": [BOB, CAROL, DAVE]}, "deliver"),
        ("unusual", {"to": [BOB, CAROL, DAVE, EVE, "f@x.example"]}, "deliver"),
        ("missing", {"to": [BOB, CAROL]}, "confirm"),
        ("missing", {"to": [BOB, CAROL, DAVE]}, "deliver"),
        ("missing", {"to": BOB}, "deliver"),
        ("replaced", {"to": [BOB, CAROL], "cc": EVE}, "confirm"),
        ("replaced", {"to": [BOB, CAROL, DAVE]}, "deliver"),
        ("replaced", {"to": [BOB, CAROL, DAVE, EVE]}, "deliver"),
        ("replaced", {"to": [BOB, CAROL, "ann@corp.example"], "cc": EVE}, "confirm"),  # the sender in copy
    ],
)
def test_habits(kind: str, words: dict[str, Any], word: str) -> None:
    policy = rule_of(f"{{recipients: {{habit: {kind}}}}}")
    assert policy.needs == {"habits"}
    assert said(policy, mail(**{**USUAL, **words})) == word
    assert said(policy, mail(**words)) == "deliver"
    assert said(policy, replace(mail(**words), known=Known())) == "confirm"


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ({"to": [BOB, CAROL], "cc": DAVE}, "confirm"),
        ({"to": [BOB, CAROL, DAVE, "eve@fifth.example"]}, "deliver"),
        ({"to": [BOB, CAROL]}, "deliver"),
    ],
)
def test_a_usual_group(words: dict[str, Any], word: str) -> None:
    policy = rule_of("{recipients: {habit: usual, every: true}}")
    assert policy.needs == {"habits"}
    assert said(policy, mail(**words, **USUAL)) == word


def test_a_usual_group_is_not_known_without_memory() -> None:
    policy = rule_of("{recipients: {external: true}}", more="    unless: [{recipients: {habit: usual}}]")
    assert said(policy, replace(mail(to=[BOB, CAROL]), known=Known())) == "confirm"


def test_what_was_done_exactly_so_before_is_usual() -> None:
    both: dict[str, Any] = {"habits": [*USUAL["habits"], {"together": [BOB, CAROL]}]}
    assert said(rule_of("{recipients: {habit: missing}}"), mail(to=[BOB, CAROL], **both)) == "deliver"


def test_a_cloud_that_splits_a_mail_leaves_nobody_out() -> None:
    part = mail({}, to=BOB, header_to=[BOB, CAROL, DAVE], **USUAL)
    assert said(rule_of("{recipients: {habit: missing}}"), part) == "deliver"


def test_who_is_missing_or_exchanged_is_named() -> None:
    ja, en = sentences("{recipients: {habit: missing}}", to=[BOB, CAROL], **USUAL)
    assert f"{DAVE} がいない（いつもは{BOB}、{CAROL}、{DAVE}、5回）" in ja
    assert f"{DAVE} is missing; usually" in en
    ja, en = sentences("{recipients: {habit: replaced}}", to=[BOB, CAROL, EVE], **USUAL)
    assert f"{DAVE} のかわりに {EVE}" in ja
    assert f"{EVE} in the place of {DAVE}" in en
    hit = judge(rule_of("{recipients: {habit: unusual}}"), mail(to=[BOB, CAROL, DAVE, EVE], **USUAL)).hits[0]
    assert hit.evidence == (f"+ {EVE} (3 × 5)",)
    assert [str(one) for one in hit.recipients] == [EVE]


def test_risk() -> None:
    policy = rule_of('{recipients: {risk: ">= 0.8"}}')
    assert said(policy, mail(to=BOB, risk={BOB: 0.8})) == "confirm"
    assert said(policy, mail(to=BOB, risk={BOB: 0.79})) == "deliver"
    verdict = judge(policy, mail(to=[BOB, CAROL], risk={BOB: 0.9}))
    assert [one.risk for one in verdict.recipients] == [0.9, 0.0]
    assert verdict.hits[0].evidence == (BOB,)
    assert said(policy, replace(mail(to=BOB), risks=None)) == "confirm"
    assert (
        said(rule_of('{recipients: {risk: ">= 0.8"}}', more="    when_unknown: ignore"), replace(mail(), risks=None))
        == "deliver"
    )


@pytest.mark.parametrize("text", [">= 1.5", "0.8", ">= 80", ">= 0.123", ">= -0.1"])
def test_a_risk_is_a_share(text: str) -> None:
    with pytest.raises(ValueError, match="share from 0 to 1"):
        rule_of(f'{{recipients: {{risk: "{text}"}}}}')


@pytest.mark.parametrize(
    ("condition", "warning"),
    [
        ("{bcc: true, to: true}", "neither in To nor in Cc"),
        ("{first_time: sender, not_written_for: 90d}", "never written to"),
        ("{internal: true, no_mx: true}", "no_mx is about outside"),
        ("{internal: true, lookalike: domain}", "lookalike is about outside"),
        ("{internal: true, namesake: free_mail}", "free mail is not internal"),
        ("{free_mail: false, namesake: free_mail}", "is about free mail"),
        ("{internal: true, quoted: foreign}", "quoted: foreign is about outside"),
        ("{internal: true, attachment_seen_elsewhere: true}", "is about outside"),
        ('{risk: ">= 0.5"}', "write when_unknown: ignore"),
        ("{alarm: true}", "write when_unknown: ignore"),
        ('{risk: ">= 0"}', "risk: >= 0 holds for every number"),
        ('{organizations: ">= 0"}', "holds for every number"),
    ],
)
def test_what_is_surely_not_meant_is_said(condition: str, warning: str) -> None:
    assert warning in str(lint(rule_of(f"{{recipients: {condition}}}"))[0])


@pytest.mark.parametrize(
    ("condition", "template", "words", "said_ja"),
    [
        ("{recipients: {habit: missing}}", "{missing}がいません", {"to": [BOB, CAROL], **USUAL}, f"{DAVE}がいません"),
        ("{recipients: {organizations: '>= 2'}}", "{organizations}組織", {"to": [BOB, CAROL]}, "2組織"),
        (
            "{message: {greeting: fits_nobody}}",
            "{greeting}宛て",
            {"to": "suzuki@x.example", "greeting": "田中"},
            "田中様宛て",
        ),
    ],
)
def test_a_sentence_may_name_it(condition: str, template: str, words: dict[str, Any], said_ja: str) -> None:
    policy = rule_of(condition, more=f'    because: {{ja: "{template}", en: "{template}"}}')
    assert judge(policy, mail(**words)).hits[0].because.ja == said_ja


def test_the_nearest_habit_is_looked_for_once_for_all_recipients(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    nearest = habits._nearest

    def counted(view: View, kind: habits.Change) -> habits.Near | None:
        asked.append(kind)
        return nearest(view, kind)

    monkeypatch.setattr(habits, "_nearest", counted)
    case = mail(to=[BOB, CAROL, DAVE, EVE], **USUAL)
    assert said(rule_of("{recipients: {habit: unusual}}"), case) == "confirm"
    assert asked == ["unusual"]
