"""Topology C, by its page, script and examples: a Microsoft 365 that behaves as documented -> mailguard -> the same
Microsoft 365 -> world.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.authority import Authority
from tests.house import POLICY, House
from tests.integration.topologies.cloud import Mail, open_cloud, trusting
from tests.integration.topologies.microsoft import Microsoft
from tests.integration.topologies.stage import (
    ANN,
    BOB,
    EXAMPLES,
    KEN,
    a_mail,
    asked,
    blocks,
    example,
    held,
    house_of,
    release,
    send,
    until,
)

MICROSOFT = "mail.protection.outlook.com"
US = "203.0.113.5"  # in the page; here 127.0.0.1
DAN, EVE = "dan@other.example", "eve@third.example"
SET_UP, BY_ADDRESS, ROLL_BACK = (text.replace(US, "127.0.0.1") for text in blocks("c-microsoft-365", "powershell"))


@dataclass
class Stand:
    """The cloud with its connectors and rule, and the house between them."""

    cloud: Microsoft
    house: House
    authority: Authority

    def world(self, octets: bytes) -> list[Mail]:
        """What left with these octets below all trace."""
        return [one for one in self.cloud.world if one.octets.endswith(octets)]

    def wait_for(self, octets: bytes, count: int = 1) -> list[Mail]:
        until(lambda: len(self.world(octets)) >= count, lambda: f"{self.cloud.told}\n{self.house.log()}")
        return self.world(octets)

    def shows(self, name: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.house.ca))
        context.load_cert_chain(self.authority.folder / f"{name}.pem")
        return context


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("c")
    authority = Authority.found(folder)
    shown = authority.issue("mailguard.corp.example", "DNS:mailguard.corp.example")
    authority.issue(MICROSOFT, f"DNS:{MICROSOFT}")
    data = example("c-microsoft-365")
    data["listeners"][0]["client_certificates"]["ca_file"] = str(authority.certificate)
    cloud = Microsoft(folder, trusting(folder, authority.certificate))
    with open_cloud(cloud):
        data["upstream"] |= {
            "url": f"smtp://localhost:{cloud.port}",
            "ca_file": str(folder / "cloud" / "cert.pem"),
            "certificate": str(shown),
            "key": str(shown),
        }
        policies = [POLICY, (EXAMPLES / "c-our-tenant-only.yaml").read_text("utf-8")]
        with house_of(folder / "house", data, policies) as house:
            stand = Stand(cloud, house, authority)
            cloud.gateway, cloud.shows = house.smtp, stand.shows(MICROSOFT)
            yield stand


@pytest.fixture(autouse=True)
def as_set_up(stand: Stand) -> None:
    stand.cloud.run(SET_UP)


def test_a_mail_goes_out_as_it_was_and_passes_us_once(stand: Stand) -> None:
    _, octets = a_mail()
    stand.cloud.submit(Mail(ANN, (KEN, BOB), octets))
    (copy,) = stand.wait_for(octets)
    assert (copy.sender, copy.to) == (ANN, (BOB,))
    assert copy.octets.count(b"X-Mailguard-Processed:") == 1
    assert [one.to for one in stand.cloud.inside if one.octets == octets] == [(KEN,)]


def test_the_parts_of_a_mail_are_held_and_released_as_one(stand: Stand) -> None:
    tag, octets = a_mail(file=True)
    stand.cloud.submit(Mail(ANN, (BOB, DAN, EVE), octets))
    until(lambda: sum(one.octets.endswith(octets) for one in stand.cloud.handed) == 3, stand.house.log)
    mail = held(stand.house, tag)
    assert (mail["sender"], len(mail["parts"])) == (ANN, 3)
    assert len([one for one in asked(stand.house, "messages")["messages"] if tag in (one["subject"] or "")]) == 1
    assert not stand.world(octets)
    release(stand.house, mail["id"])
    assert sorted(one.to for one in stand.wait_for(octets, 3)) == [(BOB,), (DAN,), (EVE,)]


def test_a_mark_that_a_sender_writes_leads_nothing_past_us(stand: Stand) -> None:
    """Not even one that we made."""
    _, octets = a_mail()
    stand.cloud.submit(Mail(ANN, (BOB,), octets))
    (passed,) = stand.wait_for(octets)
    mark = passed.octets.partition(b"X-Mailguard-Processed: ")[2].partition(b"\r\n")[0].decode()
    tag, octets = a_mail(file=True, fields=[("X-Mailguard-Processed", mark)])
    stand.cloud.submit(Mail(ANN, (BOB,), octets))
    assert held(stand.house, tag)["state"] == "held"
    assert not stand.world(octets)


def test_a_receipt_from_the_null_path_goes_by_our_certificate(stand: Stand) -> None:
    _, octets = a_mail()
    stand.cloud.submit(Mail("", (BOB,), octets))
    (copy,) = stand.wait_for(octets)
    assert copy.sender == ""


def test_the_way_back_by_address(stand: Stand) -> None:
    stand.cloud.run(BY_ADDRESS)
    _, octets = a_mail()
    stand.cloud.submit(Mail(ANN, (BOB,), octets))
    stand.wait_for(octets)


def test_mail_waits_for_a_connector_that_does_not_know_us(stand: Stand) -> None:
    stand.cloud.run(
        SET_UP.replace("-TlsSenderCertificateName mailguard.corp.example", "-TlsSenderCertificateName x.example")
    )
    _, octets = a_mail()
    stand.cloud.submit(Mail(ANN, (BOB,), octets))
    until(lambda: len(stand.cloud.refused) > 1, stand.house.log)  # it is tried again
    assert not stand.world(octets)
    stand.cloud.run(SET_UP)
    stand.wait_for(octets)


def test_a_loop_ends(stand: Stand) -> None:
    stand.cloud.run(SET_UP.replace("-ExceptIfSenderIpRanges 127.0.0.1", "-ExceptIfSenderIpRanges 192.0.2.1"))
    _, octets = a_mail()
    before = len(stand.cloud.told)
    stand.cloud.submit(Mail(ANN, (BOB,), octets))
    until(lambda: len(stand.cloud.told) > before, stand.house.log)
    assert stand.cloud.told[-1].startswith("554 5.4.6")
    assert not stand.world(octets)
    assert sum(one.octets.endswith(octets) for one in stand.cloud.handed) == 6


def test_nobody_else_comes_in(stand: Stand) -> None:
    nobody, cloud = ssl.create_default_context(cafile=str(stand.house.ca)), stand.shows(MICROSOFT)
    for person in (KEN, BOB):
        assert send(stand.house.smtp, b"", [person], tls=nobody).startswith("550 5.7.1")
    assert send(stand.house.smtp, b"", [BOB], sender="x@stranger.example", tls=cloud).startswith("553 5.7.1")
    for tenant in ("stranger.example", ""):
        _, octets = a_mail(fields=[("X-OriginatorOrg", tenant)] if tenant else [])
        reply = send(stand.house.smtp, octets, [BOB], tls=cloud)
        assert reply.startswith("550 5.7.1 This mail does not come from our Microsoft 365 tenant")


def test_one_command_leads_past_mailguard(stand: Stand) -> None:
    stand.cloud.run(ROLL_BACK)
    _, octets = a_mail(file=True)
    stand.cloud.submit(Mail(ANN, (BOB,), octets))
    (copy,) = stand.world(octets)
    assert copy.octets == octets


def test_the_script_is_read_as_it_is_written(tmp_path: Path) -> None:
    cloud = Microsoft(tmp_path, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    cloud.run(SET_UP)
    assert cloud.rule_is_on
    assert cloud.rule["SentToScope"] == ("NotInOrganization",)
    assert cloud.way_back["TlsSenderCertificateName"] == ("mailguard.corp.example",)
    with pytest.raises(AssertionError, match="is not recognized"):
        cloud.run("Get-Nothing")
    cloud.end()
