"""The letter about a hit that a rule wants somebody to hear of (`notify`): what was noticed, in which mail, and what
became of it at once.

It is written from the notice alone, because a mail that was refused leaves no row. All of it came from a stranger's
mail or a policy, and is put on one line before it stands anywhere. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailguard.mail.organization import Language
from mailguard.notify import letter_texts as say
from mailguard.notify.letter_choices import Choice
from mailguard.notify.letter_rows import Reason, Row
from mailguard.notify.letter_sheet import Content
from mailguard.notify.naming import Named
from mailguard.notify.phrases import Both, evidence_line, on_one_line

_MOST_RECIPIENTS, _MOST_EVIDENCE = 12, 6


@dataclass(frozen=True, slots=True)
class Telling:
    """hits: each a sentence in both languages with its evidence; own: the reader is the sender."""

    sender: str
    subject: str
    recipients: tuple[str, ...]
    disposition: str
    hits: tuple[tuple[Both, tuple[str, ...]], ...]
    own: bool

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> Telling:
        """From a notice's detail."""
        return cls(
            sender=on_one_line(str(detail.get("sender") or "<>"), 120),
            subject=on_one_line(str(detail.get("subject") or ""), 200),
            recipients=tuple(on_one_line(str(one), 120) for one in detail.get("recipients", ())),
            disposition=str(detail.get("disposition") or "deliver"),
            hits=tuple(
                (Both(str(hit["ja"]), str(hit["en"])), tuple(map(str, hit.get("evidence", ()))))
                for hit in detail.get("hits", ())
            ),
            own=bool(detail.get("as_sender")),
        )


def told(language: Language, telling: Telling, *, link: str, name: str, message_id: str, named: Named) -> Content:
    """What the letter says. named: what people of the house are called."""
    sender = on_one_line(named(telling.sender), 120)
    subject = telling.subject or say.NO_SUBJECT.of(language)
    reasons = [
        Reason(sentence.of(language), tuple(on_one_line(evidence_line(e, language), 160) for e in evidence))
        for sentence, evidence in ((sentence, found[:_MOST_EVIDENCE]) for sentence, found in telling.hits)
    ]
    shown = list(telling.recipients[:_MOST_RECIPIENTS])
    if len(telling.recipients) > len(shown):
        shown.append(say.MORE.of(language, count=len(telling.recipients) - len(shown)))
    head = say.TOLD_OWN_HEAD.of(language) if telling.own else say.TOLD_HEAD.of(language, sender=sender)
    return Content(
        kind="told",
        subject=say.TAGS["told"].of(language) + subject,
        headline=head,
        reasons=reasons,
        lead=(say.TOLD_LEADS.get(telling.disposition, say.TOLD_LEADS["deliver"]).of(language),),
        rows=(
            Row.of(say.FROM.of(language), sender),
            Row.of(say.SUBJECT.of(language), subject),
            Row.of(say.RECIPIENTS.of(language), *shown),
        ),
        choices=(Choice(say.OPEN_STATUS.of(language), link),) if link else (),
        link=link,
        foot=say.FOOT.of(language, name=name, id=message_id),
    )
