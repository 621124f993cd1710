"""Which address is answered by whom."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route

from mailguard.console import audit as audit_page
from mailguard.console import (
    auth,
    content,
    health,
    history,
    message,
    misdelivery,
    outside,
    own,
    pages,
    queue,
    queue_acts,
    queue_csv,
    queue_views,
    register,
    rulepage,
    second_factor,
    sessions,
    sign_on,
    statics,
    stream,
    ticket,
    undo,
)
from mailguard.console import figures as figure_page
from mailguard.console.api import absences as api_absences
from mailguard.console.api import acts as api_acts
from mailguard.console.api import figures as api_figures
from mailguard.console.api import house as api_house
from mailguard.console.api import incidents as api_incidents
from mailguard.console.api import messages as api_messages
from mailguard.console.operations import ACTS

#: For machines, at the root of the port, whatever the path of the console.
HEALTH: tuple[BaseRoute, ...] = (
    Route("/livez", health.livez),
    Route("/readyz", health.readyz),
    Route("/metrics", health.metrics),
)

#: Below /api/v1 (openapi.py describes them).
API: tuple[BaseRoute, ...] = (
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
)

#: Below the path of the console.
PAGES: tuple[BaseRoute, ...] = (
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
    Route("/messages/{id}/misdelivery", misdelivery.report, methods=["POST"]),
    Route("/messages/{id}/misdelivery/end", misdelivery.end, methods=["POST"]),
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
    Route("/incidents", register.show_register),
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
    Route("/static/{name}", statics.show_static),
    Mount("/api/v1", routes=API),
    Route("/api/{path:path}", api_house.nowhere),
)
