"""From a letter's content to its text and HTML, by two templates.

The HTML is tables with inline styles, because Outlook's Word engine and Gmail know little else; nothing essential
stands in a style element, nothing is loaded from anywhere, and colours are such that dark mode may turn them. The text
says the same in the same order, in lines that fit. Templates escape everything; they get values, never markup.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import escape

from mailguard.mail.organization import Language
from mailguard.notify import letter_texts as say
from mailguard.notify.columns import columns, wrapped
from mailguard.notify.letter_choices import Choice
from mailguard.notify.letter_frame import Frame, Paragraphs, Values, frame_of, sign
from mailguard.notify.letter_rows import Line, Reason, Row
from mailguard.notify.marked import Pair, Stretch, marked, pair_in, pairs_in

_RULE = 60
_RowShape = tuple[int, tuple[tuple[int, bool, bool], ...], int]
_Shape = tuple[Any, ...]
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
    "comment": "#1d4ed8", "misdelivery": "#b91c1c", "delayed": "#b45309", "relayed": "#15803d",
    "policy_refused": "#b91c1c", "policy_good": "#15803d", "monthly": "#1d4ed8", "incident_due": "#b91c1c",
    "letters_failing": "#b91c1c", "letters_good": "#15803d", "channel_failing": "#b91c1c", "channel_good": "#15803d",
    "pressure": "#b91c1c", "guessing": "#b91c1c", "pressure_over": "#15803d",
    "upstream_failing": "#b91c1c", "upstream_good": "#15803d",
}  # fmt: skip
SIGNS = {
    "gathered": "‖", "held": "‖", "approval": "?", "reminder": "?", "escalated": "?", "urgent": "!", "told": "i",
    "sent": "✓",
    "password": "✓", "answered": "✓", "cancelled": "×", "rejected": "×", "expired": "×", "bounced": "↩", "reply": "↩",
    "comment": "…", "misdelivery": "!", "delayed": "…", "relayed": "✓",
    "policy_refused": "!", "policy_good": "✓", "letters_failing": "!", "letters_good": "✓", "channel_failing": "!",
    "channel_good": "✓", "monthly": "i", "incident_due": "!", "pressure": "!", "guessing": "!", "pressure_over": "✓",
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
    values = Values()
    shape = _shape(content, values)
    if shape is None:
        return printed(content, language)
    text, html = _frame(shape, content.kind, language).filled(values.texts, _wrap)
    return _tidy(text), html


def printed(content: Content, language: Language) -> tuple[str, str]:
    """The same, by the templates alone."""
    pairs = pairs_in([line for reason in content.reasons for line in reason.evidence])
    underline = "=" * min(_RULE, columns(content.headline))
    texts = content.preview, content.spoken_code, underline
    text, html = _printed(content, language, texts, partial(_mark, pairs), pair_in, _wrap)
    return _tidy(text), html


def _printed(
    content: Content,
    language: Language,
    texts: Sequence[str],
    mark: Callable[..., tuple[Stretch, ...]],
    pair: Callable[[str], Pair | None],
    wrap: Callable[..., str],
) -> tuple[str, str]:
    """texts: what is made of the content besides: preview, spoken code, line under the headline."""
    values = {
        "content": content,
        "language": language,
        "accent": ACCENTS.get(content.kind, "#475569"),
        "sign": SIGNS.get(content.kind, ""),
        "tag": say.TAGS[content.kind].of(language).strip(" []【】"),
        "say": _sayer(language),
        "mark": partial(mark, known=True),
        "mark_odd": partial(mark, known=False),
        "pair": pair,
        "bracketed": _bracketed,
        "wrap": wrap,
        "filler": _FILLER,
        "rule": "-" * _RULE,
        "preview": texts[0],
        "spoken_code": texts[1],
        "underline": texts[2],
    }
    text = _TEMPLATES.get_template("letter.txt.j2").render(values)
    return text, _TEMPLATES.get_template("letter.html.j2").render(values)


def _shape(content: Content, values: Values) -> _Shape | None:
    """Everything that the templates decide by, with numbers in the place of texts; None where they look into these."""
    number = values.number
    for reason in content.reasons:
        if any("≠" in line for line in reason.evidence):  # maybe a pair of domains
            return None
    rows = (*content.rows, *content.rows_below)
    if any(not line.text.strip() for row in rows for line in row.lines):  # blanks at an end are not printed
        return None
    return (
        number(content.subject),
        number(content.headline),
        tuple([(number(one.sentence), tuple(map(number, one.evidence))) for one in content.reasons]),
        tuple(map(number, content.lead)),
        _shape_of_rows(content.rows, number),
        number(content.otherwise),
        _shape_of_rows(content.rows_below, number),
        tuple([(number(one.label), number(one.link), one.look) for one in content.choices]),
        number(content.link),
        number(content.code),
        number(content.code_use),
        tuple(map(number, content.how_to_reply)),
        tuple(map(number, content.closing)),
        number(content.foot),
        number(content.preview),
        number(content.spoken_code),
        number("=" * min(_RULE, columns(content.headline))),
    )


def _shape_of_rows(rows: Sequence[Row], number: Callable[[str], int]) -> tuple[_RowShape, ...]:
    return tuple(
        [
            (number(row.label), tuple([(number(one.text), one.head, one.item) for one in row.lines]), number(row.count))
            for row in rows
        ]
    )


@lru_cache(maxsize=64)  # 15 KB each; one house writes few shapes
def _frame(shape: _Shape, kind: str, language: Language) -> Frame:
    (
        subject,
        headline,
        reasons,
        lead,
        rows,
        otherwise,
        below,
        buttons,
        link,
        code,
        use,
        replies,
        closing,
        foot,
        *texts,
    ) = shape
    content = Content(
        kind=kind,
        subject=sign(subject),
        headline=sign(headline),
        reasons=[Reason(sign(one), tuple(map(sign, evidence))) for one, evidence in reasons],
        lead=tuple(map(sign, lead)),
        rows=_signed_rows(rows),
        otherwise=sign(otherwise),
        rows_below=_signed_rows(below),
        choices=[Choice(sign(label), sign(to), look) for label, to, look in buttons],
        link=sign(link),
        code=sign(code),
        code_use=sign(use),
        how_to_reply=tuple(map(sign, replies)),
        closing=tuple(map(sign, closing)),
        foot=sign(foot),
    )
    paragraphs = Paragraphs()
    unmarked = partial(_mark, ())
    text, html = _printed(content, language, list(map(sign, texts)), unmarked, lambda _: None, paragraphs.wrap)
    return frame_of(text, html, paragraphs)


def _signed_rows(rows: Sequence[_RowShape]) -> list[Row]:
    return [
        Row(sign(label), tuple(Line(sign(text), head, item) for text, head, item in lines), sign(count))
        for label, lines, count in rows
    ]


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
