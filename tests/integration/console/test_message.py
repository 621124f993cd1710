"""The page of one mail and the form of its decision: what it asks, what it knows, what it never shows or runs."""

from __future__ import annotations

import re

import pytest
from tests.message_states import LIST, SATO, STATES, SUZUKI, TWIN, hit, known_to_ann, look_alike, octets, taken
from tests.reception import ADMIN, ANN, AUDITOR, BOSS, DROP, KEEP, TANAKA, Reception, link_and_code

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Because, Disposition

EVE = "eve@corp.example"


async def states(reception: Reception, message_id: str) -> dict[str, State]:
    record = await reception.holds.find(message_id)
    assert record is not None
    return {str(one.address): one.state for one in record.recipients}


@pytest.mark.parametrize("act", ["send", "release"])
async def test_what_is_not_answered_decides_nothing_and_is_named(reception: Reception, act: str) -> None:
    _, message_id = await STATES["file_and_person"](reception)
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    answer = await browser.send(page, "/act", act=act, **{f"r.{TWIN}": "keep", "named": "0.0.0"})
    assert answer.status_code == 422
    assert f"Not answered yet: {LIST}. Nothing was decided." in answer.text
    assert re.search(rf'name="r.{TWIN}" value="keep" required checked', answer.text)
    assert set((await states(reception, message_id)).values()) == {State.HELD}


@pytest.mark.parametrize("named", ["", "0.0.0", "stop", "<b>"])
async def test_a_button_that_did_not_say_so_decides_nothing(reception: Reception, named: str) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    answer = await browser.send(page, "/act", act="send", **(DROP | {"named": named}))
    assert answer.status_code == 200
    assert ">Remove 1 recipient and send</button>" in answer.text
    assert "press the button once more" in answer.text
    assert set((await states(reception, message_id)).values()) == {State.HELD}
    again = await browser.send(answer, "/act", act="send", **{f"r.{TANAKA}": "safe"})
    assert again.headers["location"].endswith("?done=changed")
    assert (await states(reception, message_id))[TANAKA] is State.CANCELLED


async def test_a_letters_code_stays_good_until_all_is_answered(reception: Reception) -> None:
    message_id = await reception.take_in()
    link, code = link_and_code((await reception.letters())[-1])
    browser = await reception.browser()
    page = await browser.get(link)
    missing = await browser.send(page, link, act="send", code=code)
    assert missing.status_code == 422
    assert f"Not answered yet: {TANAKA}" in missing.text
    unnamed = await browser.send(missing, link, act="send", code=code, **(KEEP | {"named": ""}))
    assert ">Send as it is</button>" in unnamed.text
    assert set((await states(reception, message_id)).values()) == {State.HELD}
    done = await browser.send(unnamed, link, act="send", code=code, **{f"r.{TANAKA}": "keep"})
    assert done.headers["location"] == f"/messages/{message_id}?done=release"


async def test_the_letters_page_says_nothing_of_the_senders_habits(reception: Reception) -> None:
    _, message_id = await STATES["looks_alike"](reception)
    link, _ = link_and_code((await reception.letters())[-1])
    page = (await (await reception.browser()).get(link)).text
    assert "usually write" not in page  # whom he probably meant says the look-alike alone, as the letter did
    assert "looks like" in page
    assert "so far" not in page
    inside = (await (await reception.browser(ANN)).get(f"/messages/{message_id}")).text
    assert "3 mails so far" in inside
    assert "New: nobody here has written there before" in inside


async def test_how_well_a_recipient_is_known(reception: Reception) -> None:
    await known_to_ann(reception, SATO)
    to = (SATO, "kato@example.co.jp", SUZUKI)
    message_id = await reception.take_in(to=to, octets=octets(to), hits=(hit(Because("x", "x"), ("word",), to),))
    page = (await (await reception.browser(ANN)).get(f"/messages/{message_id}")).text
    assert "3 mails so far, last on" in page
    assert "No mail to this address on record; 3 to its domain since" in page
    assert page.count("New: nobody here has written there before") == 1
    other = await reception.take_in(
        sender=f"<{EVE}>", to=(SATO,), octets=octets((SATO,)), hits=(hit(Because("x", "x"), ("word",), (SATO,)),)
    )
    assert (
        "Your first mail there; 3 from colleagues"
        in (await (await reception.browser(ADMIN)).get(f"/messages/{other}")).text
    )


async def test_one_mail_is_not_called_mails(reception: Reception) -> None:
    await known_to_ann(reception, SATO, times=1)
    message_id = await reception.take_in(
        to=(SATO,), octets=octets((SATO,)), hits=(hit(Because("x", "x"), (), (SATO,)),)
    )
    page = (await (await reception.browser(ANN)).get(f"/messages/{message_id}")).text
    assert "one mail so far, on" in page


async def test_a_file_is_shown_with_its_beginning_and_whom_it_went_to(reception: Reception) -> None:
    table = ("氏名,電話\n" + "".join(f"山田{n},090-1111-{n:04}\n" for n in range(200))).encode()
    files = ((LIST, table, "text/csv"),)
    await known_to_ann(reception, SATO, times=1)
    earlier = await reception.take_in(
        Disposition.DELIVER, to=(SUZUKI,), flagged=(), octets=octets((SUZUKI,), files=files)
    )
    await taken(reception, earlier)
    message_id = await reception.take_in(
        to=(SATO,), octets=octets((SATO,), files=files), hits=(hit(Because("x", "x"), (LIST,), (SATO,)),)
    )
    browser = await reception.browser(ANN)
    page = (await browser.get(f"/messages/{message_id}")).text
    assert "Last sent to: partner.example" in page
    assert "Found in it:" in page
    assert "phone numbers: 20+" in page
    assert "山田3" in page
    assert "山田150" not in page
    whole = await browser.get(f"/messages/{message_id}/files/0")
    assert "山田150" in whole.text
    for path in ("files/1", "files/999999999999", "files/-1", "files/x"):
        assert (await browser.get(f"/messages/{message_id}/{path}")).status_code == 404


async def test_who_may_not_read_a_mail_reads_no_file_and_gets_no_draft(reception: Reception) -> None:
    _, message_id = await STATES["file_and_person"](reception)
    for person in (AUDITOR, EVE):
        browser = await reception.browser(person)
        assert (await browser.get(f"/messages/{message_id}/files/0")).status_code in (403, 404)
        assert "山田太郎" not in (await browser.get(f"/messages/{message_id}")).text
        assert (await browser.get(f"/messages/{message_id}/draft")).status_code in (403, 404)
    assert (await (await reception.browser()).get(f"/messages/{message_id}/files/0")).status_code == 303


async def test_hostile_names_and_subjects_are_words_and_their_hidden_signs_are_seen(reception: Reception) -> None:
    evil, name = "<img src=x onerror=alert(1)>\u202egnp.exe", '\u202e"><script>alert(1)</script>fdp.exe'
    raw = octets((TWIN,), subject=evil, names=('"x" onmouseover=1 \u2066',), text="見て\u202e下さい\n",
                 files=((name, b"hello \xe2\x80\xae there\n" * 9, "text/plain"),))  # fmt: skip
    rule = hit(Because(evil, evil), (name, f"{name}: 3"), (TWIN,))
    message_id = await reception.take_in(to=(TWIN,), octets=raw, hits=(rule, look_alike()))
    browser = await reception.browser(ANN)
    for path in (f"/messages/{message_id}", f"/messages/{message_id}/files/0", f"/messages/{message_id}?people=all"):
        page = (await browser.get(path)).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert " onmouseover=1 " not in re.sub(r">[^<]*<", "><", page)
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", page)
        assert "[U+202E]" in page


async def test_whom_a_mail_shows_and_does_not_reach(reception: Reception) -> None:
    raw = octets((SATO, "nobody@elsewhere.example"))
    message_id = await reception.take_in(
        to=(SATO, SUZUKI), octets=raw, hits=(hit(Because("x", "x"), ("word",), (SATO,)),)
    )
    page = (await (await reception.browser(ANN)).get(f"/messages/{message_id}")).text
    assert "Shown in To or Cc, but this mail does not go to:" in page
    assert "nobody@elsewhere.example</li>" in page
    assert re.search(rf"{SUZUKI}</span>\s*<span class=\"badges\"><span class=\"badge\">Bcc", page)


async def test_a_large_html_mail_stays_small_and_quick_to_read(reception: Reception) -> None:
    html = "<table>" + "<tr><td>x</td></tr>" * 500_000 + "</table>" + "<" * 100_000
    assert len(html) > 9_000_000
    message_id = await reception.take_in(html=html)
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    assert (page.status_code, len(page.content) < 60_000) == (200, True)
    assert len((await browser.get(f"/messages/{message_id}/html")).content) < 1_100_000


async def test_what_cannot_be_said_of_a_recipient_is_told_although_the_mail_goes(reception: Reception) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    fields = KEEP | {"trust": "1", "trust_scope": "team", "trust_days": "31"}
    answer = await browser.send(page, "/act", act="send", **fields)
    assert answer.headers["location"].endswith("?done=untrusted")
    assert set((await states(reception, message_id)).values()) == {State.QUEUED}
    assert "could not be set" in (await browser.get(answer.headers["location"])).text


async def test_what_became_of_it_stands_first(reception: Reception) -> None:
    _, message_id = await STATES["rejected"](reception)
    page = (await (await reception.browser(ANN, "ja")).get(f"/messages/{message_id}")).text
    head = page.partition('<header class="card head')[2].partition("</header>")[0]
    assert "boss@corp.example が決定しました" in head
    assert "宛先の会社が違うようです" in head
    assert 'href="/messages/' in page.partition('id="draft"')[2].partition("</section>")[0]
    _, message_id = await STATES["sent"](reception)
    page = (await (await reception.browser(ANN)).get(f"/messages/{message_id}")).text
    assert "Sent: 2 recipients, Cancelled: 1 recipient" in page
    assert "it can no longer be taken back" in page
    assert 'id="draft"' not in page


async def test_a_note_reaches_the_other_side(reception: Reception) -> None:
    _, message_id = await STATES["approver"](reception)
    ann, boss = await reception.browser(ANN), await reception.browser(BOSS)
    page = await ann.get(f"/messages/{message_id}")
    assert (await ann.send(page, "/act", act="comment", remark="A new domain of theirs.")).status_code == 303
    assert "ann@corp.example: A new domain of theirs." in (await boss.get(f"/messages/{message_id}")).text
    page = await boss.get(f"/messages/{message_id}")
    assert (await boss.send(page, "/act", act="forward", to="no address")).status_code == 422
    assert (await boss.send(page, "/act", act="forward", to="x@else.example")).status_code == 422
    assert (await boss.send(page, "/act", act="forward", to="deputy@corp.example")).status_code == 303


async def test_an_auditor_is_told_why_there_is_no_text(reception: Reception) -> None:
    message_id = await reception.take_in(text="the price is 300")
    page = (await (await reception.browser(AUDITOR)).get(f"/messages/{message_id}")).text
    assert "Your role does not show texts." in page
    assert "the price is 300" not in page
