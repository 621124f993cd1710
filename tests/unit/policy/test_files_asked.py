"""What a rule may ask of files beyond name and kind, each both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from tests.judging import mail, policy_of, rule_of, said

from mailguard.mail.facts import Attachment, Finding
from mailguard.policy.judge import judge

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
DEEP = {"name": "a.zip", "members": [{"name": "b.zip", "members": [{"name": "c.zip", "members": ["d.txt"]}]}]}


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ("{executable: true}", ["setup.exe"], ["a.txt"]),
        ("{executable: true}", [{"name": "a.cmd", "executable": True}], ["a.cmd"]),
        ("{executable: true}", [{"name": "a.zip", "members": ["x.exe"]}], [{"name": "a.zip", "members": ["x.txt"]}]),
        ('{executable: true, count: "== 1"}', [{"name": "a.zip", "members": ["x.exe"]}], ["a.exe", "b.exe"]),
        ("{executable: false, type: exe}", [], ["a.exe"]),
        ('{depth: ">= 3"}', [DEEP], [{"name": "a.zip", "members": [{"name": "b.zip", "members": ["c.txt"]}]}]),
        ('{depth: "== 0"}', ["a.txt"], []),
        ("{double_extension: true}", [{"name": "a.pdf.exe", "double_extension": True}], ["a.pdf"]),
        (
            "{password_in_mail: true}",
            [{"name": "a.zip", "encrypted": True, "password_in_mail": True}],
            [{"name": "a.zip", "encrypted": True}],
        ),
        ("{inline: true}", [{"name": "logo.png", "inline": True}], ["photo.png"]),
        ("{inline: false, type: png}", ["photo.png"], [{"name": "logo.png", "inline": True}]),
        (f"{{sha256: {EMPTY}}}", [{"name": "a", "sha256": EMPTY}], ["a"]),
        (f"{{sha256: {EMPTY.upper()}}}", [{"name": "a", "sha256": EMPTY}], ["a"]),
        ("{label: 'confidential*'}", [{"name": "a.docx", "label": "Confidential - HR"}], ["a.docx"]),
        ("{label: ['社外秘', '極秘']}", [{"name": "a.docx", "label": "極秘"}], [{"name": "a.docx", "label": "公開"}]),
    ],
)
def test_attachments(condition: str, hit: list[Any], miss: list[Any]) -> None:
    policy = rule_of(f"{{attachments: {condition}}}")
    if hit:
        assert said(policy, mail(attachments=hit)) == "confirm"
    assert said(policy, mail(attachments=miss) if miss else mail()) == "deliver"


def file(name: str, short: str, **more: Any) -> Attachment:
    return Attachment(name, "", f"application/{short}", short, 10, more.pop("sha256", "0" * 64), **more)


LOCKED_ZIP = {"attachments": (file("a.zip", "zip", encrypted=True, inspected=False),)}
OPENED_CSV = file("b.csv", "csv", encrypted=True, inspected=True)
OPENED_ZIP = {"attachments": (file("a.zip", "zip", encrypted=True, inspected=True, members=(OPENED_CSV,)),)}
LOCKED_RAR = {"attachments": (file("a.rar", "rar", encrypted=True, inspected=False),)}
UNREAD = {"attachments": (file("a.docx", "docx", inspected=False),)}
CUT = {"findings": (Finding("limit_reached", "mail", ""),)}
FULL = {"attachments": (file("a.txt", "txt", inspected=True),), "findings": (Finding("ambiguous_mime", "1", ""),) * 200}


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        ("{executable: true}", LOCKED_ZIP),
        ("{executable: true}", CUT),
        ("{executable: true}", FULL),
        ("{double_extension: true}", LOCKED_ZIP),
        ('{depth: ">= 3"}', LOCKED_ZIP),
        ("{password_in_mail: true}", LOCKED_RAR),
        ("{label: secret}", UNREAD),
        ("{label: secret}", LOCKED_ZIP),
        (f"{{sha256: {EMPTY}}}", LOCKED_ZIP),
        (f"{{sha256: {EMPTY}}}", {"attachments": (file("a", "zip", sha256="", members=(file("b", "txt"),)),)}),
        ("{macros: true, name: '*.docx'}", UNREAD),
    ],
)
def test_what_nobody_could_see_is_not_known(condition: str, facts: dict[str, Any]) -> None:
    assert said(rule_of(f"{{attachments: {condition}}}"), mail(facts)) == "confirm"
    assert said(rule_of(f"{{attachments: {condition}}}", more="    when_unknown: ignore"), mail(facts)) == "deliver"


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        ("{executable: true}", OPENED_ZIP),
        ("{password_in_mail: true}", LOCKED_ZIP),  # the readers tried what the mail gives
        ("{macros: true, name: '*.xlsx'}", UNREAD),  # another file, whatever is in it
        ("{label: secret, type: xlsx}", UNREAD),
    ],
)
def test_what_fails_for_a_known_reason_leaves_no_doubt(condition: str, facts: dict[str, Any]) -> None:
    assert said(rule_of(f"{{attachments: {condition}}}"), mail(facts)) == "deliver"


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("{forgotten: true, type: pdf}", "stands alone"),
        ("{forgotten: false}", "write not:"),
        ("{sha256: abc}", "no SHA-256"),
        ("{names_other_customer: false}", "write not:"),
        ("{inline: yes}", "true or false"),
        ("{executabel: true}", "executabel"),
    ],
)
def test_what_makes_no_sense_is_refused(condition: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        rule_of(f"{{attachments: {condition}}}")


@pytest.mark.parametrize(
    ("sent_to", "to", "word"),
    [
        (["alpha.example"], ["x@beta.example"], "confirm"),
        (["alpha.example"], ["x@alpha.example"], "deliver"),
        (["alpha.example"], ["x@alpha.example", "y@beta.example"], "confirm"),
        ([], ["x@beta.example"], "deliver"),
        (["alpha.example", "gamma.example", "delta.example"], ["x@beta.example"], "deliver"),  # for everybody
        (["alpha.example"], ["ken@corp.example"], "deliver"),
        (["kim@gmail.com"], ["lee@gmail.com"], "confirm"),
    ],
)
def test_seen_elsewhere(sent_to: list[str], to: list[str], word: str) -> None:
    file_ = {"name": "plan.pdf", "sent_to": sent_to} if sent_to else "plan.pdf"
    assert said(rule_of("{attachments: {seen_elsewhere: true}}"), mail(to=to, attachments=[file_])) == word


def test_a_file_seen_elsewhere_is_about_those_who_never_got_it() -> None:
    policy = rule_of("{attachments: {seen_elsewhere: true}}")
    case = mail(to=["x@alpha.example", "y@beta.example"], attachments=[{"name": "a.pdf", "sent_to": "alpha.example"}])
    (hit,) = judge(policy, case).hits
    assert [str(one) for one in hit.recipients] == ["y@beta.example"]
    assert hit.evidence == ("a.pdf", "→ alpha.example")


def test_without_a_ledger_nobody_knows_what_was_sent() -> None:
    policy = rule_of("{attachments: {seen_elsewhere: true}}")
    assert policy.needs == {"files"}
    assert rule_of("{attachments: any}").needs == set()
    assert rule_of("{any: [{not: {attachments: {seen_elsewhere: true}}}, {text: {words: [a]}}]}").needs == {"files"}
    case = mail(attachments=["a.pdf"])
    unasked = replace(case, known=replace(case.known, files=None))
    assert said(policy, unasked) == "confirm"
    inside = mail(to="ken@corp.example", attachments=["a.pdf"])
    assert said(policy, replace(inside, known=replace(inside.known, files=None))) == "deliver"


CUSTOMERS = """version: 1
customers:
  names:
    アルファ商事: alpha.example
    Beta Corp: [beta.example, "*.beta.example"]
    ベータ: beta.example
    東京電力: tepco.example
    東京電力エナジー: energy.example
"""
IN_TEXT = f"{CUSTOMERS}rules: [{{id: r, when: {{text: {{names_other_customer: true}}}}, then: confirm}}]"
IN_FILE = f"{CUSTOMERS}rules: [{{id: r, when: {{attachments: {{names_other_customer: true}}}}, then: confirm}}]"


@pytest.mark.parametrize(
    ("words", "to", "word"),
    [
        ({"text": "アルファ商事様の件"}, ["x@beta.example"], "confirm"),
        ({"text": "アルファ商事様の件"}, ["x@alpha.example"], "deliver"),
        ({"text": "ｱﾙﾌｧ商事様の件"}, ["x@beta.example"], "confirm"),
        ({"text": "アルファ商\n事様の件"}, ["x@beta.example"], "confirm"),
        ({"text": "アルファ商事様の件"}, ["ken@corp.example"], "deliver"),
        ({"text": "アルファ商事様の件"}, ["x@stranger.example"], "confirm"),
        ({"text": "アルファ商事様の件"}, ["x@alpha.example", "y@partner.example"], "deliver"),
        ({"text": "アルファ商事様の件"}, ["x@alpha.example", "y@beta.example"], "confirm"),
        ({"text": "アルファ商事とベータ"}, ["x@alpha.example"], "confirm"),
        ({"subject": "beta corp"}, ["x@alpha.example"], "confirm"),
        ({"subject": "betacorp"}, ["x@alpha.example"], "deliver"),
        ({"text": "beta corporation"}, ["x@alpha.example"], "deliver"),
        ({"text": "beta corp"}, ["x@eu.beta.example"], "deliver"),
        ({"text": "東京電力エナジー様"}, ["x@energy.example"], "deliver"),
        ({"text": "東京電力エナジー様、東京電力様"}, ["x@energy.example"], "confirm"),
        ({"attachments": ["見積_アルファ商事.pdf"]}, ["x@beta.example"], "confirm"),
        ({"attachments": [{"name": "a.txt", "text": "アルファ商事"}]}, ["x@beta.example"], "confirm"),
    ],
)
def test_names_other_customer(words: dict[str, Any], to: list[str], word: str) -> None:
    assert said(policy_of(IN_TEXT), mail(to=to, **words)) == word


def test_who_reads_another_customers_name_is_told() -> None:
    (hit,) = judge(policy_of(IN_TEXT), mail(to=["x@alpha.example", "y@beta.example"], text="アルファ商事")).hits
    assert [str(one) for one in hit.recipients] == ["y@beta.example"]
    assert hit.evidence == ("アルファ商事 (alpha.example)",)
    assert "アルファ商事（alpha.example）" in hit.because.ja


@pytest.mark.parametrize(
    ("files", "word"),
    [
        (["見積_アルファ商事.pdf"], "confirm"),
        ([{"name": "a.zip", "members": [{"name": "b.txt", "text": "アルファ商事"}]}], "confirm"),
        (["見積_ベータ.pdf"], "deliver"),
        ([], "deliver"),
        ([{"name": "a.pdf", "inspected": False}], "confirm"),
    ],
)
def test_a_file_that_names_another_customer(files: list[Any], word: str) -> None:
    case = mail(to="x@beta.example", attachments=files, text="アルファ商事") if files else mail(to="x@beta.example")
    assert said(policy_of(IN_FILE), case) == word


def test_hidden_and_quoted_names_count_unless_left_out() -> None:
    text = (
        f"{CUSTOMERS}rules: [{{id: r, when: {{text: {{names_other_customer: true, quoted: exclude}}}}, then: confirm}}]"
    )
    case = mail(to="x@beta.example", text="a", quoted="> アルファ商事")
    assert said(policy_of(IN_TEXT), case) == "confirm"
    assert said(policy_of(text), case) == "deliver"


FORGOTTEN = rule_of("{attachments: {forgotten: true}}")


@pytest.mark.parametrize(
    "text",
    [
        "見積書を添付いたします。ご確認ください。",
        "資料を添付しましたので、ご査収ください。",
        "詳細は添付ファイルをご覧ください。",
        "ＰＤＦを添付します",
        "見積書を添\n付いたします",
        "別添資料をご参照ください。",
        "カタログを同封いたします。",
        "議事録添付します。",
        "ファイルを添付させていただきます。",
        "Please find attached the report.",
        "Please find the revised estimate for May attached.",
        "I have attached the invoice.",
        "The slides are attached.",
        "Kindly find enclosed our offer.",
        "I'm attaching the file.",
        "请查收附件。",
        "견적서를 첨부합니다.",
        "Anbei erhalten Sie das Angebot.",
        "Veuillez trouver ci-joint le devis.",
        "添付は不要です。見積書は添付いたします。",
        "先日ご依頼いただいた見積書を添付いたします。",
        "先日お送りした見積書の改訂版を添付いたします。",
        "契約書案を添付の上、お送りします。",
        "見積書（添付）をご確認ください。",
        "添付：見積書_20261127.pdf",
        "添付：01_見積書.pdf",
        "添付の件、ご確認お願いします。",
        "先ほど添付漏れがありましたので、再送いたします。",
        "写真を添付で送ります。",
        "添付の申込書にご記入いただき、ご返送をお願いいたします。",
        "詳細は後ほどご説明しますので、まずは添付資料をご覧ください。",
        "添付資料についてご質問がございましたらご連絡ください。",
        "資料を添付しておりますのでご確認ください。",
        "パスワード付きZIPファイルを添付いたします。",
        "Attached: invoice.pdf",
        "PFA the updated deck.",
        "Sorry, now with attachment.",
        "Please sign and return the attached form.",
        "If you cannot open the attached file, let me know.",
        "ご依頼の資料をお送りします（添付2点）。",
        "The report is attached to this e-mail.",
        "添付漏れのため再送いたします。",
        "このメールに添付しました図面をご確認ください。",
        "別紙のとおりお見積りいたします。",
        "Please find attached the report; I will send the invoice later.",
        "添付の申込書は押印不要です。",
        "添付の契約書は修正の必要がありません。",
        "添付の請求書の原本送付は不要です。",
        "添付の図面のうち、3枚目は不要です。",
        "添付の資料が不要な方はご連絡ください。",
        "添付の見積書が必要なければお知らせください。",
        "添付の申込書は必要事項をご記入ください。",
        "添付の書類は廃棄証明書です。",
        "添付の申請書はキャンセル用です。",
        "不要になった機器の一覧を添付します。",
        "Please find attached the list of items no longer needed.",
        "Attached is the list, which is no longer valid after May.",
        "Thank you for your inquiry, please find attached our price list.",
    ],
)
def test_forgotten(text: str) -> None:
    assert said(FORGOTTEN, mail(text=text)) == "confirm"
    assert said(FORGOTTEN, mail(text=text, attachments=["a.pdf"])) == "deliver"
    logo = {"name": "logo.png", "inline": True}
    assert said(FORGOTTEN, mail(text=text, attachments=[logo])) == "confirm"


@pytest.mark.parametrize(
    "text",
    [
        "添付は不要です。",
        "本メールに添付ファイルはありません。",
        "履歴書を添付してください。",
        "見積書を添付のうえ、ご返信ください。",
        "先日いただいた添付ファイルを拝見しました。",
        "資料をご添付いただきありがとうございます。",
        "添付ファイルは以下のURLからダウンロードしてください。",
        "ファイルは添付できません。",
        "明日の会議の件です。",
        "I am attached to this house.",
        "No attachment this time.",
        "Please attach the invoice when you reply.",
        "Thanks for the file you attached.",
        "I have not attached anything.",
        "没有附件",
        "先ほどお送りした添付ファイルのパスワードをお知らせします。",
        "添付ファイルのパスワードは下記の通りです。",
        "先ほどのメールに添付した資料を差し替えてください。",
        "添付資料を拝見しました。",
        "添付ファイルを確認いたしました。問題ありません。",
        "添付ファイル、ありがとうございます。",
        "先ほどの添付資料について質問があります。",
        "添付ファイルが開けません。",
        "件名：打合せ\n添付：なし\n以上",
        "添付：無し",
        "添付: 0件",
        "添付：-\n以上",
        "以前お送りした添付の件、いかがでしょうか。",
        "Attached: none",
        "Attached: n/a",
        "添付ファイルがついていないようです。",
        "履歴書を添付してご応募ください。",
        "添付資料は後ほどお送りします。",
        "資料は追って添付いたします。",
        "添付ファイルのサイズは10MBまでです。",
        "このメールおよび添付ファイルには機密情報が含まれる場合があります。",
        "添付漏れのようですので、再送をお願いします。",
        "製品に同封の説明書をご覧ください。",
        "添付の申込書は不要になりました",
        "添付の見積書はキャンセルさせてください。",
        "添付の契約書は必要ありません。",
        "添付の図面は使わないことになりました。",
        "別紙の提出は不要です。",
        "添付ファイルは削除いたしました。",
        "添付ファイルを外してお送りします。",
        "The attachment is no longer valid.",
        "Please disregard the attached file.",
        "We don't need the attachment.",
        "添付の見積書の件、承知いたしました。",
        "お手数ですが、添付をご確認いただき再送ください。",
        "先日同封いただいた返信用封筒でお送りします。",
        "Your e-mail came without the attachment.",
        "The attachment you mentioned was not in your mail.",
        "Nothing is attached on purpose.",
        "申込書に身分証明書のコピーを添付してご提出いただくことになります。",
        "納品時に検査成績書を添付いたします。",
        "先週お送りした見積書（添付ファイル）の件、いかがでしょうか。",
        "11月20日付のメールに添付しております図面をご確認ください。",
        "Teamsのチャットに資料を添付しましたのでご覧ください。",
        "別紙に定める仕様に従い製作いたします。",
        "Do not open attachments from unknown senders.",
        "I'll send it as an attachment tomorrow.",
        "決算書を添付にてお送りいただけますと幸いです。",
        "アンケートは添付のExcelではなく、フォームからご回答ください。",
        "添付ファイルのウイルス対策について",
        "同封のお手紙も拝読いたしました。",
        "A warranty card is attached to each product.",
        "Please see my comments in the attachment you sent.",
        "Thanks for the attachment.",
        "I could not open the attachment you sent.",
        "The attachment is missing in your mail.",
        "Can you resend the attachment?",
    ],
)
def test_not_forgotten(text: str) -> None:
    assert said(FORGOTTEN, mail(text=text)) == "deliver"


def test_a_link_to_shared_files_is_an_attachment() -> None:
    text = "見積書を添付いたします。"
    for house in ("drive.google.com", "corp-my.sharepoint.com", "12.gigafile.nu"):
        link = f"https://{house}/x/1"
        assert said(FORGOTTEN, mail(text=f"{text}\n\n{link}")) == "deliver"
        assert said(FORGOTTEN, mail(text=text, hidden=link)) == "deliver"
    for house in ("www.corp.example/drive.google.com", "dropbox.com.evil.example", "partner.example"):
        assert said(FORGOTTEN, mail(text=f"{text}\n\nhttps://{house}/")) == "confirm"


def test_what_others_wrote_forgets_nothing() -> None:
    assert said(FORGOTTEN, mail(text="了解です", quoted="> 見積書を添付します")) == "deliver"
    assert said(FORGOTTEN, mail(text="了解です", signature="添付ファイルをご覧ください")) == "deliver"
    assert said(FORGOTTEN, mail(text="了解です", hidden="見積書を添付します")) == "deliver"
    assert said(FORGOTTEN, mail(subject="見積書を添付します")) == "confirm"
    assert said(FORGOTTEN, mail(subject="見積書を添付します", reply=True)) == "deliver"
    assert said(FORGOTTEN, mail(subject="見積書を添付します", forward=True)) == "deliver"


@pytest.mark.parametrize(
    ("text", "theirs"),
    [
        ("添付の図面ですが、3番の寸法が異なっているようです。", True),
        ("添付資料では納期が12月となっています。", True),
        ("添付の請求書にて処理を進めます。", True),
        ("添付の納品書の数量が実際と異なっておりました。", True),
        ("添付の図面に赤字で修正点を記入しました。", False),
        ("添付の資料に要点をまとめました。", False),
        ("図面（添付）です。", False),
        ("Anbei erhalten Sie das Angebot.", False),
        ("In the attached drawing I have marked the points.", False),
        ("In the attached drawing, dimension 3 seems to differ.", True),
        ("添付の図面について、ご確認ください。", False),
        ("図面を添付いたします。", False),
        ("添付の図面をご覧ください。", False),
        ("Please see my comments in the attached drawing.", False),
    ],
)
def test_an_answer_speaks_about_what_it_answers(text: str, theirs: bool) -> None:
    answer: dict[str, Any] = {"text": text, "reply": True}
    assert said(FORGOTTEN, mail(quoted="> 図面を添付いたします", **answer)) == ("deliver" if theirs else "confirm")
    assert said(FORGOTTEN, mail(quoted="> 図面の件です", **answer)) == "confirm"
    assert said(FORGOTTEN, mail(text=text)) == "confirm"


def test_what_is_enclosed_in_a_parcel_is_no_attachment() -> None:
    assert said(FORGOTTEN, mail(text="サンプルを発送いたしました。\n同封の説明書をご覧ください。")) == "deliver"
    assert said(FORGOTTEN, mail(text="The goods were shipped today. A manual is enclosed.")) == "deliver"
    assert said(FORGOTTEN, mail(text="サンプルを発送いたしました。\n説明書を添付いたします。")) == "confirm"


def test_words_of_ones_own() -> None:
    policy = rule_of("{attachments: {forgotten: {words: [送付状], never: [共有フォルダ]}}}")
    assert said(policy, mail(text="送付状をお送りします")) == "confirm"
    assert said(FORGOTTEN, mail(text="送付状をお送りします")) == "deliver"
    assert said(policy, mail(text="添付資料は共有フォルダにあります")) == "deliver"
    assert said(FORGOTTEN, mail(text="添付資料は共有フォルダにあります")) == "confirm"


def test_a_forgotten_file_that_may_be_there_is_not_known() -> None:
    assert said(FORGOTTEN, mail(CUT, text="添付します")) == "confirm"
    ignoring = rule_of("{attachments: {forgotten: true}}", more="    when_unknown: ignore")
    assert said(ignoring, mail(CUT, text="添付します")) == "deliver"
    assert said(ignoring, mail({"encrypted": True}, text="")) == "deliver"
    assert said(FORGOTTEN, mail({"encrypted": True}, text="")) == "confirm"


def test_what_was_forgotten_is_told() -> None:
    (hit,) = judge(FORGOTTEN, mail(text="見積書を添付いたします。")).hits
    assert hit.evidence == ("添付いたします",)
    assert "添付ファイルがありません" in hit.because.ja


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("資料を添付しております。", "添付"),
        ("資料を添付させていただきます。", "添付"),
        ("見積書も添付致しました。", "添付致しました"),
        ("契約書を同封いたします。", "同封"),
    ],
)
def test_a_word_is_never_cut_in_the_middle(text: str, word: str) -> None:
    (hit,) = judge(FORGOTTEN, mail(text=text)).hits
    assert hit.evidence == (word,)
