"""A hostile subject in every chat: it pings nobody, makes no link and breaks out of nothing, whatever it is."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.notify.channels import apprise_service, chatwork, google_chat, line_works, slack, teams
from mailguard.notify.channels.inert import JOINER, inert
from mailguard.notify.channels.saying import Saying

LINK = "https://mg.corp.example/messages/0dfk2m8zv1q3w7xy9t"
NASTY = [
    "<!channel> <!here> <@U123> <https://evil.example|click>", "&lt;!channel&gt;", "[toall] [To:1] [/title][/info]",
    '<m userId="all">', "<users/all>", "<at>everyone</at>", "[click](https://evil.example)", "**bold** @channel",
    "<a href='https://evil.example'>x</a>", "https://evil.example/x", "evil.example", "@everyone", "*_~`x`~_*",
    "\u202egnp.exe", "line\r\nBcc: x", "javascript://x", "www.evil.example", "a\u2060.b", "＠channel", "evil。example",
]  # fmt: skip
hostile = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=400), st.lists(st.sampled_from(NASTY), max_size=9).map("".join)
)


def saying(text: str) -> Saying:
    facts = (("From", text), ("Subject", text))
    return Saying("held", "en", text, text, facts, "Look and decide", LINK, subject=text, sender=text)


def strings(value: Any) -> list[str]:
    """Every string of a JSON value."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for part in inner for one in strings(part)]


def without_our_link(text: str) -> str:
    return text.replace(LINK, "")


def looks_like_a_link(text: str) -> bool:
    return bool(re.search(r"\w:/|www\.\w|[^\W_]\.[^\W_]|@\w", text))


@given(hostile)
def test_inert_is_one_line_without_link_or_mention_and_keeps_what_can_be_read(text: str) -> None:
    said = inert(text, 500)
    assert len(said.splitlines()) <= 1
    assert not looks_like_a_link(said)
    assert said.replace(JOINER, "") == inert(text, 500).replace(JOINER, "")


def test_inert_can_still_be_read() -> None:
    assert inert("tanaka@examp1e.co.jp").replace(JOINER, "") == "tanaka@examp1e.co.jp"
    assert inert("第3回 お見積 (1.5倍)").replace(JOINER, "") == "第3回 お見積 (1.5倍)"


@given(hostile)
def test_slack(text: str) -> None:
    message = slack.payload(saying(text))
    assert message["link_names"] is False
    for block in message["blocks"][:-1]:
        assert block["text"]["type"] == "plain_text"
        assert 0 < len(block["text"]["text"]) <= 3000 or not inert(text)
    for one in strings(message):
        rest = one.replace(f"<{LINK}|Look and decide>", "")
        assert "<" not in rest
        assert ">" not in rest
        assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)*", rest), rest
        assert not looks_like_a_link(rest)


@given(hostile)
def test_teams_shows_text_where_no_markdown_is_read(text: str) -> None:
    message = teams.payload(saying(text))
    assert len(json.dumps(message)) < 28 * 1024
    (attachment,) = message["attachments"]
    card = attachment["content"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}
    assert "msteams" not in card  # without entities, <at> is text
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Look and decide", "url": LINK}]
    assert not any(looks_like_a_link(run["text"]) for block in card["body"] for run in block["inlines"])


@given(hostile)
def test_google_chat(text: str) -> None:
    message = google_chat.payload(saying(text or "x"))
    assert len(json.dumps(message)) < 32_000
    assert "text" not in message  # mentions are read there only
    assert "<" not in message["fallbackText"]
    title, lead, *facts, button = message["cardsV2"][0]["card"]["sections"][0]["widgets"]
    title_text = title["textParagraph"]["text"].removeprefix("<b>").removesuffix("</b>")
    for one in (title_text, lead["textParagraph"]["text"], *(fact["decoratedText"]["text"] for fact in facts)):
        assert "<" not in one
        assert html.unescape(one) == inert(text or "x", 400)
    assert button["buttonList"]["buttons"][0]["onClick"]["openLink"]["url"] == LINK


@given(hostile)
def test_chatwork_has_no_tags_but_ours(text: str) -> None:
    said = chatwork.text_of(saying(text), "123")
    assert re.findall(r"\[[^\]]*\]", said) == ["[To:123]", "[info]", "[title]", "[/title]", "[/info]"]
    assert said.count("[") == said.count("]") == 5
    assert not looks_like_a_link(without_our_link(said))


@given(hostile)
def test_line_works(text: str) -> None:
    content = line_works.payload(saying(text))["content"]
    assert content["type"] == "link"
    assert content["link"] == LINK
    assert max(len(content["contentText"]), len(content["linkText"])) <= 1000
    assert "<" not in content["contentText"]
    assert not looks_like_a_link(content["contentText"])


@given(hostile)
def test_apprise(text: str) -> None:
    assert not looks_like_a_link(without_our_link(apprise_service.text_of(saying(text))))


@pytest.mark.parametrize(
    "url",
    [
        "file:///tmp/x", "syslog://", "rsyslog://host", "dbus://", "windows://", "gnome://", "macosx://", "mailto://u:p@x",
        "mailtos://u:p@x", "json://127.0.0.1", "xml://x", "form://x", "smpp://x", "growl://x", "amqp://x", "mqtt://x",
        "apprise://x/y", "http://x", "x", "", "discord", "irc://x/y", "signal://x/y", "ses://x", "reddit://x", "kodi://x",
    ],
)  # fmt: skip
def test_apprise_takes_no_scheme_that_is_not_named(url: str) -> None:
    assert "not among the services" in apprise_service.fault_of(url, private=True)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of modules that Apprise imports
def test_apprise_addresses_that_name_a_host_need_permission() -> None:
    assert "allow_private" in apprise_service.fault_of("ntfy://127.0.0.1/topic", private=False)
    assert not apprise_service.fault_of("ntfy://127.0.0.1/topic", private=True)
    assert not apprise_service.fault_of("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV", private=False)
    assert "settings after ?" in apprise_service.fault_of("discord://41742/JHMHI?template=/etc/passwd", private=False)
    assert "JHMHI" not in apprise_service.fault_of("discord://JHMHI", private=False)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_apprise_service_that_is_permitted_exists_and_does_nothing_on_the_machine() -> None:
    import apprise

    known = {
        scheme
        for service in apprise.Apprise().details()["schemas"]
        for scheme in (*(service["protocols"] or ()), *(service["secure_protocols"] or ()))
    }
    permitted = apprise_service.HOSTED | apprise_service.OWN_HOST
    assert not permitted - known
    assert not permitted & {"file", "syslog", "rsyslog", "dbus", "windows", "mailto", "mailtos", "json", "xml", "form"}
