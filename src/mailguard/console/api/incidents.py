"""The API of incidents: open one, look them up, answer what the law asks, close one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.api.border import BadInput, answer, body_of, caller, limit_of, only
from mailguard.console.desk import desk_of
from mailguard.console.incident_models import AssessmentIn, IncidentEnd, IncidentIn, IncidentOut, IncidentsOut
from mailguard.console.problems import not_found, problem
from mailguard.incident import AlreadyClosed, AlreadyOpen, IncidentRoom, NoIncident, NoReason, WrongMoment
from mailguard.mail.actor import Actor
from mailguard.mail.breach import Answers
from mailguard.mail.message import is_message_id
from mailguard.review import nothing_here


async def list_incidents(request: Request) -> Response:
    """GET /incidents: one's own; all for administrators, officers and auditors."""
    actor, room, zone = await _admitted(request)
    query = request.query_params
    only(query, "before", "limit")
    limit, before = limit_of(query), query.get("before", "")
    if before and not is_message_id(before):
        raise BadInput("before: not an incident's id")
    found = await room.page(actor, limit + 1, before)
    shown = found[:limit]
    more = shown[-1].id if len(found) > limit else None
    return answer(IncidentsOut(incidents=[IncidentOut.of(one, zone) for one in shown], next=more))


async def open_incident(request: Request) -> Response:
    """POST /incidents: 201; 409 where the mail has an open one, with its id."""
    actor, room, zone = await _admitted(request)
    wanted = await body_of(request, IncidentIn)
    try:
        opened = await room.open(actor, wanted.message_id, wanted.note)
    except NoIncident:
        raise not_found() from None
    except AlreadyOpen as error:
        said = f"This mail has an open incident: {error.incident.id}, opened by {error.incident.opened_by}."
        return problem(409, "Conflict", said, incident=error.incident.id)
    response = answer(IncidentOut.of(opened, zone))
    response.status_code = 201
    return response


async def show_incident(request: Request) -> Response:
    """GET /incidents/{id}."""
    actor, room, zone = await _admitted(request)
    try:
        return answer(IncidentOut.of(await room.show(actor, str(request.path_params["id"])), zone))
    except NoIncident:
        raise nothing_here() from None


async def close_incident(request: Request) -> Response:
    """POST /incidents/{id}/close."""
    actor, room, zone = await _admitted(request)
    wanted = await body_of(request, IncidentEnd)
    try:
        closed = await room.close(actor, str(request.path_params["id"]), wanted.outcome)
        return answer(IncidentOut.of(closed, zone))
    except NoIncident:
        raise nothing_here() from None
    except AlreadyClosed as error:
        return problem(409, "Conflict", f"Closed already by {error.incident.closed_by}.")


async def assess_incident(request: Request) -> Response:
    """POST /incidents/{id}/assess: the answers to the six questions."""
    actor, room, zone = await _admitted(request)
    wanted = await body_of(request, AssessmentIn)
    answers = Answers.of(wanted.model_dump(exclude={"learned_at", "why"}))
    try:
        assessed = await room.assess(actor, str(request.path_params["id"]), answers, wanted.learned_at, wanted.why)
    except NoIncident:
        raise nothing_here() from None
    except AlreadyClosed as error:
        return problem(409, "Conflict", f"Closed already by {error.incident.closed_by}.")
    except WrongMoment as error:
        earliest = error.earliest.isoformat(timespec="seconds")
        raise BadInput(f"learned_at: not between the mail ({earliest}) and now") from None
    except NoReason:
        raise BadInput("why: learned_at is changed, and no reason is given") from None
    return answer(IncidentOut.of(assessed, zone))


async def _admitted(request: Request) -> tuple[Actor, IncidentRoom, str]:
    actor, scope = await caller(request)
    desk = desk_of(request)
    room = desk.incidents
    if room is None or scope is not None:
        raise nothing_here()
    return actor, room, desk.settings.organization.timezone
