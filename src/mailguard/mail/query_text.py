"""The filter language: one line of text to a typed query, once, at the border. Pure; the text is a stranger's.

`word "two words" from:ann@corp.example -to:partner.example state:held older:3d`: every term must hold, a minus turns
one around, a comma in a value means "or". All that is wrong is said at once: what, where, and what was probably meant.
Nothing that is misspelt is dropped in silence: an act over a filter would reach more than was meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from mailguard.mail.address import AddressError, ascii_domain, parse_address
from mailguard.mail.query import Key, Query, Term, fold
from mailguard.mail.query_words import (
    HAS_WORDS,
    IN,
    KEYS,
    PLACES,
    PLAIN,
    SIZES,
    SPANS,
    STATE_WORDS,
    meant,
)
from mailguard.mail.verdict import Because

_T = TypeVar("_T")

#: Longest query in characters, and most terms of one.
LONGEST, MOST = 500, 30
_QUOTES = '"“”„＂'
_MINUS = "-－−"
_COLONS = ":："
_NAME = re.compile(r"[^\W\d_][\w-]{0,39}")
_AGE = re.compile(r"(\d{1,5})\s*([a-z]{1,3}|秒|分|時間|日|週間|週)")
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]{0,2})")
_LONGEST_AGE = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class QueryProblem:
    """What is wrong. at: where it begins, in characters from the start; length: of the piece. fixed: the whole text
    with what was probably meant, "" if nobody can tell.
    """

    because: Because
    at: int
    length: int
    fixed: str = ""


class QueryError(ValueError):
    """The text is no query; everything that is wrong with it, in the order of the text."""

    def __init__(self, problems: Sequence[QueryProblem]) -> None:
        super().__init__("; ".join(f"character {one.at + 1}: {one.because.en}" for one in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One term as it stands in the text. key "": a bare word; key_at: where its key begins. values: unquoted."""

    at: int
    end: int
    negated: bool
    key: str
    key_at: int
    values: tuple[str, ...]
    quoted: bool


class _Wrong(Exception):
    """One thing that is wrong. old, new: of a likely mend within the piece."""

    def __init__(self, ja: str, en: str, old: str = "", new: str = "") -> None:
        super().__init__(en)
        self.because, self.old, self.new = Because(ja, en), old, new


def parse_query(text: str, now: datetime, timezone: str) -> Query:
    """The query that a text says. now, timezone: what ages and dates count from. Raises QueryError."""
    text = "".join(" " if unicodedata.category(ch) in ("Cc", "Cs") else ch for ch in text)
    if len(text) > LONGEST:
        raise QueryError([_long(text)])
    terms: list[Term] = []
    problems: list[QueryProblem] = []
    place: tuple[Key, _Piece] | None = None
    for piece in _pieces(text):
        try:
            if piece.key.casefold() in IN and not piece.negated:
                place = _place(piece), piece
            else:
                terms.append(_term(piece, now, timezone))
        except _Wrong as wrong:
            problems.append(_problem(text, piece, wrong))
    if place is not None and not any(term.key is Key.WORD for term in terms):
        nothing = _Wrong("in: には探す語も必要です。", "in: needs a word to look for.")
        problems.append(_problem(text, place[1], nothing))
    if len(terms) > MOST:
        problems.append(QueryProblem(Because(f"条件は{MOST}個までです。", f"At most {MOST} terms."), 0, len(text)))
    if problems:
        raise QueryError(sorted(problems, key=lambda one: one.at))
    if place is not None:
        terms = [replace(term, key=place[0]) if term.key is Key.WORD else term for term in terms]
    return Query(tuple(terms))


def _long(text: str) -> QueryProblem:
    said = Because(f"検索条件は{LONGEST}文字までです。", f"A filter has at most {LONGEST} characters.")
    return QueryProblem(said, LONGEST, len(text) - LONGEST)


def _problem(text: str, piece: _Piece, wrong: _Wrong) -> QueryProblem:
    fixed = ""
    if wrong.new:
        whole = text[piece.at : piece.end]
        fixed = text[: piece.at] + whole.replace(wrong.old, wrong.new, 1) + text[piece.end :]
    return QueryProblem(wrong.because, piece.at, piece.end - piece.at, fixed)


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        piece = _piece(text, at)
        yield piece
        at = piece.end


def _piece(text: str, start: int) -> _Piece:
    at = start
    negated = text[at] in _MINUS and at + 1 < len(text) and not text[at + 1].isspace()
    at += negated
    key, key_at = "", at
    name = _NAME.match(text, at)
    if name and name.end() < len(text) and text[name.end()] in _COLONS and _is_key(name[0], text, name.end() + 1):
        key, at = name[0], name.end() + 1
    values, end, quoted = _values(text, at, split=bool(key))
    return _Piece(start, end, negated, key, key_at, values, quoted)


def _is_key(name: str, text: str, behind: int) -> bool:
    """Whether what stands before a colon is meant as a key: `Re:` and `https:` are ordinary words."""
    return name.casefold() not in PLAIN and not text.startswith("//", behind)


def _values(text: str, at: int, *, split: bool) -> tuple[tuple[str, ...], int, bool]:
    """The values from here to the next blank outside quotes; with split, a comma ends one."""
    values, value, quoted, open_ = list[str](), "", False, False
    while at < len(text) and (open_ or not text[at].isspace()):
        if text[at] in _QUOTES:
            open_, quoted = not open_, True
        elif split and not open_ and text[at] in ",，、":
            values.append(value)
            value = ""
        else:
            value += text[at]
        at += 1
    values.append(value)
    return (tuple(values), at, quoted) if not open_ else (("\0",), at, True)


def _term(piece: _Piece, now: datetime, timezone: str) -> Term:
    if piece.values == ("\0",):
        raise _Wrong("引用符が閉じられていません。", "A quotation mark is not closed.")
    key = _key(piece)
    values = tuple(" ".join(value.split()) for value in piece.values)
    if not all(values):
        if key is Key.WORD:
            raise _Wrong("引用符の中が空です。", "There is nothing between the quotation marks.")
        raise _Wrong(
            f"{piece.key}: の後に値が必要です(空白を入れずに書きます)。",
            f"{piece.key}: needs a value, without a blank before it.",
        )
    term = _read(key, piece.key, values, now, timezone)
    return replace(term, negated=piece.negated)


def _key(piece: _Piece) -> Key:
    if not piece.key:
        return Key.WORD
    name = unicodedata.normalize("NFKC", piece.key).casefold()
    key = KEYS.get(name)
    if key is not None:
        return key
    if name in IN:
        raise _Wrong("in: は否定できません。", "in: cannot be turned around.")
    near = meant(name, [*KEYS, *IN])
    if near:
        raise _Wrong(
            f"「{piece.key}:」という条件はありません。「{near}:」のことですか。",
            f'"{piece.key}:" is not known; did you mean "{near}:"?',
            piece.key,
            near,
        )
    raise _Wrong(
        f"「{piece.key}:」という条件はありません。そのまま探すには引用符で囲みます。",
        f'"{piece.key}:" is not known; to search for it as it stands, put it in quotation marks.',
    )


def _read(key: Key, said: str, values: tuple[str, ...], now: datetime, timezone: str) -> Term:
    if key in (Key.WORD, Key.SUBJECT, Key.FILE, Key.TEXT):
        return Term(key, tuple(fold(value) for value in values))
    if key in (Key.FROM, Key.TO):
        return Term(key, tuple(_party(value) for value in values))
    if key is Key.RULE:
        return Term(key, values)
    if key is Key.STATE:
        return Term(key, tuple(dict.fromkeys(state for value in values for state in _states(value))))
    if key is Key.HAS:
        return Term(key, tuple(_has(value) for value in values))
    if len(values) > 1:
        raise _Wrong(f"{said}: の値は一つだけです。", f"{said}: takes one value.")
    if key in (Key.LARGER, Key.SMALLER):
        return Term(key, octets=_octets(said, values[0]))
    return Term(key, moment=_moment(said, values[0], now, timezone))


def _party(value: str) -> str:
    """An address as its key, a domain as `@domain`, or a piece of an address as it is folded."""
    value = unicodedata.normalize("NFKC", value).strip("<>")
    local, at, domain = value.rpartition("@")
    if at and local:
        try:
            return parse_address(value).key
        except AddressError:
            raise _Wrong(f"「{value}」はメールアドレスではありません。", f'"{value}" is no mail address.') from None
    if at or "." in value:
        return f"@{ascii_domain(domain)}"
    return fold(value)


def _states(value: str) -> tuple[str, ...]:
    return _one_of(value, STATE_WORDS, "状態", "state")


def _has(value: str) -> str:
    return _one_of(value, HAS_WORDS, "has: の値", "value of has:")


def _place(piece: _Piece) -> Key:
    return _one_of(piece.values[0], PLACES, "in: の値", "value of in:")


def _one_of(value: str, words: dict[str, _T], ja: str, en: str) -> _T:
    found = words.get(fold(value))
    if found is not None:
        return found
    near = meant(fold(value), words)
    known = ", ".join(word for word in words if word.isascii())
    if near:
        raise _Wrong(
            f"「{value}」という{ja}はありません。「{near}」のことですか。",
            f'"{value}" is no {en}; did you mean "{near}"?',
            value,
            near,
        )
    raise _Wrong(f"「{value}」という{ja}はありません: {known}", f'"{value}" is no {en}: use {known}.')


def _octets(said: str, value: str) -> int:
    match = _SIZE.fullmatch(fold(value))
    if match is None or match[2] not in SIZES:
        raise _Wrong(f"{said}: の値は 5MB や 300KB のように書きます。", f"{said}: takes a size such as 5MB or 300KB.")
    return int(float(match[1]) * SIZES[match[2]])


def _moment(said: str, value: str, now: datetime, timezone: str) -> datetime:
    value = fold(value)
    match = _AGE.fullmatch(value)
    if match is not None and match[2] in SPANS:
        length = int(match[1]) * SPANS[match[2]]
        if length <= _LONGEST_AGE:
            return now - length
    elif re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return datetime.combine(date.fromisoformat(value), time(), ZoneInfo(timezone)).astimezone(now.tzinfo)
        except (ValueError, OverflowError):
            pass
    raise _Wrong(
        f"{said}: の値は 30m、4h、3d、3日 または 2026-11-20 のように書きます。",
        f"{said}: takes an age such as 30m, 4h or 3d, or a day such as 2026-11-20.",
    )
