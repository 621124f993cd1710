"""Every condition both ways, in the words in which an operator writes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.judging import mail, policy_of, rule_of, said

from mailguard.mail.directory import NOBODY
from mailguard.mail.facts import Attachment, ClassCount, Finding
from mailguard.policy.case import Known
from mailguard.policy.judge import judge
from mailguard.policy.marks import Problems

TEN = [f"p{number}@x.example" for number in range(10)]
LISTS = "version: 1\nlists: {partners: {domains: [partner.example], addresses: [info@shop.example]}}\n"


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ("{external: true}", {"to": "b@x.example"}, {"to": "b@corp.example"}),
        ("{internal: true}", {"to": "b@corp.example"}, {"to": "b@x.example"}),
        ("{external: false}", {"to": "b@corp.example"}, {"to": "b@x.example"}),
        ('{count: ">= 2"}', {"to": ["b@x.example", "c@corp.example"]}, {"to": "b@x.example"}),
        ('{external: true, count: "== 0"}', {"to": "b@corp.example"}, {"to": "b@x.example"}),
        ('{external: true, visible: true, count: ">= 10"}', {"to": TEN}, {"bcc": TEN}),
        ('{external: true, visible: true, count: ">= 10"}', {"to": TEN[:4], "cc": TEN[4:]}, {"to": TEN[:9]}),
        ('{external: true, domains: ">= 2"}', {"to": ["b@x.example", "c@y.example"]}, {"to": TEN}),
        ("{visible: false}", {"bcc": "b@x.example"}, {"to": "b@x.example"}),
        ("{bcc: true}", {"to": "a@x.example", "bcc": "b@x.example"}, {"cc": "b@x.example"}),
        ("{bcc: false}", {"to": "a@x.example", "bcc": "b@x.example"}, {"bcc": "b@x.example"}),
        ('{domain: "*.x.example"}', {"to": "b@y.x.example"}, {"to": "b@x.example"}),
        ('{domain: [x.example, "日本.example"]}', {"to": "b@xn--wgv71a.example"}, {"to": "b@y.example"}),
        ('{address: ["sales@*"]}', {"to": "sales@x.example"}, {"to": "bob@x.example"}),
        ("{free_mail: true}", {"to": "b@gmail.com"}, {"to": "b@x.example"}),
        ("{external: true, free_mail: false}", {"to": "b@x.example"}, {"to": "b@gmail.com"}),
        ("{first_time: sender}", {"to": "b@x.example"}, {"to": "b@x.example", "known": "x.example"}),
        ("{first_time: company}", {"to": "b@x.example"}, {"to": "b@corp.example"}),
        (
            "{first_time: company}",
            {"to": "b@gmail.com", "known": "c@gmail.com"},
            {"to": "b@gmail.com", "known": "b@gmail.com"},
        ),
        ("{lookalike: true}", {"to": "b@c0rp.example"}, {"to": "b@x.example"}),
        ("{lookalike: true}", {"to": "b@partmer.example", "known": "partner.example"}, {"to": "b@partmer.example"}),
        ("{external: true, lookalike: false}", {"to": "b@x.example"}, {"to": "b@c0rp.example"}),
        (
            "{external: true, free_mail: true, every: true}",
            {"to": ["b@gmail.com", "c@corp.example"]},
            {"to": ["b@gmail.com", "c@x.example"]},
        ),
    ],
)
def test_recipients(condition: str, hit: dict[str, Any], miss: dict[str, Any]) -> None:
    policy = rule_of(f"{{recipients: {condition}}}")
    assert said(policy, mail(**hit)) == "confirm"
    assert said(policy, mail(**miss)) == "deliver"


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ("{in: [partners]}", "b@partner.example", "b@x.example"),
        ("{in: partners}", "info@shop.example", "b@shop.example"),
        ("{external: true, not_in: [partners]}", "b@x.example", "b@partner.example"),
    ],
)
def test_recipients_in_lists(condition: str, hit: str, miss: str) -> None:
    policy = policy_of(f"{LISTS}rules: [{{id: r, when: {{recipients: {condition}}}, then: confirm}}]")
    assert said(policy, mail(to=hit)) == "confirm"
    assert said(policy, mail(to=miss)) == "deliver"


def test_visible_counts_those_whom_the_envelope_does_not_name() -> None:
    """A cloud splits one mail into several transactions: each shows all of To."""
    policy = rule_of('{recipients: {external: true, visible: true, count: ">= 10"}}')
    whole = mail(to=TEN)
    split = mail({"headers": whole.facts.headers}, to=TEN[0])
    assert said(policy, split) == "confirm"
    elsewhere = mail({"headers": whole.facts.headers}, to="ken@corp.example")
    assert said(policy, elsewhere) == "deliver"


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ("any", ["a.pdf"], []),
        ("{}", ["a.pdf"], []),
        ("true", ["a.pdf"], []),
        ('{count: ">= 2"}', ["a.pdf", "b.pdf"], ["a.pdf"]),
        ('{name: "*.PDF"}', ["見積.pdf"], ["a.pdf.exe"]),
        ('{name: "*見積*"}', ["御見積書.xlsx"], ["請求書.xlsx"]),
        ('{name: "*.ＸＬＳＸ"}', ["a.xlsx"], ["a.xls"]),
        ("{type: [xlsx, docx]}", [{"name": "a.bin", "type": "xlsx"}], ["a.pdf"]),
        ("{encrypted: true}", [{"name": "a.zip", "encrypted": True}], ["a.zip"]),
        ("{macros: true}", [{"name": "a.docx", "macros": True}], ["a.docx"]),
        ("{macros: true}", ["b.docx", {"name": "a.docx", "macros": True}], ["a.docx"]),
        ("{type_mismatch: true}", [{"name": "a.pdf", "type_mismatch": True}], ["a.docx"]),
        ("{inspected: false}", [{"name": "a.pdf", "inspected": False}], ["a.pdf", "b.jpg"]),
        ('{size: "> 1 MB"}', [{"name": "a.pdf", "size": 2**21}], ["a.pdf"]),
        ('{total_size: "> 1 MB"}', [{"name": "a", "size": 600_000}, {"name": "b", "size": 600_000}], ["a"]),
        ('{type: pdf, count: ">= 2"}', ["a.pdf", "b.pdf"], ["a.pdf", "b.txt"]),
    ],
)
def test_attachments(condition: str, hit: list[Any], miss: list[Any]) -> None:
    policy = rule_of(f"{{attachments: {condition}}}")
    assert said(policy, mail(attachments=hit)) == "confirm"
    assert said(policy, mail(attachments=miss) if miss else mail()) == "deliver"


def file(name: str, short: str = "", members: tuple[Attachment, ...] = (), **more: Any) -> Attachment:
    fields: dict[str, Any] = {"size": 10, "inspected": True, **more}
    return Attachment(name, "", f"application/{short}", short, fields.pop("size"), "", members=members, **fields)


def test_members_of_archives_are_picked_but_not_counted_as_attachments() -> None:
    nested = {"attachments": (file("a.zip", "zip", (file("b.xlsx", "xlsx", size=5), file("c.exe", "exe", size=7))),)}
    assert said(rule_of("{attachments: {type: exe}}"), mail(nested)) == "confirm"
    assert said(rule_of('{attachments: {count: ">= 2"}}'), mail(nested)) == "deliver"
    assert said(rule_of('{attachments: {total_size: ">= 11 B"}}'), mail(nested)) == "deliver"
    assert said(rule_of('{attachments: {name: ["*.xlsx", "*.exe"], total_size: "== 12 B"}}'), mail(nested)) == "confirm"
    assert said(rule_of('{attachments: {name: "*", total_size: "== 10 B"}}'), mail(nested)) == "confirm"


def test_a_detached_signature_is_no_attachment() -> None:
    signature = Attachment("smime.p7s", "application/pkcs7-signature", "", "", 4000, "", inspected=True)
    assert said(rule_of("{attachments: any}"), mail({"attachments": (signature,)})) == "deliver"
    disguised = Attachment("list.xlsx", "application/pkcs7-signature", "", "xlsx", 4000, "", inspected=True)
    assert said(rule_of("{attachments: any}"), mail({"attachments": (disguised,)})) == "confirm"


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ("{words: [社外秘]}", {"subject": "【社外秘】"}, {"subject": "社外"}),
        ("{words: [社外秘], in: [subject]}", {"subject": "社外秘"}, {"text": "社外秘"}),
        ("{words: [社外秘], in: [body]}", {"text": "これは社外\n秘です"}, {"subject": "社外秘"}),
        ("{words: [原価], in: names}", {"attachments": ["原価表.pdf"]}, {"text": "原価"}),
        ("{words: [原価], in: attachments}", {"attachments": [{"name": "a.txt", "text": "原価"}]}, {"text": "原価"}),
        ("{words: [Confidential]}", {"text": "ＣＯＮＦＩＤＥＮＴＩＡＬ"}, {"text": "confidentially"}),
        ('{words: [見積], count: ">= 3"}', {"subject": "見積", "text": "見積 見積"}, {"text": "見積 見積"}),
        ("{patterns: ['[0-9]{3}-[0-9]{4}']}", {"text": "〒１２３－４５６７"}, {"text": "123"}),
        ("{words: [x], patterns: ['y+']}", {"text": "yyy"}, {"text": "z"}),
    ],
)
def test_text(condition: str, hit: dict[str, Any], miss: dict[str, Any]) -> None:
    policy = rule_of(f"{{text: {condition}}}")
    assert said(policy, mail(**hit)) == "confirm"
    assert said(policy, mail(**miss)) == "deliver"


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ('{persons: ">= 10"}', {"persons": 10}, {"persons": 9}),
        ('{payment_card: ">= 1"}', {"payment_card": 1}, {"my_number": 1}),
        ('{persons: ">= 2", phone: ">= 2"}', {"persons": 2, "phone": 2}, {"persons": 2, "phone": 1}),
        ('{email_address: "< 2"}', {"email_address": 1}, {"email_address": 2}),
    ],
)
def test_personal_data(condition: str, hit: dict[str, int], miss: dict[str, int]) -> None:
    policy = rule_of(f"{{personal_data: {condition}}}")
    assert said(policy, mail(personal_data=hit)) == "confirm"
    assert said(policy, mail(personal_data=miss)) == "deliver"


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ("{sender: {address: ann@corp.example}}", {}, {"sender": "eve@corp.example"}),
        ('{sender: {domain: "*.corp.example"}}', {"sender": "a@eu.corp.example"}, {}),
        ("{sender: {authenticated: true}}", {}, {"authenticated": False}),
        ("{message: {empty_subject: true}}", {"subject": " "}, {}),
        ("{message: {reply: true}}", {"reply": True}, {}),
        ("{message: {signed: true}}", {"signed": True}, {}),
        ("{message: {encrypted: true}}", {"encrypted": True}, {}),
        ('{message: {size: ">= 1 MB"}}', {"size": 2**20}, {}),
    ],
)
def test_sender_and_message(condition: str, hit: dict[str, Any], miss: dict[str, Any]) -> None:
    policy = rule_of(condition)
    assert said(policy, mail(**hit)) == "confirm"
    assert said(policy, mail(**miss)) == "deliver"


@pytest.mark.parametrize(
    ("condition", "words", "word"),
    [
        ("{all: [{text: {words: [a]}}, {text: {words: [b]}}]}", "a b", "confirm"),
        ("{all: [{text: {words: [a]}}, {text: {words: [b]}}]}", "a", "deliver"),
        ("{any: [{text: {words: [a]}}, {text: {words: [b]}}]}", "b", "confirm"),
        ("{any: [{text: {words: [a]}}, {text: {words: [b]}}]}", "c", "deliver"),
        ("{not: {text: {words: [a]}}}", "b", "confirm"),
        ("{not: {text: {words: [a]}}}", "a", "deliver"),
        ("{text: {words: [a]}, not: {text: {words: [b]}}}", "a", "confirm"),
        ("{text: {words: [a]}, not: {text: {words: [b]}}}", "a b", "deliver"),
        ("{text: {words: [a]}, any: [{text: {words: [b]}}]}", "a", "deliver"),
    ],
)
def test_put_together(condition: str, words: str, word: str) -> None:
    assert said(rule_of(condition), mail(text=words)) == word


UNREAD_PDF = {"attachments": (file("a.pdf", "pdf", inspected=False),)}
LOCKED = {"attachments": (file("a.7z", "7z", encrypted=True, inspected=False),)}
SECRET = {"encrypted": True}
CUT = {"findings": (Finding("limit_reached", "mail", ""),)}


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        ('{personal_data: {persons: ">= 10"}}', UNREAD_PDF),
        ('{personal_data: {persons: ">= 10"}}', SECRET),
        ('{personal_data: {persons: "< 10"}}', UNREAD_PDF),
        ("{text: {words: [x]}}", UNREAD_PDF),
        ("{text: {words: [x], in: attachments}}", LOCKED),
        ("{text: {words: [x], in: body}}", SECRET),
        ("{text: {words: [x], in: body}}", CUT),
        ("{attachments: {type: exe}}", LOCKED),
        ("{attachments: {name: '*.exe'}}", LOCKED),
        ("{attachments: {type: exe}}", CUT),
        ("{attachments: any}", CUT),
        ("{attachments: {macros: true}}", {"attachments": (file("a.doc", "doc", inspected=False),)}),
        ("{recipients: {visible: true, count: '>= 10'}}", {"findings": (Finding("malformed_header", "to", ""),)}),
        ("{recipients: {bcc: true}}", {"findings": (Finding("malformed_header", "cc", ""),)}),
        ("{not: {personal_data: {persons: '>= 10'}}}", UNREAD_PDF),
        ("{not: {text: {words: [x]}}}", UNREAD_PDF),
        ("{all: [{recipients: {external: true}}, {text: {words: [x]}}]}", UNREAD_PDF),
        ("{any: [{recipients: {internal: true}}, {text: {words: [x]}}]}", UNREAD_PDF),
    ],
)
def test_what_cannot_be_decided_is_never_silently_false(condition: str, facts: dict[str, Any]) -> None:
    assert said(rule_of(condition), mail(facts)) == "confirm"
    assert said(rule_of(condition, more="    when_unknown: ignore"), mail(facts)) == "deliver"
    assert said(rule_of(condition, "reject"), mail(facts)) == "confirm"


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        ("{text: {words: [x], in: subject}}", UNREAD_PDF),
        ("{text: {words: [x], in: [subject, body]}}", UNREAD_PDF),
        ("{attachments: {type: exe}}", UNREAD_PDF),
        ("{attachments: {encrypted: true}}", UNREAD_PDF),
        ('{personal_data: {persons: ">= 10"}}', {"attachments": (file("a.jpg", "jpg"),)}),
        ("{recipients: {internal: true}}", LOCKED),
        ("{attachments: {type: exe}}", {"findings": (Finding("limit_reached", "text", ""),)}),
        ("{all: [{recipients: {internal: true}}, {text: {words: [x]}}]}", UNREAD_PDF),
    ],
)
def test_what_does_not_matter_leaves_no_doubt(condition: str, facts: dict[str, Any]) -> None:
    assert said(rule_of(condition), mail(facts)) == "deliver"


def test_a_half_locked_archive_leaves_a_doubt() -> None:
    half = {"attachments": (file("a.zip", "zip", (file("b.txt", "txt"),), encrypted=True, inspected=False),)}
    assert said(rule_of('{personal_data: {persons: ">= 10"}}'), mail(half)) == "confirm"


def test_a_locked_file_that_was_opened_leaves_none() -> None:
    opened = {"attachments": (file("a.zip", "zip", (file("b.txt", "txt"),), encrypted=True),)}
    assert said(rule_of('{personal_data: {persons: ">= 10"}}'), mail(opened)) == "deliver"
    assert said(rule_of("{attachments: {encrypted: true}}"), mail(opened)) == "confirm"


def test_the_subject_of_unreadable_mail_is_not_known() -> None:
    policy = rule_of("{text: {words: [x], in: subject}}")
    assert {hit.rule for hit in judge(policy, mail(unreadable=True)).hits} == {"r", "unreadable"}


KNOWN_BY = frozenset({"c0rp.example"})
MANY = KNOWN_BY | {f"d{number}.example" for number in range(5001)}  # more than are compared one by one


@pytest.mark.parametrize(
    "known", [Known(sender_domains=KNOWN_BY), Known(company_domains=KNOWN_BY), Known(company_domains=MANY)]
)
def test_a_domain_written_to_is_no_lookalike_however_it_looks(known: Known) -> None:
    case = replace(mail(to="b@c0rp.example"), known=known)
    assert said(rule_of("{recipients: {lookalike: true}}"), case) == "deliver"


def test_an_exception_that_cannot_be_decided_does_not_apply() -> None:
    policy = rule_of("{recipients: {external: true}}", more="    unless: [{not: {text: {words: [x]}}}]")
    assert said(policy, mail(UNREAD_PDF)) == "confirm"
    assert said(policy, mail()) == "deliver"


def test_evidence_of_personal_data_is_masked() -> None:
    data = {"payment_card": ClassCount(("4111111111111111",), ("4111 **** **** 1111",))}
    hit = judge(rule_of('{personal_data: {payment_card: ">= 1"}}'), mail({"personal_data": data})).hits[0]
    assert hit.evidence == ("4111 **** **** 1111", "payment_card: 1")


GROUPS = """version: 1
people: [{address: ann@corp.example, aliases: hanako@corp.example, groups: sales}]
groups: {sales: {members: "*@desk.corp.example"}, board: {members: [boss@corp.example]}}
"""


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ("{sender: {group: sales}}", {}, {"sender": "bob@corp.example"}),
        ("{sender: {group: [board, sales]}}", {"sender": "boss@corp.example"}, {"sender": "bob@corp.example"}),
        ("{sender: {group: sales}}", {"sender": "Hanako@corp.example"}, {"sender": "hanako@x.example"}),
        ("{sender: {group: sales}}", {"sender": "x@desk.corp.example"}, {"sender": "x@desk.x.example"}),
        ("{sender: {group: sales, authenticated: true}}", {}, {"authenticated": False}),
        ("{not: {sender: {group: sales}}}", {"sender": "bob@corp.example"}, {}),
        ("{recipients: {group: board}}", {"to": "boss@corp.example"}, {"to": "bob@corp.example"}),
        (
            '{recipients: {group: board, count: "== 0"}}',
            {"to": "bob@corp.example"},
            {"to": ["bob@corp.example", "boss@corp.example"]},
        ),
    ],
)
def test_groups(condition: str, hit: dict[str, Any], miss: dict[str, Any]) -> None:
    policy = policy_of(f"{GROUPS}rules:\n  - {{id: r, when: {condition}, then: confirm}}\n")
    assert said(policy, mail(**hit)) == "confirm"
    assert said(policy, mail(**miss)) == "deliver"


def test_a_group_is_named_in_the_sentence_and_the_evidence() -> None:
    rules = "{id: r, when: {sender: {group: [board, sales]}, recipients: {group: board}}, then: confirm}"
    policy = policy_of(f"{GROUPS}rules: [{rules}]\n")
    hit = judge(policy, mail(to="boss@corp.example")).hits[0]
    assert hit.because.ja.startswith(
        "送信者は「ann@corp.example」（認証済み）です（条件: group: board, sales）、かつグループ"
    )
    assert "in the group board (boss@corp.example)" in hit.because.en
    assert set(hit.evidence) == {"ann@corp.example", "sales", "boss@corp.example"}


def test_a_group_that_is_not_there_is_an_error_and_one_that_vanished_holds() -> None:
    rule = "rules:\n  - id: r\n    when: {sender: {group: slaes}}\n    then: confirm\n"
    with pytest.raises(Problems) as caught:
        policy_of(GROUPS + rule)
    assert [str(one) for one in caught.value.problems] == ["p.yaml:6:28: no group 'slaes', did you mean 'sales'?"]
    with pytest.raises(Problems) as caught:
        policy_of("version: 1\n" + rule)
    assert [str(one) for one in caught.value.problems] == [
        "p.yaml:4:28: no group 'slaes': no group is known, by groups: or a directory server"
    ]
    policy = policy_of(GROUPS + rule.replace("slaes", "sales"))
    assert said(policy, mail(sender="bob@corp.example")) == "deliver"
    assert said(replace(policy, directory=NOBODY), mail(sender="bob@corp.example")) == "confirm"


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ('{within: "22:00-05:00"}', "2026-01-14 22:00", "2026-01-14 05:00"),
        ('{within: "22:00-05:00"}', "2026-01-15 04:59", "2026-01-14 21:59"),
        ('{within: ["09:00-12:00", "13:00-18:00"]}', "2026-01-14 13:00", "2026-01-14 12:00"),
        ("{weekdays: [sat, sun]}", "2026-01-18 23:59", "2026-01-19 00:00"),
        ('{within: "22:00-05:00", weekdays: fri}', "2026-01-16 22:00", "2026-01-17 02:00"),
        ("{holiday: true}", "2026-01-12 10:00", "2026-01-10 10:00"),
        ("{holiday: false}", "2026-01-10 10:00", "2026-01-12 10:00"),
        ("{office_hours: false}", "2026-01-12 10:00", "2026-01-14 10:00"),
        ("{office_hours: true}", "2026-01-14 10:00", "2026-01-14 18:00"),
        ("{office_hours: false, holiday: false}", "2026-01-14 18:00", "2026-01-12 18:00"),
    ],
)
def test_time(condition: str, hit: str, miss: str) -> None:
    policy = rule_of(f"{{time: {condition}}}")
    assert said(policy, mail(at=hit)) == "confirm"
    assert said(policy, mail(at=miss)) == "deliver"


def test_time_is_that_of_the_calendar_s_zone_and_told() -> None:
    policy = policy_of(
        "version: 1\ncalendar: {timezone: America/New_York, holidays: US, days_off: [2026-01-14]}\n"
        "rules: [{id: r, when: {time: {holiday: true, within: '20:00-21:00'}}, then: confirm}]\n"
    )
    case = replace(mail(), moment=datetime(2026, 1, 15, 1, 30, tzinfo=UTC))
    hit = judge(policy, case).hits[0]
    assert hit.evidence == ("2026-01-14 20:30 wed EST", "会社の休日")
    assert hit.because.ja == (
        "受付は2026-01-14 (水) 20:30（休日「会社の休日」・勤務時間外）です（条件: within: 20:00-21:00; holiday: true）"
    )
    assert hit.because.en == (
        "The mail came in at 2026-01-14 20:30 wed EST, a day off (会社の休日), outside office hours"
        " [asked: within: 20:00-21:00; holiday: true]"
    )
    assert said(policy, replace(case, moment=datetime(2026, 1, 16, 1, 30, tzinfo=UTC))) == "deliver"


@pytest.mark.parametrize(("more", "word"), [("", "confirm"), ("    when_unknown: ignore\n", "deliver")])
def test_a_moment_that_nobody_knows_is_not_no(more: str, word: str) -> None:
    for condition in ("{time: {weekdays: sat}}", "{not: {time: {weekdays: sat}}}"):
        assert said(rule_of(condition, more=more), replace(mail(), moment=None)) == word


def test_hours_that_the_clocks_repeat_are_both_within() -> None:
    policy = policy_of(
        "version: 1\ncalendar: {timezone: Europe/Berlin}\n"
        "rules: [{id: r, when: {time: {within: '02:00-03:00'}}, then: confirm}]\n"
    )
    came = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in range(4)]
    assert [said(policy, replace(mail(), moment=moment)) == "confirm" for moment in came] == [True, True, False, False]
