"""From a form's button to what the review room is asked, and from its answer to a page.

The button says what is done to whom; the room decides whether it may be. A risky item that nobody answered, or a button
that did not say what it would do, decides nothing. Nothing here acts on a GET.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from mailguard.console import choices
from mailguard.console.choices import Answer, Plan
from mailguard.console.decision import trusted
from mailguard.console.desk import Desk
from mailguard.console.locale.texts import TEXTS
from mailguard.console.risky import Risky
from mailguard.console.visit import field, fields
from mailguard.mail.actor import Actor
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Because
from mailguard.review import Act, Choice, Offer, Refused, ReviewError, Scope, View

#: Buttons that do one act to everybody for whom the person may.
_WHOLE = {str(act): act for act in (Act.SEND_NOW, Act.CANCEL, Act.HOLD, Act.RESUME, Act.REJECT)}
#: Buttons that let the mail go: every risky item must be answered first.
SENDING = frozenset({"send", str(Act.RELEASE), str(Act.APPROVE)})
#: Buttons that do it to the recipients that are ticked.
_SELECTED = {
    "release-selected": Act.RELEASE,
    "approve-selected": Act.APPROVE,
    "remove-selected": Act.REMOVE,
}
_NOBODY = Because(*TEXTS["select.none"])
_NO_ADDRESS = Because(*TEXTS["login.bad_address"])


class Unanswered(Exception):
    """A risky item was not answered, the button did not name what it would do, or the mail has more recipients than the
    page that was looked at (joined): nothing was decided.
    """

    def __init__(self, answers: Mapping[str, Answer], *, joined: bool = False) -> None:
        super().__init__("not answered")
        self.answers, self.joined = answers, joined


def planned(view: View, risky: Risky, form: FormData) -> Plan:
    """What a sending button is to do. Raises Unanswered.

    A page without JavaScript cannot name what its button will do before the items are answered: it comes back with the
    answers, and with a button that does.
    """
    asked = choices.items(view, risky)
    given = choices.answers(asked, lambda name: field(form, name, 300))
    plan = choices.plan(view, asked, given)
    if plan.missing or (asked and field(form, "named", 40) != plan.code):
        raise Unanswered(given)
    if field(form, "copies", 10) not in ("", str(len(view.record.recipients))):
        raise Unanswered(given, joined=True)
    return plan


async def perform(desk: Desk, actor: Actor, view: View, risky: Risky, form: FormData) -> str:
    """Do what the form's button says. Returns the word of what was done. Raises ReviewError, Unanswered,
    HTTPException 400.
    """
    wanted, comment = field(form, "act", 40), field(form, "comment", 2000).strip()
    message_id = view.record.id
    if chosen := field(form, "correct", 700):
        await desk.review.correct(actor, message_id, _offer(chosen), comment)
        return str(Act.CORRECT)
    if wanted in SENDING:
        goes = Act.APPROVE if wanted == str(Act.APPROVE) else Act.RELEASE
        plan = planned(view, risky, form)
        done = await _let_go(desk, actor, view, plan, goes, comment)
        return done if await _trust(desk, actor, view, risky, plan, form) else "untrusted"
    if wanted in _WHOLE:
        await desk.review.act(actor, message_id, _WHOLE[wanted], None, comment)
        return wanted
    if wanted in ("comment", "forward"):
        return await _say(desk, actor, message_id, wanted, form)
    if wanted == "hide-selected":
        hidden = _addresses(fields(form, "recipient"))
        await desk.review.choose(actor, message_id, Choice(hide=hidden, comment=comment))
        return str(Act.ALTER)
    if wanted in _SELECTED:
        act, meant = _SELECTED[wanted], _addresses(fields(form, "recipient"))
        if act is Act.REMOVE:
            await desk.review.take_off(actor, message_id, Choice(remove=meant, comment=comment))
        else:
            await desk.review.act(actor, message_id, act, meant, comment)
        return str(act)
    if wanted == str(Act.URGENT):
        reason = field(form, "reason", 2000)
        await desk.review.act(actor, message_id, Act.URGENT, None, reason)
        return wanted
    raise HTTPException(400)


def _offer(chosen: str) -> Offer:
    """Who gives way to whom (`decision.offer_value`); whether that was offered is asked of the room."""
    wrong, _, meant = chosen.rpartition(">")
    try:
        return Offer(parse_address(wrong), parse_address(meant))
    except AddressError:
        raise HTTPException(400) from None


async def _let_go(desk: Desk, actor: Actor, view: View, plan: Plan, goes: Act, comment: str) -> str:
    """Take out what is to be taken out, and let the rest go: RELEASE or APPROVE."""
    review, message_id = desk.review, view.record.id
    if plan.stop:
        stop = Act.REJECT if goes is Act.APPROVE else Act.CANCEL
        await review.act(actor, message_id, stop, None, comment)
        return str(stop)
    if plan.remove and Act.REMOVE not in view.acts:
        # An approver takes nobody off: he says no to some and yes to the others.
        await review.act(actor, message_id, Act.REJECT, plan.remove, comment)
        await review.act(actor, message_id, goes, _others(view, plan.remove), comment)
        return "changed"
    if plan.changes:
        held = _others(view, plan.remove)
        await review.take_off(actor, message_id, Choice(plan.remove, plan.files, plan.hide, goes, comment, held))
        return "changed"
    # An approver says yes to those whom he was shown, and to nobody who joins the mail in this moment.
    meant = _approved(view) if goes is Act.APPROVE else None
    await review.act(actor, message_id, goes, meant, comment)
    return str(goes)


async def _trust(desk: Desk, actor: Actor, view: View, risky: Risky, plan: Plan, form: FormData) -> bool:
    """Do not ask again about those who stayed on the mail, if that is ticked. False: it could not be done, although the
    mail went.
    """
    if field(form, "trust", 10) != "1" or plan.stop:
        return True
    scope: Scope = "team" if field(form, "trust_scope", 10) == "team" else "me"
    days = field(form, "trust_days", 5)
    meant = trusted(view, risky, plan)
    try:
        lasts = timedelta(days=int(days) if days.isascii() and days.isdigit() else 0)
        await desk.review.trust(actor, view.record.id, meant, scope, lasts)
    except ReviewError:
        return False
    return True


async def _say(desk: Desk, actor: Actor, message_id: str, wanted: str, form: FormData) -> str:
    """A note to the other side, or a colleague who is asked as well."""
    remark = field(form, "remark", 2000)
    if wanted == "comment":
        await desk.review.comment(actor, message_id, remark)
        return wanted
    try:
        to = parse_address(field(form, "to", 320).strip())
    except AddressError:
        raise Refused(_NO_ADDRESS) from None
    await desk.review.forward(actor, message_id, to, remark)
    return wanted


def _others(view: View, without: Sequence[Address]) -> tuple[Address, ...]:
    gone = {one.key for one in without}
    held = [r.address for r in view.record.recipients if r.state is State.HELD]
    return tuple(one for one in held if one.key not in gone)


def _approved(view: View) -> tuple[Address, ...] | None:
    """Whom this person can say yes about; None where there is nobody, so that the room says why."""
    able = tuple(one.address for one in view.record.recipients if Act.APPROVE in view.acts_for.get(one.address.key, ()))
    return able or None


def _addresses(texts: Sequence[str]) -> tuple[Address, ...]:
    if not texts:
        raise Refused(_NOBODY)
    try:
        return tuple(parse_address(text) for text in texts)
    except AddressError:
        raise HTTPException(400) from None
