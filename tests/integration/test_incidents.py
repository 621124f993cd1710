"""A mail that went to the wrong person: contained, entered, looked up, closed; by API and command line."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.reception import ADMIN, ANN, AUDITOR, BOSS, SATO, TANAKA, Reception, open_reception

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.lifecycle import State
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Disposition
from mailguard.store.audit import Audit

OFFICER = "officer@corp.example"


@pytest_asyncio.fixture
async def reception(tmp_path: Path) -> AsyncIterator[Reception]:
    async with open_reception(tmp_path) as opened:
        yield opened


async def api(reception: Reception, person: str, role: Role) -> Any:
    browser = await reception.browser()
    token = await reception.access.create_token(role, person, Actor("cli", Role.ADMINISTRATOR, "cli"))
    browser.client.headers["authorization"] = f"Bearer {token}"
    return browser.client


async def half_sent(reception: Reception) -> str:
    """One copy is out, the others wait for their turn."""
    message_id = await reception.take_in(Disposition.DELIVER, to=(TANAKA, SATO, BOSS))
    out = {parse_address(TANAKA): Outcome(Result.RELAYED, 250, "2.0.0 taken")}
    await reception.queue.record(message_id, out, reception.clock(), None, give_up=True)
    return message_id


async def test_what_has_not_left_is_stopped_and_the_truth_is_written_down(reception: Reception) -> None:
    message_id = await half_sent(reception)
    client = await api(reception, ANN, Role.SENDER)
    answer = await client.post("/api/v1/incidents", json={"message_id": message_id, "note": "Wrong Tanaka"})
    assert answer.status_code == 201
    said = answer.json()
    assert {one["address"]: one["outcome"] for one in said["recipients"]} == {
        TANAKA: "accepted", SATO: "not_sent", BOSS: "not_sent",
    }  # fmt: skip
    first = said["recipients"][0]
    assert (first["code"], first["text"]) == (250, "2.0.0 taken")
    assert first["at"]
    assert sorted(said["stopped"]) == sorted((SATO, BOSS))
    record = await reception.holds.find(message_id)
    assert record is not None
    assert {str(one.address): one.state for one in record.recipients}[SATO] is State.CANCELLED
    assert [one["to"] for one in await reception.letters() if one["x-mailguard-letter"] == "cancelled"] == [ANN]
    again = await client.post("/api/v1/incidents", json={"message_id": message_id})
    assert (again.status_code, again.json()["incident"]) == (409, said["id"])


@pytest.mark.parametrize("ends", ["deferred", "never"])
async def test_what_was_on_its_way_and_comes_back_is_not_sent_once_more(reception: Reception, ends: str) -> None:
    """The next server says later, or the house is killed before it says anything."""
    message_id = await reception.take_in(Disposition.DELIVER, to=(TANAKA, SATO))
    (job,) = await reception.queue.claim(reception.clock(), timedelta(minutes=15), 10)
    client = await api(reception, ANN, Role.SENDER)
    said = (await client.post("/api/v1/incidents", json={"message_id": message_id})).json()
    assert ({one["outcome"] for one in said["recipients"]}, said["stopped"]) == ({"under_way"}, [])
    now = reception.clock()
    if ends == "deferred":
        later = dict.fromkeys(job.recipients, Outcome(Result.DEFERRED, 451, "4.7.1 greylisted"))
        await reception.queue.record(message_id, later, now, now + timedelta(minutes=5), give_up=False)
    else:
        await reception.queue.release_leases()
    reception.clock.pass_by(hours=1)
    assert await reception.queue.claim(reception.clock(), timedelta(minutes=15), 10) == []
    record = await reception.holds.find(message_id)
    assert record is not None
    assert {copy.state for copy in record.recipients} == {State.CANCELLED}
    assert [one["to"] for one in await reception.letters() if one["x-mailguard-letter"] == "cancelled"] == [ANN]
    line = (await Audit(reception.db).history_of(message_id))[-1]
    assert (line.event, line.actor) == ("cancel", "mailguard")
    assert "not tried again" in line.comment


async def test_who_may_see_and_who_may_close(reception: Reception) -> None:
    message_id = await half_sent(reception)
    ann, boss = await api(reception, ANN, Role.SENDER), await api(reception, "eve@corp.example", Role.SENDER)
    officer, auditor = await api(reception, OFFICER, Role.OFFICER), await api(reception, AUDITOR, Role.AUDITOR)
    assert (await boss.post("/api/v1/incidents", json={"message_id": message_id})).status_code == 404
    assert (await auditor.post("/api/v1/incidents", json={"message_id": message_id})).status_code == 404
    opened = (await officer.post("/api/v1/incidents", json={"message_id": message_id})).json()
    path = f"/api/v1/incidents/{opened['id']}"
    assert [(await who.get(path)).status_code for who in (ann, boss, officer, auditor)] == [200, 404, 200, 200]
    listed = [len((await who.get("/api/v1/incidents")).json()["incidents"]) for who in (ann, boss, officer, auditor)]
    assert listed == [1, 0, 1, 1]
    end = {"outcome": "Deleted unread, confirmed by phone"}
    assert [(await who.post(f"{path}/close", json=end)).status_code for who in (ann, auditor)] == [404, 404]
    closed = await officer.post(f"{path}/close", json=end)
    assert (closed.json()["state"], closed.json()["closed_by"], closed.json()["outcome"]) == (
        "closed", OFFICER, end["outcome"],
    )  # fmt: skip
    assert (await officer.post(f"{path}/close", json=end)).status_code == 409
    # A later misdelivery of the same mail is another incident.
    assert (await officer.post("/api/v1/incidents", json={"message_id": message_id})).status_code == 201


async def test_the_register_is_read_page_by_page(reception: Reception) -> None:
    officer = await api(reception, OFFICER, Role.OFFICER)
    opened: list[str] = []
    for _ in range(3):
        message_id = await half_sent(reception)
        opened.insert(0, (await officer.post("/api/v1/incidents", json={"message_id": message_id})).json()["id"])
    first = (await officer.get("/api/v1/incidents?limit=2")).json()
    assert ([one["id"] for one in first["incidents"]], first["next"]) == (opened[:2], opened[1])
    last = (await officer.get(f"/api/v1/incidents?limit=2&before={first['next']}")).json()
    assert ([one["id"] for one in last["incidents"]], last["next"]) == (opened[2:], None)
    whole = (await officer.get("/api/v1/incidents?limit=3")).json()
    assert (len(whole["incidents"]), whole["next"]) == (3, None)
    past = (await officer.get("/api/v1/incidents?before=" + "0" * 18)).json()
    assert past == {"incidents": [], "next": None}
    for wrong in ("before=x", "state=open", "limit=1&limit=2", "limit=0"):
        answer = await officer.get(f"/api/v1/incidents?{wrong}")
        assert answer.status_code == 400, wrong


async def test_siblings_are_found(reception: Reception) -> None:
    first, second = await half_sent(reception), await half_sent(reception)
    other = await reception.take_in(Disposition.DELIVER, sender="<eve@corp.example>")
    officer = await api(reception, OFFICER, Role.OFFICER)
    said = (await officer.post("/api/v1/incidents", json={"message_id": first})).json()
    assert said["siblings"] == [{"id": second, "why": "thread"}]
    assert other not in json.dumps(said)


async def test_unknown_ids(reception: Reception) -> None:
    admin = await api(reception, ADMIN, Role.ADMINISTRATOR)
    for wanted in ("", "x", "0" * 18, "../../etc"):
        assert (await admin.post("/api/v1/incidents", json={"message_id": wanted})).status_code == 404
    assert (await admin.get("/api/v1/incidents/" + "0" * 18)).status_code == 404
    assert (await admin.post("/api/v1/incidents", json={"message": "x"})).status_code == 400


async def test_the_parts_of_one_mail_are_one_incident(reception: Reception) -> None:
    """A cloud handed it over in two transactions: either id names it, and neither is the other's sibling."""
    parts = [await reception.take_in(Disposition.CONFIRM, to=(one,)) for one in (TANAKA, SATO)]
    record = await reception.holds.find(parts[0])
    assert record is not None
    assert record.parts == tuple(parts)
    officer = await api(reception, OFFICER, Role.OFFICER)
    said = (await officer.post("/api/v1/incidents", json={"message_id": parts[1]})).json()
    assert said["message_id"] == parts[0]
    assert sorted(said["stopped"]) == sorted((TANAKA, SATO))
    assert said["siblings"] == []
    assert (await officer.post("/api/v1/incidents", json={"message_id": parts[0]})).status_code == 409
