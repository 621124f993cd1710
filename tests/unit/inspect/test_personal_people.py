"""Persons: rows of tables, records, address blocks and cards, each once in a mail; names; roles; what is shown."""

from __future__ import annotations

import pytest

from mailguard.inspect.content import Piece
from mailguard.inspect.personal import Found, search
from mailguard.inspect.personal.fold import fold
from mailguard.inspect.personal.names import plain_name

PEOPLE = [("山田太郎", "090-1111-2222", "taro@example.jp"), ("佐藤花子", "090-3333-4444", "hanako@example.jp"),
          ("鈴木一郎", "03-5555-6666", "ichiro@example.jp")]  # fmt: skip


def look(*texts: str, role: str = "") -> Found:
    return search([Piece(f"part {number}", text, role) for number, text in enumerate(texts)], 1000)


def table(mark: str, head: tuple[str, ...] = ("氏名", "電話", "メール")) -> str:
    return "\n".join(mark.join(row) for row in [head, *PEOPLE])


def test_one_person_in_many_forms_is_one() -> None:
    sheet = "\t".join(["No", "フリガナ", "メール", "氏名", "TEL"]) + "\n"
    sheet += "\n".join(
        f"{n}\tカナ\t{mail}\t{name[:2]}　{name[2:]}\t{tel}" for n, (name, tel, mail) in enumerate(PEOPLE)
    )
    quoted = "\n".join(f'"{name}","{tel}","{mail.upper()}"' for name, tel, mail in [("氏名", "電話", "mail"), *PEOPLE])
    cards = "\n".join(f"BEGIN:VCARD\nFN:{name}\nTEL:{tel}\nEMAIL:{mail}\nEND:VCARD" for name, tel, mail in PEOPLE)
    records = "\n\n".join(f"氏名：{name}\n電話：{tel}\nメール：{mail}" for name, tel, mail in PEOPLE)
    assert look(table("\t"), table(","), sheet, quoted, cards, records).persons == 3


@pytest.mark.parametrize(
    ("text", "persons"),
    [
        (table("\t"), 3),
        (table(","), 3),
        (table(" | "), 3),
        (table("   "), 3),
        ("顧客一覧\n\n" + table("\t"), 3),
        ("顧客一覧\t\t\n2026年11月\t\t\n" + table("\t"), 3),
        ("\n".join("\t".join(row) for row in PEOPLE), 3),
        (table("\t", ("お客様氏名（漢字）", "携帯電話番号", "Ｅメール")), 3),
        (table(",", ("Customer Name", "Phone", "E-mail Address")), 3),
        (table("\t") + "\n\n" + "\n".join("\t".join(row) for row in [("高橋健", "", ""), ("田中実", "", "")]), 5),
        (table("\t") + "\n合計\t\t\n", 3),
        (
            '氏名,住所,備考\n山田太郎,"東京都港区芝公園4-2-8,3F","一行目\n二行目"\n佐藤花子,"大阪市北区梅田3-1-3",""\n',
            2,
        ),
        ("氏名\t山田太郎\n電話\t090-1111-2222\n住所\t東京都港区芝公園4-2-8\n氏名\t佐藤花子\n電話\t090-3333-4444", 2),
        ("氏名\t山田太郎\t佐藤花子\n電話\t090-1111-2222\t090-3333-4444", 2),
        ("氏名: 山田太郎\n住所: 東京都港区芝公園4-2-8\n電話: 03-1111-2222\n\n氏名: 佐藤花子\n電話: 03-1111-2222", 2),
        ("【氏名】山田太郎\n【電話】03-1111-2222", 1),
        ("〒105-0011\n東京都港区芝公園4-2-8\n山田 太郎 様\n\n〒530-0001\n大阪市北区梅田3-1-3\n佐藤 花子 様", 2),
        ("山田太郎 03-1111-2222\n佐藤花子 03-1111-2222\n鈴木一郎 03-1111-2222", 3),
        ("山田太郎 みずほ銀行 本店 普通 1234567\n佐藤花子　三菱UFJ銀行 本店 普通 1234568", 2),
        ("山田太郎 健康保険証 記号 21700023 番号 45\n佐藤花子 健康保険証 記号 21700023 番号 46", 2),
        ("山田太郎　昭和五十五年一月二日生まれ\n佐藤花子　昭和五十五年一月二日生まれ", 2),
        ("支払先 みずほ銀行 本店 普通 1234567\n高橋建設 みずほ銀行 本店 普通 1234568", 0),
        ("・山田太郎様\n・佐藤花子様\n・鈴木一郎様", 3),
        ("氏名\n山田太郎\n佐藤花子\n鈴木一郎", 3),
        ("┌──┬──┐\n│氏名│部署│\n├──┼──┤\n│山田太郎│営業│\n├──┼──┤\n│佐藤花子│総務│\n└──┴──┘", 2),
        ("BEGIN:VCARD\nFN:山田太郎\nEND:VCARD\nBEGIN:VCARD\nFN:佐藤花子\nEND:VCARD", 2),
        ("会員番号,氏名\n1,山田太郎\n2,山田太郎\n", 2),
        ("氏名,個人番号\n山田太郎,123456789018\n佐藤花子,465632122333\n", 2),
        ("a@example.jp, b@example.jp, c@example.jp", 3),
        ("Ann Lee, born 1 March 1980\nBob Ray, born 2 March 1980\nEve Low, born 2 March 1980", 2),
        ("会社名\t住所\t電話\nA社\t東京都港区芝公園4-2-8\t03-1111-2222\nB社\t大阪市北区梅田3-1-3\t06-1111-2222", 0),
        ("品名,単価,数量\nりんご,100,3\nみかん,200,5", 0),
        ("Name\tSize\tDate\na.txt\t12\t2026-11-25\nb.txt\t34\t2026-11-25\nc.txt\t56\t2026-11-25", 0),
        ("株式会社B 営業部\n鈴木様\n\nお世話になっております。山田です。\n田中さんにも伝えました。", 0),
        ("Dear Bob, thank you, and see you soon\nKind regards, Ann, Sales", 0),
        ("課題,期限\n設計,11/25\n製造,11/26\n試験,11/27", 0),
    ],
)
def test_persons(text: str, persons: int) -> None:
    assert look(text).persons == persons


def _transfer(account: int, name: str, amount: int) -> str:
    """A record of 120 octets as a payroll program writes it."""
    head = f"20005{'ﾐﾂﾋﾞｼUFJ':<15}123{'ｼﾌﾞﾔ':<15}00001{account:07d}{name:<30}{amount:010d}"
    return f"{head}1{'':<20}7{'':<8}"


def test_a_file_of_salaries_is_a_list_of_persons() -> None:
    head = f"12100123456789{'ｶ)ｺｰﾌﾟ':<40}1125"
    paid = [(1234567, "ﾔﾏﾀﾞ ﾀﾛｳ", 250000), (7654321, "ｻﾄｳ ﾊﾅｺ", 310000), (1111112, "ｶ)ｻﾝﾌﾟﾙ", 98000)]
    records = [head, *(_transfer(*one) for one in paid), "8000003" + "0" * 12, "9"]
    for text in ("\r\n".join(records), "".join(records)):
        found = look(text)
        assert found.classes["bank_account"].values == ("1234567", "7654321", "1111112")
        assert (found.classes["person_name"].values, found.persons) == (("ヤマダタロウ", "サトウハナコ"), 2)
        assert "phone" not in found.classes


def test_a_long_list_is_counted_whole() -> None:
    rows = "\n".join(f"{n}\t顧客{n:05}\tu{n}@example.jp\t{n % 97}" for n in range(60_000))
    found = look(f"No\t氏名\tメール\t点\n{rows}")
    assert found.persons == 60_000
    assert found.classes["person_name"].distinct == 60_000


@pytest.mark.parametrize(
    "name",
    ["山田太郎", "山田 太郎", "佐々木 希", "長谷川健一", "東海林太郎", "林 誠", "ヤマダ タロウ", "ヤマダタロウ",
     "やまだ たろう", "Taro Yamada", "YAMADA Taro", "Yamada, Taro", "Ichiro Sato", "山田太郎様", "髙橋 優",
     "渡邉美咲", "五十嵐 さくら"],
)  # fmt: skip
def test_names(name: str) -> None:
    assert plain_name(fold(name))


@pytest.mark.parametrize(
    "text",
    ["山田商店", "東京都", "営業部", "田中", "任務", "石川県", "中村支店", "高橋工業", "Dear Sir", "New York",
     "Kind Regards", "合計", "株式会社", "テスト データ", "本日 休業", "森林", "", "渋谷区"],
)  # fmt: skip
def test_no_names(text: str) -> None:
    assert not plain_name(text)


SIGNATURE = "山田 太郎\n〒105-0011 東京都港区芝公園4-2-8\nTEL 090-1111-2222\ntaro@example.jp"


def test_a_signature_and_quoted_headers_are_no_data_about_people() -> None:
    assert look(SIGNATURE, role="signature") == Found({}, 0)
    quoted = "From: A <a@example.jp>\nTo: " + ", ".join(f"u{n}@example.jp" for n in range(9)) + "\n\n" + SIGNATURE
    assert look(quoted, role="quoted") == Found({}, 0)
    assert look(SIGNATURE).persons == 1


def test_what_has_a_check_of_its_own_counts_in_quoted_text_too() -> None:
    for role in ("quoted", "signature"):
        found = look("カード 4111111111111111\n個人番号 123456789018\nTEL 090-1111-2222", role=role)
        assert set(found.classes) == {"payment_card", "my_number"}


def test_a_list_of_customers_in_quoted_text_counts() -> None:
    rows = "\n".join(f"山田{sign}郎\t090-1111-222{n}\tu{n}@example.jp" for n, sign in enumerate("一二三四五六"))
    found = look(f"氏名\t電話\tメール\n{rows}", role="quoted")
    assert found.persons == 6
    assert found.classes["phone"].distinct == 6


def test_what_is_shown_of_a_place() -> None:
    text = "一行目\n氏名: 山田太郎 カード: 4111-1111-1111-1111 電話: 090-1111-2222 taro@example.jp 以上\n三行目"
    matches = {match.what: match for match in look(text).matches}
    card = matches["payment_card"]
    assert (card.where, card.value, card.masked) == ("part 0", "4111-1111-1111-1111", "************1111")
    shown = card.before + card.after
    assert "氏名" in card.before
    assert "電話" in card.after
    for secret in ("山田太郎", "1111-2222", "taro@", "一行目", "三行目"):
        assert secret not in shown


def test_places_are_bounded() -> None:
    text = "\n".join(f"u{n}@example.jp" for n in range(500))
    found = look(text, text.replace("u", "v"))
    assert len(found.matches) == 20
    assert all(len(match.before) <= 40 and len(match.after) <= 40 for match in found.matches)


@pytest.mark.parametrize(
    "text",
    ["1" * 300_000, "," * 300_000, "0-" * 150_000, "4111 1111 " * 30_000, "@" * 300_000, "a@a" * 100_000,
     "\t" * 300_000,
     "\n" * 300_000, "市" * 100_000, '"' * 300_000, ',"\n' * 100_000, "BEGIN:VCARD\n" * 30_000, "a:b\n" * 80_000,
     "1980年1月2日" * 30_000, "\u3099" * 100_000, "+1" * 100_000, "| |\n" * 80_000, "  a" * 100_000],
    ids=lambda text: repr(text[:6]),
)  # fmt: skip
def test_hostile_texts_are_read_to_their_end(text: str) -> None:
    found = look(f"{text}\nカード番号 4111-1111-1111-1111\n")
    assert found.classes["payment_card"].values == ("4111111111111111",)
