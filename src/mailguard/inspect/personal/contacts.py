"""How to reach people, and the lesser papers: phones, mail addresses, postal codes and addresses, accounts, licences,
dates.

Japanese forms first. Where the shape alone is weak (ten digits, seven digits, a date) a word nearby is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.inspect.personal.checks import is_iban, is_us_ssn

_PHONE = re.compile(
    r"(?<![0-9A-Za-z_/=%&#@.+-])(?:\+81[ -]?(?:\(0\)[ -]?)?([1-9]\d{0,4})|\(?(0\d{1,4})\)?)([ -]?)"
    r"\(?(\d{1,4})\)?[ -]?(\d{3,4})(?![0-9A-Za-z_/=@]|-\d|\.\d)"
)
_PHONE_WORD = re.compile(r"電話|TEL|Phone|携帯|FAX|ファックス|モバイル|mobile|連絡先|☎|℡", re.IGNORECASE)
_MOBILE = re.compile(r"0[5789]0\d{8}")
_FREE = re.compile(r"(?:0120\d{6}|0800\d{7}|0570\d{6})")
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+$")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{1,62}")
_PREFECTURES = (
    "北海道|青森県|岩手県|宮城県|秋田県|山形県|福島県|茨城県|栃木県|群馬県|埼玉県|千葉県|東京都|神奈川県|新潟県|富山県|石川県|福井県|山梨県"
    "|長野県|岐阜県|静岡県|愛知県|三重県|滋賀県|京都府|大阪府|兵庫県|奈良県|和歌山県|鳥取県|島根県|岡山県|広島県|山口県|徳島県|香川県|愛媛県"
    "|高知県|福岡県|佐賀県|長崎県|熊本県|大分県|宮崎県|鹿児島県|沖縄県"
)
_ADDRESS = re.compile(
    rf"(?:{_PREFECTURES})[^\s,、。]{{1,12}}?[市区郡町村][^\s,、。]{{0,20}}?\d{{1,4}}(?:[-丁番号の地目\d]{{0,12}}\d)?"
)
_SEVEN = re.compile(r"\d{3}-\d{4}")
_POSTAL = re.compile(rf"(〒\s?)?(?<![0-9-])(\d{{3}}-\d{{4}})(?![0-9-])(?=(\s{{0,3}}(?:{_PREFECTURES}))?)")
_DATE = r"(?:(?:19|20)\d{2}|(?:明治|大正|昭和|平成|令和|[MTSHR])\s?\d{1,2}|元)[年/.-]\s?\d{1,2}[月/.-]\s?\d{1,2}日?"
#: Class, the words of which one must stand shortly before (lower case), the shape.
_SPOKEN: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("bank_account", ("普通", "当座", "貯蓄", "口座"), r"\d{7}"),
    ("passport", ("旅券", "パスポート", "passport"), r"[A-Za-z]{2}\d{7}"),
    ("driving_licence", ("免許", "driver's license", "driving licence", "driver license"), r"\d{12}"),
    ("health_insurance", ("保険者", "保険証", "健康保険"), r"\d{6,8}"),
    ("birth_date", ("生年月日", "誕生日", "date of birth", "birth date", "birthdate", "birthday"), _DATE),
)
_SPOKEN_PATTERNS = tuple(
    (
        name,
        words,
        re.compile(rf"(?:{'|'.join(words)})[^\n]{{0,16}}?(?<![0-9A-Za-z-])({shape})(?![0-9A-Za-z-])", re.IGNORECASE),
    )
    for name, words, shape in _SPOKEN
)
_IBAN = re.compile(r"(?<![0-9A-Za-z])([A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?)(?![0-9A-Za-z])")
_SSN = re.compile(r"(?<![0-9-])(\d{3})-(\d{2})-(\d{4})(?![0-9-])")
_SSN_WORD = re.compile(r"SSN|social security", re.IGNORECASE)


def phones(text: str) -> Iterator[str]:
    """Japanese phone numbers, digits only, with the leading 0."""
    for match in _PHONE.finditer(text):
        area, inner = match.group(2) or f"0{match.group(1)}", match.group(4)
        digits = area + inner + match.group(5)
        if not _plausible(digits):
            continue
        if (
            _MOBILE.fullmatch(digits)
            or _FREE.fullmatch(digits)
            or match.group(1)
            or (len(digits) == 10 and _is_local(text, match))
        ):
            yield digits


def emails(text: str) -> Iterator[str]:
    """Mail addresses, lower case. Looks outwards from each "@", so that long runs of letters cost nothing."""
    position = text.find("@")
    while position >= 0:
        local = _LOCAL.search(text[max(0, position - 64) : position])
        domain = _DOMAIN.match(text, position + 1, position + 254)
        if local and domain:
            yield f"{local.group().lstrip('.')}@{domain.group()}".lower()
        position = text.find("@", position + 1)


def postal_codes(text: str) -> Iterator[str]:
    """Japanese postal codes, digits only: with the mark, with the word, or before a prefecture."""
    if not _SEVEN.search(text):
        return
    for match in _POSTAL.finditer(text):
        if match.group(1) or match.group(3) or "郵便番号" in text[max(0, match.start() - 12) : match.start()]:
            yield match.group(2).replace("-", "")


def postal_addresses(text: str) -> Iterator[str]:
    """Japanese addresses from the prefecture to the number."""
    for match in _ADDRESS.finditer(text):
        yield match.group()


def spoken(text: str) -> Iterator[tuple[str, str]]:
    """Class and value of what counts only after a word for it."""
    lowered = text.lower()
    for name, words, pattern in _SPOKEN_PATTERNS:
        if any(word in lowered for word in words):
            for match in pattern.finditer(text):
                yield name, re.sub(r"\s", "", match.group(1)).upper()


def ibans(text: str) -> Iterator[str]:
    """International bank account numbers, without spaces."""
    for match in _IBAN.finditer(text):
        bare = match.group(1).replace(" ", "")
        if is_iban(bare):
            yield bare


def us_ssns(text: str) -> Iterator[str]:
    """US social security numbers, digits only, where the text speaks of them."""
    if not _SSN.search(text) or not _SSN_WORD.search(text):
        return
    for match in _SSN.finditer(text):
        if is_us_ssn(*match.groups()):
            yield "".join(match.groups())


def _is_local(text: str, match: re.Match[str]) -> bool:
    """A number with an area code counts where it is written as one, or after a word for it."""
    if "-" in match.group() or "(" in match.group():
        return len(match.group(5)) == 4
    return _PHONE_WORD.search(text, max(0, match.start() - 14), match.start()) is not None


def _plausible(digits: str) -> bool:
    if not 10 <= len(digits) <= 11 or len(set(digits)) < 3 or digits[1] == "0":
        return False
    return len(digits) == 10 or _MOBILE.fullmatch(digits) is not None or digits.startswith("0800")
