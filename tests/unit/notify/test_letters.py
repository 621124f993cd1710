"""What letters say, and what they never say."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import replace
from email.message import EmailMessage
from typing import Any, cast, get_args

import pytest
from tests.held import ANN, BOSS, CORP, ID, NOW, SATO, SUZUKI, TANAKA, held_mail, recipient, with_recipients

from mailguard.mail.address import Address, ReversePath, parse_address
from mailguard.mail.alteration import RemoveAttachment, ZipAttachments
from mailguard.mail.directory import Directory, Person
from mailguard.mail.facts import HeaderAddress
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.saying import Sentence
from mailguard.mail.verdict import Because, Disposition, RuleHit
from mailguard.notify.gathered import Gathered
from mailguard.notify.incident_due import IncidentDue
from mailguard.notify.letter_rows import reasons, shown_sender
from mailguard.notify.letter_texts import TAGS
from mailguard.notify.letters import ASKING, RETURNS, Kind, LetterContext, LetterSettings, ReplyResult, compose
from mailguard.notify.monthly import Monthly
from mailguard.notify.naming import namer
from mailguard.notify.policy_notice import in_notice, noted
from mailguard.notify.readers import WITHOUT_MAIL
from mailguard.notify.telling import Telling
from mailguard.store.records import Asked, MessageRecord

SETTINGS = LetterSettings(parse_address("mailguard@corp.example"), "https://mg.corp.example", CORP)
KINDS = get_args(Kind)
STATE_OF = {"held": State.HELD, "approval": State.HELD, "sent": State.RELAYED, "cancelled": State.CANCELLED,
            "password": State.RELAYED,
            "rejected": State.REJECTED, "expired": State.EXPIRED, "bounced": State.BOUNCED,
            "delayed": State.QUEUED, "relayed": State.RELAYED,
            "answered": State.QUEUED,
            "reminder": State.HELD, "escalated": State.HELD, "urgent": State.QUEUED, "told": State.QUEUED,
            "reply": State.HELD, "comment": State.HELD, "misdelivery": State.RELAYED}  # fmt: skip
DUE = {"incident": ID, "stage": "prompt", "subject": "", "sender": "", "learned_at": NOW.isoformat(), "answers": None}
TOLD = {
    "sender": "ann@corp.example", "subject": "Prices\r\nBcc: x", "recipients": ["bob@x.example"],
    "disposition": "reject", "hits": [{"ja": "社外です", "en": "It goes outside", "evidence": ["persons: 3"]}],
    "as_sender": False,
}  # fmt: skip


def context(record: MessageRecord | None = None, **changes: Any) -> LetterContext:
    values: dict[str, Any] = {
        "settings": SETTINGS, "to": ANN, "letter_id": "0dfk2m8zv1q3w7xz00", "now": NOW, "record": record,
        "answer": "approve",
    }  # fmt: skip
    return LetterContext(**{**values, **changes})


def letter(kind: Kind, language: Language = "ja", **changes: Any) -> EmailMessage:
    disposition = Disposition.APPROVE if kind in ASKING else Disposition.CONFIRM
    if kind == "told":
        changes = {"telling": Telling.of(TOLD), "about": ID, **changes}
    if kind == "monthly":
        changes = {"monthly": Monthly.of({"month": "2026-10", "now": {"mails": 5}}), **changes}
    if kind == "incident_due":
        changes = {"due": IncidentDue.of(DUE), **changes}
    if kind == "reply":
        changes = {"reply": ReplyResult("unclear", said="hm", reply_id="<answer@corp.example>"), **changes}
    if kind == "gathered":
        changes = {"gathered": Gathered((held_mail(),), frozenset(), 3), **changes}
    mailless = kind in (*WITHOUT_MAIL, "gathered")
    record = None if mailless else changes.pop("record", held_mail(disposition, STATE_OF[kind]))
    octets = compose(kind, language, context(record, **changes))
    return email.message_from_bytes(octets, policy=email.policy.default)


def text(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(cast(EmailMessage, part).get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_written_and_is_never_to_be_answered(kind: Kind, language: Language) -> None:
    mail = letter(kind, language, link="https://mg.corp.example/x", code="482913")
    assert mail["auto-submitted"] == ("auto-replied" if kind == "reply" else "auto-generated")
    assert mail["x-auto-response-suppress"] == "All"
    assert mail["message-id"] == "<0dfk2m8zv1q3w7xz00@corp.example>"
    assert mail["to"] == "ann@corp.example"
    assert str(mail["subject"]).startswith(TAGS[kind].of(language).strip() or ("ログ" if language == "ja" else "Your"))
    assert not mail.defects
    for part in ("plain", "html"):
        assert "https://mg.corp.example/x" in text(mail, part)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {*WITHOUT_MAIL, "gathered"}))
def test_a_letter_lies_under_the_original(kind: Kind) -> None:
    mail = letter(kind)
    answer = ["<answer@corp.example>"] if kind == "reply" else []
    assert mail["in-reply-to"] == ["<original@corp.example>", *answer][-1]
    assert mail["references"].split() == ["<first@example.co.jp>", "<original@corp.example>", *answer]
    assert mail["x-mailguard-about"] == ID


def test_the_reason_comes_first_then_its_evidence_then_everything_else() -> None:
    said = text(letter("held", link="https://mg.corp.example/t/x", code="482913"))
    order = ["よく似た別のドメイン", "tanaka@examp1e.co.jp", "37名分の個人情報", "まだ送信していません", "件名",
             "宛先 (4名・3組織)", "要確認 tanaka@examp1e.co.jp (社外)", "example.co.jp (社外・2名)",
             "boss@corp.example (社内)", "図面.zip", "個人情報: 37人分", "11月26日(木) 22:28 日本時間(あと3日)", "/t/x",
             "1名を外して送信 / このまま送信 / 送信しない", "482913"]  # fmt: skip
    places = [said.index(piece) for piece in order]
    assert places == sorted(places)


def test_text_and_html_say_the_same() -> None:
    mail = letter("held", "en", link="https://mg.corp.example/t/x", code="482913")
    for piece in ("This domain looks like one you write to", "If you do nothing", "On Thu 26 Nov, 22:28 JST",
                  "sato@example.co.jp", "図面.zip (3.3 MB, encrypted)", "37 persons"):  # fmt: skip
        assert piece in text(mail)
        assert piece in text(mail, "html")


def test_each_language_has_its_own_bullets() -> None:
    ja, en = (text(letter("held", language)) for language in ("ja", "en"))
    assert "\n    ・sato@example.co.jp" in ja
    assert "\n    - sato@example.co.jp" in en
    assert "・" not in en


def test_html_escapes_what_came_from_the_mail() -> None:
    evil = "<img src=x onerror=alert(1)>\"'&"
    said = text(letter("held", record=held_mail(subject=evil)), "html")
    assert "<img" not in said
    assert "&lt;img src=x" in said


def test_a_hostile_subject_adds_no_field() -> None:
    mail = letter("held", record=held_mail(subject="x\r\nBcc: all@victim.example\r\n\r\nbody"))
    assert mail["bcc"] is None
    assert "Bcc: all@victim.example" in str(mail["subject"])


def test_a_mail_without_subject_is_named() -> None:
    assert str(letter("held", record=held_mail(subject=None))["subject"]) == "【送信保留】(件名なし)"


def test_the_approver_is_told_who_asks_and_the_sender_who_is_asked() -> None:
    asked = letter("approval", to=BOSS)
    assert "ann@corp.example さんのメールの承認" in text(asked)
    assert "山田 花子" in text(asked)
    waiting = letter("held", record=held_mail(Disposition.APPROVE))
    assert "boss@corp.example に承認を依頼しました" in text(waiting)


@pytest.mark.parametrize("kind", sorted(RETURNS))
def test_what_was_not_sent_comes_back_ready_to_edit(kind: Kind) -> None:
    original = (
        b"From: ann@corp.example\r\nTo: tanaka@examp1e.co.jp\r\nSubject: =?utf-8?B?44GC?=\r\n\r\nbody \xe3\x81\x82\r\n"
    )
    mail = letter(kind, original=original)
    (part,) = list(mail.iter_attachments())
    draft = part.get_payload(decode=True)
    assert isinstance(draft, bytes)
    assert draft.endswith(original)
    assert draft.startswith(b"X-Unsent: 1\r\n")
    assert part.get_filename() == "draft.eml"
    assert "draft.eml" in text(mail)


def test_the_draft_keeps_the_blind_copies_that_only_the_envelope_knew() -> None:
    draft = next(iter(letter("cancelled", original=b"To: x\r\n\r\n").iter_attachments())).get_payload(decode=True)
    assert isinstance(draft, bytes)
    assert b"Bcc: suzuki@example.co.jp\r\n" in draft
    assert b"sato" not in draft.partition(b"To: x")[0]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - RETURNS))
def test_no_other_letter_carries_the_body(kind: Kind) -> None:
    mail = letter(kind, original=b"From: a\r\n\r\nSECRET BODY\r\n")
    assert not list(mail.iter_attachments())


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_password_is_told_of_the_copies_that_are_out_only(language: Language) -> None:
    record = held_mail(Disposition.CONFIRM, State.RELAYED)
    first, *others = record.recipients
    locked = replace(first, recipe=(ZipAttachments("ABCD-EFGH-JKMN", "0" * 64),))
    mail = letter("password", language, record=replace(record, recipients=(locked, *others)))
    assert "ABCD-EFGH-JKMN" in text(mail)
    assert "ABCD-EFGH-JKMN" in text(mail, "html")
    assert str(first.address) in text(mail)
    assert not any(str(one.address) in text(mail) for one in others)
    held = replace(locked, state=State.HELD)
    assert "ABCD" not in text(letter("sent", language, record=replace(record, recipients=(locked, *others))))
    assert "ABCD" not in text(letter("password", language, record=replace(record, recipients=(held, *others))))


def test_a_large_original_stays_where_it_is() -> None:
    mail = letter("cancelled", original=b"")
    assert not list(mail.iter_attachments())
    assert "大きいため" in text(mail)


def test_a_rejection_names_who_and_why() -> None:
    said = text(letter("rejected", actor="boss@corp.example", comment="宛先を確認してください。\r\nX-Evil: 1"))
    assert "決定した人: boss@corp.example" in said
    assert "  宛先を確認してください。\n  X-Evil: 1\n" in said


def test_a_partial_cancellation_speaks_of_those_recipients_only() -> None:
    said = text(letter("cancelled", people=(TANAKA,)))
    assert said.startswith("1名への送信を取り消しました")
    assert "sato@example.co.jp" not in said


def test_only_a_part_is_held_and_the_letter_says_so() -> None:
    record = with_recipients(held_mail(), recipient(TANAKA), replace(recipient(SATO), state=State.RELAYED))
    assert "1名への送信を保留しています" in text(letter("held", record=record))


def test_an_administrator_is_told_about_a_stranger() -> None:
    record = replace(held_mail(), sender=ReversePath(parse_address("stranger@else.example")))
    assert "stranger@else.example は社外" in text(letter("held", record=record, to=parse_address("admin@corp.example")))


def test_long_lists_are_cut_with_their_number() -> None:
    many = [recipient(parse_address(f"p{number}@big.example")) for number in range(500)]
    said = text(letter("held", record=with_recipients(held_mail(), *many)))
    assert said.count("@big.example") <= 20
    assert "ほか488名" in said


def test_a_login_letter_names_browser_code_and_what_to_do_otherwise() -> None:
    mail = letter("login", link="https://mg.corp.example/login/x", code="482913", browser="Chrome / Windows")
    assert str(mail["subject"]) == "ログイン用の確認コード 482913"
    assert "Chrome / Windows" in text(mail)
    assert "破棄してください" in text(mail)
    assert mail["in-reply-to"] is None


def test_what_the_next_server_said_is_told() -> None:
    record = held_mail(state=State.BOUNCED)
    failed = replace(record.recipients[0], last_code=550, last_text="user\r\nunknown")
    said = text(letter("bounced", record=with_recipients(record, failed)))
    assert "tanaka@examp1e.co.jp (社外): user unknown" in said


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_letter_about_a_refused_policy_quotes_the_places(language: Language) -> None:
    problems = tuple(f"policies/a.yaml:{number}:1: unknown key 'x'\r\nBcc: y" for number in range(1, 31))
    mail = letter("policy_refused", language, problems=problems)
    for part in ("plain", "html"):
        assert "policies/a.yaml:20:1:" in text(mail, part)
        assert "policies/a.yaml:21:1:" not in text(mail, part)
        assert "10" in text(mail, part)
    assert mail["bcc"] is None


def test_what_is_wrong_with_a_policy_is_quoted_in_the_language_of_the_letter() -> None:
    said = "a.yaml:1:1: " + Sentence("キー「x」はここでは使えません。", "unknown key 'x'")
    kept = json.loads(json.dumps(noted([said])))
    english = text(letter("policy_refused", "en", problems=in_notice(kept)))
    japanese = text(letter("policy_refused", "ja", problems=in_notice(kept)))
    assert "a.yaml:1:1: unknown key 'x'" in english
    assert "キー" not in english
    assert "a.yaml:1:1: キー「x」はここでは使えません。" in japanese
    assert "unknown key" not in japanese


def test_a_notice_of_an_older_version_is_quoted_as_it_is() -> None:
    assert "unknown key" in text(letter("policy_refused", "ja", problems=in_notice({"problems": ["unknown key 'x'"]})))


def asked(kind: Kind, language: Language, **changes: Any) -> str:
    vice = "vice@corp.example"
    copy = replace(
        recipient(TANAKA, Disposition.APPROVE), asks=(Asked((BOSS.key, vice), 2, ((BOSS.key, ("pa@c.example",)),)),)
    )
    record = with_recipients(held_mail(Disposition.APPROVE), copy)
    return text(letter(kind, language, record=record, to=parse_address("pa@c.example"), **changes))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ja", ("boss@corp.example さんの代理として", "(うち2名の承認が必要)", "11月26日(木) 22:28 日本時間")),
        ("en", ("in the place of boss@corp.example", "vice@corp.example (2 needed)", "Thu 26 Nov")),
    ],
)
def test_whoever_is_asked_reads_in_whose_place_and_until_when(language: Language, words: tuple[str, ...]) -> None:
    said = asked("approval", language, instead_of=(BOSS.key,))
    assert [word for word in words if word not in said] == []


def test_people_of_the_house_have_the_names_of_the_directory_and_nobody_else_has_one() -> None:
    names = {
        BOSS.key: Person(BOSS.key, "田中 一郎"), "pa@c.example": Person("pa@c.example", "x@y.example"),
        "ann@corp.example": Person("ann@corp.example", "山田 花子\r\n<b>"), TANAKA.key: Person(TANAKA.key, "田中 次郎"),
    }  # fmt: skip
    said = asked("approval", "ja", instead_of=(BOSS.key,), named=namer(Directory(names)))
    assert "田中 一郎 <boss@corp.example> さんの代理として" in said.replace("\n", "")
    assert "山田 花子 b <ann@corp.example> さんのメールの承認" in said.replace("\n", "")
    assert "pa@c.example <" not in said  # a name that is an address is none
    assert "田中 次郎" not in said  # an outsider goes by his address
    said = text(letter("told", "ja", named=namer(Directory(names))))
    assert "山田 花子 b <ann@corp.example> さんのメールがルールに" in said.replace("\n", "")
    assert "差出人: 山田 花子 b <ann@corp.example>" in said


def test_of_several_authors_none_hides_behind_a_known_one() -> None:
    named = namer(Directory({BOSS.key: Person(BOSS.key, "田中 一郎")}))
    record, boss, eve = held_mail(), HeaderAddress(BOSS.key, "b"), HeaderAddress("eve@x.example", "e")
    for authors, shown in (((boss,), "田中 一郎 <boss@corp.example>"), ((boss, eve), "b <boss@corp.example>, eve")):
        headers = replace(record.facts.headers, sender=authors)
        mail = replace(record, from_header="b <boss@corp.example>, eve", facts=replace(record.facts, headers=headers))
        assert shown_sender(mail, named) == shown


def test_a_reminder_and_an_escalation_say_why_they_come() -> None:
    assert "Mon 23 Nov, 22:28" in asked("reminder", "en")
    assert "boss@corp.example, vice@corp.example has not answered" in asked("escalated", "en")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_urgent_mail_is_told_with_its_reason_and_asks_for_nothing(language: Language) -> None:
    mail = letter("urgent", language, comment="Server down", actor="ann@corp.example", to=BOSS)
    assert "Server down" in text(mail)
    assert "482913" not in text(mail)


def test_a_hit_is_told_on_one_line_whatever_stood_in_the_mail() -> None:
    mail = letter("told", "en", record=None)
    assert mail["subject"] == "[Notice] Prices Bcc: x"
    assert mail["bcc"] is None
    assert "It goes outside" in text(mail)
    assert "It was refused" in text(mail)


def test_what_nobody_can_approve_is_said_in_the_letter() -> None:
    note = Because("ann の上長が登録されていません", "No manager is known for ann")
    record = held_mail(Disposition.APPROVE)
    hits = tuple(replace(hit, notes=(note,)) for hit in record.verdict.hits)
    record = replace(record, verdict=replace(record.verdict, hits=hits))
    assert "No manager is known for ann" in text(letter("held", "en", record=record))


@pytest.mark.parametrize(
    ("asked", "head"),
    [(frozenset(), "2 of your mails are held"), (frozenset({ID}), "2 mails wait for you")],
)
def test_a_letter_for_many_lists_what_waits(asked: frozenset[str], head: str) -> None:
    other = replace(held_mail(subject="Another\r\nBcc: x"), id="0dfk2m8zv1q3w7xy00")
    mail = letter("gathered", "en", gathered=Gathered((held_mail(), other), asked, 2), link="https://mg/mine")
    said = text(mail)
    assert head in said
    for line in ("Another Bcc: x", "【御見積】お見積書をお送りします", "tanaka@examp1e.co.jp", "https://mg/mine"):
        assert line in said
    assert ("Mails to approve 1" in said) == bool(asked)


def test_a_letter_for_many_says_how_many_it_does_not_list() -> None:
    assert "ほかに5件あります" in text(letter("gathered", gathered=Gathered((held_mail(),), frozenset({ID}), 6)))


def test_a_further_part_says_so() -> None:
    for kind in ("held", "approval"):
        assert "further part" in text(letter(kind, "en", further=True))
        assert "further part" not in text(letter(kind, "en"))


def test_what_a_rule_says_of_everybody_outside_points_at_nobody() -> None:
    both = (SATO, TANAKA)
    forgotten = Because("添付ファイルがありません", "There is no attachment")
    hit = RuleHit("forgotten", "enforce", Disposition.CONFIRM, forgotten, (str(SATO), "添付", str(TANAKA)), both)
    (found,) = reasons([hit], "en", [recipient(SATO), recipient(TANAKA), recipient(BOSS)])
    assert found.evidence == ("添付",)
    (found,) = reasons([hit], "en", [recipient(SATO), recipient(TANAKA), recipient(SUZUKI)])
    assert found.evidence == (str(SATO), "添付", str(TANAKA))


def test_who_was_taken_off_stands_in_the_letter_about_the_rest() -> None:
    copies = (recipient(SATO, state=State.RELAYED), recipient(TANAKA, state=State.CANCELLED))
    record = with_recipients(held_mail(state=State.RELAYED), *copies)
    assert f"Not sent to: {TANAKA}" in text(letter("sent", "en", record=record, people=(SATO,)))
    assert "Not sent to" not in text(letter("sent", "en", record=with_recipients(record, copies[0])))


def test_a_slip_of_the_pen_that_the_model_saw_is_told_letter_by_letter() -> None:
    record = held_mail()
    said = Because(f"いつもの宛先は {SATO} です。これは tanaka@examp1e.co.jp です", f"Usually {SATO}; this is {TANAKA}")
    hit = replace(record.verdict.hits[0], because=said, evidence=())
    (odd, *others) = record.verdict.recipients
    slip = replace(odd, risk=0.9, risk_kind="lookalike", alternative="tanaka@example.co.jp")
    named = replace(hit, because=Because("x", f"Usually tanaka@example.co.jp; this is {TANAKA}"))
    for one, marks in ((hit, False), (named, True)):
        verdict = replace(record.verdict, hits=(one,), recipients=(slip, *others))
        mail = letter("held", "en", record=replace(record, verdict=verdict))
        assert ("examp[1]e.co.jp" in text(mail)) == marks
        assert ("The difference: “1” (the figure one)" in text(mail)) == marks
    judged = replace(hit, evidence=("examp1e.co.jp ≠ example.co.jp (1 / l)",))
    verdict = replace(record.verdict, hits=(judged, named), recipients=(slip, *others))
    both = text(letter("held", "en", record=replace(record, verdict=verdict)))
    assert both.count("The difference") == 1, "a rule has told them apart already"


def test_whom_to_and_cc_show_to_each_other_can_be_hidden_from_the_letter() -> None:
    record = held_mail()
    crowd = tuple(parse_address(f"c{number}@c.example") for number in range(12))
    seen = Because("12名に、互いのアドレスが見えます", "12 recipients can see each other")
    hit = RuleHit("seen", "enforce", Disposition.CONFIRM, seen, (), crowd)
    headers = replace(record.facts.headers, to=tuple(HeaderAddress(str(one), "") for one in crowd))
    many = replace(
        with_recipients(record, *map(recipient, crowd)),
        facts=replace(record.facts, headers=headers),
        verdict=replace(record.verdict, hits=(hit,)),
    )
    link = "https://mg.corp.example/t/x"
    offer = f'{link}?choice=hide"'
    assert offer in text(letter("held", record=many, link=link, code="482913"), "html")
    assert "Bccに移して送信 / このまま送信" in text(letter("held", record=many, link=link, code="482913"))
    signed = replace(many, facts=replace(many.facts, signed=True))
    assert offer not in text(letter("held", record=signed, link=link, code="482913"), "html")
    assert offer not in text(letter("held", link=link, code="482913"), "html")


def test_an_undo_window_is_no_reason() -> None:
    record = held_mail(Disposition.DELAY, State.CANCELLED)
    (hit, _) = record.verdict.hits
    record = replace(record, verdict=replace(record.verdict, hits=(hit,)))
    assert "保留した理由" not in text(letter("cancelled", record=record))
    assert "保留した理由" in text(letter("cancelled"))


def test_a_file_that_did_not_go_is_not_told_as_sent() -> None:
    first = held_mail().facts.attachments[0]
    without = (RemoveAttachment(sha256=first.sha256),)
    gone, whole = recipient(SATO, state=State.RELAYED), recipient(TANAKA, state=State.RELAYED)
    record = with_recipients(held_mail(state=State.RELAYED), replace(gone, recipe=without))
    assert "名簿.xlsx (47 KB, removed before sending)" in text(letter("sent", "en", record=record))
    record = with_recipients(record, replace(gone, recipe=without), whole)
    assert "removed before sending" not in text(letter("sent", "en", record=record))


def test_the_sender_reads_who_was_asked_in_the_place_of_whom() -> None:
    away = Asked((BOSS.key,), delegates=((BOSS.key, ("vice@corp.example",)),), absent=(BOSS.key,))
    copy = replace(recipient(SATO, Disposition.APPROVE), asks=(away,))
    said = text(letter("held", "en", record=with_recipients(held_mail(Disposition.APPROVE), copy)))
    assert "asked of vice@corp.example (in the place of boss@corp.example);" in said.replace("\n", " ")
    nobody = with_recipients(held_mail(Disposition.APPROVE), replace(copy, asks=(replace(away, delegates=()),)))
    said = text(letter("held", "en", record=nobody))
    assert "asked of boss@corp.example, the administrators;" in said.replace("\n", " ")


def test_the_sender_reads_who_approved() -> None:
    out = replace(recipient(SATO, Disposition.APPROVE, State.RELAYED), approvals=(BOSS.key,))
    record = with_recipients(held_mail(Disposition.APPROVE, State.RELAYED), out)
    assert f"Approved by: {BOSS}" in text(letter("sent", "en", record=record))
    assert "Approved by" not in text(letter("sent", "en"))


def test_a_comment_says_how_to_answer_it_while_the_mail_waits() -> None:
    waits = text(letter("comment", link="https://mg.corp.example/t/x", code="482913")).replace("\n", "")
    assert "まだ送信していません。返答は、" in waits
    assert "画面を開いて返答する:https://mg.corp.example/t/x" in waits
    assert "返答は、" not in text(letter("comment"))


def test_the_sender_himself_gets_back_what_nobody_approves() -> None:
    record = held_mail(Disposition.APPROVE)
    assert "承認されないと、送信せずに元のメールをお返しします" in text(letter("held", record=record)).replace("\n", "")
    assert "承認がないと、送信せずに送信者へ返します" in text(letter("approval", record=record)).replace("\n", "")


def test_that_the_same_people_see_each_other_is_one_reason() -> None:
    people = tuple(parse_address(f"p{number}@d{number}.example") for number in range(12))
    shown = tuple(map(str, people))

    def hit(ja: str, evidence: tuple[str, ...], recipients: tuple[Address, ...] = people) -> RuleHit:
        return RuleHit("r", "enforce", Disposition.CONFIRM, Because(ja, ja), evidence, recipients)

    many = hit("12名に、互いのアドレスが見えます", shown)
    companies = hit("12組織の宛先に、互いのアドレスが見えます", shown)
    announced = hit("「ご案内」とあるお知らせで、互いのアドレスが見えます", (*shown, "ご案内"))
    others = hit("ほかの宛先に、互いのアドレスが見えます", shown, (*people, TANAKA))
    assert [one.sentence for one in reasons((many, companies), "ja")] == ["12名に、互いのアドレスが見えます"]
    assert len(reasons((many, announced, others, hit("個人情報があります", shown)), "ja")) == 4


def test_nothing_is_said_twice_under_the_reasons() -> None:
    crowd = tuple(parse_address(f"c{number}@c.example") for number in range(12))
    names = tuple(map(str, crowd))
    seen = Because("12名に、互いのアドレスが見えます", "12 recipients can see each other")
    data = Because("社外宛のメールに、14人分の個人情報があります", "This mail holds data of 14 persons")
    first = Because("c0@c.example へは初めての送信です", "This is the first mail to c0@c.example")
    hits = [
        RuleHit("seen", "enforce", Disposition.CONFIRM, seen, names, crowd),
        RuleHit("data", "enforce", Disposition.CONFIRM, data, ("persons: 14", "名簿.csv"), crowd),
        RuleHit(
            "first", "enforce", Disposition.CONFIRM, first, ("c0@c.example", "名簿.csv", "c1@c.example"), crowd[:2]
        ),
    ]
    for language in ("ja", "en"):
        assert [one.evidence for one in reasons(hits, language)] == [(), ("名簿.csv",), ("c1@c.example",)]


def test_how_many_more_is_said_in_words_and_not_of_those_who_are_listed_below() -> None:
    crowd = tuple(parse_address(f"c{number}@c.example") for number in range(61))
    seen = Because("61名に、互いのアドレスが見えます", "61 recipients can see each other")
    shown = (*map(str, crowd[:20]), "+41")
    hit = RuleHit("seen", "enforce", Disposition.CONFIRM, seen, shown, crowd)
    assert reasons([hit], "ja")[0].evidence == ()
    words = replace(hit, evidence=("納品", "請求", "+41"))
    assert reasons([words], "ja")[0].evidence == ("納品", "請求", "ほか41件")
    assert reasons([words], "en")[0].evidence == ("納品", "請求", "and 41 more")


def test_a_letter_about_what_was_sent_has_nothing_to_decide() -> None:
    sent = text(letter("sent", "ja", link="https://mg.corp.example/x"))
    assert "状況を見る:\nhttps://mg.corp.example/x\n" in sent
    assert "決める画面" not in sent
    assert "決める画面:\n" in text(letter("held", "ja", link="https://mg.corp.example/x", code="482913"))


def test_a_number_that_the_sentence_tells_is_no_evidence_below_it() -> None:
    numbers = Because("社外宛のメールに、マイナンバーが1件あります", "My Numbers in this mail to the outside: 1")
    hit = RuleHit("n", "enforce", Disposition.CONFIRM, numbers, ("**********18", "my_number: 1"), (TANAKA,))
    for language in ("ja", "en"):
        assert reasons([hit], language)[0].evidence == ("**********18",)
    assert reasons([replace(hit, evidence=("my_number: 2", "phone: 1"))], "ja")[0].evidence == (
        "マイナンバー: 2件",
        "電話番号: 1件",
    )
