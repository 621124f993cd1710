"""What can be asked of the API: a table of operations, by the paths of `routes.API`, with what they take and give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from mailguard.console import absence_models, bulk_models, figure_models, incident_models, models
from mailguard.console import act_models as given
from mailguard.mail.lifecycle import State
from mailguard.mail.query import Sort
from mailguard.review import Act

#: The acts that have a path of their own; REMOVE is the PATCH.
ACTS = {
    Act.RELEASE: "The sender confirms: send it",
    Act.CANCEL: "Do not send it",
    Act.HOLD: "Stop the clock of a delay or hold",
    Act.RESUME: "Let a stopped clock go on with the time that was left",
    Act.APPROVE: "An approver says yes",
    Act.REJECT: "An approver says no, with a comment",
    Act.SEND_NOW: "End the undo window now",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """gives: None: no model of ours; media: of what it gives; refusals: statuses besides 400 and 401; done: the status
    of success.
    """

    method: str
    path: str
    name: str
    summary: str
    gives: type[BaseModel] | None
    takes: type[BaseModel] | None = None
    query: tuple[dict[str, Any], ...] = ()
    refusals: tuple[int, ...] = ()
    done: int = 200
    media: str = "application/json"


def _on_mail(method: str, word: str, name: str, summary: str, takes: type[BaseModel]) -> Operation:
    """Something that is done with one mail, and answered with the mail as it is then."""
    refusals = (403, 404, 409, 422)
    return Operation(method, f"/messages/{{id}}/{word}", name, summary, models.MessageDetail, takes, refusals=refusals)


def _query(name: str, schema: dict[str, Any], said: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": said}


def _texts(**said: str) -> tuple[dict[str, Any], ...]:
    return tuple(_query(name, {"type": "string"}, text) for name, text in said.items())


_LIMIT = _query("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "page length")
_FILTERS = (
    _query("state", {"type": "string", "enum": [str(state) for state in State]}, "state of the mail"),
    *_texts(
        q="the filter language of docs/queue.md", sender="address or domain", recipient="address or domain",
        rule="id of a rule that fired", before="`next` of the page before; or a message id",
    ),
    _query("sort", {"type": "string", "enum": [str(sort) for sort in Sort], "default": "newest"}, "order"),
    _LIMIT,
)  # fmt: skip
_DAYS = (
    _query("days", {"type": "integer", "minimum": 1, "maximum": 400, "default": 30}, "so many days up to today"),
    *_texts(month="a month such as 2026-10"),
)
_LINES = (
    *_texts(
        person="who acted, or a recipient", message="id of a mail", act="event", via="by which way",
        since="from then on", until="before then",
    ),
    _query("before", {"type": "integer", "minimum": 1}, "only lines with a smaller number"),
    _LIMIT,
)  # fmt: skip

OPERATIONS: tuple[Operation, ...] = (
    Operation("get", "/messages", "listMessages", "Mails, newest first", models.MessagePage, query=_FILTERS),
    Operation("get", "/messages/{id}", "showMessage", "One mail", models.MessageDetail, refusals=(404,)),
    _on_mail("patch", "recipients", "removeRecipients", "Take recipients off, hide them, or replace a wrong one",
             given.RecipientsPatch),
    Operation("get", "/messages/{id}/draft", "draftMessage", "A mail that was not sent, to be edited and sent again",
              None, refusals=(403, 404, 410, 422), media="application/octet-stream"),
    Operation("get", "/trusts", "listTrusts", "Recipients who need no asking", given.TrustsOut, refusals=(404,)),
    Operation("delete", "/trusts/{id}", "endTrust", "Ask about a recipient again", None, refusals=(404,), done=204),
    Operation("post", "/messages/bulk", "bulk", "Count, or act over a filter",
              bulk_models.BulkOut, bulk_models.BulkIn, refusals=(403, 422)),
    Operation("get", "/bulk/{id}", "showBulk", "How far an act over many mails is",
              bulk_models.BulkJobOut, refusals=(404,)),
    Operation("post", "/bulk/{id}/undo", "undoBulk", "Undo an act that waits, or stop the rest of it",
              bulk_models.BulkJobOut, refusals=(403, 404, 422)),
    Operation("get", "/messages/{id}/explain", "explainMessage", "Every rule, hit or miss", None, refusals=(404, 410)),
    Operation("get", "/stats", "stats", "Mails by state, and what rules did", models.StatsOut),
    Operation("get", "/incidents", "listIncidents", "Misdeliveries, newest first",
              incident_models.IncidentsOut,
              query=(*_texts(before="the id behind which the page begins: `next` of the page before"), _LIMIT)),
    Operation("post", "/incidents", "openIncident", "Contain a mail that went to the wrong person",
              incident_models.IncidentOut, incident_models.IncidentIn, refusals=(404, 409), done=201),
    Operation("get", "/incidents/{id}", "showIncident", "One incident",
              incident_models.IncidentOut, refusals=(404,)),
    Operation("post", "/incidents/{id}/assess", "assessIncident", "Answer what the law asks about an incident",
              incident_models.IncidentOut, incident_models.AssessmentIn, refusals=(404, 409)),
    Operation("post", "/incidents/{id}/close", "closeIncident", "End an incident, with what came of it",
              incident_models.IncidentOut, incident_models.IncidentEnd, refusals=(404, 409)),
    Operation("get", "/absences", "listAbsences", "When one is away, whose place one takes",
              absence_models.AbsencesOut),
    Operation("post", "/absences", "setAbsence", "Say when one is away",
              absence_models.AbsenceOut, absence_models.AbsenceIn, refusals=(403, 422)),
    Operation("delete", "/absences/{id}", "endAbsence", "End an absence", None, refusals=(404,), done=204),
    Operation("get", "/me", "me", "Whose token this is", models.MeOut),
    Operation("get", "/policy", "policy", "The active policy", None, refusals=(404,)),
    Operation("get", "/figures", "figures", "What was stopped, held and delayed",
              figure_models.FiguresOut, query=_DAYS, refusals=(404,)),
    Operation("get", "/audit", "audit", "Lines of the audit log",
              figure_models.AuditPage, query=_LINES, refusals=(404,)),
    Operation("get", "/events", "events", "Server-sent events: kind and message_id", None, media="text/event-stream"),
    *(_on_mail("post", act, f"{act}Message", said, given.ReleaseIn if act is Act.RELEASE else given.DecisionIn)
      for act, said in ACTS.items()),
    _on_mail("post", "choose", "chooseMessage", "Several changes and a decision in one step, all of it or nothing",
             given.ChooseIn),
    _on_mail("post", "comment", "commentMessage", "A note to the other side", given.CommentIn),
    _on_mail("post", "forward", "forwardMessage", "Ask a colleague to look and decide", given.ForwardIn),
    _on_mail("post", "trust", "trustMessage", "Do not ask again about these recipients", given.TrustIn),
)  # fmt: skip
