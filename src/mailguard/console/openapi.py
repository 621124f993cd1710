"""The OpenAPI 3.1 document of the API, made from the models that the API answers with, so that it cannot drift."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from mailguard.console import absence_models, bulk_models, figure_models, incident_models, models
from mailguard.console import act_models as given
from mailguard.mail.lifecycle import State
from mailguard.mail.query import Sort
from mailguard.review import Act

#: The acts that have a path of their own; REMOVE is the PATCH.
ACTS = (Act.RELEASE, Act.CANCEL, Act.HOLD, Act.RESUME, Act.APPROVE, Act.REJECT, Act.SEND_NOW)
_REF = "#/components/schemas/{model}"
_SAID = {
    Act.RELEASE: "The sender confirms: send it",
    Act.CANCEL: "Do not send it",
    Act.HOLD: "Stop the clock of a delay or hold",
    Act.RESUME: "Let a stopped clock go on with the time that was left",
    Act.APPROVE: "An approver says yes",
    Act.REJECT: "An approver says no, with a comment",
    Act.SEND_NOW: "End the undo window now",
}
_MODELS: tuple[type[BaseModel], ...] = (
    models.MessagePage, models.MessageDetail, models.StatsOut, models.MeOut,
    models.ProblemOut, given.DecisionIn, given.ReleaseIn, given.RecipientsPatch, given.ChooseIn, given.CommentIn,
    given.ForwardIn, given.TrustIn, given.TrustsOut,
    bulk_models.BulkIn, bulk_models.BulkOut, bulk_models.BulkJobOut,
    incident_models.IncidentIn, incident_models.IncidentEnd, incident_models.IncidentOut, incident_models.IncidentsOut,
    absence_models.AbsenceIn, absence_models.AbsenceOut, absence_models.AbsencesOut,
    figure_models.FiguresOut, figure_models.AuditPage,
)  # fmt: skip


#: Further things that can be done with one mail.
_BESIDE: dict[str, tuple[str, type[BaseModel]]] = {
    "choose": ("Several changes and a decision in one step, all of it or nothing", given.ChooseIn),
    "comment": ("A note to the other side", given.CommentIn),
    "forward": ("Ask a colleague to look and decide", given.ForwardIn),
    "trust": ("Do not ask again about these recipients", given.TrustIn),
}


@lru_cache(maxsize=4)
def document(url: str, version: str) -> dict[str, Any]:
    """The whole document. url: of the console."""
    _, schemas = models_json_schema([(model, "validation") for model in _MODELS], ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mailguard", "version": version or "0", "description": "Held mail: look, decide, listen."},
        "servers": [{"url": f"{url}/api/v1"}],
        "security": [{"bearer": []}, {"session": []}],
        "components": {"schemas": schemas["$defs"], "securitySchemes": _security()},
        "paths": _paths(),
    }


def _security() -> dict[str, Any]:
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "`mailguard token create`"},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "mailguard",
            "description": "Console session; changes also need X-Form-Token",
        },
    }


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {
        "/messages": {"get": _operation("listMessages", "Mails, newest first", models.MessagePage, query=_filters())},
        "/messages/{id}": {
            "get": _operation("showMessage", "One mail", models.MessageDetail, on_message=True, refusals=(404,))
        },
        "/messages/{id}/recipients": {
            "patch": _on_mail(
                "removeRecipients", "Take recipients off, hide them, or replace a wrong one", given.RecipientsPatch
            )
        },
        "/messages/{id}/draft": {
            "get": _operation(
                "draftMessage",
                "A mail that was not sent, to be edited and sent again",
                None,
                "application/octet-stream",
                on_message=True,
                refusals=(403, 404, 410, 422),
            )
        },
        "/trusts": {"get": _operation("listTrusts", "Recipients who need no asking", given.TrustsOut, refusals=(404,))},
        "/trusts/{id}": {
            "delete": _operation(
                "endTrust", "Ask about a recipient again", None, on_message=True, refusals=(404,), done=204
            )
        },
        "/messages/bulk": {
            "post": _operation(
                "bulk",
                "Count, or act over a filter",
                bulk_models.BulkOut,
                takes=bulk_models.BulkIn,
                refusals=(403, 422),
            )
        },
        "/bulk/{id}": {
            "get": _operation(
                "showBulk",
                "How far an act over many mails is",
                bulk_models.BulkJobOut,
                on_message=True,
                refusals=(404,),
            )
        },
        "/bulk/{id}/undo": {
            "post": _operation(
                "undoBulk",
                "Undo an act that waits, or stop the rest of it",
                bulk_models.BulkJobOut,
                on_message=True,
                refusals=(403, 404, 422),
            )
        },
        "/messages/{id}/explain": {
            "get": _operation("explainMessage", "Every rule, hit or miss", None, on_message=True, refusals=(404, 410))
        },
        "/stats": {"get": _operation("stats", "Mails by state, and what rules did", models.StatsOut)},
        "/incidents": {
            "get": _operation(
                "listIncidents", "Misdeliveries, newest first", incident_models.IncidentsOut, query=[_LIMIT]
            ),
            "post": _operation(
                "openIncident",
                "Contain a mail that went to the wrong person",
                incident_models.IncidentOut,
                takes=incident_models.IncidentIn,
                refusals=(404, 409),
                done=201,
            ),
        },
        "/incidents/{id}": {
            "get": _operation(
                "showIncident", "One incident", incident_models.IncidentOut, on_message=True, refusals=(404,)
            )
        },
        "/incidents/{id}/close": {
            "post": _operation(
                "closeIncident",
                "End an incident, with what came of it",
                incident_models.IncidentOut,
                takes=incident_models.IncidentEnd,
                on_message=True,
                refusals=(404, 409),
            )
        },
        "/absences": {
            "get": _operation("listAbsences", "When one is away, whose place one takes", absence_models.AbsencesOut),
            "post": _operation(
                "setAbsence",
                "Say when one is away",
                absence_models.AbsenceOut,
                takes=absence_models.AbsenceIn,
                refusals=(403, 422),
            ),
        },
        "/absences/{id}": {
            "delete": _operation("endAbsence", "End an absence", None, on_message=True, refusals=(404,), done=204)
        },
        "/me": {"get": _operation("me", "Whose token this is", models.MeOut)},
        "/policy": {"get": _operation("policy", "The active policy", None, refusals=(404,))},
        "/figures": {
            "get": _operation(
                "figures",
                "What was stopped, held and delayed",
                figure_models.FiguresOut,
                query=_days(),
                refusals=(404,),
            )
        },
        "/audit": {
            "get": _operation(
                "audit", "Lines of the audit log", figure_models.AuditPage, query=_lines(), refusals=(404,)
            )
        },
        "/events": {"get": _operation("events", "Server-sent events: kind and message_id", None, "text/event-stream")},
    }
    for act in ACTS:
        decision = given.ReleaseIn if act is Act.RELEASE else given.DecisionIn
        paths[f"/messages/{{id}}/{act}"] = {"post": _on_mail(f"{act}Message", _SAID[act], decision)}
    for word, (said, body) in _BESIDE.items():
        paths[f"/messages/{{id}}/{word}"] = {"post": _on_mail(f"{word}Message", said, body)}
    return paths


def _on_mail(name: str, summary: str, body: type[BaseModel]) -> dict[str, Any]:
    """Something that is done with one mail, and answered with the mail as it is then."""
    refusals = (403, 404, 409, 422)
    return _operation(name, summary, models.MessageDetail, takes=body, on_message=True, refusals=refusals)


def _operation(
    name: str,
    summary: str,
    gives: type[BaseModel] | None,
    media: str = "application/json",
    *,
    takes: type[BaseModel] | None = None,
    query: list[dict[str, Any]] | None = None,
    on_message: bool = False,
    refusals: tuple[int, ...] = (),
    done: int = 200,
) -> dict[str, Any]:
    parameters = list(query or [])
    if on_message:
        parameters.append({"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})
    schema = {"$ref": _ref(gives)} if gives else {"type": "object"} if media == "application/json" else {}
    refused = {"content": {"application/problem+json": {"schema": {"$ref": _ref(models.ProblemOut)}}}}
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            str(done): {"description": "done", "content": {media: {"schema": schema}}},
            **{str(status): {"description": "refused", **refused} for status in sorted({400, 401, *refusals})},
        },
    }
    if takes is not None:
        body = {"content": {"application/json": {"schema": {"$ref": _ref(takes)}}}}
        operation["requestBody"] = body if issubclass(takes, given.DecisionIn) else {"required": True, **body}
    return operation


def _filters() -> list[dict[str, Any]]:
    texts = {"q": "the filter language of docs/queue.md", "sender": "address or domain",
             "recipient": "address or domain",
             "rule": "id of a rule that fired", "before": "`next` of the page before; or a message id"}  # fmt: skip
    listed = [_query("state", {"type": "string", "enum": [str(state) for state in State]}, "state of the mail")]
    listed += [_query(name, {"type": "string"}, said) for name, said in texts.items()]
    listed.append(
        _query("sort", {"type": "string", "enum": [str(sort) for sort in Sort], "default": "newest"}, "order")
    )
    return [*listed, _LIMIT]


def _days() -> list[dict[str, Any]]:
    days = {"type": "integer", "minimum": 1, "maximum": 400, "default": 30}
    return [
        _query("days", days, "so many days up to today"),
        _query("month", {"type": "string"}, "a month such as 2026-10"),
    ]


def _lines() -> list[dict[str, Any]]:
    texts = {"person": "who acted, or a recipient", "message": "id of a mail", "act": "event", "via": "by which way",
             "since": "from then on", "until": "before then"}  # fmt: skip
    listed = [_query(name, {"type": "string"}, said) for name, said in texts.items()]
    listed.append(_query("before", {"type": "integer", "minimum": 1}, "only lines with a smaller number"))
    return [*listed, _query("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "page length")]


def _query(name: str, schema: dict[str, Any], said: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": said}


_LIMIT = _query("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "page length")


def _ref(model: type[BaseModel]) -> str:
    return _REF.format(model=model.__name__)
