"""All texts of a mail searched for personal data: distinct values of each class, masked examples, number of persons.

Texts are folded first; each class has its own detector. What a check digit or a form of its own proves counts
everywhere, since it leaves the company from a quoted text too; how to reach people counts in the sender's own words and
files, and in quoted history only where that is itself a list of people. Values stay in memory: who stores or prints
facts masks them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from mailguard.inspect import gates
from mailguard.inspect.content import Piece
from mailguard.inspect.personal.columns import find_columns, vertical
from mailguard.inspect.personal.context import MY_NUMBER_WORD, Context
from mailguard.inspect.personal.finds import Finds
from mailguard.inspect.personal.fold import fold, has_digits
from mailguard.inspect.personal.grid import NO_GRIDS, Grid, Grids, grids_of, holds_no_table, plain_lines
from mailguard.inspect.personal.invited import told_apart
from mailguard.inspect.personal.mails import find_mail_addresses
from mailguard.inspect.personal.marks import Shown, mask
from mailguard.inspect.personal.numbers import find_numbers
from mailguard.inspect.personal.papers import find_born, find_ibans, find_papers
from mailguard.inspect.personal.people import People
from mailguard.inspect.personal.places import find_places
from mailguard.inspect.personal.records import find_records, find_vcards, find_vertical, holds_nobody, may_be_form
from mailguard.inspect.personal.transfers import find_transfers
from mailguard.mail.facts import CLASSES, ClassCount, Match
from mailguard.mail.values import value

_EXAMPLES = 5
#: Texts of so many characters may lie in memory twice, once in lines.
_SHORT = 64 * 1024
#: Signatures and names of so many characters are remembered: a sender's mails end alike.
_REMEMBERED = 1500
#: And texts that are as short as a subject: mails of a thread have the same.
_SUBJECT = 200
_LINE = re.compile("[^\n]+")
#: A line in which nothing is said of anybody: as most subjects are.
_NOTHING = re.compile("[^0-9@〒::】\\]\t\n様殿市区町村郡]*+")
#: How to reach people: not counted in signatures and names of files, nor in quoted history that is no list of people.
CONTACT = frozenset({"phone", "email_address", "postal_address", "postal_code", "person_name", "birth_date"})
_COUNTED_APART = frozenset(CLASSES) - CONTACT
#: Each of these belongs to one person, as a birth date has many, but a person only one; phones do not (an office has
#: many), but mobile phones do.
_ONE_EACH = ("my_number", "payment_card", "email_address", "passport", "driving_licence", "us_ssn", "birth_date")
#: So many people in quoted history are a list.
_LIST = 5
_TELL_A_LIST = ("email_address", "person_name", "birth_date", "postal_address")
#: So many people in the headers of quoted mails are a list as well.
_MOST_QUOTED = 30
_ADDRESS = re.compile(r"[^\s<>,;:()\[\]\"]{1,64}@[^\s<>,;:()\[\]\"]{3,100}")
_PHONE = re.compile(r"(?<![0-9])0[0-9]{1,4}[- ]?[0-9]{2,4}[- ]?[0-9]{3,4}(?![0-9])")
_QUOTED_HEADER = re.compile(
    r"(?im)^[ \t>*]*(?:from|to|cc|bcc|reply-to|sent|date|subject|差出人|送信者|宛先|受信者|送信日時|日時|"
    r"件名|返信先)[ *]*:"
    r"[^\n]*(?:\n[ \t>][^\n@]*@[^\n]*)*"
    r"|^(?=[^\n]*+(?<=[ :>eルた]))[^\n]{0,200}(?:wrote|のメール|さんは書きました|>)[ :]*$"
)  # fmt: skip


@value(frozen=True, slots=True)
class Found:
    """classes: only those that occur; persons: how many people the data are about, at least; matches: to show."""

    classes: dict[str, ClassCount]
    persons: int
    matches: tuple[Match, ...] = ()


@dataclass(slots=True)
class _Total:
    pieces: list[Piece]
    opened: int = gates.ALL
    invited: frozenset[str] = frozenset()  # addresses that are nobody's data in the mail's own texts
    values: dict[str, dict[str, None]] = field(default_factory=lambda: {name: {} for name in CLASSES})
    people: People = field(default_factory=People)
    shown: Shown = field(default_factory=Shown)
    said: bool | None = None

    def speaks(self) -> bool:
        """Whether the sender's own words speak of My Numbers: asked for seldom, and looked for once."""
        if self.said is None:
            self.said = any(MY_NUMBER_WORD.search(piece.text) for piece in self.pieces if piece.role == "")
        return self.said


def search(pieces: Iterable[Piece], most_values: int, opened: int = gates.ALL) -> Found:
    """Search texts; at most `most_values` values of each class are kept, all distinct ones are counted. opened: the
    gates of all of them.
    """
    pieces = list(pieces)
    invited: frozenset[str] = frozenset()
    if any("VCALENDAR" in piece.text for piece in pieces):
        pieces, named, invited = told_apart(pieces)
        pieces += named
    total = _Total(pieces, opened, invited)
    asides: dict[str, list[tuple[str, str]]] = {}
    addressed: list[tuple[str, str]] = []
    for piece in pieces:
        if piece.role in ("quoted", "beside"):
            asides.setdefault(piece.role, []).append((piece.where, fold(piece.text)))
        elif piece.role == "addressed":
            addressed.append((piece.where, fold(piece.text)))
        else:
            _piece(piece, total)
    for some in asides.values():
        _aside(some, total)
    _addressed(addressed, total)
    values = total.values
    mobiles = sum(1 for phone in values["phone"] if phone[:3] in ("060", "070", "080", "090"))
    persons = max(total.people.count, mobiles, *(len(values[name]) for name in _ONE_EACH))
    classes = {name: _count(name, list(some), most_values) for name, some in values.items() if some}
    return Found(classes, persons, tuple(total.shown.matches))


def _count(name: str, values: list[str], most: int) -> ClassCount:
    examples = tuple(mask(name, value) for value in values[:_EXAMPLES])
    return ClassCount(tuple(values[:most]), examples, len(values) if len(values) > most else 0)


class _Depends(Exception):
    """What is found in a text depends on the mail around it."""


def _piece(piece: Piece, total: _Total) -> None:
    apart = piece.role in ("signature", "name")
    if apart and len(piece.text) <= _REMEMBERED:
        try:
            text, finds = _alone(piece.text)
        except _Depends:
            pass
        else:
            _take(piece.where, text, finds, total, _COUNTED_APART)
            return
    if len(piece.text) <= _SUBJECT and _holds_nothing(piece.text):
        return
    text = fold(piece.text)
    finds = Finds()
    people = People() if apart else total.people
    opened = total.opened if text == piece.text else gates.ALL
    _look(text, finds, people, lambda: MY_NUMBER_WORD.search(piece.where) is not None or total.speaks(), opened)
    if total.invited and piece.role != "file":
        finds.leave_out("email_address", total.invited)
    _take(piece.where, text, finds, total, _COUNTED_APART if apart else CLASSES)


@functools.lru_cache(maxsize=512)
def _alone(text: str) -> tuple[str, Finds]:
    """A text folded, and what it holds, which nobody changes any more. Raises _Depends where it cannot be said of it
    alone."""
    folded, finds = fold(text), Finds()
    _look(folded, finds, People(), _ask)
    return folded, finds


@functools.lru_cache(maxsize=512)
def _holds_nothing(text: str) -> bool:
    """Whether there is nothing to be found in a text, whatever stands around it."""
    finds, people = Finds(), People()
    try:
        _look(fold(text), finds, people, _ask)
    except _Depends:
        return False
    return not finds.values and not finds.spots and people == People()


def _ask() -> bool:
    raise _Depends


def _aside(texts: list[tuple[str, str]], total: _Total) -> None:
    """Quoted history, all of it, or what stands beside the texts: its headers and signatures are no data about people,
    a list of customers in it is, in however many pieces."""
    people, values, looked = People(), _Total([]).values, []
    for (where, _), bare in zip(texts, _without_headers([text for _, text in texts]), strict=True):
        finds = Finds()
        _look(bare, finds, people, total.speaks)
        looked.append((where, bare, finds))
        for name in CONTACT:
            values[name].update(finds.values.get(name, {}))
    mobiles = sum(1 for phone in values["phone"] if phone[:3] in ("060", "070", "080", "090"))
    is_list = max(people.count, mobiles, *(len(values[name]) for name in _TELL_A_LIST)) >= _LIST
    for where, bare, finds in looked:
        if is_list:
            _look(bare, Finds(), total.people, total.speaks)
        _take(where, bare, finds, total, CLASSES if is_list else _COUNTED_APART)


def _without_headers(texts: list[str]) -> list[str]:
    """Texts without the fields of mails quoted in them: blanks instead. Whoever writes telephone numbers or very many
    addresses into such fields writes a list."""
    addresses: set[str] = set()

    def blank(match: re.Match[str]) -> str:
        addresses.update(_ADDRESS.findall(match.group()))
        return match.group() if _PHONE.search(match.group()) else " " * len(match.group())

    bare = [_QUOTED_HEADER.sub(blank, text) for text in texts]
    return texts if len(addresses) > _MOST_QUOTED else bare


def _addressed(texts: list[tuple[str, str]], total: _Total) -> None:
    """Between whom mails inside went and who is invited: no data about people, unless telephone numbers stand there or
    very many addresses.
    """
    addresses = {one.rpartition("=")[2].lower() for _, text in texts for one in _ADDRESS.findall(text)}
    is_list = len(addresses) > _MOST_QUOTED or any(_PHONE.search(text) for _, text in texts)
    for where, text in texts:
        finds = Finds()
        _look(text, finds, total.people if is_list else People(), total.speaks)
        _take(where, text, finds, total, CLASSES if is_list else _COUNTED_APART)


def _take(where: str, text: str, finds: Finds, total: _Total, counted: Collection[str]) -> None:
    for name, values in finds.values.items():
        if name in counted:
            total.values[name].update(values)
    if finds.spots:
        total.shown.add(where, text, finds, counted)


def _look(
    text: str, finds: Finds, people: People, hint: Callable[[], bool] = lambda: False, opened: int = gates.ALL
) -> None:
    """Everything that a folded text holds. Most mail has nothing, and must cost nothing: each step has its gate.

    opened: the gates of the text.
    """

    def each(grid: Grid) -> None:
        if vertical(grid):
            find_vertical(grid, text, finds, people)
        else:
            find_columns(grid, text, finds, people)

    if _NOTHING.fullmatch(text):
        return
    digits, grids, lines = has_digits(text), NO_GRIDS, None
    bare = text.split("\n") if len(text) <= _SHORT else None
    if bare is None or not holds_no_table(text, bare, bool(opened & gates.SPACES)):
        lines = list(plain_lines(text)) if bare is not None else None
        grids = grids_of(text, each, lines)
    if "@" in text:
        find_mail_addresses(text, finds)
    if digits:
        _find_numbers(text, grids, hint, finds, opened)
        find_transfers(text, finds, people)
    if not text.isascii() or (digits and opened & gates.PLACE and ("-ku" in text or "Japan" in text)):
        find_places(text, finds)
    if bare is None or grids.all or not holds_nobody(text, bare, digits):
        if lines is None and bare is not None:
            lines = list(plain_lines(text))
        outside = _outside(text, grids) if grids.all or lines is None else iter(lines)
        find_records(outside, finds, people, forms=may_be_form(text))
    if opened & gates.CARD and ":" in text and ("VCARD" in text or "vcard" in text):
        find_vcards(text, finds, people)


def _find_numbers(text: str, grids: Grids, hint: Callable[[], bool], finds: Finds, opened: int) -> None:
    """What has digits in it."""
    find_numbers(Context(text, grids, hint), finds)
    if opened & gates.PAPER:
        find_papers(text, finds)
    if "生" in text:
        find_born(text, finds)
    if opened & gates.IBAN:
        find_ibans(text, finds)


def _outside(text: str, grids: Grids) -> Iterator[tuple[str, int]]:
    """The lines outside of tables, with their places. Tables leave an empty line, and so do empty lines."""
    bounds = [(grid.start, grid.end) for grid in grids.all if grid.mark]
    position = 0
    for start, end in [*bounds, (len(text), len(text))]:
        for match in _LINE.finditer(text, position, start):
            if match.start() > position + 1:
                yield "", position
            position = match.end()
            yield match.group(), match.start()
        position = end
        yield "", position
