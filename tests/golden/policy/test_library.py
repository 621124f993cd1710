"""The library of policies: each file stands by itself and beside the others, proves its rules both ways, counts only,
and says in both languages what it is for.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.golden.policy.test_golden import COMPANY, SHIPPED

from mailguard.config.library import library, library_file
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Disposition
from mailguard.policy.examples import case_of, run_examples
from mailguard.policy.judge import judge
from mailguard.policy.lint import lint
from mailguard.policy.loader import load_policy

FOLDER = SHIPPED / "library"
FILES = sorted(FOLDER.glob("*.yaml"))
FOREIGN = Organization(("other.example", "*.other.example"))
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")

each = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def test_every_kind_is_there() -> None:
    asked = {"strict", "finance", "medical", "local-government", "software-company", "ppap-ban", "bcc-accident"}
    asked |= {"personal-data", "look-alike", "new-domain-attachment-approval", "working-hours", "english-first"}
    assert asked <= {file.stem for file in FILES}


@each
@pytest.mark.parametrize("organization", [None, COMPANY, FOREIGN], ids=["nobody", "corp", "other"])
@pytest.mark.parametrize("beside", [(), (SHIPPED,)], ids=["alone", "with the shipped"])
def test_it_loads_without_a_warning(file: Path, beside: tuple[Path, ...], organization: Organization | None) -> None:
    assert lint(load_policy([*beside, file], organization)) == []


@each
@pytest.mark.parametrize("organization", [None, COMPANY, FOREIGN], ids=["nobody", "corp", "other"])
def test_all_examples_hold_in_every_company(file: Path, organization: Organization | None) -> None:
    results = run_examples(load_policy([file], organization), organization)
    assert results
    assert [f"{r.place}: {r.got}" for r in results if not r.passed] == []


@each
def test_every_rule_shows_what_it_holds_and_what_it_leaves_alone(file: Path) -> None:
    for rule in load_policy([file]).rules:
        expected = {example.expect for example in rule.model.examples}
        assert expected == {"deliver", rule.disposition.word}, rule.id


@pytest.mark.parametrize("file", [*FILES, *sorted(SHIPPED.glob("*.yaml"))], ids=lambda file: file.stem)
def test_no_sentence_quotes_twice_or_says_what_becomes_of_the_mail(file: Path) -> None:
    # How a hold ends is said by page and letter, for all rules together; only an undo window is its own sentence.
    policy = load_policy([file])
    for rule in policy.rules:
        alone = replace(policy, rules=(replace(rule, mode="enforce", group_modes=()),))
        for example in rule.model.examples:
            for hit in judge(alone, case_of(example)).hits:
                assert "「「" not in hit.because.ja, hit.because.ja
                assert rule.disposition is Disposition.DELAY or "送信します" not in hit.because.ja, hit.because.ja


@each
def test_every_rule_begins_by_counting(file: Path) -> None:
    assert {rule.mode for rule in load_policy([file]).rules} == {"monitor"}


@each
def test_every_rule_speaks_both_languages(file: Path) -> None:
    for rule in load_policy([file]).rules:
        assert rule.because is not None, rule.id
        assert _JAPANESE.search(rule.because.ja), rule.id
        assert not _JAPANESE.search(rule.because.en), rule.id
        named = [sorted(set(re.findall(r"\{\w+\}", text))) for text in (rule.because.ja, rule.because.en)]
        assert named[0] == named[1], rule.id
        assert "本当に" not in rule.because.ja


@each
def test_the_head_says_in_both_languages_what_it_is_for(file: Path) -> None:
    one = library_file(file.stem)
    assert _JAPANESE.search(one.ja)
    assert re.search(r"[a-z]", one.en)
    assert not _JAPANESE.search(one.en)
    head = one.text.partition("\nversion: 1\n")[0]
    for line in ("\n# 対象: ", "\n# 手間: ", "\n# 根拠: ", "\n# For: ", "\n# Bothers: ", "\n# Serves: "):
        assert line in head, line
    assert one.rules == len(load_policy([file]).rules)


@each
def test_each_sentence_has_all_its_values(file: Path) -> None:
    policy = load_policy([file], COMPANY)
    for rule in policy.rules:
        alone = replace(policy, rules=(replace(rule, mode="enforce"),))
        held = [example for example in rule.model.examples if example.expect != "deliver"]
        for example in held:
            (hit,) = judge(alone, case_of(example, COMPANY, policy.calendar)).hits
            assert "…" not in hit.because.ja + hit.because.en, rule.id


def test_all_of_it_together() -> None:
    policy = load_policy([SHIPPED, FOLDER], COMPANY)  # an id or a list that is there twice would be an error
    assert lint(policy) == []
    assert len(policy.rules) == sum(one.rules for one in library()) + len(load_policy([SHIPPED]).rules)
    assert [str(result.place) for result in run_examples(policy, COMPANY) if not result.passed] == []


def test_enforced_they_only_make_each_other_needless() -> None:
    policy = load_policy([SHIPPED, FOLDER], COMPANY)
    enforced = replace(policy, rules=tuple(replace(rule, mode="enforce") for rule in policy.rules))
    assert [str(one) for one in lint(enforced) if "is never felt" not in one.message] == []


def test_none_of_it_is_loaded_by_itself() -> None:
    assert not [path for path in load_policy([SHIPPED]).sources if path.parent.name == "library"]


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="did you mean 'finance'"):
        library_file("finanse")
