"""The words that somebody wrote above, below or between what a mail program quotes: nothing else of an answer counts.

The reading workers have told the voices apart already (inspect.speech), and when unsure they call a line the writer's
own, since rules look at that most strictly. Here it is the other way round: when unsure a line is quoted, because an
act must not be read out of our own letter. Everything below the first line that begins a quotation is left out. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_MOST_CHARS = 4000
_MARKED = re.compile(r"^\s*(?:[>＞|│]|\w{1,3}>)")
#: "On Thu, 26 Nov 2026, Ann wrote:", which may be cut into two lines.
_ATTRIBUTIONS = (
    re.compile(r"^(?:on|le|am|el|il)\b.{6,300}(?:wrote|a écrit|schrieb|escribió|ha scritto)\s*:?$", re.IGNORECASE),
    re.compile(r"^.{0,60}\d{4}\s*[年/.-]\s*\d{1,2}.{0,200}(?::|wrote|書きました|のメール|送信)\s*$"),
)
#: Lines behind which the quoted mail begins, in the words of the programs that are used here.
_BEGINS = (
    # -----Original Message-----, Begin forwarded message:
    re.compile(
        r"^\W{2,}.{0,12}(?:original|forwarded|reply|quoted) ?(?:message|mail|appointment)?\b|^begin forwarded message",
        re.IGNORECASE,
    ),
    # ---- 元のメッセージ ----, ----- 転送メール -----
    re.compile(r"^\W+(?:元の?|転送|返信|引用)?(?:メッセージ|メール)|^\W{2,}.{0,6}(?:転送|引用|返信|元の)"),
    # A line drawn across
    re.compile(r"^(?:_{5,}|-{5,}|={5,}|─{5,}|━{5,}|\*{5,})$"),
    # Copied header fields
    re.compile(
        r"^\W*(?:from|差出人|送信者|送信元|発信者|von|de|sent|送信日時|日時|date|to|宛先|subject|件名)\s*:",
        re.IGNORECASE,
    ),
    # On Thu, 26 Nov 2026 10:15, of which the next line may be gone already
    re.compile(r"^(?:on|am|le|el|il)\b.{0,40}\d.{0,60}\d{1,2}:\d{2}.{0,200}$", re.IGNORECASE),
    # mailguard <mailguard@corp.example>:
    re.compile(r"^.{0,200}<[^<>\s]+@[^<>\s]+>.{0,80}$"),
    *_ATTRIBUTIONS,
    re.compile(r"^.{0,60}(?:さん|様|氏)?\s*(?:が|は)?(?:書きました|のメッセージ|wrote)\s*:?$", re.IGNORECASE),
)
_DEVICE = re.compile(
    r"^(?:sent (?:from|via|with)\b.{0,60}|get outlook for\b.{0,40}|outlook for (?:ios|android)\b.{0,20}"
    r"|.{0,30}outlook.{0,3}を入手.{0,20}|.{0,40}(?:から|で)送信(?:しました|されました)?[。.]?"
    r"|(?:iphone|ipad|android|galaxy)から.{0,20})$",
    re.IGNORECASE,
)


def own_lines(written: str) -> tuple[str, ...]:
    """The writer's own lines, without empty ones. written: Facts.written."""
    return tuple(_lines(written[:_MOST_CHARS]))


def _lines(text: str) -> Iterator[str]:
    lines = [_plain(line) for line in text.splitlines()]
    for number, line in enumerate(lines):
        if _MARKED.match(line):
            continue
        if line and any(pattern.match(line) for pattern in _BEGINS):
            return
        both = f"{line} {lines[number + 1]}" if line and number + 1 < len(lines) else ""
        if any(pattern.match(both) for pattern in _ATTRIBUTIONS):
            return
        if line in ("--", "- -", "—"):  # the signature (RFC 3676 section 4.3)
            return
        if line and not _DEVICE.match(line):
            yield line


def _plain(line: str) -> str:
    """One line in one width, without what is not seen."""
    folded = unicodedata.normalize("NFKC", line)
    return "".join(ch for ch in folded if ch == " " or ch.isprintable()).strip()
