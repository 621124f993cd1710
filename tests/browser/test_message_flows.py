"""What people do on the page of one mail: they touch the risky item, the button says what it will do, and does it."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect
from tests.browser.conftest import Device, Opens, Window
from tests.message_states import LIST, REAL, SATO, STATES, TWIN
from tests.reception import ANN, BOSS, Reception, actor, link_and_code

from mailguard.mail.lifecycle import State
from mailguard.review import MessageRecord

BOTH = pytest.mark.parametrize("language", ["ja", "en"])
DEVICES = pytest.mark.parametrize("device", ["desktop", "phone"])
pytestmark = pytest.mark.asyncio(loop_scope="session")

WORDS = {
    "ja": {
        "open": "選んだとおりに送信", "off": "外す", "right": "正しい宛先", "file": "添付する",
        "stop": "送信しない",
        "one": "1名を外して送信", "both": "1名とファイルを外して送信", "files": "ファイルを外して送信",
        "as": "このまま送信",
        "hide": "Bccに移す", "hidden": "Bccに移して送信", "see": "見えてよい",
        "choose": "どちらかを選んでください。",
        "reject": "却下", "rest": "1名を却下し、残りを承認", "approve": "承認して送信",
        "changed": "選んだとおりに変更して送信します。",
    },
    "en": {
        "open": "Send as chosen", "off": "Remove", "right": "It is right", "file": "It is right", "stop": "Don't send",
        "one": "Remove 1 recipient and send",
        "both": "Remove 1 recipient and the file and send",
        "files": "Remove the file and send", "as": "Send as it is", "hide": "Move to Bcc",
        "hidden": "Move to Bcc and send",
        "see": "They may see", "choose": "Please choose one.", "reject": "Reject",
        "rest": "Reject 1 recipient, approve the rest", "approve": "Approve and send",
        "changed": "Changed as you chose, and the rest will be sent.",
    },
}  # fmt: skip


async def opened(reception: Reception, opens: Opens, state: str, device: Device, language: str) -> tuple[Window, str]:
    person, message_id = await STATES[state](reception)
    window = await opens(person, device, language)
    await window.open(f"/messages/{message_id}")
    return window, message_id


async def record_of(reception: Reception, message_id: str) -> MessageRecord:
    record = await reception.holds.find(message_id)
    assert record is not None
    return record


async def states(reception: Reception, message_id: str) -> dict[str, State]:
    return {str(one.address): one.state for one in (await record_of(reception, message_id)).recipients}


async def becomes(button: Locator, colour: str) -> None:
    """Wait until the button has this ground: it changes gently."""
    await expect(button).to_have_css("background-color", colour)


async def choose(window: Window, about: str, answer: str) -> None:
    """Touch an answer of the question about something."""
    question = window.page.get_by_role("group", name=about)
    await question.get_by_role("radio", name=answer, exact=True).check()


async def button(window: Window) -> str:
    return await window.page.locator("button[data-asks]").inner_text()


@BOTH
@DEVICES
async def test_the_button_says_what_the_answers_come_to(
    reception: Reception, opens: Opens, device: Device, language: str
) -> None:
    words = WORDS[language]
    window, message_id = await opened(reception, opens, "file_and_person", device, language)
    file = "外す" if language == "ja" else "Take it out"
    assert await button(window) == words["open"]
    await choose(window, TWIN, words["off"])
    assert await button(window) == words["open"], "the file is not answered yet"
    await choose(window, LIST, file)
    assert await button(window) == words["both"]
    await window.shot(f"chosen-both-{device}-{language}")
    await choose(window, TWIN, words["right"])
    assert await button(window) == words["files"]
    await choose(window, LIST, words["file"])
    assert await button(window) == words["as"]
    await window.shot(f"chosen-as-is-{device}-{language}")
    await choose(window, TWIN, words["off"])
    await choose(window, LIST, file)
    await window.press(words["both"])
    assert words["changed"] in await window.text()
    await window.shot(f"chosen-done-{device}-{language}")
    record = await record_of(reception, message_id)
    assert {str(r.address) for r in record.recipients if r.state is State.CANCELLED} == {TWIN}
    assert [type(one).__name__ for one in record.recipients[1].recipe or ()] == ["RemoveAttachment", "ToBcc"]


@BOTH
async def test_many_are_moved_to_bcc(reception: Reception, opens: Opens, language: str) -> None:
    words = WORDS[language]
    window, message_id = await opened(reception, opens, "crowd", "phone", language)
    await window.page.get_by_role("radio", name=words["see"]).check()
    assert await button(window) == words["as"]
    await window.page.get_by_role("radio", name=words["hide"]).check()
    await window.press(words["hidden"])
    record = await record_of(reception, message_id)
    assert {one.state for one in record.recipients} == {State.QUEUED}
    assert all(one.recipe for one in record.recipients)
    await window.shot(f"moved-phone-{language}")


@BOTH
async def test_the_only_recipient_is_right_or_nothing_is_sent(
    reception: Reception, opens: Opens, language: str
) -> None:
    words = WORDS[language]
    window, message_id = await opened(reception, opens, "alone", "phone", language)
    await choose(window, TWIN, words["stop"])
    assert await button(window) == words["stop"]
    await window.page.locator("button[data-asks]").click()
    await window.page.wait_for_url("**/*done=cancel")
    assert await states(reception, message_id) == {TWIN: State.CANCELLED}


@BOTH
@DEVICES
async def test_what_is_not_answered_is_said_beside_it(
    reception: Reception, opens: Opens, device: Device, language: str
) -> None:
    words = WORDS[language]
    window, message_id = await opened(reception, opens, "file_and_person", device, language)
    await choose(window, TWIN, words["right"])
    await window.page.get_by_role("button", name=words["open"]).click()
    said = window.page.locator(".ask.missing")
    assert await said.count() == 1
    assert words["choose"] in await said.inner_text()
    assert LIST in await said.inner_text()
    assert await window.page.evaluate("document.activeElement.closest('.ask').classList.contains('missing')")
    assert await window.barriers() == []
    await window.shot(f"missing-{device}-{language}")
    assert set((await states(reception, message_id)).values()) == {State.HELD}
    await choose(window, LIST, words["file"])
    assert await window.page.locator(".ask.missing").count() == 0


@BOTH
async def test_without_javascript_the_server_names_what_it_will_do(
    reception: Reception, opens: Opens, language: str
) -> None:
    words = WORDS[language]
    person, message_id = await STATES["looks_alike"](reception)
    window = await opens(person, "phone", language, script=False)
    await window.open(f"/messages/{message_id}")
    await choose(window, TWIN, words["off"])
    await window.press(words["open"])
    assert set((await states(reception, message_id)).values()) == {State.HELD}
    assert await window.page.get_by_role("radio", name=words["off"], exact=True).is_checked()
    await window.shot(f"again-phone-{language}")
    await window.press(words["one"])
    assert (await states(reception, message_id))[TWIN] is State.CANCELLED


@BOTH
@DEVICES
async def test_an_approver_rejects_one_and_approves_the_rest(
    reception: Reception, opens: Opens, device: Device, language: str
) -> None:
    words = WORDS[language]
    window, message_id = await opened(reception, opens, "approver", device, language)
    await choose(window, TWIN, words["reject"])
    await window.page.locator("#comment").fill("別会社です")
    await window.press(words["rest"])
    assert await states(reception, message_id) == {TWIN: State.REJECTED, SATO: State.QUEUED}
    await window.shot(f"approved-rest-{device}-{language}")


@BOTH
@pytest.mark.parametrize("state", ["looks_alike", "file_and_person", "crowd", "greeting", "window", "approver"])
async def test_the_decision_is_on_the_first_screen_of_a_phone(
    reception: Reception, opens: Opens, state: str, language: str
) -> None:
    window, _ = await opened(reception, opens, state, "phone", language)
    # Where whoever was meant is offered beside two questions, he is; what is below may need a thumb.
    last = "#decision .offer button" if state == "file_and_person" else "#decision .acts button"
    box = await window.page.locator(last).last.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 844


async def test_the_safe_way_has_the_weight_and_no_button_the_focus(reception: Reception, opens: Opens) -> None:
    window, _ = await opened(reception, opens, "approver", "desktop", "en")
    colour = "one => getComputedStyle(one).backgroundColor"
    send, stop = window.page.locator("button[value=approve]"), window.page.locator("button[value=reject]")
    filled = await stop.evaluate(colour)
    assert await send.evaluate(colour) != filled
    assert await window.page.evaluate("document.activeElement.tagName") == "BODY"
    await choose(window, TWIN, "Reject")
    await window.page.mouse.move(0, 0)
    await becomes(send, filled)
    assert await stop.evaluate(colour) != filled
    await choose(window, TWIN, "It is right")
    await becomes(stop, filled)
    window, _ = await opened(reception, opens, "looks_alike", "desktop", "en")
    assert await window.page.locator(".offer button").evaluate(colour) == filled
    assert await window.page.locator("button[value=cancel]").evaluate(colour) != filled


async def test_the_keyboard_goes_from_the_question_to_the_buttons_and_the_focus_to_what_was_done(
    reception: Reception, opens: Opens
) -> None:
    window, message_id = await opened(reception, opens, "looks_alike", "desktop", "en")
    await window.page.locator(".ask input").first.focus()
    await window.page.keyboard.press("Enter")
    assert set((await states(reception, message_id)).values()) == {State.HELD}
    await window.page.keyboard.press("Space")
    reached = []
    for _ in range(2):
        await window.page.keyboard.press("Tab")
        reached.append(await window.page.evaluate("document.activeElement.value"))
    assert reached == ["send", "cancel"]
    await window.page.keyboard.press("Shift+Tab")
    async with window.page.expect_navigation():
        await window.page.keyboard.press("Enter")
    assert await window.page.evaluate("document.activeElement.getAttribute('role')") == "status"
    assert (await states(reception, message_id))[TWIN] is State.CANCELLED


async def test_pressed_twice_it_is_one_decision(reception: Reception, opens: Opens) -> None:
    window, message_id = await opened(reception, opens, "looks_alike", "phone", "en")
    posts: list[str] = []
    window.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    await choose(window, TWIN, "Remove")
    async with window.page.expect_navigation():
        await window.page.locator("button[value=send]").dblclick()
    assert len(posts) == 1
    assert "Changed as you chose" in await window.text()
    assert (await states(reception, message_id))[SATO] is State.QUEUED


@pytest.mark.parametrize(
    ("choice", "says"),
    [("remove-flagged", "Remove 1 recipient and send"), ("release", "Send as it is"), ("cancel", "Send as chosen")],
)
async def test_a_link_proposes_and_never_acts(reception: Reception, opens: Opens, choice: str, says: str) -> None:
    person, message_id = await STATES["looks_alike"](reception)
    link, code = link_and_code((await reception.letters())[-1], reception.settings.url)
    stranger, ann = await opens("", "phone"), await opens(person, "phone")
    for window in (stranger, ann):
        await window.open(f"{link}?choice={choice}")
        assert await button(window) == says
        assert set((await states(reception, message_id)).values()) == {State.HELD}
    assert ann.page.url.endswith(f"/messages/{message_id}?choice={choice}")
    if choice == "cancel":
        assert await ann.page.evaluate("document.activeElement.value") == "cancel"
    await stranger.shot(f"ticket-{choice}-phone-en")
    assert await stranger.barriers() == []
    if choice == "remove-flagged":
        await stranger.page.get_by_label("Code").fill(code)
        await stranger.press(says)
        assert (await states(reception, message_id))[TWIN] is State.CANCELLED


@BOTH
async def test_a_recipient_is_trusted_from_now_on(reception: Reception, opens: Opens, language: str) -> None:
    words = WORDS[language]
    window, message_id = await opened(reception, opens, "looks_alike", "phone", language)
    await choose(window, TWIN, words["right"])
    await window.page.locator("details.trust summary").click()
    tick = window.page.locator("input[name=trust]")
    assert not await tick.is_checked()
    await tick.check()
    await window.page.locator("#trust-days").select_option("365")
    assert await window.barriers() == []
    await window.shot(f"trust-phone-{language}")
    await window.press(words["as"])
    record = await record_of(reception, message_id)
    assert {one.state for one in record.recipients} == {State.QUEUED}
    (said,) = await reception.review.trusts(actor(ANN, reception.access))
    assert str(said.recipient) == TWIN


async def test_sender_and_approver_write_to_each_other(reception: Reception, opens: Opens) -> None:
    _, message_id = await STATES["approver"](reception)
    ann, boss = await opens(ANN, "phone", "ja"), await opens(BOSS, "phone", "ja")
    await ann.open(f"/messages/{message_id}")
    await ann.page.locator("#more summary").click()
    await ann.page.locator("#remark").fill("先方から新しいドメインと伺いました。<b>確認済み</b>")
    await ann.shot("comment-phone-ja")
    await ann.press("コメントを残す")
    assert "コメントを残しました。" in await ann.text()
    await boss.open(f"/messages/{message_id}")
    assert "ann@corp.example より: 先方から新しいドメインと伺いました。<b>確認済み</b>" in await boss.text()
    await boss.shot("approver-note-phone-ja")
    await boss.page.locator("#more summary").click()
    await boss.page.locator("#forward").fill("deputy@corp.example")
    await boss.press("転送して相談する")
    assert "転送しました" in await boss.text()
    assert "ほかの人に相談" in await boss.text()


async def test_a_window_is_paused_and_goes_on(reception: Reception, opens: Opens) -> None:
    window, message_id = await opened(reception, opens, "window", "phone", "en")
    await window.press("Pause")
    assert "It is paused." in await window.text()
    await window.press("Resume")
    assert await window.page.locator(".countdown [data-until]").count() == 1
    await window.press("Don't send")
    assert set((await states(reception, message_id)).values()) == {State.CANCELLED}


async def test_what_was_not_sent_can_be_saved_as_a_draft(reception: Reception, opens: Opens) -> None:
    window, message_id = await opened(reception, opens, "cancelled", "phone", "ja")
    async with window.page.expect_download() as download:
        await window.page.get_by_role("link", name="下書きを保存").click()
    path = await (await download.value).path()
    assert path.read_bytes().startswith(b"X-Unsent: 1\r\n")
    assert (await download.value).suggested_filename == f"{message_id}.eml"


async def test_the_real_address_is_set_beside_the_other_for_eyes_and_ears(reception: Reception, opens: Opens) -> None:
    window, _ = await opened(reception, opens, "looks_alike", "desktop", "en")
    heading = window.page.get_by_role("heading", level=1)
    assert await heading.inner_text() == f"First mail to {TWIN}. The usual recipient is {REAL}."
    marks = heading.locator("mark.differs")
    assert await marks.all_inner_texts() == ["1", "l"]
    assert (await marks.first.evaluate("one => getComputedStyle(one).borderBottomStyle")) == "solid"
    assert "“1” (the figure one) stands in the place of “l” (the letter L)" in await window.text()
