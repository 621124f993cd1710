"""A CSV file of people as entries: columns by their heads, in English or Japanese, several values in one cell.

The file comes out of a personnel system or a spreadsheet: unknown columns are left alone, but one that is nearly a
known one is a typing error. Every bad cell is a problem with its line and column; nothing is skipped in silence.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.saying import Sentence
from mailguard.policy.days import Span, parse_span
from mailguard.policy.lists import no_csv, not_an_address
from mailguard.policy.marks import PROBLEMS_MAX, Marks, Path, Problem
from mailguard.policy.schema.people import PersonModel

_HEADS = {
    "address": "address email e-mail mail アドレス メールアドレス メール",
    "name": "name displayname 氏名 名前 表示名",
    "manager": "manager boss 上長 上司 承認者",
    "delegates": "delegates delegate deputy 代理 代理人 代理者 代行者 代理承認者",
    "groups": "groups group department グループ 部署 部門 所属",
    "away": "away absent absence 不在 不在期間 不在日",
    "aliases": "aliases alias 別名 別アドレス エイリアス",
    "members": "members member 共有メンバー メンバー 利用者",
}
_KNOWN = {head: key for key, heads in _HEADS.items() for head in heads.split()}
_SEPARATORS = re.compile(r"[;；、\s]+")
#: The name of a group may hold blanks.
_GROUP_SEPARATORS = re.compile(r"\s*[;；、]\s*")


@dataclass(slots=True)  # not frozen, nor is Entry: there is one a line, and that takes a third of the time
class Place:
    """Where an entry stands: in a CSV file a line and the columns of its keys, in YAML a path and the marks."""

    file: str
    line: int = 0
    columns: dict[str, int] | None = None
    marks: Marks | None = None
    path: Path = ()

    def problem(self, key: str, message: str) -> Problem:
        """What is wrong with the value of that key."""
        if self.marks is not None:
            return self.marks.problem(self.file, (*self.path, key), message)
        return Problem(self.file, self.line, (self.columns or {}).get(key, 0) + 1, message)

    @property
    def short(self) -> str:
        """`file:line`, for speaking of it elsewhere."""
        line = self.line if self.marks is None else self.marks.at(self.path)[0]
        return f"{self.file}:{line}"


@dataclass(slots=True)
class Entry:
    """What one place says of one person; addresses are keys."""

    address: str
    place: Place
    name: str = ""
    manager: str = ""
    delegates: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    away: tuple[Span, ...] = ()
    aliases: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    member_groups: tuple[str, ...] = ()


def entry_of(model: PersonModel, place: Place) -> Entry:
    """A person written out in a policy file."""
    return Entry(
        model.address,
        place,
        model.name or "",
        model.manager or "",
        model.delegates,
        model.groups,
        model.absences(),
        model.aliases,
        model.members,
        model.member_groups,
    )


def entries_of(file: str, text: str, problems: list[Problem]) -> Iterator[Entry]:
    """The entries of a CSV file; what is wrong with them is added to `problems`, at most PROBLEMS_MAX. Raises
    ValueError on what is no CSV at all.
    """
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    found: list[Problem] = []
    try:
        columns = _columns(file, next(rows, []), found)
        for row in rows if "address" in columns else ():
            if len(found) >= PROBLEMS_MAX:
                break
            if any(cell.strip() for cell in row):
                entry = _entry(row, Place(file, rows.line_num, columns), columns, found)
                if entry is not None:
                    yield entry
    except csv.Error as error:
        raise ValueError(no_csv(error)) from error
    finally:
        problems.extend(found)


def _delimiter(text: str) -> str:
    """Tabs if the head has them: what a spreadsheet copies."""
    head = text.partition("\n")[0]
    return "\t" if "\t" in head and "," not in head else ","


def _columns(file: str, heads: Sequence[str], problems: list[Problem]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, cell in enumerate(heads):
        head = unicodedata.normalize("NFKC", cell).strip().casefold()
        key = _KNOWN.get(head)
        if key is None:
            near = _nearly(head)
            if near:
                said = Sentence(
                    "列{head!r}はありません。{near!r}の間違いではありませんか。",
                    "unknown column {head!r}, did you mean {near!r}?",
                    head=head[:40],
                    near=near,
                )
                problems.append(Problem(file, 1, at + 1, said))
        elif key in columns:
            said = Sentence("列{key!r}が2つあります。", "column {key!r} is there twice", key=key)
            problems.append(Problem(file, 1, at + 1, said))
        else:
            columns[key] = at
    if "address" not in columns:
        said = Sentence(
            "1行目に列の名前を書いてください。その1つは「{ja}」({en})です。",
            "the first line must name the columns, one of them {en} ({ja})",
            en="address",
            ja="アドレス",
        )
        problems.append(Problem(file, 1, 1, said))
    return columns


def _nearly(head: str) -> str:
    """The known head that was surely meant: one slip away. Short, numbered and Japanese heads are left alone."""
    if len(head) < 4 or not head.isascii() or not head.replace("-", "").isalpha():
        return ""
    return next((known for known in _KNOWN if DamerauLevenshtein.distance(head, known) == 1), "")


def _entry(row: list[str], place: Place, columns: dict[str, int], problems: list[Problem]) -> Entry | None:
    before = len(problems)
    cells = {key: text for key, at in columns.items() if at < len(row) and (text := row[at].strip())}
    entry = Entry(
        _address(cells.get("address", ""), "address", place, problems),
        place,
        cells.get("name", ""),
        _address(cells["manager"], "manager", place, problems) if "manager" in cells else "",
        _addresses(cells, "delegates", place, problems),
        tuple(filter(None, _GROUP_SEPARATORS.split(cells["groups"]))) if "groups" in cells else (),
        _away(cells["away"], place, problems) if "away" in cells else (),
        _addresses(cells, "aliases", place, problems),
        _addresses(cells, "members", place, problems),
    )
    return entry if len(problems) == before else None


def _addresses(cells: dict[str, str], key: str, place: Place, problems: list[Problem]) -> tuple[str, ...]:
    if key not in cells:
        return ()
    return tuple(_address(one, key, place, problems) for one in _SEPARATORS.split(cells[key]) if one)


def _address(text: str, key: str, place: Place, problems: list[Problem]) -> str:
    if not text:
        problems.append(place.problem(key, Sentence("この行にアドレスがありません。", "no address in this line")))
        return ""
    try:
        return _key(text)
    except AddressError as error:
        problems.append(place.problem(key, not_an_address(text, error)))
        return ""


@lru_cache(65_536)
def _key(text: str) -> str:
    """Cached: each manager stands in many lines, and the file is read again whenever it changes."""
    return parse_address(text).key


def _away(text: str, place: Place, problems: list[Problem]) -> tuple[Span, ...]:
    found: list[Span] = []
    for part in _SEPARATORS.split(text):
        try:
            if part:
                found.append(parse_span(part))
        except ValueError as error:
            problems.append(place.problem("away", str(error)))
    return tuple(found)
