"""The page behind a letter's link: it explains the hold, asks for the letter's code, and acts only with both.

The link alone shows what the letter itself said (reason, recipients, subject, file names), never the body, and opens
nothing. The code opens a short session for this one mail and does the act in the same POST. A button of the letter says
which act it meant (`?choice=`): the page puts it in front, and waits for the tap all the same.
"""

from __future__ import annotations

from functools import partial

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from mailguard.access import AccessError, LetterPeek, TooMany
from mailguard.console import choices
from mailguard.console.acts import SENDING, Unanswered, perform, planned
from mailguard.console.auth import code_of
from mailguard.console.browsers import browser_of, client_of
from mailguard.console.choices import CHOICES
from mailguard.console.decision import NOTHING, Given
from mailguard.console.desk import Desk, desk_of
from mailguard.console.entering import log_in
from mailguard.console.mail_values import Told, mail_values, risky_of
from mailguard.console.message import proposed
from mailguard.console.problems import refused
from mailguard.console.visit import Stale, checked_form, field, go, hand_over, speaker, visitor_of
from mailguard.mail.actor import Actor, Role
from mailguard.review import NotFound, ReviewError, View


async def show_ticket(request: Request) -> Response:
    """GET /t/{token}: explain and ask. Whoever is logged in and may see the mail anyway goes straight to it."""
    seen = await _seen_anyway(request)
    if seen:
        return go(request, f"/messages/{seen}{_choice(request)}")
    peek = await desk_of(request).access.peek(request.path_params["token"][:200])
    if peek is None:
        return await _dead(request)
    # A letter's code makes nobody an administrator: whoever was told as one logs in.
    return await _explain(request, peek) if await _is_concerned(request, peek) else await _to_login(request, peek)


async def use_ticket(request: Request) -> Response:
    """POST /t/{token}: link and code log the mailbox in and do the act.

    Another tab of the browser may have used the link: then the mail's page says what was decided, and nothing is done.
    """
    desk, visitor = desk_of(request), await visitor_of(request)
    try:
        form = await checked_form(request)
    except Stale:
        seen = await _seen_anyway(request)
        if not seen:
            raise
        return go(request, f"/messages/{seen}?done=before")
    token, code = request.path_params["token"][:200], code_of(field(form, "code", 40))
    peek = await desk.access.peek(token)
    if peek is None:
        return await _dead(request)
    if not await _is_concerned(request, peek):
        return await _to_login(request, peek)
    explain = partial(_explain, request, peek)
    try:
        given = await _given(desk, peek, form)
        if not code:
            return await explain(given=given, wrong=visitor.say("login.bad_code"), status=400)
        await _check(desk, peek, form)
    except NotFound:
        return await _dead(request)
    except Unanswered as question:
        # The code is still good: nothing was decided with it.
        return await explain(given=Given(question.answers, tried=True, joined=question.joined), code=code)
    try:
        opened = await desk.access.redeem_letter(token, code, client=client_of(request), browser=browser_of(request))
    except TooMany:
        return await explain(wrong=visitor.say("login.busy", minutes=10), status=429)
    except AccessError:
        still = await desk.access.peek(token)
        if still is None:
            return await _dead(request)
        return await explain(given=given, wrong=visitor.say("ticket.wrong"), status=403)
    response = await _act(request, desk, opened.session.actor, peek, form)
    await log_in(request, response, opened)
    return response


async def _seen_anyway(request: Request) -> str:
    """The mail that the link names or named, if the visitor's session may see it; "" tells nothing."""
    desk, visitor = desk_of(request), await visitor_of(request)
    peek = await desk.access.peek(request.path_params["token"][:200], used=True) if visitor.actor else None
    if visitor.actor is None or peek is None or not visitor.may_see(peek.message_id):
        return ""
    try:
        await desk.review.show(visitor.actor, peek.message_id)
    except NotFound:
        return ""
    return peek.message_id


async def _act(request: Request, desk: Desk, actor: Actor, peek: LetterPeek, form: FormData) -> Response:
    """Do what the button says. Somebody may have been faster: that is told, and the session stands to look at it."""
    done, wanted = "login", field(form, "act", 40)
    if wanted == "talk":  # where one writes to the other side: a browser unfolds what its address names
        return go(request, f"/messages/{peek.message_id}?done={done}#remark")
    if wanted != "view":
        try:
            view = await desk.review.show(actor, peek.message_id)
            done = await perform(desk, actor, view, risky_of(view.record, None), form)
        except Unanswered:  # it was answered a moment ago: somebody changed the mail since
            return go(request, f"/messages/{peek.message_id}?done=before")
        except ReviewError as error:
            return await refused(request, error, peek.message_id)
    return go(request, f"/messages/{peek.message_id}?done={done}")


async def _given(desk: Desk, peek: LetterPeek, form: FormData) -> Given:
    """What was answered, so that a slip in the code costs nobody his answers."""
    view = await _as_told(desk, peek)
    return Given(choices.answers(choices.items(view, risky_of(view.record, None)), lambda name: field(form, name, 300)))


async def _check(desk: Desk, peek: LetterPeek, form: FormData) -> None:
    """Before the code is used up: whether every risky item is answered. Raises Unanswered, NotFound."""
    if field(form, "act", 40) in SENDING:
        view = await _as_told(desk, peek)
        planned(view, risky_of(view.record, None), form)


async def _explain(
    request: Request, peek: LetterPeek, *, wrong: str = "", status: int = 200, given: Given = NOTHING, code: str = ""
) -> Response:
    desk, visitor = desk_of(request), await visitor_of(request)
    try:
        view = await _as_told(desk, peek)
    except NotFound:
        return await _dead(request)
    if given is NOTHING and "choice" in request.query_params:
        given = proposed(view, risky_of(view.record, None), request.query_params["choice"])
    mail = mail_values(view, speaker(desk, visitor), peek.person, Told(given=given))
    wrong, status = (mail.decision.wrong, 422) if mail.decision.wrong else (wrong, status)
    token = request.path_params["token"][:200]
    return await hand_over(request, "ticket.html", status=status, wrong=wrong, mail=mail, token=token, code=code)


def _choice(request: Request) -> str:
    """What the letter's link proposes, handed on."""
    choice = request.query_params.get("choice", "")
    return f"?choice={choice}" if choice in CHOICES else ""


async def _as_told(desk: Desk, peek: LetterPeek) -> View:
    """The mail as the letter's person would see it; only what the letter said is put on the page."""
    return await desk.review.show(Actor(peek.person, Role.SENDER, "letter"), peek.message_id)


async def _is_concerned(request: Request, peek: LetterPeek) -> bool:
    """Whether the mail is the person's own, or to be approved by him; not whether his role lets him see all."""
    try:
        await _as_told(desk_of(request), peek)
    except NotFound:
        return desk_of(request).access.role_of(peek.person) is Role.SENDER
    return True


async def _to_login(request: Request, peek: LetterPeek) -> Response:
    return go(request, f"/login?next=/messages/{peek.message_id}")


async def _dead(request: Request) -> Response:
    """One page for links that are old, used, foreign or forged: it helps and tells nothing."""
    say = (await visitor_of(request)).say
    desk = desk_of(request)
    return await hand_over(
        request,
        "error.html",
        status=404,
        headline=say("ticket.dead"),
        detail=say("ticket.dead.help"),
        link=f"{desk.settings.root}/login",
        link_word=say("login.title"),
    )
