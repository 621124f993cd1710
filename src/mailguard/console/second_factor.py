"""The pages of the second factor: show a code, set one up, get new recovery codes.

Nothing is set up or used by a GET. Secret and recovery codes stand on the page that answers the form and nowhere else;
the QR picture is part of that page, so that nothing is fetched and nothing kept.
"""

from __future__ import annotations

import io

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from mailguard.access import AccessError, Enrolment, Expired, TooMany, Unavailable
from mailguard.console.desk import desk_of
from mailguard.console.entering import enter, log_in, stepped_up
from mailguard.console.visit import LoginNeeded, Visitor, checked_form, field, go, hand_over, own_path, visitor_of
from mailguard.mail.actor import Actor


async def show_factor(request: Request) -> Response:
    """GET /factor: what is wanting, or what there is."""
    visitor, _ = await _person(request)
    return await _page(request, visitor, own_path(request.query_params.get("next", "/")))


async def show_code(request: Request) -> Response:
    """A code of the device or a recovery code: the session gets the rights of its person, and a new cookie."""
    form = await checked_form(request)
    visitor, actor = await _person(request)
    way = own_path(field(form, "next"))
    try:
        opened = await desk_of(request).access.factor.show(visitor.cookie, actor, field(form, "code", 40))
    except AccessError as error:
        return await _page(request, visitor, way, error)
    return await enter(request, opened, way)


async def begin(request: Request) -> Response:
    """A new secret, and the page that shows it."""
    form = await checked_form(request)
    _, actor = await _person(request)
    way = own_path(field(form, "next"))
    try:
        enrolment = await desk_of(request).access.factor.begin(actor.address)
    except Expired:
        return go(request, "/factor")
    return await _enrol(request, enrolment, way)


async def confirm(request: Request) -> Response:
    """The first code: the factor is in force, and the recovery codes are shown this once."""
    form = await checked_form(request)
    visitor, actor = await _person(request)
    factor, way = desk_of(request).access.factor, own_path(field(form, "next"))
    try:
        opened, codes = await factor.confirm(visitor.cookie, actor, field(form, "code", 40))
    except Expired:
        return go(request, "/factor")
    except AccessError as error:
        wrong, status = _said(visitor, error)
        try:
            begun = await factor.begun(actor.address)
        except Expired:  # too many tries, and nothing was begun
            return await _page(request, visitor, way, error)
        return await _enrol(request, begun, way, wrong=wrong, status=status)
    stepped_up(request, opened)
    response = await hand_over(request, "codes.html", codes=codes, next=way, first=True)
    await log_in(request, response, opened)
    return response


async def renew_codes(request: Request) -> Response:
    """New recovery codes, against a code of the device."""
    form = await checked_form(request)
    visitor, actor = await _person(request)
    try:
        codes = await desk_of(request).access.factor.new_codes(actor, field(form, "code", 40))
    except AccessError as error:
        return await _page(request, visitor, "/", error)
    return await hand_over(request, "codes.html", codes=codes, next="/factor", first=False)


async def _person(request: Request) -> tuple[Visitor, Actor]:
    """Whoever is logged in, also one who may do nothing else yet; not by a letter's code. Raises LoginNeeded."""
    visitor = await visitor_of(request)
    actor = visitor.actor or visitor.pending
    if actor is None or visitor.scope is not None:
        raise LoginNeeded
    return visitor, actor


async def _page(request: Request, visitor: Visitor, way: str, error: AccessError | None = None) -> Response:
    actor = visitor.actor or visitor.pending
    assert actor is not None
    wrong, status = _said(visitor, error) if error else ("", 200)
    return await hand_over(
        request,
        "factor.html",
        status=status,
        wrong=wrong,
        needs=visitor.needs,
        locked=visitor.pending is not None,
        standing=await desk_of(request).access.factor.standing(actor.address),
        next=way,
    )


async def _enrol(request: Request, enrolment: Enrolment, way: str, *, wrong: str = "", status: int = 200) -> Response:
    secret = " ".join(enrolment.secret[at : at + 4] for at in range(0, len(enrolment.secret), 4))
    return await hand_over(
        request, "enrol.html", status=status, wrong=wrong, secret=secret, picture=_picture(enrolment.uri), next=way
    )


def _said(visitor: Visitor, error: AccessError) -> tuple[str, int]:
    if isinstance(error, TooMany):
        return visitor.say("factor.busy"), 429
    if isinstance(error, Unavailable):
        return visitor.say("factor.broken"), 503
    return visitor.say("factor.wrong"), 403


def _picture(uri: str) -> Markup:
    """The QR picture as SVG within the page: only shapes and presentation attributes, no style (ISO/IEC 18004)."""
    made = io.BytesIO()
    import segno  # once for each person, if at all

    segno.make(uri, error="m").save(
        made, kind="svg", xmldecl=False, svgns=False, nl=False, scale=5, border=4, dark="#000", light="#fff",
        svgclass="qr", lineclass=None, omitsize=True,
    )  # fmt: skip
    # The address in it is ours or checked before; segno writes numbers and nothing of the text itself.
    return Markup(made.getvalue().decode("utf-8"))  # noqa: S704
