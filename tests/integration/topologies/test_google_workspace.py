"""Topology D, by its page and example: a Google Workspace that behaves as documented -> mailguard -> its SMTP relay
service -> world.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml
from tests.house import POLICY, House, start
from tests.integration.topologies.cloud import Mail, open_cloud, trusting
from tests.integration.topologies.google import Google
from tests.integration.topologies.stage import (
    ANN,
    BOB,
    KEN,
    PAGES,
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
from tests.postfix import make_certificate

US = "203.0.113.5"  # in the page; here 127.0.0.1
DAN, EVE = "dan@partner.example", "eve@third.example"
(RULE,) = blocks("d-google-workspace", "yaml", "# policies/our-workspace-only.yaml")


@dataclass
class Stand:
    """The cloud with its rule and relay service, and the house between them."""

    cloud: Google
    house: House

    def world(self, octets: bytes) -> list[Mail]:
        """What left with these octets below all trace."""
        return [one for one in self.cloud.world if one.octets.endswith(octets)]

    def wait_for(self, octets: bytes, count: int = 1) -> list[Mail]:
        until(lambda: len(self.world(octets)) >= count, lambda: f"{self.cloud.told}\n{self.house.log()}")
        return self.world(octets)

    def gated(self, octets: bytes) -> bytes:
        """As the cloud's rule would mark them."""
        return ": ".join(self.cloud.gate).encode() + b"\r\n" + octets


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("d")
    data = example("d-google-workspace")
    data["listeners"][0]["trusted_networks"] = ["127.0.1.0/24"]
    cloud = Google(folder, trusting(folder, make_certificate(folder / "unused")[0]), registered=("127.0.0.1",))
    page = (PAGES / "d-google-workspace.md").read_text("utf-8").replace(US, "127.0.0.1")
    (cloud.excepted,) = re.findall(r"\*\*Source IP is not within the range ([\d./]+)\*\*", page)
    asked_for = yaml.safe_load(RULE)["rules"][0]["when"]["not"]["message"]["header"]
    cloud.gate = (asked_for["name"], asked_for["equals"])
    with open_cloud(cloud):
        data["upstream"] |= {
            "url": f"smtp://localhost:{cloud.port}",
            "ca_file": str(folder / "cloud" / "cert.pem"),
        }
        with house_of(folder / "house", data, [POLICY, RULE]) as house:
            cloud.gateway, cloud.shows = house.smtp, ssl.create_default_context(cafile=str(house.ca))
            yield Stand(cloud, house)


@pytest.fixture(autouse=True)
def as_set_up(stand: Stand) -> Iterator[None]:
    excepted = stand.cloud.excepted
    yield
    stand.cloud.rule_is_on, stand.cloud.excepted = True, excepted
    stand.cloud.registered = ("127.0.0.1",)


def test_a_mail_goes_out_as_it_was_and_passes_us_once(stand: Stand) -> None:
    _, octets = a_mail()
    stand.cloud.submit(Mail(ANN, (KEN, BOB), octets))
    (copy,) = stand.wait_for(octets)
    assert (copy.sender, copy.to) == (ANN, (BOB,))
    assert copy.octets.count(b"X-Mailguard-Processed:") == 1
    assert [one.to for one in stand.cloud.inside if one.octets == octets] == [(KEN,)]


def test_each_recipient_comes_apart_and_people_see_one_mail(stand: Stand) -> None:
    tag, octets = a_mail(file=True)
    told = len(stand.cloud.told)  # by the mails of other tests, in whatever order they come
    stand.cloud.submit(Mail(ANN, (BOB, DAN, EVE), octets))
    first = held(stand.house, tag)  # a decision before the last part has come
    release(stand.house, first["id"])
    assert sorted(one.to for one in stand.wait_for(octets, 3)) == [(BOB,), (DAN,), (EVE,)]
    found = [one for one in asked(stand.house, "messages")["messages"] if tag in (one["subject"] or "")]
    assert len(found) == 1
    assert not stand.cloud.told[told:]


def test_nothing_is_held_in_vain_when_mailguard_was_away(stand: Stand) -> None:
    _, octets = a_mail()
    house = stand.house
    house.stop()
    stand.cloud.submit(Mail(ANN, (BOB,), octets))
    ports = {name: getattr(house, name) for name in ("smtp", "submit", "smtps", "console")}
    house.process = start(house.folder, ports).process
    assert len(stand.wait_for(octets)) == 1


def test_mail_waits_for_a_relay_service_that_does_not_know_us(stand: Stand) -> None:
    known, stand.cloud.registered = stand.cloud.registered, ("192.0.2.1",)
    _, octets = a_mail()
    stand.cloud.submit(Mail(ANN, (BOB,), octets))
    until(lambda: len(stand.cloud.refused) > 1, stand.house.log)  # it is tried again
    assert not stand.world(octets)
    stand.cloud.registered = known
    stand.wait_for(octets)


def test_a_receipt_from_the_null_path_goes_by_our_name(stand: Stand) -> None:
    _, octets = a_mail()
    stand.cloud.submit(Mail("", (BOB,), octets))
    (copy,) = stand.wait_for(octets)
    assert copy.sender == ""


def test_a_loop_ends(stand: Stand) -> None:
    stand.cloud.excepted = "192.0.2.1/32"
    _, octets = a_mail()
    stand.cloud.submit(Mail(ANN, (BOB,), octets))
    until(lambda: [one for one in stand.cloud.told if one.startswith("554 5.4.6")], stand.house.log)
    assert not stand.world(octets)
    stand.cloud.told.clear()


def test_nobody_else_comes_in(stand: Stand) -> None:
    tls = ssl.create_default_context(cafile=str(stand.house.ca))
    for person in (KEN, BOB):
        assert send(stand.house.smtp, b"", [person], tls=tls, source="127.0.0.9").startswith("550 5.7.1")
    foreign = send(stand.house.smtp, b"", [BOB], sender="x@stranger.example", tls=tls, source="127.0.1.1")
    assert foreign.startswith("553 5.7.1")
    _, octets = a_mail()
    reply = send(stand.house.smtp, octets, [BOB], tls=tls, source="127.0.1.1")
    assert reply.startswith("550 5.7.1 This mail does not come from our Google Workspace")
    assert send(stand.house.smtp, stand.gated(octets), [BOB], tls=tls, source="127.0.1.1").startswith("250 2.0.0")


def test_one_click_leads_past_mailguard(stand: Stand) -> None:
    stand.cloud.rule_is_on = False
    _, octets = a_mail(file=True)
    stand.cloud.submit(Mail(ANN, (BOB,), octets))
    (copy,) = stand.world(octets)
    assert copy.octets == octets
