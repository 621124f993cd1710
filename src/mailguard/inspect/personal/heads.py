"""What the head of a column or the label before a value says of the values: names, phones, or numbers of nobody.

Heads are what people write over tables, so all spellings are folded to one: case, spaces, brackets, 必須 and the like
do not matter. One pattern, whose alternatives are tried in order.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Kinds of columns that only lists of people have, beyond doubt.
SURE = frozenset(
    {
        "name",
        "kana",
        "surname",
        "given",
        "email",
        "birth",
        "my_number",
        "card",
        "passport",
        "licence",
        "insurance",
        "ssn",
        "person_id",
    }
)  # fmt: skip
#: Kinds that lists of companies have as well.
MAYBE = frozenset(["weak_name", "phone", "address", "postal", "account"])

_NOISE = re.compile(r"[\s*※:()\[\]【】<>「」・.,_/\"'-]|必須|任意|半角|全角|漢字|入力|本人|自宅|会社用")
_HEADLIKE = re.compile(r"[^0-9@]{1,30}[0-9]{0,2}")
_SOMETHING = re.compile(
    r"名|name|姓|氏|カナ|かな|読|よみ|メール|mail|電|tel|phone|携帯|fax|ファ|cell|mobile|連絡|郵便|〒|zip|"
    r"post|住|所|address|生|誕|birth|dob|個|マイナ|my|individual"
    r"|カード|クレ|card|pan|cc|口座|account|旅券|パスポ|passport|免許|licen|保険|記号|法人|登録|ssn|social|"
    r"iban|番号|no|id|コード|code|number"
    r"|会社|企業|店|拠点|取引|仕入|company|organi|vendor|施設|団体|宛|先|担当|customer|client|金額|単価|数|"
    r"合計|価|amount|price|qty|者|受取|user|hospital"
)
_PEOPLE = (
    "顧客|お?客様?|会員|社員|従業員|職員|担当者|代表者|契約者|申込者|参加者|出席者|受講者|患者|生徒|児童|"
    "園児|学生|受取人|届け?先|送付先|配送先|注文者|購入者|依頼者|保護者"
    "|利用者|応募者|対象者|加入者|被保険者|世帯主|寄付者|回答者|本人|宛先|口座名義|ご?芳|求職者|候補者|"
    "来場者|登録者|差出人|納税者"
)
_IDS = "番号|no|id|コード|number|code|ナンバー"
_KINDS = re.compile(
    r"(?P<email>.*(?:e?mail|eメール|メール)(?:アドレス|address|adr|ad|1|2)?[0-9]?)"
    r"|(?P<kana>.*(?:フリガナ|ふりがな|カナ|かな|よみ|読み|読み仮名|読みがな|furigana|kana))"
    r"|(?P<my_number>.*(?:個人番号|マイナンバー|個番|mynumber|individualnumber).*)"
    r"|(?P<person_id>(?:顧客|お?客様|会員|社員|従業員|職員|学籍|患者|生徒|受講者?|診察券|member|customer|"
    r"employee|staff|patient|student|user)"
    rf"(?:{_IDS}))"
    rf"|(?P<name>.*(?:氏名|姓名|(?:{_PEOPLE})名|口座名義人?|名義人|芳名|宛名|受取人|担当者|代表者|契約者|"
    rf"申込者|参加者|出席者|受講者|fullname|yourname|holder"
    r"|holdername|(?:customer|employee|contact|recipient|student|patient|attendee|member|guest|applicant|"
    r"candidate|passenger|client)s?(?:full)?name"
    r"|contactperson)様?[0-9]?)"
    r"|(?P<surname>姓|苗字|名字|lastname|familyname|surname)"
    r"|(?P<given>名|firstname|givenname|forename)"
    r"|(?P<weak_name>(?:お|ご)?名前|name|担当|ご?担当者?様?|customer|client|employee|user|username)"
    r"|(?P<birth>.*(?:生年月日|誕生日|birthday|birthdate|dateofbirth|birth|dob))"
    r"|(?P<card>.*(?:カード番号|カードno|カードナンバー|クレジットカード|クレジット|creditcard|cardno|"
    r"cardnumber|cardnum|ccnumber|ccno).*|カード|card|pan)"
    r"|(?P<passport>.*(?:旅券|パスポート|passport).*)"
    r"|(?P<licence>.*(?:免許証?番号|運転免許証?|免許証|driver'?s?licen[cs]e|drivinglicen[cs]e).*)"
    r"|(?P<insurance>.*(?:被保険者|保険証|記号番号).*)"
    r"|(?P<insurer>.*保険者番号.*)"
    r"|(?P<account>.*(?:口座番号|口座no|accountno|accountnumber|accountnum)|口座|貯金番号)"
    r"|(?P<phone>.*(?:電話|電話番号|でんわ|tel|telno|phone|phoneno|phonenumber|telephone|携帯|携帯番号|fax|"
    r"faxno|fax番号|ファックス|mobile|mobileno|mobilenumber|cell|連絡先)[0-9]?)"
    r"|(?P<postal>.*(?:郵便番号|郵便|〒|zip|zipcode|postal|postalcode|postcode))"
    r"|(?P<corporate>.*(?:法人番号|登録番号|事業者番号).*)"
    r"|(?P<address>.*(?:住所|所在地|居住地|address|addressline|streetaddress)[0-9]?|お?届け先|送付先)"
    r"|(?P<ssn>.*(?:ssn|socialsecurity).*)"
    r"|(?P<iban>.*iban.*)"
    r"|(?P<company>.*(?:会社|企業|法人|店舗|店名|拠点|事業所|営業所|支店|取引先|仕入先|施設|病院|学校|団体|"
    r"加盟店|company|organi[sz]ation|vendor|supplier|shop|store|office).*)"
    r"|(?P<other>.+(?:番号|no|id|コード|code|number)|.*(?:金額|単価|数量|合計|価格|個数|amount|price|qty|"
    r"quantity|total|件数|売上|jan|isbn|ean|sku|imei|serial|シリアル|ロット|注文|伝票|追跡"
    r"|tracking|order|invoice).*)"
)


@lru_cache(maxsize=2048)
def kind_of(cell: str) -> str:
    """The kind of column that a head stands over; "other": numbers that are nobody's; "": no head that is known."""
    if len(cell) > 40:
        return ""
    bare = _NOISE.sub("", cell.lower())
    if not _HEADLIKE.fullmatch(bare) or not _SOMETHING.search(bare):
        return ""
    match = _KINDS.fullmatch(bare)
    return match.lastgroup or "" if match else ""


def head_of(rows: list[list[str]]) -> tuple[int, list[str]]:
    """Which of a table's first rows is its head, with the kinds of its columns; -1 if none is."""
    best, found = -1, [""]
    for index, row in enumerate(rows[:6]):
        kinds = [kind_of(cell) if cell else "" for cell in row]
        known = sum(kind not in ("", "other", "company") for kind in kinds)
        said = sum(kind != "" for kind in kinds)
        filled = sum(cell != "" for cell in row)
        if (
            known > 1 or (known and filled <= 2) or (said > 1 and filled < 3 * said) or (said == 1 and filled <= 8)
        ) and (_is_head(row, said)):
            best, found = index, kinds
            break
    return best, found


def _is_head(row: list[str], said: int) -> bool:
    """Whether the cells of a row are words: values among them are digits."""
    values = sum(any("0" <= sign <= "9" for sign in cell) and len(cell) > 3 for cell in row)
    return values * 2 <= said
