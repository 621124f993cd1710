"""How the next server is named, and what is refused before it can do harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.relay.settings import Deadlines, UpstreamSettings, parse_url


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "tls"),
    [
        ("smtp://127.0.0.1:2600", "smtp", "127.0.0.1", 2600, "none"),
        ("smtp://localhost", "smtp", "localhost", 25, "none"),
        ("smtp://mail.corp.example", "smtp", "mail.corp.example", 25, "required"),
        ("smtps://mail.corp.example", "smtps", "mail.corp.example", 465, "required"),
        ("smtps://127.0.0.1:4650/", "smtps", "127.0.0.1", 4650, "required"),
        ("smtp://[::1]:2600", "smtp", "::1", 2600, "none"),
        ("smtp://[2001:db8::1]", "smtp", "2001:db8::1", 25, "required"),
    ],
)
def test_urls(url: str, scheme: str, host: str, port: int, tls: str) -> None:
    parsed = parse_url(url)
    assert (parsed.scheme, parsed.host, parsed.port, parsed.default_tls) == (scheme, host, port, tls)


def test_a_mailbox_is_a_path() -> None:
    assert parse_url("mailbox:var/mailbox").path == Path("var/mailbox")


@pytest.mark.parametrize(
    "url",
    [
        "", "mail.corp.example", "http://mail.corp.example", "smtp://", "smtp://:25", "smtp://h:notaport", "smtp://h:70000",
        "smtp://h/path", "smtp://h?x=1", "smtp://ann:secret@h", "mailbox:", "mailbox:a\0b", "smtp://a b", "smtp://h\r\nX",
    ],
)  # fmt: skip
def test_bad_urls_say_what_was_meant(url: str) -> None:
    with pytest.raises(ValueError, match="upstream url:"):
        parse_url(url)


def test_a_login_does_not_belong_into_the_url_and_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="username:") as caught:
        parse_url("smtp://ann:secret@mail.corp.example")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("tls", ["none", "opportunistic"])
def test_no_password_over_an_open_wire(tls: str) -> None:
    with pytest.raises(ValueError, match="password"):
        UpstreamSettings("smtp", "mail.corp.example", 25, tls=tls, username="a", password="b")  # type: ignore[arg-type]


def test_a_password_on_this_machine_and_under_tls_is_fine() -> None:
    assert UpstreamSettings("smtp", "127.0.0.1", 25, tls="none", username="a", password="b").password == "b"
    assert UpstreamSettings("smtp", "mail.corp.example", 25, tls="required", username="a", password="b").verified


def test_a_password_is_not_shown() -> None:
    assert "hunter2" not in repr(UpstreamSettings("smtps", "h.example", 465, username="a", password="hunter2"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 0}, {"host": ""}, {"username": "a"}, {"password": "b"}, {"hostname": "a b"}, {"hostname": "x\r\nRCPT"},
        {"connections": 0}, {"messages_per_connection": 0},
    ],
)  # fmt: skip
def test_settings_that_cannot_work(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {"scheme": "smtp", "host": "h.example", "port": 25}
    UpstreamSettings(**right)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        UpstreamSettings(**{**right, **wrong})  # type: ignore[arg-type]


def test_a_mailbox_needs_its_path() -> None:
    with pytest.raises(ValueError, match="mailbox:PATH"):
        UpstreamSettings("mailbox")


def test_the_deadlines_are_those_of_rfc_5321() -> None:
    limits = Deadlines()
    assert (limits.greeting, limits.mail, limits.recipient) == (300, 300, 300)
    assert (limits.data, limits.block, limits.final) == (120, 180, 600)


def test_names_for_people() -> None:
    assert UpstreamSettings("smtp", "::1", 25).name == "smtp://[::1]:25"
    assert UpstreamSettings("mailbox", path=Path("x")).name == "mailbox:x"
