"""What stands around a number and says what it is: words before it, the head of its column, the token it is a part of.

Words decide in both directions: "カード番号" makes a number a card that its length alone does not, "注文番号" makes it
none whatever Luhn says. The nearest word wins. Looks only at a bounded stretch around one place.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailguard.inspect.personal.grid import Grids
from mailguard.inspect.personal.heads import kind_of

OTHER_WORD = re.compile(
    r"(?:注文|受注|発注|オーダー|伝票|追跡|送り状|配送|荷物|問い?合わ?せ|管理|製造|受付|受注|予約|請求書?|"
    r"見積書?|納品書?|領収書?|整理|商品|会員|顧客|お客様"
    r"|契約|証券|証書|シリアル|型番|品番|品目|部品|部番|製番|機番|ロット|トランザクション|決済|取引|処理|"
    r"申込|申請|案件|図番|物件|文書|承認|稟議|チケット)"
    r"(?:書|票)?(?:番号|no|id|コード)?"
    r"|(?:customer|member(?:ship)?|contract|policy|booking|reservation|confirmation|claim|case|article|item|part|quote"
    r"|quotation) ?(?:no\b|number|id\b|code|#|ref)"
    r"|order|tracking|invoice|serial|ticket|transaction|timestamp|isbn|imei|gtin"
    r"|(?<![a-zà-ž])(?:jan(?![. ]?[0-9]{1,2}\b| 20)|ean|upc|"  # not the month
    r"sku|lot|ref|po|s/n|sn"
    r"|id|uid|gid|rma|trace|span)(?![a-zà-ž])|uuid|guid|session|commit|reference|parcel|waybill|shipment|"
    r"receipt|hash|checksum"
    r"|version|build|batch|request|message-?id|バージョン|タイムスタンプ|緯度|経度|金額|合計|数量|単価|価格|"
    r"売上|代金|料金|残高",
    re.IGNORECASE,
)
CARD_WORD = re.compile(
    r"カード|クレジット|クレカ|card|visa|ビザ|master|マスター|jcb|amex|アメックス|diners|ダイナース|credit|"
    r"debit|デビット|銀聯|unionpay|discover"
    r"|maestro|rupay|(?<![a-z])(?:pan|cc)(?![a-z])",
    re.IGNORECASE,
)
MY_NUMBER_WORD = re.compile(
    r"マイナ(?![スービー])|マイ ?ナンバー|まいなんばー|ﾏｲﾅﾝﾊﾞ|個人番号|個番|特定個人情報|通知カード|my\s?number|"
    r"individual\s?number",
    re.IGNORECASE,
)
_NO = re.compile(r"(?<![0-9A-Za-z])No$", re.IGNORECASE)
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]{1,10}://|www\.|mailto:|urn:)", re.IGNORECASE)
#: Between a word and a number there is another one, which the word names.
_TAKEN = re.compile(r"[ :#.は-]{0,3}[0-9]{3,8}[ ,\t]{1,3}")
_BEFORE = 30
_LABEL = 60


class Context:
    """A text, and what its tables say about the places in it."""

    __slots__ = ("_hint", "grids", "text")

    def __init__(self, text: str, grids: Grids, hint: Callable[[], bool] = lambda: False) -> None:
        self.text = text
        self.grids = grids
        self._hint = hint

    def speaks_of_my_numbers(self) -> bool:
        """Whether the mail around the text, or the name of its file, speaks of My Numbers."""
        return self._hint()

    def before(self, position: int, most: int = _BEFORE) -> str:
        """The line before a place, so much of it."""
        start = max(0, position - most)
        return self.text[max(start, self.text.rfind("\n", start, position) + 1) : position]

    def cell_before(self, position: int, most: int = _BEFORE) -> str:
        """The head of the column that a place stands in and its own cell before it; outside of tables, its line."""
        found = self.grids.at(self.text, position)
        if found is None:
            return self.before(position, most)
        head, cell = found
        return f"{head} {cell[-most:]}"

    def is_other(self, position: int, yes: re.Pattern[str], *, grouped: bool = False) -> bool:
        """Whether the words before a number name it as something else than `yes`.

        grouped: its groups set it apart from another number between it and the word.
        """
        found = self.grids.at(self.text, position)
        if found is not None and kind_of(found[0]) in ("other", "person_id"):
            return True
        line = found[1][-_BEFORE:] if found is not None else self.before(position)
        words = list(OTHER_WORD.finditer(line))
        if not words or (grouped and _TAKEN.fullmatch(line, words[-1].end())):
            return False
        return yes.search(line, words[-1].end()) is None

    def is_said(self, position: int, word: re.Pattern[str]) -> bool:
        """Whether a word stands before a place: in its line, its column's head, or alone on the line before."""
        if word.search(self.cell_before(position, _LABEL)):
            return True
        start = self.text.rfind("\n", max(0, position - _LABEL), position)
        if start < 0 or self.text[start:position].strip(" \n・:>"):
            return False
        above = self.text[max(0, start - _LABEL, self.text.rfind("\n", 0, start) + 1) : start]
        return word.search(above) is not None

    def in_url(self, position: int) -> bool:
        """Whether a place is inside a link."""
        stretch = self.text[max(0, position - 200) : position]
        tokens = stretch.split()
        if not tokens or stretch[-1].isspace():
            return False
        schemes = list(_URL.finditer(tokens[-1]))
        # Japanese goes on without a space: what is not ASCII ends the link.
        return bool(schemes) and tokens[-1][schemes[-1].start() :].isascii()

    def is_glued(self, start: int, end: int, word: re.Pattern[str], *, grouped: bool = False) -> bool:
        """Whether a number is a part of a longer token: an id, a path, a hash. A word for it right before it unties.

        grouped: it has groups of its own, so that an extension may follow it, as it may behind a word.
        """
        text = self.text
        ahead = text[end : end + 2]
        last = text[start - 1] if start else " "
        if _NO.search(text, max(0, start - 3), start):
            last = " "
        if (last == ";" and ahead[:1] == "=") or (ahead[:1] == "^" and text[start - 2 : start] == "%B"):
            return False  # a card's magnetic stripe (ISO/IEC 7813)
        if ahead and ahead[0].isascii() and (ahead[0].isalnum() or ahead[0] in "_=@\\%"):
            return True
        extension = ahead[:1] == "." and ahead[1:].isalpha()
        if _goes_on(ahead) and not (extension and (grouped or word.search(text, max(0, start - 14), start))):
            return True
        if not last.isascii() or last in " \t\n\v\f\"'(),:;<>[]{}|!`~^$*":
            return last == ":" and self.in_url(start)
        if last == "/" and start > 1 and (text[start - 2].isdigit() or not text[start - 2].isascii()):
            return self.in_url(start)
        if last == "." and start > 1 and not text[start - 2].isdigit():
            return self.in_url(start)
        return self.in_url(start) or word.search(text, max(0, start - 14), start) is None


def _goes_on(ahead: str) -> bool:
    """Whether ".5" or "-a" follows."""
    return len(ahead) == 2 and ahead[0] in ".-" and ahead[1].isascii() and ahead[1].isalnum()
