"""Which language octets are in: short texts as well as long ones."""

from __future__ import annotations

import pytest

from mailguard.inspect.chars.charset import decode, mirrored, visible
from mailguard.inspect.chars.likely import has_kana, score, western_score

JAPANESE = [
    "機密事項",
    "見積書",
    "請求書在中",
    "顧客名簿",
    "極秘計画",
    "社外秘",
    "お世話になっております",
    "会議の議事録",
    "人事異動について",
    "株式会社山田商事",
    "田中太郎様",
    "テスト",
    "カタカナ",
    "給与明細",
    "履歴書",
    "採用通知",
    "取締役会資料",
    "①㈱髙﨑",
    "表ソ能十",
    "鈴木",
    "価格表",
    "設計図面",
    "業務委託",
    "Re: 打合せの件",
    "買収提案",
]
CHINESE = [
    "机密文件 请勿外传",
    "客户名单",
    "合同附件",
    "您好，谢谢",
    "报价单",
    "绝密计划",
    "银行账号信息",
    "财务报表",
    "人事资料",
]
KOREAN = ["기밀문서입니다", "고객명단", "첨부파일을 보내드립니다", "안녕하세요", "견적서", "계약서 송부", "개인정보"]
WESTERN = [
    "Grüße aus München",
    "Übergabe",
    "café crème",
    "¿Qué tal, señor?",
    "Müller",
    "Größe 10 €",
    "naïve façade",
    "À bientôt",
]


@pytest.mark.parametrize("text", JAPANESE)
@pytest.mark.parametrize("codec", ["cp932", "utf-8"])
def test_short_japanese_is_sure(text: str, codec: str) -> None:
    reading = decode(text.encode(codec))
    assert (reading.text, reading.second) == (text, "")


@pytest.mark.parametrize("text", [text for text in JAPANESE if "①" not in text])
def test_short_euc_comes_first(text: str) -> None:
    assert decode(text.encode("euc_jp")).text == text


@pytest.mark.parametrize(
    ("codec", "text"),
    [("gb18030", one) for one in CHINESE] + [("cp949", one) for one in KOREAN] + [("cp1252", one) for one in WESTERN],
)
def test_other_languages_come_first(codec: str, text: str) -> None:
    assert decode(text.encode(codec)).text == text


@pytest.mark.parametrize("text", WESTERN)
@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1252", "us-ascii"])
def test_european_text_has_no_second_reading(text: str, label: str) -> None:
    assert decode(text.encode("cp1252"), label).second == ""


@pytest.mark.parametrize("text", ["薔薇", "憂鬱", "躊躇", "櫻井", "麒麟", "ﾃｽﾄ", "α版", "■□■", "～", "Ⅲ", "瀬戸"])
def test_rare_characters_under_their_right_label_have_no_second_reading(text: str) -> None:
    assert decode(text.encode("cp932"), "shift_jis").second == ""


def test_scores() -> None:
    assert score("plain", "cp932") == 1.0
    assert score("お世話になります", "cp932") > 0.9 > score("お世話になります", "gb18030")
    assert score("\ue000\ue001", "cp932") == 0.0
    assert western_score("Grüße") > 0.8 > western_score("‹@–§")
    assert has_kana("機ン密")
    assert not has_kana("機密")


def test_what_is_seen() -> None:
    assert visible("a\u200eb\u202dc\u2069\u200b") == "abc"
    assert mirrored("x \u202ecba\u202c y") == "x abc y"
    assert mirrored("plain") == ""
