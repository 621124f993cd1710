"""Laws of the judge, over any policy and any mail; and any octets as a policy file give a policy or problems."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.judging import by_recipient, plain_yaml, policy_of

from mailguard.mail.address import NULL_PATH, Address, ReversePath, parse_address
from mailguard.mail.alteration import (
    AddHeader,
    Footer,
    RemoveAttachment,
    StripBcc,
    TagSubject,
    ToBcc,
    ZipAttachments,
    zip_passwords,
)
from mailguard.mail.alteration_json import kind_of
from mailguard.mail.directory import Directory, Person
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import (
    FINDING_CODES,
    Addressee,
    Attachment,
    ClassCount,
    Facts,
    Finding,
    HeaderAddress,
    Headers,
)
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Ask, Disposition, HoldTerms, Verdict
from mailguard.policy.case import Acquaintance, Case, Circle, Known, Risk, Stranger
from mailguard.policy.explain import explain
from mailguard.policy.judge import judge
from mailguard.policy.marked_yaml import load_marked
from mailguard.policy.marks import Problem, Problems, problems_of
from mailguard.policy.result import Truth
from mailguard.policy.rule import Policy
from mailguard.policy.schema import PolicyFile
from mailguard.policy.verdict_json import verdict_from_json, verdict_to_json, verdict_to_kept

LISTS = {"partners": {"domains": ["p.example", "*.g.example"], "addresses": ["info@shop.example"]}}
GROUPS = {"legal": {"members": ["k@corp.example"]}}
COUNTS = st.sampled_from([">= 1", ">= 2", "> 3", "< 2", "== 0", "<= 1"])
SIZES = st.sampled_from([">= 1 KB", "< 10 KB", "> 1 MB"])
SWITCH = st.booleans()
TRUE = st.just(True)


def some_of(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keys).filter(bool)


RECIPIENTS = some_of(
    external=SWITCH,
    visible=SWITCH,
    bcc=SWITCH,
    free_mail=SWITCH,
    lookalike=st.sampled_from([True, False, "domain", "mailbox", "any"]),
    namesake=st.sampled_from([True, "company", "department", "free_mail", "surname"]),
    group_habit=st.sampled_from([True, "extra", "missing", "replaced"]),
    habit=st.sampled_from(["usual", "replaced"]),
    new_in_thread=st.sampled_from([True, False, "organization"]),
    greeted=SWITCH,
    name_of_other=TRUE,
    greeting_mismatch=TRUE,
    quoted=st.sampled_from(["foreign", "missing"]),
    attachment_seen_elsewhere=TRUE,
    alarm=TRUE,
    risk=st.sampled_from([">= 0.5", "< 0.2"]),
    every=SWITCH,
    count=COUNTS,
    domains=COUNTS,
    first_time=st.sampled_from(["sender", "company"]),
    domain=st.sampled_from(["x.example", "*.example"]),
    address=st.just("a@*"),
    **{"in": st.just(["partners"]), "not_in": st.just(["partners"])},
)
ATTACHMENTS = some_of(
    name=st.sampled_from(["*.pdf", "*"]),
    type=st.sampled_from(["pdf", "exe", "zip"]),
    encrypted=SWITCH,
    macros=SWITCH,
    type_mismatch=SWITCH,
    inspected=SWITCH,
    size=SIZES,
    count=COUNTS,
    total_size=SIZES,
)
TEXT = st.fixed_dictionaries(
    {"words": st.just(["秘", "nda"])},
    optional={"patterns": st.just(["[0-9]+"]), "count": COUNTS, "in": st.sampled_from(["subject", "body", "names"])},
)
PERSONAL = some_of(persons=COUNTS, payment_card=COUNTS)
SENDER = some_of(authenticated=SWITCH, domain=st.just("corp.example"), **{"in": st.just("partners")})
MESSAGE = some_of(size=SIZES, empty_subject=SWITCH, signed=SWITCH, encrypted=SWITCH, reply=SWITCH, calendar=SWITCH)
LEAVES = some_of(
    recipients=RECIPIENTS, attachments=ATTACHMENTS, text=TEXT, personal_data=PERSONAL, sender=SENDER, message=MESSAGE
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=4,
)
DISPOSITIONS = st.sampled_from(
    [
        "deliver",
        "delay",
        {"delay": "5m"},
        "confirm",
        "reject",
        {"confirm": True, "scope": "recipients"},
        {"confirm": True, "internal_first": True},
        {"confirm": True, "expire_after": "1h", "expire_action": "release"},
        {"approve": {"by": ["boss@corp.example"]}},
        {"approve": {"by": ["boss@corp.example", "vice@corp.example"], "quorum": 2}, "scope": "recipients"},
        {"approve": {"by": "manager", "remind_after": "1h"}, "urgent": True},
        {"approve": {"by": "manager", "delegates": False}, "clock": "office_hours", "expire_after": "20h"},
        {"approve": {"group": "legal", "quorum": 2, "escalate_after": "2h", "escalate_to": "manager_of_manager"}},
        "challenge",
        {"challenge": "5m", "scope": "recipients", "notify": ["sender", "administrators"]},
    ]
)
ALTERATIONS = st.sampled_from(
    [
        "to_bcc",
        {"to_bcc": {"style": "each_alone", "hide": "external"}},
        "split",
        {"split": {"header": "kept"}},
        {"add_cc": ["manager", "k@corp.example"]},
        {"add_bcc": ["archive@corp.example", {"group": "legal"}]},
        {"tag_subject": "[社外]"},
        {"tag_subject": "[b]"},
        {"add_header": {"name": "X-Class", "value": "1"}},
        {"footer": "社外秘"},
        "zip",
        {"zip": {"files": ["*.pdf"], "filename": "b.zip"}},
        {"zip": {"types": ["exe"]}},
        {"remove_attachment": {"executable": True}},
        {"remove_attachment": {"name": "*"}},
    ]
)


PLAIN = {"delay": "60s", "challenge": "10m"}


def with_alterations(then: Any, alter: list[Any]) -> Any:
    if not alter or then == "reject":
        return then
    return {**(then if isinstance(then, dict) else {then: PLAIN.get(then, True)}), "alter": alter}


RULES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"when": CONDITIONS, "then": st.builds(with_alterations, DISPOSITIONS, st.lists(ALTERATIONS, max_size=3))},
    optional={
        "unless": st.lists(CONDITIONS, min_size=1, max_size=2),
        "mode": st.sampled_from(["monitor", "notify", "enforce"]),
        "automatic": SWITCH,
        "when_unknown": st.sampled_from(["hold", "ignore"]),
    },
).filter(lambda rule: not (rule.get("automatic") and "challenge" in rule["then"]))  # type: ignore[arg-type]


NEVER_SEALED = (TagSubject, AddHeader, Footer, ZipAttachments, RemoveAttachment, StripBcc)


def policy(rules: list[dict[str, Any]]) -> Policy:
    numbered = [{"id": f"r{number}", **rule} for number, rule in enumerate(rules)]
    return replace(
        policy_of(plain_yaml({"version": 1, "lists": LISTS, "groups": GROUPS, "rules": numbered})), directory=PEOPLE
    )


ADDRESSES = [
    parse_address(text)
    for text in (
        "a@x.example",
        "b@x.example",
        "a@y.example",
        "a@p.example",
        "k@corp.example",
        "l@corp.example",
        "z@gmail.com",
        "z@c0rp.example",
        "info@shop.example",
        "q@[192.0.2.1]",
        "日本@xn--wgv71a.example",
    )
]
NAMES = st.sampled_from(["a.pdf", "見積.zip", "", "x.exe", "a/b\n.pdf"])
FILES: st.SearchStrategy[Attachment] = st.recursive(
    st.builds(
        Attachment,
        NAMES,
        st.just("application/pdf"),
        st.sampled_from(["image/png", "application/pdf"]),
        st.sampled_from(["pdf", "zip", "exe", ""]),
        st.integers(0, 2**21),
        st.sampled_from(["", "a" * 64, "b" * 64]),
        SWITCH,
        SWITCH,
        st.text(max_size=9),
    ),
    lambda inner: st.builds(
        Attachment,
        NAMES,
        st.just(""),
        st.just("application/zip"),
        st.just("zip"),
        st.integers(0, 9),
        st.just(""),
        SWITCH,
        SWITCH,
        st.just(""),
        st.lists(inner, max_size=2).map(tuple),
    ),
    max_leaves=3,
)
HEADERS = st.lists(
    st.builds(HeaderAddress, st.sampled_from([*map(str, ADDRESSES), "no address", "@", "x@", ""])), max_size=5
).map(tuple)
FACTS = st.builds(
    Facts,
    headers=st.builds(Headers, to=HEADERS, cc=HEADERS, subject=st.one_of(st.none(), st.text(max_size=9))),
    text=st.one_of(st.sampled_from(["秘", "nda 123", "社外\n秘", "\ud800"]), st.text(max_size=20)),
    attachments=st.lists(FILES, max_size=3).map(tuple),
    personal_data=st.sampled_from([{}, {"payment_card": ClassCount(("1", "2"), ("1*",))}]),
    persons=st.integers(0, 4),
    findings=st.lists(
        st.builds(Finding, st.sampled_from(FINDING_CODES), st.sampled_from(["mail", "a.pdf", "to", ""]), st.just("")),
        max_size=2,
    ).map(tuple),
    kind=st.sampled_from(["ordinary", "ordinary", "ordinary", "auto_reply"]),
    signed=SWITCH,
    encrypted=st.sampled_from([False, False, True]),
    is_reply=SWITCH,
    quoted=st.sampled_from(["", "From: a@x.example\nTo: 田中\n\nhi", "From: <a@p.example>\nCc: z@gmail.com, @, x@\n"]),
    greeting=st.sampled_from([(), (Addressee("田中", title="様"),), (Addressee(company="株式会社X"), Addressee("A"))]),
)
ENVELOPES = st.builds(
    Envelope,
    st.sampled_from([*(ReversePath(address) for address in ADDRESSES[3:6]), NULL_PATH]),
    st.lists(st.sampled_from(ADDRESSES), unique=True, max_size=6).map(tuple),
    st.builds(Client, st.just("192.0.2.1"), st.just("pc"), st.sampled_from([None, "ann"])),
)
KEYS = st.frozensets(st.sampled_from(["x.example", "y.example", "z@gmail.com", "corp.example"]))
PEOPLE_KEYS = st.sampled_from([*(one.key for one in ADDRESSES), "ab@x.example", "a b@x.example", "", "@"])
ACQUAINTANCES = st.lists(
    st.builds(Acquaintance, PEOPLE_KEYS, st.sampled_from(["", "田中 太郎", "A B"]), st.integers(0, 2)), max_size=3
).map(tuple)
ASKED = st.builds(
    Known,
    KEYS,
    KEYS,
    st.just(("x.example",)),
    thread=st.none() | st.frozensets(PEOPLE_KEYS, max_size=4),
    names=st.none() | st.dictionaries(PEOPLE_KEYS, st.sampled_from(["田中 太郎", "A B"]), max_size=2),
    circles=st.none() | st.lists(st.builds(Circle, st.frozensets(PEOPLE_KEYS), st.just(3)), max_size=2).map(tuple),
    files=st.none() | st.just({}),
    strangers=st.none() | st.dictionaries(PEOPLE_KEYS, st.builds(Stranger, SWITCH, ACQUAINTANCES), max_size=4),
    greeted=st.none() | ACQUAINTANCES,
)
CASES = st.builds(
    Case,
    ENVELOPES,
    FACTS,
    st.just(Organization(("corp.example",))),
    st.one_of(st.builds(Known, KEYS, KEYS, st.just(("x.example",))), ASKED),
    st.integers(0, 2**21),
    st.sampled_from([None, datetime(2026, 11, 23, 3, tzinfo=UTC), datetime(2026, 11, 28, 3, tzinfo=UTC)]),
    risks=st.none()
    | st.dictionaries(PEOPLE_KEYS, st.builds(Risk, st.floats(0, 1), kind=st.just(""), alternative=PEOPLE_KEYS)),
    alarm=SWITCH,
    confirmed=st.frozensets(st.sampled_from(["r0", "r1", "r2", "r3"])),
)
#: People of whom some are senders, managers of each other, away, or in for somebody.
DAY = date(2026, 11, 23)
PEOPLE = Directory(
    {
        "a@p.example": Person("a@p.example", manager="k@corp.example", delegates=("l@corp.example",)),
        "k@corp.example": Person("k@corp.example", manager="boss@corp.example", delegates=("l@corp.example",)),
        "l@corp.example": Person("l@corp.example", manager="l@corp.example", delegates=("k@corp.example",)),
        "boss@corp.example": Person("boss@corp.example", delegates=("k@corp.example",), away=((DAY, DAY),)),
    },
    {"legal": frozenset({"k@corp.example", "l@corp.example", "boss@corp.example"})},
)


@settings(max_examples=80, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=4), RULES, CASES)
def test_adding_a_rule_never_makes_a_verdict_milder(rules: list[Any], more: Any, case: Case) -> None:
    before, after = judge(policy(rules), case), judge(policy([*rules, more]), case)
    found = {one.address: one for one in after.recipients}
    for old in before.recipients:
        new = found[old.address]
        assert new.disposition >= old.disposition
        assert {kind_of(one) for one in old.alter} <= {kind_of(one) for one in new.alter}
        assert old.added >= new.added
        assert set(old.rules) <= set(new.rules)
        if new.disposition == old.disposition and old.terms is not None:
            assert new.terms is not None
            assert not_milder(new.disposition, old.terms, new.terms)


def not_milder(disposition: Disposition, old: HoldTerms, new: HoldTerms) -> bool:
    if disposition is Disposition.DELAY:
        return new.expire_after >= old.expire_after
    if old.expire_action != "release" and new.expire_action == "release":
        return False
    if disposition is Disposition.APPROVE:
        # whoever had to say yes still has to, with nobody else in his place
        return set(old.asks) <= set(new.asks) and old.urgent >= new.urgent
    if disposition is Disposition.CHALLENGE:
        return new.expire_after <= old.expire_after
    return old.expire_action == "release" or new.expire_after <= old.expire_after


@settings(max_examples=140, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=5), CASES)
def test_the_first_glance_changes_nothing(rules: list[Any], case: Case) -> None:
    glancing = policy(rules)
    plain = replace(glancing, sieve=None)
    assert judge(glancing, case) == judge(plain, case)
    for rule in glancing.rules:
        for view in (glancing.view(case), plain.view(case)):
            assert not rule.shut(view) or rule.when.look(plain.view(case)).truth is Truth.NO


@settings(max_examples=60, deadline=None)
@given(st.lists(RULES, min_size=2, max_size=5), CASES, st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_matter(rules: list[Any], case: Case, chance: random.Random) -> None:
    ordered = policy(rules)
    turned = list(ordered.rules)
    chance.shuffle(turned)
    assert judge(ordered, case) == judge(replace(ordered, rules=tuple(turned)), case)


@settings(max_examples=60, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=4), CASES, st.randoms(use_true_random=False))
def test_the_order_of_recipients_does_not_matter(rules: list[Any], case: Case, chance: random.Random) -> None:
    recipients = list(case.envelope.recipients)
    chance.shuffle(recipients)
    turned = replace(case, envelope=replace(case.envelope, recipients=tuple(recipients)))
    one, other = judge(policy(rules), case), judge(policy(rules), turned)
    assert by_recipient(one) == by_recipient(other)
    assert one.hits == other.hits
    assert {r.address: r for r in one.recipients} == {r.address: r for r in other.recipients}


@settings(max_examples=80, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=4), CASES)
def test_the_judge_is_total_and_every_recipient_has_a_verdict(rules: list[Any], case: Case) -> None:
    judged = policy(rules)
    verdict = judge(judged, case)
    assert [one.address for one in verdict.recipients if not one.added] == list(case.envelope.recipients)
    assert len({one.address.key for one in verdict.recipients}) == len(verdict.recipients)
    for one in verdict.recipients:
        assert len(set(one.alter)) == len(one.alter)
        assert sum(isinstance(alteration, ToBcc) for alteration in one.alter) <= 1
        assert sum(isinstance(alteration, ZipAttachments) for alteration in one.alter) <= 1
        assert not zip_passwords(one.alter)
        if case.facts.signed or case.facts.encrypted:
            assert not any(isinstance(alteration, NEVER_SEALED) for alteration in one.alter)
    assert all(hit.because.ja and hit.because.en for hit in verdict.hits)
    assert not any(hit.evidence[1:] == ("Exception",) or "Error" in "".join(hit.evidence) for hit in verdict.hits)
    assert verdict.recipients == () or "unreadable" not in codes(case) or held_or_exempt(verdict)
    for one in verdict.recipients:
        assert (one.terms is not None) == (Disposition.DELAY <= one.disposition <= Disposition.CHALLENGE)
        asked = one.terms.asks if one.terms else ()
        assert bool(asked) == (one.disposition is Disposition.APPROVE)
        sender = case.envelope.sender.mailbox
        assert sender is None or sender.key not in may_answer(asked)
    assert verdict_from_json(verdict_to_json(verdict)) == verdict
    assert verdict_from_json(json.loads(json.dumps(verdict_to_kept(verdict)))) == verdict
    told = explain(judged, case)
    assert [rule["id"] for rule in told["rules"]] == [rule.id for rule in judged.rules]
    assert {hit.rule for hit in verdict.hits} - {"unreadable", "unalterable"} == {
        r["id"] for r in told["rules"] if r["hit"]
    }


def may_answer(asks: Iterable[Ask]) -> set[str]:
    """Everybody who may speak, sooner or later."""
    found: set[str] = set()
    for ask in asks:
        found |= {*ask.approvers, *ask.escalate_to, *(person for _, some in ask.delegates for person in some)}
    return found


def codes(case: Case) -> set[str]:
    return {finding.code for finding in case.facts.findings}


def held_or_exempt(verdict: Verdict) -> bool:
    return verdict.exempt == "null_path" or verdict.disposition >= Disposition.CONFIRM


WORDS = [
    "version: 1\n",
    "rules:\n",
    "  - id: r\n",
    "    when: {",
    "recipients: {external: true}",
    "}\n",
    "then: confirm",
    "&a ",
    "*a",
    "!!python/x ",
    "[",
    "{",
    "<<: ",
    "? ",
    "- ",
    "'",
    '"',
    "\t",
    "\x00",
    "|\n",
    "#",
    "123",
    "~",
    "\u2028",
    "é",
]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(WORDS), max_size=30).map(lambda w: "".join(w).encode()))
)
def test_any_octets_are_a_policy_or_problems(octets: bytes) -> None:
    problems = problems_in(octets)
    lines = len(octets.decode("utf-8", "replace").splitlines()) + 1
    assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in problems)
    assert problems or policy_of(octets.decode("utf-8")).rules is not None


def problems_in(octets: bytes) -> tuple[Problem, ...]:
    try:
        data, marks = load_marked(octets, "p.yaml")
    except Problems as error:
        return error.problems
    try:
        PolicyFile.model_validate(data)
    except ValidationError as error:
        return tuple(problems_of(error, marks, "p.yaml", PolicyFile))
    return ()


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_any_text_as_a_word_is_found_in_itself_or_refused(text: str) -> None:
    from mailguard.policy.fold import fold, spaced
    from mailguard.policy.patterns import Words

    words = Words([text])
    # A word is no paragraph: texts keep theirs apart.
    if len(words) and not {"*", "\n"} & set(text) and not text.startswith(("\u0300", "\u3099")):
        word = fold(text.strip())
        assert list(words.found(spaced(f"、{word}、"))) or not word.strip("*").strip()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_domain_may_be_compared(left: str, right: str) -> None:
    from mailguard.policy.lookalike import KnownDomains, likeness

    found = likeness(Address("x", left).ascii_domain, KnownDomains([Address("x", right).ascii_domain]))
    assert found is None or found.known
