"""From a letter's content to its text and HTML, by two templates.

The HTML is tables with inline styles, because Outlook knows little else; colours are set so that dark mode may turn
them. The text says the same in the same order. Templates escape everything; they get values, never markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from mailguard.mail.organization import Language
from mailguard.notify import letter_texts as say
from mailguard.notify.letter_rows import Reason, Row


@dataclass(frozen=True, slots=True)
class Content:
    """What a letter says, in the order in which it is read."""

    kind: str
    subject: str
    headline: str
    reasons: Sequence[Reason] = ()
    lead: Sequence[str] = ()
    rows: Sequence[Row] = ()
    button: str = ""
    link: str = ""
    code: str = ""
    closing: Sequence[str] = ()
    foot: str = ""

    @property
    def spoken_code(self) -> str:
        """The code in two groups, as people read it out."""
        return f"{self.code[:3]} {self.code[3:]}" if len(self.code) == 6 else self.code


#: Which side of the reader's attention a letter belongs to: the bar at its top.
ACCENTS = {
    "held": "#b45309", "approval": "#b45309", "reminder": "#b45309", "escalated": "#b45309", "urgent": "#b91c1c",
    "answered": "#15803d",
    "bounced": "#b91c1c", "sent": "#15803d", "password": "#15803d", "login": "#1d4ed8",
    "policy_refused": "#b91c1c", "policy_good": "#15803d", "monthly": "#1d4ed8",
    "letters_failing": "#b91c1c", "letters_good": "#15803d", "channel_failing": "#b91c1c", "channel_good": "#15803d",
}  # fmt: skip

_TEMPLATES = Environment(
    loader=PackageLoader("mailguard.notify", "templates"),
    autoescape=select_autoescape(["html.j2"], default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(content: Content, language: Language) -> tuple[str, str]:
    """Text and HTML of a letter."""
    values = {
        "content": content,
        "language": language,
        "accent": ACCENTS.get(content.kind, "#475569"),
        "code_label": say.CODE.of(language),
        "code_use": say.CODE_USE.of(language) if content.kind != "login" else "",
        "rule": "-" * 60,
        "underline": "=" * min(60, _columns(content.headline)),
    }
    return (
        _TEMPLATES.get_template("letter.txt.j2").render(values),
        _TEMPLATES.get_template("letter.html.j2").render(values),
    )


def _columns(text: str) -> int:
    """Width in columns: East Asian wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)
