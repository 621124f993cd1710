"""What chat messages say, and what they never say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest
from tests.held import CORP, ID, NOW, held_mail

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Because, Disposition
from mailguard.notify.channels.saying import About, Saying, Speaker, discreet
from mailguard.notify.channels.settings import EVENT_OF, EVENTS
from mailguard.store.records import MessageRecord, NoticeKind

BASE = "https://mg.corp.example"
JA, EN = Speaker(CORP, BASE), Speaker(replace(CORP, language="en"), BASE)
TOLD = {
    "sender": "ann@corp.example", "subject": "Prices", "recipients": ["bob@x.example", "eve@x.example"],
    "disposition": "reject", "hits": [{"ja": "社外です", "en": "It goes outside", "evidence": ["secret.xlsx"]}],
}  # fmt: skip


def say(kind: NoticeKind, speaker: Speaker = JA, record: MessageRecord | None = None, **changes: Any) -> Saying:
    detail = changes.pop("detail", TOLD if kind == "told" else {})
    return speaker.say(About(kind, detail, NOW, record or held_mail(), ID, **changes))


def everything(saying: Saying) -> str:
    return "\n".join((saying.title, *saying.lines, saying.act, saying.link))


def test_the_reason_comes_first_then_who_to_whom_and_what_happens_by_default() -> None:
    said = say("held")
    assert said.title == "【送信保留】よく似た別のドメインです(ほか1件)"
    assert said.lines == (
        "まだ送信していません。確認して、送信するかどうかをお決めください。",
        "差出人: ann@corp.example",
        "宛先: example.co.jp 2名、examp1e.co.jp 1名、corp.example 1名",
        "決めないとき: 11月26日(木) 22:28 日本時間(あと3日) に、送信せずに元のメールをお返しします。",
    )
    assert (said.act, said.link) == ("内容を確認して決める", f"{BASE}/messages/{ID}")


def test_in_english() -> None:
    said = say("approval", EN, held_mail(Disposition.APPROVE))
    assert said.title == "[Approval needed] This domain looks like one you write to (and 1 more)"
    assert said.lines[0] == "ann@corp.example needs your approval to send a mail"
    assert said.act == "Look and approve or reject"
    assert ("Approvers", "boss@corp.example") in said.facts


def test_approvers_are_named_in_rooms_only() -> None:
    record = held_mail(Disposition.APPROVE)
    assert "boss@corp.example" in everything(say("approval", record=record))
    assert "boss@corp.example" not in everything(say("approval", record=record, room=False))


@pytest.mark.parametrize("kind", sorted(kind for kind in get_args(NoticeKind) if kind in EVENT_OF))
@pytest.mark.parametrize("speaker", [JA, EN], ids=["ja", "en"])
def test_no_kind_says_a_body_a_file_a_whole_address_of_a_recipient_a_comment_or_a_token(
    kind: NoticeKind, speaker: Speaker
) -> None:
    detail = TOLD if kind == "told" else {"comment": "because I say so", "name": "ops", "reason": "answered 404"}
    said = say(kind, speaker, detail=detail)
    text = everything(said)
    for secret in (
        "名簿",
        "図面",
        "secret.xlsx",
        "tanaka@",
        "sato@",
        "bob@",
        "090-",
        "because I say so",
        "/t/",
        "御見積",
    ):
        assert secret not in text
    assert said.subject is None
    assert said.title
    assert said.act
    assert said.link.startswith(BASE)


def test_nor_does_a_rule_that_names_them() -> None:
    """Of the model's reasons, say, or of a file to somebody never written to."""
    ja = "いつもの宛先は tanaka@example.co.jp（56回）ですが、これは tanaak@example.co.jp です"
    en = "This is the first mail to o'brien+x@x.example, 田中@例え.jp, and it carries 名簿 v2.xlsx"
    record = held_mail()
    hit = replace(record.verdict.hits[0], because=Because(ja, en))
    files = (replace(record.facts.attachments[0], filename="名簿 v2.xlsx"),)
    facts = replace(record.facts, attachments=files)
    record = replace(record, facts=facts, verdict=replace(record.verdict, hits=(hit,)))
    assert say("held", record=record).title == (
        "【送信保留】いつもの宛先は …@example.co.jp（56回）ですが、これは …@example.co.jp です"
    )
    assert say("held", EN, record).title == "[Held] This is the first mail to …@x.example, …@例え.jp, and it carries …"
    told = {**TOLD, "hits": [{"ja": "bob@x.example に secret.xlsx", "en": "-", "evidence": ["secret.xlsx"]}]}
    assert say("told", detail=told).title == "【お知らせ】…@x.example に …"


def test_a_sentence_with_a_long_word_is_gone_over_once() -> None:
    """What a rule cites may be as long as somebody wants: twice the length took four times as long."""
    assert (
        discreet("あ" * 500_000 + " ken@x.example a@b@c.example x@ @y", ())
        == "あ" * 500_000 + " …@x.example …@c.example x@ @y"
    )


def test_the_subject_is_said_where_the_settings_want_it() -> None:
    assert ("件名", "【御見積】お見積書をお送りします") in say("held", subject=True).facts
    assert say("held", subject=True, record=held_mail(subject=None)).subject == ""
    assert ("件名", "Prices") in say("told", subject=True).facts


def test_a_long_list_of_organisations_is_cut_with_its_number() -> None:
    recipients = [f"x@company{number}.example" for number in range(9)]
    said = say("told", detail={**TOLD, "recipients": recipients})
    assert said.facts[1][1].endswith("、ほか5組織")


def test_a_refused_mail_has_no_page() -> None:
    said = JA.say(About("told", TOLD, NOW, None, ID))
    assert said.link == f"{BASE}/"
    assert said.title == "【お知らせ】社外です"


def test_a_decided_mail_says_no_deadline() -> None:
    said = say("expired", record=held_mail(state=State.EXPIRED))
    assert said.ends_at is None
    assert "決めないとき" not in everything(said)


def test_each_end_of_a_trouble() -> None:
    detail = {"name": "ops-slack", "reason": "answered 404"}
    failing = JA.say(About("channel_failing", detail, NOW))
    assert failing.title == "【障害】チャット通知「ops-slack」が送れていません"
    assert ("原因", "answered 404") in failing.facts
    assert JA.say(About("channel_good", detail | {"reason": ""}, NOW)).title.startswith("【復旧】")
    assert EN.say(About("letters_failing", {}, NOW)).title == "[Trouble] Letters to people do not arrive"


def test_many_are_told_as_one() -> None:
    said = JA.many(About("held", {}, NOW), 12)
    assert (said.title, said.link) == ("【送信保留】12件あります", f"{BASE}/all")
    assert JA.many(About("held", {}, NOW, room=False), 12).link == f"{BASE}/mine"


def test_every_event_has_a_notice_and_secrets_have_none() -> None:
    assert set(EVENT_OF.values()) == set(EVENTS)
    letters_only = {"login", "password", "answered", "comment", "monthly", "reply", "gathered", "delayed", "relayed"}
    letters_only.add("guessing")  # it names the accounts that somebody tries: nothing for a room full of people
    letters_only |= {"misdelivery", "incident_due"}  # for those in charge, not for a room
    assert set(get_args(NoticeKind)) - set(EVENT_OF) == letters_only
