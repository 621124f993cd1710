"""Who may do what with which copy: pure, asked when a page is drawn and again inside the deciding transaction.

The rules in one place (docs/states.md): a sender decides on what only asks him, and so does whoever shares the mailbox
that he sent from; nobody approves his own mail, not even an administrator or as a delegate; one no ends it, whatever
others said; where every rule allows it, the sender may let it go at once as urgent; a copy that somebody froze is
thawed by him or an administrator; what is being sent right now is left alone.
"""

from __future__ import annotations

from mailguard.mail.actor import Actor, Role
from mailguard.mail.lifecycle import State
from mailguard.review.words import Act
from mailguard.store.records import MessageRecord, RecipientRecord

#: Roles that see every mail.
SEE_ALL = frozenset({Role.ADMINISTRATOR, Role.AUDITOR, Role.OFFICER})
#: Acts on a copy that waits for a decision; the others also reach a queued one.
DECIDING = frozenset({Act.RELEASE, Act.SEND_NOW, Act.APPROVE, Act.REJECT, Act.URGENT})
#: Acts of an approver; the others belong to the sender.
APPROVING = frozenset({Act.APPROVE, Act.REJECT})
_NONE: frozenset[Act] = frozenset()
_WITHDRAW = frozenset({Act.CANCEL, Act.REMOVE, Act.HOLD})


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
        return actor.address not in record.authors and (administrator or actor.address in record.approvers)
    return decides(actor, record) or administrator


def decides(actor: Actor, record: MessageRecord) -> bool:
    """Whether the mail is his to send or not: its sender, or one of those who share the mailbox it was sent from."""
    return actor.address in record.owners or actor.address in record.members


def acts_for(actor: Actor, record: MessageRecord, copy: RecipientRecord) -> frozenset[Act]:
    """What this person can do with this copy now."""
    if record.kind != "mail" or copy.leased:
        return _NONE
    concerned = decides(actor, record) or actor.role is Role.ADMINISTRATOR
    if copy.state is State.QUEUED:
        return _WITHDRAW if concerned else _NONE
    if copy.state is not State.HELD:
        return _NONE
    withdrawing = _WITHDRAW if concerned else _NONE
    if _frozen_by_other(actor, copy) and actor.role is not Role.ADMINISTRATOR:
        withdrawing -= {Act.HOLD}  # else he would make the freeze his own, and thaw it
    return withdrawing | _releasing(actor, record, copy) | _approving(actor, record, copy)


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
    asked = actor.address in copy.voters or administrator
    if not copy.needs_approval or not asked or actor.address in record.authors:
        return _NONE
    frozen = _frozen_by_other(actor, copy) and not administrator
    if frozen or actor.address in copy.approvals or not copy.would_count(actor.address):
        return frozenset({Act.REJECT})
    return APPROVING


def _frozen_by_other(actor: Actor, copy: RecipientRecord) -> bool:
    return copy.frozen_by not in ("", actor.address)
