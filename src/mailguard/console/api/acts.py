"""The API of acts on one mail: choose, comment, ask somebody, trust a recipient, take the mail back as a draft."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.act_models import (
    ChooseIn,
    CommentIn,
    ForwardIn,
    RecipientsPatch,
    TrustIn,
    TrustOut,
    TrustsOut,
)
from mailguard.console.api.border import BadInput, addresses, answer, body_of, caller, reached
from mailguard.console.content import download
from mailguard.console.desk import desk_of
from mailguard.console.models import MessageDetail
from mailguard.console.problems import problem
from mailguard.review import Act, BodyGone, Choice, Offer, View, nothing_here


async def patch_recipients(request: Request) -> Response:
    """PATCH /messages/{id}/recipients: take some off a held mail, hide them from the others, or replace a wrong one."""
    actor, message_id = await reached(request)
    wanted = await body_of(request, RecipientsPatch)
    review, remove = desk_of(request).review, addresses(wanted.remove)
    for pair in wanted.replace.items():
        return _shown(await review.correct(actor, message_id, Offer(*addresses([*pair])), wanted.comment))
    choice = Choice(remove, hide=addresses([*wanted.hide, *wanted.bcc]), comment=wanted.comment)
    return _shown(await review.take_off(actor, message_id, choice))


async def choose(request: Request) -> Response:
    """POST /messages/{id}/choose: several changes and a decision in one step."""
    actor, message_id = await reached(request)
    wanted = await body_of(request, ChooseIn)
    choice = Choice(
        remove=addresses(wanted.remove),
        remove_files=tuple(wanted.remove_files),
        hide=addresses(wanted.hide),
        then=None if wanted.then is None else Act(wanted.then),
        comment=wanted.comment,
        recipients=None if wanted.recipients is None else addresses(wanted.recipients),
    )
    return _shown(await desk_of(request).review.choose(actor, message_id, choice))


async def comment(request: Request) -> Response:
    """POST /messages/{id}/comment: a note to the other side."""
    actor, message_id = await reached(request)
    wanted = await body_of(request, CommentIn)
    return _shown(await desk_of(request).review.comment(actor, message_id, wanted.text))


async def forward(request: Request) -> Response:
    """POST /messages/{id}/forward: ask a colleague."""
    actor, message_id = await reached(request)
    wanted = await body_of(request, ForwardIn)
    (to,) = addresses([wanted.to])
    return _shown(await desk_of(request).review.forward(actor, message_id, to, wanted.comment))


async def trust(request: Request) -> Response:
    """POST /messages/{id}/trust: do not ask again about these recipients."""
    actor, message_id = await reached(request)
    wanted = await body_of(request, TrustIn)
    people = addresses(wanted.recipients)
    return _shown(await desk_of(request).review.trust(actor, message_id, people, wanted.scope, wanted.lasts))


async def draft(request: Request) -> Response:
    """GET /messages/{id}/draft: a mail that was not sent, to be edited and sent again."""
    actor, message_id = await reached(request)
    try:
        octets = await desk_of(request).review.draft(actor, message_id)
    except BodyGone:
        return problem(410, "Gone", "The content of this mail is no longer kept.")
    return download(octets, f"{message_id}.eml")


async def list_trusts(request: Request) -> Response:
    """GET /trusts: what counts for the one who asks."""
    actor, scope = await caller(request)
    if scope is not None:
        raise nothing_here()
    found = await desk_of(request).review.trusts(actor)
    return answer(TrustsOut(trusts=[TrustOut.of(one) for one in found]))


async def end_trust(request: Request) -> Response:
    """DELETE /trusts/{id}: ask about it again."""
    actor, scope = await caller(request)
    if scope is not None:
        raise nothing_here()
    text = str(request.path_params["id"])
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadInput("id: a number")
    await desk_of(request).review.untrust(actor, int(text))
    return Response(status_code=204)


def _shown(view: View) -> Response:
    return answer(MessageDetail.of_view(view))
