"""The letters about the ways to people themselves: a chat channel takes nothing, letters come back, there is no room
for more mail; it is over.

They go to the administrators and quote what a service answered, in a word or a number, never a mail.
"""

from __future__ import annotations

from mailguard.mail.organization import Language
from mailguard.notify import letter_texts as say
from mailguard.notify.channels import chat_texts as chat
from mailguard.notify.letter_choices import Choice
from mailguard.notify.letter_rows import Row
from mailguard.notify.letter_sheet import Content
from mailguard.notify.phrases import on_one_line

_HEADS = {
    **chat.WAYS,
    "guessing": (say.GUESSING_HEAD, say.GUESSING_LEAD),
}
TROUBLES = frozenset(_HEADS)


def trouble_letter(kind: str, language: Language, trouble: tuple[str, str, str], *, link: str, house: str) -> Content:
    """trouble: name of the channel or upstream as the settings have it, the reason, and why ("" when it is over);
    house: the company.
    """
    name, reason, why = trouble
    head, lead = _HEADS[kind]
    if lead is not None:
        lead = chat.UPSTREAM_LEADS.get(why, lead)
    title = head.of(language, name=on_one_line(name, 60))
    return Content(
        kind=kind,
        subject=say.TAGS[kind].of(language) + title,
        headline=title,
        lead=(lead.of(language),) if lead else (),
        rows=(Row.of(chat.REASON.of(language), on_one_line(reason, 300)),) if reason else (),
        choices=(Choice(say.OPEN_CONSOLE.of(language), link),) if link else (),
        link=link,
        foot=say.FOOT_LOGIN.of(language, name=house),
    )
