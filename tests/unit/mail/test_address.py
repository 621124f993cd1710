"""The grammar of addresses: what it takes, what it refuses, and that what it takes is kept as written."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mailguard.mail.address import (
    NULL_PATH,
    Address,
    AddressError,
    ReversePath,
    parse_address,
    parse_path,
    parse_reverse_path,
    parse_typed,
)

# RFC 5321 section 4.1.2, as generators; lengths within section 4.5.3.1.
ATOM = st.text(string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~", min_size=1, max_size=8)
DOT_STRING = st.lists(ATOM, min_size=1, max_size=4).map(".".join)
QTEXT = st.sampled_from([chr(code) for code in range(32, 127) if chr(code) not in '"\\'])
QPAIR = st.integers(32, 126).map(lambda code: "\\" + chr(code))
QUOTED_STRING = st.lists(st.one_of(QTEXT, QPAIR), max_size=20).map(lambda parts: f'"{"".join(parts)}"')
LABEL = st.from_regex(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?", fullmatch=True).filter(
    lambda label: label[2:4] != "--"
)
DOMAIN = st.tuples(st.lists(LABEL, max_size=3), st.from_regex(r"[a-zA-Z]{2,8}", fullmatch=True)).map(
    lambda parts: ".".join([*parts[0], parts[1]])
)
LITERAL = st.one_of(st.ip_addresses(v=4).map(lambda ip: f"[{ip}]"), st.ip_addresses(v=6).map(lambda ip: f"[IPv6:{ip}]"))
ADDRESS = st.tuples(st.one_of(DOT_STRING, QUOTED_STRING), st.one_of(DOMAIN, LITERAL)).map("@".join)


@given(ADDRESS)
def test_what_the_grammar_makes_is_taken_and_kept_as_written(text: str) -> None:
    address = parse_address(text)
    assert str(address) == text
    assert parse_path(f"<{text}>") == address
    assert parse_reverse_path(f"<{text}>") == ReversePath(address)


@pytest.mark.parametrize("local", ["a..b", "ab.", "x_1-y...z.."])
def test_old_addresses_of_mobile_phones_are_taken_as_people_write_them(local: str) -> None:
    bare, quoted = parse_address(f"{local}@Docomo.ne.jp"), parse_address(f'"{local}"@docomo.ne.jp')
    assert bare == quoted
    assert str(bare) == f'"{local}"@Docomo.ne.jp'
    assert parse_address(bare.key) == bare
    for other in (f"{local}@partner.example", f"{local}@mail.docomo.ne.jp", f".{local}@ezweb.ne.jp"):
        with pytest.raises(AddressError):
            parse_address(other)
    assert parse_address(f'"{local}"@partner.example').key == f'"{local}"@partner.example'


@given(ADDRESS)
def test_case_tells_no_two_addresses_apart(text: str) -> None:
    assume("\\" not in text)  # a quoted pair is kept as written, and \A is not \a
    address, shouted = parse_address(text), parse_address(text.swapcase() if "[" not in text else text.upper())
    assert address == shouted
    assert hash(address) == hash(shouted)


@given(st.text(max_size=60))
def test_any_text_is_an_address_kept_as_written_or_refused(text: str) -> None:
    try:
        address = parse_address(text)
    except AddressError:
        return
    assert str(address) == text
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", text)
    assert address.key.rpartition("@")[2] == address.ascii_domain


@given(st.text('a@."\\<> []:;,()\u3042\ud800', max_size=12))
def test_hard_characters_never_raise_anything_else(text: str) -> None:
    for candidate in (text, f"{text}@b.example", f"a@{text}", f"<{text}>"):
        try:
            address = parse_address(candidate)
        except AddressError:
            continue
        assert str(address) == candidate


@given(DOT_STRING, DOMAIN)
def test_quotes_that_change_nothing_make_no_other_address(local: str, domain: str) -> None:
    assert parse_address(f'"{local}"@{domain}') == parse_address(f"{local}@{domain}")


@pytest.mark.parametrize(
    "text",
    [
        "a@b.example", '"a b"@c.example', '"a@b"@c.example', '""@b.example', '"\\""@b.example',
        "a@[192.0.2.1]", "a@[IPv6:::1]", "a@xn--r8jz45g.jp", "山田@例え.jp", "a@localhost",
        f"{'a' * 64}@b.example", f"a@{'b' * 63}.example",
    ],
)  # fmt: skip
def test_taken(text: str) -> None:
    assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "@", "a@", "@b.example", "a@b@c.example", ".a@b.example", "a.@b.example", "a..b@c.example",
        "a b@c.example", " a@b.example", "a@b.example ", "a@ b.example", "a@b..example", "a@.b", "a@b.",
        "a@-b.example", "a@b-.example", "a@b_c.example", "a(x)@b.example", "a@(x)b.example",
        "a@b.example,c@d.example", "a@b.example;", "<a@b.example>", "@x.example:a@b.example",
        '"a"b@c.example', '"a@c.example', 'a"@c.example', '"a\tb"@c.example', '"a\r\n b"@c.example',
        '"\\\t"@c.example', "a\r@b.example", "a@b\n.example", "a@b.example\n", "a\0@b.example",
        "a\x7f@b.example", "a\x85@b.example", "a\ud800@b.example", "a@127.0.0.1", "a@b.123", "a@[127.0.0.1",
        "a@[127.0.0.256]", "a@[::1]", "a@[IPv6:x]", "a@[IPv6:::1%eth0]", "a@[]", f"{'a' * 65}@b.example",
        f"a@{'b' * 64}.example", f"a@{'b.' * 130}example", f"{'あ' * 22}@b.example",
        "a@例え。jp", "a@ｃｏｒｐ.example", "a@ban\u212a.example", "a@例\u200bえ.jp",
        "=?utf-8?Q?a b?=@c.example",
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(AddressError):
        parse_address(text)


def test_u_label_and_a_label_are_one_domain() -> None:
    assert parse_address("a@例え.jp") == parse_address("A@XN--R8JZ45G.JP")
    assert parse_address("a@例え.jp").needs_smtputf8
    assert not parse_address("a@xn--r8jz45g.jp").needs_smtputf8


def test_the_last_at_sign_is_the_border() -> None:
    address = parse_address('"boss@corp.example"@evil.example')
    assert (address.local, address.domain) == ('"boss@corp.example"', "evil.example")
    assert address != parse_address("boss@corp.example")


@pytest.mark.parametrize("text", ["", "<", "a@b.example", "<a@b.example", "a@b.example>", "< >", "<<a@b.example>>"])
def test_paths_that_are_none(text: str) -> None:
    with pytest.raises(AddressError):
        parse_reverse_path(text)


def test_the_null_path() -> None:
    assert parse_reverse_path("<>") is NULL_PATH
    assert NULL_PATH.is_null
    assert str(NULL_PATH) == ""
    with pytest.raises(AddressError):
        parse_path("<>")


def test_an_address_is_no_text() -> None:
    assert Address("a", "b.example") != "a@b.example"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("admin", "an email address must have an @-sign"),
        ("@corp.example", "there must be something before the @-sign"),
        ("a b@corp.example", "the email address contains invalid characters before the @-sign: SPACE"),
        ("admin@corp..example", "an email address cannot have two periods in a row"),
    ],
)
def test_people_hear_what_is_wrong_with_what_they_typed(typed: str, said: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_typed(typed)
    assert str(caught.value) == said


@pytest.mark.parametrize("typed", ["ann@corp.example", " ann@corp.local ", "ann@corp.test", "佐藤@例え.jp"])
def test_what_our_grammar_takes_is_taken_whatever_others_say(typed: str) -> None:
    assert str(parse_typed(typed)) == typed.strip()
