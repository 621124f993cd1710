"""winmail.dat and .msg, made by hand: what they say, the files and the messages in them, and what broken ones give."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

import pytest
from tests.golden.inspect.makers import CARD, MY_NUMBER, file_mail, mail
from tests.golden.inspect.outlook_makers import (
    WXYZ_RTF,
    attribute,
    compound_file,
    inner_message,
    literal_rtf,
    mapi_list,
    message,
    message_properties,
    msg_file,
    properties,
    tnef,
    tnef_file,
)

from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Attachment, Facts

_UNICODE, _OCTETS, _OBJECT = 0x1F, 0x102, 0xD
_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
_STORAGE = bytes.fromhex("0b00000000000000c000000000000046")


def every(attachments: tuple[Attachment, ...]) -> Iterator[Attachment]:
    for one in attachments:
        yield one
        yield from every(one.members)


def names(facts: Facts) -> list[str]:
    return [one.filename for one in every(facts.attachments)]


def codes(facts: Facts) -> set[str]:
    return {one.code for one in facts.findings}


def old_tnef() -> bytes:
    """TNEF of the oldest sort: everything in attributes, strings in the code page."""
    trp = struct.pack("<HHHH", 4, 0, 11, 17) + "山田太郎".encode("cp932").ljust(11, b"\0") + b"smtp:y@corp.examp"
    return tnef(
        attribute(1, 0x00008000, trp),
        attribute(1, 0x00018004, "件名は機密".encode("cp932") + b"\0"),
        attribute(1, 0x0002800C, f"本文は極秘 {CARD}".encode("cp932") + b"\0"),
        tnef_file(f"マイナンバー：{MY_NUMBER}".encode(), "顧客一覧表.txt".encode("cp932")),
        tnef_file(b"second", "資料.txt".encode("cp932")),
    )


def new_tnef() -> bytes:
    """TNEF as Exchange writes it: properties in Unicode, named ones and ones of many values among them."""
    return tnef(
        message_properties(
            (0x3, 0x3FDE, 65001),
            (_UNICODE, 0x0037, "件名 ALBATROSS"),
            (_UNICODE, 0x1000, "本文 KINGFISHER"),
            (_OCTETS, 0x1013, "<p>頁 HERON</p><p hidden>PELICAN</p>".encode()),
            (_OCTETS, 0x1009, literal_rtf(rb"{\rtf1\ansi CURLEW}")),
            (0x101F, 0x8001, ["分類 PLOVER", "分類 SANDPIPER"]),
        ),
        attribute(
            1,
            0x00069004,
            struct.pack("<I", 1) + mapi_list([(_UNICODE, 0x3001, "山田"), (_UNICODE, 0x39FE, "y@p.example")]),
        ),
        tnef_file(CARD.encode(), b"LONGNA~1.TXT", (_UNICODE, 0x3707, "長い名前の資料.txt")),
        tnef_file(None, b"", (_OCTETS, 0x3701, b"in a property"), (_UNICODE, 0x3707, "property.txt")),
        tnef_file(None, b"", (_OBJECT, 0x3701, _MESSAGE + old_tnef()), (_UNICODE, 0x3001, "転送された件")),
        tnef_file(
            None,
            b"",
            (_OBJECT, 0x3701, _STORAGE + compound_file({"WordDocument": bytes(5000)})),
            (_UNICODE, 0x3707, "表.doc"),
        ),
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [("winmail.dat", "application/ms-tnef"), ("winmail.dat", "application/octet-stream"), ("x", "image/png")],
)
def test_a_tnef_is_known_by_its_content(name: str, kind: str) -> None:
    facts = read_mail(file_mail(old_tnef(), name, kind))
    (outer,) = facts.attachments
    assert outer.short_type == "tnef"
    assert outer.inspected
    for text in ("山田太郎", "件名は機密", "本文は極秘"):
        assert text in outer.text
    assert [one.filename for one in outer.members] == ["顧客一覧表.txt", "資料.txt"]
    assert facts.personal_data["payment_card"].values == (CARD,)
    assert facts.personal_data["my_number"].values == (MY_NUMBER,)
    assert codes(facts) <= {"type_mismatch"}


def test_a_tnef_is_read_in_its_code_page() -> None:
    octets = tnef(tnef_file(b"x", "客户名单机密.txt".encode("cp936")), code_page=936)
    assert names(read_mail(file_mail(octets, "winmail.dat"))) == ["winmail.dat", "客户名单机密.txt"]


def test_a_tnef_of_properties() -> None:
    facts = read_mail(file_mail(new_tnef(), "winmail.dat"))
    (outer,) = facts.attachments
    for text in ["ALBATROSS", "KINGFISHER", "HERON", "PELICAN", "CURLEW", "PLOVER", "SANDPIPER"]:
        assert outer.text.count(text) == 1
    assert "山田 <y@p.example>" in outer.text
    assert [one.filename for one in outer.members] == [
        "長い名前の資料.txt",
        "property.txt",
        "転送された件.msg",
        "表.doc",
    ]
    assert [one.short_type for one in outer.members] == ["txt", "txt", "tnef", "doc"]
    assert [one.filename for one in outer.members[2].members] == ["顧客一覧表.txt", "資料.txt"]
    assert facts.personal_data["my_number"].values == (MY_NUMBER,)


def test_wrong_checksums_and_padding_are_no_fault() -> None:
    octets = tnef(attribute(1, 0x0002800C, b"KINGFISHER\0", checksum=1), tnef_file(b"x", b"a.txt")) + b"\r\n"
    facts = read_mail(file_mail(octets, "winmail.dat"))
    assert (facts.attachments[0].text, names(facts), codes(facts)) == ("KINGFISHER", ["winmail.dat", "a.txt"], set())


def test_a_file_begins_also_where_its_mark_is_missing() -> None:
    data, title = attribute(2, 0x0006800F, b"HERON"), attribute(2, 0x00018010, b"a.txt\0")
    facts = read_mail(file_mail(tnef(title, data, title, data), "winmail.dat"))
    assert [one.text for one in facts.attachments[0].members] == ["HERON", "HERON"]


@pytest.mark.parametrize(
    "octets",
    [
        old_tnef()[:-40],
        old_tnef()[:30] + b"\x07 no attribute",
        tnef(attribute(1, 0x00069003, mapi_list([(_UNICODE, 0x0037, "x" * 40)])[:-9])),
        tnef(attribute(1, 0x00069003, b"\xff\xff\xff\x7f")),
        tnef(attribute(1, 0x00069003, struct.pack("<IHH", 1, 0x999, 0x37))),
        tnef(message_properties((_OCTETS, 0x1009, WXYZ_RTF[:20]))),
        b"\x78\x9f\x3e\x22\0\0junk that is none",
    ],
    ids=["cut", "garbage", "cut list", "lying count", "odd type", "cut rtf", "no attribute"],
)
def test_a_broken_tnef_is_said(octets: bytes) -> None:
    facts = read_mail(file_mail(octets, "winmail.dat"))
    assert "unparseable_attachment" in codes(facts)
    assert "unreadable" not in codes(facts)


def test_a_cut_tnef_is_not_inspected_and_gives_what_came_before() -> None:
    facts = read_mail(file_mail(old_tnef()[:-40], "winmail.dat"))
    assert not facts.attachments[0].inspected
    assert MY_NUMBER in facts.attachments[0].members[0].text


def test_a_file_that_is_only_pointed_at_is_said() -> None:
    octets = tnef(
        tnef_file(None, b"", (_UNICODE, 0x3707, "far.doc"), (_UNICODE, 0x370D, "\\\\server.example\\far.doc"))
    )
    facts = read_mail(file_mail(octets, "winmail.dat"))
    assert "not_inspectable" in codes(facts)
    assert not facts.attachments[0].inspected


def deep_tnef(levels: int) -> bytes:
    octets = tnef(attribute(1, 0x0002800C, b"bottom\0"))
    for _ in range(levels):
        octets = tnef(tnef_file(None, b"", (_OBJECT, 0x3701, _MESSAGE + octets), (_UNICODE, 0x3001, "fw")))
    return octets


def test_messages_too_deep_are_said() -> None:
    assert "nested_too_deep" in codes(read_mail(file_mail(deep_tnef(12), "winmail.dat")))
    facts = read_mail(file_mail(deep_tnef(6), "winmail.dat"))
    assert any(one.text == "bottom" for one in every(facts.attachments))
    assert codes(facts) == set()


# .msg


def plain_msg(*, unicode: bool = True) -> bytes:
    code_page = 0 if unicode else 932
    inner = message(
        {0x37: "内側の件名", 0x1000: "内側の本文 HERON"},
        files=[msg_file(f"カード {CARD}".encode(), "内側の資料.txt")],
        header=24,
    )
    return compound_file(
        message(
            {
                0x1A: "IPM.Note",
                0x37: "見積の件",
                0x1000: "本文 KINGFISHER",
                0x42: "送信者",
                0x5D02: "s@corp.example",
                0x0E04: "受信者",
            },
            [properties({0x3001: "受信者", 0x39FE: "r@partner.example"}, code_page=code_page, unicode=unicode)],
            [msg_file(b"x" * 9000 + b" PELICAN", "大きな資料の一覧表.txt"), inner_message(inner, "内側")],
            code_page=code_page,
            unicode=unicode,
        )
    )


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("name", ["a.msg", "a.oft", "a.bin"])
def test_a_msg(unicode: bool, name: str) -> None:
    facts = read_mail(file_mail(plain_msg(unicode=unicode), name, "application/vnd.ms-outlook"))
    (outer,) = facts.attachments
    assert (outer.short_type, outer.inspected, codes(facts)) == ("msg", True, set())
    for text in ("見積の件", "本文 KINGFISHER", "送信者 <s@corp.example>", "受信者 <r@partner.example>"):
        assert text in outer.text
    big, inner = outer.members
    assert (big.filename, big.size) == ("大きな資料の一覧表.txt", 9008)
    assert (inner.filename, inner.short_type, inner.inspected) == ("内側.msg", "msg", True)
    assert "内側の本文 HERON" in inner.text
    assert [one.filename for one in inner.members] == ["内側の資料.txt"]
    assert facts.personal_data["payment_card"].values == (CARD,)
    assert set(facts.personal_data) == {"payment_card"}  # not between whom it went


def test_a_msg_above_seven_megabytes() -> None:
    files = [msg_file(bytes(9 * 2**20), "big.bin"), msg_file(b"KINGFISHER", "small.txt")]
    octets = compound_file(message({0x37: "subject"}, files=files))
    facts = read_mail(mail(octets, b"Content-Type: application/octet-stream; name=a.msg"))
    assert [one.filename for one in facts.attachments[0].members] == ["big.bin", "small.txt"]
    assert facts.attachments[0].members[1].text == "KINGFISHER"


def test_all_bodies_and_texts_of_a_msg() -> None:
    rtf = rb"{\rtf1\ansi\ansicpg932\fromhtml1 {\*\htmltag64 <p>}\'8b\'40\'96\'a7{\*\htmltag84 <b title=PELICAN>}x}"
    values: dict[int, object] = {
        0x37: "subject",
        0x7D: "Received: x\r\nSubject: =?utf-8?B?5qmf5a+G?= CURLEW\r\nTo: =?utf-8?B?5qmf?= <t@x.example>\r\n",
        0x1013: "<p>ページ HERON</p>".encode("euc_jp"),
        0x3FDE: 51932,
        0x1009: literal_rtf(rtf),
        0x8005: ["分類 PLOVER", "SANDPIPER"],
        0x3A06: "名",
    }
    facts = read_mail(file_mail(compound_file(message(values)), "a.msg"))
    (outer,) = facts.attachments
    for text in ("機密 CURLEW", "t@x.example", "ページ HERON", "機密x", "PELICAN", "分類 PLOVER", "SANDPIPER", "名"):
        assert text in outer.text
    assert "email_address" not in facts.personal_data  # only in the field To


def test_the_same_body_three_times_is_said_once() -> None:
    bodies: dict[int, object] = {
        0x1000: "KINGFISHER  HERON\r\n",
        0x1013: b"<p>KINGFISHER<br>HERON</p>",
        0x1009: literal_rtf(rb"{\rtf1\ansi\fromhtml1 {\*\htmltag <p>}KINGFISHER HERON}"),
    }
    (outer,) = read_mail(file_mail(compound_file(message(bodies)), "a.msg")).attachments
    assert outer.text.count("KINGFISHER") == 1


def test_a_signed_mail_that_outlook_saved() -> None:
    signed = b'Content-Type: multipart/signed; boundary="x"\r\n\r\n--x\r\n\r\nKINGFISHER\r\n--x--\r\n'
    tree = message({0x1A: "IPM.Note.SMIME.MultipartSigned"}, files=[msg_file(signed, "smime.p7m")])
    facts = read_mail(file_mail(compound_file(tree), "a.msg"))
    assert any("KINGFISHER" in one.text and one.short_type == "eml" for one in every(facts.attachments))


def test_an_object_of_another_program_is_said() -> None:
    tree = message(
        {0x37: "x"}, files=[properties({0x3704: "o", 0x3705: 6}) | {"__substg1.0_3701000D": {"CONTENTS": b"x"}}]
    )
    facts = read_mail(file_mail(compound_file(tree), "a.msg"))
    assert "not_inspectable" in codes(facts)
    assert not facts.attachments[0].inspected


def test_messages_in_a_msg_too_deep_are_said() -> None:
    tree = message({0x37: "bottom"}, header=24)
    for _ in range(12):
        tree = message({0x37: "x"}, files=[inner_message(tree, "fw")], header=24)
    assert "nested_too_deep" in codes(read_mail(file_mail(compound_file(tree), "a.msg")))


def test_a_msg_cut_off_is_said() -> None:
    octets = plain_msg()
    facts = read_mail(file_mail(octets[: len(octets) // 2], "a.msg"))
    assert "unparseable_attachment" in codes(facts)
    assert not facts.attachments[0].inspected


def mutants(octets: bytes, number: int) -> Iterator[bytes]:
    """Copies with a few octets changed, stretches cut out or said twice; the same ones every time."""
    chance = random.Random(2026)
    for _ in range(number):
        copy = bytearray(octets)
        for _ in range(chance.choice((1, 2, 8))):
            copy[chance.randrange(len(copy))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        start, length = chance.randrange(len(copy)), chance.randrange(40)
        if chance.random() < 0.3:
            del copy[start : start + length]
        elif chance.random() < 0.2:
            copy[start:start] = copy[start : start + length]
        yield bytes(copy)


@pytest.mark.parametrize("make", [old_tnef, new_tnef, plain_msg])
def test_no_change_of_octets_stops_the_reader(make: object) -> None:
    octets = make()  # type: ignore[operator]
    for one in mutants(octets, 150):
        facts = read_mail(mail(one, b"Content-Type: application/octet-stream; name=a.bin"))
        assert "unreadable" not in codes(facts)
        assert len(facts.attachments) == 1
