"""Ways to get a number or a list past the reader that an insider may think of: found, or said not to be read."""

from __future__ import annotations

import base64
import struct
import zlib

import pytest
from tests.golden.inspect.makers import (
    CARD,
    attachment,
    docx,
    file_mail,
    mail,
    multipart,
    paragraph,
    part,
    text_mail,
    zip_of,
)
from tests.golden.inspect.test_facts import every, values

from mailguard.inspect.reader import read_mail

GROUPS = [CARD[at : at + 4] for at in (0, 4, 8, 12)]
_GIVEN = [f"太{sign}" for sign in "郎子一二三四五六七八九十" * 3]
PEOPLE = [
    (f"佐藤 {given}", f"090-{1000 + number}-{2000 + number}", f"user{number}@mail{number}.example")
    for number, given in enumerate(_GIVEN)
]
_CELLS = [f"card {GROUPS[0]}", *GROUPS[1:]]
_KANJI = "〇一二三四五六七八九"
_PARTS = b"Content-Type: multipart/mixed; boundary=b"
_TURNED = "<style>.x{unicode-bidi:bidi-override;direction:rtl}</style><p class=x>"
_PEM = b"-----BEGIN CERTIFICATE-----\r\n"


def _spelt(zero: str) -> str:
    return "".join(chr(ord(zero) + int(digit)) for digit in CARD)


def _from(signs: str) -> str:
    return "".join(signs[int(digit)] for digit in CARD)


def _html(source: str) -> bytes:
    return mail(source.encode(), b"Content-Type: text/html; charset=utf-8")


def _png(*chunks: tuple[bytes, bytes], behind: bytes = b"") -> bytes:
    head = (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    out = b"\x89PNG\r\n\x1a\n"
    for kind, content in (head, *chunks, (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")):
        out += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return out + behind


_STYLES = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts><numFmt numFmtId="164" '
    f'formatCode="&quot;{"-".join(GROUPS)}&quot;"/></numFmts><cellXfs><xf/><xf numFmtId="164"/></cellXfs></styleSheet>'
)
_NUMBERING = (
    '<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:lvl>'
    f'<w:lvlText w:val="{CARD}"/></w:lvl></w:numbering>'
)
_WORKBOOK = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>", "xl/styles.xml": _STYLES.encode()}

CARDS = {
    "arabic": text_mail(_spelt("\u0660").encode(), "utf-8"),
    "devanagari": text_mail(_spelt("\u0966").encode(), "utf-8"),
    "thai": text_mail(_spelt("\u0e50").encode(), "utf-8"),
    "seven segments": text_mail(_spelt("\U0001fbf0").encode(), "utf-8"),
    "black circles": text_mail(_from("⓿❶❷❸❹❺❻❼❽❾").encode(), "utf-8"),
    "keys": text_mail("".join(f"{digit}\ufe0f\u20e3" for digit in CARD).encode(), "utf-8"),
    "kanji": text_mail(_from(_KANJI).encode(), "utf-8"),
    "kanji in groups": text_mail("-".join(_from(_KANJI)[at : at + 4] for at in (0, 4, 8, 12)).encode(), "utf-8"),
    "struck out": text_mail("\u0336".join(CARD).encode(), "utf-8"),
    "braille blanks": text_mail("\u2800".join(CARD).encode(), "utf-8"),
    "symbol font": file_mail(docx(paragraph(_spelt("\uf030"))), "a.docx"),
    "slashes": text_mail("/".join(GROUPS).encode(), "utf-8"),
    "middle dots": text_mail("・".join(GROUPS).encode(), "utf-8"),
    "lines": text_mail(("カード番号\r\n" + "\r\n".join(GROUPS)).encode(), "utf-8"),
    "cells": _html("<table><tr>" + "".join(f"<td>{one}</td>" for one in _CELLS) + "</tr></table>"),
    "thousands": text_mail(b"card 4,012,888,888,881,881", "utf-8"),
    "bdo": _html(f"<bdo dir=rtl>{CARD[::-1]}</bdo>"),
    "escapes of a style": _html(
        "<style>p::before{content:'" + "".join(f"\\{ord(one):x} " for one in CARD) + "'}</style><p>hi</p>"
    ),
    "strings of a style": _html("<style>p::after{content:'" + "' '".join(GROUPS) + "'}</style><p>hi</p>"),
    "override": _html(_TURNED + "".join(f"<b>{one}</b>" for one in CARD[::-1])),
    "a field of one's own": text_mail(b"hi", "utf-8", b"X-Note: " + CARD.encode()),
    "description": multipart(part(b"hi", b"Content-Type: text/plain", b"Content-Description: " + CARD.encode())),
    "display name": text_mail(b"hi", "utf-8", b'Reply-To: "' + CARD.encode() + b'" <ann@corp.example>'),
    "field of a mail inside": multipart(part(f"X-A: {CARD}\r\n\r\nhi".encode(), b"Content-Type: message/rfc822")),
    "name of a file": file_mail(b"hi", f"{CARD}.txt"),
    "name in an archive": file_mail(zip_of({f"{CARD}.txt": b"hi"}), "a.zip"),
    "short preamble": mail(CARD.encode() + b"\r\n--b\r\n\r\nhi\r\n--b--\r\n", _PARTS),
    "behind a picture": file_mail(_png(behind=f"card {CARD}\r\n".encode()), "a.png"),
    "private chunk": file_mail(_png((b"prVt", f"card {CARD}\r\n".encode())), "a.png"),
    "tag of a film": file_mail(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + f"card {CARD}\r\n".encode(), "a.mp4"),
    "base64 in a file": file_mail(_PEM + base64.encodebytes(f"card {CARD}\r\n".encode() * 9), "a.txt"),
    "codes of JSON": file_mail(("".join(f"\\u{ord(one):04x}" for one in CARD)).encode(), "a.json"),
    "number format": file_mail(zip_of(_WORKBOOK), "a.xlsx"),
    "numbers of a list": file_mail(docx(paragraph("hi"), word___numbering__xml=_NUMBERING.encode()), "a.docx"),
    "formula in csv": file_mail(('="' + '"&"'.join(GROUPS) + '"\r\n').encode(), "a.csv"),
}  # fmt: skip


@pytest.mark.parametrize("way", CARDS)
def test_the_card_is_found(way: str) -> None:
    assert values(read_mail(CARDS[way]), "payment_card") == (CARD,)


def test_figures_in_columns_are_no_cards() -> None:
    table = "\r\n".join("\t".join(GROUPS) for _ in range(3))
    assert (
        "payment_card"
        not in read_mail(text_mail(f"売上\r\n{table}\r\n4,012,888,888,881,881円".encode(), "utf-8")).personal_data
    )


def test_yenc_is_said_not_to_be_read() -> None:
    facts = read_mail(text_mail(b"=ybegin line=128 size=9 name=a.xlsx\r\nabc\r\n=yend size=9", "utf-8"))
    assert {one.code for one in facts.findings} == {"not_inspectable"}


def _people(way: str) -> bytes:
    lines = [" ".join(one) for one in PEOPLE]
    if way == "pieces":
        said = "".join(
            f"own {at}\r\n" + "".join(f"> {line}\r\n" for line in lines[at : at + 4]) + "\r\n" for at in range(0, 36, 4)
        )
        return text_mail(said.encode(), "utf-8")
    if way == "forged fields":
        return text_mail(
            ("-----Original Message-----\r\n" + "".join(f"To: {line}\r\n" for line in lines)).encode(), "utf-8"
        )
    if way == "fields":
        return text_mail(b"hi", "utf-8", *[f"X-C-{n}: {line}".encode() for n, line in enumerate(lines)])
    if way == "comments":
        listed = ", ".join(f"({line}) b{n}@partner.example" for n, line in enumerate(lines))
        return text_mail(b"hi", "utf-8", f"Cc: {listed}".encode())
    return file_mail(zip_of({f"{name.replace(' ', '')} {phone}.txt": b"hi" for name, phone, _ in PEOPLE}), "a.zip")


@pytest.mark.parametrize("way", ["pieces", "forged fields", "fields", "comments", "names"])
def test_the_list_is_counted(way: str) -> None:
    assert read_mail(_people(way)).persons >= 30


def test_whom_a_mail_goes_to_is_no_list() -> None:
    to = ", ".join(f"{name} <{address}>" for name, _, address in PEOPLE)
    fields = [f"To: {to}".encode(), b"References: " + b" ".join(b"<%d@a.example>" % n for n in range(90))]
    fields += [
        b"Received: from a by b id 4012888888881881aa for <user%d@mail.example>; Thu, 1 Jan 2026" % n for n in range(9)
    ]
    facts = read_mail(b"\r\n".join([b"From: ann@corp.example", *fields, b"", b"hi"]))
    assert (facts.persons, facts.personal_data) == (0, {})


def test_a_report_around_a_list_is_held_as_any_other_mail() -> None:
    people = "\r\n".join(" ".join(one) for one in PEOPLE).encode()
    report = part(b"Final-Recipient: rfc822; a@b.example\r\n", b"Content-Type: message/delivery-status")
    body = (part(people, b"Content-Type: text/plain; charset=utf-8"), report)
    assert read_mail(multipart(*body, kind="report")).kind == "ordinary"
    assert read_mail(multipart(part(b"not delivered"), report, kind="report")).kind == "delivery_report"


def test_endless_marks_and_packets_cost_no_more_than_their_length() -> None:
    """What took the square of its length ends at all: a worker has twenty seconds for a mail."""
    marks = read_mail(text_mail(("a" + "\u0301\u0316" * 500_000 + " end").encode(), "utf-8"))
    assert marks.text.endswith(" end")
    assert len(marks.text) < 100
    packets = b"\x89PNG\r\n\x1a\n" + b"<x:xmpmeta" * 200_000
    assert read_mail(multipart(attachment(packets, "a.png"))).attachments[0].text == ""


def test_the_files_of_a_list_are_all_there() -> None:
    assert len(list(every(read_mail(_people("names")).attachments))) == 37
