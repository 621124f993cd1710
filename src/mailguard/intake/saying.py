"""What the client is told of its mail: a receipt, the first answer once more, or the question of a challenge.

It decides nothing: the verdict and the ledger's record have. The words are those of `mail.reply`; only the id, the
rule and the rule's reason are put in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailguard import events
from mailguard.mail import reply
from mailguard.mail.message import Message
from mailguard.mail.organization import Language
from mailguard.mail.reply import Reply
from mailguard.mail.verdict import Disposition, RuleHit, Verdict
from mailguard.store.records import MessageRecord
from mailguard.store.resent import is_withdrawn

_RECEIPTS = {
    Disposition.DELIVER: reply.ACCEPTED,
    Disposition.DELAY: reply.DELAYED,
    Disposition.CONFIRM: reply.HELD,
    Disposition.APPROVE: reply.HELD,  # one sentence for programs to look for; the letter says who decides
}


def once_more(message: Message, first: MessageRecord) -> Reply:
    """The answer that the client did not wait for, or never heard. What was withdrawn since is the client's to keep."""
    events.resent(message.id, first.id)
    if is_withdrawn(first):
        return replace(reply.WITHDRAWN, text=f"{reply.WITHDRAWN.text} {first.id}")
    return _receipt(first.verdict, first.id)


def answer(message: Message, verdict: Verdict, record: MessageRecord) -> Reply:
    if any(copy.decided_by for copy in record.recipients):  # a late part of a mail that was decided
        return replace(reply.JOINED, text=f"{reply.JOINED.text} {message.id}")
    return _receipt(verdict, message.id)


def _receipt(verdict: Verdict, message_id: str) -> Reply:
    """What became of the mail, and its id (contract section 8)."""
    said = _RECEIPTS[verdict.disposition]
    return Reply(said.code, said.status, f"{said.text} {message_id}")


def question(message: Message, verdict: Verdict, hits: Sequence[RuleHit], language: Language) -> Reply:
    """The reason, cut before what to do about it is; in both languages where the client may be told more than ASCII."""
    minutes = max(1, int(verdict.window.total_seconds()) // 60)
    more = len(hits) - 1
    first = hits[0]
    en = f"{first.because.en[:240]} (rule {first.rule})" + (f" and {more} more" if more else "")
    en += f". Send the same mail again within {minutes} minutes to confirm"
    if message.envelope.smtputf8 and language == "ja":
        # RFC 6531 section 3.7.4.2: only whoever said SMTPUTF8 can be expected to read more than ASCII in a reply.
        ja = f"{first.because.ja[:60]}。このまま送る場合は{minutes}分以内に同じメールをもう一度送信してください"
        return reply.REFUSED_BY_POLICY.told_in(f"{ja} / {en}")
    return reply.REFUSED_BY_POLICY.with_text(en)
