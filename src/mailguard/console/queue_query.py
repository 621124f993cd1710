"""What a list's address line asks for: the filter's text, its order, and where the page begins. Pure but for the clock.

The fields of older addresses (state, sender, recipient, rule) become terms of the same language, so that there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from mailguard.console.desk import Desk
from mailguard.mail.message import is_message_id
from mailguard.mail.organization import Language
from mailguard.mail.query import EVERYTHING, Query, Sort
from mailguard.mail.query_text import LONGEST, QueryError, QueryProblem, parse_query
from mailguard.review import Filter, MessageRecord

_OLDER_FIELDS = {"state": "state", "sender": "from", "recipient": "to", "rule": "rule"}


@dataclass(frozen=True, slots=True)
class Said:
    """A problem as it is shown: the sentence, the text up to it, the piece, the rest; and a mended text."""

    sentence: str
    before: str
    piece: str
    after: str
    fixed: str


@dataclass(frozen=True, slots=True)
class Asked:
    """text: as it was typed. problems: what is wrong with it; then nothing is to be shown."""

    text: str
    sort: Sort
    query: Query = EVERYTHING
    before: str = ""
    before_ends: datetime | None = None
    problems: tuple[QueryProblem, ...] = ()

    @property
    def chosen(self) -> Filter:
        """The filter of the page."""
        return Filter(query=self.query, sort=self.sort, before=self.before, before_ends=self.before_ends)

    @property
    def whole(self) -> Filter:
        """The same without where the page begins."""
        return Filter(query=self.query, sort=self.sort)

    def address(self, path: str = "/all", **more: str) -> str:
        """An address with this filter and order."""
        kept = {"q": self.text, "sort": "" if self.sort is Sort.NEWEST else str(self.sort), **more}
        line = urlencode({name: value for name, value in kept.items() if value})
        return f"{path}?{line}" if line else path

    def behind(self, last: MessageRecord, path: str = "/all") -> str:
        """The address of the page behind this mail."""
        ends = last.expires_at if self.sort is Sort.ENDS else None
        return self.address(path, before=last.id, ends=ends.isoformat() if ends else "")

    def said(self, language: Language) -> Sequence[Said]:
        """What is wrong, for people."""
        return [
            Said(
                getattr(one.because, language),
                self.text[: one.at],
                self.text[one.at : one.at + one.length],
                self.text[one.at + one.length :],
                one.fixed,
            )
            for one in self.problems
        ]


def asked_for(desk: Desk, given: Mapping[str, str]) -> Asked:
    """What an address line or a form asks for; what it says of order and place and cannot be understood is left out."""
    text = given.get("q", "")[: LONGEST + 1].strip()
    for name, key in _OLDER_FIELDS.items():
        if value := given.get(name, "").replace('"', "").strip()[:254]:
            text = f"{text} {key}:{value}" if not value.count(" ") else f'{text} {key}:"{value}"'
    sort = Sort(given["sort"]) if given.get("sort") in set(Sort) else Sort.NEWEST
    before = given.get("before", "")
    ends = _moment(given.get("ends", ""))
    if not is_message_id(before) or (sort is Sort.ENDS and ends is None):
        before, ends = "", None
    try:
        query = parse_query(text.strip(), desk.now(), desk.settings.organization.timezone)
    except QueryError as error:
        return Asked(text.strip(), sort, problems=error.problems)
    return Asked(text.strip(), sort, query, before, ends)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text[:40])
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
