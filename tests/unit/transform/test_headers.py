"""Cc, subject tag and added fields, octet for octet."""

from __future__ import annotations

import pytest
from tests.unit.transform.mails import altered, crlf

from mailguard.mail.address import parse_address
from mailguard.mail.alteration import AddCc, AddHeader, TagSubject

BOSS = AddCc(parse_address("boss@corp.example"))


def header(octets: bytes) -> str:
    return octets.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").replace("\r\n", "\n") + "\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("To: a@x.example\n", "To: a@x.example\nCc: boss@corp.example\n"),
        ("CC:a@x.example\nTo: b@x.example\n", "CC:a@x.example,\n boss@corp.example\nTo: b@x.example\n"),
        ("Cc:\nTo: b@x.example\n", "Cc: boss@corp.example\nTo: b@x.example\n"),
        ("Cc: a@x.example  \n\t\nTo: b@x.example\n", "Cc: a@x.example,\n boss@corp.example  \n\t\nTo: b@x.example\n"),
        ("Cc: a@x.example\nCc: c@x.example\n", "Cc: a@x.example\nCc: c@x.example,\n boss@corp.example\n"),
        ("To: <BOSS@corp.EXAMPLE>\n", "To: <BOSS@corp.EXAMPLE>\n"),
        ('Cc: "open <a@x.example>\n', 'Cc: "open <a@x.example>\nCc: boss@corp.example\n'),
        ("Cc: team: a@x.example\n", "Cc: team: a@x.example\nCc: boss@corp.example\n"),
    ],
)
def test_cc(before: str, after: str) -> None:
    assert header(altered(crlf(before + "\ntext\n"), BOSS).octets) == after


def test_names_in_cc() -> None:
    after = altered(crlf("To: a@x.example\n\n"), AddCc(BOSS.address, 'The "Boss", Ltd.')).octets
    assert header(after) == 'To: a@x.example\nCc: "The \\"Boss\\", Ltd." <boss@corp.example>\n'
    after = altered(crlf("To: a@x.example\n\n"), AddCc(BOSS.address, "上長")).octets
    assert header(after) == "To: a@x.example\nCc: =?UTF-8?B?5LiK6ZW3?= <boss@corp.example>\n"


@pytest.mark.parametrize(
    ("tag", "before", "after"),
    [
        ("[ext]", "Subject: Hello\n", "Subject: [ext] Hello\n"),
        ("[ext]", "SUBJECT:Hello\n", "SUBJECT: [ext] Hello\n"),
        ("[ext]", "Subject:\n", "Subject: [ext]\n"),
        ("[ext]", "From: x\n", "From: x\nSubject: [ext]\n"),
        ("[ext]", "Subject: Re: [EXT] Hello\n", "Subject: Re: [EXT] Hello\n"),
        ("[ext]", "Subject: a\n\tb\nX: y\n", "Subject: [ext] a\n\tb\nX: y\n"),
        ("[ext]", "Subject: " + "a" * 70 + "\n", "Subject: [ext]\n " + "a" * 70 + "\n"),
        ("[ext]", "Subject: one\nSubject: two\n", "Subject: [ext] one\nSubject: [ext] two\n"),
        ("[ext]", "Subject: =?utf-8?B?44GC?=\n", "Subject: [ext] =?utf-8?B?44GC?=\n"),
        ("[社]", "Subject: Hello\n", "Subject: =?UTF-8?B?W+ekvl0=?= Hello\n"),
        ("[社]", "Subject: =?utf-8?B?44GC?=\n", "Subject: =?UTF-8?B?W+ekvl0g?= =?utf-8?B?44GC?=\n"),
        ("[社]", "Subject: =?utf-8?B?W+ekvl0g44GC?=\n", "Subject: =?utf-8?B?W+ekvl0g44GC?=\n"),
        (
            "[社]",
            "Subject: =?UTF-8?Q?=EF=BC=BB=E7=A4=BE=EF=BC=BD?=\n",
            "Subject: =?UTF-8?Q?=EF=BC=BB=E7=A4=BE=EF=BC=BD?=\n",
        ),
        (
            "[社外]",
            "Subject: =?ISO-2022-JP?B?GyRCOCtAUT1xGyhC?=\n",
            "Subject: =?ISO-2022-JP?B?WxskQjxSMzAbKEJdIA==?=\n =?ISO-2022-JP?B?GyRCOCtAUT1xGyhC?=\n",
        ),
        (
            "①",
            "Subject: =?ISO-2022-JP?B?GyRCOCtAUT1xGyhC?=\n",
            "Subject: =?UTF-8?B?4pGgIA==?= =?ISO-2022-JP?B?GyRCOCtAUT1xGyhC?=\n",
        ),
    ],
)
def test_tag(tag: str, before: str, after: str) -> None:
    assert header(altered(crlf(before + "\ntext\n"), TagSubject(tag)).octets) == after


def test_raw_japanese_in_a_subject_stays_as_it_is() -> None:
    raw = "見積書".encode("iso-2022-jp")
    after = altered(b"Subject: " + raw + b"\r\n\r\n", TagSubject("[ext]"))
    assert after.octets == b"Subject: [ext] " + raw + b"\r\n\r\n"
    assert after.diff == ("@@ Subject @@", "-見積書", "+[ext] 見積書")


def test_a_field_is_added_at_the_end_once() -> None:
    once = altered(crlf("From: a\nX-Class: other\n\ntext\n"), AddHeader("X-Class", "internal"))
    assert header(once.octets) == "From: a\nX-Class: other\nX-Class: internal\n"
    assert once.diff == ("@@ X-Class @@", "+internal")
    assert altered(once.octets, AddHeader("x-class", "internal")).octets == once.octets


def test_a_long_value_is_folded_and_reads_the_same() -> None:
    value = "  ".join(["word"] * 60)
    once = altered(crlf("From: a\n\n"), AddHeader("X-Long", value)).octets
    assert max(map(len, once.split(b"\r\n"))) <= 78
    assert altered(once, AddHeader("X-Long", value)).octets == once


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "X: y\n\n"),
        ("\ntext", "X: y\n\ntext"),
        ("From: a", "From: a\nX: y\n"),
        ("From: a\nno field\n\ntext", "From: a\nX: y\nno field\n\ntext"),
        ("From a@x Mon\nTo: b\n\n", "From a@x Mon\nTo: b\nX: y\n\n"),
    ],
)
def test_where_a_field_goes_in_odd_mails(before: str, after: str) -> None:
    assert altered(crlf(before), AddHeader("X", "y")).octets == crlf(after)


def test_lf_mails_stay_lf_mails() -> None:
    assert altered(b"Subject: a\nCc: x@y.example\n\nt\n", BOSS, TagSubject("[t]"), AddHeader("X", "y")).octets == (
        b"Subject: [t] a\nCc: x@y.example,\n boss@corp.example\nX: y\n\nt\n"
    )
