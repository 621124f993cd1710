"""How people come in, from the settings: every combination that cannot be is said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.config.test_load import GOOD, problems_of, write

from mailguard.config import load_config
from mailguard.config.logins import passwords, sign_on
from mailguard.ldap.settings import LdapSettings
from mailguard.policy.marks import Problems
from mailguard.relay.login import UpstreamLogin

OIDC = "oidc: {issuer: https://id.corp.example/realms/corp, client_id: mailguard}"


def console(text: str) -> str:
    return f"{GOOD}console: {{url: https://guard.corp.example, {text}}}\n"


def test_the_link_is_the_default_and_one_word_is_a_list(tmp_path: Path) -> None:
    for text in (GOOD, console("login: link"), console("login: [link]")):
        settings = load_config(write(tmp_path, text), {}).settings.console
        assert settings.login == ("link",)
        assert settings.second_factor == "off"
        assert (settings.session.idle, settings.session.lasts) == (4 * 3600, 12 * 3600)


def test_a_sign_on_with_its_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    file = write(tmp_path, console(f"login: [oidc, link], second_factor: administrators, {OIDC}"))
    config = load_config(file, {"MAILGUARD_CONSOLE__OIDC__CLIENT_SECRET_FILE": str(tmp_path / "secret")})
    provider = sign_on(config)
    assert provider is not None
    assert provider.client_secret == "s3cret"
    assert "s3cret" not in repr(config.settings) + repr(provider)
    assert provider.scopes == ("openid", "email")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("login: [oidc]", "login: [oidc] and the section oidc: go together"),
        (f"login: [link], {OIDC}", "login: [oidc] and the section oidc: go together"),
        ("login: []", "write at least one way to log in, such as link"),
        ("login: [upstream, ldap]", "passwords can be checked in one place only"),
        ("login: [links]", "login.0"),
        ("login: [oidc], oidc: {issuer: http://id.corp.example, client_id: m}", "issuer is an https address"),
        ("login: [oidc], oidc: {issuer: https://id.corp.example, client_id: m, scopes: [email]}", "must hold openid"),
        ("login: [oidc], oidc: {issuer: https://id.corp.example, client_id: m, email_claim: upn}", "vouches for"),
        ("login: [oidc], oidc: {issuer: https://id.corp.example, client_id: m, proxy: proxy}", "proxy is written as"),
        ("second_factor: everybody", "second_factor"),
        ("session: {idle: 1s}", "session.idle"),
    ],
)  # fmt: skip
def test_what_cannot_be(tmp_path: Path, text: str, said: str) -> None:
    problems = problems_of(tmp_path, console(text))
    assert len(problems) == 1, problems
    assert said in problems[0]
    assert problems[0].startswith("mailguard.yaml:8:")


def test_passwords_need_tls_to_the_console(tmp_path: Path) -> None:
    text = GOOD + "console: {url: http://guard.corp.example, login: [upstream]}\n"
    assert "needs an https url" in problems_of(tmp_path, text)[0]


DIRECTORY = "directory: {url: ldap://ldap.corp.example, base: dc=corp%s}\n"


@pytest.mark.parametrize(
    ("way", "more", "said"),
    [
        ("upstream", "", "not sent with upstream tls: none"),
        ("ldap", "", "there is no section directory"),
        ("ldap", DIRECTORY % ", tls: none", "not sent with directory tls: none"),
        ("file", "", "there is no auth"),
        ("password", "", "there is no section auth"),
    ],
)
def test_who_checks_must_be_there_and_safe(tmp_path: Path, way: str, more: str, said: str) -> None:
    text = console(f"login: [{way}]").replace("smtp://127.0.0.1:2600", "smtp://mail.corp.example:25") + more
    with pytest.raises(Problems) as caught:
        passwords(load_config(write(tmp_path, text), {}))
    assert said in str(caught.value)


def test_who_checks(tmp_path: Path) -> None:
    assert passwords(load_config(write(tmp_path, GOOD), {})) is None
    assert isinstance(passwords(load_config(write(tmp_path, console("login: upstream")), {})), UpstreamLogin)
    with_directory = write(tmp_path, console("login: ldap") + DIRECTORY % "")
    assert isinstance(passwords(load_config(with_directory, {})), LdapSettings)
    with_file = write(tmp_path, console("login: password") + "auth: {method: file, file: users.yaml}\n")
    assert passwords(load_config(with_file, {})) is True
