"""Why a decision was not taken, in words for people, from what stands in the ledger then. It decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mailguard.mail.actor import HOUSE, Actor
from mailguard.mail.lifecycle import FINAL, State
from mailguard.mail.verdict import Because
from mailguard.notify.phrases import moment
from mailguard.policy.alteration_words import ENCRYPTED, SIGNED
from mailguard.review.rights import APPROVING, ON_HELD, decides, is_entitled
from mailguard.review.words import Act, AlreadyDecided, Forbidden, NotFound, Refused, ReviewError
from mailguard.store.records import HistoryLine, MessageRecord, RecipientRecord

NOT_FOUND = Because(ja="そのメールはありません。", en="There is no such mail.")
NOTHING_HERE = Because(
    ja="該当するものがないか、閲覧する権限がありません。必要な場合は管理者にお問い合わせください。",
    en="There is nothing here, or it is not yours to see. If you need it, ask an administrator.",
)
NO_SUCH_RECIPIENT = Because(ja="そのメールの宛先ではありません。", en="This mail has no such recipient.")
WHICH_RECIPIENTS = Because(ja="外す宛先を指定してください。", en="Say which recipients are to be removed.")
NO_BULK_REMOVE = Because(ja="宛先の除外は一通ずつ行ってください。", en="Recipients are removed mail by mail.")
TOO_MANY = Because(
    ja="一度に処理できるのは10,000通までです。条件を絞ってください。",
    en="At most 10,000 mails at once: narrow the filter.",
)
FAR_TOO_MANY = Because(
    ja="まとめて操作できるのは100,000通までです。条件を絞ってください。",
    en="At most 100,000 mails in one act: narrow the filter.",
)
BULK_OVER = Because(ja="すでに終わっているため、取り消せません。", en="It is over already and cannot be undone.")
FAULT = Because(ja="内部の不具合のため、変更できませんでした。", en="A fault of ours: it stayed as it was.")
TEXTS_ARE_PRIVATE = Because(
    ja="監査担当は本文を閲覧できないため、本文の検索もできません(text: を外してください)。",
    en="Who reads no bodies cannot search them either: leave text: out.",
)
NAME_TAKEN = Because(ja="その名前のビューはすでにあります。", en="There is a view of that name already.")
VIEW_NAME = Because(ja="名前は1〜40文字で入力してください。", en="Give it a name of 1 to 40 characters.")
VIEWS_FULL = Because(ja="保存できるビューは30個までです。", en="At most 30 views can be kept: remove one first.")
BODIES_ARE_PRIVATE = Because(ja="監査担当は本文を閲覧できません。", en="An auditor reads no bodies.")
NOTHING_CHOSEN = Because(
    ja="変更する内容が指定されていません。宛先・添付ファイル・送信のいずれかを選んでください。",
    en="Nothing is chosen: name recipients, files, or what is to be done then.",
)
WHICH_RECIPIENTS_MEANT = Because(ja="対象の宛先を指定してください。", en="Say which recipients are meant.")
NOBODY_LEFT = Because(
    ja="宛先がすべて外れます。送信しない場合は「送信しない」を選んでください。",
    en="Nobody would be left to send it to: cancel it instead.",
)
NOT_THEN = Because(
    ja="変更と同時にできるのは、送信または承認だけです。",
    en="With changes, a mail can only be released or approved.",
)
NO_SUCH_FILE = Because(ja="そのような添付ファイルはありません。", en="This mail has no such attachment.")
FILE_UNKNOWN = Because(
    ja="この添付ファイルは内容を特定できないため、削除できません。",
    en="This attachment cannot be told from the others, so it cannot be taken out.",
)
RECIPE_LOST = Because(
    ja="送信時の変更内容を読み取れないため、変更できません。管理者に連絡してください。",
    en="What this mail is to be changed to cannot be read: ask an administrator.",
)
CHANGED_MEANWHILE = Because(
    ja="ほかの人が同じメールを変更しています。画面を更新して、もう一度お試しください。",
    en="Somebody else is changing this mail: look at it again and repeat.",
)
BODY_GONE = Because(
    ja="メールの本文はすでに削除されているため、できません。", en="The content of this mail is no longer kept."
)
BODY_DAMAGED = Because(
    ja="保存されたメールが受付時と一致しないため、変更できません。管理者に連絡してください。",
    en="What is stored is not what came in, so it is not altered: tell an administrator.",
)
NO_TEXT = Because(ja="コメントを入力してください。", en="Write something.")
TOO_MANY_NOTES = Because(
    ja="1通のメールに書けるコメントは50件までです。", en="At most 50 comments can be written on one mail."
)
OVER = Because(ja="このメールの扱いはすでに決まっているため、できません。", en="This mail is already dealt with.")
NOT_A_COLLEAGUE = Because(
    ja="依頼できるのは社内のアドレスだけです。", en="Only somebody of your own organisation can be asked."
)
NOT_HIMSELF = Because(ja="依頼先に自分は指定できません。", en="You cannot ask yourself: name somebody else.")
NOT_THE_SENDER = Because(
    ja="送信者本人には依頼できません。ほかの人を指定してください。",
    en="The sender cannot decide this for others: name somebody else.",
)
ASKED_ALREADY = Because(ja="その人にはすでに依頼されています。", en="This person has been asked already.")
TOO_MANY_ASKED = Because(
    ja="これ以上の人には依頼できません(1通につき30人まで)。", en="At most 30 people can be asked about one mail."
)
_FORWARD_OWN = Because(
    ja="承認者を自分で選ぶことはできません。承認者への連絡にはコメントを使ってください。",
    en="You cannot choose who approves your own mail; to tell the approvers something, write a comment.",
)
NOT_ASKED_ABOUT = Because(
    ja="この宛先について確認を求めたルールがないか、次回以降の確認を省略できないルールです。",
    en="No rule asked about this recipient, or the rule that did must keep asking.",
)
WHOM_TO_TRUST = Because(
    ja="今後確認しない宛先を指定してください。", en="Say about which recipients nobody needs to be asked again."
)
NOT_THE_TEAM = Because(
    ja="「部署の全員」に設定できるのは、承認者・上長・管理者だけです。「自分だけ」を選んでください。",
    en="Only an approver, a manager or an administrator can say so for a team: say it for yourself.",
)
NOT_FOR_OTHERS = Because(
    ja="ほかの人のメールについて、「自分だけ」の設定はできません。「部署の全員」を選んでください。",
    en="This is somebody else's mail: you can say so for the team, not for yourself.",
)
HOW_LONG = Because(ja="期間は30日・90日・365日から選んでください。", en="Choose 30, 90 or 365 days.")
TOO_MANY_TRUSTED = Because(
    ja="登録できる宛先は5,000件までです。不要なものを削除してください。",
    en="At most 5,000 recipients can be listed: remove some first.",
)
NO_SUCH_TRUST = Because(ja="その設定はありません。", en="There is no such setting.")
NOT_A_DRAFT = Because(
    ja="送信済みのメールは、編集用に取り出せません。", en="Only a mail that was not sent can be taken back as a draft."
)
NOT_OFFERED = Because(
    ja="代わりの宛先として提案されたアドレスではないため、置き換えられません。送信せずに、新しいメールで送ってください。",
    en="Only the address that is proposed can be put in his place. For any other, cancel the mail and send a new one.",
)
THERE_ALREADY = Because(
    ja="{meant} はすでにこのメールの宛先です。誤った宛先だけを外してください。",
    en="{meant} is a recipient of this mail already: just take the wrong one off.",
)
CANNOT_JUDGE = Because(
    ja="このメールは判定し直せないため、宛先を置き換えられません。送信せずに、新しいメールで送ってください。",
    en="This mail cannot be judged again, so nobody can be put in his place. Cancel it and send a new one.",
)
NOT_SO_EITHER = Because(
    ja="{meant} へはルールにより送信できません: {why}",
    en="The rules do not let it go to {meant} either: {why}",
)
_NOT_PAUSED = Because(ja="一時停止されていません。", en="Its clock is not stopped.")
NOT_YOURS = Because(ja="この操作をする権限がありません。", en="You may not do this with this mail.")
_NO_APPROVAL = Because(
    ja="承認待ちのメールではありません。送信するか、送信しないかを選んでください。",
    en="It waits for nobody's approval: release it, or cancel it.",
)
_OWN_MAIL = Because(
    ja="自分のメールを自分で承認することはできません。",
    en="Nobody approves their own mail: somebody else must.",
)
NEEDS_REASON = Because(
    ja="至急送信には理由が必要です。コメントに書いてください。",
    en="To send it as urgent, say why: write the reason as the comment.",
)
_NOT_URGENT = Because(
    ja="このメールのルールでは、承認を待たずに至急送信することはできません。",
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


def nothing_here() -> NotFound:
    """The same of what is no mail: a page, a view, an absence, an act over many."""
    return NotFound(NOTHING_HERE)


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
        own = record.wrote(actor.address)
        return Forbidden(_OWN_MAIL if own else NOT_YOURS)
    open_states = {State.HELD} if act in ON_HELD else {State.HELD, State.QUEUED}
    waiting = [copy for copy in copies if copy.state in open_states]
    if not waiting:
        return _decided(record, copies, timezone)
    if any(copy.leased for copy in waiting):
        return Refused(_BEING_SENT)
    asked = act is Act.APPROVE or (act is Act.FORWARD and actor.address in record.approvers)
    if asked and all(copy.needs_approval and not copy.would_count(actor.address) for copy in waiting):
        return _already_approved(record, history, timezone)
    if act in APPROVING and not any(copy.needs_approval for copy in waiting):
        return Forbidden(_NO_APPROVAL)
    if any(copy.frozen_by not in ("", actor.address) for copy in waiting):
        return Forbidden(_FROZEN)
    if act is Act.URGENT:
        return Forbidden(_NOT_URGENT)
    if act is Act.RESUME and all(copy.paused is None for copy in waiting):
        return Refused(_NOT_PAUSED)
    if act is Act.ALTER:
        return Refused(_why_unaltered(record, waiting))
    if act is Act.FORWARD:
        return Forbidden(_FORWARD_OWN if decides(actor, record) else NOT_YOURS)
    return Forbidden(_OWN_MAIL if record.wrote(actor.address) else NOT_YOURS)


def _why_unaltered(record: MessageRecord, copies: Sequence[RecipientRecord]) -> Because:
    """Why the octets of a held copy stay as they are."""
    if record.facts.signed or record.facts.encrypted:
        return sentence(SIGNED if record.facts.signed else ENCRYPTED)
    return RECIPE_LOST if any(copy.recipe is None for copy in copies) else BODY_GONE


def sentence(said: Because) -> Because:
    """A clause as a sentence of its own."""
    return Because(f"{said.ja}。", f"{said.en[:1].upper()}{said.en[1:]}.")


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
    reason = Because(
        ja=f"{moment(at, timezone, 'ja')} に {by} が決定済みです({_STATE[state].ja})。",
        en=f"Already decided by {by} on {moment(at, timezone, 'en')}: {_STATE[state].en}.",
    )
    return AlreadyDecided(reason, by, at, state)
