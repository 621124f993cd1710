"""The HTTP API: the same decisions for programs, refusals as RFC 9457 problems."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.reception import ADMIN, ANN, AUDITOR, BOSS, SATO, TANAKA, Reception

from mailguard.mail.actor import HOUSE, Role
from mailguard.mail.lifecycle import State
from mailguard.mail.message import new_message_id
from mailguard.mail.verdict import Disposition

BASE = "/api/v1"


async def program(reception: Reception, person: str = ANN, role: Role | None = None) -> httpx2.AsyncClient:
    """A client with a bearer token."""
    token = await reception.access.create_token(role or reception.access.role_of(person), person, HOUSE)
    client = (await reception.browser()).client
    client.headers["authorization"] = f"Bearer {token}"
    return client


def is_problem(answer: httpx2.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["title"]
    return body


async def test_a_mail_has_the_keys_of_the_contract(reception: Reception) -> None:
    message_id = await reception.take_in()
    shown = (await (await program(reception)).get(f"{BASE}/messages/{message_id}")).json()
    assert shown["id"] == message_id
    assert shown["state"] == "held"
    assert shown["sender"] == ANN
    assert shown["disposition"] == "confirm"
    assert {"received_at", "expires_at", "history", "findings", "policy"} <= set(shown)
    assert shown["findings"][0]["because"]["en"].startswith("This domain")
    tanaka = shown["recipients"][0]
    assert {"address": TANAKA, "external": True, "state": "held", "rules": ["look-alike"], "risk": 0.0}.items() <= (
        tanaka.items()
    )
    assert "release" in shown["acts"]
    assert "Dear Mr Tanaka" not in str(shown)


async def test_the_list_is_paged_newest_first(reception: Reception) -> None:
    ids = []
    for number in range(5):
        ids.append(await reception.take_in(subject=f"Mail {number}"))
        reception.clock.pass_by(seconds=1)
    client = await program(reception)
    first = (await client.get(f"{BASE}/messages?limit=3&state=held")).json()
    assert [one["id"] for one in first["messages"]] == ids[:1:-1]
    rest = (await client.get(f"{BASE}/messages?limit=3&before={first['next']}")).json()
    assert [one["id"] for one in rest["messages"]] == ids[1::-1]
    assert rest["next"] is None


async def test_two_japanese_characters_find_a_mail(reception: Reception) -> None:
    octets = "From: ann@corp.example\r\nTo: x@y.example\r\nSubject: 契約書の件\r\n\r\nx\r\n".encode()
    wanted = await reception.take_in(octets=octets, flagged=())
    await reception.take_in()
    found = (await (await program(reception)).get(f"{BASE}/messages", params={"q": "契約"})).json()
    assert [one["id"] for one in found["messages"]] == [wanted]


@pytest.mark.parametrize(
    ("act", "state"), [("release", State.QUEUED), ("cancel", State.CANCELLED), ("send-now", State.QUEUED)]
)
async def test_acts_of_the_sender(reception: Reception, act: str, state: State) -> None:
    message_id = await reception.take_in()
    answer = await (await program(reception)).post(f"{BASE}/messages/{message_id}/{act}")
    assert answer.status_code == 200
    assert answer.json()["state"] == state


async def test_release_of_chosen_recipients_and_removal(reception: Reception) -> None:
    message_id = await reception.take_in()
    client = await program(reception)
    removed = await client.patch(f"{BASE}/messages/{message_id}/recipients", json={"remove": [TANAKA]})
    assert {r["address"]: r["state"] for r in removed.json()["recipients"]}[TANAKA] == "cancelled"
    answer = await client.post(f"{BASE}/messages/{message_id}/release", json={"recipients": [SATO], "comment": "ok"})
    states = {r["address"]: r["state"] for r in answer.json()["recipients"]}
    assert (states[SATO], states[BOSS]) == ("queued", "held")


async def test_approve_and_reject(reception: Reception) -> None:
    first, second = [await reception.take_in(Disposition.APPROVE, to=(TANAKA,)) for _ in range(2)]
    boss, ann = await program(reception, BOSS), await program(reception)
    is_problem(await ann.post(f"{BASE}/messages/{first}/approve"), 403)
    assert (await boss.post(f"{BASE}/messages/{first}/approve")).json()["state"] == "queued"
    answer = await boss.post(f"{BASE}/messages/{second}/reject", json={"comment": "No"})
    assert answer.json()["state"] == "rejected"
    assert answer.json()["history"][-1]["comment"] == "No"


async def test_a_second_decision_is_a_409_that_names_the_first(reception: Reception) -> None:
    message_id = await reception.take_in()
    await (await program(reception, ADMIN)).post(f"{BASE}/messages/{message_id}/cancel")
    problem = is_problem(await (await program(reception)).post(f"{BASE}/messages/{message_id}/release"), 409)
    assert problem["decided_by"] == ADMIN
    assert problem["state"] == "cancelled"
    shown = (await (await program(reception)).get(f"{BASE}/messages/{message_id}")).json()
    assert problem["decided_at"] == shown["recipients"][0]["decided_at"]


async def test_a_parameter_is_given_once(reception: Reception) -> None:
    admin = await program(reception, ADMIN)
    problem = is_problem(await admin.get(f"{BASE}/messages?state=held&state=queued"), 400)
    assert problem["detail"].startswith("state: give it once")


async def test_a_null_is_a_key_left_out(reception: Reception) -> None:
    message_id = await reception.take_in()
    admin = await program(reception, ADMIN)
    answer = await admin.post(f"{BASE}/messages/{message_id}/cancel", json={"recipients": None, "comment": None})
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    is_problem(await admin.post(f"{BASE}/messages/bulk", json={"filter": None, "act": "cancel"}), 400)


@pytest.mark.parametrize("key", ["sender", "recipient", "rule", "q", "ids"])
async def test_but_no_act_reaches_every_mail_for_a_null(reception: Reception, key: str) -> None:
    """A program whose list or name was not filled in means some mails, and not all."""
    message_id = await reception.take_in()
    admin = await program(reception, ADMIN)
    order = {"filter": {"state": "held", key: None}, "act": "release", "dry_run": False}
    is_problem(await admin.post(f"{BASE}/messages/bulk", json=order), 400)
    is_problem(
        await admin.patch(f"{BASE}/messages/{message_id}/recipients", json={"remove": None, "hide": [SATO]}), 400
    )
    assert (await admin.get(f"{BASE}/messages/{message_id}")).json()["state"] == "held"


@pytest.mark.parametrize(
    ("chosen", "where"),
    [
        ({}, "filter"),
        ({"sort": "oldest"}, "filter"),
        ({"q": "\x00"}, "filter"),
        ({"sender": ""}, "filter.sender"),
        ({"recipient": " ", "state": "held"}, "filter.recipient"),
        ({"q": "", "state": "held"}, "filter.q"),
        ({"ids": []}, "filter.ids"),
    ],
)
async def test_nor_for_a_filter_that_says_nothing(reception: Reception, chosen: dict[str, Any], where: str) -> None:
    message_id = await reception.take_in()
    admin = await program(reception, ADMIN)
    for more in ({}, {"undo_seconds": 0}):
        order = {"filter": chosen, "act": "release", "dry_run": False, **more}
        problem = is_problem(await admin.post(f"{BASE}/messages/bulk", json=order), 400)
        assert problem["errors"][0]["where"] == where
        assert "every mail" in problem["detail"]
    assert (await admin.get(f"{BASE}/messages/{message_id}")).json()["state"] == "held"
    counted = (await admin.post(f"{BASE}/messages/bulk", json={"filter": {}, "act": "release"})).json()
    assert (counted["count"], counted["done"]) == (1, 0)


async def test_bulk_counts_first_and_acts_when_told(reception: Reception) -> None:
    for _ in range(3):
        await reception.take_in()
    admin = await program(reception, ADMIN)
    order = {"filter": {"sender": ANN, "state": "held"}, "act": "cancel"}
    counted = (await admin.post(f"{BASE}/messages/bulk", json=order)).json()
    assert (counted["count"], counted["done"]) == (3, 0)
    done = (await admin.post(f"{BASE}/messages/bulk", json=order | {"dry_run": False})).json()
    assert (done["done"], done["refused"]) == (3, 0)
    stats = (await admin.get(f"{BASE}/stats")).json()
    assert stats["states"]["cancelled"] == 3


async def test_the_urgent_lane_needs_a_reason_and_a_rule_that_allows_it(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.APPROVE, urgent=True)
    other = await reception.take_in(Disposition.APPROVE)
    ann = await program(reception)
    path = f"{BASE}/messages/{message_id}/release"
    is_problem(await ann.post(path), 403)
    assert "say why" in is_problem(await ann.post(path, json={"urgent": True}), 422)["detail"]
    refused = await ann.post(f"{BASE}/messages/{other}/release", json={"urgent": True, "comment": "now"})
    assert "do not allow" in is_problem(refused, 403)["detail"]
    shown = (await ann.post(path, json={"urgent": True, "comment": "The server is down"})).json()
    assert (shown["state"], shown["history"][-1]["event"]) == ("queued", "urgent")
    assert shown["recipients"][0]["urgent"]
    assert shown["recipients"][0]["asks"][0] == {
        "approvers": [BOSS], "quorum": 1, "delegates": {}, "missing": 1,
        "remind_at": None, "escalate_at": None, "escalate_to": [],
    }  # fmt: skip
    assert is_problem(await ann.post(path, json={"urgent": True, "comment": "again"}), 409)["decided_by"] == ANN
    assert (await ann.get(f"{BASE}/stats")).json()["urgent"] == 1


async def test_what_one_may_not_see_does_not_exist(reception: Reception) -> None:
    message_id = await reception.take_in()
    eve = await program(reception, "eve@corp.example")
    for way in ("", "/release", "/cancel"):
        answer = await (eve.post if way else eve.get)(f"{BASE}/messages/{message_id}{way}")
        there = is_problem(answer, 404)
        missing = await (eve.post if way else eve.get)(f"{BASE}/messages/{new_message_id(reception.clock())}{way}")
        assert is_problem(missing, 404) == there
    assert (await eve.get(f"{BASE}/messages")).json()["messages"] == []
    assert (await eve.get(f"{BASE}/stats")).json()["states"]["held"] == 0


async def test_an_auditor_reads_and_decides_nothing(reception: Reception) -> None:
    message_id = await reception.take_in()
    auditor = await program(reception, AUDITOR)
    assert (await auditor.get(f"{BASE}/messages/{message_id}")).json()["acts"] == []
    is_problem(await auditor.post(f"{BASE}/messages/{message_id}/cancel"), 403)
    assert (await auditor.get(f"{BASE}/policy")).json()["policy"] == "f" * 64


async def test_no_token_and_a_wrong_token(reception: Reception) -> None:
    client = (await reception.browser()).client
    answer = await client.get(f"{BASE}/messages")
    is_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    for bad in ("Bearer x", "Bearer ", "Basic YTpi", "Bearer " + "x" * 5000, "nonsense"):
        is_problem(await client.get(f"{BASE}/messages", headers={"authorization": bad}), 401)


async def test_a_session_reads_and_needs_the_form_token_to_change(reception: Reception) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ANN)
    assert (await browser.get(f"{BASE}/me")).json() == {"address": ANN, "role": "sender"}
    is_problem(await browser.client.post(f"{BASE}/messages/{message_id}/cancel"), 400)
    token = (await browser.get("/mine")).text.partition('name="form_token" value="')[2][:40]
    other_site = {"x-form-token": token, "sec-fetch-site": "cross-site"}
    is_problem(await browser.client.post(f"{BASE}/messages/{message_id}/cancel", headers=other_site), 400)
    answer = await browser.client.post(f"{BASE}/messages/{message_id}/cancel", headers={"x-form-token": token})
    assert answer.json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/messages/bulk", b"{", "body"),
        ("/messages/bulk", b"[]", "body"),
        ("/messages/bulk", b'{"filter": {}, "act": "explode"}', "act"),
        ("/messages/bulk", b'{"filter": {"stat": "held"}, "act": "cancel"}', "filter.stat"),
        ("/messages/ID/release", b'{"recipients": "x"}', "recipients"),
        ("/messages/ID/release", b'{"recipient": []}', "recipient"),
        ("/messages/ID/release", b"\xff\xfe", "body"),
    ],
)
async def test_bad_json_is_told_with_its_place(reception: Reception, path: str, body: bytes, where: str) -> None:
    message_id = await reception.take_in()
    answer = await (await program(reception)).post(BASE + path.replace("ID", message_id), content=body)
    problem = is_problem(answer, 400)
    assert problem["errors"][0]["where"] == where


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "limit=1000", "limit=0000000019999", "state=lost", "before=x", "from=a", "q=" + "x" * 501],
)
async def test_a_bad_query_is_told(reception: Reception, query: str) -> None:
    is_problem(await (await program(reception)).get(f"{BASE}/messages?{query}"), 400)


async def test_addresses_that_are_none_and_recipients_that_are_not_there(reception: Reception) -> None:
    message_id = await reception.take_in()
    client = await program(reception)
    is_problem(await client.post(f"{BASE}/messages/{message_id}/release", json={"recipients": ["<x>"]}), 400)
    is_problem(await client.post(f"{BASE}/messages/{message_id}/release", json={"recipients": ["x@y.example"]}), 422)


async def test_paths_and_methods_that_are_not_there(reception: Reception) -> None:
    client = await program(reception)
    is_problem(await client.get(f"{BASE}/nothing"), 404)
    is_problem(await client.get("/api/v2/messages"), 404)
    is_problem(await client.get(f"{BASE}/messages/../../etc/passwd"), 404)
    answer = await client.get(f"{BASE}/messages/bulk/release")
    assert answer.status_code in (404, 405)
    is_problem(await client.delete(f"{BASE}/messages"), 405)


async def test_a_body_too_large_is_refused_before_it_is_kept(reception: Reception) -> None:
    client = await program(reception)
    is_problem(await client.post(f"{BASE}/messages/bulk", content=b"x" * (1024 * 1024 + 1)), 413)

    async def endless() -> Any:
        for _ in range(40):
            yield b"x" * 65536

    is_problem(await client.post(f"{BASE}/messages/bulk", content=endless()), 413)


async def test_the_document_describes_every_path_that_answers(reception: Reception) -> None:
    client = (await reception.browser()).client
    document = (await client.get(f"{BASE}/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    wanted = {f"/messages/{{id}}/{act}" for act in ("release", "cancel", "hold", "approve", "reject", "send-now")}
    assert wanted | {"/messages", "/messages/{id}", "/messages/bulk", "/events", "/stats"} <= set(document["paths"])
    refs = {part.split('"')[0] for part in str(document).replace("'", '"').split('"$ref": "#/components/schemas/')[1:]}
    assert refs <= set(document["components"]["schemas"])
    routes = {
        route.path.removeprefix("/api/v1")
        for mount in reception.app.routes
        for route in getattr(mount, "routes", None) or []
    }
    assert set(document["paths"]) == {path for path in routes if path != "/openapi.json"}


async def test_a_path_or_method_that_is_none_says_what_to_do(reception: Reception) -> None:
    client = await program(reception)
    for answer in (await client.get(f"{BASE}/nothing"), await client.get("/api/v2/messages")):
        assert "/api/v1/openapi.json" in is_problem(answer, 404)["detail"]
    refused = await client.delete(f"{BASE}/messages")
    assert "DELETE" in is_problem(refused, 405)["detail"]
    assert refused.headers["allow"]
    large = await client.post(f"{BASE}/messages/bulk", content=b"x" * (1024 * 1024 + 1))
    assert is_problem(large, 413)["detail"]
