"""The examples of docs/identity.md are whole and right: each is read as `serve` reads it, and its door opens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.postfix import make_certificate

from mailguard.config import load_config
from mailguard.config.doors import listeners
from mailguard.config.logins import at_the_door, senders, ways
from mailguard.config.rooms import directory
from mailguard.smtpd.auth import hash_password
from mailguard.smtpd.tls import context_for

PAGE = (Path(__file__).parent.parent.parent / "docs" / "identity.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n# mailguard\.yaml: ([^\n]+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SEND_AS = re.search(r"^```yaml\n(# send_as\.yaml\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def furnished(tmp_path: Path) -> Path:
    assert SEND_AS is not None
    make_certificate(tmp_path / "tls", host="guard.corp.example")
    (tmp_path / "tls" / "fullchain.pem").write_bytes((tmp_path / "tls" / "cert.pem").read_bytes())
    (tmp_path / "send_as.yaml").write_text(SEND_AS[1])
    user = {"password": hash_password("x")}
    (tmp_path / "users.yaml").write_text(yaml.safe_dump({"users": {"ann@corp.example": user}}))
    return tmp_path


@pytest.mark.parametrize("text", [pytest.param(text, id=title) for title, text in EXAMPLES])
def test_an_example_is_right(furnished: Path, text: str) -> None:
    file = furnished / "mailguard.yaml"
    file.write_text(text)
    config = load_config(file, {})
    for listener in listeners(config):
        context_for(listener)
    ways(config)
    senders(config)
    directory(config)
    checks = any(listener.auth != "none" for listener in listeners(config))
    assert checks is (at_the_door(config) is not None)


def test_there_is_one_for_each_method_and_each_way() -> None:
    written = "".join(text for _, text in EXAMPLES)
    for word in (
        "method: file", "method: upstream", "method: ldap", "xclient_from", "xforward_from", "login_header",
        "client_certificates", "proxy_protocol", "sender_domains", "send_as",
    ):  # fmt: skip
        assert word in written, word


def test_every_setting_of_a_listener_is_explained() -> None:
    from mailguard.config.listener_section import ListenerSection

    explained = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert set(ListenerSection.model_fields) - explained == {"address", "tls", "certificate", "key"}
