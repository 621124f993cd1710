"""Whose words a text is: quotations in the ways of the mail programs, signatures, and bait that is the writer's own."""

from __future__ import annotations

import pytest

from mailguard.inspect.page.cited import CITED, cited_lines, mark, unmark
from mailguard.inspect.speech.quoting import segments, split
from mailguard.inspect.speech.voices import listen

OWN = "承知しました。"
THEIRS = "見積書をお送りください"

TOP_POSTED = {
    "gmail": "On Wed, Nov 25, 2026 at 12:34 PM Taro Tanaka <tanaka@b.example> wrote:\n\n> {}",
    "gmail-wrapped": "On Wed, Nov 25, 2026 at 12:34 PM Taro Tanaka <\ntanaka@b.example> wrote:\n\n> {}",
    "gmail-html": "On Wed, Nov 25, 2026 at 12:34 PM Taro Tanaka <tanaka@b.example> wrote:\n{}\nlast line",
    "gmail-ja": "2026年11月25日(水) 12:34 田中太郎 <tanaka@b.example>:\n\n> {}",
    "gmail-ja-wrapped": "2026年11月25日(水) 12:34 田中太郎\n<tanaka@b.example>:\n{}",
    "wrote-ja": "田中さんは書きました:\n> {}",
    "apple-ja": "2026/11/25 12:34、田中太郎 <tanaka@b.example>のメール：\n\n{}",
    "apple": "On Nov 25, 2026, at 12:34, Taro <tanaka@b.example> wrote:\n\n{}",
    "thunderbird": "2026/11/25 12:34, 田中:\n> {}",
    "thunderbird-old": "(2026/11/25 12:34), 田中 wrote:\n> {}",
    "becky": "On Wed, 25 Nov 2026 12:34:56 +0900\n田中 様 wrote:\n\n> {}",
    "al-mail": 'In message "Re: 見積"\n    on 26/11/25, 田中 様 <tanaka@b.example> writes:\n> {}',
    "news": "In article <1@b.example>,\n tanaka wrote:\n> {}",
    "wanderlust": "At Wed, 25 Nov 2026 12:34:56 +0900,\ntanaka@b.example wrote:\n> {}",
    "original": "-----Original Message-----\nFrom: 田中\nSent: Wednesday\nTo: 鈴木\nSubject: 見積\n\n{}\n",
    "original-ja": "-----元のメッセージ-----\n差出人: 田中\n件名: 見積\n\n{}",
    "original-marked": "----- Original Message -----\nFrom: <tanaka@b.example>\n\n> {}",
    "outlook": "________________________________\nFrom: 田中\nSent: Wednesday\nTo: 鈴木\nSubject: 見積\n\n{}",
    "outlook-ja": "差出人: 田中 太郎\n送信日時: 2026年11月25日 12:34\n宛先: 鈴木\nCC: 佐藤\n件名: RE: 見積\n\n{}",
    "outlook-bold": "*From:* Tanaka <t@b.example>\n*Sent:* Wednesday\n*To:* x\n*Subject:* y\n\n{}",
    "outlook-de": "Von: Tanaka\nGesendet: Mittwoch\nAn: Suzuki\nBetreff: Angebot\n\n{}",
    "outlook-zh": "发件人: 田中\n发送时间: 2026年11月25日 12:34\n收件人: 鈴木\n主题: 报价\n\n{}",
    "notes": "差出人:\t田中太郎/営業/B@b.example\n宛先:\t鈴木\n日付:\t2026/11/25 12:34\n件名:\t見積\n\n{}",
    "garoon": "田中 太郎 さんの引用:\n> {}",
    "german": "Am 25.11.2026 um 12:34 schrieb Taro <t@b.example>:\n> {}",
    "german-wrapped": "Am Mi., 25. Nov. 2026 um 12:34 Uhr schrieb Taro <\nt@b.example>:\n> {}",
    "french": "Le mer. 25 nov. 2026 à 12:34, Taro <t@b.example> a écrit :\n{}",
    "chinese": "在 2026年11月25日 12:34，田中 <t@b.example> 写道：\n{}",
    "full-width": "＞{}\n＞以上",
    "marked": "> {}\n> > 深い引用",
    "bars": "| {}\n| 以上",
    "initials": "TN> {}\nTN> 以上",
}
FORWARDED = {
    "gmail": "---------- Forwarded message ---------\nFrom: 田中 <t@b.example>\nDate: x\nSubject: y\nTo: z\n\n{}",
    "apple": "Begin forwarded message:\n\nFrom: 田中 <t@b.example>\nSubject: y\n\n{}",
    "apple-ja": "転送されたメッセージ:\n\n差出人: 田中 <t@b.example>\n件名: y\n\n{}",
    "ja": "---- 転送メッセージ ----\n差出人: 田中\n\n{}",
}


@pytest.mark.parametrize("name", TOP_POSTED)
def test_quoted_history(name: str) -> None:
    quoted = TOP_POSTED[name].format(THEIRS)
    found = split(f"{OWN}\n\n{quoted}\n")
    assert found.own.strip() == OWN
    assert found.quoted.strip() == quoted.strip()
    assert not found.forwarded


@pytest.mark.parametrize("name", FORWARDED)
def test_a_forwarded_mail_is_somebody_elses_text(name: str) -> None:
    found = split(f"FYI\n\n{FORWARDED[name].format(THEIRS)}")
    assert found.own.strip() == "FYI"
    assert THEIRS in found.quoted
    assert found.forwarded


def test_a_quotation_from_the_first_line_on() -> None:
    found = split(f"-----Original Message-----\nFrom: x\n\n{THEIRS}")
    assert (found.own, found.signature) == ("", "")


def test_answers_between_quoted_lines_are_own() -> None:
    text = "On 2026/11/25 12:34, a@b.example wrote:\n> Aは?\nはい\n> Bは?\n\nいいえ\n> C\n> D\n\n以上"
    assert [(one.role, one.text) for one in segments(text)] == [
        ("quoted", "On 2026/11/25 12:34, a@b.example wrote:\n> Aは?"),
        ("", "はい"),
        ("quoted", "> Bは?"),
        ("", "\nいいえ"),
        ("quoted", "> C\n> D"),
        ("", "\n以上"),
    ]


def test_bottom_posting() -> None:
    found = split("田中さんは書きました:\n> 見積は?\n>\n> 田中\n\nお送りします。\n鈴木")
    assert found.own.strip() == "お送りします。\n鈴木"


def test_own_words_behind_the_end_of_a_quotation() -> None:
    found = split("-----Original Message-----\nFrom: x\n\nold\n----- ここまで -----\nnew")
    assert found.own == "new"


BAIT = {
    "code": "試して:\n>>> import os\n>>> os.getcwd()\n'/'",
    "diff": "3c3\n< old\n---\n> new\n以上",
    "conflict": ">>>>>>> branch",
    "comparison": "条件は\n> 5\nです",
    "call": "＞田中さん\n資料をお願いします",
    "arrow": ">>詳しくはこちら https://x.example/\n以上",
    "menu": "＞ホーム＞設定 を開く\n次へ",
    "link": "> https://x.example/\n以上",
    "table": "| a | b |\n| 1 | 2 |",
    "memo": "To: 各位\nFrom: 総務部\n件名: 年末調整\n日付: 11/25\n\n下記の通り",
    "schedule": "2026/11/25 10:00 定例会議:\n議事は以下の通り",
    "prose": "On Monday he wrote:\nwe agree",
    "next": "次のメール：\n本文",
    "form": "日時: 11/25 14:00\n場所: 会議室\n件名: 打合せ",
    "rule": "議題\n----------\n1. 予算\n2. 人員",
    "translation": "--- 原文 ---\nHello",
    "mbox": ">From the start",
    "markdown": "# 見出し\n---\n本文",
}


@pytest.mark.parametrize("name", BAIT)
def test_own_text_stays_own(name: str) -> None:
    assert split(BAIT[name]).own == BAIT[name]


SIGNATURES = {
    "dashes": "-- \nAnn Smith\nACME Inc.",
    "dashes-bare": "--\n鈴木 一郎\n株式会社A",
    "rules": "━━━━━━━━━━\n株式会社A 営業部\n鈴木 一郎\nTEL: 03-1234-5678\nE-mail: s@a.example\n━━━━━━━━━━",
    "open-rule": "----------------\n株式会社A\n鈴木 一郎\nTel 03-1234-5678",
    "inner-rule": "==========\n株式会社A\n鈴木\n----------\n〒100-0001 東京都千代田区1-1\nTEL 03-1234-5678\n==========",
    "stars": "*************\n鈴木 一郎(Ichiro Suzuki)\n株式会社A\nmailto:s@a.example\n*************",
    "full-width": "＝＝＝＝＝＝＝＝\n株式会社A　鈴木\n電話　03-1234-5678\n＝＝＝＝＝＝＝＝",
    "ornament": "☆★☆★☆★☆★☆★\n株式会社A 鈴木\nhttps://a.example/\n☆★☆★☆★☆★☆★",
    "titled": "━━━━ 株式会社A ━━━━\n鈴木 一郎\nTEL 03-1234-5678\n━━━━━━━━━━━━",
    "waves": "～～～～～～～～\n(株)A 総務部 鈴木\n内線 1234\n～～～～～～～～",
    "invoice-number": "――――――――\n株式会社A\n登録番号 T1234567890123\nTEL 03-1234-5678",
    "device": "iPhoneから送信",
    "device-en": "Sent from my iPhone",
    "disclaimer": "This email and any attachments are confidential and intended solely for the addressee.\n"
    "If you have received this in error please delete it.",
    "disclaimer-ja": "本メールには秘密情報が含まれている場合があります。\n"
    "誤って受信された場合は、直ちに送信者へご連絡のうえ削除してください。",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature_at_the_end(name: str) -> None:
    found = split(f"田中様\n\n承知しました。\n\n{SIGNATURES[name]}\n")
    assert found.signature.strip() == SIGNATURES[name]
    assert found.own.strip() == "田中様\n\n承知しました。"


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature_above_the_quoted_history(name: str) -> None:
    found = split(f"承知しました。\n\n{SIGNATURES[name]}\n\n-----Original Message-----\nFrom: x\n\nold\n-- \nTanaka\n")
    assert found.signature.strip() == SIGNATURES[name]
    assert found.own.strip() == "承知しました。"


@pytest.mark.parametrize(
    "farewell", ["Best regards,", "Kind regards", "Sincerely,", "Thanks,", "Mit freundlichen Grüßen"]
)
def test_signature_under_a_farewell(farewell: str) -> None:
    signature = "Ann Smith\nSales Manager\nACME Inc.\n+1 212 555 0100"
    found = split(f"Hi John,\n\nplease see the file.\n\n{farewell}\n\n{signature}\n")
    assert found.signature.strip() == signature
    assert found.own.strip().endswith(farewell)


def test_signature_without_rules_under_a_japanese_farewell() -> None:
    signature = "株式会社A 営業部\n鈴木 一郎\nTEL: 03-1234-5678\ns@a.example"
    assert split(f"田中様\n\nよろしくお願いいたします。\n\n{signature}").signature.strip() == signature


def test_signature_with_small_print_below() -> None:
    text = f"OK\n\n{SIGNATURES['rules']}\n\n{SIGNATURES['disclaimer']}"
    assert split(text).own.strip() == "OK"


NO_SIGNATURES = {
    "customers": "----------\n" + "\n".join(f"顧客{i} 03-1234-{i:04} c{i}@x.example" for i in range(30)),
    "few-customers": "----------\n株式会社B 田中様\n株式会社C 佐藤様\nTEL 03-1234-5678",
    "long": "-- \n" + "\n".join(f"item {i}" for i in range(17)),
    "dashes-list": "-- \n" + "\n".join(f"c{i}@x.example" for i in range(8)),
    "cards": "----------\n株式会社A\n4012-8888-8888-1881\nTEL 03-1234-5678",
    "my-numbers": "-- \n鈴木 1234 5678 9012",
    "phones": "==========\n田中 03-1111-2222\n佐藤 03-1111-2223\n鈴木 090-1111-2224\nmail",
    "table": "----------\n名前\t電話\tメール\n田中\t03-1111-2222\ta@x.example",
    "agenda": "----------\n1. 予算の件\n2. 人員の件\n3. その他",
    "prose": "----------\n会議は部長の都合で延期となりました。\n次回は改めてご連絡します。\n電話でも結構です。",
    "thanks": "Thanks\nI will send you the list of all the customers who asked for it. Can you call them?",
    "form": "──────────\n氏名: 山田 花子\n電話: 090-1234-5678\n住所: 東京都千代田区1-1\n──────────",
    "numbered": "--\n1. 項目\nこれは本文です。\nさらに本文です。",
    "introduced": "お客様の連絡先は以下の通りです。\n----------\n株式会社B 田中\nTEL 03-1234-5678\n----------",
    "contact": "連絡先は以下です:\n\n株式会社B 田中\nTEL 03-1234-5678",
}


@pytest.mark.parametrize("name", NO_SIGNATURES)
def test_a_list_is_no_signature(name: str) -> None:
    assert split(f"お送りします。\n{NO_SIGNATURES[name]}").signature == ""


@pytest.mark.parametrize(
    "text", ["", "\n", "\n\n\n", ">", "> \n", "--", "a\r\nb", "wrote:", "\ufdd0", "-----Original Message-----"]
)
def test_segments_are_the_text_again(text: str) -> None:
    assert "\n".join(one.text for one in segments(text)) == text


def test_a_text_of_a_million_lines_is_cut_into_few_stretches() -> None:
    text = "> a\nb\n" * 150_000
    parts = segments(text)
    assert "\n".join(one.text for one in parts) == text
    assert len(parts) < 500


def test_html_quotations_are_marked() -> None:
    source = "<p>own</p><blockquote type='cite'>old<br>older</blockquote><p>new</p>"
    assert unmark(mark(source)) == source
    assert cited_lines(f"own\n{CITED}old\nolder\ufdd1\nnew") == f"own\n{CITED}old\n{CITED}older\nnew"


def test_an_indented_paragraph_is_no_quotation() -> None:
    assert CITED not in mark("<blockquote style='margin-left:40px'>own</blockquote>")


def test_marks_of_the_sender_do_not_count() -> None:
    assert mark(f"{CITED}own<blockquote>x</blockquote>").count(CITED) == 0


def test_plain_text_and_html_speak_once() -> None:
    plain = f"{OWN}\n\n田中さんは書きました:\n> {THEIRS}\n"
    html = f"{OWN}\n\n田中さんは書きました:\n{CITED}{THEIRS}\n"
    voices = listen([("1.1", plain), ("1.2", html)])
    assert voices.quoted.count(THEIRS) == 1
    assert [one.role for one in voices.pieces] == ["", "quoted", "", "quoted"]
    assert all(CITED not in one.text for one in voices.pieces)
