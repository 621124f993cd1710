"""The letter that stands for many: what waits for one person, each mail with its reason and recipients in short.

It quotes what the single letters would, on one line each; how many there are is said where not all are listed. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.mail.organization import Language
from mailguard.notify import letter_rows as rows
from mailguard.notify.letter_choices import Choice
from mailguard.notify.letter_rows import Row
from mailguard.notify.letter_sheet import Content
from mailguard.notify.letter_texts import NO_SUBJECT, TAGS
from mailguard.notify.phrases import Both, listed, on_one_line
from mailguard.store.records import MessageRecord, RecipientRecord

#: Mails that one letter lists.
SHOWN = 20
_SUBJECT = {
    "own": Both("{tag}{count}件のメールを保留しています", "{tag}{count} of your mails are held"),
    "asked": Both("{tag}{count}件のメールの承認をお願いします", "{tag}{count} mails wait for you"),
    "both": Both("{tag}{count}件のメールが、あなたの判断を待っています", "{tag}{count} mails wait for you"),
}
_HEAD = {
    "own": Both("{count}件のメールの送信を保留しています", "{count} of your mails are held"),
    "asked": Both("{count}件のメールの承認をお願いします", "{count} mails need your approval"),
    "both": Both("{count}件のメールが、あなたの判断を待っています", "{count} mails wait for you"),
}
_LEAD = Both(
    "短い時間に続いたお知らせ、またはお止めしていたお知らせを、1通にまとめました。どれもまだ送信していません。",
    "Several came in a short time, or you wanted no letters for a while, so this is one letter for all. "
    "None of them has been sent.",
)
_ENDING = Both(
    "まだ決まっていないため、まもなく期限切れになります。期限が過ぎると、送信せずに終了します。",
    "Nobody has decided on them, and their time is nearly over. When it is, they are not sent.",
)
_OWN = Both("あなたが送信したメール", "Mails that you sent")
_ASKED = Both("承認をお願いするメール", "Mails to approve")
_MORE = Both("ほかに{count}件あります。", "There are {count} more.")
_OPEN = Both("一覧を開いて決める", "Open the list and decide")
_FOOT = Both(
    "{name} の mailguard が自動で送信しました。このメールに返信しても操作はできません。",
    "Written by mailguard of {name}. Replying to this letter does nothing.",
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """mails: what still waits, newest first, at most SHOWN; asked: the leading ids of those that others sent and the
    reader is asked to approve; count: how many wait in all; ending: it is told because
    they end soon.
    """

    mails: tuple[MessageRecord, ...]
    asked: frozenset[str]
    count: int
    ending: bool = False


def gathered_letter(language: Language, gathered: Gathered, *, link: str, name: str) -> Content:
    """What the letter says. link: to the reader's list of mails."""
    asked = [record for record in gathered.mails if record.lead in gathered.asked]
    own = [record for record in gathered.mails if record.lead not in gathered.asked]
    which = "both" if asked and own else "asked" if asked else "own"
    tag = TAGS["gathered" if own else "approval"]
    lead = [(_ENDING if gathered.ending else _LEAD).of(language)]
    if gathered.count > len(gathered.mails):
        lead.append(_MORE.of(language, count=gathered.count - len(gathered.mails)))
    return Content(
        kind="gathered",
        subject=_SUBJECT[which].of(language, tag=tag.of(language), count=gathered.count),
        headline=_HEAD[which].of(language, count=gathered.count),
        lead=tuple(lead),
        rows=(*_rows(_ASKED.of(language), asked, language), *_rows(_OWN.of(language), own, language)),
        choices=(Choice(_OPEN.of(language), link),) if link else (),
        link=link,
        foot=_FOOT.of(language, name=name),
    )


def _rows(label: str, mails: Sequence[MessageRecord], language: Language) -> list[Row]:
    """A row for each mail: what it is about, why it waits, whom it goes to."""
    return [
        Row.of(
            f"{label} {number}",
            on_one_line(record.subject or "", 120) or NO_SUBJECT.of(language),
            on_one_line(rows.reason_line(record.verdict.enforced, language), 200),
            f"→ {listed([str(copy.address) for copy in _outside_first(record)], language)}",
        )
        for number, record in enumerate(mails, 1)
    ]


def _outside_first(record: MessageRecord) -> list[RecipientRecord]:
    return sorted(rows.held(record), key=lambda copy: not copy.external)
