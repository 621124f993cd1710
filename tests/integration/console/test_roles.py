"""Who may do what: every page and every path of the API, for every role, on a mail that is theirs and one that is not.

The table is the law: a path that it does not name fails, so that nothing new is open by oversight.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from starlette.routing import BaseRoute, Mount, Route
from tests.reception import ADMIN, ANN, AUDITOR, BOSS, OFFICER, TANAKA, Browser, Reception, open_reception

from mailguard.console.security import form_token
from mailguard.console.trials import Trial, TrialWish
from mailguard.mail.actor import HOUSE, Actor, Role
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Disposition
from mailguard.policy.loader import load_policy

STRANGER = "eve@corp.example"
ROLES = ("nobody", "stranger", "owner", "approver", "auditor", "officer", "administrator")
PERSONS = {
    "stranger": STRANGER, "owner": ANN, "approver": BOSS, "auditor": AUDITOR,
    "officer": OFFICER, "administrator": ADMIN,
}  # fmt: skip
TOKENS = {
    "stranger": Role.SENDER, "owner": Role.SENDER, "approver": Role.APPROVER, "auditor": Role.AUDITOR,
    "officer": Role.OFFICER, "administrator": Role.ADMINISTRATOR,
}  # fmt: skip
RULES = "version: 1\nrules:\n  - id: look-alike\n    when: {recipients: {lookalike: true}}\n    then: confirm\n"

#: What each role gets, in the order of ROLES. The mail is held for approval by BOSS, and Ann's.
EVERYBODY = (200,) * 7
LOGGED_IN = (303, 200, 200, 200, 200, 200, 200)
CONCERNED = (303, 404, 200, 200, 200, 200, 200)
BODIES = (303, 404, 200, 200, 403, 403, 200)  # an auditor or officer reads no bodies
SEES_ALL = (303, 404, 404, 404, 200, 200, 200)
PAGES: dict[str, tuple[int, ...]] = {
    "/": (303,) * 7,
    "/mine": LOGGED_IN,
    "/history": LOGGED_IN,
    "/all": SEES_ALL,
    "/all/confirm": (303, 404, 404, 404, 404, 404, 200),
    "/bulk/{id}": (303, *(404,) * 6),  # nobody has this one
    "/messages/{id}": CONCERNED,
    "/messages/{id}/html": BODIES,
    "/messages/{id}/raw": BODIES,
    "/messages/{id}/draft": (303, 404, 200, 403, 403, 403, 200),  # it names the Bcc: for its sender
    "/messages/{id}/files/{position:int}": (303, *(404,) * 6),  # it has none
    "/settings": LOGGED_IN,
    "/sessions": LOGGED_IN,
    "/sessions/all": (303, 404, 404, 404, 404, 404, 200),
    "/policy": SEES_ALL,
    "/policy/simulations/{id}": SEES_ALL,
    "/figures": SEES_ALL,
    "/figures/{table}.csv": SEES_ALL,
    "/incidents": SEES_ALL,
    "/incidents/{id}": (303, *(404,) * 6),  # of an incident: tests/integration/console/test_assessment.py
    "/audit": SEES_ALL,
    "/t/{token}": (404,) * 7,
    "/login": (200, 303, 303, 303, 303, 303, 303),
    "/login/{token}": (200,) * 7,
    "/outside": (303, 404, 404, 404, 404, 404, 404),  # there is none here: tests/integration/console/test_outside.py
    "/outside/{name}": (303, 404, 404, 404, 404, 404, 404),
    "/outside/{name}/html": (303, 404, 404, 404, 404, 404, 404),
    "/outside/{name}/raw": (303, 404, 404, 404, 404, 404, 404),
    "/static/{name}": EVERYBODY,
    "/livez": EVERYBODY,
    "/readyz": EVERYBODY,
    "/metrics": (403,) * 7,  # from a network that is not named
}
FORMS: dict[str, tuple[tuple[int, ...], dict[str, str]]] = {
    "/messages/{id}/act": ((303, 404, 303, 403, 403, 403, 303), {"act": "cancel"}),
    "/messages/{id}/misdelivery": ((303, *(404,) * 6), {}),  # nothing is out: it is cancelled, not reported
    "/messages/{id}/misdelivery/end": ((303, *(404,) * 6), {}),
    "/incidents/{id}/assess": ((303, *(404,) * 6), {}),
    "/bulk": ((303, 404, 404, 404, 404, 404, 303), {"act": "cancel", "message": "{id}"}),
    "/bulk/{id}/end": ((303, *(404,) * 6), {}),
    "/all/export": ((303, 404, 404, 404, 200, 200, 200), {"q": ""}),
    "/views": ((303, 404, 404, 404, 303, 303, 303), {"name": "x", "q": "state:held"}),
    "/views/{id}": ((303, *(404,) * 6), {"act": "remove"}),
    "/mine/peace": ((303,) * 7, {"length": "1h"}),  # everybody's own letters
    "/settings/absences": ((303, *(422,) * 6), {"first": "x", "last": "x", "delegates": ""}),  # everybody's own
    "/settings/absences/{id}": ((303, *(404,) * 6), {}),
    "/settings/trusts/{id}": ((303, *(404,) * 6), {}),
    "/policy/simulations": (
        (303, 404, 404, 404, 303, 303, 303),
        {"days": "7", "rule": "look-alike", "mode": "monitor"},
    ),
    "/audit/export": ((303, 404, 404, 404, 200, 200, 200), {"format": "jsonl"}),
    "/audit/verify": ((303, 404, 404, 404, 303, 303, 303), {}),
}
API_KNOWN = (401, 200, 200, 200, 200, 200, 200)
API_CONCERNED = (401, 404, 200, 200, 200, 200, 200)
API_SEES_ALL = (401, 404, 404, 404, 200, 200, 200)
SENDERS_ACT = (401, 404, 200, 403, 403, 403, 200)
APPROVERS_ACT = (401, 404, 403, 200, 403, 403, 200)
API: dict[tuple[str, str], tuple[tuple[int, ...], Any]] = {
    ("GET", "/openapi.json"): (EVERYBODY, None),
    ("GET", "/messages"): (API_KNOWN, None),
    ("POST", "/messages/bulk"): (API_KNOWN, {"filter": {}, "act": "cancel", "dry_run": True}),
    ("GET", "/bulk/{id}"): ((401, *(404,) * 6), None),
    ("POST", "/bulk/{id}/undo"): ((401, *(404,) * 6), None),
    ("GET", "/messages/{id}"): (API_CONCERNED, None),
    ("GET", "/messages/{id}/explain"): (API_SEES_ALL, None),
    ("PATCH", "/messages/{id}/recipients"): (SENDERS_ACT, {"remove": [TANAKA]}),
    # The mail asks for approval: its sender cannot release it, an administrator in the approver's place can.
    ("POST", "/messages/{id}/release"): ((401, 404, 403, 403, 403, 403, 200), {}),
    ("POST", "/messages/{id}/send-now"): ((401, 404, 403, 403, 403, 403, 200), {}),
    ("POST", "/messages/{id}/cancel"): (SENDERS_ACT, {}),
    ("POST", "/messages/{id}/hold"): (SENDERS_ACT, {}),
    ("POST", "/messages/{id}/approve"): (APPROVERS_ACT, {}),
    ("POST", "/messages/{id}/reject"): (APPROVERS_ACT, {}),
    ("POST", "/messages/{id}/choose"): (SENDERS_ACT, {"remove": [TANAKA]}),
    ("POST", "/messages/{id}/comment"): ((401, 404, 200, 200, 403, 403, 200), {"text": "why?"}),
    # Nobody chooses who approves his own mail; an approver passes his voice on.
    ("POST", "/messages/{id}/forward"): (APPROVERS_ACT, {"to": "colleague@corp.example"}),
    ("POST", "/messages/{id}/trust"): ((401, 404, 422, 422, 403, 403, 422), {"recipients": [TANAKA], "days": 30}),
    ("POST", "/messages/{id}/resume"): ((401, 404, 422, 403, 403, 403, 422), {}),
    ("GET", "/messages/{id}/draft"): ((401, 404, 200, 403, 403, 403, 200), None),
    ("GET", "/trusts"): (API_KNOWN, None),
    ("DELETE", "/trusts/{id}"): ((401, *(400,) * 6), None),  # this is no id of one
    ("GET", "/incidents"): (API_KNOWN, None),
    # It stops what is still held: for its sender, and for officers and administrators; auditors only read.
    ("POST", "/incidents"): ((401, 404, 201, 404, 404, 201, 201), {"message_id": "{id}", "note": "wrong person"}),
    ("GET", "/incidents/{id}"): ((401, 404, 200, 404, 200, 200, 200), None),
    ("POST", "/incidents/{id}/assess"): ((401, 404, 404, 404, 404, 200, 200), {"personal": "no"}),
    ("POST", "/incidents/{id}/close"): ((401, 404, 404, 404, 404, 200, 200), {"outcome": "deleted unread"}),
    ("GET", "/absences"): (API_KNOWN, None),
    ("POST", "/absences"): ((401, 200, 200, 200, 200, 200, 200), {"first": "2126-01-01", "last": "2126-01-02"}),
    ("DELETE", "/absences/{id}"): ((401, 404, 404, 404, 404, 404, 404), None),  # nobody has this one
    ("GET", "/stats"): (API_KNOWN, None),
    ("GET", "/me"): (API_KNOWN, None),
    ("GET", "/policy"): (API_SEES_ALL, None),
    ("GET", "/figures"): (API_SEES_ALL, None),
    ("GET", "/audit"): (API_SEES_ALL, None),
}
#: Asked in other tests: streams that do not end, ways in, and what changes nothing about mail.
ELSEWHERE = {
    "/login/password", "/login/oidc", "/login/oidc/back", "/login/oidc/end", "/factor",
    "/factor/begin", "/factor/confirm", "/factor/codes", "/sessions/end", "/events",
    "/api/v1/events", "/logout", "/language", "/login/code", "/login/link",
    "/api/{path:path}",
}  # fmt: skip
FILLED = {"position": "0", "table": "rules", "name": "console.css", "token": "x" * 20}


class Tried:
    """One simulation that is done."""

    def start(self, wish: TrialWish) -> Trial:
        return Trial("t", wish, done=True, problems=["none"])

    def find(self, trial_id: str) -> Trial | None:
        return Trial("t", TrialWish(7, "en", file="x.yaml", text="x"), done=True, problems=["none"])


@pytest_asyncio.fixture
async def reception(tmp_path: Path) -> AsyncIterator[Reception]:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES, encoding="utf-8")
    policy = load_policy([file], Organization(("corp.example",)))
    async with open_reception(tmp_path, policy=policy, trials=Tried()) as opened:
        yield opened


def routes(found: list[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    """Every method and path of the application."""
    for one in found:
        if isinstance(one, Mount):
            yield from routes(list(one.routes), before + one.path)
        elif isinstance(one, Route):
            for method in sorted((one.methods or set()) - {"HEAD"}):
                yield method, before + one.path


async def held(reception: Reception) -> str:
    return await reception.take_in(Disposition.APPROVE, approvers=(BOSS,))


async def slipped(reception: Reception) -> str:
    """An incident about another mail of Ann's."""
    officer = Actor(OFFICER, Role.OFFICER, "console")
    return (await reception.incidents.open(officer, await held(reception))).id


async def browser_of(reception: Reception, role: str) -> Browser:
    return await reception.browser(PERSONS.get(role, ""))


async def state_of(reception: Reception, message_id: str) -> State:
    record = await reception.holds.find(message_id)
    assert record is not None
    return record.state


async def test_the_table_names_every_path(reception: Reception) -> None:
    named = {*(("GET", path) for path in PAGES), *(("POST", path) for path in FORMS)}
    named |= {(method, f"/api/v1{path}") for method, path in API}
    left = {
        (method, path) for method, path in routes(list(reception.app.routes))
        if path not in ELSEWHERE and path not in ("/t/{token}", "/login")
    }  # fmt: skip
    assert left - named == set(), "say in this table what each role gets"


@pytest.mark.parametrize("role", ROLES)
async def test_pages(reception: Reception, role: str) -> None:
    message_id = await held(reception)
    browser = await browser_of(reception, role)
    asked = {path: path.replace(":int", "").format(id=message_id, **FILLED) for path in PAGES}
    got = {path: (await browser.get(address)).status_code for path, address in asked.items()}
    assert got == {path: answers[ROLES.index(role)] for path, answers in PAGES.items()}
    assert await state_of(reception, message_id) is State.HELD  # nothing acts on a GET


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("role", ROLES)
async def test_forms(reception: Reception, role: str, path: str) -> None:
    answers, fields = FORMS[path]
    message_id = await held(reception)
    browser = await browser_of(reception, role)
    await browser.get("/login")  # a browser has its own secret
    cookies = browser.client.cookies
    secret = cookies.get("mailguard") or cookies.get("mailguard_browser") or ""
    data = {name: value.format(id=message_id) for name, value in fields.items()}
    answer = await browser.client.post(path.format(id=message_id), data={**data, "form_token": form_token(secret)})
    assert answer.status_code == answers[ROLES.index(role)]
    if role == "nobody":
        assert "/login" in answer.headers["location"]
    # What is done to many waits, so that it can be undone.
    may = fields.get("act") == "cancel" and path != "/bulk" and role in ("owner", "administrator")
    assert await state_of(reception, message_id) is (State.CANCELLED if may else State.HELD)
    bare = await browser.client.post(path.format(id=message_id), data=data)
    assert bare.status_code in (303, 403, 404)  # without the token nothing is done


@pytest.mark.parametrize("role", ROLES)
async def test_the_api(reception: Reception, role: str) -> None:
    client = await api_of(reception, role)
    got = {}
    for (method, path), (_, body) in API.items():
        message_id = await held(reception)
        named = await slipped(reception) if path.startswith("/incidents/") else message_id
        sent = body and {key: message_id if value == "{id}" else value for key, value in body.items()}
        answer = await client.request(method, f"/api/v1{path.format(id=named)}", json=sent)
        got[method, path] = answer.status_code
        if answer.status_code >= 400:
            assert await state_of(reception, message_id) is State.HELD
            assert answer.headers["content-type"] == "application/problem+json"
    assert got == {key: answers[ROLES.index(role)] for key, (answers, _) in API.items()}


@pytest.mark.parametrize("role", ["auditor", "officer"])
async def test_whoever_sees_all_but_no_bodies_sees_none(reception: Reception, role: str) -> None:
    message_id = await reception.take_in(text="the secret words", html="<p>the secret words</p>")
    browser = await browser_of(reception, role)
    for path in (f"/messages/{message_id}", f"/messages/{message_id}?unmasked=1&body=1", "/all", "/audit", "/figures"):
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        assert "secret words" not in answer.text
    own = await reception.take_in(sender=f"<{PERSONS[role]}>", text="my own words")
    assert "my own words" in (await browser.get(f"/messages/{own}")).text


async def test_who_asks_for_no_mail_is_not_told_of_mails(reception: Reception) -> None:
    client, browser = await api_of(reception, "stranger"), await browser_of(reception, "stranger")
    other = [*(("GET", path) for path in PAGES), *((method, f"/api/v1{path}") for method, path in API)]
    other = [(method, path) for method, path in other if "/messages/" not in path and not path.startswith("/outside/")]
    told = set()
    for method, path in other:
        body = {"first": "2126-01-01", "last": "2126-01-02"} if path == "/api/v1/absences" else None
        asked = client if path.startswith("/api/") else browser.client
        answer = await asked.request(method, path.format(id="7", **FILLED), json=body)
        if answer.status_code == 404 and path != "/t/{token}":
            told.add(path)
            assert "no such mail" not in answer.text.lower(), path
            assert "メールが存在しない" not in answer.text, path
    assert told >= {
        "/all",
        "/policy",
        "/figures",
        "/audit",
        "/api/v1/policy",
        "/api/v1/bulk/{id}",
        "/api/v1/absences/{id}",
    }


async def test_a_letters_code_reaches_its_mail_only(reception: Reception) -> None:
    mine, other = await held(reception), await held(reception)
    browser = await reception.browser()
    ticket, row = reception.access.letter_ticket(mine, BOSS)
    await reception.access.keep(row)
    opened = await reception.access.redeem_letter(ticket.token, ticket.code)
    browser.client.cookies.set("mailguard", opened.cookie)
    assert (await browser.get(f"/messages/{mine}")).status_code == 200
    assert (await browser.get(f"/messages/{other}")).status_code == 404
    for path in ("/all", "/figures", "/figures/time.csv", "/audit", "/policy"):
        assert (await browser.get(path)).status_code == 303, path
    for path in ("/figures", "/audit", "/stats"):
        assert (await browser.get(f"/api/v1{path}")).status_code == 404, path


async def test_the_roles_of_the_settings(reception: Reception) -> None:
    said = {person: reception.access.role_of(person) for person in PERSONS.values()}
    assert said == {
        STRANGER: Role.SENDER, ANN: Role.SENDER, BOSS: Role.SENDER, AUDITOR: Role.AUDITOR, OFFICER: Role.OFFICER,
        ADMIN: Role.ADMINISTRATOR,
    }  # fmt: skip
    page = await (await reception.browser(OFFICER)).get("/mine")
    assert "Data-protection officer" in page.text


async def api_of(reception: Reception, role: str) -> httpx2.AsyncClient:
    client = (await reception.browser()).client
    if role != "nobody":
        token = await reception.access.create_token(TOKENS[role], PERSONS[role], HOUSE)
        client.headers["authorization"] = f"Bearer {token}"
    return client
