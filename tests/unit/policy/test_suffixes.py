"""What a domain is registered under: the rules of the public suffix list, without the library that brings it."""

from __future__ import annotations

import pytest

from mailguard.policy.suffixes import _rules, taken_apart


@pytest.mark.parametrize(
    ("domain", "label", "suffix"),
    [
        ("example.com", "example", "com"),
        ("mail.example.co.jp", "example", "co.jp"),
        ("MAIL.Example.CO.JP.", "Example", "CO.JP"),
        ("a.b.kawasaki.jp", "a", "b.kawasaki.jp"),  # *.kawasaki.jp
        ("www.city.kawasaki.jp", "city", "kawasaki.jp"),  # !city.kawasaki.jp
        ("kawasaki.jp", "kawasaki", "jp"),
        ("co.jp", "", "co.jp"),
        ("例え.みんな", "例え", "みんな"),
        ("pages.github.io", "github", "io"),  # the part of registries only: github.io is no registry's
        ("corp.example", "", ""),
        ("[192.0.2.1]", "", ""),
        ("", "", ""),
    ],
)
def test_a_domain_is_taken_apart_by_the_longest_rule(domain: str, label: str, suffix: str) -> None:
    assert taken_apart(domain) == (label, suffix)


def test_the_library_that_brings_the_list_says_the_same() -> None:
    from tldextract import TLDExtract

    extract = TLDExtract(suffix_list_urls=(), cache_dir=None)
    rules = sorted(_rules())
    assert rules == sorted(extract.tlds)
    for rule in [rule for rule in rules if rule[0] in "*!"] + rules[:: len(rules) // 500]:
        for before in ("", "city.", "a.b."):
            domain = before + rule.replace("*", "x").removeprefix("!")
            said = extract(domain)
            assert taken_apart(domain) == ((said.domain, said.suffix) if said.suffix else ("", "")), domain
