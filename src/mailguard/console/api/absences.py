"""The API of absences: one's own, and for administrators anybody's."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.absence_models import AbsenceIn, AbsenceOut, AbsencesOut
from mailguard.console.api.border import addresses, answer, body_of, caller
from mailguard.console.desk import desk_of
from mailguard.console.own import number_in
from mailguard.mail.actor import Actor
from mailguard.review import nothing_here
from mailguard.review.absences import AbsenceReview


async def list_absences(request: Request) -> Response:
    """GET /absences: one's own, and those in which one takes somebody's place. ?person=: an administrator's look."""
    actor, absences = await _admitted(request)
    person = request.query_params.get("person", "")
    whose = addresses([person])[0].key if person else ""
    own = [AbsenceOut.of(one) for one in await absences.of(actor, whose)]
    standing_in = [AbsenceOut.of(one) for one in await absences.standing_in(actor)]
    return answer(AbsencesOut(own=own, standing_in=standing_in))


async def leave(request: Request) -> Response:
    """POST /absences."""
    actor, absences = await _admitted(request)
    wanted = await body_of(request, AbsenceIn)
    person = addresses([wanted.person])[0] if wanted.person else None
    return answer(
        AbsenceOut.of(await absences.leave(actor, wanted.first, wanted.last, addresses(wanted.delegates), person))
    )


async def come_back(request: Request) -> Response:
    """DELETE /absences/{id}."""
    actor, absences = await _admitted(request)
    await absences.come_back(actor, number_in(request))
    return Response(status_code=204)


async def _admitted(request: Request) -> tuple[Actor, AbsenceReview]:
    actor, scope = await caller(request)
    absences = desk_of(request).absences
    if absences is None or scope is not None:
        raise nothing_here()
    return actor, absences
