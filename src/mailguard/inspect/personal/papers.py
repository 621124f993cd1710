"""What counts only beside a word for it: bank accounts, passports, driving licences, health insurance, birth dates; and
IBANs, which have a check of their own.

The word comes first, found as a plain substring; the shape is looked for in the stretch behind it. What may stand
between the two is a short list of signs, so that 普通郵便 1234567 is no account.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from mailguard.inspect.personal import checks
from mailguard.inspect.personal.dates import DATE, plain_date
from mailguard.inspect.personal.finds import Finds
from mailguard.inspect.personal.fold import lower

_GAP = r"[\s::=#()\[\]【】「」『』・、,*.\"|>-]"
_END = r"(?![0-9A-Za-z]|-[0-9])"


class _Spoken(NamedTuple):
    """words: lower case, one of which must stand right before; shape: with the value as its group 1."""

    what: str
    words: tuple[str, ...]
    shape: re.Pattern[str]
    value: Callable[[str], str]


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def _account(text: str) -> str:
    return _digits(text).zfill(7)


def _licence(text: str) -> str:
    digits = _digits(text)
    return digits if checks.is_driving_licence(digits) else ""


def _insurer(text: str) -> str:
    return text if checks.is_insurer(text) else ""


def _plain(text: str) -> str:
    bare = re.sub("[^0-9A-Za-z]", "", text).upper()
    return bare if sum(ch.isdigit() for ch in bare) >= 4 else ""


_ACCOUNT_WORDS = r"(?:預金|貯金|総合|口座|番号|名義|は|の|no|No|NO|第|種別|科目)"
_SPOKEN = (
    _Spoken(
        "bank_account",
        ("普通", "(普)", "当座", "貯蓄", "口座", "account no", "account number", "a/c", "acct"),
        re.compile(
            rf"(?:{_ACCOUNT_WORDS}|普通|当座|{_GAP}){{0,12}}?(?:(?<![0-9A-Za-z-])|(?<=[Nn][Oo]))([0-9]{{6,8}}|"
            rf"[0-9]{{3}}[- ][0-9]{{4}}){_END}(?!円|件|年)"
        ),
        _account,
    ),
    _Spoken("bank_account", ("普",), re.compile(rf"[ ):.]{{0,3}}([0-9]{{7}}){_END}(?!円|件|年)"), _account),
    _Spoken(
        "bank_account",
        ("記号", "ゆうちょ", "郵便貯金", "郵便振替"),
        re.compile(
            rf"(?:口座|貯金|銀行|総合|記号|番号|の|は|"
            rf"{_GAP}){{0,8}}?(?<![0-9-])([01][0-9]{{3}}0(?:-[0-9])?(?:番号|番|の|、|"
            rf"{_GAP}){{1,5}}[0-9]{{2,7}}1){_END}"
        ),
        _digits,
    ),
    _Spoken(
        "passport",
        ("旅券", "パスポート", "passport"),
        re.compile(
            rf"(?:{_GAP}|のばんごう|の|は|番号|number|num|no|n°|"
            rf"ID){{0,12}}?(?<![0-9A-Za-z])([A-Za-z]{{1,2}} ?[0-9]{{6,8}}|[0-9]{{8,9}}){_END}",
            re.IGNORECASE,
        ),
        _plain,
    ),
    _Spoken(
        "passport",
        ("旅券", "パスポート", "passport"),
        re.compile(rf"[^\n]{{0,40}}?(?<![0-9A-Za-z-])([MTN][A-Z] ?[0-9]{{7}}){_END}"),
        _plain,
    ),
    _Spoken(
        "driving_licence",
        ("免許", "licence", "license"),
        re.compile(rf"[^\n0-9]{{0,16}}?(?<![0-9A-Za-z-])([0-9]{{12}}|[0-9]{{4}}([ -])[0-9]{{4}}\2[0-9]{{4}}){_END}"),
        _licence,
    ),
    _Spoken(
        "health_insurance",
        ("保険者番号", "保険者no", "保険者"),
        re.compile(rf"(?:番号|no|の|は|{_GAP}){{0,8}}?(?<![0-9A-Za-z-])([0-9]{{8}}|[0-9]{{6}}){_END}"),
        _insurer,
    ),
    _Spoken(
        "health_insurance",
        ("被保険者", "保険証", "健康保険", "資格確認書", "資格情報"),
        re.compile(
            rf"(?:記号|番号|証|等|及び|と|の|は|no|(?:{_GAP})){{0,12}}?(?<![0-9A-Za-z-])([0-9]{{1,8}}(?:番号|"
            rf"枝番|の|・|{_GAP}){{1,6}}[0-9]{{1,8}}|[0-9]{{5,11}}){_END}(?![年月日円件])"
        ),
        _plain,
    ),
    _Spoken(
        "birth_date",
        ("生年月日", "誕生日", "生まれ", "date of birth", "birth date", "birthdate", "birthday", "dob", "born"),
        re.compile(
            rf"(?:西暦|和暦|は|が|on|is|\([^)\n]{{0,16}}\)|{_GAP}){{0,8}}?(?<![0-9A-Za-z])({DATE})", re.IGNORECASE
        ),
        plain_date,
    ),
)  # fmt: skip
_SPOKEN_IN_ASCII = tuple(
    spoken._replace(words=words) for spoken in _SPOKEN if (words := tuple(one for one in spoken.words if one.isascii()))
)
#: All words, in any case.
PAPER_WORDS = tuple(dict.fromkeys(word for spoken in _SPOKEN for word in spoken.words))
_BORN = re.compile("生(?![活産徒前成え年])")
_DATE_BEFORE = re.compile(rf"(?<![0-9])({DATE}) ?$", re.IGNORECASE)
_IBAN = re.compile(r"[0-9](?<=[A-Z]{2}.)[0-9](?=[ -]?[0-9A-Z]{2})")
_MOST = 120


def find_papers(text: str, finds: Finds) -> None:
    """Add everything of a folded text that a word announces."""
    lowered = lower(text)
    for spoken in _SPOKEN_IN_ASCII if text.isascii() else _SPOKEN:
        for word in spoken.words:
            position = lowered.find(word) if word[0] in lowered else -1  # one sign is found faster than several
            while position >= 0:
                after = position + len(word)
                match = spoken.shape.match(text, after, after + _MOST)
                if match and (value := spoken.value(match.group(1))):
                    finds.add(spoken.what, value, match.start(1), match.end(1))
                position = lowered.find(word, after)


def find_born(text: str, finds: Finds) -> None:
    """Add the dates of birth of a folded text behind which it says so: 1980年1月2日生まれ."""
    for born in _BORN.finditer(text):
        end = born.start()
        match = _DATE_BEFORE.search(text, max(0, end - 20), end) if text[max(0, end - 2) : end].strip() else None
        if match and (value := plain_date(match.group(1))):
            finds.add("birth_date", value, match.start(1), match.end(1))


def find_ibans(text: str, finds: Finds) -> None:
    """Add international bank account numbers, without spaces (ISO 13616), as long as their country's are."""
    for match in _IBAN.finditer(text):
        start = match.start() - 2
        length = checks.iban_length(text[start : start + 2])
        if not length or (
            start and text[start - 1].isascii() and (text[start - 1].isalnum() or text[start - 1] in "_/")
        ):
            continue
        bare, end = "", start
        for sign in text[start : start + 48]:
            if len(bare) == length or (sign not in " -" and not (sign.isascii() and sign.isalnum())):
                break
            bare += sign if sign not in " -" else ""
            end += 1
        after = text[end : end + 1]
        if len(bare) == length and not (after.isascii() and after.isalnum()) and checks.is_iban(bare.upper()):
            finds.add("iban", bare.upper(), start, end)
