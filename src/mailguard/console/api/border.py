"""The border of the API: who asks, what the body says, how an answer and an error look."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.desk import desk_of
from mailguard.console.problems import not_found, problem
from mailguard.console.security import is_form_token, same_site
from mailguard.console.visit import LoginNeeded, visitor_of
from mailguard.mail.actor import Actor
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.message import is_message_id

_Model = TypeVar("_Model", bound=BaseModel)
_SAFE = frozenset({"GET", "HEAD"})
_MOST = 200


class BadInput(Exception):
    """What the program sent is not what the document asks for; `errors` says where and what."""

    def __init__(self, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or []


async def on_bad_input(_request: Request, error: Exception) -> Response:
    """A problem with the place of every error."""
    assert isinstance(error, BadInput)
    return problem(400, "Bad Request", error.detail, **({"errors": error.errors} if error.errors else {}))


async def caller(request: Request) -> tuple[Actor, str | None]:
    """Who asks, and the only mail that the session reaches (None: all). Raises LoginNeeded, BadInput."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind:
        actor = await desk_of(request).access.verify_token(token.strip()[:300]) if kind.lower() == "bearer" else None
        if actor is None:
            raise LoginNeeded
        return actor, None
    visitor = await visitor_of(request)
    if visitor.actor is None:
        raise LoginNeeded
    own = same_site(request.headers) and is_form_token(visitor.secret, request.headers.get("x-form-token", ""))
    if request.method not in _SAFE and not own:
        raise BadInput("With a console session, changes need the form token in X-Form-Token.")
    return visitor.actor, visitor.scope


async def reached(request: Request) -> tuple[Actor, str]:
    """Who asks, and for which mail."""
    actor, scope = await caller(request)
    message_id = str(request.path_params["id"])
    if not is_message_id(message_id) or scope not in (None, message_id):
        raise not_found()
    return actor, message_id


async def body_of(request: Request, model: type[_Model]) -> _Model:
    """The JSON body, checked; an empty body is an empty object. Raises BadInput."""
    octets = await request.body()
    try:
        return model.model_validate_json(octets.strip() or b"{}")
    except ValidationError as error:
        raise bad_input(error) from None


def bad_input(error: ValidationError) -> BadInput:
    found = [{"where": ".".join(map(str, one["loc"])) or "body", "what": one["msg"]} for one in error.errors()[:20]]
    return BadInput(f"{found[0]['where']}: {found[0]['what']}", found)


def only(params: QueryParams, *known: str) -> None:
    """Raises BadInput for a parameter that this path does not know, or that is given twice: it would be passed over,
    and the answer would be one to another question.
    """
    if unknown := sorted(set(params) - set(known)):
        raise BadInput(f"Unknown query parameter: {unknown[0]!r}. Known: {', '.join(known)}.")
    if twice := next((name for name in params if len(params.getlist(name)) > 1), None):
        several = "; q=state:held,queued asks for several states" if twice == "state" else ""
        raise BadInput(f"{twice}: give it once{several}.")


def limit_of(params: QueryParams) -> int:
    text = params.get("limit", "50")
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= _MOST):
        raise BadInput(f"limit: a number from 1 to {_MOST}")
    return int(text)


def addresses(texts: list[str]) -> tuple[Address, ...]:
    try:
        return tuple(parse_address(text) for text in texts)
    except AddressError as error:
        raise BadInput(f"recipients: {error}") from None


def answer(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
