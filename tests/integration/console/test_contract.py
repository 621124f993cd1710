"""The API against its own document, by schemathesis: whatever a program sends, in every role, there is no fault of ours
(5xx), each status and body is one that the document names, and nobody reaches another's mail.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as openapi_checks
from tests.reception import ADMIN, ANN, AUDITOR, BOSS, open_reception

from mailguard.mail.actor import Actor, Role
from mailguard.mail.verdict import Disposition

OFFICER, STRANGER = "officer@corp.example", "eve@corp.example"
ROLES = {
    "sender": (Role.SENDER, ANN),
    "approver": (Role.APPROVER, BOSS),
    "administrator": (Role.ADMINISTRATOR, ADMIN),
    "officer": (Role.OFFICER, OFFICER),
    "auditor": (Role.AUDITOR, AUDITOR),
    "stranger": (Role.SENDER, STRANGER),
    "nobody": None,
}
WANTED = [
    not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]
Operation = APIOperation[Any, Any, Any, Any]
#: Answers without end are tested elsewhere.
ENDLESS = "/events"


@dataclass
class Served:
    """A reception on a port and in a thread of its own, with a token for each role. held, theirs: mails of Ann's."""

    url: str
    tokens: dict[str, str]
    held: str
    theirs: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    ready: list[Served] = []
    begun, end = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as sock:
            url = f"http://127.0.0.1:{sock.getsockname()[1]}"
            async with open_reception(tmp_path_factory.mktemp("contract"), url=url) as reception:
                held, theirs = [await reception.take_in(Disposition.CONFIRM) for _ in range(2)]
                cli = Actor("cli", Role.ADMINISTRATOR, "cli")
                tokens = {
                    name: await reception.access.create_token(who[0], who[1], cli) if who else ""
                    for name, who in ROLES.items()
                }
                config = uvicorn.Config(reception.app, log_config=None, lifespan="off", ws="none")
                server = uvicorn.Server(config)
                server.capture_signals = contextlib.nullcontext  # type: ignore[assignment]
                task = asyncio.create_task(server.serve(sockets=[sock]))
                ready.append(Served(url, tokens, held, theirs))
                begun.set()
                await end.wait()
                reception.live.close()
                server.should_exit = True
                await task

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert begun.wait(30)
    yield ready[0]
    loop.call_soon_threadsafe(end.set)
    thread.join(30)
    loop.close()


# What is wrong is refused before anybody asks who sent it: two roles stand for all.
ASKED = [(role, GenerationMode.POSITIVE) for role in sorted(ROLES)] + [
    (role, GenerationMode.NEGATIVE) for role in ("administrator", "nobody")
]


@pytest.mark.parametrize(("role", "mode"), ASKED)
def test_whatever_is_sent(served: Served, role: str, mode: GenerationMode) -> None:
    tried = 0
    for operation in operations(served):
        # Ids of mails that are there, too: a random one says only that there is none.
        for known in [None, {"id": served.held}] if "{id}" in operation.path else [None]:
            tried += ask(operation, mode, headers_of(served, role), known)
    assert tried > 50


@pytest.mark.parametrize("role", ["stranger", "auditor", "nobody"])
def test_nobody_decides_about_what_is_not_his(served: Served, role: str) -> None:
    before = state_of(served)
    for operation in operations(served):
        if "{id}" in operation.path and operation.method != "get":
            ask(operation, GenerationMode.POSITIVE, headers_of(served, role), {"id": served.theirs})
    after = state_of(served)
    assert after == before
    if role != "auditor":
        answer = httpx2.get(f"{served.url}/api/v1/messages/{served.theirs}", headers=headers_of(served, role))
        assert answer.status_code in (401, 404)
        assert "Quotation" not in answer.text


def headers_of(served: Served, role: str) -> dict[str, str]:
    return {"authorization": f"Bearer {served.tokens[role]}"} if served.tokens[role] else {}


def state_of(served: Served) -> dict[str, Any]:
    path = f"{served.url}/api/v1/messages/{served.theirs}"
    said: dict[str, Any] = httpx2.get(path, headers=headers_of(served, "administrator")).json()
    return {key: said[key] for key in ("state", "recipients", "history")}


def operations(served: Served) -> Iterator[Operation]:
    schema = schemathesis.openapi.from_url(f"{served.url}/api/v1/openapi.json")
    for found in schema.exclude(path=ENDLESS).get_all_operations():
        assert isinstance(found, Ok)
        yield found.ok()


def ask(operation: Operation, mode: GenerationMode, headers: dict[str, str], known: dict[str, str] | None) -> int:
    """Ask an operation for some things that the document allows, or forbids. Returns how many."""
    tried = 0

    @settings(max_examples=5, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=known))
    def answers(case: Case[Any]) -> None:
        nonlocal tried
        tried += 1
        case.call_and_validate(headers=headers, checks=WANTED, timeout=20)

    with contextlib.suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
        answers()
    return tried
