"""Whether mail can reach a domain, asked of a DNS server on loopback: answers, silence, failures, and what is kept."""

from __future__ import annotations

import pytest
from tests.dns_fake import DnsFake, Zone, dns_fake

from mailguard.resolver import Resolver, ResolverSettings

ZONE: Zone = {
    "mail.example": {"MX": ["10 mx.mail.example."]},
    "plain.example": {"A": ["192.0.2.1"]},
    "six.example": {"AAAA": ["2001:db8::1"]},
    "null.example": {"MX": ["0 ."], "A": ["192.0.2.1"]},
    "empty.example": {"TXT": ['"x"']},
    "broken.example": "servfail",
    "silent.example": "silent",
}


def asking(fake: DnsFake, seconds: float = 5.0) -> Resolver:
    return Resolver(ResolverSettings((("127.0.0.1", fake.port),), seconds))


async def test_what_dns_says() -> None:
    async with dns_fake(dict(ZONE)) as fake:
        found = await asking(fake).mail_domains(
            [
                "mail.example",
                "plain.example",
                "six.example",
                "null.example",
                "empty.example",
                "gone.example",
                "[192.0.2.1]",
            ]
        )
    assert found == {
        "mail.example": True,
        "plain.example": True,
        "six.example": True,
        "null.example": False,
        "empty.example": False,
        "gone.example": False,
        "[192.0.2.1]": True,
    }


async def test_answers_are_kept() -> None:
    async with dns_fake(dict(ZONE)) as fake:
        resolver = asking(fake)
        for _ in range(3):
            assert await resolver.mail_domains(["mail.example", "gone.example"]) == {
                "mail.example": True,
                "gone.example": False,
            }
    assert fake.asked["mail.example", "MX"] == 1


@pytest.mark.parametrize("domain", ["broken.example", "silent.example"])
async def test_no_answer_is_not_known_and_not_asked_again_at_once(domain: str) -> None:
    async with dns_fake(dict(ZONE)) as fake:
        resolver = asking(fake, seconds=2.0)
        assert await resolver.mail_domains([domain]) == {}
        asked = fake.asked.total()
        assert asked > 0
        assert await resolver.mail_domains([domain]) == {}
        assert fake.asked.total() == asked
        # The others are asked all the same.
        assert await resolver.mail_domains([domain, "mail.example"]) == {"mail.example": True}


async def test_without_a_resolver_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    import dns.resolver

    def none(*_args: object, **_more: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr("dns.asyncresolver.Resolver", none)
    assert await Resolver().mail_domains(["mail.example", "[192.0.2.1]"]) == {"[192.0.2.1]": True}


async def test_a_name_that_dns_cannot_carry_is_not_known() -> None:
    async with dns_fake(dict(ZONE)) as fake:
        assert await asking(fake).mail_domains(["a" * 64 + ".example", ".."]) == {}
