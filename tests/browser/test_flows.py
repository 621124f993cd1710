"""What people do, in a real browser: sender, approver and administrator, on desk and phone, in both languages."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from playwright.async_api import ViewportSize
from tests.browser.conftest import Device, Opens
from tests.reception import ADMIN, ANN, BOSS, SATO, TANAKA, Reception, link_and_code

from mailguard.mail.lifecycle import State
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Because, Disposition

WORDS = {
    "ja": {
        "subject": "【御見積】11月分のお見積書をお送りします",
        "text": "田中様\n\nいつもお世話になっております。お見積書をお送りします。\n\n山田",
        "off": "外す", "remove": "1名を外して送信", "stop": "送信しない", "code": "確認コード", "reject": "却下する",
        "comment": "コメント(任意)", "login": "ログイン用メールを送る", "enter": "ログインする",
        "address": "メールアドレス", "mine": "決めていただくメール",
    },
    "en": {
        "subject": "Quotation for November",
        "text": "Dear Mr Tanaka,\n\nplease find our quotation attached.\n\nAnn",
        "off": "Remove",
        "remove": "Remove 1 recipient and send", "stop": "Don't send", "code": "Code", "reject": "Reject",
        "comment": "Comment (optional)", "login": "Send me the login mail", "enter": "Log in",
        "address": "Mail address", "mine": "Waiting for you",
    },
}  # fmt: skip
BOTH = pytest.mark.parametrize("language", ["ja", "en"])
DEVICES = pytest.mark.parametrize("device", ["desktop", "phone"])
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def held(reception: Reception, language: str, disposition: Disposition = Disposition.CONFIRM) -> str:
    words = WORDS[language]
    return await reception.take_in(
        disposition,
        subject=words["subject"],
        text=words["text"],
        because=Because(
            "いつもの取引先とよく似た、別のドメインです", "This domain looks like one you write to, but is another"
        ),
        evidence=("tanaka@examp1e.co.jp", "examp1e.co.jp / example.co.jp"),
    )


@BOTH
async def test_what_is_said_of_a_file_stays_on_its_card(reception: Reception, opens: Opens, language: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ANN, TANAKA, "Quotation"
    mail.set_content("Dear Mr Tanaka")
    mail.add_attachment(b"plain text\n" * 99, maintype="application", subtype="octet-stream", filename="quotation.xlsx")
    message_id = await reception.take_in(octets=mail.as_bytes(policy=SMTP))
    link, _ = link_and_code((await reception.letters())[-1], reception.settings.url)
    window = await opens("", "phone", language)
    await window.page.set_viewport_size(_NARROW)
    await window.open(link)
    assert await window.page.locator(".files .badge").count() == 1
    assert await window.page.evaluate(_STICKS_OUT) is False
    window = await opens(ADMIN, "phone", language)
    await window.page.set_viewport_size(_NARROW)
    await window.open(f"/messages/{message_id}")
    assert await window.page.locator(".files .badge").count() >= 1
    assert await window.page.evaluate(_STICKS_OUT) is False


#: WCAG 2.2, 1.4.10: nothing is lost at this width.
_NARROW: ViewportSize = {"width": 320, "height": 800}
_STICKS_OUT = """() => [...document.querySelectorAll(".files .badge")].some(
    (one) => one.getBoundingClientRect().right > one.parentElement.getBoundingClientRect().right)"""


async def state(reception: Reception, message_id: str) -> State:
    record = await reception.holds.find(message_id)
    assert record is not None
    return record.state


@BOTH
@DEVICES
async def test_sender_from_the_letter_to_sent(
    reception: Reception, opens: Opens, device: Device, language: str
) -> None:
    words = WORDS[language]
    message_id = await held(reception, language)
    link, code = link_and_code((await reception.letters())[-1], reception.settings.url)
    window = await opens("", device, language)
    await window.open(link)
    assert words["subject"] in await window.text()
    assert words["text"].splitlines()[-1] not in await window.text()
    assert not await window.overflows()
    await window.shot(f"ticket-{device}-{language}")
    await window.page.get_by_label(words["code"]).fill(code)
    await window.page.get_by_role("radio", name=words["off"], exact=True).check()
    await window.press(words["remove"])
    assert window.page.url.endswith(f"/messages/{message_id}?done=changed")
    await window.shot(f"sent-{device}-{language}")
    assert await state(reception, message_id) is State.QUEUED
    record = await reception.holds.find(message_id)
    assert record is not None
    assert {str(r.address) for r in record.recipients if r.state is State.CANCELLED} == {TANAKA}


@BOTH
@DEVICES
async def test_sender_on_the_page(reception: Reception, opens: Opens, device: Device, language: str) -> None:
    words = WORDS[language]
    message_id = await held(reception, language)
    window = await opens(ANN, device, language)
    await window.open("/")
    await window.shot(f"mine-{device}-{language}")
    assert words["mine"] in await window.text()
    await window.page.get_by_text(words["subject"]).click()
    await window.page.wait_for_url(f"**/messages/{message_id}")
    assert words["text"].splitlines()[-1] in await window.text()
    assert not await window.overflows()
    await window.shot(f"message-{device}-{language}")
    await window.press(words["stop"])
    assert await state(reception, message_id) is State.CANCELLED
    await window.shot(f"cancelled-{device}-{language}")


@BOTH
async def test_login_by_code(reception: Reception, opens: Opens, language: str) -> None:
    words = WORDS[language]
    window = await opens("", "phone", language)
    await window.open("/")
    await window.shot(f"login-phone-{language}")
    await window.page.get_by_label(words["address"]).fill(ANN)
    await window.press(words["login"])
    await window.shot(f"code-phone-{language}")
    _, code = link_and_code((await reception.letters())[-1], reception.settings.url)
    await window.page.get_by_label(words["code"]).fill(code)
    await window.press(words["enter"])
    assert window.page.url.endswith("/mine")


@BOTH
@DEVICES
async def test_approver_rejects_with_a_comment(
    reception: Reception, opens: Opens, device: Device, language: str
) -> None:
    words = WORDS[language]
    message_id = await held(reception, language, Disposition.APPROVE)
    window = await opens(BOSS, device, language)
    await window.open(f"/messages/{message_id}")
    await window.shot(f"approve-{device}-{language}")
    await window.page.get_by_label(words["comment"]).fill("Wrong company?")
    await window.press(words["reject"])
    assert await state(reception, message_id) is State.REJECTED
    assert "Wrong company?" in await window.text()


@BOTH
@DEVICES
async def test_administrator_filters_and_clears_a_selection(
    reception: Reception, opens: Opens, device: Device, language: str
) -> None:
    for _ in range(3):
        await held(reception, language)
        reception.clock.pass_by(seconds=1)
    await reception.take_in(Disposition.DELIVER, subject="Minutes", flagged=())
    window = await opens(ADMIN, device, language)
    await window.open("/all")
    await window.shot(f"all-{device}-{language}")
    assert not await window.overflows()
    await window.page.locator("#q").fill("御見積 状態:保留" if language == "ja" else "quotation state:held")
    await window.press("検索する" if language == "ja" else "Search")
    boxes = window.page.locator("input[name=message]")
    assert await boxes.count() == 3
    await boxes.nth(0).check()
    await boxes.nth(1).check()
    await window.press("送信しない" if language == "ja" else "Don't send")
    assert ("2件の送信取消: まもなく" if language == "ja" else "Don't send 2 mails: about to") in await window.text()


async def test_everything_works_without_javascript(reception: Reception, opens: Opens) -> None:
    words = WORDS["en"]
    message_id = await held(reception, "en")
    window = await opens("", "phone", "en", script=False)
    await window.open("/login")
    await window.page.get_by_label(words["address"]).fill(ANN)
    await window.press(words["login"])
    letters = await reception.letters()
    login = next(one for one in letters if one["x-mailguard-letter"] == "login")
    await window.page.get_by_label(words["code"]).fill(link_and_code(login, reception.settings.url)[1])
    await window.press(words["enter"])
    await window.page.get_by_text(words["subject"]).click()
    await window.page.get_by_label(f"Select {SATO}").check()
    await window.press("Send to the selected only")
    assert "It will be sent." in await window.text()
    record = await reception.holds.find(message_id)
    assert record is not None
    assert [str(r.address) for r in record.recipients if r.state is State.QUEUED] == [SATO]


async def test_an_open_page_hears_what_others_decide(reception: Reception, opens: Opens) -> None:
    message_id = await held(reception, "en")
    ann, admin = await opens(ANN, "desktop", "en"), await opens(ADMIN, "desktop", "en")
    await ann.open("/mine")
    await ann.page.get_by_text("Needs your decision").wait_for()
    async with ann.page.expect_response("**/events"):
        await ann.page.reload()
    await admin.open(f"/messages/{message_id}")
    await admin.press("Don't send")
    await ann.page.get_by_text("Nothing waits for you.").wait_for()
    assert "Cancelled" in await ann.text()


async def test_a_decision_under_way_shows_its_end_by_itself(reception: Reception, opens: Opens) -> None:
    message_id = await held(reception, "en")
    window = await opens(ANN)
    await window.open(f"/messages/{message_id}")
    await window.page.get_by_role("radio", name="It is right").check()
    await window.press("Send as it is")
    jobs = await reception.queue.claim(reception.clock(), timedelta(minutes=1), 10)
    (job,) = [one for one in jobs if one.record.id == message_id]
    taken = {address: Outcome(Result.RELAYED, 250, "ok") for address in job.recipients}
    # Nobody publishes it: the page looks again as long as something is under way.
    await reception.queue.record(message_id, taken, reception.clock(), None, False)
    await window.page.get_by_role("heading", name="Sent", exact=True).wait_for()


async def test_whoever_writes_a_comment_loses_nothing_when_the_page_changes(reception: Reception, opens: Opens) -> None:
    message_id = await held(reception, "en", Disposition.APPROVE)
    boss, admin = await opens(BOSS, "desktop", "en"), await opens(ADMIN, "desktop", "en")
    async with boss.page.expect_response("**/events"):
        await boss.open(f"/messages/{message_id}")
    await boss.page.get_by_label("Comment (optional)").fill("I am still thinking")
    await admin.open(f"/messages/{message_id}")
    await admin.press("Don't send")
    await boss.page.get_by_text("Something changed meanwhile").wait_for()
    assert await boss.page.get_by_label("Comment (optional)").input_value() == "I am still thinking"
    await boss.page.get_by_role("radio", name="It is right").check()
    await boss.press("Approve and send")
    assert "admin@corp.example decided first" in await boss.text()
    await boss.shot("decided-first-desktop-en")


async def test_a_delay_counts_down_and_can_be_stopped(reception: Reception, opens: Opens) -> None:
    message_id = await reception.take_in(Disposition.DELAY, after=timedelta(minutes=5), flagged=(), evidence=())
    window = await opens(ANN, "phone", "ja")
    await window.open(f"/messages/{message_id}")
    clock = window.page.locator("[data-until]").first
    before = await clock.inner_text()
    moved = "first => document.querySelector('[data-until]').textContent !== first"
    await window.page.wait_for_function(moved, arg=before)
    await window.shot("delay-phone-ja")
    await window.press("一時停止")
    assert await window.page.locator("[data-until]").count() == 1, "the frozen mail comes back one day"
    await window.press("今すぐ送信")
    assert await state(reception, message_id) is State.QUEUED


async def test_a_scanner_with_javascript_changes_nothing(reception: Reception, opens: Opens) -> None:
    message_id = await held(reception, "en")
    link, _ = link_and_code((await reception.letters())[-1], reception.settings.url)
    window = await opens("", "desktop", "en")
    for path in (link, f"/messages/{message_id}", "/login"):
        await window.open(path)
        await window.page.wait_for_load_state("networkidle")
        for found in await window.page.locator("main a").all():
            href = await found.get_attribute("href")
            if href and href.startswith("/"):
                await window.context.request.get(window.url + href)
    # A scanner that presses every button has no code either.
    await window.open(link)
    await window.page.evaluate(
        "for (const form of document.forms) { if (form.action.includes('/t/')) { form.noValidate = true;"
        " form.querySelector('button[value=send]').click(); } }"
    )
    await window.page.wait_for_load_state("networkidle")
    assert await state(reception, message_id) is State.HELD


async def test_html_in_its_sandbox_runs_nothing_and_fetches_nothing(reception: Reception, opens: Opens) -> None:
    html = (
        "<h2>Hello</h2><script>document.title='owned'; parent.document.title='owned'</script>"
        "<img src='http://tracker.example/pixel.png'><img src=x onerror=\"parent.location='http://evil.example'\">"
        "<link rel=stylesheet href='http://evil.example/x.css'><style>@import url(http://evil.example/y.css);"
        "body{background:url(http://evil.example/z.png)}</style><iframe src='http://evil.example'></iframe>"
        "<form action='http://evil.example'><button id=go>go</button></form>"
        "<meta http-equiv=refresh content='0;url=http://evil.example/'>"
        "<a id=out href='http://evil.example/' target=_top>click</a>"
    )
    message_id = await reception.take_in(html=html)
    window = await opens(ANN, "desktop", "en")
    tried: dict[str, str] = {}
    window.page.on("requestfailed", lambda request: tried.update({request.url: str(request.failure)}))
    await window.open(f"/messages/{message_id}")
    await window.page.get_by_text("As HTML").click()
    frame = window.page.frame_locator("iframe.sandbox")
    await frame.get_by_text("Hello").wait_for()
    async with asyncio.timeout(30):
        while "http://tracker.example/pixel.png" not in tried:  # noqa: ASYNC110 - the browser does it
            await asyncio.sleep(0.05)
    assert await window.page.title() == "(1) Quotation - mailguard"
    assert set(tried.values()) == {"csp"}, "what was tried was stopped by the policy, before it reached the network"
    assert "http://tracker.example/pixel.png" in tried
    await window.shot("sandbox-desktop-en")
    # What the policy stopped is reported on the console: that is the proof, not a fault of ours.
    assert any("Content Security Policy" in wrong for wrong in window.wrong)
    window.wrong.clear()


URGENT = {
    "ja": ("至急送信", "至急送信の理由(必須)", "承認を待たずに至急送信", "至急送信しました"),
    "en": ("Urgent", "Why it cannot wait (required)", "Send now without approval", "told your reason"),
}


@BOTH
@DEVICES
async def test_sender_cannot_wait_for_approval(
    reception: Reception, opens: Opens, device: Device, language: str
) -> None:
    fold, reason, button, done = URGENT[language]
    message_id = await reception.take_in(Disposition.APPROVE, subject=WORDS[language]["subject"], urgent=True)
    window = await opens(ANN, device, language)
    await window.open(f"/messages/{message_id}")
    assert not await window.page.get_by_role("button", name=button).is_visible()
    await window.page.get_by_text(fold, exact=True).click()
    await window.page.get_by_label(reason).fill("The server is down")
    assert not await window.overflows()
    await window.shot(f"urgent-{device}-{language}")
    await window.press(button)
    assert done in await window.text()
    assert await state(reception, message_id) is State.QUEUED
