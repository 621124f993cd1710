"""Display names as they are compared: without honorifics, brackets, order and width. Pure.

A name that many bear (an office, a surname alone) has no key: it says nothing about who is meant, and a warning that
fires on it would be ignored for the others too.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailguard.policy.fold import fold
from mailguard.policy.surnames import SURNAMES

_BRACKETS = re.compile(r"[(\[【<「『].*?[)\]】>」』]|[|/].*")
_HONORIFIC = re.compile(r"(?:様|さま|さん|殿|先生|御中|氏|君)$")
_TITLE = re.compile(r"^(?:mr|mrs|ms|miss|dr|prof)\.?\s+")
_BETWEEN = re.compile(r"[\s,、・.\"']+")
#: Of these many share one name: offices, companies, roles.
_MANY = re.compile(
    r"会社|法人|\(株\)|営業|総務|人事|経理|担当|窓口|受付|係|事務局|サポート|センター|グループ|チーム|[部課室局]$|各位|一同|管理者|お客様"
)
_ROLES = frozenset(
    "info sales support team office admin administrator contact inquiry help desk helpdesk service services group"  # noqa: SIM905
    " marketing hr billing accounts accounting staff members all noreply no-reply reply mail news newsletter inc ltd"
    " corp co gmbh llc customer care".split()
)
_LONGEST = 100


@lru_cache(maxsize=4096)
def name_parts(name: str) -> tuple[str, ...]:
    """The words of a display name, folded, without titles and what stands in brackets. Empty for an address."""
    folded = fold(name[:_LONGEST]).strip(" '\"")
    if "@" in folded:
        return ()
    bare = _TITLE.sub("", _HONORIFIC.sub("", _BRACKETS.sub(" ", folded).strip()))
    return tuple(part for part in _BETWEEN.split(bare) if part)


def is_role(parts: tuple[str, ...]) -> bool:
    """Whether the words name an office, a company or a role rather than a person."""
    return not _ROLES.isdisjoint(parts) or _MANY.search("".join(parts)) is not None


def name_key(name: str) -> str:
    """The form in which the full names of persons are compared; "" for what names no single person."""
    parts = name_parts(name)
    joined = "".join(parts)
    if is_role(parts):
        return ""
    if joined.isascii():
        return " ".join(sorted(parts)) if len(parts) > 1 else ""
    if len(parts) == 1 and (len(joined) < 3 or joined in SURNAMES):  # 田中, 佐々木: whom of them?
        return ""
    return joined
