"""What `check` warns of: rules that can never hold, that are never felt, that ask nothing; silence about good ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.judging import policy_of

from mailguard.mail.organization import Organization
from mailguard.policy.lint import lint
from mailguard.policy.lists import Line, Listed, NameList, normal_address, normal_domain
from mailguard.policy.marks import Problem

OWN = Organization(("corp.example", "*.corp.example"))
LISTS = {
    "two": ["a@x.example", "b@x.example"],
    "inside": ["corp.example"],
    "partners": ["partner.example", "*.group.example"],
}


def said(rules: str) -> list[str]:
    """The warnings about rules in flow YAML, lists included."""
    lists = {name: NameList((e for e in of if "@" not in e), (e for e in of if "@" in e)) for name, of in LISTS.items()}
    inline = "".join(f"  {name}: {{domains: [y.example]}}\n" for name in LISTS)
    policy = policy_of(f"version: 1\nlists:\n{inline}rules:\n{rules}")
    place = Problem("p.yaml", 1, 1, "list")
    listed = {name: Listed(names, place, True) for name, names in lists.items()}
    policy = replace(policy, organization=OWN, lists=listed)
    return [problem.message for problem in lint(policy) if problem.severity == "warning"]


def of_condition(condition: str, more: str = "then: confirm") -> list[str]:
    return said(f"  - {{id: r, when: {condition}, {more}}}\n")


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ("[jpeg, png]", "no file is 'jpeg' by its content, such files are 'jpg'"),
        ("docm", "such files are 'docx'"),
        ("pfd", "no file is 'pfd' by its content, did you mean 'pdf'? its name is asked for by name: '*.pfd'"),
        (".vbs", "no file is '.vbs' by its content; its name is asked for by name: '*.vbs'"),
    ],
)
def test_kinds_that_no_file_has_by_its_content(kinds: str, words: str) -> None:
    (warning,) = of_condition(f"{{any: [{{attachments: {{type: {kinds}}}}}, {{message: {{reply: true}}}}]}}")
    assert words in warning
    exception = f"{{attachments: {{type: {kinds}}}}}"
    assert any(words in one for one in of_condition("{message: {reply: true}}", f"unless: {exception}, then: confirm"))


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("{attachments: {name: xlsx}}", "all of that ending are '*.xlsx'"),
        ("{attachments: {name: [a.pdf, .docm]}}", "all of that ending are '*.docm'"),
        ("{attachments: {name: 見積書}}", "what has it in its name is '*見積書*'"),
        ("{recipients: {domain: partner}}", "'partner': a domain without a dot"),
        ("{recipients: {address: bob@partner.con}}", "no top-level domain .con is known"),
        ("{sender: {domain: sales}}", "'sales': a domain without a dot"),
        ("{text: {words: [/社外秘/]}}", "patterns stand under patterns:"),
        ("{text: {words: ['社外.*秘']}}", "patterns stand under patterns:"),
        ("{text: {words: ['[0-9]{4}']}}", "patterns stand under patterns:"),
    ],
)
def test_what_is_asked_for_and_not_found(condition: str, words: str) -> None:
    assert any(words in one for one in of_condition(condition)), of_condition(condition)


def test_what_is_asked_for_and_found() -> None:
    files = "{attachments: {name: [見積書.pdf, '見積*', DICOMDIR, .env, '*.xlsx', 'r[0-9].csv']}}"
    people = "{recipients: {domain: [partner.co.jp, x.example, '*.co', mail.local], address: ['info@*', a@日本.jp]}}"
    words = "{text: {words: [社外秘, 'C:\\dir', /dev/null, '[NDA]', 'A*B', 50%]}}"
    assert [of_condition(one) for one in (files, people, words)] == [[], [], []]


def test_kinds_that_files_have() -> None:
    assert of_condition("{attachments: {type: [.PDF, xlsx, 7z, script]}}") == []


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("{recipients: {visible: true, bcc: true}}", "not visible"),
        ("{recipients: {external: true, domain: [corp.example, x.corp.example]}}", "own domain is not external"),
        ("{recipients: {internal: true, domain: [x.example]}}", "none of the domains is an own one"),
        ("{recipients: {internal: true, address: [a@x.example]}}", "none of the domains is an own one"),
        ("{recipients: {external: true, in: [inside]}}", "own domains only"),
        ("{recipients: {internal: true, in: [two]}}", "no own domain"),
        ("{recipients: {free_mail: true, domain: [x.example]}}", "free mail"),
        ('{recipients: {in: [two], count: ">= 3"}}', "only 2 addresses are named"),
        ('{recipients: {address: [a@x.example], count: "> 1"}}', "only 1 addresses are named"),
        ('{recipients: {domain: [x.example, y.example], domains: ">= 3"}}', "only 2 domains are named"),
        ('{recipients: {count: "<= 2", domains: ">= 3"}}', "domains need as many recipients"),
        ('{attachments: {size: ">= 10 MB", total_size: "< 5 MB"}}', "cannot be < 5 MB in all"),
        ('{attachments: {count: "< 0"}}', "count: < 0"),
        ("{all: [{message: {reply: true}}, {message: {reply: false}}]}", "reply: true and reply: false"),
        ('{all: [{personal_data: {phone: ">= 5"}}, {personal_data: {phone: "< 3"}}]}', "phone: >= 5 and phone: < 3"),
        (
            '{all: [{recipients: {external: true, count: ">= 5"}}, {recipients: {external: true, count: "< 5"}}]}',
            "count: >= 5 and count: < 5",
        ),
        ("{attachments: any, not: {attachments: any}}", "not: says that it must not"),
        ("{recipients: {external: true, free_mail: true}, not: {recipients: {external: true}}}", "not: says"),
        ("{attachments: any, not: {any: [{attachments: any}, {message: {reply: true}}]}}", "one of not: any:"),
        (
            "{any: [{recipients: {visible: true, bcc: true}}, {recipients: {internal: true, lookalike: true}}]}",
            "none of any: can hold",
        ),
    ],
)
def test_what_can_never_hold(condition: str, words: str) -> None:
    messages = of_condition(condition)
    assert any("can never hold" in message and words in message for message in messages), messages


@pytest.mark.parametrize(
    "condition",
    [
        "{recipients: {external: true, domain: [corp.example, '*.example']}}",
        "{recipients: {internal: true, domain: ['*.example']}}",
        "{recipients: {external: true, in: [inside, partners]}}",
        '{recipients: {in: [two], count: ">= 2"}}',
        '{recipients: {in: [partners], count: ">= 9"}}',
        '{recipients: {count: "<= 2", domains: ">= 2"}}',
        '{attachments: {size: ">= 10 MB", total_size: "> 50 MB"}}',
        "{all: [{recipients: {external: true}}, {recipients: {internal: true}}]}",
        '{all: [{text: {words: [社外秘], count: "< 5"}}, {text: {words: [極秘], count: ">= 5"}}]}',
        "{recipients: {external: true}, not: {recipients: {external: true, free_mail: true}}}",
        "{text: {words: [社外秘, NDA], patterns: ['[0-9]{4}-[0-9]{4}', 'a|b\\|c']}}",
        "{any: [{attachments: any}, {message: {reply: true}}]}",
    ],
)
def test_silence_about_what_may_hold(condition: str) -> None:
    assert of_condition(condition) == []


@pytest.mark.parametrize(
    ("when", "unless", "words"),
    [
        ("{attachments: any}", "{attachments: any}", "says the same as when:"),
        ("{recipients: {external: true, free_mail: true}}", "{recipients: {external: true}}", "holds whenever when:"),
        ('{recipients: {external: true, count: ">= 10"}}', "{recipients: {external: true}}", "holds whenever when:"),
        ("{text: {words: [a1], in: subject}}", "{text: {words: [a1, b1]}}", "holds whenever when:"),
        ("{attachments: any}", "{any: [{message: {reply: true}}, {attachments: any}]}", "holds whenever when:"),
        ("{attachments: any}", "{recipients: {visible: true, bcc: true}}", "never applies"),
    ],
)
def test_exceptions_that_undo_the_rule_or_nothing(when: str, unless: str, words: str) -> None:
    messages = of_condition(when, f"unless: {unless}, then: confirm")
    assert len(messages) == 1
    assert words in messages[0]


@pytest.mark.parametrize(
    ("when", "unless"),
    [
        ("{recipients: {external: true}}", "{recipients: {external: true, free_mail: true}}"),
        ("{recipients: {external: true}}", '{recipients: {external: true, count: ">= 10"}}'),
        ("{recipients: {external: true}}", "{recipients: {external: true, every: true}}"),
        ('{recipients: {external: true, count: ">= 10"}}', '{recipients: {external: true, count: "== 10"}}'),
        ("{text: {words: [a1], patterns: [p1]}}", "{text: {words: [a1]}}"),
        ("{attachments: {type: pdf}}", "{attachments: any}"),
        ("{recipients: {visible: true}}", "{recipients: {external: true}}"),
    ],
)
def test_silence_about_true_exceptions(when: str, unless: str) -> None:
    assert of_condition(when, f"unless: {unless}, then: confirm") == []


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("{text: {words: [a]}}", "one character long"),
        ("{text: {words: ['*']}}", "is never found"),
        ("{text: {patterns: ['.']}}", "nearly every mail"),
        ("{text: {patterns: ['a|']}}", "matches the empty text"),
        ('{not: {recipients: {count: ">= 0"}}}', "holds for every number"),
        (
            "{any: [{attachments: any}, {recipients: {visible: true, bcc: true}}]}",
            "alternative 2 of any: can never hold",
        ),
    ],
)
def test_what_asks_nothing(condition: str, words: str) -> None:
    try:
        messages = of_condition(condition)
    except ValueError as error:  # so plain that the schema refuses it
        messages = [str(error)]
    assert any(words in message for message in messages), messages


EXTERNAL = "{recipients: {external: true}}"
FREE = "{recipients: {external: true, free_mail: true}}"


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (f"when: {EXTERNAL}, then: confirm", f"when: {EXTERNAL}, then: reject", "rule 'r': is never felt"),
        (f"when: {EXTERNAL}, then: reject", f"when: {FREE}, then: confirm", "rule 's': is never felt"),
        (f"when: {FREE}, then: delay", f"when: {EXTERNAL}, then: confirm", "rule 'r': is never felt"),
        (
            f"when: {EXTERNAL}, then: {{approve: {{by: a@corp.example}}}}",
            f"when: {EXTERNAL}, then: {{approve: {{by: b@corp.example}}}}",
            "asks other approvers than 'r'",
        ),
        (
            f"when: {EXTERNAL}, then: {{approve: {{by: a@corp.example}}}}, mode: enforce",
            f"when: {EXTERNAL}, unless: {FREE}, then: {{confirm: true, expire_action: release}}",
            "rule 's': is never felt",
        ),
    ],
)
def test_rules_that_are_never_felt_or_contradict(first: str, second: str, words: str) -> None:
    messages = said(f"  - {{id: r, {first}}}\n  - {{id: s, {second}}}\n")
    assert len(messages) == 1
    assert words in messages[0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f"when: {EXTERNAL}, then: confirm", f"when: {FREE}, then: reject"),
        (f"when: {EXTERNAL}, unless: {FREE}, then: reject", f"when: {FREE}, then: confirm"),
        (f"when: {EXTERNAL}, then: {{confirm: true, scope: recipients}}", f"when: {EXTERNAL}, then: delay"),
        (f"when: {EXTERNAL}, then: reject, mode: monitor", f"when: {EXTERNAL}, then: delay"),
        (f"when: {EXTERNAL}, then: reject, when_unknown: ignore", f"when: {EXTERNAL}, then: delay"),
    ],
)
def test_silence_about_rules_beside_each_other(first: str, second: str) -> None:
    assert said(f"  - {{id: r, {first}}}\n  - {{id: s, {second}}}\n") == []


def about_list(*names: str, used: bool = True, severity: str = "warning") -> list[str]:
    lines = [
        Line(normal_address(name) if "@" in name else normal_domain(name), "l.txt", number, 1)
        for number, name in enumerate(names, 1)
    ]
    place = Problem("p.yaml", 2, 3, "list")
    policy = policy_of(f"version: 1\nrules:\n  - {{id: r, when: {EXTERNAL}, then: confirm}}\n")
    policy = replace(policy, organization=OWN, lists={"l": Listed(NameList(), place, used, tuple(lines))})
    return [str(problem) for problem in lint(policy) if problem.severity == severity]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gmial.com", "did you mean 'gmail.com'?"),
        ("info@gmial.com", "did you mean 'gmail.com'?"),
        ("docomo.co.jp", "did you mean 'docomo.ne.jp'?"),
        ("c0rp.example", "did you mean 'corp.example'?"),
        ("partner", "a domain without a dot"),
        (
            "xn--6oq93jcs2b",
            "'会社名': a domain without a dot: is its ending missing? Of a .csv the column headed domain",
        ),
        ("info@xn--6oq93jcs2b.cmo", "'info@会社名.cmo': no top-level domain .cmo"),
        ("partner.cmo", "no top-level domain .cmo"),
    ],
)
def test_slips_in_lists(name: str, words: str) -> None:
    messages = about_list("other.example", name)
    assert len(messages) == 1
    assert messages[0].startswith("l.txt:2:1: warning: ")
    assert words in messages[0]


def test_two_entries_that_differ_by_one_letter() -> None:
    assert "'partner.co.jp' is listed as well" in about_list("partner.co.jp", "partnre.co.jp")[0]


@pytest.mark.parametrize("name", ["gmail.com", "docomo.ne.jp", "partner.co.jp", "*.group.example", "日本.example"])
def test_silence_about_good_names(name: str) -> None:
    assert about_list(name, "shop1.example", "shop2.example") == []


def test_lists_that_nobody_asks_and_entries_that_stand_twice() -> None:
    assert about_list("x.example", used=False) == ["p.yaml:2:3: warning: list 'l' is never used"]
    assert (
        "1 entries stand there twice, such as 'x.example'" in about_list("x.example", "X.example", severity="info")[0]
    )


def test_a_remark_on_rules_that_nothing_proves() -> None:
    policy = policy_of(f"version: 1\nrules:\n  - {{id: r, when: {EXTERNAL}, then: confirm}}\n")
    assert [str(problem) for problem in lint(policy)] == [
        "p.yaml:3:10: info: without because: (people read a made sentence): r",
        "p.yaml:3:10: info: without examples: r",
    ]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("{text: {words: 社外秘、極秘}}", "several words are a list, [社外秘, 極秘]"),
        ('{attachments: {size: "> 10"}}', "is the unit missing"),
        ('{attachments: {total_size: ">= 25"}}', "is the unit missing"),
        ('{message: {size: "> 10"}}', "is the unit missing"),
    ],
)
def test_what_was_meant_as_a_list_or_with_a_unit(condition: str, words: str) -> None:
    (message,) = of_condition(condition)
    assert words in message


SENTENCE = (
    "本件は、関係者以外には開示しないでください。転送も複製もせず、"
    + "読み終えたら、速やかに削除してください。以上です。" * 2
)


@pytest.mark.parametrize(
    "condition",
    [
        "{text: {words: [社外秘, 極秘]}}",
        f"{{text: {{words: {SENTENCE}}}}}",
        '{attachments: {size: "> 10 MB"}}',
        '{attachments: {size: "== 0"}}',
    ],
)
def test_sentences_and_sizes_that_are_meant(condition: str) -> None:
    assert of_condition(condition) == []
