"""Long numbers in folded text: payment cards, My Numbers, corporate numbers.

Bait is everywhere: order numbers, tracking numbers, timestamps, digits in URLs and hashes. A number counts where its
check digit, its issuer or its shape, and what stands around it, all speak for it.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator

from mailguard.inspect.personal.checks import is_card, is_corporate_number, is_my_number

# A run of digits with at most one separator between groups, or one line break; nothing that makes it a part of a token.
_RUN = re.compile(
    r"(?<![0-9A-Za-z_/=%&?#@.+*\\-])\d(?:[ -]?\d|\r?\n[> ]{0,3}\d(?=\d{3}(?!\d)))*"
    r"(?![0-9A-Za-z_/=@\\]|\.\d|[-][0-9A-Za-z])"
)
_GROUP = re.compile(r"\d+")
_CARD_SHAPES = frozenset(
    {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 4, 2), (4, 4, 5), (6, 10), (8, 8)}
)
_OTHER_NUMBER = re.compile(
    r"(?:注文|受注|発注|オーダー|伝票|追跡|問い?合わ?せ|管理|製造|受付|予約|請求書|見積|納品書|整理|商品|会員|顧客|契約"
    r"|シリアル|型番|トランザクション)(?:書|票)?(?:番号|No|ID|コード)?"
    r"|order|tracking|invoice|serial|ticket|transaction|timestamp|isbn|jan(?![a-z])|ean(?![a-z])"
    r"|(?<![a-z])id(?![a-z])|uuid|session|commit",
    re.IGNORECASE,
)
_CARD_WORD = re.compile(r"カード|クレジット|クレカ|card|visa|master|jcb|amex|diners|credit", re.IGNORECASE)
_MY_NUMBER_WORD = re.compile(
    r"マイナンバー|ﾏｲﾅﾝﾊﾞｰ|個人番号|特定個人情報|通知カード|my\s?number|individual\s?number", re.IGNORECASE
)
_CORPORATE_WORD = re.compile(r"法人番号|登録番号|インボイス|corporate\s?number", re.IGNORECASE)
_BEFORE = 30
#: So many My Numbers without any word, nearly all 12-digit numbers of the text being ones, are a list of them.
_SEVERAL = 5


def cards(text: str) -> Iterator[str]:
    """Payment card numbers, digits only."""
    for match in _RUN.finditer(text):
        run = match.group()
        if len(run) < 13:
            continue
        for start, digits in _windows(run):
            if is_card(digits) and not _is_other(text, match.start() + start):
                yield digits


def my_numbers(text: str) -> list[str]:
    """My Numbers, digits only: with a word for it near them or at the head of their table, or several of them."""
    words = [match.start() for match in _MY_NUMBER_WORD.finditer(text)]
    valid: list[str] = []
    certain: list[str] = []
    seen = 0
    for match in _RUN.finditer(text):
        run = match.group()
        if len(run) < 12:
            continue
        for start, digits in _twelves(run):
            seen += 1
            position = match.start() + start
            if not is_my_number(digits) or _is_other(text, position):
                continue
            valid.append(digits)
            if words and _spoken(text, position, words):
                certain.append(digits)
    if len(set(valid)) >= _SEVERAL and len(valid) >= 0.8 * seen:
        return valid
    return certain


def corporate_numbers(text: str) -> Iterator[str]:
    """Corporate numbers and the invoice registration numbers made of them (T and 13 digits), digits only."""
    for match in re.finditer(r"(?<![0-9A-Za-z-])(T ?-?)?(\d(?:-?\d{4}){3})(?![0-9A-Za-z-])", text):
        digits = match.group(2).replace("-", "")
        near = text[max(0, match.start() - _BEFORE) : match.start()]
        if is_corporate_number(digits) and (match.group(1) or _CORPORATE_WORD.search(near)):
            yield digits


def _windows(run: str) -> Iterator[tuple[int, str]]:
    """Start and digits of everything in a run that is shaped like a card's number."""
    groups = [(match.start(), match.group()) for match in _GROUP.finditer(run)]
    if len(groups) > 12 and all(len(group) == 1 for _, group in groups):  # 4 1 1 1 ...: every digit for itself
        yield groups[0][0], "".join(group for _, group in groups[:19])
        return
    for index, (start, group) in enumerate(groups):
        if 13 <= len(group) <= 19:
            yield start, group
        for count in (2, 3, 4, 5):
            part = groups[index : index + count]
            if len(part) == count and tuple(len(one) for _, one in part) in _CARD_SHAPES:
                yield start, "".join(one for _, one in part)


def _twelves(run: str) -> Iterator[tuple[int, str]]:
    groups = [(match.start(), match.group()) for match in _GROUP.finditer(run)]
    for index, (start, group) in enumerate(groups):
        if len(group) == 12:
            yield start, group
        part = groups[index : index + 3]
        # Four groups of four are a card, not a My Number with something behind it.
        around = groups[index + 3 : index + 4] + groups[max(0, index - 1) : index]
        if [len(one) for _, one in part] == [4, 4, 4] and all(len(one) != 4 for _, one in around):
            yield start, "".join(one for _, one in part)


def _is_other(text: str, position: int) -> bool:
    """Whether the words before a number name it as something else."""
    line = text[max(0, position - _BEFORE) : position].rpartition("\n")[2]
    others = list(_OTHER_NUMBER.finditer(line))
    if not others or _MY_NUMBER_WORD.search(line):
        return False
    return _CARD_WORD.search(line, others[-1].end()) is None


def _spoken(text: str, position: int, words: list[int]) -> bool:
    """Whether My Numbers are spoken of near a number, or before the table that it stands in."""
    before = bisect.bisect(words, position)
    if before and words[before - 1] >= position - 120:
        return True
    if before < len(words) and words[before] <= position + 60:
        return True
    around = text[max(text.rfind("\n", 0, position), position - 200) + 1 : position + 40]
    return before > 0 and ("\t" in around or "," in around)
