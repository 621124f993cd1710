"""Each channel against a server that looks at what its service documents: address, credentials, shape, answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey
from tests.chat_fake import Came, Reply, Service, running_service
from tests.held import NOW

from mailguard.courier.client import Courier
from mailguard.notify.channels.apprise_service import AppriseService
from mailguard.notify.channels.channel import Channel, Never, Nobody, NotNow, Outcome, Said
from mailguard.notify.channels.make import channel_of
from mailguard.notify.channels.saying import Saying
from mailguard.notify.channels.settings import ChannelSettings, Kind
from mailguard.notify.channels.slack import Slack

LINK = "https://mg.corp.example/messages/0dfk2m8zv1q3w7xy9t"
FACTS = (("差出人", "ann@corp.example"), ("宛先", "example.co.jp 2名"))
SAYING = Saying(
    "held", "ja", "【送信保留】似たドメインです", "まだ送信していません。", FACTS, "内容を確認して決める", LINK, NOW,
    "0dfk2m8zv1q3w7xy9t", "ann@corp.example", (("example.co.jp", 2),), None, NOW + timedelta(hours=1), "return",
)  # fmt: skip
ANN = "ann@corp.example"


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running_service() as running:
        yield running


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> Any:
        return self.at


def channel(kind: Kind, service: Service, **changes: Any) -> Channel:
    settings = ChannelSettings(name="ops", kind=kind, private=True, **changes)
    return channel_of(settings, Clock())


async def say(channel: Channel, person: str = "") -> Outcome:
    return await channel.say(SAYING, person, 7)


SLACK_TEXT = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {
        "type": {"enum": ["plain_text", "mrkdwn"]},
        "text": {"type": "string", "minLength": 1, "maxLength": 3000},
        "emoji": {"type": "boolean"},
        "verbatim": {"type": "boolean"},
    },
    "additionalProperties": False,
}
SLACK = {
    "type": "object",
    "required": ["text", "blocks"],
    "properties": {
        "blocks": {
            "type": "array",
            "maxItems": 50,
            "items": {
                "type": "object",
                "required": ["type", "text"],
                "properties": {"type": {"const": "section"}, "text": SLACK_TEXT},
                "additionalProperties": False,
            },
        }
    },
}


async def test_slack_webhook(service: Service) -> None:
    slack = channel("slack", service, url=service.url("/services/T0/B0/x"))
    assert await say(slack) == Said()
    (came,) = service.came
    assert (came.path, came.headers["content-type"]) == ("/services/T0/B0/x", "application/json")
    jsonschema.validate(came.json(), SLACK)
    assert came.json()["blocks"][-1]["text"]["text"] == f"<{LINK}|内容を確認して決める>"
    service.replies = [
        Reply(404, b"no_service"), Reply(403, b"action_prohibited"), Reply(400, b"invalid_payload"),
        Reply(429, b"", {"retry-after": "30"}), Reply(500, b"<html>s3cret"), Reply(302, headers={"location": "x"}),
    ]  # fmt: skip
    assert await say(slack) == NotNow("answered 404 (no_service)")
    assert await say(slack) == NotNow("answered 403 (action_prohibited)")
    assert await say(slack) == Never("answered 400 (invalid_payload)")
    assert await say(slack) == NotNow("answered 429", 30.0)
    assert await say(slack) == NotNow("answered 500")
    redirected = await say(slack)
    assert isinstance(redirected, NotNow)
    assert "redirect" in redirected.why


def workspace(came: Came) -> Reply:
    """Slack's API: users.lookupByEmail as a form, chat.postMessage as JSON, both with the token."""
    if came.headers.get("authorization") != "Bearer xoxb-1":
        return Reply.of({"ok": False, "error": "invalid_auth"})
    if came.path == "/api/users.lookupByEmail":
        found = came.form()["email"] == ANN
        return Reply.of({"ok": True, "user": {"id": "U1"}} if found else {"ok": False, "error": "users_not_found"})
    assert came.path == "/api/chat.postMessage"
    jsonschema.validate(came.json(), SLACK)
    return Reply.of({"ok": True, "channel": came.json()["channel"]})


async def test_slack_writes_to_the_person_by_mail_address(service: Service) -> None:
    service.answers = workspace
    slack = channel("slack", service, token="xoxb-1", api=service.url("/api"), to_person=True)
    assert await say(slack, ANN) == Said()
    assert await say(slack, ANN) == Said()
    assert await say(slack, "bob@corp.example") == Nobody()
    paths = [came.path.rpartition(".")[2] for came in service.came]
    assert paths == ["lookupByEmail", "postMessage", "postMessage", "lookupByEmail"]  # who was found is remembered
    assert service.came[1].json()["channel"] == "U1"


async def test_slack_writes_to_a_channel_and_says_what_is_wrong(service: Service) -> None:
    service.answers = workspace
    assert await say(channel("slack", service, token="xoxb-1", api=service.url("/api"), room="C1")) == Said()
    assert service.came[0].json()["channel"] == "C1"
    wrong = channel("slack", service, token="xoxb-2", api=service.url("/api"), room="C1")
    assert await say(wrong) == NotNow("chat.postMessage: invalid_auth")
    service.answers, service.replies = None, [
        Reply.of({"ok": False, "error": "msg_too_long"}),
        Reply.of({"ok": False, "error": "ratelimited"}, 429, **{"retry-after": "9"}),
        Reply(200, b"<html>"),
        Reply.of({"ok": "true", "error": {"s3cret": 1}}),
    ]  # fmt: skip
    assert await say(wrong) == Never("chat.postMessage: msg_too_long")
    assert await say(wrong) == NotNow("answered 429 (ratelimited)", 9.0)
    for _ in range(2):
        assert await say(wrong) == NotNow("chat.postMessage: an answer that is no JSON")


TEAMS = {
    "type": "object",
    "required": ["type", "attachments"],
    "properties": {
        "type": {"const": "message"},
        "attachments": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "required": ["contentType", "content"],
                "properties": {
                    "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                    "contentUrl": {"type": "null"},
                    "content": {
                        "type": "object",
                        "required": ["type", "version", "body"],
                        "properties": {
                            "type": {"const": "AdaptiveCard"},
                            "version": {"enum": ["1.2", "1.3", "1.4", "1.5"]},
                            "body": {"type": "array", "minItems": 1},
                            "actions": {
                                "type": "array",
                                "items": {"required": ["type", "title", "url"]},
                            },
                        },
                    },
                },
            },
        },
    },
    "additionalProperties": False,
}


async def test_teams(service: Service) -> None:
    service.usual = Reply(202, b"")
    assert await say(channel("teams", service, url=service.url("/workflows/x?sig=y"))) == Said()
    jsonschema.validate(service.came[0].json(), TEAMS)
    assert service.came[0].path == "/workflows/x?sig=y"


async def test_google_chat(service: Service) -> None:
    service.usual = Reply.of({"name": "spaces/A/messages/1"})
    chat = channel("google_chat", service, url=service.url("/v1/spaces/A/messages?key=k&token=t"))
    assert await say(chat) == Said()
    (came,) = service.came
    (card,) = came.json()["cardsV2"]
    kinds = [next(iter(widget)) for widget in card["card"]["sections"][0]["widgets"]]
    assert kinds == ["textParagraph", "textParagraph", "decoratedText", "decoratedText", "buttonList"]
    service.replies = [Reply.of({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}, 429)]
    assert await say(chat) == NotNow("answered 429 (RESOURCE_EXHAUSTED)")


async def test_chatwork(service: Service) -> None:
    service.usual = Reply.of({"message_id": "1"})
    settings = {"token": "cw-token", "api": service.url("/v2"), "room": "123", "people": {ANN: "45"}}
    chatwork = channel("chatwork", service, to_person=True, **settings)
    assert await say(chatwork, ANN) == Said()
    assert await say(chatwork, "bob@corp.example") == Nobody()
    (came,) = service.came
    assert (came.path, came.headers["x-chatworktoken"]) == ("/v2/rooms/123/messages", "cw-token")
    assert came.headers["content-type"] == "application/x-www-form-urlencoded"
    body = came.form()["body"]
    assert body.startswith("[To:45]\n[info][title]【送信保留】似たドメインです[/title]まだ送信していません。")
    assert body.endswith(f"内容を確認して決める: {LINK}[/info]")
    service.replies = [
        Reply(429, headers={"x-ratelimit-reset": str(int(NOW.timestamp()) + 120)}),
        Reply(401, b'{"errors":["Invalid API token"]}'),
    ]
    assert await say(chatwork, ANN) == NotNow("answered 429", 120.0)
    assert await say(chatwork, ANN) == NotNow("answered 401")


KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


def line_works(came: Came) -> Reply:
    """LINE WORKS: a token for a JWT that the app's key signed; messages to users and channels for the token."""
    if came.path == "/token":
        form = came.form()
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        assert (form["client_id"], form["client_secret"], form["scope"]) == ("cid", "cs", "bot.message")
        decoded = jwt.decode(form["assertion"], RSAKey.import_key(PEM), algorithms=["RS256"])
        assert decoded.header == {"alg": "RS256", "typ": "JWT"}
        claims = decoded.claims
        assert (claims["iss"], claims["sub"]) == ("cid", "x.serviceaccount@corp")
        assert 0 < claims["exp"] - claims["iat"] <= 3600
        return Reply.of({"access_token": "at", "token_type": "Bearer", "expires_in": "86400"})
    if came.headers.get("authorization") != "Bearer at":
        return Reply.of({"code": "UNAUTHORIZED"}, 401)
    assert came.json()["content"]["type"] == "link"
    if "nobody" in came.path:
        return Reply.of({"code": "NOT_FOUND"}, 404)
    return Reply(201, b"")


async def test_line_works(service: Service) -> None:
    service.answers = line_works
    settings = {
        "bot": "2000001", "client_id": "cid", "client_secret": "cs", "service_account": "x.serviceaccount@corp",
        "private_key": PEM, "api": service.url("/v1.0"), "login": service.url("/token"), "room": "room-1",
    }  # fmt: skip
    bot = channel("line_works", service, people={"boss@corp.example": "id-2"}, **settings)
    assert await say(bot, ANN) == Said()
    assert await say(bot, "boss@corp.example") == Said()
    assert await say(bot) == Said()
    assert await say(bot, "nobody@corp.example") == Never("answered 404 (NOT_FOUND)")
    assert [came.path for came in service.came] == [
        "/token",  # once, and kept
        "/v1.0/bots/2000001/users/ann@corp.example/messages",
        "/v1.0/bots/2000001/users/id-2/messages",
        "/v1.0/bots/2000001/channels/room-1/messages",
        "/v1.0/bots/2000001/users/nobody@corp.example/messages",
    ]
    service.replies = [Reply.of({"code": "UNAUTHORIZED"}, 401)]  # withdrawn: the next try asks for another
    assert await say(bot, ANN) == NotNow("answered 401 (UNAUTHORIZED)")
    assert await say(bot, ANN) == Said()
    service.answers, service.usual = None, Reply.of({"error": "invalid_client"}, 400)
    assert await say(channel("line_works", service, **settings)) == NotNow("no access token: invalid_client")


async def test_the_signed_webhook(service: Service) -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    hook = channel("webhook", service, url=service.url(), secret=secret)
    assert await say(hook, ANN) == Said()
    assert await say(hook, ANN) == Said()
    first, again = service.came
    name, timestamp = first.headers["webhook-id"], first.headers["webhook-timestamp"]
    signed = hmac.new(b"k" * 32, f"{name}.{timestamp}.".encode() + first.body, hashlib.sha256).digest()
    assert first.headers["webhook-signature"] == "v1," + base64.b64encode(signed).decode()
    assert timestamp == str(int(NOW.timestamp()))
    assert again.headers["webhook-id"] == name == "ops-7"  # by which a receiver knows what it had
    said = json.loads(first.body)
    assert said["type"] == "mailguard.held"
    assert said["data"] == {
        "message_id": "0dfk2m8zv1q3w7xy9t", "person": ANN, "title": "【送信保留】似たドメインです",
        "lead": "まだ送信していません。",
        "facts": [{"label": label, "value": value} for label, value in FACTS], "sender": ANN,
        "recipients": [{"domain": "example.co.jp", "count": 2}], "subject": None,
        "ends_at": "2026-11-23T14:28:00+00:00", "ends_by": "return", "act": "内容を確認して決める", "url": LINK,
        "language": "ja",
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of modules that Apprise imports
async def test_apprise(service: Service) -> None:
    service.usual = Reply.of({"id": "1", "time": 1})
    bridge = channel("apprise", service, url=f"ntfy://127.0.0.1:{service.port}/topic")
    assert isinstance(bridge, AppriseService)
    assert await say(bridge) == Said()
    assert LINK.encode() in service.came[0].body
    service.usual = Reply(500)
    assert await say(bridge) == NotNow("the service did not take it")


async def test_where_the_guard_stands(service: Service) -> None:
    """Without allow_private nothing of a channel reaches loopback."""
    settings = ChannelSettings(name="ops", kind="slack", url=service.url())
    with pytest.raises(Exception, match="http would show it"):
        await Slack(settings, Courier(), Clock()).say(SAYING, "", 1)
    assert not service.came
