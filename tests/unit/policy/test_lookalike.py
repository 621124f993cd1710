"""Look-alikes: what is found, what is left in peace, and that the evidence names both domains and the difference."""

from __future__ import annotations

import pytest

from mailguard.policy.lookalike import known_domains, likeness, skeleton

KNOWN = known_domains(
    (
        "example.co.jp",
        "corp.example",
        "partner.example",
        "acme.co.jp",
        "northbank.com",
        "client1.example",
        "a.example",
        "xn--mller-kva.de",
        "*.holding.example",
        "sales.partner.example",
        "canon.example",
    )
)


@pytest.mark.parametrize(
    ("domain", "known", "difference", "kind"),
    [
        ("examp1e.co.jp", "example.co.jp", "1 / l", "homoglyph"),
        ("exarnple.co.jp", "example.co.jp", "rn / m", "homoglyph"),
        ("c0rp.example", "corp.example", "0 / o", "homoglyph"),
        ("xn--crp-sed.example", "corp.example", "о U+043E / o", "homoglyph"),
        ("muller.de", "müller.de", "u / ü U+00FC", "homoglyph"),
        ("exampel.co.jp", "example.co.jp", "el / le", "typo"),
        ("exmple.co.jp", "example.co.jp", "- a", "typo"),
        ("parrtner.example", "partner.example", "+ r", "typo"),
        ("mail.partmer.example", "partner.example", "m / n", "typo"),
        ("example.com", "example.co.jp", ".com / .co.jp", "suffix"),
        ("examp1e.com", "example.co.jp", "1 / l", "homoglyph"),
        ("exampleco.jp", "example.co.jp", "'.' / '-'", "separator"),
        ("acme-jp.com", "acme.co.jp", "+ -jp", "affix"),
        ("corp.example.attacker.test", "corp.example", "… .attacker.test", "carried"),
        ("gmial.com", "gmail.com", "ia / ai", "typo"),
        ("yahooo.co.jp", "yahoo.co.jp", "+ o", "typo"),
        ("ho1ding.example", "holding.example", "1 / l", "homoglyph"),
        ("example.cojp", "example.co.jp", ".cojp / .co.jp", "suffix"),  # a dot is missing
        ("mailexample.co.jp", "example.co.jp", "- '.'", "separator"),
        ("wwwexample.co.jp", "example.co.jp", "- '.'", "separator"),
        ("salespartner.example", "sales.partner.example", "'.' / '-'", "separator"),
        ("oartnee.example", "partner.example", "oartnee / partner", "typo"),  # two neighbouring keys
        ("ecamplw.co.jp", "example.co.jp", "camplw / xample", "typo"),
        ("canoon.example", "canon.example", "+ o", "typo"),
        ("camon.example", "canon.example", "m / n", "typo"),
        ("cnaon.example", "canon.example", "na / an", "typo"),
    ],
)
def test_found_with_both_domains_and_the_difference(domain: str, known: str, difference: str, kind: str) -> None:
    found = likeness(domain, KNOWN)
    assert found is not None
    assert (found.known, found.difference, found.kind) == (known, difference, kind)
    assert known in str(found)
    assert difference in str(found)


@pytest.mark.parametrize(
    "domain",
    [
        "example.co.jp",
        "mail.example.co.jp",
        "b.example",
        "x.example",
        "client2.example",
        "southbank.com",
        "core.example",
        "gmail.com",
        "yahoo.com",
        "docomo.ne.jp",
        "hokkai.example",
        "com",
        "[192.0.2.1]",
        "xn--a.test",
        "parrtner.test",
        "carton.example",
        "caxon.example",  # no key beside it, in so short a name
        "examining.co.jp",
        "mailer.example",
        "-",
    ],
)
def test_left_in_peace(domain: str) -> None:
    assert likeness(domain, KNOWN) is None


def test_an_idn_is_shown_in_both_forms() -> None:
    found = likeness("xn--crp-sed.example", KNOWN)
    assert found is not None
    assert found.domain == "cоrp.example [xn--crp-sed.example]"


def test_skeleton_is_stable() -> None:
    assert skeleton(skeleton("Exаmple1")) == skeleton("Exаmple1")


@pytest.mark.parametrize("domain", ["salespartner.example", "examp1e.com", "wwwexample.co.jp", "gmial.com"])
def test_what_decides_is_enough_to_decide_again(domain: str) -> None:
    assert likeness(domain, known_domains((KNOWN.decisive(domain),))) == likeness(domain, KNOWN)


def test_answers_are_kept_and_are_few() -> None:
    known = known_domains(("example.co.jp",))
    asked = [f"examp{number}e.co.jp" for number in range(1000)]
    first = [likeness(domain, known) for domain in asked]
    assert [likeness(domain, known) for domain in asked] == first
    assert likeness(asked[1], known) is likeness(asked[1], known) is not None
    assert len(known._answers) <= 256
