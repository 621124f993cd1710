"""The next servers in the settings: names, fall-backs, whose mail goes where; and what is refused, with its place."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from tests.unit.config.test_load import GOOD, write

from mailguard.config import load_config
from mailguard.config.rooms import organization
from mailguard.config.upstreams import Way, upstreams
from mailguard.policy.marks import Problems

_USUAL = 'upstream: {url: "smtp://127.0.0.1:2600", tls: none}\n'


def ways(folder: Path, text: str) -> dict[str, Way]:
    return upstreams(load_config(write(folder, GOOD + text), {}))


def wrong(folder: Path, text: str) -> str:
    with pytest.raises(Problems) as caught:
        ways(folder, text)
    return "\n".join(str(problem) for problem in caught.value.problems)


def test_each_upstream_has_its_own_settings(tmp_path: Path) -> None:
    text = """
upstreams:
  branch:
    url: smtp://mail.branch.example:587
    fallback: ["smtps://two.branch.example", "smtp://127.0.0.1:2626"]
    senders: [Branch.example]
    connections: 3
    messages_per_connection: 5
    rate: 60
  out: {url: "mx:"}
"""
    found = ways(tmp_path, text)
    assert list(found) == ["", "branch", "out"]
    branch = found["branch"]
    assert (branch.settings.name, branch.settings.tls) == ("smtp://mail.branch.example:587", "required")
    assert [(one.name, one.tls) for one in branch.fallback] == [
        ("smtps://two.branch.example:465", "required"),
        ("smtp://127.0.0.1:2626", "none"),
    ]
    assert (branch.senders, branch.rate) == (("branch.example",), 60)
    assert (branch.settings.connections, branch.settings.messages_per_connection) == (3, 5)
    assert (found["out"].settings.scheme, found["out"].settings.port, found["out"].settings.tls) == (
        "mx",
        25,
        "opportunistic",
    )
    config = load_config(tmp_path / "mailguard.yaml", {})
    assert organization(config).upstreams == ("branch", "out")


@pytest.mark.parametrize(
    ("upstreams", "said"),
    [
        ("{Branch: {url: 'smtp://x.example'}}", "upstreams.Branch"),
        ("{default: {url: 'smtp://x.example'}}", "name this one otherwise"),
        ("{a: {url: 'smtp://x.example', senders: [c.example]}, b: {url: 'mx:', senders: [c.example]}}", "goes by a"),
        ("{a: {url: 'smtp://x.example', fallback: ['mailbox:var']}}", "upstreams.a.fallback.0"),
        ("{a: {url: 'mx:', fallback: ['smtp://x.example']}}", "fallback belongs to"),
        ("{a: {url: 'mx:', username: u, password: p}}", "belong to one server"),
        ("{a: {url: 'mx:99999'}}", "write smtp://"),
        ("{a: {url: 'smtp://x.example', username: u}}", "go together"),
        ("{a: {url: 'smtp://x.example', certificate: c.pem, key: k.pem}}", "no such file"),
        ("{a: {url: 'smtp://x.example', certificate: mailguard.yaml, key: mailguard.yaml}}", "no certificate"),
        ("{a: {url: 'smtp://x.example', certificate: mailguard.yaml}}", "go together"),
        ("{a: {url: 'smtp://x.example', tls_name: 'a b'}}", "name in the certificate"),
        (
            "{a: {url: 'smtp://x.example', username: u,"
            " oauth: {token_url: 'http://login.example/t', client_id: i, client_secret: s}}}",
            "write https",
        ),
        (
            "{a: {url: 'smtp://x.example', tls: none, username: u,"
            " oauth: {token_url: 'https://login.example/t', client_id: i, client_secret: s}}}",
            "a token is not sent with tls: none",
        ),
        ("{a: {url: 'smtp://x.example', rate: 0}}", "rate"),
        ("{a: {url: 'smtp://x.example', roate: 1}}", "did you mean 'rate'"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(tmp_path: Path, upstreams: str, said: str) -> None:
    assert said in wrong(tmp_path, f"upstreams: {upstreams}\n")


@pytest.mark.parametrize(
    ("listens", "url"),
    [
        ("127.0.0.1:2525", "smtp://127.0.0.1:2525"),
        ("127.0.0.1:2525", "smtp://localhost:2525"),
        ("localhost:25", "smtp://[::1]"),
        ("0.0.0.0:2525", "smtp://127.0.0.1:2525"),
        ("[::]:465", "smtps://localhost"),
        ("192.0.2.1:587", "smtp://192.0.2.1:587"),
    ],
)
def test_mail_does_not_go_on_to_mailguard_itself(tmp_path: Path, listens: str, url: str) -> None:
    text = GOOD.replace("127.0.0.1:2525", listens)
    mine = text.replace("smtp://127.0.0.1:2600", url)
    with pytest.raises(Problems, match=r":4:11: upstream: \S+ is mailguard itself \(listeners: \S+\): name the server"):
        upstreams(load_config(write(tmp_path, mine), {}))
    with pytest.raises(Problems, match=r"upstreams.a.fallback.0: \S+ is mailguard itself"):
        upstreams(
            load_config(write(tmp_path, f"{text}upstreams: {{a: {{url: 'smtp://x.example', fallback: ['{url}']}}}}\n"))
        )


@pytest.mark.parametrize(
    ("listens", "url"),
    [
        ("127.0.0.1:2525", "smtp://127.0.0.1:2526"),
        ("127.0.0.1:2525", "smtp://127.0.0.2:2525"),
        ("0.0.0.0:2525", "smtp://192.0.2.1:2525"),
        ("[::]:2525", "smtp://127.0.0.1:2525"),
        ("127.0.0.1:0", "smtp://127.0.0.1:25"),
    ],
)
def test_another_server_may_have_the_same_port(tmp_path: Path, listens: str, url: str) -> None:
    text = GOOD.replace("127.0.0.1:2525", listens).replace("smtp://127.0.0.1:2600", url)
    assert upstreams(load_config(write(tmp_path, text), {}))[""].settings.scheme == "smtp"


def test_a_client_certificate_needs_its_own_key(tmp_path: Path) -> None:
    for name in ("a", "b"):
        command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=x -keyout {name}.key -out {name}.pem"
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    good = "upstreams: {a: {url: 'smtp://x.example', certificate: a.pem, key: a.key}}\n"
    assert ways(tmp_path, good)["a"].settings.certificate == tmp_path / "a.pem"
    assert "with its key" in wrong(tmp_path, good.replace("a.key", "b.key"))


def test_secrets_come_from_the_environment_and_stay_unsaid(tmp_path: Path) -> None:
    text = GOOD + (
        "upstreams: {m365: {url: 'smtp://smtp.office365.com:587', username: relay@corp.example,"
        " oauth: {token_url: 'https://login.microsoftonline.com/tenant/oauth2/v2.0/token', client_id: app}}}\n"
    )
    (tmp_path / "secret").write_text("very secret\n", "utf-8")
    config = load_config(
        write(tmp_path, text), {"MAILGUARD_UPSTREAMS__M365__OAUTH__CLIENT_SECRET_FILE": str(tmp_path / "secret")}
    )
    oauth = upstreams(config)["m365"].settings.oauth
    assert oauth is not None
    assert oauth.client_secret == "very secret"
    assert "very secret" not in repr(config) + repr(upstreams(config))


def test_the_examples_of_the_page_are_good(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "upstreams.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(blocks) >= 2
    for block in blocks:
        block = re.sub(r"# ((?:client_secret|password): )in MAILGUARD\S+", r"\1secret", block)
        block = re.sub(r", certificate: \S+, key: [\w./]+", "", block)
        own = re.search(r"^upstream:", block, re.MULTILINE)
        assert upstreams(load_config(write(tmp_path, (GOOD.replace(_USUAL, "") if own else GOOD) + block), {}))
