"""Persons in tables: rows of a list of people, counted once however often they occur in the mail.

A table is what has the same separator (tab, comma, semicolon) in line after line. It is a list of people where its
head names a column that only people have, or where its rows hold addresses and numbers of people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAMES = (
    r"お?客様?名|顧客名|会員名|社員名|従業員名|担当者名?|氏名|お?名前|姓名|受取人|患者名|生徒名|参加者名?"
    r"|(?:full |customer )?name"
)
_HEAD_NAME = re.compile(rf"^(?:{_NAMES})$", re.IGNORECASE)
_HEAD_PERSON = re.compile(
    rf"^(?:{_NAMES}|姓|フリガナ|ふりがな|カナ|e-?mail(?: ?address|アドレス)?|メール(?:アドレス)?|電話(?:番号)?"
    r"|携帯(?:電話|番号)?|tel|phone|mobile|生年月日|個人番号|マイナンバー|(?:first |last |family |given )name"
    r"|birth ?(?:date|day)|date of birth|カード番号|口座番号)$",
    re.IGNORECASE,
)
_ROW_PERSON = re.compile(
    r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}\.|(?<!\d)0\d{1,4}-\d{1,4}-\d{4}(?!\d)|(?<!\d)0[789]0\d{8}(?!\d)"
)
_CARDS = re.compile(r"(?im)^BEGIN:VCARD\s*$")
_MOST_ROWS = 500_000


@dataclass(slots=True)
class People:
    """keys: one for each person in a table, the same for the same row; names: what stood in columns of names."""

    keys: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


def people_in(text: str, people: People) -> None:
    """Add the persons of every table in a folded text."""
    if "VCARD" in text.upper()[:2000]:
        people.keys.update(f"vcard {number} {hash(text)}" for number in range(len(_CARDS.findall(text))))
    block: list[list[str]] = []
    separator = ""
    for line in text.split("\n")[:_MOST_ROWS]:
        found = _separator(line)
        if block and found and (found == separator):
            block.append(_cells(line, separator))
            continue
        _close(block, people)
        separator = found
        block = [_cells(line, separator)] if found else []
    _close(block, people)


def _separator(line: str) -> str:
    if "\t" in line:
        return "\t"
    for mark in (",", ";", "|"):
        if line.count(mark) >= 1 and not line.rstrip().endswith(("。", ".")):
            return mark
    return ""


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in line.split(separator)]


def _close(block: list[list[str]], people: People) -> None:
    """Count the rows of a finished table, if it is a list of people."""
    if len(block) < 2:
        return
    head = block[0]
    if any(_HEAD_PERSON.match(cell) for cell in head):
        columns = [index for index, cell in enumerate(head) if _HEAD_NAME.match(cell)]
        for row in block[1:]:
            if any(row) and len([cell for cell in row if cell]) >= min(2, len(head)):
                people.keys.add(" ".join(row).lower())
                people.names.update(row[index] for index in columns if index < len(row) and row[index])
        return
    rows = [row for row in block if _ROW_PERSON.search(" ".join(row))]
    if len(rows) >= 2:
        people.keys.update(" ".join(row).lower() for row in rows)
