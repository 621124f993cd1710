"""Clients that show a certificate: who they are by it, and that a certificate alone opens nothing."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from tests.authority import Authority, fingerprint, showing
from tests.door import STRANGERS, Room, client_at, open_door, with_tls

from mailguard.smtpd.certificates import ClientCertificates
from mailguard.smtpd.settings import LOOPBACK, ListenerSettings
from mailguard.smtpd.tls import CertificateError, context_for

MICROSOFT = "mail.protection.outlook.com"
MAIL = ("EHLO pc.corp.example", "MAIL FROM:<ann@corp.example>", "RCPT TO:<bob@partner.example>", "DATA")


def listener(
    folder: Path,
    names: Mapping[str, str],
    ca_file: Path,
    *,
    required: bool = False,
    tls: Literal["starttls", "implicit"] = "implicit",
) -> ListenerSettings:
    known = ClientCertificates(names, ca_file, required)
    return replace(with_tls(folder, STRANGERS), tls=tls, client_certificates=known)


async def sent_by(folder: Path, door: ListenerSettings, context: ssl.SSLContext) -> tuple[str, Room]:
    """The reply to RCPT, or to the final dot if that was taken."""
    async with open_door(folder, door) as (_, room, port):
        async with client_at(port, tls=context if door.tls == "implicit" else None) as client:
            if door.tls == "starttls":
                await client.ask("EHLO first.example", "STARTTLS")
                await client.start_tls(context)
            said = ""
            for line in (*MAIL, "."):
                client.send(line)
                said = await client.reply()
                if said[0] not in "23":
                    break
        return said, room


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_with_a_known_name_is_a_trusted_server(
    tmp_path: Path, version: str, tls: Literal["starttls", "implicit"]
) -> None:
    authority = Authority.found(tmp_path)
    shown = authority.issue("outbound", f"DNS:{MICROSOFT},DNS:*.{MICROSOFT}")
    door = listener(tmp_path, {MICROSOFT.upper(): "trusted"}, authority.certificate, tls=tls)
    said, room = await sent_by(tmp_path, door, showing(shown, version))
    assert said.startswith("250 2.0.0")
    client = room.messages[0].envelope.client
    assert (client.trusted, client.login, client.tls) == (True, None, version.replace("_", "."))
    assert client.protocol == "ESMTPS"


async def test_a_certificate_can_be_a_login_and_not_anybody_elses_sender(tmp_path: Path) -> None:
    authority = Authority.found(tmp_path)
    shown = authority.issue("Ann", "email:ann@corp.example")
    door = listener(tmp_path, {"ann@corp.example": "ann@corp.example"}, authority.certificate)
    said, room = await sent_by(tmp_path, door, showing(shown))
    assert said.startswith("250 2.0.0")
    client = room.messages[0].envelope.client
    assert (client.trusted, client.login) == (False, "ann@corp.example")
    assert client.protocol == "ESMTPS"  # no AUTH was said
    boss = replace(door, client_certificates=ClientCertificates(
        {"ann@corp.example": "boss@corp.example"}, authority.certificate))  # fmt: skip
    assert (await sent_by(tmp_path, boss, showing(shown)))[0].startswith("553 5.7.1")
    off = replace(boss, sender_check="off")
    assert (await sent_by(tmp_path, off, showing(shown)))[0].startswith("250 2.0.0")


async def test_a_servers_own_login_is_not_that_of_the_client_for_whom_it_speaks(tmp_path: Path) -> None:
    authority = Authority.found(tmp_path)
    shown = showing(authority.issue("front", "DNS:front.corp.example"))
    names = {"front.corp.example": "ann@corp.example"}
    door = replace(listener(tmp_path, names, authority.certificate), xclient_from=LOOPBACK)
    async with open_door(tmp_path, door) as (_, _, port), client_at(port, tls=shown) as client:
        await client.ask("EHLO front.corp.example", *MAIL[1:3], "RSET")
        await client.ask("XCLIENT ADDR=203.0.113.9")
        await client.ask("EHLO front.corp.example", MAIL[1])
        client.send(MAIL[2])
        assert (await client.reply()).startswith("550 5.7.1 relaying not permitted")


async def test_a_pinned_certificate_needs_no_name(tmp_path: Path) -> None:
    authority = Authority.found(tmp_path)
    shown, other = authority.issue("printer"), authority.issue("other")
    door = listener(tmp_path, {f"sha256:{fingerprint(shown)}": "ann@corp.example"}, authority.certificate)
    assert (await sent_by(tmp_path, door, showing(shown)))[0].startswith("250 2.0.0")
    assert (await sent_by(tmp_path, door, showing(other)))[0].startswith("550 5.7.1 relaying not permitted")


async def test_a_certificate_that_is_its_own_authority_can_be_pinned(tmp_path: Path) -> None:
    alone = Authority.found(tmp_path, "scanner.corp.example")
    shown = tmp_path / "scanner.pem"
    shown.write_bytes(alone.certificate.read_bytes() + (alone.folder / "ca-key.pem").read_bytes())
    door = listener(tmp_path, {"scanner.corp.example": "trusted"}, alone.certificate)
    assert (await sent_by(tmp_path, door, showing(shown)))[0].startswith("250 2.0.0")


@pytest.mark.parametrize("shows", [None, "stranger.example"])
async def test_no_certificate_and_one_that_is_not_named_open_nothing(tmp_path: Path, shows: str | None) -> None:
    authority = Authority.found(tmp_path)
    door = listener(tmp_path, {MICROSOFT: "trusted"}, authority.certificate)
    context = showing(authority.issue(shows, f"DNS:{shows}") if shows else None)
    assert (await sent_by(tmp_path, door, context))[0].startswith("550 5.7.1 relaying not permitted")


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
async def test_another_authoritys_certificate_with_the_right_name_does_not_come_in(
    tmp_path: Path, version: str
) -> None:
    authority, false = Authority.found(tmp_path), Authority.found(tmp_path, "false")
    door = listener(tmp_path, {MICROSOFT: "trusted"}, authority.certificate)
    with pytest.raises((OSError, AssertionError)):
        await sent_by(tmp_path, door, showing(false.issue("outbound", f"DNS:{MICROSOFT}"), version))


async def test_where_a_certificate_is_required_nobody_comes_in_without(tmp_path: Path) -> None:
    authority = Authority.found(tmp_path)
    door = listener(tmp_path, {MICROSOFT: "trusted"}, authority.certificate, required=True)
    with pytest.raises((OSError, AssertionError)):
        await sent_by(tmp_path, door, showing(None))
    shown = authority.issue("outbound", f"DNS:{MICROSOFT}")
    assert (await sent_by(tmp_path, door, showing(shown)))[0].startswith("250 2.0.0")


async def test_a_trusted_server_may_be_held_to_own_sender_domains(tmp_path: Path) -> None:
    # The certificate of a cloud is that of all its customers.
    authority = Authority.found(tmp_path)
    shown = showing(authority.issue("outbound", f"DNS:{MICROSOFT}"))
    door = listener(tmp_path, {MICROSOFT: "trusted"}, authority.certificate)
    own = replace(door, sender_domains=frozenset({"*.corp.example", "other.example"}))
    assert (await sent_by(tmp_path, own, shown))[0].startswith("553 5.7.1 sender address is not of this organisation")
    both = replace(door, sender_domains=frozenset({"*.corp.example", "corp.example"}))
    assert (await sent_by(tmp_path, both, shown))[0].startswith("250 2.0.0")


def test_settings_that_cannot_work(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a certificate alone opens nothing"):
        ClientCertificates({})
    with pytest.raises(ValueError, match="no SHA-256 fingerprint"):
        ClientCertificates({"sha256:ab:cd": "trusted"})
    with pytest.raises(ValueError, match="stands here twice"):
        ClientCertificates({"A.example": "trusted", "a.example": "ann@corp.example"})
    with pytest.raises(ValueError, match="shown under TLS"):
        ListenerSettings("127.0.0.1", 0, client_certificates=ClientCertificates({"a.example": "trusted"}))
    known = ClientCertificates({"a.example": "trusted"}, tmp_path / "none.pem")
    door = replace(with_tls(tmp_path, STRANGERS), tls="implicit", client_certificates=known)
    with pytest.raises(CertificateError, match=r"client_certificates ca_file .*no such file"):
        context_for(door)
