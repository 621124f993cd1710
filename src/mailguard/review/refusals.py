"""Why a decision was not taken, in words for people, from what stands in the ledger then. It decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from mailguard.mail.actor import HOUSE, Actor
from mailguard.mail.lifecycle import FINAL, State
from mailguard.mail.verdict import Because
from mailguard.review.rights import DECIDING, is_entitled
from mailguard.review.words import Act, AlreadyDecided, Forbidden, NotFound, Refused, ReviewError
from mailguard.store.records import HistoryLine, MessageRecord, RecipientRecord

NOT_FOUND = Because(ja="そのメールはありません。", en="There is no such mail.")
NO_SUCH_RECIPIENT = Because(ja="そのメールの宛先ではありません。", en="This mail has no such recipient.")
WHICH_RECIPIENTS = Because(ja="外す宛先を指定してください。", en="Say which recipients are to be removed.")
NO_BULK_REMOVE = Because(ja="宛先の除外は一通ずつ行ってください。", en="Recipients are removed mail by mail.")
TOO_MANY = Because(
    ja="一度に処理できるのは10,000通までです。条件を絞ってください。",
    en="At most 10,000 mails at once: narrow the filter.",
)
BODIES_ARE_PRIVATE = Because(ja="監査担当は本文を閲覧できません。", en="An auditor reads no bodies.")
_NOT_YOURS = Because(ja="この操作をする権限がありません。", en="You may not do this with this mail.")
_OWN_MAIL = Because(
    ja="自分のメールを自分で承認することはできません。",
    en="Nobody approves their own mail: somebody else must.",
)
NEEDS_REASON = Because(
    ja="至急送信には理由が必要です。コメントに書いてください。",
    en="To send it as urgent, say why: write the reason as the comment.",
)
_NOT_URGENT = Because(
    ja="このメールの規則では、承認を待たずに至急送信することはできません。",
    en="The rules of this mail do not allow sending it as urgent without approval.",
)
_FROZEN = Because(ja="管理者が送信を止めています。", en="An administrator has stopped this mail.")
_BEING_SENT = Because(ja="いま送信中のため、変更できません。", en="It is being sent right now and cannot be changed.")

_STATE = {
    State.HELD: Because("保留", "held"),
    State.QUEUED: Because("送信(配送待ち)", "released, waiting to be sent"),
    State.RELAYED: Because("送信", "sent"),
    State.CANCELLED: Because("送信取消", "cancelled"),
    State.REJECTED: Because("却下", "rejected"),
    State.EXPIRED: Because("期限切れ", "expired"),
    State.BOUNCED: Because("配送不能", "bounced"),
}


def not_found() -> NotFound:
    """Nothing is said about whether there is such a mail."""
    return NotFound(NOT_FOUND)


def why_not(
    actor: Actor,
    record: MessageRecord,
    act: Act,
    copies: Sequence[RecipientRecord],
    timezone: str,
    history: Sequence[HistoryLine] = (),
) -> ReviewError:
    """The error for an act that changed none of these copies. history: of the mail, for when somebody was faster."""
    if not is_entitled(actor, record, act):
        own = actor.address in record.authors
        return Forbidden(_OWN_MAIL if own else _NOT_YOURS)
    open_states = {State.HELD} if act in DECIDING else {State.HELD, State.QUEUED}
    waiting = [copy for copy in copies if copy.state in open_states]
    if not waiting:
        return _decided(record, copies, timezone)
    if any(copy.leased for copy in waiting):
        return Refused(_BEING_SENT)
    if act is Act.APPROVE and all(copy.needs_approval and not copy.would_count(actor.address) for copy in waiting):
        return _already_approved(record, history, timezone)
    if any(copy.frozen_by not in ("", actor.address) for copy in waiting):
        return Forbidden(_FROZEN)
    if act is Act.URGENT:
        return Forbidden(_NOT_URGENT)
    return Forbidden(_OWN_MAIL if actor.address in record.authors else _NOT_YOURS)


def _decided(record: MessageRecord, copies: Sequence[RecipientRecord], timezone: str) -> AlreadyDecided:
    """Who was first; a mail that was never held was let through by the house when it came."""
    done = [copy for copy in copies if copy.decided_at is not None]
    if not done:
        ended = next((copy for copy in copies if copy.state in FINAL), copies[0])
        return _already(HOUSE.address, record.received_at, ended.state, timezone)
    last = max(done, key=lambda copy: copy.decided_at or record.received_at)
    return _already(last.decided_by, last.decided_at or record.received_at, last.state, timezone)


def _already_approved(record: MessageRecord, history: Sequence[HistoryLine], timezone: str) -> AlreadyDecided:
    """This person's voice was given: by himself, or by one who stood in for him."""
    given = [(line.at, line.actor) for line in history if line.event == "approve"]
    at, by = max(given, default=(record.received_at, HOUSE.address))
    return _already(by, at, State.HELD, timezone)


def _already(by: str, at: datetime, state: State, timezone: str) -> AlreadyDecided:
    when = f"{at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"
    reason = Because(
        ja=f"すでに {by} が {when} に決定しています({_STATE[state].ja})。",
        en=f"Already decided by {by} at {when}: {_STATE[state].en}.",
    )
    return AlreadyDecided(reason, by, at, state)
