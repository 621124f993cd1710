"""What the law asks after a misdelivery, on the page, by API and by letter: answered, judged, reminded of, drafted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import pytest
import pytest_asyncio
from tests.integration.console.test_misdelivery import half_out
from tests.integration.test_incidents import api
from tests.reception import ADMIN, ANN, AUDITOR, OFFICER, TANAKA, Browser, Reception, actor, open_reception, text_of

from mailguard.console.trials import Trial, TrialWish
from mailguard.incident import Answered, Incident
from mailguard.mail.actor import Actor, Role
from mailguard.mail.breach import Answers
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Disposition
from mailguard.policy.loader import load_policy
from mailguard.store.audit import Audit
from mailguard.store.incidents import Incidents

ANSWERS = {
    "personal": "yes", "sensitive": "no", "property": "no", "malicious": "no", "unseen": "no", "persons": "3",
}  # fmt: skip


@pytest_asyncio.fixture
async def reception(tmp_path: Path) -> AsyncIterator[Reception]:
    async with open_reception(tmp_path) as opened:
        yield opened


def officer(reception: Reception) -> Actor:
    return actor(OFFICER, reception.access)


async def slipped(reception: Reception) -> str:
    """A misdelivery that Ann reports a minute after the mail came in."""
    message_id = await half_out(reception)
    reception.clock.pass_by(minutes=1)
    return (await reception.incidents.open(actor(ANN, reception.access), message_id, "Wrong Tanaka")).id


async def page_of(reception: Reception, person: str, incident: str) -> tuple[Browser, httpx2.Response]:
    browser = await reception.browser(person, language="ja")
    return browser, await browser.get(f"/incidents/{incident}")


def learned(page: httpx2.Response) -> str:
    found = re.search(r'name="learned_at" type="datetime-local" value="([^"]+)"', page.text)
    assert found
    return found[1]


async def test_answers_are_kept_judged_and_logged(reception: Reception) -> None:
    incident = await slipped(reception)
    browser, page = await page_of(reception, OFFICER, incident)
    assert "まだ誰も答えていません" in page.text
    answer = await browser.send(page, "/assess", **ANSWERS, learned_at=learned(page))
    assert answer.headers["location"] == f"/incidents/{incident}?done=assessment"
    page = await browser.get(answer.headers["location"])
    assert "回答を保存しました" in page.text
    assert "個人情報保護委員会への報告と本人への通知: 不要と思われます" in page.text
    assert 'name="persons" type="text" inputmode="numeric" maxlength="20" value="3"' in page.text
    await browser.send(page, "/assess", **{**ANSWERS, "sensitive": "yes"}, learned_at=learned(page))
    page = await browser.get(f"/incidents/{incident}")
    assert "個人情報保護委員会への報告と本人への通知: 必要と思われます。理由: 要配慮個人情報が含まれる" in page.text
    found = await reception.incidents.show(officer(reception), incident)
    assert found.learned_at == found.opened_at  # to the second, though the form has minutes
    lines = [one for one in await Audit(reception.db).history_of(found.message_id) if one.event == "incident_assessed"]
    assert [(one.actor, one.detail["sensitive"]) for one in lines] == [(OFFICER, "no"), (OFFICER, "yes")]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"persons": "some"}, "数字で入力してください"),
        ({"unseen": "yes", "how": ""}, "どのように確認したか"),
        ({"learned_at": "yesterday"}, "年月日と時刻"),
        ({"learned_at": "2001-01-01T09:00", "why": "a call"}, "現在までの間"),
        ({"learned_at": "2101-01-01T09:00", "why": "a call"}, "現在までの間"),
    ],
)
async def test_what_cannot_be_taken_comes_back_as_it_was_written(
    reception: Reception, changed: dict[str, str], said: str
) -> None:
    incident = await slipped(reception)
    browser, page = await page_of(reception, ADMIN, incident)
    written = {**ANSWERS, "learned_at": learned(page), "how": "by <phone>", **changed}
    answer = await browser.send(page, "/assess", **written)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'name="persons" type="text" inputmode="numeric" maxlength="20" value="{written["persons"]}"' in answer.text
    assert (">by &lt;phone&gt;</textarea>" in answer.text) is bool(written["how"])
    assert f'name="unseen" value="{written["unseen"]}" checked' in answer.text
    assert (await reception.incidents.show(officer(reception), incident)).answers is None


async def test_who_changes_when_it_was_learned_says_why(reception: Reception) -> None:
    incident, zone = await slipped(reception), ZoneInfo(reception.timezone)
    before = (await reception.incidents.show(officer(reception), incident)).learned_at
    reception.clock.pass_by(hours=1)
    later = (before + timedelta(minutes=30)).astimezone(zone).strftime("%Y-%m-%dT%H:%M")
    browser, page = await page_of(reception, OFFICER, incident)
    answer = await browser.send(page, "/assess", **ANSWERS, learned_at=later)
    assert (answer.status_code, "変えた理由" in answer.text) == (422, True)
    await browser.send(page, "/assess", **ANSWERS, learned_at=later, why="the desk was told at noon")
    found = await reception.incidents.show(officer(reception), incident)
    assert found.learned_at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") == later
    said = [one.comment for one in await Audit(reception.db).history_of(found.message_id)]
    assert "the desk was told at noon" in said


async def test_an_auditor_reads_and_a_sender_does_not(reception: Reception) -> None:
    incident = await slipped(reception)
    _, page = await page_of(reception, AUDITOR, incident)
    assert "報告書の下書き" in page.text
    assert "<fieldset" not in page.text
    assert (await page_of(reception, ANN, incident))[1].status_code == 404


async def test_an_auditor_answers_nothing(reception: Reception) -> None:
    incident = await slipped(reception)
    browser, page = await page_of(reception, AUDITOR, incident)
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert token is not None
    answer = await browser.client.post(f"/incidents/{incident}/assess", data={**ANSWERS, "form_token": token[1]})
    assert answer.status_code == 404
    assert (await reception.incidents.show(officer(reception), incident)).answers is None


async def test_whose_mail_it_was_does_not_read_what_was_answered(reception: Reception) -> None:
    incident = await slipped(reception)
    client = await api(reception, OFFICER, Role.OFFICER)
    await client.post(f"/api/v1/incidents/{incident}/assess", json={"malicious": "yes", "how": "he is suspected"})
    ann, auditor = await api(reception, ANN, Role.SENDER), await api(reception, AUDITOR, Role.AUDITOR)
    (listed,) = (await ann.get("/api/v1/incidents")).json()["incidents"]
    shown = (await ann.get(f"/api/v1/incidents/{incident}")).json()
    assert listed == shown
    assert (shown["answers"], shown["assessed_at"], shown["assessed_by"]) == (None, None, "")
    assert {one["duty"] for one in shown["assessment"]} == {"open"}
    assert (await auditor.get(f"/api/v1/incidents/{incident}")).json()["answers"]["malicious"] == "yes"
    mail = f"/api/v1/messages/{shown['message_id']}"
    events = [{one["event"] for one in (await who.get(mail)).json()["history"]} for who in (ann, auditor)]
    assert ["incident_assessed" in one for one in events] == [False, True]
    assert "suspected" not in (await ann.get(mail)).text


async def test_who_saves_a_page_that_is_old_hears_who_answered_meanwhile(reception: Reception) -> None:
    incident = await slipped(reception)
    browser, page = await page_of(reception, ADMIN, incident)
    other, seen = await page_of(reception, OFFICER, incident)
    await other.send(seen, "/assess", **{**ANSWERS, "sensitive": "yes"}, learned_at=learned(seen))
    answer = await browser.send(page, "/assess", **ANSWERS, learned_at=learned(page))
    assert answer.status_code == 409
    assert f"{OFFICER} が回答を保存しました" in answer.text
    assert 'name="sensitive" value="no" checked' in answer.text
    found = (await reception.incidents.show(officer(reception), incident)).answers
    assert found is not None
    assert found.sensitive == "yes"
    await browser.send(answer, "/assess", **ANSWERS, learned_at=learned(answer))
    found = (await reception.incidents.show(officer(reception), incident)).answers
    assert found is not None
    assert found.sensitive == "no"


async def test_a_second_click_is_no_quarrel_with_oneself(reception: Reception) -> None:
    incident = await slipped(reception)
    browser, page = await page_of(reception, OFFICER, incident)
    both = [browser.send(page, "/assess", **ANSWERS, learned_at=learned(page)) for _ in range(2)]
    assert [one.status_code for one in await asyncio.gather(*both)] == [303, 303]
    assert (await browser.send(page, "/assess", **ANSWERS, learned_at=learned(page))).status_code == 303
    found = await reception.incidents.show(officer(reception), incident)
    lines = [one for one in await Audit(reception.db).history_of(found.message_id) if one.event == "incident_assessed"]
    assert len(lines) == 1


async def test_of_two_who_save_at_once_one_hears_of_the_other(reception: Reception) -> None:
    incident = await slipped(reception)
    told = await asyncio.gather(
        *(
            reception.incidents.assess(actor(who, reception.access), incident, Answers(persons=said), seen="")
            for who, said in ((OFFICER, 1), (ADMIN, 2))
        ),
        return_exceptions=True,
    )
    (saved,) = [one for one in told if isinstance(one, Incident)]
    (refused,) = [one for one in told if isinstance(one, Answered)]
    assert refused.incident.answers == saved.answers
    assert (await reception.incidents.show(officer(reception), incident)).answers == saved.answers


@pytest.mark.parametrize("typed", ["１，２００", "1,200人", " 1200 ", "１２００名"])
async def test_a_number_is_taken_as_people_in_japan_type_it(reception: Reception, typed: str) -> None:
    incident = await slipped(reception)
    browser, page = await page_of(reception, OFFICER, incident)
    await browser.send(page, "/assess", **{**ANSWERS, "persons": typed}, learned_at=learned(page))
    found = (await reception.incidents.show(officer(reception), incident)).answers
    assert found is not None
    assert found.persons == 1200


async def test_line_ends_of_browsers_count_once(reception: Reception) -> None:
    incident = await slipped(reception)
    browser, page = await page_of(reception, OFFICER, incident)
    how = "\r\n".join(["Bob by phone \u202e\x07"] * 110)
    assert len(how.replace("\r\n", "\n")) < 2000 < len(how) + 220
    full = (how + "x" * 2000).replace("\r\n", "\n")[:2000].replace("\n", "\r\n")
    answer = await browser.send(page, "/assess", **ANSWERS, how=full, learned_at=learned(page))
    assert answer.status_code == 303
    found = (await reception.incidents.show(officer(reception), incident)).answers
    assert found is not None
    assert found.how.startswith("Bob by phone \nBob by phone \n")


async def test_it_may_be_learned_of_in_the_minute_of_the_mail(reception: Reception) -> None:
    incident, zone = await slipped(reception), ZoneInfo(reception.timezone)
    received = datetime.fromisoformat(
        (await reception.incidents.show(officer(reception), incident)).facts["received_at"]
    )
    browser, page = await page_of(reception, OFFICER, incident)
    typed = received.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
    answer = await browser.send(page, "/assess", **ANSWERS, learned_at=typed, why="she saw it at once")
    assert answer.status_code == 303


async def test_the_draft_says_what_was_answered_and_leaves_open_what_was_not(reception: Reception) -> None:
    incident = await slipped(reception)
    browser, page = await page_of(reception, OFFICER, incident)
    assert "要配慮個人情報の有無: 不明" in page.text
    await browser.send(page, "/assess", **{**ANSWERS, "sensitive": "yes"}, learned_at=learned(page))
    text = unescape((await browser.get(f"/incidents/{incident}")).text)
    items = text[text.index("2. 漏えいした") : text.index("3. 本人の数")]
    assert "要配慮個人情報の有無: あり" in items
    assert "(記入してください)" in items
    assert "財産的被害のおそれ: なし" in text


async def test_what_was_under_way_is_not_said_to_have_arrived(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.DELIVER)
    await reception.queue.claim(reception.clock(), timedelta(minutes=1), 100)
    incident = (await reception.incidents.open(officer(reception), message_id)).id
    _, page = await page_of(reception, OFFICER, incident)
    draft = page.text[page.text.index("1. 概要") :]
    assert "届いた宛先:" not in draft
    assert f"送信中だった(届いた可能性がある)宛先: {TANAKA}" in draft
    assert "どの宛先にも届かなかった" not in draft


async def test_the_register_says_what_is_still_to_be_answered(reception: Reception) -> None:
    incident = await slipped(reception)
    browser, page = await page_of(reception, OFFICER, incident)
    assert "6つの質問には、まだ誰も答えていません。" in (await browser.get("/incidents")).text
    await browser.send(page, "/assess", **{**ANSWERS, "sensitive": "yes"}, learned_at=learned(page))
    listed = (await browser.get("/incidents")).text
    assert "まだ誰も答えていません" not in listed
    assert "個人情報保護委員会への報告と本人への通知: 必要と思われます" in listed
    await reception.incidents.close(officer(reception), incident, "reported")
    assert "必要と思われます" not in (await browser.get("/incidents")).text


async def test_what_is_closed_is_not_answered_any_more(reception: Reception) -> None:
    incident = await slipped(reception)
    browser, page = await page_of(reception, OFFICER, incident)
    await reception.incidents.close(officer(reception), incident, "deleted unread")
    answer = await browser.send(page, "/assess", **ANSWERS, learned_at=learned(page))
    assert (answer.status_code, "終了しているため" in answer.text) == (409, True)
    assert "<fieldset" not in (await browser.get(f"/incidents/{incident}")).text


async def test_the_api_takes_all_answers_at_once(reception: Reception) -> None:
    incident = await slipped(reception)
    client = await api(reception, OFFICER, Role.OFFICER)
    path = f"/api/v1/incidents/{incident}"
    before = (await client.get(path)).json()
    assert before["answers"] is None
    assert [one["duty"] for one in before["assessment"]] == ["open", "open"]
    assert [one["name"] for one in before["clocks"]] == ["gdpr", "prompt", "final"]
    said = (await client.post(f"{path}/assess", json={"personal": "yes", "persons": 1001})).json()
    assert [(one["law"], one["duty"], one["because"]) for one in said["assessment"]] == [
        ("appi", "due", ["many"]), ("gdpr", "due", ["many"]),
    ]  # fmt: skip
    assert (said["answers"]["sensitive"], said["assessed_by"]) == ("unknown", OFFICER)
    for wrong in ({"personal": "maybe"}, {"persons": "3"}, {"persons": -1}, {"learned_at": "2026-11-28"}, {"extra": 1}):
        answer = await client.post(f"{path}/assess", json=wrong)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), wrong
    moved = before["received_at"]
    answer = await client.post(f"{path}/assess", json={"learned_at": moved})
    assert "why" in answer.json()["detail"]
    answer = await client.post(f"{path}/assess", json={"learned_at": "2001-01-01T00:00:00Z", "why": "x"})
    assert "not between" in answer.json()["detail"]
    assert (await client.post(f"{path}/assess", json={"learned_at": moved, "why": "x"})).json()["learned_at"] == moved


async def reminded(reception: Reception, before: int = 0) -> list[str]:
    """To whom letters about the clocks went; before: so many are not new."""
    await reception.incidents.remind()
    sent = [str(one["to"]) for one in await reception.letters() if one["x-mailguard-letter"] == "incident_due"]
    return sorted(sent[before:])


async def test_those_in_charge_are_reminded_once_for_each_stage(reception: Reception) -> None:
    incident, both = await slipped(reception), sorted((ADMIN, OFFICER))
    assert await reminded(reception) == []
    reception.clock.pass_by(hours=25)
    assert await reminded(reception) == both
    assert await reminded(reception, 2) == []
    reception.clock.pass_by(days=2)
    assert await reminded(reception, 2) == both
    reception.clock.pass_by(days=24)
    assert await reminded(reception, 4) == both
    assert await reminded(reception, 6) == []
    await reception.incidents.close(officer(reception), incident, "reported")
    reception.clock.pass_by(days=60)
    assert await reminded(reception, 6) == []


async def test_what_nobody_is_reminded_of_any_more_is_not_read_again(reception: Reception) -> None:
    await slipped(reception)
    assert len(await Incidents(reception.db).to_remind(reception.clock())) == 1
    reception.clock.pass_by(days=60 + 8)
    assert await Incidents(reception.db).to_remind(reception.clock()) == []


async def test_after_a_long_rest_there_is_one_letter_each(reception: Reception) -> None:
    await slipped(reception)
    reception.clock.pass_by(days=28)
    assert await reminded(reception) == sorted((ADMIN, OFFICER))
    assert await reminded(reception, 2) == []


async def test_a_clock_that_is_set_later_is_told_of_again(reception: Reception) -> None:
    incident, both = await slipped(reception), sorted((ADMIN, OFFICER))
    client = await api(reception, OFFICER, Role.OFFICER)
    reception.clock.pass_by(days=28)
    assert await reminded(reception) == both
    await client.post(f"/api/v1/incidents/{incident}/assess", json={"malicious": "yes"})
    assert await reminded(reception, 2) == []
    reception.clock.pass_by(days=28)  # five days before the sixtieth
    assert await reminded(reception, 2) == both
    assert await reminded(reception, 4) == []


async def test_what_was_told_to_the_end_is_not_read_any_more(reception: Reception) -> None:
    await slipped(reception)
    reception.clock.pass_by(days=28)
    await reception.incidents.remind()
    assert await Incidents(reception.db).to_remind(reception.clock()) == []


async def test_where_nothing_is_due_nobody_is_reminded(reception: Reception) -> None:
    incident = await slipped(reception)
    client = await api(reception, OFFICER, Role.OFFICER)
    await client.post(f"/api/v1/incidents/{incident}/assess", json={"personal": "no"})
    reception.clock.pass_by(days=28)
    assert await reminded(reception) == []


async def test_the_letter_leads_to_the_page_and_says_until_when(reception: Reception) -> None:
    incident = await slipped(reception)
    reception.clock.pass_by(hours=25)
    await reception.incidents.remind()
    letter = next(one for one in await reception.letters() if one["x-mailguard-letter"] == "incident_due")
    text = " ".join(text_of(letter).split())
    assert f"/incidents/{incident}" in text
    for said in ("Nobody has answered the six questions yet", "prompt report (day 3 to 5)", "(day 30)", "72 hours"):
        assert said in text
    assert (await page_of(reception, OFFICER, incident))[1].status_code == 200


async def test_what_was_stopped_in_time_is_proposed_as_unseen(reception: Reception) -> None:
    message_id = await reception.take_in()
    incident = (await reception.incidents.open(Actor(ANN, Role.SENDER, "console"), message_id)).id
    _, page = await page_of(reception, OFFICER, incident)
    assert 'name="unseen" value="yes" checked' in page.text
    assert "mailguard の記録では、どの宛先にも届いていない。</textarea>" in page.text
    assert re.search(r"\d{4}年\d+月\d+日\(.\) \d\d:\d\d に ann@corp.example が送信した", page.text)
    assert "どの宛先にも届かなかった" in page.text


async def test_it_becomes_a_rule_that_is_tried_first(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("version: 1\nrules:\n  - {id: a, when: {attachments: any}, then: confirm}\n", encoding="utf-8")
    tried = Tries()
    policy = load_policy([file], Organization(("corp.example",)))
    async with open_reception(tmp_path, policy=policy, trials=tried) as reception:
        incident = await slipped(reception)
        browser, page = await page_of(reception, OFFICER, incident)
        assert "ルールにする" in page.text
        written = re.search(r'<textarea id="yaml"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)
        assert written is not None
        answer = await browser.send(page, "/policy/simulations", text=unescape(written[1]))
        assert answer.headers["location"] == "/policy/simulations/t"
    (wish,) = tried.wishes
    assert (wish.days, f"id: after-{incident}" in wish.text) == (30, True)


class Tries:
    """Simulations that were asked for."""

    def __init__(self) -> None:
        self.wishes: list[TrialWish] = []

    def start(self, wish: TrialWish) -> Trial:
        self.wishes.append(wish)
        return Trial("t", wish)

    def find(self, trial_id: str) -> Trial | None:
        del trial_id
        return None
