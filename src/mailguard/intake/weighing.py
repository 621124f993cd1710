"""The judge, where it fits: a mail that takes a moment is judged on the event loop, what takes longer in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mailguard.inspect.overtime import bounded
from mailguard.mail.facts import Attachment
from mailguard.mail.verdict import Verdict
from mailguard.policy.case import Case
from mailguard.policy.judge import judge
from mailguard.policy.loader import Policy

#: Above so many characters the judge leaves the event loop for a thread: about a millisecond of matching.
_JUDGED_ON_LOOP = 20_000


async def judged(policy: Policy, case: Case) -> Verdict:
    """What the judge says."""
    if weight_of(case) <= _JUDGED_ON_LOOP:
        return bounded(judge, policy, case)  # a rule that is ended has failed, and holds the mail
    return await asyncio.to_thread(judge, policy, case)


def weight_of(case: Case) -> int:
    """How much there is to judge, in characters of text. One To field can show thousands whom no envelope names."""
    headers = case.facts.headers
    people = len(case.envelope.recipients) + len(headers.to) + len(headers.cc)
    texts = len(case.facts.text) + sum(len(value) for _, value in headers.fields or ())
    return texts + people * 100 + (_weight_of_files(case.facts.attachments) if case.facts.attachments else 0)


def _weight_of_files(attachments: Sequence[Attachment]) -> int:
    """Each is asked for its name, its kind and what is in it; those behind the first hundreds make no difference."""
    weight, waiting = 0, list(attachments)
    while waiting and weight <= _JUDGED_ON_LOOP:
        one = waiting.pop()
        weight += 200 + len(one.filename) + len(one.text)
        waiting.extend(one.members)
    return weight
