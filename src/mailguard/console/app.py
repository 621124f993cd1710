"""THE RECEPTION: pages and API of one ASGI application, put together here; it runs in the same loop as everything else.

It translates: forms and JSON to what the rooms are asked, their answers to pages. It never touches the ledger, never
relays, and decides nothing about mail.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount

from mailguard.console import problems, rulepage
from mailguard.console.api.border import BadInput, on_bad_input
from mailguard.console.desk import Desk
from mailguard.console.routes import HEALTH, PAGES
from mailguard.console.security import BodyLimit, SecurityHeaders
from mailguard.console.visit import LoginNeeded, Stale
from mailguard.review import ReviewError


def build(desk: Desk) -> Starlette:
    """The application."""
    settings = desk.settings
    app = Starlette(
        routes=[*HEALTH, Mount(settings.root, routes=PAGES)] if settings.root else [*HEALTH, *PAGES],
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
            BadInput: on_bad_input,
            HTTPException: problems.on_http_error,
            Exception: problems.on_fault,
        },
    )
    app.state.desk = desk
    return app
