"""Persons outside of tables: labelled values (氏名: ... / 電話: ...), address blocks, lists of names, vCards.

A name counts here only with something that makes it data: a label before it, an address or a phone beside it, or two
more names below it. Linear: each line is looked at with the few lines around it.
"""

from __future__ import annotations

import binascii
import itertools
import quopri
import re
from collections.abc import Iterator

from mailguard.inspect.personal.columns import IDENTIFIERS, bare_digits, read_value
from mailguard.inspect.personal.dates import date_in_cell
from mailguard.inspect.personal.finds import Finds
from mailguard.inspect.personal.grid import Grid
from mailguard.inspect.personal.heads import kind_of
from mailguard.inspect.personal.names import TITLE, plain_name
from mailguard.inspect.personal.people import People

_LABEL = re.compile(
    r"[ \t・■□●○◆◇*>\-【\[<]{0,4}([^\s::\]】>][^::\t\]】>\n]{0,23}?)[ \]】>]{0,3}(?:[::\t]|(?<=[\]】]))[ \t]*(\S[^\n]*)"
)
#: A label of one or two words that only blanks part from its value, as in forms: 氏名　山田太郎.
_SPACED = re.compile(r"[ \t・■□●○◆◇*>-]{0,4}([^\s:]{1,4}(?: ?[^\s:]){0,6}?) +([^\s:][^\n]*)")
_VALUED = frozenset({"phone", "email", "address", "birth"})
_NAME_LINE = re.compile(r"[ \t>・*■●○\-0-9.()]{0,6}([^\s0-9,.:;@、。][^\n0-9,:;@、。]{1,20}?)[ \t]*$")
_BESIDE = re.compile(
    r"[ \t>・*■●○\-.()]{0,6}(?:[0-9]{1,3}[.)] ?)?([^\s0-9@:、,/(〒][^0-9@:、,/(〒\t\n]{1,20}?)"
    r"[ 、,/(::\t]*(?=[0-9〒(+]|TEL|tel|[A-Za-z0-9._-]+@)"
)
_EVIDENCE = re.compile(
    r"[0-9](?<![0-9-].)(?:(?<=0)[0-9]{1,4}[-)( ][0-9]{1,4}[-)][0-9]{3,4}(?![0-9])|(?<=0)[5-9]0[0-9]{8}(?![0-9])"
    r"|[0-9]{2}-[0-9]{4}(?![0-9-]))"
)
#: What is one person's, an age, a birthday, an account, a paper, behind a name with other words between them.
_FACT = re.compile(
    r"[0-9] ?[歳才]|[0-9]日?(?:生まれ|生(?![活産徒前成え年]))|(?:普通|当座|口座)[^0-9\n]{0,8}[0-9]{4,8}(?![0-9])"
    r"|(?:保険証|被保険者|旅券|パスポート|免許証)[^0-9\n]{0,12}[0-9]"
)
_LEADING = re.compile(r"[ \t>・*■●○\-.()]{0,6}(?:[0-9]{1,3}[.)] ?)?([^\s0-9@:、,/(〒][^0-9@:、,/(〒\t\n]{1,40})")
_PLACE = re.compile(r"[都道府県市区郡][^\n]{1,30}[0-9]")
_REACHED = re.compile("[0-9@〒]")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")
_PHONE = re.compile(r"(?<![0-9-])0[0-9]{1,4}[-)( ]{0,2}[0-9]{1,4}[-) ]?[0-9]{3,4}(?![0-9-])")
_VCARD = re.compile(r"(?im)^BEGIN:VCARD[ \t]*$")
_HONOURED = re.compile(
    r"([一-龠々ヶ]{2,7}|[一-龠々ヶ]{1,4} [一-龠々ヶぁ-んァ-ヺ]{1,5}|[ァ-ヺー]{2,7} ?[ァ-ヺー]{2,7}) ?(?:様|さま|殿)"
)
#: What may stand after a bare "name:", which programs write as well.
_LIKE_A_NAME = re.compile(
    r"[A-Z][A-Za-z'.-]{1,20}(?: [A-Z][A-Za-z'.-]{0,20}){1,3}|[^\x00-\x7f][^\x00-\x1f0-9/:.@]{1,40}"
)
_AROUND = 3
#: A line of a form is no longer.
_FORM_LINE = 120
#: A line that is a name is no longer.
_NAME_MOST = 32
_LIST = 3
_AT_A_TIME = 20_000
_MOST_OF_A_CARD = 20_000
_IDENTIFYING = IDENTIFIERS | {"postal"}


def find_records(lines: Iterator[tuple[str, int]], finds: Finds, people: People, *, forms: bool = True) -> None:
    """Add the persons of lines outside of tables, each with its place. forms: as `may_be_form` says of them."""
    while some := list(itertools.islice(lines, _AT_A_TIME)):
        labels = [
            (match.group(1), match.group(2), offset + match.start(2))
            for line, offset in some
            if (":" in line or "】" in line or "]" in line) and (match := _LABEL.match(line)) is not None
        ]
        if forms:
            labels = sorted([*labels, *_spaced(some)], key=lambda one: one[2])
        if labels:
            _labelled(iter(labels), finds, people)
        _blocks(some, finds, people)


def may_be_form(text: str) -> bool:
    """Whether a label of a name may stand in a text with nothing but blanks behind it."""
    return "名 " in text or "名前 " in text


def holds_nobody(text: str, lines: list[str], digits: bool) -> bool:
    """Whether it is plain that `find_records` finds nothing in a text of these lines, none of which are a table's.

    digits: whether it has any. Without a number, an address or a label there must be a list of names.
    """
    if digits or may_be_form(text) or "@" in text or ":" in text or "〒" in text or "】" in text or "]" in text:
        return False
    if not text.isascii() and text.count("様") + text.count("殿") + text.count("さま") >= _LIST:
        return False
    short = [line for line in lines if 2 < len(line) <= _NAME_MOST]
    return len(short) < _LIST or len(set(filter(None, map(_named, short)))) < _LIST


def _named(line: str) -> str:
    """The name that a short line is; "" if it is none."""
    match = _NAME_LINE.match(line)
    return plain_name(match.group(1)) if match else ""


def find_vertical(grid: Grid, text: str, finds: Finds, people: People) -> None:
    """Add the persons of a table whose labels stand in its first column."""
    for column in range(1, min(max(map(len, grid.rows)), 200)):
        cells = (
            (row[0], row[column], max(text.find(row[column], offset), 0))
            for row, offset in zip(grid.rows, grid.offsets, strict=True)
            if column < len(row) and row[column]
        )
        _labelled(cells, finds, people)


def find_vcards(text: str, finds: Finds, people: People) -> None:
    """Add the persons of vCards (RFC 6350, and 2.1 as phones still write it)."""
    begins = [match.span() for match in _VCARD.finditer(text)]
    for (start, body), (after, _) in itertools.zip_longest(begins, begins[1:], fillvalue=(len(text), 0)):
        after = min(after, body + _MOST_OF_A_CARD)
        end = text.find("\nEND:VCARD", body, after)
        _vcard(text[body : end if end >= 0 else after], start, body, finds, people)


def _vcard(card: str, start: int, end: int, finds: Finds, people: People) -> None:
    name, identifiers = "", []
    for line in re.sub(r"=\n|\n[ \t]", "", card).split("\n"):
        key, _, value = line.partition(":")
        field, *options = key.upper().rpartition(".")[2].split(";")
        value = _unpacked(value.strip(), options)
        if not value:
            continue
        if field == "FN" or (field == "N" and not name):
            parts = value.replace(";", " ").split()
            shown = ("" if not value.isascii() else " ").join(parts)
            name = shown.replace(" ", "").lower()
            finds.add("person_name", shown, start, end)
        elif field in ("EMAIL", "TEL"):
            identifiers.append(value.lower() if field == "EMAIL" else bare_digits(value))
        elif field == "BDAY" and (born := date_in_cell(value)):
            finds.add("birth_date", born, start, end)
            identifiers.append(born)
        elif field == "ADR" and len(address := " ".join(value.replace(";", " ").split())) > 6:
            finds.add("postal_address", address, start, end)
            identifiers.append(address)
    people.add(name, identifiers)


def _unpacked(value: str, options: list[str]) -> str:
    """A value of a vCard 2.1 that is quoted-printable, as its charset says."""
    if not any("QUOTED-PRINTABLE" in option for option in options):
        return value
    charset = next((option.partition("=")[2] for option in options if option.startswith("CHARSET=")), "utf-8")
    try:
        return quopri.decodestring(value.encode("latin-1", "replace")).decode(charset, "replace")
    except (LookupError, ValueError, binascii.Error):
        return value


def _labelled(values: Iterator[tuple[str, str, int]], finds: Finds, people: People) -> None:
    """Records out of labels and values in order. A label that comes again begins a new record."""
    record: dict[str, str] = {}
    for label, shown, place in values:
        kind = kind_of(label)
        if kind == "weak_name":
            kind = "name" if _LIKE_A_NAME.fullmatch(shown.strip()) else ""
        if not kind or kind in ("other", "company"):
            continue
        if kind in record and kind not in ("phone", "email", "address"):
            _close(record, people)
            record = {}
        cell = shown.strip() if kind != "name" else _leading_name(shown.strip())
        what, value = read_value(kind, cell)
        if value:
            finds.add(what, value, place, place + len(cell))
        elif kind in ("email", "phone", "address", "person_id"):
            found = _EMAIL.search(cell) if kind == "email" else _PHONE.search(cell) if kind == "phone" else None
            value = found.group().lower() if found else cell if kind in ("address", "person_id") else ""
            value = bare_digits(value) if kind == "phone" else value
        if value:
            record.setdefault(kind, value)
    _close(record, people)


def _spaced(lines: list[tuple[str, int]]) -> Iterator[tuple[str, str, int]]:
    """Labels with a value behind blanks. A sentence may begin as one does, so what follows has to look like a value."""
    for line, offset in lines:
        match = _SPACED.match(line) if " " in line and len(line) < _FORM_LINE else None
        if match is None or _LABEL.match(line):
            continue
        shown, kind = match.group(2).strip(), kind_of(match.group(1).replace(" ", ""))
        is_name = kind in ("name", "weak_name") and plain_name(_leading_name(TITLE.sub("", shown)))
        if is_name or (kind in _VALUED and _REACHED.search(shown)):
            yield match.group(1).replace(" ", ""), shown, offset + match.start(2)


def _leading_name(shown: str) -> str:
    """The name with which a value begins, where more follows on the line."""
    words = shown.split(" ")
    if len(words) < 2 or plain_name(shown):
        return shown
    return next((some for some in (" ".join(words[:2]), words[0]) if plain_name(some)), shown)


def _close(record: dict[str, str], people: People) -> None:
    if "name" in record and len(record) > 1:
        identifiers = [value for kind, value in record.items() if kind in _IDENTIFYING]
        people.add(record["name"].replace(" ", "").lower(), identifiers)


def _blocks(lines: list[tuple[str, int]], finds: Finds, people: People) -> None:
    """Names with an address, a phone or a mail address beside them or in the next lines; and lists of names."""
    bare: list[tuple[int, str, int, int]] = []
    honoured: dict[str, tuple[int, int]] = {}
    for index, (line, offset) in enumerate(lines):
        if len(line) < 3:
            continue
        reached = _REACHED.search(line)
        match = _BESIDE.match(line) if reached and _reaches(line) else None
        if match and (name := plain_name(match.group(1))):
            _note(name, [line[match.end() :]], offset + match.start(1), match.group(1), finds, people)
        elif reached and (owner := _owner(line)) is not None:  # each fact has a figure
            shown, start = owner
            _note(plain_name(shown), [], offset + start, shown, finds, people)
        elif len(line) <= _NAME_MOST and (match := _NAME_LINE.match(line)) and (name := plain_name(match.group(1))):
            bare.append((index, name, offset + match.start(1), len(match.group(1))))
        elif "様" in line or "殿" in line:
            for one in _HONOURED.finditer(line):
                if name := plain_name(one.group(1)):
                    honoured[name] = (offset + one.start(1), offset + one.end(1))
    listed = len({name for _, name, _, _ in bare}) >= _LIST
    for index, name, start, length in bare:
        near = _near(lines, index)
        if near or listed:
            finds.add("person_name", name, start, start + length)
            people.add(name.lower(), _identifiers(near))
    if len(honoured) >= _LIST:
        for name, (start, end) in honoured.items():
            finds.add("person_name", name, start, end)
            people.add(name.lower(), [])


def _owner(line: str) -> tuple[str, int] | None:
    """The name with which a line begins that tells something of this person, and where; None if it is no such line."""
    fact = _FACT.search(line)
    match = _LEADING.match(line, 0, fact.start()) if fact else None
    shown = _leading_name(match.group(1).strip()) if match else ""
    return (shown, match.start(1)) if match and plain_name(shown) else None


def _note(name: str, near: list[str], start: int, shown: str, finds: Finds, people: People) -> None:
    finds.add("person_name", name, start, start + len(shown))
    people.add(name.lower().replace(" ", ""), _identifiers(near))


def _near(lines: list[tuple[str, int]], index: int) -> list[str]:
    """The lines around a name, up to an empty one, that hold an address or a number; none if there is none."""
    found: list[str] = []
    for step in (1, -1):
        for at in range(index + step, index + step * (_AROUND + 1), step):
            line = lines[at][0] if 0 <= at < len(lines) else ""
            if not line.strip() or (step < 0 and plain_name(line)):
                break
            if _is_evidence(line):
                found.append(line)
    return found


def _is_evidence(line: str) -> bool:
    """Whether a line holds an address, a phone or a mail address."""
    return _REACHED.search(line) is not None and _reaches(line)


def _reaches(line: str) -> bool:
    if "〒" in line or ("@" in line and _EMAIL.search(line)) or _EVIDENCE.search(line):
        return True
    return not line.isascii() and _PLACE.search(line) is not None


def _identifiers(near: list[str]) -> list[str]:
    text = "\n".join(near)
    phones = [bare_digits(match.group()) for match in _PHONE.finditer(text)]
    return [*(match.group().lower() for match in _EMAIL.finditer(text)), *(one for one in phones if len(one) >= 10)]
