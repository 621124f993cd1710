"""Named lists: exact entries, globs, normal forms, and files that people really save."""

from __future__ import annotations

import pytest

from mailguard.mail.address import parse_address
from mailguard.policy.free_mail import is_free_mail, known_keys
from mailguard.policy.lists import NameList, entries_of, names_of, normal_address, normal_domain


@pytest.mark.parametrize(
    ("domains", "addresses", "address", "hit"),
    [
        (["partner.example"], [], "a@PARTNER.example", True),
        (["partner.example"], [], "a@sub.partner.example", False),
        (["*.group.example"], [], "a@x.y.group.example", True),
        (["*.group.example"], [], "a@group.example", False),
        (["*.group.example"], [], "a@evilgroup.example", False),
        (["shop*.example"], [], "a@shop12.example", True),
        (["日本.example"], [], "a@xn--wgv71a.example", True),
        ([], ["info@shop.example"], "INFO@shop.example", True),
        ([], ["info@shop.example"], "other@shop.example", False),
        ([], ["*@shop.example"], "other@shop.example", True),
        ([], ["sales-*@shop.example"], "sales-eu@shop.example", True),
    ],
)
def test_lists(domains: list[str], addresses: list[str], address: str, hit: bool) -> None:
    names = NameList(map(normal_domain, domains), map(normal_address, addresses))
    assert names.has(parse_address(address)) is hit


@pytest.mark.parametrize("text", ["a@b.example", "a b", "", "-x.example", "x..example", "1.2.3.4"])
def test_what_is_no_domain(text: str) -> None:
    with pytest.raises(ValueError):
        normal_domain(text)


@pytest.mark.parametrize("text", ["b.example", "a@", "@b.example", "a b@c.example"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError):
        normal_address(text)


def test_a_full_width_at_sign_is_called_so() -> None:
    for entry in ("info＠shop.example", "*＠shop.example"):
        (problem,) = names_of("l.txt", entries_of("l.txt", entry.encode("cp932")))[2]
        assert str(problem).startswith(f"l.txt:1:1: {entry!r} is ")
        with pytest.raises(ValueError, match="is an address: write it under addresses"):
            normal_domain(entry)
    with pytest.raises(ValueError, match="is not an address: its @ is full-width, write a half-width one"):
        normal_address("info＠shop.example")


def test_text_file() -> None:
    entries = entries_of("l.txt", "\ufeff# partners\n\n  partner.example  \ninfo@shop.example\n".encode())
    assert [(e.text, e.line, e.column) for e in entries] == [("partner.example", 3, 3), ("info@shop.example", 4, 1)]


@pytest.mark.parametrize(
    ("octets", "texts"),
    [
        (b"name,domain\nX,x.example\nY,\n", ["x.example"]),
        ("会社名,メールアドレス\n甲,a@x.example\n".encode("cp932"), ["a@x.example"]),
        ("会社名,メールアドレス\r\n甲,a@x.example\r\n".encode("utf-16"), ["a@x.example"]),
        (b"x.example,note\ny.example\n", ["x.example", "y.example"]),
        (b'"x.example"\r\n', ["x.example"]),
    ],
)
def test_csv_file(octets: bytes, texts: list[str]) -> None:
    assert [entry.text for entry in entries_of("l.CSV", octets)] == texts


def test_a_file_in_no_charset() -> None:
    with pytest.raises(ValueError, match="UTF-8"):
        list(entries_of("l.txt", b"\xff\xfe\x00\x81\xff"))


def test_bad_lines_are_named_with_their_place() -> None:
    domains, addresses, problems = names_of("l.txt", entries_of("l.txt", b"x.example\nno domain\nb@y.example\n@z\n"))
    assert (list(domains), list(addresses)) == (["x.example"], ["b@y.example"])
    assert [(p.line, p.column) for p in problems] == [(2, 1), (4, 1)]


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("Bob@Partner.example", "partner.example"),
        ("Bob@gmail.com", "bob@gmail.com"),
        ("a@abc.ocn.ne.jp", "a@abc.ocn.ne.jp"),
        ("a@docomo.ne.jp", "a@docomo.ne.jp"),
    ],
)
def test_history_counts_people_where_strangers_share_a_domain(address: str, key: str) -> None:
    assert known_keys(parse_address(address)) == key


def test_access_providers_are_not_free_mail() -> None:
    assert is_free_mail("yahoo.co.jp")
    assert not is_free_mail("ocn.ne.jp")


@pytest.mark.parametrize("text", ["a.example", "x-1.co.jp", "a.b.c.d.example", "xn--wgv71a.example", "a" * 63 + ".jp"])
def test_what_is_plain_is_in_normal_form_already(text: str) -> None:
    assert normal_domain(text) == normal_domain(f" {text.upper()}. ") == text
    assert normal_address(f"a.b+c@{text}") == normal_address(f" A.B+C@{text.upper()}") == f"a.b+c@{text}"
