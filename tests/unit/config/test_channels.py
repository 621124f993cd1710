"""notify.channels: each kind with what it needs, all errors at once with their places, secrets from anywhere and shown
nowhere.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mailguard.config import load_config
from mailguard.config.channels import channels
from mailguard.notify.channels.settings import DEFAULT_EVENTS, ChannelSettings
from mailguard.policy.marks import Problems

GOOD = """\
organization: {domains: [corp.example], name: Corp}
listeners:
  - {address: "127.0.0.1:2525", tls: none, auth: none, trusted_networks: [127.0.0.0/8]}
upstream: {url: "smtp://127.0.0.1:2600", tls: none}
notify:
  from: mailguard@corp.example
  channels:
"""
HOOK = "https://hooks.chat.example/services/T0/B0/s3cret"
PEM = rsa.generate_private_key(65537, 2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


def read(folder: Path, *entries: str, **environment: str) -> tuple[ChannelSettings, ...]:
    file = folder / "mailguard.yaml"
    file.write_text(GOOD + "".join(f"    - {entry}\n" for entry in entries), "utf-8")
    return channels(load_config(file, environment))


def problems(folder: Path, *entries: str, **environment: str) -> list[str]:
    with pytest.raises(Problems) as caught:
        read(folder, *entries, **environment)
    return [str(problem).removeprefix(f"{folder}/mailguard.yaml:") for problem in caught.value.problems]


def test_every_kind(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(PEM)
    works = "bot: 1, client_id: c, client_secret: s, service_account: x.serviceaccount@corp, private_key_file: key.pem"
    found = read(
        tmp_path,
        f"{{name: a, kind: slack, url: '{HOOK}'}}",
        "{name: b, kind: slack, token: t, to: person}",
        f"{{name: c, kind: teams, url: '{HOOK}', events: [approval], subject: true}}",
        f"{{name: d, kind: google_chat, url: '{HOOK}'}}",
        "{name: e, kind: chatwork, token: t, room: 123, to: person, people: {Ann@corp.example: 45}}",
        f"{{name: f, kind: line_works, {works}, to: person}}",
        f"{{name: g, kind: webhook, url: '{HOOK}', secret: 0123456789abcdef, to: person}}",
    )
    assert [one.kind for one in found] == [
        "slack", "slack", "teams", "google_chat", "chatwork", "line_works", "webhook",
    ]  # fmt: skip
    # To the person alone, the subject is said; where others read along, only if somebody says so.
    assert [one.subject for one in found] == [False, True, True, False, False, True, True]
    assert found[0].events == frozenset(DEFAULT_EVENTS)
    assert found[2].events == {"approval"}
    assert (found[4].room, dict(found[4].people)) == ("123", {"ann@corp.example": "45"})


def test_all_errors_at_once_with_their_places(tmp_path: Path) -> None:
    assert problems(
        tmp_path,
        "{name: a, kind: slack}",
        f"{{name: a, kind: teams, url: '{HOOK}', token: t, to: person}}",
        "{name: c, kind: chatwork, token: t}",
        "{name: d, kind: slack, token: t, url: 'https://x.example/'}",
        "{name: e, kind: webhook, url: 'http://chat.example/s3cret', secret: short}",
        "{name: f, kind: google_chat, url: 'https://10.0.0.1/s3cret'}",
        "{name: g, kind: line_works, bot: 1, room: r, client_id: c, client_secret: s, service_account: x, "
        "private_key: z}",
        f"{{name: h, kind: teams, url: '{HOOK}', ca_file: none.pem}}",
        "{name: i, kind: slack, token: ''}",
        "{name: j, kind: chatwork, token: t, room: 1, to: person}",
    ) == [
        "8:7: notify.channels.0: slack needs url, or a token",
        "9:14: notify.channels.1.name: a stands here twice",
        f"9:{10 + len(HOOK) + 36}: notify.channels.1.token: teams has no token",
        f"9:{10 + len(HOOK) + 43}: notify.channels.1.to: this kind of channel reaches its room only; write to: room",
        "10:7: notify.channels.2: chatwork needs room",
        "11:7: notify.channels.3: slack needs room, or to: person",
        "11:45: notify.channels.3.url: slack has no url together with a token",
        "12:37: notify.channels.4.url: chat.example: http would show it to the network; "
        "write https (or allow_private: true for a test)",
        "12:75: notify.channels.4.secret: too short: 16 octets at least, such as from openssl rand -hex 32",
        "13:41: notify.channels.5.url: 10.0.0.1: a private address, nothing is sent there; "
        "allow_private: true permits it for this channel",
        "14:117: notify.channels.6.private_key: not an RSA private key (PEM) as the Developer Console gives it",
        f"15:{10 + len(HOOK) + 38}: notify.channels.7.ca_file: none.pem: no such file",
        "16:7: notify.channels.8: slack needs room, or to: person",
        "16:37: notify.channels.8.token: slack needs url, or a token",
        "17:7: notify.channels.9: chatwork finds nobody by mail address; write people: {ann@corp.example: ACCOUNT}",
    ]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{name: a, kind: slak, url: x}", "did you mean 'slack'?"),
        ("{name: a, kind: slack, ulr: x}", "unknown key 'ulr', did you mean 'url'?"),
        ("{name: a, kind: slack, url: x, events: [aproval]}", "did you mean 'approval'?"),
        ("{name: a, kind: slack, url: x, events: []}", "write at least one event"),
        ("{name: a, kind: slack, url: x, to: people}", "is none of person, room"),
        ("{name: 'A b', kind: slack, url: x}", "pattern"),
        ("{name: a, kind: slack, token: t, room: 'C1/../x'}", "pattern"),
        ('{name: a, kind: slack, room: C1, token: "x\\r\\nevil: y"}', "has signs that none has"),
        ("{name: a, kind: slack, room: C1, token: トークン}", "has signs that none has"),
        ("{name: a, kind: apprise, url: 'file:///tmp/x'}", "file:// is not among the services"),
        ("{name: a, kind: slack, token: t, room: C1, people: {ann: U1}}", "not a mail address"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(tmp_path: Path, entry: str, said: str) -> None:
    (problem,) = problems(tmp_path, entry)
    assert said in problem
    assert problem.startswith("8:")


def test_secrets_come_from_the_environment_and_from_files_and_are_never_shown(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text(f"{HOOK}\n")
    (tmp_path / "token").write_text("xoxb:#s3cret\n")
    found = read(
        tmp_path,
        "{name: a, kind: teams}",
        "{name: b, kind: slack, room: C1}",
        "{name: c, kind: webhook, url: 'https://chat.example/'}",
        MAILGUARD_NOTIFY__CHANNELS__0__URL_FILE=str(tmp_path / "hook"),
        MAILGUARD_NOTIFY__CHANNELS__1__TOKEN_FILE=str(tmp_path / "token"),
        MAILGUARD_NOTIFY__CHANNELS__2__SECRET="s3cret-0123456789: [no yaml",
    )
    assert (found[0].url, found[1].token, found[2].secret) == (HOOK, "xoxb:#s3cret", "s3cret-0123456789: [no yaml")
    assert "s3cret" not in repr(found)
    config = load_config(tmp_path / "mailguard.yaml", {"MAILGUARD_NOTIFY__CHANNELS__0__URL": HOOK})
    assert "s3cret" not in repr(config)


def test_errors_never_repeat_a_secret(tmp_path: Path) -> None:
    said = problems(
        tmp_path,
        "{name: a, kind: teams, url: 'https://u:s3cret@chat.example/s3cret'}",
        "{name: b, kind: apprise, url: 'discord://s3cret'}",
        "{name: c, kind: webhook, url: 'https://chat.example/', secret: 'whsec_s3cret!'}",
        "{name: d, kind: slack, url: 's3cret'}",
        "{name: e, kind: slack, token: s3cret, room: [s3cret-is-no-room]}",
    )
    assert len(said) == 1  # the shape is looked at first
    said += problems(
        tmp_path,
        "{name: a, kind: teams, url: 'https://u:s3cret@chat.example/s3cret'}",
        "{name: c, kind: webhook, url: 'https://chat.example/', secret: 'whsec_s3cret!'}",
        "{name: d, kind: slack, url: 's3cret'}",
    )
    assert len(said) == 4
    assert not [one for one in said if "s3cret" in one]
