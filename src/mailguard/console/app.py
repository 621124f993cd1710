"""THE RECEPTION: pages and API of one ASGI application, put together here; it runs in the same loop as everything else.

It translates: forms and JSON to what the rooms are asked, their answers to pages. It never touches the ledger, never
relays, and decides nothing about mail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from mailguard.access import Access, Ways
from mailguard.console import audit as audit_page
from mailguard.console import (
    auth,
    content,
    health,
    history,
    message,
    outside,
    own,
    pages,
    problems,
    queue,
    queue_acts,
    queue_csv,
    queue_views,
    rulepage,
    second_factor,
    sessions,
    sign_on,
    stream,
    ticket,
    undo,
)
from mailguard.console import figures as figure_page
from mailguard.console.api import absences as api_absences
from mailguard.console.api import acts as api_acts
from mailguard.console.api import border as api_border
from mailguard.console.api import figures as api_figures
from mailguard.console.api import house as api_house
from mailguard.console.api import incidents as api_incidents
from mailguard.console.api import messages as api_messages
from mailguard.console.desk import Desk, Outside, Reads, desk_of
from mailguard.console.openapi import ACTS
from mailguard.console.security import BodyLimit, SecurityHeaders
from mailguard.console.settings import ConsoleSettings
from mailguard.console.sheets import Sheets
from mailguard.console.trials import Tries
from mailguard.console.visit import LoginNeeded, Stale
from mailguard.incident import IncidentRoom
from mailguard.notify.live import Live
from mailguard.review import Bulk, Listing, MyHistory, Review, ReviewError
from mailguard.review.absences import AbsenceReview
from mailguard.review.audits import AuditReview
from mailguard.review.figures import FigureReview
from mailguard.review.quiet import Quiet
from mailguard.review.rules import RuleReview

_MEDIA = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_STATIC = {
    one.name: one.read_bytes()
    for one in (resources.files("mailguard.console") / "static").iterdir()
    if one.name.rpartition(".")[2] in _MEDIA
}


def build(
    settings: ConsoleSettings,
    *,
    review: Review,
    bulk: Bulk,
    listing: Listing,
    sent: MyHistory,
    access: Access,
    live: Live,
    readers: Reads,
    outside: Outside | None = None,
    ready: Callable[[], Awaitable[Mapping[str, str]]] | None = None,
    policy: Callable[[], Mapping[str, Any]] | None = None,
    refused: Callable[[], Sequence[str]] = tuple,
    troubles: Callable[[], Sequence[tuple[str, str]]] = tuple,
    rules: RuleReview | None = None,
    trials: Tries | None = None,
    absences: AbsenceReview | None = None,
    incidents: IncidentRoom | None = None,
    figures: FigureReview | None = None,
    audits: AuditReview | None = None,
    quiet: Quiet | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    version: str = "",
    ways: Ways | None = None,
) -> Starlette:
    """The application. ready: names what is wrong with the house; policy: what `GET /policy` shows; refused,
    troubles: Desk.
    """
    desk = Desk(
        settings=settings,
        review=review,
        bulk=bulk,
        listing=listing,
        sent=sent,
        access=access,
        live=live,
        readers=readers,
        now=now,
        sheets=Sheets(),
        static={name: hashlib.sha256(octets).hexdigest()[:12] for name, octets in _STATIC.items()},
        outside=outside,
        ready=ready,
        policy=policy,
        refused=refused,
        troubles=troubles,
        rules=rules,
        trials=trials,
        absences=absences,
        incidents=incidents,
        figures=figures,
        audits=audits,
        quiet=quiet,
        version=version,
        ways=ways or Ways(),
    )
    routes = _routes()
    app = Starlette(
        routes=[*_health(), Mount(settings.root, routes=routes)] if settings.root else [*_health(), *routes],
        middleware=[
            Middleware(SecurityHeaders, secure=settings.secure),
            Middleware(
                BodyLimit,
                octets=settings.body_bytes,
                larger={f"{settings.root}/policy/simulations": settings.body_bytes + rulepage.MAILS_MOST},
            ),
        ],
        exception_handlers={
            ReviewError: problems.on_review_error,
            LoginNeeded: problems.on_login_needed,
            Stale: problems.on_stale,
            api_border.BadInput: api_border.on_bad_input,
            HTTPException: problems.on_http_error,
            Exception: problems.on_fault,
        },
    )
    app.state.desk = desk
    return app


def _health() -> list[BaseRoute]:
    return [
        Route("/livez", health.livez),
        Route("/readyz", health.readyz),
        Route("/metrics", health.metrics),
    ]


def _routes() -> list[BaseRoute]:
    return [
        Route("/", pages.home),
        Route("/mine", pages.mine),
        Route("/mine/peace", undo.set_peace, methods=["POST"]),
        Route("/history", history.show_history),
        Route("/all", queue.show_queue),
        Route("/all/confirm", queue_acts.confirm),
        Route("/all/export", queue_csv.export, methods=["POST"]),
        Route("/bulk", queue_acts.begin, methods=["POST"]),
        Route("/bulk/{id}", queue_acts.show_job),
        Route("/bulk/{id}/end", queue_acts.end, methods=["POST"]),
        Route("/views", queue_views.keep, methods=["POST"]),
        Route("/views/{id}", queue_views.change, methods=["POST"]),
        Route("/messages/{id}", message.show_message),
        Route("/messages/{id}/act", message.act, methods=["POST"]),
        Route("/messages/{id}/files/{position:int}", message.show_file),
        Route("/messages/{id}/html", content.show_html),
        Route("/messages/{id}/raw", content.save_raw),
        Route("/messages/{id}/draft", content.save_draft),
        Route("/settings", own.show_settings),
        Route("/settings/absences", own.leave, methods=["POST"]),
        Route("/settings/absences/{id}", own.come_back, methods=["POST"]),
        Route("/settings/trusts/{id}", own.ask_again, methods=["POST"]),
        Route("/policy", rulepage.show_policy),
        Route("/policy/simulations", rulepage.start_trial, methods=["POST"]),
        Route("/policy/simulations/{id}", rulepage.show_trial),
        Route("/figures", figure_page.show_figures),
        Route("/figures/{table}.csv", figure_page.save_figures),
        Route("/audit", audit_page.show_audit),
        Route("/audit/export", audit_page.export_audit, methods=["POST"]),
        Route("/audit/verify", audit_page.verify_audit, methods=["POST"]),
        Route("/t/{token}", ticket.show_ticket),
        Route("/t/{token}", ticket.use_ticket, methods=["POST"]),
        Route("/login", auth.show_login),
        Route("/login", auth.ask_login, methods=["POST"]),
        Route("/login/code", auth.enter_code, methods=["POST"]),
        Route("/login/link", auth.use_link, methods=["POST"]),
        Route("/login/password", auth.log_in_by_password, methods=["POST"]),
        Route("/login/oidc", sign_on.go_there),
        Route("/login/oidc/back", sign_on.come_back),
        Route("/login/oidc/end", sign_on.end_there),
        Route("/login/{token}", auth.show_link),
        Route("/factor", second_factor.show_factor),
        Route("/factor", second_factor.show_code, methods=["POST"]),
        Route("/factor/begin", second_factor.begin, methods=["POST"]),
        Route("/factor/confirm", second_factor.confirm, methods=["POST"]),
        Route("/factor/codes", second_factor.renew_codes, methods=["POST"]),
        Route("/sessions", sessions.show_own),
        Route("/sessions/all", sessions.show_all),
        Route("/sessions/end", sessions.end, methods=["POST"]),
        Route("/logout", auth.log_out, methods=["POST"]),
        Route("/language", auth.switch_language, methods=["POST"]),
        Route("/events", stream.show_events),
        Route("/outside", outside.show_outside),
        Route("/outside/{name}", outside.show_outside_mail),
        Route("/outside/{name}/html", outside.show_outside_html),
        Route("/outside/{name}/raw", outside.save_outside),
        Route("/static/{name}", show_static),
        Mount("/api/v1", routes=_api()),
        Route("/api/{path:path}", api_house.nowhere),
    ]


def _api() -> list[BaseRoute]:
    return [
        Route("/openapi.json", api_house.openapi),
        Route("/messages", api_messages.list_messages),
        Route("/messages/bulk", api_messages.bulk, methods=["POST"]),
        Route("/bulk/{id}", api_messages.show_bulk),
        Route("/bulk/{id}/undo", api_messages.end_bulk, methods=["POST"]),
        Route("/messages/{id}", api_messages.show_message),
        Route("/messages/{id}/explain", api_messages.explain_message),
        Route("/messages/{id}/recipients", api_acts.patch_recipients, methods=["PATCH"]),
        Route("/messages/{id}/choose", api_acts.choose, methods=["POST"]),
        Route("/messages/{id}/comment", api_acts.comment, methods=["POST"]),
        Route("/messages/{id}/forward", api_acts.forward, methods=["POST"]),
        Route("/messages/{id}/trust", api_acts.trust, methods=["POST"]),
        Route("/messages/{id}/draft", api_acts.draft),
        Route("/messages/{id}/release", api_messages.release, methods=["POST"]),
        *[Route(f"/messages/{{id}}/{act}", api_messages.decide(act), methods=["POST"]) for act in ACTS],
        Route("/trusts", api_acts.list_trusts),
        Route("/trusts/{id}", api_acts.end_trust, methods=["DELETE"]),
        Route("/events", api_house.live_events),
        Route("/stats", api_house.stats),
        Route("/me", api_house.me),
        Route("/incidents", api_incidents.list_incidents),
        Route("/incidents", api_incidents.open_incident, methods=["POST"]),
        Route("/incidents/{id}", api_incidents.show_incident),
        Route("/incidents/{id}/close", api_incidents.close_incident, methods=["POST"]),
        Route("/absences", api_absences.list_absences),
        Route("/absences", api_absences.leave, methods=["POST"]),
        Route("/absences/{id}", api_absences.come_back, methods=["DELETE"]),
        Route("/policy", api_house.policy),
        Route("/figures", api_figures.show_figures),
        Route("/audit", api_figures.list_audit),
    ]


async def show_static(request: Request) -> Response:
    """Script, style, mark. With the right digest in the address they may be kept for ever."""
    name = request.path_params["name"]
    octets = _STATIC.get(name)
    if octets is None:
        raise HTTPException(404)
    fresh = request.query_params.get("v") == desk_of(request).static[name]
    kept = "public, max-age=31536000, immutable" if fresh else "no-cache"
    return Response(octets, media_type=_MEDIA[name.rpartition(".")[2]], headers={"cache-control": kept})
