"""The API of acts on one mail: the same rooms and refusals as the pages."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest
from tests.acting import written
from tests.integration.console.test_api import BASE, is_problem, program
from tests.reception import ADMIN, ANN, AUDITOR, BOSS, SATO, SUZUKI, TANAKA, Reception

from mailguard.mail.verdict import Disposition

KEN = "ken@corp.example"


async def taken_in(reception: Reception, disposition: Disposition = Disposition.CONFIRM, **more: Any) -> str:
    people = (TANAKA, SATO)
    return await reception.take_in(disposition, to=people, octets=written(people).as_bytes(), **more)


async def post(
    reception: Reception, who: str, message_id: str, word: str, body: dict[str, Any], status: int = 200
) -> Any:
    client = await program(reception, who)
    answer = await client.post(f"{BASE}/messages/{message_id}/{word}", json=body)
    return answer.json() if status == 200 and answer.status_code == 200 else is_problem(answer, status)


def text_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


async def test_one_step_takes_off_takes_out_and_lets_go(reception: Reception) -> None:
    message_id = await taken_in(reception)
    body = {"remove": [TANAKA], "remove_files": [0], "then": "release", "comment": "先方の宛先を外しました"}
    shown = await post(reception, ANN, message_id, "choose", body)
    assert [one["state"] for one in shown["recipients"]] == ["cancelled", "queued"]
    assert shown["recipients"][1]["removed_files"] == [shown["attachments"][0]["sha256"]]
    assert shown["recipients"][1]["alter"] == ["remove_attachment"]
    assert [one["event"] for one in shown["history"]] == ["accept", "remove", "alter", "release"]
    again = await post(reception, ADMIN, message_id, "choose", {"then": "release"}, 409)
    assert again["decided_by"] == ANN


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"remove_files": [7]}, 422),
        ({"remove": [TANAKA, SATO], "then": "release"}, 422),
        ({"remove_files": [-1]}, 400),
        ({"then": "cancel"}, 400),
        ({"remove": ["nobody"]}, 400),
        ({"remove_files": list(range(201))}, 400),
        ({"unknown": 1}, 400),
    ],
)
async def test_a_choice_that_cannot_be(reception: Reception, body: dict[str, Any], status: int) -> None:
    message_id = await taken_in(reception)
    await post(reception, ANN, message_id, "choose", body, status)
    shown = (await (await program(reception)).get(f"{BASE}/messages/{message_id}")).json()
    assert [one["event"] for one in shown["history"]] == ["accept"]


async def test_recipients_are_hidden_by_the_patch(reception: Reception) -> None:
    client = await program(reception)
    for word in ("hide", "bcc"):
        message_id = await taken_in(reception)
        shown = (await client.patch(f"{BASE}/messages/{message_id}/recipients", json={word: [SATO]})).json()
        assert shown["state"] == "held"
        assert {tuple(one["alter"]) for one in shown["recipients"]} == {("to_bcc",)}
        assert f"-{TANAKA}, {SATO}" in str(shown["history"][-1]["detail"]["diff"])
    is_problem(await client.patch(f"{BASE}/messages/{message_id}/recipients", json={}), 400)
    answer = await client.patch(f"{BASE}/messages/{message_id}/recipients", json={"remove": [TANAKA], "hide": [SATO]})
    assert [one["state"] for one in answer.json()["recipients"]] == ["cancelled", "held"]


async def test_who_comes_off_by_the_patch_stands_in_nobodys_to_and_cc(reception: Reception) -> None:
    client, message_id = await program(reception), await taken_in(reception)
    shown = (await client.patch(f"{BASE}/messages/{message_id}/recipients", json={"remove": [TANAKA]})).json()
    assert [one["state"] for one in shown["recipients"]] == ["cancelled", "held"]
    assert shown["recipients"][1]["alter"] == ["to_bcc"]
    assert f"-{TANAKA}, {SATO}" in str(shown["history"][-1]["detail"]["diff"])


async def test_an_approved_mail_stays_as_it_was_approved(reception: Reception) -> None:
    message_id = await taken_in(reception, Disposition.APPROVE, quorum=2, approvers=(BOSS, "vice@corp.example"))
    await post(reception, BOSS, message_id, "approve", {"recipients": [SATO]})
    client = await program(reception)
    shown = (await client.patch(f"{BASE}/messages/{message_id}/recipients", json={"remove": [TANAKA]})).json()
    assert [one["state"] for one in shown["recipients"]] == ["cancelled", "held"]
    assert shown["recipients"][1]["alter"] == []
    assert shown["recipients"][1]["approvals"] == [BOSS]


async def test_a_wrong_recipient_is_replaced_by_the_patch(reception: Reception) -> None:
    meant = "tanaka@example.co.jp"
    message_id = await taken_in(reception, evidence=("examp1e.co.jp ≠ example.co.jp (1 / l)",))
    client, path = await program(reception), f"{BASE}/messages/{message_id}"
    shown = (await client.get(path)).json()
    assert [one["alternative"] for one in shown["recipients"]] == [meant, ""]
    assert "correct" in shown["acts_for"][TANAKA]
    for wrong, status in (
        ({"replace": {TANAKA: "eve@evil.example"}}, 422),
        ({"replace": {TANAKA: meant}, "remove": [SATO]}, 400),
        ({"replace": {TANAKA: meant, SATO: meant}}, 400),
        ({"replace": {TANAKA: "nobody"}}, 400),
    ):
        is_problem(await client.patch(f"{path}/recipients", json=wrong), status)
    answer = await client.patch(f"{path}/recipients", json={"replace": {TANAKA: meant}, "comment": "打ち間違い"})
    shown = answer.json()
    assert {one["address"]: one["state"] for one in shown["recipients"]} == {
        TANAKA: "cancelled", SATO: "queued", meant: "queued",
    }  # fmt: skip
    assert [one["event"] for one in shown["history"]] == ["accept", "correct", "alter", "release"]
    again = await client.patch(f"{path}/recipients", json={"replace": {TANAKA: meant}})
    assert is_problem(again, 409)["decided_by"] == ANN


async def test_notes_and_asking(reception: Reception) -> None:
    message_id = await taken_in(reception, Disposition.APPROVE)
    shown = await post(reception, ANN, message_id, "comment", {"text": "急ぎです"})
    assert (shown["history"][-1]["event"], shown["history"][-1]["comment"]) == ("comment", "急ぎです")
    await post(reception, ANN, message_id, "comment", {"text": ""}, 400)
    await post(reception, AUDITOR, message_id, "comment", {"text": "x"}, 403)
    await post(reception, ANN, message_id, "forward", {"to": KEN}, 403)
    shown = await post(reception, BOSS, message_id, "forward", {"to": KEN, "comment": "お願い"})
    assert shown["recipients"][0]["asks"][0]["delegates"] == {BOSS: [KEN]}
    await post(reception, BOSS, message_id, "forward", {"to": "x"}, 400)
    shown = await post(reception, KEN, message_id, "approve", {})
    assert shown["state"] == "queued"
    letters = await reception.letters()
    by_kind = {str(one["x-mailguard-letter"]): one for one in letters if one["to"] in (KEN, BOSS)}
    asked = [one for one in letters if (one["to"], one["x-mailguard-letter"]) == (KEN, "approval")]
    assert not asked  # it was approved before the letter could be written
    assert "急ぎです" in text_of(by_kind["comment"])


async def test_letters_say_who_asks_and_what_the_sender_wrote(reception: Reception) -> None:
    message_id = await taken_in(reception, Disposition.APPROVE)
    await post(reception, ANN, message_id, "comment", {"text": "15時までに"})
    await post(reception, BOSS, message_id, "forward", {"to": KEN, "comment": "出張中です"})
    letters = [one for one in await reception.letters() if one["to"] == KEN]
    (letter,) = letters
    text = text_of(letter)
    pieces = (f"{BOSS} asks you to look at it", "出張中です", "Note from the sender", "15時までに", "in the place of")
    for piece in pieces:
        assert piece in text


async def test_trust_is_said_listed_and_taken_back(reception: Reception) -> None:
    message_id = await taken_in(reception)
    shown = await post(reception, ANN, message_id, "trust", {"recipients": [TANAKA], "days": 30})
    assert shown["trust_scopes"] == ["me"]
    assert "trust" in shown["acts_for"][TANAKA]
    await post(reception, ANN, message_id, "trust", {"recipients": [TANAKA], "days": 31}, 400)
    await post(reception, ANN, message_id, "trust", {"recipients": [TANAKA], "scope": "team"}, 403)
    await post(reception, ANN, message_id, "trust", {"recipients": [SATO]}, 422)
    client, stranger = await program(reception), await program(reception, KEN)
    (one,) = (await client.get(f"{BASE}/trusts")).json()["trusts"]
    assert (one["recipient"], one["whose"], one["rules"]) == (TANAKA, f"person:{ANN}", ["look-alike"])
    assert (await stranger.get(f"{BASE}/trusts")).json()["trusts"] == []
    is_problem(await stranger.delete(f"{BASE}/trusts/{one['id']}"), 404)
    is_problem(await client.delete(f"{BASE}/trusts/x"), 400)
    is_problem(await client.delete(f"{BASE}/trusts/999999"), 404)
    assert (await client.delete(f"{BASE}/trusts/{one['id']}")).status_code == 204
    assert (await client.get(f"{BASE}/trusts")).json()["trusts"] == []


async def test_a_clock_stops_and_goes_on(reception: Reception) -> None:
    message_id = await taken_in(reception, Disposition.DELAY)
    shown = await post(reception, ANN, message_id, "hold", {})
    assert shown["recipients"][0]["paused_by"] == ANN
    shown = await post(reception, ANN, message_id, "resume", {})
    assert shown["recipients"][0]["paused_by"] == ""
    await post(reception, ANN, message_id, "resume", {}, 422)


async def test_a_draft_for_its_sender_over_page_and_api(reception: Reception) -> None:
    message_id = await reception.take_in(to=(TANAKA, SUZUKI), octets=written((TANAKA,)).as_bytes())
    client = await program(reception)
    answer = await client.get(f"{BASE}/messages/{message_id}/draft")
    assert answer.headers["content-disposition"] == f'attachment; filename="{message_id}.eml"'
    draft = email.message_from_bytes(answer.content, policy=email.policy.default)
    assert (draft["X-Unsent"], draft["Bcc"]) == ("1", SUZUKI)
    is_problem(await (await program(reception, AUDITOR)).get(f"{BASE}/messages/{message_id}/draft"), 403)
    is_problem(await (await program(reception, KEN)).get(f"{BASE}/messages/{message_id}/draft"), 404)
    browser = await reception.browser(ANN)
    assert (await browser.client.get(f"/messages/{message_id}/draft")).content == answer.content
    await post(reception, ANN, message_id, "release", {})
    is_problem(await client.get(f"{BASE}/messages/{message_id}/draft"), 422)
    assert (await browser.client.get(f"/messages/{message_id}/draft")).status_code == 422


async def test_a_letters_session_reaches_its_own_mail_only(reception: Reception) -> None:
    message_id, other = await taken_in(reception), await taken_in(reception)
    browser = await reception.browser(ANN)
    for path in (f"/messages/{other}/draft", "/trusts"):
        assert (await browser.client.get(BASE + path)).status_code == 200
    # Without the form token nothing is changed by a session.
    answer = await browser.client.post(f"{BASE}/messages/{message_id}/choose", json={"then": "release"})
    is_problem(answer, 400)


async def test_the_document_names_it_all(reception: Reception) -> None:
    paths = (await (await program(reception)).get(f"{BASE}/openapi.json")).json()["paths"]
    for word in ("choose", "comment", "forward", "trust", "resume"):
        assert "requestBody" in paths[f"/messages/{{id}}/{word}"]["post"]
    assert set(paths["/trusts/{id}"]["delete"]["responses"]) == {"204", "400", "401", "404"}
    assert "get" in paths["/messages/{id}/draft"]
