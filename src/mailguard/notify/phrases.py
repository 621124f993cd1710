"""The words that letters and console share, in Japanese and English: states, kinds of data, dates, sizes, counts.

One word per thing, so that a letter and the page behind its link never speak of two things. Pure functions over
values; every time comes in aware and is shown in the organisation's time zone. This module trusts nothing and does no
I/O.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailguard.mail.facts import CLASSES, SECRET_CLASSES
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition
from mailguard.policy.secret_names import secret_name


class Both(NamedTuple):
    """One sentence in both languages, side by side, so that one is never written without the other."""

    ja: str
    en: str

    def of(self, language: Language, **values: object) -> str:
        """The sentence in a language with its values put in (str.format). Raises KeyError if one is missing."""
        sentence = self.ja if language == "ja" else self.en
        return sentence.format(**values) if values else sentence


STATES: dict[State, Both] = {
    State.HELD: Both("送信保留", "Held"),
    State.QUEUED: Both("送信待ち", "Queued"),
    State.RELAYED: Both("送信済み", "Sent"),
    State.CANCELLED: Both("送信取消", "Cancelled"),
    State.REJECTED: Both("却下", "Rejected"),
    State.EXPIRED: Both("期限切れ", "Expired"),
    State.BOUNCED: Both("不達", "Bounced"),
}

#: What a held copy waits for.
WAITING: dict[Disposition, Both] = {
    Disposition.DELAY: Both("一時保留", "Undo window"),
    Disposition.CONFIRM: Both("送信者の確認待ち", "Waiting for the sender"),
    Disposition.APPROVE: Both("承認待ち", "Waiting for approval"),
}

#: The same, told to the sender himself.
WAITING_OWN: dict[Disposition, Both] = {
    **WAITING,
    Disposition.CONFIRM: Both("あなたの確認待ち", "Needs your decision"),
}

PERSONAL: dict[str, Both] = {
    "payment_card": Both("クレジットカード番号", "payment card numbers"),
    "my_number": Both("マイナンバー", "My Numbers"),
    "corporate_number": Both("法人番号", "corporate numbers"),
    "phone": Both("電話番号", "phone numbers"),
    "postal_address": Both("住所", "postal addresses"),
    "postal_code": Both("郵便番号", "postal codes"),
    "email_address": Both("メールアドレス", "e-mail addresses"),
    "bank_account": Both("銀行口座番号", "bank accounts"),
    "passport": Both("旅券番号", "passport numbers"),
    "driving_licence": Both("運転免許証番号", "driving licence numbers"),
    "health_insurance": Both("保険者番号", "health-insurance numbers"),
    "birth_date": Both("生年月日", "birth dates"),
    "person_name": Both("氏名", "names"),
    "iban": Both("IBAN(国際銀行口座番号)", "IBANs"),
    "us_ssn": Both("米国社会保障番号", "US social security numbers"),
}
assert set(PERSONAL) == set(CLASSES)

#: Secrets that are no provider's; those of a provider are told by its name.
SECRETS: dict[str, Both] = {
    "private_key": Both("秘密鍵", "private keys"),
    "password": Both("パスワード", "passwords"),
    "url_password": Both("URLに含まれるパスワード", "passwords in web addresses"),
    "basic_login": Both("ログイン情報", "login data"),
    "assigned_secret": Both("設定ファイルの秘密情報", "secrets of a configuration"),
    "bearer_token": Both("アクセストークン", "access tokens"),
    "jwt": Both("アクセストークン(JWT)", "access tokens (JWT)"),
}

#: What was noticed while reading a mail, by the codes of mail.facts, for people who send mail, not who run servers.
FINDINGS: dict[str, Both] = {
    "unreadable": Both("メールを読み取れませんでした", "The mail could not be read"),
    "ambiguous_mime": Both(
        "メールの形式に乱れがあり、受信側で違って見えることがあります",
        "The mail is put together oddly and may look different to its recipients",
    ),
    "malformed_header": Both(
        "件名や宛先などの書き方に誤りがあります", "Subject, recipients or the like are not written correctly"
    ),
    "unparseable_attachment": Both(
        "添付ファイルが壊れているか、読み取れません", "An attachment is damaged or could not be read"
    ),
    "ambiguous_archive": Both(
        "圧縮ファイルの中身が、開くソフトによって違って見えます",
        "An archive shows different contents in different programs",
    ),
    "bomb": Both(
        "開くと極端に大きくなる圧縮ファイルです。中身は確認していません",
        "An archive that grows extremely when opened; its contents were not checked",
    ),
    "nested_too_deep": Both(
        "ファイルが何重にも入っているため、奥の中身は確認していません",
        "Files lie too deep inside one another; the innermost were not checked",
    ),
    "too_many_parts": Both(
        "メールを構成する部分が多すぎるため、すべては確認していません",
        "The mail has too many parts; not all were checked",
    ),
    "limit_reached": Both("大きすぎるため、すべては確認していません", "Too large: not everything was checked"),
    "encrypted": Both("暗号化されています", "It is encrypted"),
    "not_inspectable": Both("中身を確認できません", "Its contents could not be checked"),
    "macro": Both("マクロが入っています", "It contains macros"),
    "type_mismatch": Both("拡張子と中身の種類が異なります", "The name says another type than the contents"),
    "double_extension": Both(
        "拡張子が2つあり、実行ファイルを別の種類に見せています",
        "The name has two extensions: a program that looks like another kind of file",
    ),
    "bidi_filename": Both(
        "ファイル名に、文字の並びを変えて見せる記号があります",
        "The file name has signs that change how it is displayed",
    ),
    "external_body": Both(
        "中身がメールの外にあり、確認できません", "The contents lie outside of the mail and could not be checked"
    ),
    "partial": Both(
        "分割されたメールの一部のため、全体を確認できません",
        "Only one piece of a mail that was split; the whole could not be checked",
    ),
    "bcc_header": Both(
        "メールにBcc欄が残っています(署名・暗号化されていなければ、送信時に取り除きます)",
        "A Bcc field is left in the mail; it is taken out unless the mail is signed or encrypted",
    ),
    "header_envelope_mismatch": Both(
        "表示されている差出人や宛先が、実際のものと異なります", "The sender or recipients shown are not the real ones"
    ),
    "executable": Both("実行できるファイルです", "A file that runs as a program"),
    "hidden_text": Both("画面に表示されない文章が含まれています", "There is text that is not displayed"),
    "password_in_mail": Both(
        "暗号化ファイルのパスワードが同じメールにあります", "The password of an encrypted file is in the same mail"
    ),
    "gps_position": Both("画像に撮影場所の位置情報が含まれています", "A picture tells where it was taken"),
    "infected": Both("ウイルスが検出されました", "A virus was found"),
    "not_scanned": Both("ウイルス検査ができませんでした", "It could not be scanned for viruses"),
}

_COUNTED = re.compile(r"([a-z_]+): ([0-9,]+)")
#: What the judge counts of the evidence that it leaves out, as the last piece.
_REST = re.compile(r"\+([0-9]+)")


def telling(evidence: Sequence[str], known: Collection[str]) -> list[str]:
    """The pieces of evidence that are not known already; nor how many are left out, where all of those given are."""
    told = [one for one in evidence if one not in known]
    return [] if len(told) == 1 < len(evidence) and _REST.fullmatch(told[0]) else told


def is_said(line: str, sentence: str) -> bool:
    """Whether a sentence says what a line of evidence says, also where it puts a kind and its number another way."""
    kind, colon, number = line.removesuffix("件").partition(": ")
    counted = bool(colon) and kind.lower() in sentence.lower() and number.isdecimal()
    return line in sentence or (counted and re.search(rf"(?<![0-9,]){number}(?![0-9,])", sentence) is not None)


def evidence_line(evidence: str, language: Language) -> str:
    """Evidence such as "payment_card: 3" in the reader's words; any other evidence (addresses, files) as it is."""
    if rest := _REST.fullmatch(evidence):
        return Both("ほか{count}件", "and {count} more").of(language, count=rest[1])
    counted = _COUNTED.fullmatch(evidence)
    if counted is None:
        return evidence
    if counted[1] == "persons":
        return persons(int(counted[2].replace(",", "")), language)
    named = PERSONAL.get(counted[1]) or (secret_word(counted[1]) if counted[1] in SECRET_CLASSES else None)
    return (
        Both("{kind}: {count}件", "{kind}: {count}").of(language, kind=named.of(language), count=counted[2])
        if named
        else evidence
    )


_WEEKDAYS: dict[Language, str | tuple[str, ...]] = {
    "ja": "月火水木金土日",
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: Characters that change the direction of what follows: a file name or subject could show what it is not.
_BIDI = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def secret_word(name: str) -> Both:
    """What a class of secrets is called: tokens go by their makers."""
    named = secret_name(on_one_line(name, 60))
    return SECRETS.get(name) or Both(named.ja, named.en)


def on_one_line(text: str, limit: int = 300) -> str:
    """Text of a stranger made fit for one line: no controls, no line ends, no direction marks, at most `limit`
    characters.
    """
    if text.isprintable():  # nothing that controls or turns is, and no white space but the blank
        clean = " ".join(text.split()) if "  " in text or text[:1] == " " or text[-1:] == " " else text
    else:
        plain = " ".join(text.translate(_BIDI).split())
        clean = "".join(ch for ch in plain if unicodedata.category(ch) not in ("Cc", "Cs", "Zl", "Zp"))
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


@lru_cache(maxsize=16)
def zone(name: str) -> ZoneInfo:
    """The IANA time zone; UTC where the machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def day(when: date, language: Language, *, year: bool = False) -> str:
    """A day as people say it: 11月23日(月), Mon 23 Nov."""
    name = _WEEKDAYS[language][when.weekday()]
    if language == "ja":
        return f"{f'{when.year}年' if year else ''}{when.month}月{when.day}日({name})"
    return f"{name} {when.day} {_MONTHS[when.month - 1]}{f' {when.year}' if year else ''}"


def moment(when: datetime, timezone: str, language: Language, *, year: bool = False) -> str:
    """A point in time as people say it, with the weekday: 11月23日(月) 22:28, Mon 23 Nov, 22:28."""
    local = when.astimezone(zone(timezone))
    day = _WEEKDAYS[language][local.weekday()]
    if language == "ja":
        years = f"{local.year}年" if year else ""
        return f"{years}{local.month}月{local.day}日({day}) {local:%H:%M}"
    years = f" {local.year}" if year else ""
    return f"{day} {local.day} {_MONTHS[local.month - 1]}{years}, {local:%H:%M}"


def zone_word(when: datetime, timezone: str, language: Language) -> str:
    """What the time zone is called beside a time: 日本時間, JST, UTC+08:00."""
    if timezone == "Asia/Tokyo" and language == "ja":
        return "日本時間"
    local = when.astimezone(zone(timezone))
    name = local.tzname() or ""
    return name if name.isalpha() else f"UTC{local.isoformat()[-6:]}"


def roughly(length: timedelta, language: Language) -> str:
    """How far ahead, as people say it: あと3日, in 3 days; hours below two days, minutes below two hours."""
    minutes = max(1, round(length.total_seconds() / 60))
    number, ja, en = (
        (round(minutes / 1440), "日", "days")
        if minutes >= 2880
        else (round(minutes / 60), "時間", "hours")
        if minutes >= 120
        else (minutes, "分", "minutes")
    )
    if language == "ja":
        return f"あと{number}{ja}"
    return f"in {number} {en if number > 1 else en[:-1]}"


def span(length: timedelta, language: Language) -> str:
    """A length of time in its largest two units that matter: 2日23時間, 47時間59分, 47 h 59 min; never negative."""
    seconds = max(0, int(length.total_seconds()))
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    units = [(hours, "時間", "h"), (minutes, "分", "min"), (rest, "秒", "s")]
    if hours >= 48:
        units = [(hours // 24, "日", "days"), (hours % 24, "時間", "h")]
    shown = [unit for unit in (units[:2] if hours else units[1:]) if unit[0]] or [units[2]]
    if language == "ja":
        return "".join(f"{number}{ja}" for number, ja, _ in shown)
    return " ".join(f"{number} {en}" for number, _, en in shown)


def file_size(octets: int) -> str:
    """Octets as people read them: 812 B, 14 KB, 3.2 MB (powers of 1024)."""
    if octets < 1024:
        return f"{octets} B"
    amount = float(octets)
    for unit in ("KB", "MB", "GB"):
        amount /= 1024
        if amount < 1024 or unit == "GB":
            break
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"


def people(count: int, language: Language) -> str:
    """How many recipients: 3名, 1 recipient, 3 recipients."""
    if language == "ja":
        return f"{count}名"
    return "1 recipient" if count == 1 else f"{count} recipients"


def persons(count: int, language: Language) -> str:
    """Of how many people data was found: 3人分, 1 person, 3 persons."""
    if language == "ja":
        return f"{count:,}人分"
    return "1 person" if count == 1 else f"{count:,} persons"


def mails(count: int, language: Language) -> str:
    """How many mails: 1,200件, 1 mail, 1,200 mails."""
    if language == "ja":
        return f"{count:,}件"
    return "1 mail" if count == 1 else f"{count:,} mails"


def listed(items: Sequence[str], language: Language, most: int = 3, *, unit: str = "名") -> str:
    """A few names in a sentence; the rest as a number: a、b ほか2名 / a, b and 2 more.

    unit: how Japanese counts them: 名 for people, 件 for files and other things.
    """
    shown = ("、" if language == "ja" else ", ").join(items[:most])
    rest = len(items) - most
    if rest <= 0:
        return shown
    return f"{shown} ほか{rest}{unit}" if language == "ja" else f"{shown} and {rest} more"


def day_word(day: date, language: Language, *, month: bool = False) -> str:
    """A day without its year, or a month with it: 11/23, 23 Nov; 2026年11月, Nov 2026."""
    if month:
        return f"{day.year}年{day.month}月" if language == "ja" else f"{_MONTHS[day.month - 1]} {day.year}"
    return f"{day.month}/{day.day}" if language == "ja" else f"{day.day} {_MONTHS[day.month - 1]}"


def month_word(month: str, language: Language) -> str:
    """`2026-11` as people say it: 2026年11月, November 2026."""
    day = date.fromisoformat(f"{month}-01")
    return f"{day.year}年{day.month}月" if language == "ja" else f"{day:%B} {day.year}"


def length_word(length: timedelta | None, language: Language) -> str:
    """A length of time that may be short: 0.4秒, 0.4 s; from ten seconds on as `span`; a dash for none."""
    if length is None:
        return "-"
    seconds = length.total_seconds()
    if seconds >= 10:
        return span(length, language)
    return f"{seconds:.1f}{'秒' if language == 'ja' else ' s'}"
