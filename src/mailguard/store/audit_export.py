"""Audit lines as they leave the house, and the check of such a copy: it needs nothing but the copy. Pure.

Each line carries its own hash and that of the line before it, so that also a selection can be checked line by line;
a copy without gaps shows that nothing between its ends is altered or missing.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mailguard.mail.saying import Sentence
from mailguard.store.audit import as_json, chained
from mailguard.store.records import HistoryLine
from mailguard.store.rows import to_micro, to_text

COLUMNS = (
    "number", "at", "at_us", "message_id", "actor", "role", "via", "event", "recipients", "comment", "detail",
    "previous", "hash",
)  # fmt: skip
#: Cells that begin so get an apostrophe in front, against formulas; so do those that begin with one, to be undone.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_LIMIT = 2**24
_NO_COPY = Sentence(
    "監査ログの控えではありません。JSON Lines か、見出し行のある CSV を指定してください。",
    "this is no export of the audit log: JSON lines or CSV with its heads are read",
)


@dataclass(slots=True)
class CopyCheck:
    """What a copy is worth. gaps: how often a line does not follow the one before it; broken: number of the first line
    that does not fit, 0 if there is none that has a number; why: what is wrong.
    """

    lines: int = 0
    first: int | None = None
    last: int | None = None
    gaps: int = 0
    broken: int | None = None
    why: str = ""


def exported(line: HistoryLine, previous: str) -> dict[str, Any]:
    """A line for export. at_us: microseconds since 1970 UTC, as they were hashed; previous: hash of the line before."""
    value = {**as_json(line), "at_us": to_micro(line.at), "previous": previous}
    return {name: value[name] for name in COLUMNS}


def as_jsonl(value: Mapping[str, Any]) -> str:
    """One line of JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def as_csv(value: Mapping[str, Any] | None) -> str:
    """One line of CSV (RFC 4180); the heads for None."""
    out = io.StringIO()
    cells = COLUMNS if value is None else [_cell(value[name]) for name in COLUMNS]
    csv.writer(out).writerow(cells)
    return out.getvalue()


def read_copy(text: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The lines of an export in either format. Raises ValueError for what is neither."""
    lines = iter(text)
    head = next(lines, "").lstrip("\ufeff")
    if head.startswith("{"):
        yield _parsed(head)
        for line in lines:
            if line.strip():
                yield _parsed(line)
        return
    if head and tuple(head.strip().split(",")) != COLUMNS:
        raise ValueError(_NO_COPY)
    for cells in _rows(lines):
        if len(cells) != len(COLUMNS):
            cut = Sentence(
                "ある行の項目が {n} 個です。{wanted} 個あるはずです。", "a line has {n} cells instead of {wanted}",
                n=len(cells), wanted=len(COLUMNS),
            )  # fmt: skip
            raise ValueError(cut)
        value: dict[str, Any] = dict(zip(COLUMNS, map(_uncelled, cells), strict=True))
        yield {
            **value, "number": int(value["number"]), "at_us": int(value["at_us"]),
            "recipients": json.loads(value["recipients"]), "detail": json.loads(value["detail"]),
        }  # fmt: skip


def check_copy(lines: Iterable[Mapping[str, Any]]) -> CopyCheck:
    """Whether every line of a copy has its hash, and follows the one before it where their numbers do."""
    found, before = CopyCheck(), ""
    for line in lines:
        number = line.get("number")
        wrong = _wrong(line)
        if not wrong and found.last is not None and isinstance(number, int):
            if number <= found.last:
                wrong = Sentence("番号が増えていません。", "its number does not rise")
            elif number == found.last + 1 and line["previous"] != before:
                wrong = Sentence("前の行とつながっていません。", "it does not follow the line before it")
            found.gaps += number > found.last + 1
        if wrong:
            found.broken, found.why = number if isinstance(number, int) else 0, wrong
            return found
        found.lines += 1
        found.first = number if found.first is None else found.first
        found.last, before = number, line["hash"]
    return found


def _wrong(line: Mapping[str, Any]) -> str:
    try:
        said = (
            line["number"], line["at_us"], line["message_id"], line["actor"], line["role"], line["via"], line["event"],
            to_text(line["recipients"]), line["comment"], to_text(line["detail"]),
        )  # fmt: skip
        if chained(bytes.fromhex(line["previous"]), said).hex() != line["hash"]:
            return Sentence("内容とハッシュが一致しません。", "its hash is not that of what it says")
        first = Sentence("最初の行より前に行があることになっています。", "the first line follows nothing")
        return "" if line["number"] != 1 or not int(line["previous"], 16) else first
    except (KeyError, TypeError, ValueError):
        return Sentence("行が完全ではありません。", "it is not whole")


def _rows(lines: Iterator[str]) -> Iterator[list[str]]:
    """The rows, with room for a long list of recipients. The limit is the process's, and the tables of policies rely on
    the narrow one: it is set back after every row.
    """
    rows = csv.reader(lines)
    while True:
        before = csv.field_size_limit(_LIMIT)
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise ValueError(f"line {rows.line_num}: {error}") from error
        finally:
            csv.field_size_limit(before)
        if row is None:
            return
        yield row


def _parsed(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("a line is no JSON object")
    return value


def _cell(value: object) -> str:
    text = to_text(value) if isinstance(value, list | dict) else str(value)
    return f"'{text}" if text.startswith(_RISKY) else text


def _uncelled(text: str) -> str:
    return text[1:] if text.startswith("'") else text
