"""Named lists of domains and addresses: inline, from .txt (one a line) and from .csv (a column, by its head or
the first).

Files are the operator's and may be large or broken: size and lines are bounded, each bad line is a problem with
its place, and nothing is skipped in silence. Looking an address up costs the same for ten entries as for a
hundred thousand.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailguard.mail.address import Address, AddressError, ascii_domain, parse_address
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list file with its place."""

    text: str
    line: int
    column: int


class NameList:
    """Domains and addresses, exact or as globs, compared by their normal form."""

    def __init__(self, domains: Iterable[str] = (), addresses: Iterable[str] = ()) -> None:
        """The entries must be in normal form: see `normal_domain`, `normal_address`. Raises ValueError on too
        many globs.
        """
        domain_set, address_set = frozenset(domains), frozenset(addresses)
        self._domains = frozenset(d for d in domain_set if not _is_glob(d))
        self._suffixes = frozenset(d[1:] for d in domain_set if d.startswith("*.") and not _is_glob(d[2:]))
        self._addresses = frozenset(a for a in address_set if not _is_glob(a))
        rest = (d for d in domain_set if _is_glob(d) and not (d.startswith("*.") and not _is_glob(d[2:])))
        self._domain_globs: Any = compile_globs(rest)
        self._address_globs: Any = compile_globs(a for a in address_set if _is_glob(a))
        self.entries = domain_set | address_set

    def has(self, address: Address) -> bool:
        """Whether the address, or its domain, is in the list."""
        domain = address.ascii_domain
        if domain in self._domains or address.key in self._addresses:
            return True
        if self._suffixes and any(suffix in self._suffixes for suffix in _suffixes(domain)):
            return True
        if self._domain_globs is not None and self._domain_globs.fullmatch(domain.encode()) is not None:
            return True
        globs = self._address_globs
        return globs is not None and globs.fullmatch(address.key.encode("utf-8", "replace")) is not None


def _is_glob(text: str) -> bool:
    return "*" in text or "?" in text


def _suffixes(domain: str) -> Iterator[str]:
    at = domain.find(".")
    while at >= 0:
        yield domain[at:]
        at = domain.find(".", at + 1)


def normal_domain(text: str) -> str:
    """A domain or a glob over domains in normal form. Raises ValueError."""
    text = text.strip().rstrip(".")
    if "@" in text:
        raise ValueError(f"{text[:60]!r} is an address: write it under addresses")
    labels = [label if _is_glob(label) else ascii_domain(label) for label in text.split(".")]
    domain = ".".join(labels).lower()
    try:
        parse_address("x@" + domain.replace("*", "x").replace("?", "x"))
    except AddressError as error:
        raise ValueError(f"{text[:60]!r} is not a domain: {error}") from error
    return domain


def normal_address(text: str) -> str:
    """An address or a glob over addresses in normal form. Raises ValueError."""
    text = text.strip()
    local, at, domain = text.rpartition("@")
    if not at:
        raise ValueError(f"{text[:60]!r} is not an address: write a domain under domains")
    if not _is_glob(text):
        try:
            return parse_address(text).key
        except AddressError as error:
            raise ValueError(f"{text[:60]!r} is not an address: {error}") from error
    return f"{local.lower()}@{normal_domain(domain)}"


def read_bounded(path: Path) -> bytes:
    """The octets of a list file. Raises OSError, ValueError if it is too large."""
    with path.open("rb") as file:
        octets = file.read(FILE_MAX + 1)
    if len(octets) > FILE_MAX:
        raise ValueError(f"larger than {FILE_MAX // 2**20} MB")
    return octets


def text_of(octets: bytes) -> str:
    """The text of a list file: UTF-8, else cp932 (what a Japanese Excel writes). Raises ValueError."""
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = octets.decode("cp932")
        except UnicodeDecodeError as error:
            raise ValueError("neither UTF-8 nor Shift_JIS: save it as UTF-8") from error
    if text.count("\n") > LINES_MAX:
        raise ValueError(f"more than {LINES_MAX} lines")
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
        raise ValueError(f"not CSV: {error}") from error


def names_of(file: str, entries: Iterable[Entry]) -> tuple[set[str], set[str], list[Problem]]:
    """Domains, addresses and problems of the entries of one file."""
    domains: set[str] = set()
    addresses: set[str] = set()
    problems: list[Problem] = []
    for entry in entries:
        try:
            if "@" in entry.text:
                addresses.add(normal_address(entry.text))
            else:
                domains.add(normal_domain(entry.text))
        except ValueError as error:
            problems.append(Problem(file, entry.line, entry.column, str(error)))
            if len(problems) >= PROBLEMS_MAX:
                break
    return domains, addresses, problems
