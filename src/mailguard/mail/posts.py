"""What people are at work, told from what they are called: 代表取締役社長, 営業部長, ご担当者, "General Manager".

Both readers of salutations ask it, so that neither takes a post for a name. It knows the words posts are made of, in
any order: new ones (専務執行役員, 上席研究員) need no entry. Pure; linear; never raises.
"""

from __future__ import annotations

import re

#: Words that are a post, or end one; and what is put in its place where nobody is named.
_POSTS = frozenset(
    "代表 代表者 取締役 執行役 執行役員 役員 監査役 相談役 顧問 参与 参事 理事 理事長 監事 幹事 社員"  # noqa: SIM905
    " 社長 会長 頭取 総裁 専務 常務 部長 次長 課長 係長 室長 所長 局長 店長 工場長 本部長 支店長"
    " 支社長 支部長 営業所長 事業所長 センター長 グループ長 チーム長 班長 部門長 事業部長"
    " 事務局長 事務長 委員長 委員 組合長 館長 支配人 主任 主査 主幹 主席 主事 編集長 施設長 院長 医長"
    " 師長 校長 教頭 園長 学長 学部長 教授 准教授 助教 講師 担任 教諭 先生 先輩 監督 医師 弁護士"
    " 税理士 会計士 公認会計士 司法書士 行政書士 社労士 弁理士 議員 市長 区長 町長 村長 知事 代理"
    " 補佐 担当 担当者 ご担当 ご担当者 御担当 御担当者 責任者 管理者 経営者 事業主 研究員 技師 秘書"
    " 受付 窓口 記者 マネージャー マネジャー 御中 各位 マネージャ リーダー ディレクター チーフ"
    " オーナー アシスタント 係 係員 会頭 隊長 長官 組長 署長 主治医 薬剤師 看護師 看護師長 店主 株主 家主 荷主 施主"
    " ドライバー ceo coo cfo cto cio".split()
)
#: Words that stand before a post and say of what, or how high.
_BEFORE = frozenset(
    "各 関係 名誉 上席 上級 首席 筆頭 専任 統括 総括 最高 副 社外 社内 常勤 非常勤 独立 ゼネラル"  # noqa: SIM905
    " シニア エリア チーム グループ プロジェクト プロダクト エグゼクティブ サブ 学年 顧問 部 課 室"
    " 本部 事業部 営業 総務 人事 経理 開発 技術 製造 企画 広報 法務 財務 購買 調達 情報システム"
    " 品質管理 品質保証 マーケティング 業務 生産 海外 国内 経営企画 研究 サポート 採用 販売 物流 設計"
    " 教務 経営 会計 情報 秘書 医局 看護 自治 町内 管理組合 組合 税務 警察 消防 ケア pta".split()
)


def _any_of(words: frozenset[str]) -> re.Pattern[str]:
    """The longest of some words; those in Latin letters whole only."""
    longest = sorted(words, key=len, reverse=True)
    return re.compile(
        "|".join(rf"(?<![a-z]){word}(?![a-z])" if word.isascii() else word for word in longest), re.IGNORECASE
    )


_WORD, _POST = _any_of(_POSTS | _BEFORE), _any_of(_POSTS)
_JOINT = re.compile(r"[兼・/の付&]?")
#: A role has such an end, a name has not: 保護者, 監査役, 指導員.
_ROLE = re.compile(r"(?:ご|御)?[一-龠ァ-ヶー]{1,12}[者役員]")
#: Posts that have a place before them: 東京支店長. Where the place may be a surname (千葉, 山口), nobody can tell.
_OF_A_PLACE = re.compile("(?:支店|支社|支部|工場|営業所|事業所|センター|所|店|局|市|区|町|村)長|知事")
_OF_AN_AREA = re.compile("(?:税務|監督|警察|消防)署長")
_PLACES = frozenset(
    "北海道 青森 岩手 宮城 秋田 山形 福島 茨城 栃木 群馬 埼玉 千葉 東京 神奈川 新潟 富山 石川 福井"  # noqa: SIM905
    " 山梨 長野 岐阜 静岡 愛知 三重 滋賀 京都 大阪 兵庫 奈良 和歌山 鳥取 島根 岡山 広島 山口 徳島"
    " 香川 愛媛 高知 福岡 佐賀 長崎 熊本 大分 宮崎 鹿児島 沖縄 札幌 仙台 横浜 川崎 名古屋 神戸 北九州"
    " 金沢 浜松 東北 関東 関西 中部 北陸 中国 四国 九州 東日本 西日本 新宿 渋谷 池袋 品川 梅田 難波"
    " 銀座 丸の内".split()
)
_ENGLISH = frozenset(
    "president chairman chairwoman chairperson director manager supervisor ceo cfo coo cto cio vp"  # noqa: SIM905
    " editor secretary principal teacher instructor professor doctor boss recruiter accountant"
    " landlord officer treasurer coordinator administrator representative consultant attorney"
    " superintendent receptionist sensei".split()
)


def told_apart(word: str) -> tuple[str, str]:
    """A name and the post that is written before or behind it in one word, in NFKC; either may be "".

    田中代表取締役 gives 田中, 代表取締役; 部長田中 田中, 部長; 専務取締役 "", 専務取締役; 田中太郎 田中太郎, "".
    """
    if _ROLE.fullmatch(word) and _POST.search(word) is None:
        return "", word
    if _POST.search(word) is None:
        return word, ""
    before = _posts_end(word, 0)
    if before:
        return word[before:].removeprefix("の"), word[:before]
    for at in range(1, len(word)):
        if _posts_end(word, at) == len(word):
            name, post = word[:at], word[at:]
            place = name.removesuffix("県") in _PLACES and _OF_A_PLACE.match(post) is not None
            place = place or _OF_AN_AREA.match(post) is not None
            return ("", word) if place else (name, post)
    return word, ""


def named(words: str) -> tuple[str, str]:
    """As `told_apart`, of words with blanks between them: a name may have two, posts any number around it."""
    names: list[str] = []
    post = ""
    for word in words.split():
        name, held = told_apart(word)
        names += [name] if name not in ("", "兼") else []
        post = held or post
    return " ".join(names), post


def english_post(words: str) -> tuple[str, str]:
    """The name behind a post in English, and the post: "Sales Director Tanaka" gives Tanaka, "Sales Director"."""
    parts = words.split()
    after = max((n for n, part in enumerate(parts, 1) if part.lower().strip(".,") in _ENGLISH), default=0)
    return " ".join(parts[after:]), " ".join(parts[:after])


def _posts_end(text: str, at: int) -> int:
    """Where the posts end that begin at a place; 0 if none do."""
    end = 0
    while word := _WORD.match(text, at):
        at = word.end()
        if word.group().lower() in _POSTS:
            end = at
        if joint := _JOINT.match(text, at):
            at = joint.end()
    return end
