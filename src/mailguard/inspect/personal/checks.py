"""Check digits and issuer ranges: what makes a row of digits a card, a My Number, a company, an account.

Sources: ISO/IEC 7812-1 (Luhn) and the issuers' published ranges; ordinance no. 85 of 2014 of Japan's interior ministry,
article 5 (My Number); ordinance no. 70 of 2014 of its finance ministry, article 2 (corporate number); the health
ministry's rules for the numbers of insurers; ISO 13616 and its registry (IBAN). Pure arithmetic; never raises.
"""

from __future__ import annotations

from functools import lru_cache
from operator import mul

#: First and last prefix of an issuer, the lengths that its numbers have, and those that count only near a word for a
#: card: rare ones, and those that articles (JAN), files and tickets have as well.
_ISSUERS: tuple[tuple[str, str, frozenset[int], frozenset[int]], ...] = (
    ("4", "4", frozenset({16}), frozenset({13, 19})),  # Visa
    ("51", "55", frozenset({16}), frozenset()),  # Mastercard
    ("2221", "2720", frozenset({16}), frozenset()),
    ("34", "34", frozenset({15}), frozenset()),  # American Express
    ("37", "37", frozenset({15}), frozenset()),
    ("3528", "3589", frozenset({16}), frozenset({17, 18, 19})),  # JCB
    ("300", "305", frozenset({14}), frozenset({16, 19})),  # Diners Club
    ("3095", "3095", frozenset({14}), frozenset({16, 19})),
    ("36", "36", frozenset({14}), frozenset({16, 19})),
    ("38", "39", frozenset({14}), frozenset({16, 19})),
    ("6011", "6011", frozenset({16}), frozenset({17, 18, 19})),  # Discover
    ("644", "659", frozenset({16}), frozenset({17, 18, 19})),
    ("62", "62", frozenset({16, 19}), frozenset({17, 18})),  # UnionPay
    ("81", "82", frozenset(), frozenset({16})),  # UnionPay, RuPay
    ("60", "60", frozenset(), frozenset({16})),  # RuPay
    ("2200", "2204", frozenset(), frozenset({16, 19})),  # Mir
    ("9792", "9792", frozenset(), frozenset({16})),  # Troy
    ("50", "50", frozenset(), frozenset({13, 15, 16, 18, 19})),  # Maestro, Elo
    ("56", "58", frozenset(), frozenset({13, 15, 16, 18, 19})),
    ("63", "63", frozenset(), frozenset({13, 15, 16, 18, 19})),
    ("67", "67", frozenset(), frozenset({13, 15, 16, 18, 19})),
)
_DIGITS = bytes(code - 48 if 48 <= code < 58 else 0 for code in range(256))
_TWICE = bytes((code - 48) * 2 - 9 * (code >= 53) if 48 <= code < 58 else 0 for code in range(256))
_MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_MY_NUMBER_ZEROS = ord("0") * sum(_MY_NUMBER_WEIGHTS)
_CORPORATE_WEIGHTS = (2, 1) * 6
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}


@lru_cache(maxsize=4096)
def card_grade(prefix: str, length: int) -> int:
    """What the first four digits and the length of a number say: 2 a card, 1 a card where a word says so, 0 none."""
    for first, last, surely, maybe in _ISSUERS:
        if first <= prefix[: len(first)] <= last:
            return 2 if length in surely else 1 if length in maybe else 0
    return 0


def is_card(digits: str) -> bool:
    """Whether 13 to 19 digits are a payment card's number; some of these are so only near a word for a card."""
    # 0000...: filler, whatever Luhn says
    return card_grade(digits[:4], len(digits)) > 0 and luhn(digits) and len(set(digits)) > 1


def luhn(digits: str) -> bool:
    """The Luhn check (ISO/IEC 7812-1 annex B)."""
    octets = digits.encode("ascii", "replace")
    return (sum(octets[-1::-2].translate(_DIGITS)) + sum(octets[-2::-2].translate(_TWICE))) % 10 == 0


def is_my_number(digits: str) -> bool:
    """Whether 12 digits have a My Number's check digit."""
    rest = (sum(map(mul, _MY_NUMBER_WEIGHTS, digits.encode())) - _MY_NUMBER_ZEROS) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest) and len(set(digits)) > 1


def is_corporate_number(digits: str) -> bool:
    """Whether 13 digits have a Japanese corporate number's check digit (the first one)."""
    return digits[0] != "0" and int(digits[0]) == 9 - sum(map(mul, _CORPORATE_WEIGHTS, map(int, digits[1:]))) % 9


def is_insurer(digits: str) -> bool:
    """Whether 6 or 8 digits are the number of a Japanese health insurer: its prefecture, and its check digit."""
    return "01" <= digits[-6:-4] <= "47" and luhn(digits)


def is_driving_licence(digits: str) -> bool:
    """Whether 12 digits begin as a Japanese driving licence: the number of a public safety commission, 10 to 97."""
    return "10" <= digits[:2] <= "97" and len(set(digits)) > 1


def iban_length(country: str) -> int:
    """How many letters and digits the IBANs of a country have; 0 if it has none."""
    return _IBAN_LENGTHS.get(country, 0)


def is_iban(text: str) -> bool:
    """Whether letters and digits without spaces are an IBAN."""
    if _IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(ch, 36)) for ch in text[4:] + text[:4])) % 97 == 1


def is_us_ssn(area: str, group: str, serial: str) -> bool:
    """Whether the three groups are a number that the US Social Security Administration could have given."""
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
