"""Named lists of domains and addresses: inline, from .txt (one a line) and from .csv (a column, by its head or
the first).

Files are the operator's and may be large or broken: size and lines are bounded, each bad line is a problem with
its place, and nothing is skipped in silence. Looking an address up costs the same for ten entries as for a
hundred thousand.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from mailguard.mail.address import Address, AddressError, ascii_domain, parse_address
from mailguard.mail.saying import Sentence
from mailguard.policy.marks import PROBLEMS_MAX, Problem
from mailguard.policy.patterns import compile_globs

FILE_MAX, LINES_MAX = 64 * 2**20, 1_000_000
#: Heads of a CSV column that holds addresses or domains, folded.
_HEADS = frozenset(
    {
        "domain",
        "domains",
        "address",
        "addresses",
        "email",
        "e-mail",
        "mail",
        "ドメイン",
        "アドレス",
        "メールアドレス",
        "メール",
    }
)


class Entry(NamedTuple):
    """One line of a list file with its place."""

    text: str
    line: int
    column: int


#: Names in normal form, as the keys of a dictionary: the collector of garbage passes those over.
Names = dict[str, None]


class NameList:
    """Domains and addresses, exact or as globs, compared by their normal form."""

    def __init__(self, domains: Iterable[str] = (), addresses: Iterable[str] = ()) -> None:
        """The entries must be in normal form: see `normal_domain`, `normal_address`. Raises ValueError on too
        many globs.
        """
        # One table for both: no domain has an @. Dictionaries of mere text, unlike sets, are passed over by the
        # collector of garbage, which would otherwise stop everything to look at a hundred thousand entries.
        self._exact: Names = {}
        self._suffixes: Names = {}
        domain_globs, address_globs = set(), set()
        for domain in domains:
            if not is_glob(domain):
                self._exact[domain] = None
            elif domain.startswith("*.") and not is_glob(domain[2:]):
                self._suffixes[domain[1:]] = None
            else:
                domain_globs.add(domain)
        for address in addresses:
            if is_glob(address):
                address_globs.add(address)
            else:
                self._exact[address] = None
        self._globs = frozenset(domain_globs | address_globs)
        self._domain_globs: Any = compile_globs(domain_globs)
        self._address_globs: Any = compile_globs(address_globs)
        self._parts: tuple[NameList, ...] = ()

    @classmethod
    def union(cls, lists: Iterable[NameList]) -> NameList:
        """What is in any of these lists. They are asked one after the other: large ones are not copied."""
        joined = cls()
        joined._parts = tuple(lists)
        return joined

    @property
    def entries(self) -> Iterator[str]:
        """All entries in normal form; one that stands in several parts comes several times."""
        yield from self._exact
        yield from self._globs
        yield from ("*" + suffix for suffix in self._suffixes)
        for part in self._parts:
            yield from part.entries

    def has(self, address: Address) -> bool:
        """Whether the address, or its domain, is in the list."""
        return self._has(address) or any(part.has(address) for part in self._parts)

    def _has(self, address: Address) -> bool:
        domain = address.ascii_domain
        if domain in self._exact or address.key in self._exact:
            return True
        if self._suffixes and any(suffix in self._suffixes for suffix in suffixes(domain)):
            return True
        if self._domain_globs is not None and self._domain_globs.fullmatch(domain.encode()) is not None:
            return True
        globs = self._address_globs
        return globs is not None and globs.fullmatch(address.key.encode("utf-8", "replace")) is not None


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in normal form with its place."""

    name: str
    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A named list as people wrote it. place: of its name; used: whether a rule asks it; lines: only if asked for."""

    names: NameList
    place: Problem
    used: bool
    lines: tuple[Line, ...] = ()


def is_glob(text: str) -> bool:
    """Whether the entry stands for more than itself."""
    return "*" in text or "?" in text


def suffixes(domain: str) -> Iterator[str]:
    """`.b.c` and `.c` of `a.b.c`."""
    at = domain.find(".")
    while at >= 0:
        yield domain[at:]
        at = domain.find(".", at + 1)


#: What is in normal form already: plain lower-case names, as nearly all entries of long lists are.
_PLAIN_DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NORMAL_DOMAIN = re.compile(_PLAIN_DOMAIN)
_NORMAL_ADDRESS = re.compile(rf"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@{_PLAIN_DOMAIN}")
_PLAIN_MAX = 64
#: The full-width one makes no address, but shows that one was meant.
_AT = re.compile("[@\uff20]")


def not_an_address(text: str, error: Exception) -> str:
    """What is said of a text that should be an address. error: why it is none."""
    return Sentence(
        "{text!r}はアドレスではありません: {error}", "{text!r} is not an address: {error}", text=text[:60], error=error
    )


def no_csv(error: Exception) -> str:
    """What is said of a file that is no CSV."""
    return Sentence("CSVとして読めません({error})。", "not CSV: {error}", error=error)


def normal_domain(text: str) -> str:
    """A domain or a glob over domains in normal form. Raises ValueError."""
    if len(text) <= _PLAIN_MAX and _NORMAL_DOMAIN.fullmatch(text):
        return text
    text = text.strip().rstrip(".")
    if text.lstrip("*").startswith("@"):
        raise ValueError(
            Sentence(
                "{text!r}はドメインではありません。@を付けずに書いてください。",
                "{text!r} is not a domain: write it without its @",
                text=text[:60],
            )
        )
    if _AT.search(text):
        raise ValueError(
            Sentence(
                "{text!r}はアドレスです。addresses の下(条件の中では address:)に書いてください。",
                "{text!r} is an address: write it under addresses (address: in a condition)",
                text=text[:60],
            )
        )
    labels = [label if is_glob(label) else ascii_domain(label) for label in text.split(".")]
    domain = ".".join(labels).lower()
    try:
        parse_address("x@" + domain.replace("*", "x").replace("?", "x"))
    except AddressError as error:
        raise ValueError(
            Sentence(
                "{text!r}はドメインではありません: {error}",
                "{text!r} is not a domain: {error}",
                text=text[:60],
                error=error,
            )
        ) from error
    return domain


def normal_address(text: str) -> str:
    """An address or a glob over addresses in normal form. Raises ValueError."""
    if len(text) <= _PLAIN_MAX and _NORMAL_ADDRESS.fullmatch(text):
        return text
    text = text.strip()
    local, _, domain = text.rpartition("@")
    if not _AT.search(text):
        raise ValueError(
            Sentence(
                "{text!r}はアドレスではありません。ドメインなら domains の下(条件の中では domain:)に書いてください。",
                "{text!r} is not an address: write a domain under domains (domain: in a condition)",
                text=text[:60],
            )
        )
    if not is_glob(text):
        try:
            return parse_address(text).key
        except AddressError as error:
            raise ValueError(not_an_address(text, error)) from error
    return f"{local.lower()}@{normal_domain(domain)}"


def text_of(octets: bytes) -> str:
    """The text of a list file: UTF-8, else cp932 (what a Japanese Excel writes), or UTF-16 by its mark (an editor's
    "Unicode", which is cp932 by its octets, and nonsense). Raises ValueError.
    """
    marked = octets[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    try:
        text = octets.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = octets.decode("cp932")
        except UnicodeDecodeError as error:
            raise ValueError(
                Sentence(
                    "文字コードがUTF-8でもShift_JISでもありません。UTF-8で保存してください。",
                    "neither UTF-8 nor Shift_JIS: save it as UTF-8",
                )
            ) from error
    if text.count("\n") > LINES_MAX:
        raise ValueError(Sentence("{most}行を超えています。", "more than {most} lines", most=LINES_MAX))
    return text


def entries_of(name: str, octets: bytes) -> Iterator[Entry]:
    """The entries of a .txt or .csv file. Raises ValueError."""
    text = text_of(octets)
    return _csv_entries(text) if name.lower().endswith(".csv") else _text_entries(text)


def _text_entries(text: str) -> Iterator[Entry]:
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.strip()
        if entry and not entry.startswith("#"):
            yield Entry(entry, number, line.index(entry[0]) + 1)


def _csv_entries(text: str) -> Iterator[Entry]:
    rows = csv.reader(io.StringIO(text, newline=""))
    columns: list[int] = []
    try:
        for row in rows:
            if not columns:
                columns = [at for at, cell in enumerate(row) if cell.strip().casefold() in _HEADS]
                if columns:
                    continue
                columns = [0]
            for column in columns:
                if column < len(row) and row[column].strip():
                    yield Entry(row[column].strip(), rows.line_num, column + 1)
    except csv.Error as error:
        raise ValueError(no_csv(error)) from error


def names_of(
    file: str, entries: Iterable[Entry], keep: Callable[[Line], None] | None = None
) -> tuple[Names, Names, list[Problem]]:
    """Domains, addresses and problems of the entries of one file. keep: gets each good entry with its place."""
    domains: Names = {}
    addresses: Names = {}
    problems: list[Problem] = []
    for entry in entries:
        try:
            name = normal_address(entry.text) if _AT.search(entry.text) else normal_domain(entry.text)
            (addresses if "@" in name else domains)[name] = None
            if keep is not None:
                keep(Line(name, file, entry.line, entry.column))
        except ValueError as error:
            problems.append(Problem(file, entry.line, entry.column, str(error)))
            if len(problems) >= PROBLEMS_MAX:
                break
    return domains, addresses, problems
