"""From a letter's content to its text and HTML, by two templates.

The HTML is tables with inline styles, because Outlook's Word engine and Gmail know little else; nothing essential
stands in a style element, nothing is loaded from anywhere, and colours are such that dark mode may turn them. The text
says the same in the same order, in lines that fit. Templates escape everything; they get values, never markup.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import escape

from mailguard.mail.organization import Language
from mailguard.notify import letter_texts as say
from mailguard.notify.columns import columns, wrapped
from mailguard.notify.letter_choices import Choice
from mailguard.notify.letter_rows import Reason, Row
from mailguard.notify.marked import Pair, Stretch, marked, pair_in, pairs_in

_RULE = 60
#: Behind the preview text, so that a mailbox's list shows nothing else after it.
_FILLER = "\u034f\u200c\u00a0" * 40


@dataclass(frozen=True, slots=True)
class Content:
    """What a letter says, in the order in which it is read.

    otherwise: what happens when nobody decides; rows_below: what is read after that; choices: the buttons, the first
    stands out; link: where they lead; how_to_reply: what an answer to the letter may say.
    """

    kind: str
    subject: str
    headline: str
    reasons: Sequence[Reason] = ()
    lead: Sequence[str] = ()
    rows: Sequence[Row] = ()
    otherwise: str = ""
    rows_below: Sequence[Row] = ()
    choices: Sequence[Choice] = ()
    link: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    code_use: str = ""
    how_to_reply: Sequence[str] = ()
    closing: Sequence[str] = ()
    foot: str = ""

    @property
    def spoken_code(self) -> str:
        """The code in two groups, as people read it out."""
        return f"{self.code[:3]} {self.code[3:]}" if len(self.code) == 6 else self.code

    @property
    def preview(self) -> str:
        """What the list of a mailbox shows beside the subject."""
        after = self.otherwise or (self.lead[0] if self.lead else "")
        return f"{self.headline} {after}".strip()[:200]


#: Which side of the reader's attention a letter belongs to: the bar at its top, and a sign for those who see no colour.
ACCENTS = {
    "gathered": "#b45309", "held": "#b45309", "approval": "#b45309", "reminder": "#b45309", "escalated": "#b45309",
    "answered": "#15803d",
    "urgent": "#b91c1c", "bounced": "#b91c1c", "sent": "#15803d", "password": "#15803d", "login": "#1d4ed8",
    "comment": "#1d4ed8", "delayed": "#b45309", "relayed": "#15803d",
    "policy_refused": "#b91c1c", "policy_good": "#15803d", "monthly": "#1d4ed8",
    "letters_failing": "#b91c1c", "letters_good": "#15803d", "channel_failing": "#b91c1c", "channel_good": "#15803d",
    "pressure": "#b91c1c", "guessing": "#b91c1c", "pressure_over": "#15803d",
    "upstream_failing": "#b91c1c", "upstream_good": "#15803d",
}  # fmt: skip
SIGNS = {
    "gathered": "‖", "held": "‖", "approval": "?", "reminder": "?", "escalated": "?", "urgent": "!", "told": "i",
    "sent": "✓",
    "password": "✓", "answered": "✓", "cancelled": "×", "rejected": "×", "expired": "×", "bounced": "↩", "reply": "↩",
    "comment": "…", "delayed": "…", "relayed": "✓",
    "policy_refused": "!", "policy_good": "✓", "letters_failing": "!", "letters_good": "✓", "channel_failing": "!",
    "channel_good": "✓", "monthly": "i", "pressure": "!", "guessing": "!", "pressure_over": "✓",
    "upstream_failing": "!", "upstream_good": "✓",
}  # fmt: skip


class _Styled(PackageLoader):
    """The templates with the styles that stand everywhere put in where they are named: one piece of text instead of
    three for each, twice as fast to join.
    """

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool] | None]:
        source, name, fresh = super().get_source(environment, template)
        for word, style in STYLES.items():
            source = source.replace("{{ " + word + " }}", escape(style))
        return source, name, fresh


#: By the words that the templates have for them.
STYLES = {
    "font": "font-family:'Hiragino Sans','Yu Gothic UI',Meiryo,'Segoe UI',Roboto,Helvetica,Arial,sans-serif",
    "mono": "font-family:Consolas,Menlo,'Courier New',monospace",
    "breaks": "word-break:break-word; overflow-wrap:anywhere",
}
_TEMPLATES = Environment(
    loader=_Styled("mailguard.notify", "templates"),
    auto_reload=False,
    autoescape=select_autoescape(["html.j2"], default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(content: Content, language: Language) -> tuple[str, str]:
    """Text and HTML of a letter."""
    pairs = pairs_in([line for reason in content.reasons for line in reason.evidence])
    values = {
        "content": content,
        "language": language,
        "accent": ACCENTS.get(content.kind, "#475569"),
        "sign": SIGNS.get(content.kind, ""),
        "tag": say.TAGS[content.kind].of(language).strip(" []【】"),
        "say": _sayer(language),
        "mark": partial(_mark, pairs, known=True),
        "mark_odd": partial(_mark, pairs, known=False),
        "pair": pair_in,
        "bracketed": _bracketed,
        "wrap": _wrap,
        "filler": _FILLER,
        "rule": "-" * _RULE,
        "underline": "=" * min(_RULE, columns(content.headline)),
    }
    text = _TEMPLATES.get_template("letter.txt.j2").render(values)
    return _tidy(text), _TEMPLATES.get_template("letter.html.j2").render(values)


def _sayer(language: Language) -> Callable[..., str]:
    def said(name: str, **values: object) -> str:
        return str(getattr(say, name).of(language, **values))

    return said


def _mark(pairs: Sequence[Pair], text: str, *, known: bool) -> tuple[Stretch, ...]:
    return marked(text, pairs, known=known)


def _bracketed(stretches: Sequence[Stretch]) -> str:
    """The mark of plain text: examp[1]e.co.jp. A place where something is missing has nothing to mark."""
    return "".join(f"[{one.text}]" if one.differs else one.text for one in stretches)


@lru_cache(maxsize=256)  # half of what a letter says is the same in the next one
def _wrap(text: str, first: str = "", later: str = "") -> str:
    return "\n".join(wrapped(text, first=first, later=later))


def _tidy(text: str) -> str:
    """No blanks at line ends, never two empty lines, one line end at the end."""
    lines: list[str] = []
    for line in (one.rstrip(" ") for one in text.strip().split("\n")):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines) + "\n"
