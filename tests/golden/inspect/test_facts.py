"""Every golden mail gives the facts that are written beside it, through the reader as the workers use it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.golden.inspect.cases import CASES, Case

from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Attachment, Facts
from mailguard.mail.facts_json import facts_from_json, facts_to_json


def every(attachments: tuple[Attachment, ...]) -> Iterator[Attachment]:
    for one in attachments:
        yield one
        yield from every(one.members)


def values(facts: Facts, name: str) -> tuple[str, ...]:
    return facts.personal_data[name].values if name in facts.personal_data else ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_facts(case: Case) -> None:
    facts = read_mail(case.octets)
    files = list(every(facts.attachments))
    for wanted in case.text:
        assert wanted in facts.text
    for wanted in case.inside:
        assert any(wanted in one.text for one in files), [one.text for one in files]
    if case.subject is not None:
        assert facts.headers.subject == case.subject
    if case.files is not None:
        assert tuple(one.filename for one in facts.attachments) == case.files
    assert set(case.members) <= {one.filename for one in files}
    assert set(case.types) <= {one.short_type for one in files}
    assert set(case.cards) <= set(values(facts, "payment_card"))
    assert set(case.my_numbers) <= set(values(facts, "my_number"))
    assert {one.filename for one in files if one.encrypted} == set(case.encrypted)
    codes = {finding.code for finding in facts.findings}
    assert set(case.findings) <= codes, facts.findings
    if case.nothing:
        assert facts.findings == ()
    if case.persons is not None:
        assert facts.persons == case.persons
    check_facts(case, facts)


def check_facts(case: Case, facts: Facts) -> None:
    for name, wanted in case.facts.items():
        match name:
            case "headers.subject":
                assert facts.headers.subject is wanted
            case "cc":
                assert tuple(one.address for one in facts.headers.cc) == wanted
            case "no":
                assert str(wanted) not in facts.personal_data
            case "secret":
                assert facts.secrets == {str(wanted): 1}
            case "phone" | "email_address" | "postal_code":
                assert set(values(facts, name)) == set(wanted)  # type: ignore[call-overload]
            case _:
                assert getattr(facts, name) == wanted


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_facts_come_back_from_json(case: Case) -> None:
    facts = read_mail(case.octets)
    assert facts_from_json(facts_to_json(facts, unmasked=True)) == facts


def test_ordinary_cases_are_not_flagged() -> None:
    quiet = [case.name for case in CASES if not case.name.startswith(("ambiguous", "names-differ"))]
    flagged = {
        case.name
        for case in CASES
        if case.name in quiet and any(one.code == "ambiguous_mime" for one in read_mail(case.octets).findings)
    }
    assert flagged == set()
