"""Transfers as a bank takes them in: records of 120 octets in the format of the Japanese Bankers Association
(全銀協規定フォーマット), in which salaries leave a company. No head names a column: the shape of a record says it.

A record: "2", bank (4 digits) and its name, branch (3) and its name, clearing house (4), kind of account (1 digit),
account (7), whose it is, amount (10). Names are half-width kana, which folding makes narrower than their columns.
"""

from __future__ import annotations

import re

from mailguard.inspect.personal.finds import Finds
from mailguard.inspect.personal.people import People

#: 普通, 当座, 貯蓄, その他 are 1, 2, 4, 9.
_RECORD = re.compile(
    r"2([0-9]{4})[^0-9\n]{1,15}([0-9]{3})[^0-9\n]{1,15}(?:[0-9]{4})?[1249]([0-9]{7})([^0-9\n]{2,30})[0-9]{10}"
)
#: A person's name; a company's has its form in brackets.
_PERSON = re.compile(r"[ァ-ヺー・ -]{2,}")
#: What an amount below ten million yen begins with: hardly a text has it.
_SIGN = "000"


def find_transfers(text: str, finds: Finds, people: People) -> None:
    """Add the accounts of a folded text's transfers, and the persons who are paid."""
    if _SIGN not in text or text.isascii():
        return
    for match in _RECORD.finditer(text):
        bank, branch, account, shown = match.groups()
        finds.add("bank_account", account, match.start(3), match.end(3))
        if _PERSON.fullmatch(shown):
            name = shown.replace(" ", "")
            finds.add("person_name", name, match.start(4), match.end(4))
            people.add(name, [f"{bank}{branch}{account}"])
