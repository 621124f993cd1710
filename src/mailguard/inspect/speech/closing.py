"""The signature under a text: behind "-- ", between drawn lines, under "Best regards", or the line of a telephone; and
the small print of lawyers below it.

A signature is short and names one sender: what has more lines, more addresses or more numbers than that is a list that
somebody sends, and stays the writer's own text. When unsure it is no signature. Looks at the last lines only; pure.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailguard.inspect import gates

_WINDOW = 60  # lines looked at, from the end
_MOST_LINES = 15
_MOST_CHARS = 1200
_MOST_MAILS, _MOST_PHONES, _MOST_BARE_PHONES = 4, 8, 2
_BLANK = " \t\u3000\xa0\r"

_DASHES = frozenset({"--", "－－", "―", "—", "--　", "- -", "–"})
_SIGNS = r"-_=*＝─━—―–~～〜#＃+/／:：;.･・｡。゜ﾟ°^☆★○●◎◇◆□■△▲▽▼♪┌┐└┘├┤┏┓┗┛┃│╋┼╂|∽∞…‥‐−ー＊＋｜＿￣"
_RULE = re.compile(rf"[{_SIGNS} \u3000]{{6,200}}")
_RULED_TITLE = re.compile(rf"[{_SIGNS}]{{3,100}}[ \u3000]?[^{_SIGNS} ].{{0,60}}?[{_SIGNS}]{{3,100}}")
_FAREWELL = re.compile(
    r"(?:(?:best|kind|kindest|warm|warmest|many) regards|(?:with )?(?:best|kind|warm) (?:regards|wishes)|regards"
    r"|sincerely|yours (?:sincerely|truly|faithfully)|sincerely yours|cheers|respectfully|cordially|thanks(?: again)?"
    r"|thank you|many thanks|thanks (?:and|&) (?:best )?regards|all the best|best|br|rgds"
    r"|mit freundlichen grüßen|viele grüße|mfg"
    r"|beste grüße|cordialement|bien cordialement|saludos|un saludo)[,.!]?",
    re.IGNORECASE,
)
_JAPANESE_FAREWELL = re.compile(r"よろしく|宜しく|お願い(?:いた|致|申)|以上|敬具|草々|失礼(?:いた|致|し)|取り急ぎ|拝$")
_DEVICE = re.compile(
    r"(?:sent from (?:my |outlook|yahoo|mail for)|get outlook for|outlook for (?:ios|android)"
    r"|von meinem .{1,30} gesendet|envoyé de mon|gesendet von)[^。]{0,80}"
    r"|(?:iPhone|iPad|Android|スマートフォン|携帯|.{1,20}メール)[^。]{0,20}から送信(?:しました)?[。.]?",
    re.IGNORECASE,
)
_SMALL_PRINT = re.compile(
    r"(?:this|the) (?:e-?mail|message|communication|information)[^.]{0,120}(?:confidential|intended|privileged)"
    r"|confidentiality (?:notice|statement)|disclaimer|legal notice|if you (?:are not the intended|have received this)"
    r"|(?:この|本|当)(?:電子)?(?:メール|Ｅメール|Eメール|e-mail|ﾒｰﾙ|通信).{0,60}(?:機密|秘密|宛先|受信者|名宛|送信専用|誤って)"
    r"|(?:誤って|誤送信).{0,40}(?:受信|送信|届|削除|破棄)|diese e-mail (?:enthält|kann)|ce message.{0,60}confidentiel",
    re.IGNORECASE,
)
#: One of these stands in all small print; most mail has none and pays little.
SMALL_GATES = (
    "confiden", "intended", "privileged", "disclaimer", "legal notice", "received this", "enthält", "誤って", "誤送信",
    "本メール", "このメール", "当メール", "電子メール", "eメール", "ｅメール", "本e-mail", "このe-mail", "ﾒｰﾙ", "通信",
)  # fmt: skip
_SMALL_GATES_ASCII = tuple(one for one in SMALL_GATES if one.isascii())
_SMALL_MOST = 5000
_MAIL = re.compile(r"[\w.+-]{1,64}[@＠][\w-]{1,63}\.[\w.-]{2,100}")
_LABELLED = re.compile(
    r"tel|fax|phone|mobile|cell|電話|携帯|内線|直通|代表|ﾃﾙ|ファックス|ファクス|℡|☎|[TFMPDＴＦＭ][.:： ]", re.IGNORECASE
)
_PHONE = re.compile(
    r"(?<![\d-])(?:\+\d{1,3}[ -]?)?\(?\d{1,5}\)?[-(). ーｰ－‐]{1,2}\d{1,4}[-). ーｰ－‐]{1,2}\d{3,4}(?![\d-])"
)
_LONG_NUMBER = re.compile(r"(?<![\d+TＴ-])\d{4}[ -]?\d{4}[ -]?\d{4}")
#: The line above a block that somebody sends, and the labels of a form about somebody: neither has a signature below.
_INTRODUCES = re.compile(
    r"(?:連絡先|情報|一覧|リスト|以下|下記|次の|名簿|顧客|お客様|宛先|送付先|データ)[^。]{0,20}(?:です|ます|通り|とおり)?[。.:：]?$|[:：]$"
    r"|\b(?:below|follows|following|list|contacts?|customers?|details)\b[^.]{0,20}[.:]?$",
    re.IGNORECASE,
)
_OF_OTHERS = re.compile(
    r"(?:お?名前|ご?氏名|ふりがな|フリガナ|生年月日|年齢|性別|顧客|お客様|契約|口座|カード|会員|注文|ご?住所は"
    r"|(?:full |customer )?name|customer|d\.?o\.?b|date of birth|account|card|order)[^:：]{0,10}[:：]",
    re.IGNORECASE,
)
_LETTER = re.compile(
    r"(?P<web>https?://|www\.|url)|(?P<post>〒|\d{3}-\d{4}(?!\d)|[都道府県].{1,8}[市区町村郡])"
    r"|(?P<mail>e-?mail|mail|メール|ﾒｰﾙ|[@＠])|(?P<tel>tel|fax|phone|mobile|電話|携帯|内線|℡|☎|\d{2,5}[-(]\d{1,4}[-)]\d{3,4})"
    r"|(?P<firm>株式会社|有限会社|合同会社|法人|㈱|\(株\)|（株）|(?:inc|ltd|corp|llc|gmbh|co)\b|事務所|役所|大学|銀行|組合|協会)"
    r"|(?P<post2>[^ \u3000]{2,12}(?:部|課|室|事業所|支店|本部|センター|グループ)(?:$|[ \u3000]))",
    re.IGNORECASE,
)


def closing_of(lines: list[str], start: int, end: int, opened: int = gates.ALL) -> tuple[int, int] | None:
    """Which of lines[start:end] sign the text: first and one behind the last; None where nothing does.

    lines: stripped; opened: the gates of their text.
    """
    bare = lines[max(start, end - _WINDOW) : end]
    offset = end - len(bare)
    last = _trimmed(bare, len(bare))
    below = _small_print(bare, last) if opened & gates.SMALL_PRINT else last
    stop = _trimmed(bare, below)
    if stop and _DEVICE.fullmatch(bare[stop - 1][:120]):
        below = stop - 1
        stop = _trimmed(bare, below)
    first = _signature(bare, stop)
    first = below if first is None else first
    return (offset + first, offset + last) if first < last else None


def _trimmed(bare: list[str], end: int) -> int:
    while end and not bare[end - 1]:
        end -= 1
    return end


def _signature(bare: list[str], end: int) -> int | None:
    first = _behind_dashes(bare, end) or _between_rules(bare, end) or _under_farewell(bare, end)
    if not first:
        return None
    above = _trimmed(bare, first)
    return None if above and _INTRODUCES.search(bare[above - 1][:200]) else first


def _behind_dashes(bare: list[str], end: int) -> int | None:
    """Behind the last "-- " (RFC 3676 section 4.3), which many programs write without its space."""
    for number in range(end - 1, max(-1, end - 20), -1):
        if bare[number] in _DASHES:
            block = bare[number + 1 : end]
            return number if block and _is_short(block) and sum(map(_is_sentence, block)) <= 1 else None
    return None


def _between_rules(bare: list[str], end: int) -> int | None:
    """Under a drawn line, or between two and more of them; the topmost that still looks like one signature."""
    above = max(0, end - 24)
    rules = [
        number
        for number, line in enumerate(bare[above:end], above)
        if len(line) > 5 and not line[0].isalnum() and _is_rule(line)
    ]
    if rules and rules[-1] == end - 1:
        rules.pop()
    found = None
    for number in reversed(rules):
        if not _names_sender(bare[number:end]):
            break
        found = number
    return found


def _is_rule(line: str) -> bool:
    if not 6 <= len(line) <= 200 or line[0].isalnum():
        return False
    return (_RULE.fullmatch(line) is not None and len(set(line)) <= 6) or _RULED_TITLE.fullmatch(line) is not None


def _under_farewell(bare: list[str], end: int) -> int | None:
    """The block under "Best regards," in English, or under よろしくお願いいたします if it is plainly a signature."""
    for number in range(end - 1, max(-1, end - 14), -1):
        line = bare[number]
        if 1 < len(line) < 50 and line[0].isascii() and _FAREWELL.fullmatch(line):
            block = bare[number + 1 : end]
            return number + 1 if block and _is_short(block) and not any(map(_is_sentence, block)) else None
        if not line.isascii() and len(line) < 120 and _JAPANESE_FAREWELL.search(line):
            block = bare[number + 1 : end]
            plain = not any(map(_is_sentence, block)) and all(len(one) < 60 for one in block)
            blank = bool(block) and not block[0]
            return number + 1 if blank and plain and _is_short(block) and _kinds(block) >= 3 else None
    return None


def _small_print(bare: list[str], end: int) -> int:
    """Where the disclaimer at the end begins; the end where there is none."""
    last = "\n".join(bare[max(0, end - 40) : end]).lower()
    if not any(map(last.__contains__, _SMALL_GATES_ASCII if last.isascii() else SMALL_GATES)):
        return end
    found = end
    size = 0
    for number in range(end - 1, max(-1, end - 40), -1):
        size += len(bare[number])
        if size > _SMALL_MOST:
            break
        if _SMALL_PRINT.search(bare[number][:400]):
            found = number
    if found < end and not _is_small_print(bare[found:end]):
        return end
    while found and found < end and _is_rule(bare[found - 1]) and found > 0:
        found -= 1
    return found


def _is_small_print(block: list[str]) -> bool:
    text = "\n".join(block)
    long_enough = len(text) >= 60
    return long_enough and len(_MAIL.findall(text)) < 3 and len(_PHONE.findall(text)) < 3 and not _lists(block, text)


def _names_sender(block: list[str]) -> bool:
    inside = [line for line in block if line and _RULE.fullmatch(line) is None]
    if not _is_short(block) or sum(map(_is_sentence, inside)) > 1:
        return False
    kinds = _kinds(inside)
    return kinds >= 2 or (kinds == 1 and len(inside) <= 5 and all(len(line) <= 40 for line in inside))


def _kinds(block: list[str]) -> int:
    """How many kinds of things a signature says: web page, postal address, mail address, telephone, company, office."""
    return _kinds_in("\n".join(block))


@lru_cache(maxsize=512)  # of short blocks alone: a sender's mails end alike
def _kinds_in(text: str) -> int:
    return len({match.lastgroup for line in text.split("\n") for match in _LETTER.finditer(line[:200])})


def _is_short(block: list[str]) -> bool:
    """Whether a block is no longer than the signature of one sender, and no list."""
    filled = [line for line in block if line]
    text = "\n".join(filled)
    return 0 < len(filled) <= _MOST_LINES and len(text) <= _MOST_CHARS and _is_of_one(text)


@lru_cache(maxsize=512)
def _is_of_one(text: str) -> bool:
    """Whether a short text without empty lines has no more addresses and numbers than one sender has."""
    filled = text.split("\n")
    bare_phones = sum(1 for line in filled if _PHONE.search(line) and not _LABELLED.search(line))
    mails, phones = len(set(_MAIL.findall(text))), len(_PHONE.findall(text))
    if mails > _MOST_MAILS or phones > _MOST_PHONES or bare_phones > _MOST_BARE_PHONES:
        return False
    return not _lists(filled, text)


def _lists(block: list[str], text: str) -> bool:
    """Whether a block is a table or names other people: cells, honorifics, numbers as long as those of cards."""
    rows = sum(1 for line in block if line.count("\t") > 1 or line.count(",") > 2 or line.count("、") > 3)
    named = any(line.endswith(("様", "殿", "御中")) or _OF_OTHERS.match(line) for line in block)
    return rows > 1 or named or _LONG_NUMBER.search(text) is not None


def _is_sentence(line: str) -> bool:
    """Whether a line is prose rather than a line of a signature."""
    if line.endswith(("。", "？", "?")):
        return True
    return len(line) > 80 and line.isascii() and "http" not in line and line.count(" ") > 12
