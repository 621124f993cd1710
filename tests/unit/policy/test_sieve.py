"""The first glance changes nothing: random rules over mails with nasty text say the same with and without it, in any
order of rules and of recipients.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, cast

import pytest
from tests.judging import mail, plain_yaml, policy_of

from mailguard.mail.facts import Attachment, ClassCount, Finding
from mailguard.mail.verdict import Verdict
from mailguard.policy import glance
from mailguard.policy.case import Case, Known
from mailguard.policy.conditions.recipients import Recipients
from mailguard.policy.glance import Glance
from mailguard.policy.judge import judge, shut
from mailguard.policy.view import View

WORDS = [
    "社外秘",
    "nda",
    "*price",
    "Confidential",
    "ﾃｽﾄ",
    "straße",
    "㈱",
    "①",
    "top secret",
    "葛\U000e0100城",
    "ſ",
    "K",
]
PATTERNS = ["社外秘", "[0-9]+", "ﾃｽﾄ", "^top", "secret$", "straße", r"\bnda\b", r"\b(nda)?", "[ｱ-ﾝ]+", "ſ"]
PIECES = [
    *WORDS, *"社外秘葛城aSk1>ßſ", "\n", "\r\n", "\n> ", "\n\n", " ", "\t", "\u200b", "\u00ad", "\U000e0100", "\x00",
    "\x08", "\ud800", "ＮＤＡ", "price", "conf", "idential", "テ\u3099", "(株)", "ﬁ", " top", " secret", "İ", "i\u0307",
    "\u1e9e", "\ufdfa",
]  # fmt: skip
DOMAINS = ["x.example", "y.example", "sub.x.example", "xn--wgv71a.example", "corp.example", "corp.example.evil.example"]
DOMAIN_GLOBS = ["*.x.example", "x.example", "*", "*.example", "日本.example", "?.example", "*x*"]
ADDRESS_GLOBS = ["info@*", "*@x.example", "b*@*", "Bob@x.example", "*+*@*"]
FILE_GLOBS = ["*.xlsx", "*社*", "*", "a?.pdf", "*.PDF"]
FILES = ["a.xlsx", "社外秘.pdf", "ab.PDF", "", "x\u200by.pdf", "Ａ.xlsx", "a\n.pdf", "\ud800.pdf"]
CODES = ["malformed_header", "unreadable", "limit_reached", "too_many_parts", "macro"]


class Maker:
    """Makes rules and mails out of one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def some(self, pool: list[str], most: int = 2) -> list[str]:
        return self.chance.sample(pool, self.chance.randint(1, most))

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def keys(self, **wanted: Any) -> dict[str, Any]:
        """About a third of the keys; at least one."""
        kept = {key: value for key, value in wanted.items() if self.often(0.35)}
        return kept or dict([self.chance.choice(list(wanted.items()))])

    def count(self) -> str:
        return f"{self.chance.choice(['>=', '>=', '>', '<', '<=', '=='])} {self.chance.randint(0, 4)}"

    def condition(self, depth: int = 0) -> dict[str, Any]:
        kind = self.chance.random()
        if depth < 2 and kind < 0.25:
            parts = [self.condition(depth + 1) for _ in range(self.chance.randint(1, 3))]
            return {self.chance.choice(["all", "any"]): parts}
        if depth < 2 and kind < 0.35:
            return {"not": self.condition(depth + 1)}
        return self.chance.choice([self.recipients, self.text, self.text, self.attachments, self.others])()

    def recipients(self) -> dict[str, Any]:
        wanted = self.keys(
            external=self.often(0.7), visible=self.often(0.7), domain=self.some(DOMAIN_GLOBS), bcc=self.often(0.5),
            address=self.some(ADDRESS_GLOBS), no_mx=self.often(0.7), every=True, count=self.count(),
            domains=self.count(), first_time="sender", **{"in": ["names"], "not_in": ["names"]},
        )  # fmt: skip
        return {"recipients": wanted}

    def text(self) -> dict[str, Any]:
        asked = self.keys(
            words=dict.fromkeys(self.some(WORDS, 3), self.chance.randint(1, 5)), patterns=self.some(PATTERNS)
        )
        share = self.chance.choice(["include", "exclude", "only"])
        where = self.some(["subject", "names", "attachments"], 3)
        more = self.keys(
            count=self.count(), score=self.count(), **{"in": ["body", *where], "quoted": share, "hidden": share}
        )
        return {"text": {**asked, **more}}

    def attachments(self) -> dict[str, Any]:
        return {"attachments": self.keys(name=self.some(FILE_GLOBS), macros=True, type=["xlsx"], count=self.count())}

    def others(self) -> dict[str, Any]:
        return self.chance.choice([
            {"personal_data": {"phone": self.count()}},
            {"sender": {"domain": self.some(DOMAIN_GLOBS)}},
            {"sender": {"in": ["names"]}},
        ])  # fmt: skip

    def rule(self, number: int) -> dict[str, Any]:
        then = {self.chance.choice(["confirm", "reject"]): True, "scope": self.chance.choice(["recipients", "mail"])}
        unless = {"unless": [self.condition()]} if self.often(0.3) else {}
        unknown = {"when_unknown": "ignore"} if self.often(0.2) else {}
        return {"id": f"r{number}", "when": self.condition(), "then": then, **unless, **unknown}

    def policy(self) -> str:
        names = {"domains": self.some(DOMAIN_GLOBS, 3), "addresses": self.some(ADDRESS_GLOBS)}
        rules = [self.rule(number) for number in range(self.chance.randint(1, 4))]
        return plain_yaml({"version": 1, "lists": {"names": names}, "rules": rules})

    def words(self, most: int) -> str:
        return "".join(self.chance.choice(PIECES) for _ in range(self.chance.randint(0, most)))

    def file(self, depth: int = 0) -> Attachment:
        inner = tuple(self.file(1) for _ in range(self.chance.randint(0, 2))) if depth == 0 and self.often(0.3) else ()
        kind, size = self.chance.choice(["xlsx", "zip", "", "exe"]), self.chance.randint(0, 9999)
        return Attachment(
            self.chance.choice(FILES), "a/b", "a/b", kind, size, "ab",
            encrypted=self.often(0.2), inspected=self.often(0.7), text=self.words(8), members=inner,
        )  # fmt: skip

    def case(self) -> Case:
        people = [f"{self.chance.choice(['bob', 'Bob', 'info', 'a+b'])}@{domain}" for domain in self.some(DOMAINS, 4)]
        cut = self.chance.randint(0, len(people))
        fields: dict[str, Any] = {name: some for name, some in (("to", people[:cut]), ("bcc", people[cut:])) if some}
        case = mail(sender=f"{self.chance.choice(['ann', 'b', 'a+b'])}@corp.example", **fields)
        text = self.words(12)
        shown = self.chance.randint(0, len(text))
        where = ["to", "mail", "text", "a.xlsx", ""]
        findings = [
            Finding(self.chance.choice(CODES), self.chance.choice(where), "") for _ in range(3) if self.often(0.15)
        ]
        facts = replace(
            case.facts,
            text=text, shown=shown, own=text[: shown // 2], quoted=self.words(4) if self.often(0.3) else "",
            attachments=tuple(self.file() for _ in range(self.chance.choice([0, 0, 1, 2]))), findings=tuple(findings),
            personal_data={"phone": ClassCount(counted=self.chance.randint(0, 3))} if self.often(0.4) else {},
            headers=replace(case.facts.headers, subject=self.chance.choice([None, "", self.words(6)])),
        )  # fmt: skip
        reached = {domain: self.often(0.5) for domain in DOMAINS if self.often(0.7)}
        known = Known(sender_domains=frozenset(self.some(DOMAINS, 3)))
        return replace(case, facts=facts, mail_domains=reached, known=known)


def word_of(verdict: Verdict) -> tuple[list[Any], list[Any]]:
    """All that a verdict says, whatever the order of the recipients."""
    people = sorted((one.address.key, one.disposition, one.rules) for one in verdict.recipients)
    return people, [(hit.rule, hit.disposition, hit.because, hit.evidence, hit.recipients) for hit in verdict.hits]


@pytest.mark.parametrize("seed", range(60))
def test_the_first_glance_and_the_order_of_things_change_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glance, "_FEW", seed % 2)  # 0: also one gate alone is found by what the mail has
    maker = Maker(seed)
    policy = policy_of(maker.policy())
    cases = [maker.case() for _ in range(6)]
    said = [word_of(judge(policy, case)) for case in cases]
    assert not [hits for _, hits in said if any(evidence and "Error" in str(evidence) for *_, evidence, _ in hits)]
    backwards = replace(policy, rules=policy.rules[::-1])
    for case, expected in zip(cases, said, strict=True):
        turned = replace(case.envelope, recipients=case.envelope.recipients[::-1])
        assert word_of(judge(backwards, replace(case, envelope=turned))) == expected
    for case in cases:
        view = policy.view(case)
        one_by_one = [number for number, rule in enumerate(policy.rules) if not shut(rule, view)]
        assert policy.glance.open(view) == one_by_one
    monkeypatch.setattr(Glance, "open", lambda _self, _view: list(range(len(policy.rules))))
    assert [word_of(judge(replace(policy, sieve=None), case)) for case in cases] == said


def test_gates_are_asked_once_for_all_rules_that_begin_with_them_and_a_failing_one_shuts_nobody_out() -> None:
    asked: list[str] = []

    def gate(name: str, said: bool | None) -> Any:
        def look(_view: Any) -> bool:
            asked.append(name)
            if said is None:
                raise ValueError(name)
            return said

        return look

    shuts, opens, fails = gate("shuts", True), gate("opens", False), gate("fails", None)
    rows = [(shuts,), (), (opens, shuts), (opens,), (fails, shuts), (opens, fails), (shuts, fails), (opens, opens)]
    assert Glance(rows).open(cast(Any, None)) == [1, 3, 4, 5, 7]
    assert sorted(asked) == ["fails", "fails", "opens", "opens", "shuts", "shuts"]
    assert Glance([(opens,) * 5000]).open(cast(Any, None)) == [0]


CONDITIONS = [
    "{secrets: {total: '>= 1'}}",
    "{personal_data: {persons: '>= 1'}}",
    "{recipients: {external: true, count: '>= 2'}}",
    "{recipients: {count: '>= 2'}}",
    "{recipients: {external: true, visible: true, count: '>= 2'}}",
    "{recipients: {domain: [x.example]}}",
    "{sender: {address: ann@corp.example}}",
    "{attachments: any}",
    "{text: {words: [secret], in: [body]}}",
]


@pytest.mark.parametrize("few", [0, 1])
def test_rules_are_found_by_what_a_mail_has(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glance, "_FEW", few)
    names = [f"r{number}" for number in range(len(CONDITIONS) * 2)]
    rules = "".join(
        f"  - {{id: {name}, when: {one}, then: confirm}}\n" for name, one in zip(names, CONDITIONS * 2, strict=True)
    )
    policy = policy_of(f"version: 1\nrules:\n{rules}")
    file = Attachment("a.pdf", "application/pdf", "application/pdf", "pdf", 9, "0" * 64, inspected=True)
    shown = ["a@x.example", "b@y.example"]
    much = mail(
        {"text": "a secret", "attachments": (file,), "secrets": {"password": 1}, "persons": 1}, to=shown,
    )  # fmt: skip
    assert policy.glance.open(policy.view(much)) == list(range(len(names)))
    little = mail(to=["c@z.example"], sender="eve@corp.example")
    assert policy.glance.open(policy.view(little)) == []
    unread = replace(little, facts=replace(little.facts, findings=(Finding("unreadable", "mail", "x"),)))
    opened = [CONDITIONS[number] for number in policy.glance.open(policy.view(unread)) if number < len(CONDITIONS)]
    assert opened == [
        one for one in CONDITIONS if not one.startswith(("{recipients: {", "{sender")) or "visible" in one
    ]


def test_what_needs_a_file_at_all_is_shut_by_one_look_wherever_a_rule_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    shut = Recipients.shut

    def counted(self: Recipients, view: View) -> bool:
        asked.append(self)
        return shut(self, view)

    monkeypatch.setattr(Recipients, "shut", counted)
    rules = "".join(
        f"  - {{id: r{n}, when: {{recipients: {{external: true, domain: ['*.example', 'x{n}.example']}},"
        f" attachments: {{name: 'list{n}.*'}}}}, then: confirm}}\n"
        for n in range(20)
    )
    policy = policy_of(f"version: 1\nrules:\n{rules}")
    assert policy.glance.open(policy.view(mail(to=["b@y.example"]))) == []
    assert not asked
    file = Attachment("list7.pdf", "application/pdf", "application/pdf", "pdf", 9, "0" * 64, inspected=True)
    assert policy.glance.open(policy.view(mail({"attachments": (file,)}, to=["b@y.example"]))) == [7]
