"""Whom the salutation addresses: forms in Japanese and other languages, and prose about people: nobody."""

from __future__ import annotations

import pytest

from mailguard.inspect.speech.greeting import addressed
from mailguard.mail.facts import Addressee

#: What is written, and name|company|title of each addressee.
JAPANESE = (
    ("株式会社B 営業部 田中様", "田中|株式会社B|様"),
    ("田中 太郎 様", "田中 太郎||様"),
    ("B株式会社 御中", "|B株式会社|御中"),
    ("(株)B 田中部長", "田中|(株)B|部長"),
    ("㈱B 田中様", "田中|(株)B|様"),
    ("田中部長、佐藤課長", "田中||部長 佐藤||課長"),
    ("各位", "||各位"),
    ("関係者各位", "||関係者各位"),
    ("営業部の皆様", "||営業部の皆様"),
    ("お客様各位", "||お客様各位"),
    ("皆さん", "||皆さん"),
    ("ご担当者様", "||ご担当者様"),
    ("株式会社ＡＢＣ　ご担当者様", "|株式会社ABC|ご担当者様"),
    ("田中さん、佐藤さん", "田中||さん 佐藤||さん"),
    ("山田先生", "山田||先生"),
    ("株式会社B\n営業部\n田中 太郎 様", "田中 太郎|株式会社B|様"),
    ("株式会社B 御中\n営業部 田中様", "田中|株式会社B|様"),
    ("株式会社B\n田中様\n佐藤様", "田中|株式会社B|様 佐藤|株式会社B|様"),
    ("株式会社B 田中様、株式会社C 鈴木様", "田中|株式会社B|様 鈴木|株式会社C|様"),
    ("田中様\nCC: 佐藤様", "田中||様 佐藤||様"),
    ("田中様\n（Cc：佐藤様）", "田中||様 佐藤||様"),
    ("田中様　佐藤様", "田中||様 佐藤||様"),
    ("田中・佐藤両課長", "田中||課長 佐藤||課長"),
    ("お世話になっております、田中様", "田中||様"),
    ("田中様、お世話になっております。鈴木です。", "田中||様"),
    ("いつもお世話になっております。\n田中様", "田中||様"),
    ("こんにちは、田中さん。", "田中||さん"),
    ("合同会社ビー 高橋殿", "高橋|合同会社ビー|殿"),
    ("一般社団法人日本メール協会 御中", "|一般社団法人日本メール協会|御中"),
    ("学校法人山田学園 佐藤先生", "佐藤|学校法人山田学園|先生"),
    ("横浜市役所 総務課 田中様", "田中|横浜市役所|様"),
    ("みずほ銀行 田中様", "田中|みずほ銀行|様"),
    ("株式会社Bの田中様", "田中|株式会社B|様"),
    ("ビー株式会社田中様", "田中|ビー株式会社|様"),
    ("株式会社山田製作所 代表取締役社長 山田 太郎 様", "山田 太郎|株式会社山田製作所|代表取締役社長"),
    ("営業部長 田中様", "田中||営業部長"),
    ("株式会社B\n営業部 課長 田中 太郎 様", "田中 太郎|株式会社B|課長"),
    ("株式会社B　第一営業部　部長代理　田中様", "田中|株式会社B|部長代理"),
    ("株式会社B\n代表取締役 田中太郎 様", "田中太郎|株式会社B|代表取締役"),
    ("代表取締役様", "||代表取締役"),
    ("代表者 様", "||代表者"),
    ("専務取締役様", "||専務取締役"),
    ("名誉会長 様", "||名誉会長"),
    ("ゼネラルマネージャー 様", "||ゼネラルマネージャー"),
    ("東京支店長様", "||東京支店長"),
    ("ご担当者 先生", "||ご担当者"),
    ("各位 田中様", "田中||各位"),
    ("担当者 田中様", "田中||担当者"),
    ("上席執行役員 佐藤様", "佐藤||上席執行役員"),
    ("取締役営業部長 佐藤様", "佐藤||取締役営業部長"),
    ("代表取締役社長兼CEO 田中様", "田中||代表取締役社長兼CEO"),
    ("弁護士田中先生", "田中||弁護士"),
    ("田中支店長", "田中||支店長"),
    ("株式会社B代表取締役 様", "|株式会社B|代表取締役"),
    ("株式会社B代表取締役社長 田中太郎様", "田中太郎|株式会社B|代表取締役社長"),
    ("株式会社B代表取締役田中様", "田中|株式会社B|代表取締役"),
    ("副島部長", "副島||部長"),
    ("織田信長様", "織田信長||様"),
    ("長谷部様", "長谷部||様"),
    ("Coogan様", "Coogan||様"),
    ("B大学 工学部 教授 田中 太郎 先生", "田中 太郎|B大学|教授"),
    ("学校法人山田大学 田中先生", "田中|学校法人山田大学|先生"),
    ("医療法人社団B会 B病院 事務長 田中様", "田中|医療法人社団B会 B病院|事務長"),
    ("阿部 部長", "阿部||部長"),
    ("服部課長 田中様", "服部||課長 田中||様"),
    ("営業部田中様", "田中||様"),
    ("服部様", "服部||様"),
    ("営業部 御中", "||営業部 御中"),
    ("田中君", "田中||君"),
    ("田中氏", "田中||氏"),
    ("たろうくん", "たろう||くん"),
    ("はなちゃん", "はな||ちゃん"),
    ("ジョン・スミス様", "ジョン・スミス||様"),
    ("John様", "John||様"),
    ("Dear 田中様", "田中||様"),
    ("@田中さん @佐藤さん", "田中||さん 佐藤||さん"),
    ("＞田中さん", "田中||さん"),
    ("宛先: 田中様", "田中||様"),
    ("田中さんへ", "田中||さん"),
    ("田中様 ほか関係者各位", "田中||様 ||関係者各位"),
    ("【社外秘】\n各位", "||各位"),
    ("髙橋様、渡邉様", "髙橋||様 渡邉||様"),
)
OTHERS = (
    ("Mr. Tanaka,\n\nplease", "Tanaka||Mr."),
    ("Dr. Smith, Ms. Jones:\n\nplease", "Smith||Dr. Jones||Ms."),
    ("Dear Valued Partner,", "||Valued Partner"),
    ("Dear Supplier,", "||Supplier"),
    ("Dear Accounts Payable,", "||Accounts Payable"),
    ("Dear Mr. Tanaka,", "Tanaka||Mr."),
    ("Dear President,", "||President"),
    ("Dear Sales Director Tanaka,", "Tanaka||Sales Director"),
    ("Dear Customer Service,", "||Customer Service"),
    ("Dear Taro", "Taro||"),
    ("Hi John and Mary,", "John|| Mary||"),
    ("Hi John, Mary and Bob,", "John|| Mary|| Bob||"),
    ("Hi John, thanks for your mail.", "John||"),
    ("Hello all,", "||all"),
    ("Hi team", "||team"),
    ("Good morning, Ms. O'Neil", "O'Neil||Ms."),
    ("To whom it may concern", "||To whom it may concern"),
    ("Dear Sir or Madam", "||Dear Sir or Madam"),
    ("John,", "John||"),
    ("Dear ACME Inc. team", "|ACME Inc.|team"),
    ("Dear Dr. Jane van Dyke:", "Jane van Dyke||Dr."),
    ("Dear Tanaka-san,", "Tanaka||san"),
    ("Dear Mr. and Mrs. Smith", "Smith||Mrs."),
    ("Sehr geehrte Frau Müller,", "Müller||Frau"),
    ("Sehr geehrte Damen und Herren", "||Sehr geehrte Damen und Herren"),
    ("Bonjour M. Dupont,", "Dupont||M."),
    ("Hola Juan,", "Juan||"),
    ("尊敬的王先生：", "王||先生"),
    ("김철수님", "김철수||님"),
)
NOBODY = (
    "Mr. Tanaka called yesterday:",
    "Miss you,",
    "お客様からのお問い合わせについて",
    "様々なご意見をいただきました",
    "先日、田中様より連絡がありました。",
    "田中様より連絡がありました",
    "皆様のおかげで無事に終わりました",
    "株式会社Aの鈴木です",
    "いつもお世話になっております。株式会社Aの鈴木です。",
    "お疲れ様です。",
    "ご苦労様です",
    "田中部長、佐藤課長と打合せしました",
    "田中様、佐藤様が来社されます",
    "本日は田中様が来社されます",
    "参加者:\n田中様\n佐藤様",
    "以下の方が参加します。\n田中様\n佐藤様",
    "お名前：田中様",
    "田中様の件",
    "田中先生のご意見",
    "部長会の資料です",
    "新 営業部長 山田太郎(旧 第一営業課長)",
    "新任 課長 山田太郎",
    "宅建業免許 東京都知事(3)第12345号",
    "仕様の件",
    "同様",
    "何様",
    "神様",
    "奥様はお元気ですか",
    "株式会社A 営業部\n鈴木 一郎",
    "Thanks,",
    "However, we agree",
    "Today,",
    "Hi-fi set",
    "To do: buy milk",
    "Hello World is a program",
    "I said hi to John,",
    "Please, John",
    "",
)


def written(text: str) -> str:
    return " ".join(f"{one.name}|{one.company}|{one.title}" for one in addressed(text))


@pytest.mark.parametrize(("text", "wanted"), JAPANESE + OTHERS)
def test_salutations(text: str, wanted: str) -> None:
    assert written(text) == wanted


@pytest.mark.parametrize(("text", "wanted"), JAPANESE + OTHERS)
def test_the_letter_behind_it_adds_nobody(text: str, wanted: str) -> None:
    body = "先日、株式会社Cの山本様より連絡がありました。\n山本様\n\nMary,"
    assert written(f"{text}\n\n{body}") == wanted


@pytest.mark.parametrize("text", NOBODY)
def test_prose_addresses_nobody(text: str) -> None:
    assert addressed(text) == ()


def test_at_most_twenty() -> None:
    assert len(addressed("、".join(f"{name}田様" for name in "佐藤鈴木高橋山本林森川原岡島村松井上野口石池吉太"))) == 20


def test_only_the_first_lines_are_looked_at() -> None:
    assert addressed("※注意\n" * 10 + "田中様") == ()


@pytest.mark.parametrize("text", ["様" * 50_000, "田中様、" * 50_000, "部" * 50_000 + "様", "Dear " + "A b " * 50_000])
def test_hostile_lines_are_read(text: str) -> None:
    assert len(addressed(text)) <= 20


@pytest.mark.parametrize("mark", ["宛先：", "→", "（", "写）"])
def test_a_mark_with_nobody_behind_it(mark: str) -> None:
    assert addressed(f"{mark}\n田中様\n") == (Addressee(name="田中", title="様"),)
