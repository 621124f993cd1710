"""The letter about the clocks of the law: a misdelivery of which somebody must be told soon, or that nobody assessed.

It goes to whoever answers for the house, in the morning, once for each stage. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailguard.mail.breach import STAGES, Answers, Stage, deadlines, judgements
from mailguard.mail.organization import Language
from mailguard.notify import breach_texts as words
from mailguard.notify import letter_texts as say
from mailguard.notify.breach import deadline, judged
from mailguard.notify.letter_choices import Choice
from mailguard.notify.letter_rows import Row
from mailguard.notify.letter_sheet import Content
from mailguard.notify.phrases import Both, moment, on_one_line

_HEADS: dict[Stage, Both] = {
    "assess": Both("報告された誤送信を、まだ誰も評価していません", "Nobody has assessed a misdelivery yet"),
    "prompt": Both(
        "誤送信について、報告の期限が近づいています", "A misdelivery: the time in which to report it is running out"
    ),
    "final": Both("誤送信について、確報の期限が近づいています", "A misdelivery: its final report falls due"),
}
_LEAD = Both(
    "6つの質問に答えると、報告が必要かどうかの目安と報告書の下書きが画面に表示されます。",
    "The page has six questions, what follows from the answers, and a draft of the report.",
)
_END = Both(
    "対応が終わったら、画面で対応を終了してください。以後はお知らせしません。",
    "Close it on its page once all is done; then no more letters come.",
)
_LEARNED = Both("会社が知った日時", "Learned of it")
_REPORT = Both("報告の要否(目安)", "To be reported?")
_UNTIL = Both("期限", "Clocks")
_OPEN = Both("評価と下書きの画面を開く", "Open its page")


@dataclass(frozen=True, slots=True)
class IncidentDue:
    """incident: its id; answers: None: nobody answered."""

    incident: str
    stage: Stage
    subject: str
    sender: str
    learned_at: datetime
    answers: Answers | None

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> IncidentDue:
        """From a notice's detail."""
        answers, stage = detail["answers"], detail["stage"]
        return cls(
            incident=str(detail["incident"]),
            stage=stage if stage in STAGES else "assess",
            subject=on_one_line(str(detail["subject"] or ""), 200),
            sender=on_one_line(str(detail["sender"] or ""), 200),
            learned_at=datetime.fromisoformat(detail["learned_at"]),
            answers=None if answers is None else Answers.of(answers),
        )


def incident_due_letter(language: Language, due: IncidentDue, *, timezone: str, link: str, name: str) -> Content:
    """What the letter says."""
    answers = due.answers or Answers()

    def when(at: datetime) -> str:
        return moment(at, timezone, language)

    report = [judged(one, language) for one in judgements(answers)]
    return Content(
        kind="incident_due",
        subject=say.TAGS["incident_due"].of(language) + (due.subject or say.NO_SUBJECT.of(language)),
        headline=_HEADS[due.stage].of(language),
        lead=(_LEAD.of(language), _END.of(language)),
        rows=(
            Row.of(say.SUBJECT.of(language), due.subject or say.NO_SUBJECT.of(language)),
            Row.of(say.FROM.of(language), due.sender),
            Row.of(_LEARNED.of(language), when(due.learned_at)),
            Row.of(_REPORT.of(language), *(report if due.answers is not None else [words.NOT_ANSWERED.of(language)])),
            Row.of(
                _UNTIL.of(language),
                *(deadline(one, language, when) for one in deadlines(due.learned_at, timezone, answers)),
            ),
        ),
        choices=(Choice(_OPEN.of(language), link),) if link else (),
        link=link,
        closing=(words.NO_ADVICE.of(language),),
        foot=say.FOOT.of(language, name=name, id=due.incident),
    )
