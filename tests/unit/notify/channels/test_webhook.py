"""The receiver that docs/channels.md shows takes what we sign, once, and nothing else; the page names what there is."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.held import NOW

from mailguard.notify.channels import apprise_service
from mailguard.notify.channels.saying import Saying
from mailguard.notify.channels.settings import DEFAULT_EVENTS, EVENTS, KINDS
from mailguard.notify.channels.webhook import key_of, payload, signature

PAGE = (Path(__file__).parents[4] / "docs" / "channels.md").read_text("utf-8")
AT = 1_800_000_000
BODY = '{"type": "mailguard.held", "件名": "x"}'.encode()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def receiver() -> dict[str, Any]:
    """The page's own program."""
    (program,) = blocks("python")
    names: dict[str, Any] = {}
    exec(compile(program, "docs/channels.md", "exec"), names)
    return names


def headers(names: dict[str, Any], name: str = "ops-1", at: int = AT, body: bytes = BODY) -> dict[str, str]:
    signed = signature(key_of(names["SECRET"].decode()), name, at, body)
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": signed}


def test_what_we_sign_is_taken_once(receiver: dict[str, Any]) -> None:
    verify: Callable[..., bool] = receiver["verify"]
    assert verify(headers(receiver), BODY, AT + 10)
    assert not verify(headers(receiver), BODY, AT + 11)  # a replay
    assert not verify(headers(receiver, at=AT + 60), BODY, AT + 60)  # our own second try, which it has had
    assert verify(headers(receiver, "ops-2"), BODY, AT + 10)
    rotated = headers(receiver, "ops-3")
    rotated["webhook-signature"] = "v1,AAAA " + rotated["webhook-signature"]
    assert verify(rotated, BODY, AT)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "ops-2"},
        {"webhook-timestamp": str(AT + 1)},
        {"webhook-timestamp": "x"},
        {"webhook-timestamp": ""},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
        {"webhook-id": ""},
    ],
)
def test_what_was_changed_is_refused(receiver: dict[str, Any], change: dict[str, str]) -> None:
    assert not receiver["verify"](headers(receiver) | change, BODY, AT)


def test_another_body_another_key_and_another_time_are_refused(receiver: dict[str, Any]) -> None:
    assert not receiver["verify"](headers(receiver), BODY + b" ", AT)
    assert not receiver["verify"](headers(receiver), BODY, AT + 301)
    assert not receiver["verify"](headers(receiver), BODY, AT - 301)
    other = receiver | {"SECRET": b"another-secret-of-some-length"}
    assert not receiver["verify"](headers(other), BODY, AT)


def test_keys() -> None:
    assert key_of("plain text") == b"plain text"
    assert key_of("whsec_" + base64.b64encode(b"\0" * 24).decode()) == b"\0" * 24
    with pytest.raises(ValueError, match="no base64"):
        key_of("whsec_***")


def test_the_body_on_the_page_has_the_fields_of_ours() -> None:
    (shown,) = map(json.loads, blocks("json"))
    ours = payload(Saying("held", "en", "x", at=NOW), "")
    assert shown.keys() == ours.keys()
    assert shown["data"].keys() == ours["data"].keys()


def test_the_page_names_every_kind_event_and_service() -> None:
    examples = [entry for block in blocks("yaml")[1:] for entry in yaml.safe_load(block)]
    assert {one["kind"] for one in examples} == set(KINDS)
    rows = re.findall(r"^\| (`[^|]+) \|[^|]*\|([^|]*)\|$", PAGE, re.MULTILINE)
    told = {event: "yes" in usual for names, usual in rows for event in re.findall(r"`([a-z_]+)`", names)}
    assert {event for event in told if event in EVENTS} == set(EVENTS)
    assert {event for event, usual in told.items() if usual} == set(DEFAULT_EVENTS)
    for scheme in apprise_service.HOSTED | {one.removesuffix("s") for one in apprise_service.OWN_HOST}:
        assert re.search(rf"`{scheme}(\(s\))?`", PAGE), scheme
