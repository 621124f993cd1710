"""One line of a Japanese letter read as a salutation: 株式会社B 営業部 田中様、佐藤様; 田中部長; 各位; (株)B 御中.

A line is read from its start, unit by unit; a unit ends with an honorific or an office and a sign behind it, so that
"田中様より連絡" and "様々な" are prose. What stands before the honorific must be able to be a name: a run of Chinese
characters or kana of a name's length, without the particles of a sentence. Lines come in NFKC.
"""

from __future__ import annotations

import re

from mailguard.mail.facts import Addressee
from mailguard.mail.posts import named, told_apart

_FORMS = (
    "株式会社|有限会社|合同会社|合資会社|合名会社|(?:一般|公益|特例)?(?:社団|財団)法人|学校法人|医療法人(?:社団|財団)?|社会福祉法人"
    r"|(?:地方)?独立行政法人|国立大学法人|公立大学法人|宗教法人|NPO法人|特定非営利活動法人|税理士法人|弁護士法人|監査法人|社会保険労務士法人"
    r"|\((?:株|有|合|同|社|財|医|学|福|独|資|名)\)"
)
_FORM = re.compile(_FORMS)
_ONLY_FORM = re.compile(rf"(?:{_FORMS})")
_WESTERN_FORM = re.compile(r"\b(?:inc|ltd|corp|llc|llp|gmbh|plc|k\.k|co)\b\.?", re.IGNORECASE)
#: Ends of the names of houses that need no legal form.
_HOUSE = re.compile(
    r".{1,30}(?:銀行|信用金庫|信用組合|協同組合|生協|農協|組合|協会|連合会|商工会|会議所|財団|大学|大学院|学院|学園|高校|高等学校|中学校|小学校|幼稚園"
    r"|病院|医院|クリニック|薬局|研究所|事務所|製作所|工業|商事|商会|商店|物産|産業|建設|運輸|証券|生命|損保|保険|市役所|区役所|町役場|役場|県庁|府庁|都庁"
    r"|税務署|法務局|労働局|省|庁|新聞社|出版|ホテル|旅館|社|ホールディングス|グループ本社)"
)
_OFFICE_WORDS = (
    "営業|総務|人事|経理|開発|技術|製造|企画|広報|法務|財務|購買|調達|情報システム|品質管理|品質保証|マーケティング|カスタマーサポート|システム|業務|管理|生産"
    "|海外|国内|経営企画|研究|サポート|採用|販売|物流|設計|教務|学生|事業|営業推進|お客様|カスタマーサクセス"
)
_DEPARTMENT = re.compile(
    r"\S{1,24}(?:部|課|室|係|科|局|班|グループ|チーム|センター|本部|支店|支社|支部|営業所|事業所|事業部|本社|工場|店|委員会|事務局|窓口|担当)"
)
_GLUED = re.compile(
    rf"((?:第?[一二三四1-9]?(?:{_OFFICE_WORDS})(?:第?[一二三四1-9])?(?:事業)?(?:本部|部|課|室|係|グループ|チーム))+)(.+)"
)
_OFFICE = (
    "代表取締役(?:社長|会長)?|取締役|執行役員|副社長|社長|副会長|会長|専務|常務|本部長|副部長|部長(?:代理|補佐)?|次長|課長(?:代理|補佐)?|係長|主任|室長|所長|支店長"
    "|支社長|店長|工場長|局長|センター長|グループ長|チーム長|事務局長|理事長|理事|監事|校長|教頭|園長|学長|学部長|教授|准教授|院長|医師|弁護士|税理士|会計士|社労士|司法書士"
    "|マネージャー|マネジャー|マネージャ|リーダー|主査|主幹|参事|顧問|監督|委員長|代表|支配人|部門長|組合長|館長|事務長|師長|副所長|副店長|主席|チーフ|ディレクター|議員|市長|町長|村長|知事|先輩"
)
_HONORIFIC = "様方|様|さま|サマ|さん|殿|どの|先生|氏|君|くん|ちゃん|御中|サン|各位"
_EVERYBODY = re.compile(
    r"(?:[^\s、。,.!?]{0,24}?(?:各位|の皆々?(?:様|さま|さん)(?:方|へ)?|のみな(?:さま|さん)))"
    r"|(?:皆々?様方?|皆さま|皆さん|みなさま|みなさん|みな様|諸君|諸氏)"
    r"|[^\s、。,.!?]{0,16}?(?:ご|御)?担当(?:者|の方)?(?:様|さま|さん|殿|各位|者様各位)|[^\s、。,.!?]{0,16}?関係者(?:の皆様|様|各位)"
    r"|(?:お客|お得意|お取引先|会員|保護者|株主|組合員|ユーザー|お取引様|受講者|参加者|応募者|来場者|オーナー)(?:様|さま)(?:各位)?"
)
_STOP = r"(?=$|[\s、,,。.・!?/&()\[\]【】:;~\-―—…」』]|へ(?:$|[\s、。:])|宛(?:て)?(?:$|[\s:])|ほか|他(?:$|[\s各]))"
_EVERYBODY_UNIT = re.compile(rf"(?P<all>{_EVERYBODY.pattern}){_STOP}")
_UNIT = re.compile(rf"(?P<who>[^、,。!?/&;:…]{{1,60}}?)\s?(?P<honour>{_HONORIFIC}|{_OFFICE}){_STOP}")
_POLITE_UNIT = re.compile(rf"(?P<who>[^、,。!?/&;:…]{{1,60}}?)\s?(?P<honour>{_HONORIFIC}){_STOP}")
_JOINED = re.compile("[一-龠々〆ヶ]{1,5}(?:・[一-龠々〆ヶ]{1,5}){1,5}")
_BETWEEN = re.compile(r"(?:[\s、,・/&;とへ宛て()\[\]【】:\-]|(?i:\b(?:bcc|cc)\b)|ほか|他)*")
_ABOUT = re.compile(rf"[^\s、。]{{1,20}}?(?:{_HONORIFIC}|{_OFFICE})(?:と|が|は|を|に|も|の|から|より|へ|まで|との|で)")
_NAME = re.compile(
    r"[一-龠々〆ヶヵ﨑髙]{1,6}(?:[ \u3000][一-龠々〆ヶヵ﨑髙]{1,4}|[ \u3000][ぁ-んァ-ヶー]{1,8})?"
    r"|[一-龠々]{1,4}[ぁ-ん]{1,4}|[ァ-ヶー・=]{2,24}(?:[ \u3000][ァ-ヶー・]{1,24})?"
    r"|[ぁ-ん]{2,6}(?:[ \u3000][ぁ-ん]{1,6})?"
    r"|[A-Za-z][A-Za-z.'-]{0,24}(?: [A-Za-z][A-Za-z.'-]{0,24}){0,3}"
    r"|[一-龠々]{1,5}\([ァ-ヶぁ-ん一-龠]{1,8}\)"
)
#: What stands before an honorific and is no name: お客様, 同様, お疲れ様 ...
_NO_NAME = re.compile(
    r"(?:お|ご|御)?(?:客|皆|皆々|何|王|神|仏|奥|嬢|子|疲れ|互い|陰|蔭|得意|世話|手数|多|同|仕|模|一|有|各|異|別|左|若|逆|殿|方|主|諸|両|某|母|父|兄|姉|祖母|祖父|医者"
    r"|苦労|馳走|待ち遠|気の毒|たく|ご苦労|待ち|本|今|前|現|元|当|弊社|当社|御社|貴社|担当|担当者|関係者|お取引先|貴|社内|全)|(?:本日|今回|次回|先日|弊社|当社|御社|貴社|以下|上記|下記|現在).*"
)
#: Before an office: a list of posts (新 営業部長 山田太郎), a licence (宅建業免許 東京都知事).
_POSTS = re.compile(r"(?:新任?|旧|前任?|後任|退任|就任|昇任|元|現)(?: |$)|\S{0,10}(?:免許|許可|認可|登録)(?: |$)")
_OFFICE_WORD = re.compile(_OFFICE_WORDS)
_PLAIN_OFFICE = re.compile(rf"(?:{_OFFICE_WORDS})?(?:{_OFFICE})")
_GLUED_ONLY = re.compile(
    rf"(?:第?[一二三四1-9]?(?:{_OFFICE_WORDS})(?:第?[一二三四1-9])?(?:事業)?(?:本部|部|課|室|係|グループ|チーム))+"
)
_OFFICE_HELD = re.compile(rf"\S{{0,12}}(?:{_OFFICE})")
#: Family names that end as departments do.
_LIKE_DEPARTMENTS = frozenset(
    ("阿部", "安部", "服部", "渡部", "岡部", "矢部", "磯部", "長谷部", "軽部", "園部", "日下部", "田部",
     "室", "古室", "大室")
)  # fmt: skip
_ENDS_WITH_OFFICE = re.compile(rf"(?:{_OFFICE})$")
_OFFICE_AND_NAME = re.compile(rf"([一-龠々ァ-ヶー]{{1,8}}(?:{_OFFICE}))の?([一-龠々]{{1,5}})")
_NAME_AND_OFFICE = re.compile(rf"([一-龠々ァ-ヶー]{{1,8}}?)({_OFFICE})")
_FOREIGN_AND_NAME = re.compile(rf"((?:{_FORMS})?[A-Za-z0-9ァ-ヶー・&.]+(?:{_FORMS})?)([一-龠々]{{1,4}})")
_HOUSE_AND_NAME = re.compile(r"(.{1,20}(?:株式会社|有限会社|合同会社|\(株\)|\(有\)))([一-龠々]{1,4})")
_PARTICLE = re.compile("[をがはに]")


def units(line: str, company: str) -> tuple[list[Addressee], str, str]:
    """The addressees with which a line begins, the last company named, and the prose behind them.

    company: named on the line above. Nobody where the line goes on to speak about people ("田中部長、佐藤課長と ...").
    """
    found: list[Addressee] = []
    position = 0
    line = line.replace("@", "")
    while position < len(line) and len(found) < 20:
        one = _unit(line, position, company)
        if one is None:
            break
        some, end = one
        found.extend(some)
        company = some[-1].company or company
        between = _BETWEEN.match(line, end)
        position = between.end() if between else end
    prose = line[position:].strip(" 、。,.!")
    if found and _ABOUT.match(prose) and not prose.startswith("お"):
        return [], "", prose
    return found, company, prose


def block_line(line: str) -> str:
    """The company that a line of its own names, "-" if it names an office or a person without honorific, else "".

    These lines stand above the line with the honorific.
    """
    if len(line) > 60 or line.endswith(("。", "です", "ます", ":", "、")) or _ABOUT.match(line):
        return ""
    company, rest = _company(line)
    if company and (not rest or all(map(_is_office, rest.split()))):
        return company
    return "-" if all(map(_is_office, line.split())) else ""


def _unit(line: str, position: int, company: str) -> tuple[list[Addressee], int] | None:
    everybody = _EVERYBODY_UNIT.match(line, position)
    match = _UNIT.match(line, position)
    if everybody and (match is None or everybody.end() >= match.end("honour")):
        return [Addressee(company=company, title=everybody.group("all"))], everybody.end()
    if match is None:
        return None
    words = _company(match.group("who").strip())[1]
    polite = _POLITE_UNIT.match(line, position)
    if not words or _is_no_name(words.split()[-1]):
        match = polite or match  # "営業部長 田中様", "営業部 課長 田中様": the office is not the end of it
    some = _read(match.group("who").strip(), match.group("honour"), company)
    if not some and polite is not None:  # "代表取締役 田中様"
        match = polite
        some = _read(match.group("who").strip(), match.group("honour"), company)
    return (some, match.end("honour")) if some else None


def _is_no_name(word: str) -> bool:
    """Whether a word before an office is no name: the department of whoever comes behind it."""
    if _NAME.fullmatch(word) is None or _OFFICE_WORD.fullmatch(word) or not told_apart(word)[0]:
        return True
    return word not in _LIKE_DEPARTMENTS and _DEPARTMENT.fullmatch(word) is not None


def _read(who: str, honour: str, above: str) -> list[Addressee]:
    """The words before an honorific or office, told apart; nobody where they are no name."""
    company, rest = _company(who)
    company = company or above
    if honour == "御中":
        return _house(company, rest, honour)
    if _POSTS.match(rest) and honour not in _HONORIFIC.split("|"):
        return []
    last = rest.split()[-1] if rest else ""
    if _EVERYBODY.fullmatch(last + honour):
        return [Addressee(company=company, title=rest + honour)]
    polite = honour in _HONORIFIC.split("|")
    name, post = named(rest if polite else rest + honour)
    if rest and not name:  # "名誉会長様"; "上席執行役員", behind which somebody may be named
        title = post if polite else rest + honour
        return [Addressee(company=company, title=title)] if polite or (company and company != above) else []
    office, name = _office_and_name(rest)
    name, post = named(name)
    office = office or post
    if not name and office and honour in _HONORIFIC.split("|"):
        return [Addressee(company=company, title=office)]
    if not name and company and not office and company != above:
        return [Addressee(company=company, title=honour)]
    names = name.removesuffix("両").split("・") if _JOINED.fullmatch(name) else [name]
    if not all(_NAME.fullmatch(one) and not _NO_NAME.fullmatch(one) for one in names):
        return []
    return [Addressee(name=one, company=company, title=office or honour) for one in names]


def _house(company: str, rest: str, honour: str) -> list[Addressee]:
    """A company or an office of it, addressed with 御中."""
    if not rest:
        return [Addressee(company=company, title=honour)] if company else []
    if _is_office(rest) and not (_HOUSE.fullmatch(rest) and not company):
        return [Addressee(company=company, title=f"{rest} {honour}")]
    return [Addressee(company=rest, title=honour)] if len(rest) <= 30 and not _PARTICLE.search(rest) else []


def _company(words: str) -> tuple[str, str]:
    """The company at the start of some words, with its legal form in either position, and the words behind it."""
    tokens = words.split()
    for number, token in enumerate(tokens[:4]):
        form = _FORM.search(token)
        western = _WESTERN_FORM.search(token) if form is None and number else None
        if form is None and western is None:
            continue
        end = number + 1
        if form and form.group() == token and number == 0 and len(tokens) > 1:  # "株式会社 B"
            end = 2
        if western:
            while end < len(tokens) and _WESTERN_FORM.fullmatch(tokens[end]):
                end += 1
        head = tokens[:end]
        head[-1], glued = _unglued(head[-1])
        if not glued and len(tokens) > end + 1 and _HOUSE.fullmatch(tokens[end]) and not _is_office(tokens[end]):
            head.append(tokens[end])  # "医療法人社団B会 C病院 田中様"
            end += 1
        return " ".join(head), " ".join(([glued] if glued else []) + tokens[end:])
    if len(tokens) > 1 and _HOUSE.fullmatch(tokens[0]) and not _DEPARTMENT.fullmatch(tokens[0]):
        return tokens[0], " ".join(tokens[1:])
    house, particle, name = words.partition("の")
    if particle and _HOUSE.fullmatch(house):
        return house, name
    if len(tokens) == 1 and _HOUSE.fullmatch(words):
        return words, ""
    return "", words


def _unglued(token: str) -> tuple[str, str]:
    """A company's name, and the name of a person that is written on behind it."""
    house, particle, name = token.partition("の")
    if particle and _FORM.search(house) and _NAME.fullmatch(name):
        return house, name
    match = _FOREIGN_AND_NAME.fullmatch(token)
    if match and _FORM.search(match.group(1)) and not _ONLY_FORM.fullmatch(match.group(1)) and not _is_house(token):
        return match.group(1), match.group(2)
    for end in range(len(token), max(len(token) - 5, 0), -1):  # "株式会社B代表取締役田中"
        house, post = told_apart(token[:end])
        if post and _FORM.search(house) and not _ONLY_FORM.fullmatch(house) and _is_name_or_nothing(token[end:]):
            return house, post + token[end:]
    form = _HOUSE_AND_NAME.fullmatch(token)
    if form and not _FORM.match(token):
        return form.group(1), form.group(2)
    return token, ""


def _is_name_or_nothing(word: str) -> bool:
    return not word or _NAME.fullmatch(word) is not None


def _is_house(token: str) -> bool:
    """Whether a name of a house ends as houses do: 学校法人B大学 is one, and not a B of the name of 大学."""
    return token.endswith("会") or _HOUSE.fullmatch(token) is not None


def _office_and_name(words: str) -> tuple[str, str]:
    """An office held and a name; departments are left out."""
    office = ""
    tokens = [token for token in words.split() if token not in ("の", "兼", "付")]
    while len(tokens) > 1 or (tokens and _is_plain_office(tokens[0])):
        if not _is_office(tokens[0]):
            break
        held = _ENDS_WITH_OFFICE.search(tokens[0])
        office = tokens[0] if held else office
        tokens.pop(0)
    name = " ".join(tokens)
    if match := _GLUED.fullmatch(name):
        name = match.group(2).removeprefix("の")
    elif match := _OFFICE_AND_NAME.fullmatch(name):
        if _PLAIN_OFFICE.fullmatch(match.group(1)):
            office, name = match.groups()
    elif match := _NAME_AND_OFFICE.fullmatch(name):
        name, office = match.groups()  # "田中部長様"
    return office, name


def _is_plain_office(token: str) -> bool:
    return _PLAIN_OFFICE.fullmatch(token) is not None or _GLUED_ONLY.fullmatch(token) is not None


def _is_office(token: str) -> bool:
    """Whether a word is a department or an office held."""
    return _DEPARTMENT.fullmatch(token) is not None or _OFFICE_HELD.fullmatch(token) is not None
