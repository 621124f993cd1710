"""What a rule may ask of the message as a whole and of the sender it shows, each both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from tests.judging import mail, rule_of, said

from mailguard.mail.address import NULL_PATH
from mailguard.mail.envelope import Client
from mailguard.mail.facts import Addressee, Finding, HeaderAddress, Headers, Label
from mailguard.policy.judge import judge
from mailguard.policy.language import LANGUAGES, NAMES, language_of

X = [{"name": "X-Confidential", "value": "Ｙｅｓ"}]
MARKED = {"headers": X}


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ("{header: {name: x-confidential}}", MARKED, {}),
        ("{header: {name: X-Confidential, equals: 'yes'}}", MARKED, {"headers": [{"name": "X-Confidential"}]}),
        ("{header: {name: X-Confidential, matches: '^y'}}", MARKED, {"headers": [{"name": "X-Other", "value": "y"}]}),
        ("{header: {name: X-Confidential, present: false}}", {}, MARKED),
        (
            "{header: {name: X-Confidential, equals: 'no', present: false}}",
            MARKED,
            {"headers": [{**X[0], "value": "no"}]},
        ),
        ("{header: [{name: X-Confidential}, {name: X-Two}]}", {"headers": [*X, {"name": "X-Two"}]}, MARKED),
        ("{header: {name: 'Subject:', matches: 件}}", {"subject": "件"}, {"subject": "x"}),
        ("{forward: true}", {"forward": True}, {"reply": True}),
        ("{new: true}", {}, {"reply": True}),
        ("{new: true}", {}, {"forward": True}),
        ("{new: false}", {"forward": True, "reply": True}, {}),
        ("{label: confidential}", {"label": "Confidential"}, {"label": "Public"}),
        ("{label: '*'}", {"label": "Public"}, {}),
        (
            "{label: 'secret*'}",
            {"attachments": [{"name": "a.docx", "label": "Secret - HR"}]},
            {"attachments": ["a.docx"]},
        ),
        ("{language: en}", {"text": "Please find the report for you."}, {"text": "資料をお送りします。よろしく。"}),
        (
            "{language: [ja, zh]}",
            {"text": "资料已经发给您，请查收，谢谢！我们等您的回复。"},
            {"text": "Wir haben das nicht, bitte"},
        ),
        (
            "{language: ja}",
            {"text": "承知しました。よろしくお願いします", "quoted": "the of and to" * 99},
            {"text": "the of and to in " * 9},
        ),
        ("{importance: high}", {"importance": "high"}, {}),
        ("{importance: normal}", {}, {"importance": "low"}),
        ("{importance: [high, low]}", {"importance": "low"}, {"importance": "normal"}),
        ("{empty_body: true}", {"text": "\n \u3000"}, {"text": "a"}),
        ("{empty_body: true}", {"text": " ", "signature": "山田", "quoted": "> a"}, {"text": "a", "quoted": "> b"}),
        ("{greeting: true}", {"greeting": True}, {}),
        ("{greeting: false}", {}, {"greeting": True}),
        ("{new: true, importance: high, label: '*'}", {"importance": "high", "label": "x"}, {"importance": "high"}),
    ],
)
def test_message(condition: str, hit: dict[str, Any], miss: dict[str, Any]) -> None:
    policy = rule_of(f"{{message: {condition}}}")
    assert said(policy, mail(**hit)) == "confirm"
    assert said(policy, mail(**miss)) == "deliver"


UNREAD = {"findings": (Finding("too_many_parts", "mail", ""),)}


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        ("{header: {name: X-A}}", {"headers": Headers()}),
        ("{header: {name: X-A}}", {"headers": Headers(fields=(("x-b", ""),), fields_cut=True)}),
        ("{header: {name: X-A, present: false}}", {"headers": Headers(fields=(), fields_cut=True)}),
        ("{label: x}", UNREAD),
        ("{language: en}", {"text": "OK", "shown": 2}),
        ("{language: en}", {"text": "", "shown": 0}),
        ("{language: en}", UNREAD),
        ("{empty_body: true}", {"text": "", "shown": 0, **UNREAD}),
        ("{empty_body: false}", {"text": "", "shown": 0, **UNREAD}),
        ("{greeting: true}", UNREAD),
        ("{greeting: false}", UNREAD),
        ("{importance: high}", {"findings": (Finding("unreadable", "mail", ""),)}),
    ],
)
def test_what_was_not_kept_or_read_is_not_known(condition: str, facts: dict[str, Any]) -> None:
    policy = rule_of(f"{{message: {condition}}}", more="    because: x")
    (hit, *_) = [one for one in judge(policy, mail(facts)).hits if one.rule == "r"]
    assert "could not be" in hit.because.en
    assert "r" not in [
        h.rule for h in judge(rule_of(f"{{message: {condition}}}", more="    when_unknown: ignore"), mail(facts)).hits
    ]


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        ("{header: {name: X-A}}", {"headers": Headers(fields=(("x-a", ""),), fields_cut=True)}),
        ("{greeting: true}", {"greeting": (Addressee(title="様"),), **UNREAD}),
        ("{empty_body: false}", {"text": "a", "shown": 1, **UNREAD}),
        ("{label: a}", {"labels": (Label("A", ""),), **UNREAD}),
        ("{label: 2096f6a2-*}", {"labels": (Label("", "2096f6a2-d2f7-48be-b329-b73aaa526e5d"),)}),
    ],
)
def test_what_was_seen_is_known_whatever_else_was_not(condition: str, facts: dict[str, Any]) -> None:
    assert said(rule_of(f"{{message: {condition}}}", "reject"), mail(facts)) == "reject"


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("{header: {name: 'X A'}}", "no name of a header field"),
        ("{header: {matches: x}}", "name"),
        ("{header: {name: X-A, matches: '(?=x)'}}", "look-around"),
        ("{language: english}", "unknown language"),
        ("{language: jp}", "unknown language"),
        ("{importance: urgent}", "high"),
    ],
)
def test_what_makes_no_sense_is_refused(condition: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        rule_of(f"{{message: {condition}}}")


def test_headers_and_labels_are_told() -> None:
    (hit,) = judge(rule_of("{message: {header: {name: X-Confidential}}}"), mail(headers=X)).hits
    assert hit.evidence == ("x-confidential: Ｙｅｓ",)
    case = mail(label="A", attachments=[{"name": "b.docx", "label": "B"}])
    (hit,) = judge(rule_of("{message: {label: '*'}}"), case).hits
    assert hit.evidence == ("A", "B (b.docx)")


TEXTS = {
    "ja": "お世話になっております。明日の会議の件、よろしくお願いいたします。",
    "en": "Dear Bob, please find the report attached. We will meet on Friday.",
    "zh": "您好，附件是我们的报价单，请查收。谢谢！期待您的回复。",
    "ko": "안녕하세요. 견적서를 첨부합니다. 확인 부탁드립니다.",
    "de": "Sehr geehrte Frau Meier, anbei erhalten Sie das Angebot für die Maschine.",
    "fr": "Bonjour, veuillez trouver ci-joint le devis pour votre projet. Merci et à bientôt",
    "es": "Hola, le envío la factura de los servicios que nos pidió. Gracias",
    "it": "Gentile Cliente, le inviamo il preventivo che ci ha richiesto per la macchina. Grazie",
    "pt": "Segue em anexo o orçamento que você pediu para o projeto. Obrigado",
    "nl": "Hierbij stuur ik u de offerte voor het project. Met vriendelijke groet",
    "id": "Terima kasih, kami akan kirim dokumen ini untuk anda",
    "vi": "Kính gửi anh, tôi gửi báo giá theo yêu cầu của anh. Trân trọng cảm ơn",
    "ru": "Привет, отправляю вам договор на подпись.",
    "uk": "Привіт, надсилаю вам договір на підпис.",
    "th": "สวัสดีครับ ผมส่งใบเสนอราคามาให้",
    "ar": "مرحبا، أرسل لكم عرض الأسعار",
    "he": "שלום, אני שולח לכם את הצעת המחיר",
    "el": "Καλημέρα, σας στέλνω την προσφορά",
    "hi": "नमस्ते, मैं आपको कोटेशन भेज रहा हूँ",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages(language: str) -> None:
    assert language_of(TEXTS[language]) == language
    assert NAMES[language].ja


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("您好，請查收附件，謝謝您。", "zh"),
        ("御見積書 東京都千代田区 株式会社山田商会 代表取締役 検収済", "ja"),
        ("株式会社アルファ\n山田様\nMicrosoft Office 365 Exchange Online Outlook Teams の件です。よろしく。", "ja"),
        ("OK", ""),
        ("了解", ""),
        ("", ""),
        ("見積書 送付 東京 山田", ""),
        ("https://example.com/the/and/of/to/in?for=you&we=that", ""),
        ("Dobrý den, posílám smlouvu k podpisu.", ""),
        ("12345 67890 (((((( ------", ""),
    ],
)
def test_languages_that_are_hard_to_tell(text: str, language: str) -> None:
    assert language_of(text) == language


def shown(address: str, name: str = "") -> dict[str, Any]:
    return {"headers": Headers(sender=(HeaderAddress(address, name),), subject="x", fields=())}


@pytest.mark.parametrize(
    ("address", "login", "word"),
    [
        ("ann@corp.example", "ann@corp.example", "deliver"),
        ("ANN@Corp.Example", "ann@corp.example", "deliver"),
        ("ann@corp.example", "ann", "deliver"),
        ("ann@corp.example", None, "deliver"),
        ("boss@corp.example", "ann@corp.example", "confirm"),
        ("boss@corp.example", None, "confirm"),
        ("ann@corp.example", "eve@corp.example", "confirm"),
        ("ann@corp.example", "eve", "confirm"),
        ("not an address", "ann@corp.example", "confirm"),
    ],
)
def test_from_differs(address: str, login: str | None, word: str) -> None:
    case = mail(shown(address))
    case = replace(case, envelope=replace(case.envelope, client=Client("192.0.2.1", "x", login=login)))
    assert said(rule_of("{sender: {from_differs: true}}"), case) == word
    assert said(rule_of("{sender: {from_differs: false}}"), case) == ("deliver" if word == "confirm" else "confirm")


def test_a_mail_without_from_shows_nobody_knows_whom() -> None:
    case = mail({"headers": Headers()})
    assert said(rule_of("{sender: {from_differs: true}}"), case) == "confirm"
    assert said(rule_of("{sender: {from_differs: true}}", more="    when_unknown: ignore"), case) == "deliver"


def test_a_mail_from_nobody_differs_from_nobody() -> None:
    case = mail(shown("ann@corp.example"), authenticated=False)
    bounce = replace(case, envelope=replace(case.envelope, sender=NULL_PATH))
    policy = rule_of("{sender: {from_differs: true}}", "reject")
    assert said(policy, bounce) == "deliver"


def test_lists_say_who_may_send_for_others() -> None:
    more = '    unless: [{sender: {address: "shared-*@corp.example"}}]'
    policy = rule_of("{sender: {from_differs: true}}", more=more)
    assert said(policy, mail(header_from="Boss <boss@corp.example>")) == "confirm"
    assert said(policy, mail(header_from="Boss <boss@corp.example>", sender="shared-1@corp.example")) == "deliver"


def test_display_name() -> None:
    policy = rule_of("{sender: {display_name: '*社長*'}}")
    assert said(policy, mail(header_from="代表取締役社長 <ann@corp.example>")) == "confirm"
    assert said(policy, mail(header_from="ann@corp.example")) == "deliver"
    both = rule_of("{sender: {display_name: '*社長*', from_differs: true, domain: corp.example}}")
    assert said(both, mail(header_from="社長 <boss@corp.example>")) == "confirm"
    assert said(both, mail(header_from="社長 <ann@corp.example>")) == "deliver"
