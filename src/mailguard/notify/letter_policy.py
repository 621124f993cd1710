"""The letters about the policy itself: a change was refused and the old rules still stand; and that it is good again.

They go to the administrators and quote what the loader said, which are the administrators' own words, not mail.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailguard.mail.organization import Language
from mailguard.mail.saying import in_language
from mailguard.notify import letter_texts as say
from mailguard.notify.letter_choices import Choice
from mailguard.notify.letter_rows import Row
from mailguard.notify.letter_sheet import Content
from mailguard.notify.phrases import on_one_line

_SHOWN = 20


def policy_letter(kind: str, language: Language, problems: Sequence[str], *, link: str, name: str) -> Content:
    """kind: policy_refused, with what is wrong as `file:line:column: message`; or policy_good."""
    refused = kind == "policy_refused"
    head = (say.POLICY_REFUSED_HEAD if refused else say.POLICY_GOOD_HEAD).of(language)
    lines = [on_one_line(in_language(problem, language), 300) for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(say.MORE_FILES.of(language, count=len(problems) - _SHOWN))
    return Content(
        kind=kind,
        subject=say.TAGS[kind].of(language) + head,
        headline=head,
        lead=((say.POLICY_REFUSED_LEAD if refused else say.POLICY_GOOD_LEAD).of(language),),
        rows=(Row.of(say.PROBLEMS.of(language), *lines),) if lines else (),
        choices=(Choice(say.OPEN_CONSOLE.of(language), link),) if link else (),
        link=link,
        foot=say.FOOT_LOGIN.of(language, name=name),
    )
