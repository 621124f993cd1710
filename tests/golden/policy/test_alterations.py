"""Golden tests of alterations: what is written in `then: alter:`, a mail in a few words, and what its copies become."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.judging import mail, policy_of, rule_of

from mailguard.mail.address import parse_address
from mailguard.mail.alteration import (
    AddBcc,
    AddCc,
    Footer,
    Recipe,
    RemoveAttachment,
    Split,
    StripBcc,
    TagSubject,
    ToBcc,
    ZipAttachments,
)
from mailguard.mail.verdict import Disposition, Verdict
from mailguard.policy.examples import run_examples
from mailguard.policy.judge import judge

OUTSIDE = "{recipients: {external: true}}"
ARCHIVE = parse_address("archive@corp.example")
BOSS = parse_address("boss@corp.example")
PEOPLE = (
    "people: [{address: ann@corp.example, manager: boss@corp.example}, {address: boss@corp.example}]\n"
    "groups: {legal: {members: [law@corp.example, ann@corp.example]}}\n"
)


def of(verdict: Verdict) -> dict[str, Recipe]:
    return {str(one.address): one.alter for one in verdict.recipients}


def altered(alter: str, then: str = "deliver: true", **words: Any) -> dict[str, Recipe]:
    return of(judge(rule_of(OUTSIDE, f"{{{then}, alter: {alter}}}"), mail(**words)))


@pytest.mark.parametrize(
    ("written", "recipe"),
    [
        ("to_bcc", (ToBcc(),)),
        ("[{to_bcc: {style: each_alone}}]", (ToBcc("each_alone"),)),
        ("[{to_bcc: {hide: external}}]", (ToBcc(visible=("corp.example",)),)),
        ("split", (Split(),)),
        ("[{split: {header: kept}}]", (Split("kept"),)),
        ("[split, {split: {header: kept}}]", (Split(),)),
        ('[{tag_subject: "[社外]"}, {tag_subject: "[社外]"}]', (TagSubject("[社外]"),)),
        ("[{footer: 社外秘}]", (Footer("社外秘", "社外秘"),)),
        ("[{footer: {en: Confidential}}, to_bcc]", (ToBcc(), Footer("", "Confidential"))),
        ("[zip]", ()),  # there is no file
        ("[{remove_attachment: {executable: true}}]", ()),
    ],
)
def test_what_is_written_is_what_copies_become(written: str, recipe: Recipe) -> None:
    assert altered(written) == {"bob@x.example": recipe}


def test_files_are_named_by_their_content_and_an_archive_goes_with_what_is_in_it() -> None:
    files = [{"name": "a.csv"}, {"name": "tools.zip", "sha256": "a" * 64, "members": ["run.exe"]}, {"name": "b.png"}]
    assert altered("[{remove_attachment: {executable: true}}]", attachments=files)["bob@x.example"] == (
        RemoveAttachment(sha256="a" * 64),
    )
    (pack,) = altered('[{zip: {types: [csv], files: ["tools*"], filename: 添付.zip}}]', attachments=files)[
        "bob@x.example"
    ]
    assert isinstance(pack, ZipAttachments)
    assert (pack.filename, len(pack.sha256), pack.password) == ("添付.zip", 2, "")
    locked = [{"name": "a.zip", "encrypted": True}]
    assert altered("[zip]", attachments=locked) == {"bob@x.example": ()}  # locked already
    assert altered("[zip]", attachments=[{"name": "logo.png", "inline": True}]) == {"bob@x.example": ()}


def test_scope_says_whose_copies() -> None:
    both: dict[str, Any] = {"to": ["bob@x.example", "dan@corp.example"]}
    assert altered("split", **both) == {"bob@x.example": (Split(),), "dan@corp.example": (Split(),)}
    assert altered("split", "deliver: true, scope: recipients", **both)["dan@corp.example"] == ()
    assert altered("split", "confirm: true, internal_first: true", **both)["dan@corp.example"] == ()


@pytest.mark.parametrize("mode", ["monitor", "notify"])
def test_a_rule_that_only_watches_alters_nothing(mode: str) -> None:
    policy = rule_of(OUTSIDE, "{deliver: true, alter: [split, {add_bcc: archive@corp.example}]}", f"    mode: {mode}\n")
    verdict = judge(policy, mail())
    assert of(verdict) == {"bob@x.example": ()}
    assert verdict.hits[0].alter == ("add_bcc", "split")  # what it would do is said


def test_an_automatic_reply_is_not_altered_unless_the_rule_is_for_such() -> None:
    assert altered("to_bcc", automatic=True) == {"bob@x.example": ()}
    policy = rule_of(OUTSIDE, "{deliver: true, alter: to_bcc}", "    automatic: true\n")
    assert of(judge(policy, mail(automatic=True))) == {"bob@x.example": (ToBcc(),)}


def test_a_challenge_that_was_answered_still_alters() -> None:
    policy = rule_of(OUTSIDE, "{challenge: 10m, alter: to_bcc}")
    verdict = judge(policy, replace(mail(), confirmed=frozenset({"r"})))
    assert verdict.disposition is Disposition.DELIVER
    assert of(verdict) == {"bob@x.example": (ToBcc(),)}


def test_whom_a_rule_adds_goes_with_the_strictest_of_the_mail() -> None:
    policy = policy_of(
        f"version: 1\n{PEOPLE}rules:\n"
        f"  - {{id: a, when: {OUTSIDE}, then: {{deliver: true, alter: ["
        "{add_cc: manager}, {add_bcc: [{group: legal}]}]}}\n"
        "  - {id: b, when: {recipients: {domain: x.example}}, then: {confirm: true, scope: recipients}}\n"
    )
    verdict = judge(policy, mail(to=["bob@x.example", "dan@corp.example"]))
    found = {str(one.address): one for one in verdict.recipients}
    assert set(found) == {"bob@x.example", "dan@corp.example", "boss@corp.example", "law@corp.example"}  # not ann
    assert found["dan@corp.example"].disposition is Disposition.DELIVER
    for one in ("boss@corp.example", "law@corp.example"):
        assert (found[one].disposition, found[one].added, found[one].external) == (Disposition.CONFIRM, True, False)
        assert AddCc(BOSS) in found[one].alter


def test_a_hidden_recipient_is_not_named_in_cc() -> None:
    verdict = judge(rule_of(OUTSIDE, "{deliver: true, alter: [{add_cc: boss@corp.example}]}"), mail(
        to=["bob@x.example"], bcc=["boss@corp.example"]
    ))  # fmt: skip
    assert of(verdict) == {"bob@x.example": (), "boss@corp.example": ()}


def test_a_manager_nobody_knows_is_said() -> None:
    verdict = judge(rule_of(OUTSIDE, "{deliver: true, alter: [{add_bcc: manager}]}"), mail())
    assert of(verdict) == {"bob@x.example": ()}
    assert "No manager is known" in verdict.hits[0].notes[0].en


def test_a_left_in_bcc_field_goes_without_any_rule_but_not_of_a_signed_mail() -> None:
    policy = rule_of("{message: {reply: true}}")
    assert of(judge(policy, mail(header_bcc=True))) == {"bob@x.example": (StripBcc(),)}
    assert of(judge(policy, mail(header_bcc=True, automatic=True))) == {"bob@x.example": (StripBcc(),)}
    assert of(judge(policy, mail(header_bcc=True, signed=True))) == {"bob@x.example": ()}


@pytest.mark.parametrize("sealed", ["signed", "encrypted"])
def test_a_sealed_mail_is_held_for_what_would_protect_it_and_goes_without_the_rest(sealed: str) -> None:
    both: dict[str, Any] = {"to": ["bob@x.example", "cy@y.example"], sealed: True}
    policy = rule_of(OUTSIDE, '{deliver: true, alter: [to_bcc, {tag_subject: "[x]"}, {add_bcc: archive@corp.example}]}')
    verdict = judge(policy, mail(**both))
    assert verdict.disposition is Disposition.CONFIRM
    assert {one.alter for one in verdict.recipients} == {(AddBcc(ARCHIVE),)}
    told = {hit.disposition: hit for hit in verdict.hits if hit.rule == "unalterable"}
    assert told[Disposition.CONFIRM].evidence == ("to_bcc",)
    assert told[Disposition.DELIVER].evidence == ("tag_subject",)
    assert "To・Ccのアドレスを非表示に変更" in told[Disposition.CONFIRM].because.ja
    assert sealed in told[Disposition.CONFIRM].because.en
    assert judge(rule_of(OUTSIDE, '{deliver: true, alter: [{tag_subject: "[x]"}]}'), mail(**both)).disposition == 0
    assert judge(rule_of(OUTSIDE, "{deliver: true, alter: [split]}"), mail({sealed: True})).disposition == 0  # alone


def test_what_cannot_be_told_from_other_files_is_held() -> None:
    policy = rule_of(OUTSIDE, "{deliver: true, alter: [{remove_attachment: {executable: true}}]}")
    files = mail(attachments=["a.exe"]).facts.attachments
    verdict = judge(policy, mail({"attachments": tuple(replace(one, sha256="") for one in files)}))
    assert verdict.disposition is Disposition.CONFIRM
    assert [hit.evidence for hit in verdict.hits if hit.rule == "unalterable"] == [("remove_attachment",)]


def test_an_example_says_what_copies_become() -> None:
    text = (
        "    examples:\n"
        "      - {from: a@corp.example, to: [b@x.example], expect: deliver, expect_alter: [to_bcc, zip],"
        " attachments: [a.csv]}\n"
        "      - {from: a@corp.example, to: [b@corp.example], expect: deliver, expect_alter: []}\n"
        "      - {from: a@corp.example, to: [b@x.example], expect: deliver, expect_alter: [split]}\n"
    )
    policy = rule_of(OUTSIDE, "{deliver: true, alter: [to_bcc, zip]}", text)
    rule = policy.rules[0]
    results = run_examples(replace(policy, places={("r", n): rule.place for n in range(3)}))
    assert [one.passed for one in results] == [True, True, False]
    assert (results[2].expected, results[2].got) == ("deliver, alter: [split]", "deliver, alter: [to_bcc]")
