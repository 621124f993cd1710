"""Check digits and issuer ranges: what makes a row of digits a card, a My Number, a company, an account.

Sources: ISO/IEC 7812-1 (Luhn) and the issuers' published ranges; ordinance no. 85 of 2014 of Japan's interior ministry,
article 5 (My Number); ordinance no. 70 of 2014 of its finance ministry, article 2 (corporate number); ISO 13616 (IBAN).
"""

from __future__ import annotations

#: First and last prefix of an issuer, and the lengths its numbers have.
_ISSUERS: tuple[tuple[str, str, frozenset[int]], ...] = (
    ("4", "4", frozenset({13, 16, 19})),  # Visa
    ("51", "55", frozenset({16})),  # Mastercard
    ("2221", "2720", frozenset({16})),
    ("34", "34", frozenset({15})),  # American Express
    ("37", "37", frozenset({15})),
    ("3528", "3589", frozenset({16, 17, 18, 19})),  # JCB
    ("300", "305", frozenset({14, 16})),  # Diners Club
    ("3095", "3095", frozenset({14, 16})),
    ("36", "36", frozenset({14, 16})),
    ("38", "39", frozenset({14, 16})),
    ("6011", "6011", frozenset({16, 19})),  # Discover
    ("644", "659", frozenset({16, 19})),
    ("62", "62", frozenset({16, 17, 18, 19})),  # UnionPay
)
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI NL",
        20: "AT LU",
        21: "CH LI",
        22: "DE GB IE",
        23: "AE",
        24: "CZ ES SA SE",
        25: "PT",
        26: "TR",
        27: "FR GR IT",
        28: "HU PL",
    }.items()
    for country in countries.split()
}


def is_card(digits: str) -> bool:
    """Whether 13 to 19 digits are a payment card's number."""
    if len(set(digits)) < 2:  # 0000...: filler, whatever Luhn says
        return False
    known = any(first <= digits[: len(first)] <= last and len(digits) in lengths for first, last, lengths in _ISSUERS)
    return known and luhn(digits)


def luhn(digits: str) -> bool:
    """The Luhn check (ISO/IEC 7812-1 annex B)."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_my_number(digits: str) -> bool:
    """Whether 12 digits have a My Number's check digit."""
    if len(set(digits)) < 2:
        return False
    total = sum(int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(digits[:11]), 1))
    rest = total % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def is_corporate_number(digits: str) -> bool:
    """Whether 13 digits have a Japanese corporate number's check digit (the first one)."""
    if digits[0] == "0":
        return False
    total = sum(int(digit) * (1 if n % 2 else 2) for n, digit in enumerate(reversed(digits[1:]), 1))
    return int(digits[0]) == 9 - total % 9


def is_iban(text: str) -> bool:
    """Whether letters and digits without spaces are an IBAN."""
    if _IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(ch, 36)) for ch in text[4:] + text[:4])) % 97 == 1


def is_us_ssn(area: str, group: str, serial: str) -> bool:
    """Whether the three groups are a number that the US Social Security Administration could have given."""
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
