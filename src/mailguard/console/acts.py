"""From a form's button to what the review room is asked, and from its answer to a page.

The button says what is done to whom; the room decides whether it may be. Nothing here acts on a GET.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.desk import Desk, desk_of
from mailguard.console.locale.texts import TEXTS
from mailguard.console.people import flagged
from mailguard.console.problems import not_found
from mailguard.console.visit import checked_form, field, fields, go, known_visitor, unscoped_visitor
from mailguard.mail.actor import Actor
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Because, Disposition
from mailguard.notify.phrases import people
from mailguard.review import Act, Filter, RecipientRecord, Refused, View

#: Buttons that do one act to everybody for whom the person may.
_WHOLE = {str(act): act for act in (Act.RELEASE, Act.SEND_NOW, Act.CANCEL, Act.HOLD, Act.APPROVE, Act.REJECT)}
#: What a letter's button may have chosen already (`?choice=`).
CHOICES = frozenset({"remove-flagged", "release", "cancel", "approve", "reject"})
#: Buttons that do it to the recipients that are ticked.
_SELECTED = {
    "release-selected": Act.RELEASE,
    "approve-selected": Act.APPROVE,
    "remove-selected": Act.REMOVE,
}
_NOBODY = Because(*TEXTS["select.none"])


@dataclass(frozen=True, slots=True)
class Button:
    """One thing that can be done: the form's value, its words, the class of its look."""

    value: str
    label: str
    css: str = ""


@dataclass(frozen=True, slots=True)
class Preselected:
    """Buttons with the one that was chosen before in front; first: that one, None if none of them was."""

    buttons: list[Button]
    first: Button | None


def preselected(offered: Sequence[Button], choice: str) -> Preselected:
    """Put what was chosen in the letter in front: it stands out, the others do not."""
    first = next((one for one in offered if one.value == choice and choice in CHOICES), None)
    if first is None:
        return Preselected(list(offered), None)
    others = [replace(one, css="" if one.css == "main" else one.css) for one in offered if one != first]
    return Preselected([replace(first, css="main"), *others], first)


def buttons(view: View, language: Language, say: Callable[..., str]) -> list[Button]:
    """What this person can do with the mail, the safest way out of its reason first."""
    acts, record = view.acts, view.record
    risky = flagged(record)
    goes = Act.APPROVE if Act.APPROVE in acts else Act.RELEASE if Act.RELEASE in acts else None
    delayed = any(r.state is State.HELD and r.disposition is Disposition.DELAY for r in record.recipients)
    made = []
    if risky and Act.REMOVE in acts and goes is Act.RELEASE:
        label = say("act.remove-flagged", people=people(len(risky), language))
        made.append(Button("remove-flagged", label, "main"))
    if Act.APPROVE in acts:
        made.append(Button("approve", say("act.approve"), "main"))
    elif Act.SEND_NOW in acts and delayed:
        made.append(Button("send-now", say("act.send-now")))
    elif Act.RELEASE in acts:
        made.append(Button("release", say("act.release"), "" if made else "main"))
    if Act.REJECT in acts:
        made.append(Button("reject", say("act.reject"), "stop"))
    if Act.CANCEL in acts:
        label = say("act.cancel" if record.state is State.HELD else "act.cancel-queued")
        made.append(Button("cancel", label, "stop"))
    if Act.HOLD in acts and any(_runs_out(r) for r in record.recipients):
        made.append(Button("hold", say("act.hold"), "quiet"))
    return made


def _runs_out(recipient: RecipientRecord) -> bool:
    """Whether a clock runs that ends in sending."""
    return recipient.state is State.HELD and recipient.expire_action == "release" and not recipient.frozen_by


def selection_buttons(view: View, say: Callable[..., str]) -> list[Button]:
    """What can be done with some of several held recipients."""
    if sum(r.state is State.HELD for r in view.record.recipients) < 2:
        return []
    return [
        Button(value, say(f"act.{value}"))
        for value, act in _SELECTED.items()
        if act in view.acts and not (act is Act.RELEASE and Act.APPROVE in view.acts)
    ]


async def perform(desk: Desk, actor: Actor, message_id: str, form: FormData) -> str:
    """Do what the form's button says. Returns the word of what was done. Raises ReviewError, HTTPException 400."""
    wanted, comment = field(form, "act", 40), field(form, "comment", 2000).strip()
    if wanted in _WHOLE:
        await desk.review.act(actor, message_id, _WHOLE[wanted], None, comment)
        return wanted
    if wanted in _SELECTED:
        act = _SELECTED[wanted]
        await desk.review.act(actor, message_id, act, _addresses(fields(form, "recipient")), comment)
        return str(act)
    if wanted == str(Act.URGENT):
        reason = field(form, "reason", 2000)
        await desk.review.act(actor, message_id, Act.URGENT, None, reason)
        return wanted
    if wanted == "remove-flagged":
        await desk.review.act(actor, message_id, Act.REMOVE, _addresses(fields(form, "flagged")), comment)
        await desk.review.act(actor, message_id, Act.RELEASE, None, comment)
        return wanted
    raise HTTPException(400)


def _addresses(texts: Sequence[str]) -> tuple[Address, ...]:
    if not texts:
        raise Refused(_NOBODY)
    try:
        return tuple(parse_address(text) for text in texts)
    except AddressError:
        raise HTTPException(400) from None


async def act(request: Request) -> Response:
    """POST /messages/{id}/act: decide, then show the mail as it is now."""
    desk = desk_of(request)
    form = await checked_form(request)
    visitor, actor = await known_visitor(request)
    message_id = request.path_params["id"]
    if not visitor.may_see(message_id):
        raise not_found()
    if field(form, "act", 40) == "look":  # Enter in a field: nothing is decided by accident
        return go(request, f"/messages/{message_id}")
    done = await perform(desk, actor, message_id, form)
    return go(request, f"/messages/{message_id}?done={done}")


async def bulk(request: Request) -> Response:
    """POST /bulk: the same for every ticked mail of the list."""
    desk = desk_of(request)
    form = await checked_form(request)
    _, actor = await unscoped_visitor(request)
    wanted, ids = field(form, "act", 40), tuple(fields(form, "message"))[:1000]
    if wanted not in ("release", "cancel"):
        raise HTTPException(400)
    if not ids:
        return go(request, "/all")
    result = await desk.review.bulk(actor, Filter(ids=ids), Act(wanted), False)
    return go(request, f"/all?done={result.done}&refused={len(ids) - result.done}")
