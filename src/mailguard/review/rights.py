"""Who may do what with which copy: pure, asked when a page is drawn and again inside the deciding transaction.

The rules in one place (docs/states.md): a sender decides on what only asks him, and so does whoever shares the mailbox
that he sent from; nobody approves his own mail, not even an administrator or as a delegate; one no ends it, whatever
others said; where every rule allows it, the sender may let it go at once as urgent; a copy that somebody froze is
thawed by him or an administrator; what is being sent right now is left alone. Only those who
decide about their own mail, or an administrator, alter it; an approver says yes or no to what is there. Whoever could
decide may ask somebody else to.
"""

from __future__ import annotations

from mailguard.mail.actor import Actor, Role
from mailguard.mail.directory import Directory
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.review.words import Act, Scope
from mailguard.store.records import MessageRecord, RecipientRecord

#: Roles that see every mail.
SEE_ALL = frozenset({Role.ADMINISTRATOR, Role.AUDITOR, Role.OFFICER})
#: Acts on a copy that waits for a decision; the others also reach a queued one.
DECIDING = frozenset({Act.RELEASE, Act.SEND_NOW, Act.APPROVE, Act.REJECT, Act.URGENT})
#: Further acts that reach held copies only.
ON_HELD = DECIDING | {Act.ALTER, Act.FORWARD, Act.RESUME, Act.CORRECT}
#: Acts of an approver; the others belong to the sender.
APPROVING = frozenset({Act.APPROVE, Act.REJECT})
_NONE: frozenset[Act] = frozenset()
_WITHDRAW = frozenset({Act.CANCEL, Act.REMOVE, Act.HOLD})
_WITHDRAWN = frozenset({State.CANCELLED, State.REJECTED, State.EXPIRED})


def may_see(actor: Actor, record: MessageRecord) -> bool:
    """Owners, approvers, and who sees everything."""
    return actor.role in SEE_ALL or actor.address in record.people


def may_read_body(actor: Actor, record: MessageRecord) -> bool:
    """An auditor or officer reads no bodies but of his own mail."""
    return actor.role is Role.ADMINISTRATOR or actor.address in record.people


def is_entitled(actor: Actor, record: MessageRecord, act: Act) -> bool:
    """Whether this person could ever do this with this mail, whatever its state."""
    administrator = actor.role is Role.ADMINISTRATOR
    if act in APPROVING:
        return not record.wrote(actor.address) and (administrator or actor.address in record.approvers)
    if act is Act.FORWARD and actor.address in record.approvers:
        return True
    return decides(actor, record) or administrator


def decides(actor: Actor, record: MessageRecord) -> bool:
    """Whether the mail is his to send or not: its sender, or one of those who share the mailbox it was sent from."""
    return actor.address in record.owners or actor.address in record.members


def acts_for(actor: Actor, record: MessageRecord, copy: RecipientRecord) -> frozenset[Act]:
    """What this person can do with this copy now."""
    if record.kind != "mail":
        return _NONE
    return _moving(actor, record, copy) | (frozenset({Act.TRUST}) if _trusting(actor, record, copy) else _NONE)


def acts_with(actor: Actor, record: MessageRecord) -> frozenset[Act]:
    """What he can do with the mail as a whole: write to the other side while it is open."""
    is_open = record.kind == "mail" and record.state in (State.HELD, State.QUEUED)
    return frozenset({Act.COMMENT}) if is_open and may_write(actor, record) else _NONE


def may_write(actor: Actor, record: MessageRecord) -> bool:
    """Whoever has a part in it; who only looks does not speak."""
    return actor.role is Role.ADMINISTRATOR or actor.address in record.people


def trusting_rules(record: MessageRecord, copy: RecipientRecord) -> frozenset[str]:
    """The rules that asked about this very recipient, and need not ask about him again if somebody says so."""
    return frozenset(
        hit.rule
        for hit in record.verdict.enforced
        if hit.trust and hit.disposition is Disposition.CONFIRM and copy.address in hit.recipients
    )


def trust_scopes(actor: Actor, record: MessageRecord, directory: Directory) -> tuple[Scope, ...]:
    """For whom this person may say that a recipient of this mail needs no asking: for himself about his own mail; for
    his team whoever answers for others: approvers, managers, administrators.
    """
    own = decides(actor, record)
    leads = actor.role in (Role.ADMINISTRATOR, Role.APPROVER) or (not own and _approves(actor, record))
    leads = leads or directory.is_manager(actor.address)
    return (*(("me",) if own else ()), *(("team",) if leads else ()))


def _trusting(actor: Actor, record: MessageRecord, copy: RecipientRecord) -> bool:
    """Not about somebody who was taken off, or to whom others said no."""
    concerned = actor.role is Role.ADMINISTRATOR or decides(actor, record) or _approves(actor, record)
    return concerned and copy.state not in _WITHDRAWN and bool(trusting_rules(record, copy))


def _approves(actor: Actor, record: MessageRecord) -> bool:
    """Whether a rule's own question reaches him: whom the sender asked for advice speaks for nobody else."""
    return any(one.disposition is Disposition.APPROVE and actor.address in one.voters for one in record.recipients)


def _moving(actor: Actor, record: MessageRecord, copy: RecipientRecord) -> frozenset[Act]:
    if copy.leased:
        return _NONE
    concerned = decides(actor, record) or actor.role is Role.ADMINISTRATOR
    if copy.state is State.QUEUED:
        return _WITHDRAW if concerned else _NONE
    if copy.state is not State.HELD:
        return _NONE
    withdrawing = _WITHDRAW if concerned else _NONE
    if _frozen_by_other(actor, copy) and actor.role is not Role.ADMINISTRATOR:
        withdrawing -= {Act.HOLD}  # else he would make the freeze his own, and thaw it
    elif concerned:
        withdrawing |= _changing(record, copy)
    deciding = _releasing(actor, record, copy) | _approving(actor, record, copy)
    return withdrawing | deciding | _forwarding(copy, deciding)


def _changing(record: MessageRecord, copy: RecipientRecord) -> frozenset[Act]:
    """What may be altered, and whether a clock stands that can go on."""
    sealed = record.facts.signed or record.facts.encrypted
    kept = record.has_body and copy.recipe is not None
    alter = frozenset({Act.ALTER}) if kept and not sealed else _NONE
    if kept and not copy.added:
        alter |= {Act.CORRECT}
    return alter | {Act.RESUME} if copy.frozen_by and copy.paused is not None else alter


def _forwarding(copy: RecipientRecord, deciding: frozenset[Act]) -> frozenset[Act]:
    """Whoever could decide may ask somebody else to: the sender where only he is asked, an approver while his voice is
    open. A mere undo window is too short for it.
    """
    running = copy.disposition is Disposition.DELAY and not copy.frozen_by
    return frozenset({Act.FORWARD}) if deciding & {Act.RELEASE, Act.APPROVE} and not running else _NONE


def _releasing(actor: Actor, record: MessageRecord, copy: RecipientRecord) -> frozenset[Act]:
    own, administrator = decides(actor, record), actor.role is Role.ADMINISTRATOR
    if not administrator and not (own and not _frozen_by_other(actor, copy)):
        return _NONE
    urgent = frozenset({Act.URGENT}) if copy.needs_approval and copy.urgent else _NONE
    if own and copy.needs_approval:
        return _NONE if _frozen_by_other(actor, copy) else urgent
    return urgent | {Act.RELEASE, Act.SEND_NOW}


def _approving(actor: Actor, record: MessageRecord, copy: RecipientRecord) -> frozenset[Act]:
    administrator = actor.role is Role.ADMINISTRATOR
    asked = actor.address in copy.voters or (administrator and copy.needs_approval)
    if not asked or record.wrote(actor.address):
        return _NONE
    if not copy.needs_approval and copy.disposition is Disposition.APPROVE:
        return _NONE
    frozen = _frozen_by_other(actor, copy) and not administrator
    if frozen or actor.address in copy.approvals or not copy.would_count(actor.address):
        return frozenset({Act.REJECT})
    return APPROVING


def _frozen_by_other(actor: Actor, copy: RecipientRecord) -> bool:
    return copy.frozen_by not in ("", actor.address)
