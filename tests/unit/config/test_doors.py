"""Listeners and logins at the door, from the settings: what they become, and what cannot be, with its place."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from tests.unit.config.test_load import GOOD, problems_of, write

from mailguard.config import load_config
from mailguard.config.doors import listeners
from mailguard.config.logins import at_the_door
from mailguard.config.rooms import postmaster
from mailguard.ldap.settings import LdapSettings
from mailguard.policy.marks import Problems
from mailguard.relay.login import UpstreamLogin
from mailguard.smtpd.settings import ListenerSettings

DIRECTORY = "directory: {url: ldap://ldap.corp.example, base: dc=corp}\n"


def with_listener(more: str) -> str:
    """The listener of GOOD with more settings; its trusted_networks stay if they are not among them."""
    had = "trusted_networks: [127.0.0.0/8]"
    assert had in GOOD
    return GOOD.replace(had, more if "trusted_networks" in more else f"{had}, {more}", 1)


def listener(folder: Path, more: str) -> ListenerSettings:
    return listeners(load_config(write(folder, with_listener(more)), {}))[0]


def test_who_may_speak_for_others(tmp_path: Path) -> None:
    made = listener(
        tmp_path,
        "xclient_from: [192.0.2.1], xforward_from: [192.0.2.0/24], proxy_protocol: true, proxies: [203.0.113.7],"
        " login_header: X-Authenticated-Sender, sender_check: off, sender_domains: [corp.example, '*.corp.example'],"
        " trusted_networks: [192.0.2.9]",
    )
    near, far = ipaddress.ip_address("192.0.2.1"), ipaddress.ip_address("192.0.2.2")
    assert (made.speaks_for(near), made.speaks_for(far), made.forwards_for(far)) == (True, False, True)
    assert made.is_proxy(ipaddress.ip_address("203.0.113.7"))
    assert not made.is_proxy(ipaddress.ip_address("127.0.0.1"))
    assert (made.login_header, made.sender_check) == ("X-Authenticated-Sender", "off")
    assert made.may_send_from("corp.example")
    assert made.may_send_from("a.corp.example")
    assert not made.may_send_from("evilcorp.example")


def test_which_tls(tmp_path: Path) -> None:
    files = "tls: starttls, certificate: a.pem, key: b.pem"
    said = GOOD.replace("tls: none, auth", f"{files}, tls_minimum: 1.0, ciphers: 'ECDHE+AESGCM', auth", 1)
    section = load_config(write(tmp_path, said), {}).settings.listeners[0]
    assert (section.tls_minimum, section.ciphers) == ("1.0", "ECDHE+AESGCM")
    for changed, why in (
        ("tls_minimum: 1.4", "'1.4' is not known here"),
        ("ciphers: NONSENSE", "no list of ciphers"),
    ):
        (problem,) = problems_of(tmp_path, GOOD.replace("tls: none, auth", f"{files}, {changed}, auth", 1))
        assert why in problem
    (problem,) = problems_of(tmp_path, with_listener("tls_minimum: 1.2"))
    assert "set tls: starttls or implicit" in problem


@pytest.mark.parametrize(
    ("changed", "who"),
    [
        ("administrators: [root@corp.example, b@corp.example]", "root@corp.example"),
        ("administrators: []", "postmaster@corp.example"),
    ],
)
def test_whom_mail_to_the_postmaster_reaches(tmp_path: Path, changed: str, who: str) -> None:
    text = GOOD.replace("domains: [Corp.Example", "domains: ['*.corp.example', Corp.Example")
    config = load_config(write(tmp_path, text + f"\nconsole: {{address: '127.0.0.1:0', {changed}}}\n"), {})
    assert str(postmaster(config)) == who


def test_left_out_nobody_speaks_for_anybody(tmp_path: Path) -> None:
    made = listener(tmp_path, "trusted_networks: []")
    here = ipaddress.ip_address("127.0.0.1")
    assert not made.speaks_for(here)
    assert not made.forwards_for(here)
    assert (made.proxy_protocol, made.login_header, made.client_certificates, made.sender_check) == (
        False, "", None, None,
    )  # fmt: skip
    assert made.may_send_from("anything.example")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("proxies: [192.0.2.1]", "proxies: are asked only with proxy_protocol: true"),
        ("proxy_protocol: true, proxies: []", "proxy_protocol: true needs proxies:"),
        ("xclient_from: [everywhere]", "not a network"),
        ("login_header: 'X Y'", "login_header"),
        ("sender_check: maybe", "sender_check"),
        ("client_certificates: {ca_file: ca.pem}", "names"),
        ("client_certificates: {names: {a.example: everybody}}", "write trusted, or the address of the login"),
    ],
)
def test_what_cannot_be_written(tmp_path: Path, more: str, said: str) -> None:
    problems = problems_of(tmp_path, with_listener(more))
    assert len(problems) == 1, problems
    assert said in problems[0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("login_header: X-Login, trusted_networks: []", "believed from trusted clients only"),
        ("client_certificates: {names: {a.example: trusted}}", "shown under TLS: set tls"),
        ("client_certificates: {names: {'sha256:ab': trusted}}", "no SHA-256 fingerprint"),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(Problems, match=said) as caught:
        listeners(load_config(write(tmp_path, with_listener(more)), {}))
    assert "listeners.0" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("auth: {method: upstream, file: users.yaml}", "file: belongs to method: file"),
        ("auth: {method: file, upstream: 'smtps://mx.corp.example'}", "upstream: belongs to method: upstream"),
        ("auth: {method: ldap, domain: corp.example}", "domain: belongs to method: upstream"),
        ("auth: {method: radius}", "auth.method"),
        ("auth: {method: file, alarm: {failures: 1}}", "auth.alarm.failures"),
    ],
)
def test_settings_of_another_method(tmp_path: Path, text: str, said: str) -> None:
    problems = problems_of(tmp_path, f"{GOOD}{text}\n")
    assert len(problems) == 1, problems
    assert said in problems[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("auth: {method: ldap}", "there is no section directory"),
        ("auth: {method: upstream, upstream: 'mailbox:var'}", "no name under upstreams:"),
        ("auth: {method: upstream, upstream: 'mx.corp.example'}", "no name under upstreams:; or write smtps://"),
    ],
)
def test_who_checks_must_be_there(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Problems, match=said):
        at_the_door(load_config(write(tmp_path, f"{GOOD}{text}\n"), {}))


def test_who_checks_at_the_door(tmp_path: Path) -> None:
    def checker(text: str) -> object:
        return at_the_door(load_config(write(tmp_path, f"{GOOD}{text}\n"), {}))

    assert checker("") is None
    assert checker("auth: {method: file, file: users.yaml}") is True
    assert isinstance(checker("auth: {method: upstream}"), UpstreamLogin)
    other = checker("auth: {method: upstream, upstream: 'smtps://login.corp.example', domain: corp.example}")
    assert isinstance(other, UpstreamLogin)
    assert (other._settings.host, other._settings.port, other._settings.tls) == ("login.corp.example", 465, "required")
    assert isinstance(checker("auth: {method: ldap}\n" + DIRECTORY), LdapSettings)
    sales = "upstreams: {sales: {url: 'smtps://sales.corp.example'}}\n"
    named = checker(f"{sales}auth: {{method: upstream, upstream: sales}}")
    assert isinstance(named, UpstreamLogin)
    assert named._settings.host == "sales.corp.example"
