"""Customers out of what was written: names and domains in the YAML, and in .csv files.

Every bad entry is a problem with its place. It opens no file: rows are handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from mailguard.mail.saying import Sentence
from mailguard.policy.customers import NAME_MAX, SHORTEST, Customer
from mailguard.policy.fold import fold
from mailguard.policy.lists import NameList, normal_domain
from mailguard.policy.marks import PROBLEMS_MAX, Path, Problem
from mailguard.policy.rows import Row, headed
from mailguard.policy.schema.customers import CustomersModel

_NAMES = ("name", "names", "customer", "名前", "名称", "会社名", "顧客名", "取引先", "取引先名")
_DOMAINS = ("domain", "domains", "ドメイン")
_CUT = re.compile(r"[;,\s、；]+")


def read_customers(
    model: CustomersModel, rows_of: Callable[[str, Path], list[Row]], problem: Callable[[Path, str], Problem]
) -> tuple[list[Customer], list[Problem]]:
    """The customers of one policy file, and what is wrong with them. problem: makes one at a place in the YAML."""
    found: list[Customer] = []
    problems: list[Problem] = []
    for name, listed in model.names.items():
        path: Path = ("customers", "names", name)
        try:
            found.append(customer(name, listed))
        except ValueError as error:
            problems.append(problem(path, str(error)))
    for index, file in enumerate(model.files):
        for row, name, domains in _listed(rows_of(file, ("customers", "files", index))):
            try:
                found.append(customer(name, domains))
            except ValueError as error:
                problems.append(Problem(row.file, row.line, 1, str(error)))
                if len(problems) >= PROBLEMS_MAX:
                    return found, problems
    return found, problems


def customer(name: str, domains: Iterable[str]) -> Customer:
    """One customer. Raises ValueError saying what is wrong with it."""
    bare, listed = name.strip(), [one for one in domains if one.strip()]
    if not SHORTEST <= len(fold(bare)) <= NAME_MAX:
        raise ValueError(
            Sentence(
                "{name!r}: 顧客の名前は{least}文字から{most}文字までです。",
                "{name!r}: a customer's name has {least} to {most} characters",
                name=bare[:40],
                least=SHORTEST,
                most=NAME_MAX,
            )
        )
    if not listed:
        raise ValueError(
            Sentence(
                "{name!r}: ドメインを1つ以上書いてください。", "{name!r}: give at least one domain", name=bare[:40]
            )
        )
    for one in listed:
        if "." not in one:
            raise ValueError(
                Sentence(
                    "{domain!r}は alpha.example のような会社のドメインではありません。",
                    "{domain!r} is no domain of a company, such as alpha.example",
                    domain=one[:40],
                )
            )
    return Customer((bare,), NameList(map(normal_domain, listed)), ", ".join(listed[:3]))


def _listed(rows: list[Row]) -> Iterator[tuple[Row, str, list[str]]]:
    """Row, name and domains; without heads the first column is the name and all others are domains."""
    heads = headed(rows, (*_NAMES, *_DOMAINS))
    name_at = next((heads[head] for head in _NAMES if head in heads), 0)
    domain_at = next((heads[head] for head in _DOMAINS if head in heads), None)
    for row in rows[1:] if heads else rows:
        cells = row.cells[1:] if domain_at is None else (row.cell(domain_at),)
        yield row, row.cell(name_at), [one for cell in cells for one in _CUT.split(cell) if one]
