"""The grammar of command lines: every line is a value or a Refused, and nothing is repaired."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail import reply as replies
from mailguard.mail.address import NULL_PATH, parse_address
from mailguard.mail.reports import CopyReports, MailReports
from mailguard.smtpd.commands import Chunk, Mail, Refused, parse_bdat, parse_mail, parse_rcpt, split_command


def refusal(argument: str, *, extended: bool = True) -> str:
    with pytest.raises(Refused) as caught:
        parse_mail(argument, extended=extended)
    return f"{caught.value.reply.code} {caught.value.reply.status}"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"NOOP", ("NOOP", "")),
        (b"mail FROM:<a@b.example> \t", ("MAIL", "FROM:<a@b.example>")),
        (b"NOOP \xff", ("NOOP", "\udcff")),
        (b"RCPT  TO:<a@b.example>", ("RCPT", "TO:<a@b.example>")),
    ],
)
def test_verb_and_argument(line: bytes, wanted: tuple[str, str]) -> None:
    assert split_command(line) == wanted


@pytest.mark.parametrize("line", [b"", b" ", b" NOOP", b"\xe3\x81\x82", b"\t"])
def test_no_verb(line: bytes) -> None:
    with pytest.raises(Refused):
        split_command(line)


def test_the_null_path_and_all_parameters() -> None:
    mail = parse_mail("from: <>  SIZE=12 body=8bitmime smtputf8 AUTH=x@y", extended=True)
    assert mail == Mail(NULL_PATH, size=12, body_8bit=True, smtputf8=True)


@pytest.mark.parametrize(
    ("argument", "wanted"),
    [
        ("", "501 5.1.7"),
        ("TO:<a@b.example>", "501 5.1.7"),
        ("FROM :<a@b.example>", "501 5.1.7"),
        ("FROM:<a@b.example>SIZE=1", "501 5.1.7"),
        ("FROM:<a@b.example>\tSIZE=1", "501 5.1.7"),
        ('FROM:<"a> SIZE=1 "b@c.example>', "501 5.1.7"),
        ("FROM:<a@b.example> SIZE=-1", "501 5.5.4"),
        ("FROM:<a@b.example> SIZE=123456789012345678901", "501 5.5.4"),
        ("FROM:<a@b.example> SIZE=1 size=1", "501 5.5.4"),
        ("FROM:<a@b.example> \udcff", "501 5.5.4"),
        ("FROM:<a@b.example> ENVID=x+1", "501 5.5.4"),
        ("FROM:<a@b.example> REQUIRETLS", "555 5.5.4"),
        ("FROM:<a@b.example> MT-PRIORITY=3", "555 5.5.4"),
        ("FROM:<\udcff@b.example>", "501 5.1.7"),
        ("FROM:<ä@b.example>", "550 5.6.7"),
    ],
)
def test_refused_senders(argument: str, wanted: str) -> None:
    assert refusal(argument) == wanted


def test_parameters_need_ehlo() -> None:
    assert refusal("FROM:<a@b.example> SIZE=1", extended=False) == "555 5.5.4"


def test_a_quoted_bracket_ends_no_path() -> None:
    assert str(parse_rcpt('TO:<"a> b"@c.example>', smtputf8=False).address) == '"a> b"@c.example'


@pytest.mark.parametrize(
    "path",
    [
        "bob%evil.example@corp.example",
        "evil.example!bob@corp.example",
        '"bob@evil.example"@corp.example',
        '"bob\\@evil.example"@corp.example',
        '"bob%evil.example"@corp.example',
    ],
)
def test_a_recipient_that_another_server_takes_for_a_route(path: str) -> None:
    # Judged as a colleague; a Postfix whose own domain is corp.example delivers it to evil.example.
    with pytest.raises(Refused) as caught:
        parse_rcpt(f"TO:<{path}>", smtputf8=False)
    assert caught.value.reply is replies.ROUTED_RECIPIENT


def test_utf8_recipient_by_the_transaction() -> None:
    assert parse_rcpt("TO:<ü@b.example>", smtputf8=True).address.local == "ü"
    with pytest.raises(Refused) as caught:
        parse_rcpt("TO:<ü@b.example>", smtputf8=False)
    assert caught.value.reply is replies.NEEDS_SMTPUTF8


@given(st.one_of(st.binary(max_size=300), st.text('<>@" \\=:.aF\u3042', max_size=60).map(str.encode)))
def test_any_octets_are_a_value_or_refused(octets: bytes) -> None:
    for prefix in (b"", b"MAIL FROM:", b"MAIL FROM:<", b"MAIL FROM:<a@b.example> "):
        try:
            _, argument = split_command(prefix + octets)
            mail = parse_mail(argument, extended=True)
        except Refused as refused:
            code = refused.reply.code
        else:
            code = 501 if f"<{mail.sender}>" in (prefix + octets).decode() else 0
        assert code in (500, 501, 550, 555)


def test_the_postmaster_without_a_domain_is_whoever_is_meant_here() -> None:
    admin = parse_address("admin@corp.example")
    for word in ("TO:<Postmaster>", "to:<POSTMASTER> NOTIFY=NEVER"):
        assert parse_rcpt(word, smtputf8=False, postmaster=admin).address == admin
    for word in ("TO:<hostmaster>", "TO:<>"):
        with pytest.raises(Refused):
            parse_rcpt(word, smtputf8=False, postmaster=admin)
    with pytest.raises(Refused):
        parse_rcpt("TO:<Postmaster>", smtputf8=False)


def test_what_is_asked_for_keeps_its_case() -> None:
    mail = parse_mail("FROM:<a@b.example> RET=full ENVID=QQ314159+2B", extended=True)
    assert mail.reports == MailReports("FULL", "QQ314159+2B")
    rcpt = parse_rcpt("TO:<a@b.example> ORCPT=rfc822;Ann+2Bx@B.example notify=delay,failure", smtputf8=False)
    assert rcpt.reports == CopyReports("DELAY,FAILURE", "rfc822;Ann+2Bx@B.example")


@pytest.mark.parametrize(
    "argument", ["", "x", "-1", "1 LAST LAST", "1LAST", "0x1", "1 FIRST", "1\t", "\u0661", "1" * 21, "LAST 1"]
)
def test_no_chunk_without_a_size(argument: str) -> None:
    assert parse_bdat(argument) is None


def test_chunks() -> None:
    assert parse_bdat("86 LAST") == parse_bdat("0086  last") == Chunk(86, last=True)
    assert parse_bdat("0") == Chunk(0, last=False)


def test_a_long_hostile_line_takes_no_long_time() -> None:
    # Both would take for ever with a pattern that can go back on itself.
    for text in ('"' * 12000, '"\\' * 6000, "<" + "a" * 12000, '<"' + "\\a" * 6000):
        with pytest.raises(Refused):
            parse_rcpt(f"TO:<{text}", smtputf8=True)
