"""What a rule may ask of texts, secrets and viruses, each both ways, in the words in which an operator writes it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from tests.judging import mail, rule_of, said

from mailguard.inspect.secrets.shapes import SHAPES
from mailguard.mail.facts import SECRET_CLASSES, Attachment, Facts, Finding, Match
from mailguard.policy.explain import explain
from mailguard.policy.judge import judge
from mailguard.policy.schema.secrets import SecretsModel

UNREAD_PDF = {"attachments": (Attachment("a.pdf", "", "application/pdf", "pdf", 10, "", inspected=False),)}


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ('{words: {社外秘: 10, 見積: 2}, score: ">= 12"}', {"text": "社外秘の見積"}, {"text": "社外秘 社外秘 社外秘"}),
        ('{words: {社外秘: 10, 見積: 2}, score: ">= 10"}', {"text": "社外秘"}, {"text": "見積 見積 見積 見積 見積"}),
        ('{words: {ＮＤＡ: 5}, score: ">= 5"}', {"subject": "nda"}, {"subject": "agenda"}),
        ('{words: {a: 1}, score: ">= 1", count: ">= 3"}', {"text": "a a a"}, {"text": "a a"}),
        ('{words: [a, b], score: ">= 2"}', {"text": "a b"}, {"text": "a a a"}),
        ('{patterns: [{pattern: "x+", weight: 3}, y], score: ">= 4"}', {"text": "x y"}, {"text": "x x x"}),
        ('{patterns: [{pattern: "[0-9]{4}", count: ">= 3"}]}', {"text": "1111 2222 3333"}, {"text": "1111 2222"}),
        ('{patterns: [{pattern: "[0-9]{4}", count: ">= 2"}, x]}', {"text": "x 1111"}, {"text": "1111"}),
        ("{words: [秘], quoted: exclude}", {"text": "秘", "quoted": "> a"}, {"text": "a", "quoted": "> 秘"}),
        ("{words: [秘], quoted: only}", {"text": "a", "quoted": "> 秘"}, {"text": "秘", "quoted": "> a"}),
        ("{words: [秘]}", {"text": "a", "quoted": "> 秘"}, {"text": "a", "quoted": "> b"}),
        ("{words: [秘], signature: exclude}", {"text": "秘", "signature": "x"}, {"text": "a", "signature": "秘書室"}),
        ("{words: [秘], signature: only}", {"text": "a", "signature": "秘書室"}, {"text": "秘"}),
        ("{words: [秘], hidden: exclude}", {"text": "秘", "hidden": "x"}, {"text": "a", "hidden": "秘"}),
        ("{words: [秘], hidden: only}", {"text": "a", "hidden": "秘"}, {"text": "秘", "hidden": "a"}),
        ("{words: [秘]}", {"text": "a", "hidden": "秘"}, {"text": "a", "hidden": "b"}),
        ("{words: [秘], quoted: exclude, hidden: exclude}", {"subject": "秘"}, {"quoted": "秘", "hidden": "秘"}),
        ("{words: [秘], quoted: exclude}", {"text": "a", "quoted": "b", "hidden": "秘"}, {"quoted": "秘"}),
    ],
)
def test_text(condition: str, hit: dict[str, Any], miss: dict[str, Any]) -> None:
    policy = rule_of(f"{{text: {condition}}}")
    assert said(policy, mail(**hit)) == "confirm"
    assert said(policy, mail(**miss)) == "deliver"


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("{words: {a: 0}}", "a weight is a number from 1"),
        ("{words: {a: -3}}", "a weight is a number from 1"),
        ("{words: {a: true}}", "a weight is a number from 1"),
        ("{words: {a: '3'}}", "a weight is a number from 1"),
        ("{words: {}}", "the mapping is empty"),
        ("{words: []}", "the list is empty"),
        ("{patterns: [{pattern: a, count: '< 3'}]}", "a lower bound"),
        ("{patterns: [{pattern: a, count: '>= 0'}]}", "a lower bound"),
        ("{patterns: [{pattern: a, count: '>= 2000'}]}", "a lower bound"),
        ("{patterns: [{pattern: '(?=a)'}]}", "look-around"),
        ("{patterns: [{weight: 3}]}", "pattern"),
        ("{words: [a], in: subject, quoted: only}", "add body to in"),
        ("{words: [a], names_other_customer: true}", "stands alone"),
        ("{names_other_customer: false}", "write not:"),
        ("{score: '>= 3'}", "give words, patterns, files"),
    ],
)
def test_what_makes_no_sense_is_refused(condition: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        rule_of(f"{{text: {condition}}}")


def test_a_score_that_unread_text_may_raise_is_not_known() -> None:
    policy = rule_of('{text: {words: {a: 5}, score: ">= 10"}}')
    assert said(policy, mail(UNREAD_PDF, text="a")) == "confirm"
    assert said(
        rule_of('{text: {words: {a: 5}, score: ">= 10"}}', more="    when_unknown: ignore"), mail(UNREAD_PDF)
    ) == ("deliver")


def test_a_score_is_told() -> None:
    policy = rule_of('{text: {words: {社外秘: 10, 見積: 2}, score: ">= 12"}}', more='    because: "{words} {score}"')
    (hit,) = judge(policy, mail(text="社外秘の見積")).hits
    assert hit.evidence == ("score: 12", "社外秘", "見積")
    assert hit.because.ja == "「社外秘」、「見積」 12"
    plain = rule_of('{text: {words: {社外秘: 10}, score: ">= 10"}}')
    assert "weights of 10 in all" in judge(plain, mail(text="社外秘")).hits[0].because.en


def test_quoted_text_is_left_out_where_nothing_else_is_left() -> None:
    """A mail of nothing but quoted text: its own words are none, not all of it."""
    case = mail({"text": "> 秘", "shown": 3, "quoted": "> 秘", "own": ""})
    assert said(rule_of("{text: {words: [秘], in: body, quoted: exclude}}"), case) == "deliver"
    assert said(rule_of("{text: {words: [秘], in: body}}"), case) == "confirm"


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ("true", {"private_key": 1}, {}),
        ("true", {"password": 1}, {"jwt": 0}),
        ('{total: ">= 2"}', {"password": 1, "jwt": 1}, {"jwt": 1}),
        ('{private_key: ">= 1"}', {"private_key": 2}, {"password": 1}),
        ('{password: ">= 1", jwt: ">= 1"}', {"password": 1, "jwt": 1}, {"password": 2}),
    ],
)
def test_secrets(condition: str, hit: dict[str, int], miss: dict[str, int]) -> None:
    policy = rule_of(f"{{secrets: {condition}}}")
    assert said(policy, mail(secrets=hit)) == "confirm"
    assert said(policy, mail(secrets=miss)) == "deliver"


def test_secrets_in_what_nobody_read_are_not_known() -> None:
    assert said(rule_of("{secrets: true}"), mail(UNREAD_PDF)) == "confirm"
    assert said(rule_of("{secrets: true}", more="    when_unknown: ignore"), mail(UNREAD_PDF)) == "deliver"


def test_a_secret_is_told_by_its_class_and_place_alone() -> None:
    match = Match("secret:private_key", "2 id_rsa", "", "-----***", "", "-----***")
    (hit,) = judge(rule_of("{secrets: true}"), mail({"secrets": {"private_key": 1}, "matches": (match,)})).hits
    assert hit.evidence == ("id_rsa", "private_key: 1")


@pytest.mark.parametrize("wrong", ["false", "{}", "{privat_key: '>= 1'}", "{private_key: 1}"])
def test_secrets_that_are_none(wrong: str) -> None:
    with pytest.raises(ValidationError):
        rule_of(f"{{secrets: {wrong}}}")


@pytest.mark.parametrize(
    ("name", "ja", "en"),
    [
        ("aws_key", "AWSのキー", "AWS keys"),
        ("azure_client_secret", "Azureのクライアントシークレット", "Azure client secrets"),
        ("slack_webhook", "SlackのWebhook", "Slack webhooks"),
        ("private_key", "秘密鍵", "private keys"),
    ],
)
def test_a_class_of_secrets_is_called_as_its_maker_is(name: str, ja: str, en: str) -> None:
    (rule,) = explain(rule_of(f"{{secrets: {{{name}: '>= 1'}}}}"), mail())["rules"]
    assert f"{ja}は0件です" in rule["why"]["ja"]
    assert f"0 {en} " in rule["why"]["en"]


def test_the_classes_of_secrets_are_those_that_are_read() -> None:
    assert set(SECRET_CLASSES) == {shape.name for shape in SHAPES} | {"password"}
    assert len(SECRET_CLASSES) == len(set(SECRET_CLASSES))
    assert set(SecretsModel.model_fields) == {*SECRET_CLASSES, "total"}


@pytest.mark.parametrize(
    ("condition", "scanned", "word"),
    [
        ("infected", "infected", "confirm"),
        ("infected", "clean", "deliver"),
        ("not_scanned", "not_scanned", "confirm"),
        ("not_scanned", "clean", "deliver"),
        ("not_scanned", "infected", "deliver"),
        ("not_scanned", "none", "confirm"),
        ("[infected, not_scanned]", "none", "confirm"),
        ("[infected, not_scanned]", "clean", "deliver"),
    ],
)
def test_virus(condition: str, scanned: str, word: str) -> None:
    assert said(rule_of(f"{{virus: {condition}}}"), mail(virus=scanned)) == word


@pytest.mark.parametrize("scanned", ["none", "not_scanned"])
def test_without_a_scan_nobody_knows_of_viruses(scanned: str) -> None:
    (hit,) = judge(rule_of("{virus: infected}"), mail(virus=scanned)).hits
    assert "virus scan" in hit.because.en
    assert said(rule_of("{virus: infected}", "reject"), mail(virus=scanned)) == "confirm"
    assert said(rule_of("{virus: infected}", more="    when_unknown: ignore"), mail(virus=scanned)) == "deliver"
    assert said(rule_of("{not: {virus: infected}}"), mail(virus=scanned)) == "confirm"


def test_a_virus_is_told_by_its_name() -> None:
    case = mail({"scanned": "infected", "viruses": ("Eicar-Test-Signature",)})
    (hit,) = judge(rule_of("{virus: infected}"), case).hits
    assert hit.evidence == ("Eicar-Test-Signature",)
    assert "Eicar" in hit.because.ja


def test_a_thousand_findings_are_looked_through_once() -> None:
    """The innermost file that a finding names is the one it is about."""
    files = (
        Attachment("a.zip", "", "", "zip", 10, "", inspected=True,
                   members=(Attachment("b.docx", "", "", "docx", 5, "", inspected=True),)),
    )  # fmt: skip
    facts = {"attachments": files, "findings": (Finding("macro", "2 a.zip/b.docx", ""),)}
    assert said(rule_of('{attachments: {macros: true, count: "== 1"}}'), mail(facts)) == "confirm"
    assert said(rule_of("{attachments: {macros: true, type: zip}}"), mail(facts)) == "deliver"


def test_own_words() -> None:
    assert Facts(text="abc", shown=2).written == "ab"
    assert Facts(text="abc", shown=2).hidden == "c"
    assert Facts(text="ab\n> c", shown=6, quoted="> c", own="ab").written == "ab"
