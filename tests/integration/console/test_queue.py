"""The administrators' queue without a script: search with its errors, acts with undo, views, CSV; and what nobody else
sees.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.reception import ADMIN, ANN, AUDITOR, BOSS, Reception

from mailguard.console.queue_csv import harmless
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.review import Filter


async def test_a_search_that_is_wrong_is_said_at_the_box(reception: Reception) -> None:
    await reception.take_in()
    page = (await (await reception.browser(ADMIN)).get("/all?q=form:x+state:hold")).text
    assert "&#34;form:&#34; is not known; did you mean &#34;from:&#34;?" in page
    assert 'href="/all?q=from%3Ax+state%3Ahold"' in page
    assert "&#34;hold&#34; is no state; did you mean &#34;held&#34;?" in page
    assert 'aria-invalid="true"' in page
    assert "0 mails" not in page, "nobody looked"


@pytest.mark.parametrize(
    "q", ['"', "\x00", "a" * 600, "from:" + "x" * 400, "％00", "<script>alert(1)</script>", "-", "in:", "'--"]
)
async def test_no_search_breaks_the_page(reception: Reception, q: str) -> None:
    for path in ("/all", "/history", "/all/confirm"):
        answer = await (await reception.browser(ADMIN)).client.get(
            path, params={"q": q, "sort": "'", "before": "x", "ends": "1"}
        )
        assert answer.status_code in (200, 303), (path, answer.text)
        assert "<script>alert" not in answer.text


async def test_why_mail_is_held_is_said_without_the_words_of_a_template(reception: Reception) -> None:
    await reception.take_in()
    said = {"ja": "宛先は{lookalike}です", "en": "It carries {files}, and resembles {lookalike}"}
    shown = {"policy": "f" * 64, "rules": [{"id": "look-alike", "because": said}]}
    reception.app.state.desk = replace(reception.app.state.desk, policy=lambda: shown)
    page = (await (await reception.browser(ADMIN)).get("/all?q=state:held")).text
    assert "It carries …, and resembles …" in page
    assert "{files}" not in page


async def test_how_long_an_act_waits_is_said_without_a_script_too(reception: Reception) -> None:
    await reception.take_in()
    admin = await reception.browser(ADMIN)
    page = await admin.get("/all/confirm?q=state:held&act=release")
    answer = await admin.send(page, "/bulk", act="release")
    listed = (await admin.get(answer.headers["location"])).text
    assert re.search(r"Begins in <strong data-until=[^>]+>30 s</strong>", listed)


async def test_a_two_character_word_is_found_in_the_text(reception: Reception) -> None:
    await reception.take_in(subject="one", text="本日の契約について")
    await reception.take_in(subject="two")
    page = (await (await reception.browser(ADMIN)).get("/all?q=text:契約")).text
    assert ">one<" in page
    assert ">two<" not in page
    searched = [line for line in await reception.audit_lines() if line.event == "text_search"]
    assert [(line.actor, line.detail) for line in searched] == [(ADMIN, {"words": ["契約"]})]
    refused = (await (await reception.browser(AUDITOR)).get("/all?q=text:契約")).text
    assert "Who reads no bodies cannot search them either" in refused
    assert ">one<" not in refused


async def test_ten_are_confirmed_undone_and_done(reception: Reception) -> None:
    for number in range(10):
        await reception.take_in(subject=f"Mail {number}")
    admin = await reception.browser(ADMIN)
    page = await admin.get("/all/confirm?q=state:held&act=cancel")
    assert "Withdraw 10 mails unsent?" in page.text
    assert "look-alike" in page.text
    assert ANN in page.text
    await reception.take_in(subject="too late")
    answer = await admin.send(page, "/bulk", act="cancel", comment="cleared")
    listed = await admin.get(answer.headers["location"])
    assert "Don&#39;t send 10 mails: about to begin" in listed.text
    assert "Will not be sent" in listed.text
    await admin.send(listed, "/end")
    reception.clock.pass_by(seconds=31)
    await reception.bulk.run_due()
    assert await reception.holds.count(Filter(state=State.HELD)) == 11
    await admin.send(page, "/bulk", act="cancel", comment="cleared")
    reception.clock.pass_by(seconds=31)
    await reception.bulk.run_due()
    (left,) = await reception.holds.page(Filter(state=State.HELD))
    assert left.subject == "too late"
    job = re.search(r'href="(/bulk/[^"]+)"', (await admin.get("/all")).text)
    assert job is not None
    assert "10 done" in (await admin.get(job[1])).text
    assert "cleared" in (await admin.get(job[1])).text


async def test_only_administrators_act_and_a_get_never_does(reception: Reception) -> None:
    message_id = await reception.take_in()
    for person in (ANN, BOSS, AUDITOR):
        browser = await reception.browser(person)
        page = await browser.get("/mine")
        token = re.search(r'name="form_token" value="([^"]+)"', page.text)
        assert token is not None
        data = {"form_token": token[1], "act": "release", "message": message_id, "name": "x", "q": ""}
        assert (await browser.client.post("/bulk", data=data)).status_code == 404
        assert (await browser.get("/all/confirm?act=release")).status_code == 404
        if person != AUDITOR:
            assert (await browser.client.post("/all/export", data=data)).status_code == 404
            assert (await browser.client.post("/views", data=data)).status_code == 404
            assert (await browser.get("/all")).status_code == 404
        assert (await browser.get("/bulk/nothing")).status_code == 404
    admin = await reception.browser(ADMIN)
    for path in ("/bulk", "/all/export", "/views"):
        assert (await admin.client.post(path, data={"act": "release", "message": message_id})).status_code == 403
        assert (await admin.get(path)).status_code == 405
    assert set((await reception.holds.page(Filter()))[0].recipients[0].state) == set("held")


async def test_views_are_kept_shared_renamed_and_removed(reception: Reception) -> None:
    admin, auditor = await reception.browser(ADMIN), await reception.browser(AUDITOR)
    page = await admin.get("/all?q=to:examp1e.co.jp&sort=ends")
    await admin.send(page, "/views", name="Look-alikes", shared="1")
    page = await auditor.get("/all")
    assert 'href="/all?q=to%3Aexamp1e.co.jp&amp;sort=ends">Look-alikes' in page.text
    await auditor.send(page, "/views", name="Mine")
    assert "Mine" not in (await admin.get("/all")).text
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert token is not None
    data = {"form_token": token[1], "act": "remove", "q": "", "name": ""}
    assert (await auditor.client.post("/views/1", data=data)).status_code == 404
    page = await admin.get("/all")
    await admin.send(page, "/views/1", act="rename", name="Near misses")
    page = await admin.get("/all")
    assert "Near misses" in page.text
    assert (await admin.send(page, "/views", name="Near misses", shared="1")).status_code == 422
    await admin.send(page, "/views/1", act="remove", name="Near misses")
    assert "Near misses" not in (await admin.get("/all")).text


async def test_csv_is_harmless_complete_and_audited(reception: Reception) -> None:
    await reception.take_in(subject="=HYPERLINK(evil)", text="secret body")
    await reception.take_in(subject="＝1+1")
    for person in (ADMIN, AUDITOR):
        browser = await reception.browser(person)
        answer = await browser.send(await browser.get("/all?q=state:held"), "/all/export")
        assert answer.content.startswith("\ufeff".encode())
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [row["subject"] for row in rows] == ["'＝1+1", "'=HYPERLINK(evil)"]
        assert rows[0]["sender"] == ANN
        assert b"secret body" not in answer.content
        assert "attachment" in answer.headers["content-disposition"]
    lines = [line for line in await reception.audit_lines() if line.event == "list_export"]
    assert [(line.actor, line.detail) for line in lines] == [
        (person, {"query": "state:held", "mails": 2}) for person in (AUDITOR, ADMIN)
    ]


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", " =1", "　＝1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless("plain - text") == "plain - text"


async def test_the_first_page_is_small(reception: Reception) -> None:
    for number in range(60):
        await reception.take_in(subject=f"株式会社サンプル様 お見積書の送付について 第{number}版")
    admin = await reception.browser(ADMIN, "ja")
    page = await admin.get("/all?q=state:held")
    assert page.text.count("<tr data-id=") == 50
    links = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    size = len(page.content) + sum([len((await admin.get(link)).content) for link in links])
    assert size <= 100_000, size


async def test_my_history_says_where_each_mail_is(reception: Reception) -> None:
    held = await reception.take_in(subject="Held one")
    gone = await reception.take_in(Disposition.DELIVER, subject="Gone one", to=("sato@example.co.jp",))
    waits = await reception.take_in(Disposition.APPROVE, subject="Waits for the boss")
    await reception.take_in(subject="Somebody else's", sender="<dave@corp.example>")
    await reception.relay(gone)
    ann = await reception.browser(ANN)
    page = (await ann.get("/history")).text
    assert "Handed to the next server at" in page
    assert "(it answered: 250 2.0.0 ok)" in page
    assert "Held: waits for you to confirm it" in page
    assert f"Held: waits for approval by {BOSS}" in page
    assert "Somebody else" not in page
    await ann.send(await ann.get(f"/messages/{held}"), "/act", act="cancel")
    assert "Not sent: you cancelled it at" in (await ann.get("/history?q=subject:held")).text
    assert "Gone one" not in (await ann.get("/history?q=subject:held")).text
    boss = (await (await reception.browser(BOSS)).get("/history")).text
    assert waits not in boss
    assert "You have sent no mail yet." in boss


async def test_what_was_refused_at_the_door_is_in_the_history(reception: Reception) -> None:
    await reception.refuse(subject="Refused one")
    ann = await reception.browser(ANN)
    for path in ("/history", "/history?q=refused", "/history?q=subject:refused+to:tanaka+newer:1h"):
        page = (await ann.get(path)).text
        assert "Refused one" in page, path
        assert "Refused when you sent it; it stayed in your mail program." in page
    for path in ("/history?q=state:held", "/history?q=other", "/history?q=older:1h", "/history?q=text:one"):
        assert "Refused one" not in (await ann.get(path)).text, path
    assert "Refused one" not in (await (await reception.browser(BOSS)).get("/history")).text


async def test_history_pages_join(reception: Reception) -> None:
    for number in range(130):
        if number % 3:
            await reception.take_in(Disposition.DELIVER, subject=f"Mail {number}.")
        else:
            await reception.refuse(subject=f"Mail {number}.")
        reception.clock.pass_by(seconds=1)
    ann, seen, path = await reception.browser(ANN), [], "/history"
    while path:
        page = (await ann.get(path)).text
        seen += re.findall(r"Mail \d+\.", page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"Mail {number}." for number in range(129, -1, -1)]


async def test_the_api_speaks_the_same_language(reception: Reception) -> None:
    for number in range(5):
        await reception.take_in(subject=f"Mail {number}", after=timedelta(hours=1 + number % 2))
    admin = await reception.browser(ADMIN)
    seen: list[str] = []
    params = {"q": "state:held -subject:3", "sort": "ends", "limit": "2"}
    while True:
        answer = (await admin.client.get("/api/v1/messages", params=params)).json()
        seen += [one["subject"] for one in answer["messages"]]
        if answer["next"] is None:
            break
        params["before"] = answer["next"]
    assert seen == ["Mail 0", "Mail 2", "Mail 4", "Mail 1"]
    wrong = await admin.client.get("/api/v1/messages", params={"q": "form:x"})
    assert wrong.status_code == 400
    assert wrong.json()["errors"] == [
        {"where": "q, character 1", "what": '"form:" is not known; did you mean "from:"?', "meant": "from:x"}
    ]
    for bad in ({"sort": "random"}, {"sort": "ends", "before": "0" * 18}, {"before": "0" * 18 + "@never"}):
        assert (await admin.client.get("/api/v1/messages", params=bad)).status_code == 400, bad
