"""A company in Japan that does not exist, its partners and what they write about, for `bench/japanese_mail.py`.

Forty people with the namesakes that every company has, seven partners whose people carry the same surnames, one of them
named almost like another; matters with their own words, people and files. All of it comes from a seed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

OWN_NAME, OWN_DOMAIN = "株式会社あおば精工", "aoba-seikou-k.co.jp"

#: Family names with their readings; the first ones are frequent, so that they come several times.
FAMILIES = (
    "佐藤 sato|鈴木 suzuki|高橋 takahashi|田中 tanaka|伊藤 ito|渡辺 watanabe|山本 yamamoto|中村 nakamura"
    "|小林 kobayashi|加藤 kato|吉田 yoshida|山田 yamada|佐々木 sasaki|山口 yamaguchi|松本 matsumoto"
    "|井上 inoue|木村 kimura|林 hayashi|斎藤 saito|清水 shimizu|山崎 yamazaki|森 mori|池田 ikeda"
    "|橋本 hashimoto|阿部 abe|石川 ishikawa|小川 ogawa|岡田 okada|長谷川 hasegawa|藤井 fujii|村上 murakami"
    "|近藤 kondo|坂本 sakamoto|遠藤 endo|青木 aoki|西村 nishimura|福田 fukuda|太田 ota|三浦 miura"
    "|岡本 okamoto"
)
GIVEN = (
    "健一 kenichi|誠 makoto|隆 takashi|大輔 daisuke|直樹 naoki|浩二 koji|翔太 shota|和也 kazuya|達也 tatsuya"
    "|拓也 takuya|恵 megumi|裕子 yuko|由美 yumi|智子 tomoko|美咲 misaki|愛 ai|陽子 yoko|真由美 mayumi"
    "|久美子 kumiko|香織 kaori|俊介 shunsuke|哲也 tetsuya|亮 ryo|学 manabu|修 osamu|幸子 sachiko|直美 naomi"
    "|麻衣 mai|千尋 chihiro|進 susumu"
)
DEPARTMENTS = ("営業一課", "営業二課", "購買課", "経理課", "設計課", "品質保証課")
#: Name, short name, domain, how its local parts are made.
PARTNERS = (
    ("株式会社みどり商事", "みどり商事", "midori-shoji-k.co.jp", "last"),
    ("みどり産業株式会社", "みどり産業", "midori-sangyo-k.co.jp", "first.last"),
    ("有限会社鶴見製作所", "鶴見製作所", "tsurumi-works-k.jp", "last_f"),
    ("㈱北斗電機", "北斗電機", "hokuto-denki-k.co.jp", "f.last"),
    ("光洋物流(株)", "光洋物流", "koyo-logi-k.com", "last-f"),
    ("さくら法律事務所", "さくら法律事務所", "sakura-law-k.jp", "last"),
    ("あさひ樹脂株式会社", "あさひ樹脂", "asahi-jushi-k.co.jp", "number"),
)
PRODUCTS = (
    "ポンプ|減速機|制御基板|電源ユニット|搬送ローラー|金型|油圧シリンダー|温度センサー|軸受|配電盤"
    "|インバーター|真空チャンバー|梱包材|フォークリフト|秘密保持契約|賃貸借契約|検査治具|冷却ファン"
    "|アルミ鋳物|ケーブルハーネス|操作パネル|空圧バルブ|塗装ライン|保守契約|商標出願"
)
MATTERS = "見積|納期調整|図面改訂|不具合報告|試作|検収|契約更新|価格改定|現地調査|仕様確認|請求|立会検査"
WORDS = (
    "公差|表面処理|材質変更|熱処理|寸法|検査成績書|トルク|絶縁抵抗|振動|騒音|防水|耐圧|溶接|研磨|在庫|ロット"
    "|運賃|通関|倉庫|支払条件|検査基準|初品|量産|歩留まり|異物|再発防止|条文|印紙|覚書|損害賠償|締切|工程表"
    "|人員|据付|電流値|校正|予備品|梱包仕様|ラベル|型番"
)
FORMS = {
    "last": "{l}", "first.last": "{f}.{l}", "last_f": "{l}_{i}", "f.last": "{i}.{l}", "last-f": "{l}-{i}",
    "i-last": "{i}-{l}", "number": "{i}{n}",
}  # fmt: skip
#: How address books write a name: {c} company, {l} {f} family and given name, {L} {F} in Latin letters.
SHOWN = ("{l} {f}", "{l}{f}", "{c} {l}様", "{L} {F}", "{F} {L}", "{l} {f}様", "", "{l}", "{l} {f} ({c})")


@dataclass(frozen=True)
class Person:
    """family, given, family_read, given_read: the name and how it is read. house, short: the company; office: in it."""

    family: str
    given: str
    family_read: str
    given_read: str
    house: str
    short: str
    office: str
    address: str

    def shown(self, form: str) -> str:
        """The display name in one of the ways that address books have."""
        latin = {"L": self.family_read.upper(), "F": self.given_read.capitalize()}
        return form.format(c=self.short, l=self.family, f=self.given, **latin)


@dataclass
class Matter:
    """What some people write about for a while. team: own people; partners: the others' people, empty for an internal
    matter; words: what only this matter is about; files: names and digests of what was sent.
    """

    title: str
    short: str
    team: list[Person]
    partners: list[Person]
    words: list[str]
    start: int
    end: int
    files: list[tuple[str, str]] = field(default_factory=list)
    #: Message-IDs, subject and participants of its conversations, the newest last.
    threads: list[dict[str, object]] = field(default_factory=list)


@dataclass
class World:
    """own, others: people; matters: what they write about; offices: role addresses of partners."""

    own: list[Person]
    others: list[Person]
    matters: list[Matter]
    shown: dict[tuple[str, str], str] = field(default_factory=dict)

    def name_for(self, sender: Person, other: Person, chance: random.Random) -> str:
        """How the sender's address book writes somebody's name: always the same."""
        key = (sender.address, other.address)
        if key not in self.shown:
            form = "{l} {f}" if other.house == OWN_NAME else chance.choice(SHOWN)
            self.shown[key] = other.shown(form)
        return self.shown[key]


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(one.split()[0], one.split()[1]) for one in text.split("|")]


def _people(
    chance: random.Random, number: int, house: tuple[str, str, str, str], offices: tuple[str, ...], taken: set[str]
) -> list[Person]:
    """People of one house; a frequent family name comes more often than others."""
    name, short, domain, form = house
    families, given = _pairs(FAMILIES), _pairs(GIVEN)
    found: list[Person] = []
    while len(found) < number:
        family, family_read = families[min(int(chance.expovariate(1 / 9)), len(families) - 1)]
        first, first_read = chance.choice(given)
        local = FORMS[form].format(l=family_read, f=first_read, i=first_read[0], n=chance.randint(10000, 19999))
        if f"{local}@{domain}" in taken:
            local = f"{family_read}.{first_read}"
        if f"{local}@{domain}" in taken:
            continue
        taken.add(f"{local}@{domain}")
        office, address = chance.choice(offices), f"{local}@{domain}"
        found.append(Person(family, first, family_read, first_read, name, short, office, address))
    return found


def make(seed: int, days: int) -> World:
    """A world for so many working days."""
    chance = random.Random(seed)
    taken: set[str] = set()
    own = _people(chance, 40, (OWN_NAME, "あおば精工", OWN_DOMAIN, "i-last"), DEPARTMENTS, taken)
    others = [
        one for house in PARTNERS for one in _people(chance, 9, house, ("営業部", "購買部", "技術部", "総務部"), taken)
    ]
    for _, short, domain, _ in PARTNERS[:4]:  # a mailbox of the office, behind which one person sits
        behind = next(one for one in others if one.short == short)
        others.append(replace(behind, address=f"{chance.choice(('info', 'order', 'eigyo'))}@{domain}"))
    matters = [_matter(chance, own, others, days) for _ in range(90)]
    return World(own, others, matters)


def _matter(chance: random.Random, own: list[Person], others: list[Person], days: int) -> Matter:
    product, subject = chance.choice(PRODUCTS.split("|")), chance.choice(MATTERS.split("|"))
    leader = own[min(int(chance.expovariate(1 / 8)), len(own) - 1)]  # some write much, most little
    office = [one for one in own if one.office == leader.office and one != leader] or [
        one for one in own if one != leader
    ]
    team = [leader, *chance.sample(office, min(len(office), chance.randint(1, 3)))]
    team += chance.sample([one for one in own if one not in team], chance.randint(0, 1))
    short, partners = "", list[Person]()
    if chance.random() < 0.7:
        house = chance.choice(PARTNERS)
        short = house[1]
        partners = chance.sample([one for one in others if one.short == short], chance.randint(1, 3))
    words = chance.sample(WORDS.split("|"), 6)
    model = f"{''.join(chance.choices('ABCDEFGHKMNPRSTX', k=2))}-{chance.randint(100, 9999)}"
    start = chance.randint(-days // 3, days - 10)
    return Matter(
        f"{product}の{subject}", short, team, partners, [product, model, *words], start, start + chance.randint(15, 50)
    )
