"""Mails inside mails, visiting cards and calendars, files in plain text, pieces of mails: as real programs do it."""

from __future__ import annotations

import binascii
import struct

import pytest
from tests.golden.inspect.makers import CARD, HEAD, attachment, b64, file_mail, mail, multipart, part, word
from tests.golden.inspect.test_outlook import codes, every, mutants, names

from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Facts

_TEXT = part(b"see", b"Content-Type: text/plain")
_INNER = multipart(
    part(b"inner KINGFISHER", b"Content-Type: text/plain"), attachment(b"HERON", "list.txt"), boundary="i"
)
_INNER = _INNER.replace(b"MIME-Version", b"Subject: " + word("内側の件名", "utf-8") + b"\r\nMIME-Version", 1)


def quoted_printable(octets: bytes) -> bytes:
    return binascii.b2a_qp(octets.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize(
    "inner",
    [
        part(_INNER, b"Content-Type: message/rfc822"),
        part(_INNER, b"Content-Type: message/global"),
        part(b64(_INNER), b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64"),
        part(quoted_printable(_INNER), b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: quoted-printable"),
        attachment(_INNER, "fwd.eml"),
        attachment(_INNER, "fwd.dat", "image/x-strange"),
        attachment(b"\xef\xbb\xbf\r\n" + _INNER, "fwd"),
        attachment(b"From ann@corp.example Tue Nov 24 10:00:00 2026\r\n" + _INNER, "one.mbox"),
    ],
    ids=["plain", "global", "base64", "quoted", "eml", "any name", "after a mark", "mbox of one"],
)
def test_a_mail_inside(inner: bytes) -> None:
    facts = read_mail(multipart(_TEXT, inner))
    outer = facts.attachments[0]
    assert outer.short_type == "eml"
    for text in ("内側の件名", "inner KINGFISHER", "ann@corp.example", "bob@partner.example"):
        assert text in outer.text
    assert "list.txt" in names(facts)
    assert "KINGFISHER" not in facts.text
    assert codes(facts) == set()


def test_a_digest() -> None:
    facts = read_mail(multipart(part(_INNER), part(_INNER.replace(b"KINGFISHER", b"PELICAN")), kind="digest"))
    assert [one.short_type for one in facts.attachments] == ["eml", "txt", "eml", "txt"]
    assert "PELICAN" in facts.attachments[2].text


def test_an_mbox() -> None:
    mark = b"From ann@corp.example Tue Nov 24 10:00:00 2026\n"
    inner = _INNER.replace(b"\r\n", b"\n")
    octets = mark + inner + b"\n" + mark + inner.replace(b"KINGFISHER", b"From now on: PELICAN") + b"\n"
    facts = read_mail(file_mail(octets, "Sent"))
    (outer,) = facts.attachments
    assert (outer.short_type, [one.filename for one in outer.members]) == ("mbox", ["1.eml", "2.eml"])
    assert "From now on: PELICAN" in outer.members[1].text
    assert [one.filename for one in outer.members[0].members] == ["list.txt"]


def test_an_emlx() -> None:
    octets = str(len(_INNER)).encode() + b"\n" + _INNER + b"<plist><string>CURLEW</string></plist>"
    facts = read_mail(file_mail(octets, "1.emlx"))
    (outer,) = facts.attachments
    assert outer.short_type == "emlx"
    assert "inner KINGFISHER" in outer.text
    assert "CURLEW" in outer.text
    assert [one.filename for one in outer.members] == ["list.txt"]
    assert "unparseable_attachment" in codes(read_mail(file_mail(octets[:300], "1.emlx")))


@pytest.mark.parametrize("name", ["page.mht", "page.mhtml", "page.doc"])
def test_a_web_archive(name: str) -> None:
    page = part("<p>頁 KINGFISHER</p>".encode(), b"Content-Type: text/html; charset=utf-8", b"Content-Location: x:/a")
    picture = part(b64(b"\x89PNG\r\n\x1a\n"), b"Content-Type: image/png", b"Content-Transfer-Encoding: base64")
    body = b"--w\r\n" + page + b"\r\n--w\r\n" + picture + b"\r\n--w--\r\n"
    for head in (b"MIME-Version: 1.0\r\n", b"From: <Saved by Blink>\r\nSubject: s\r\nMIME-Version: 1.0\r\n"):
        octets = head + b'Content-Type: multipart/related;\r\n\tboundary="w"\r\n\r\n' + body
        facts = read_mail(file_mail(octets, name))
        assert "頁 KINGFISHER" in facts.attachments[0].text
        assert [one.short_type for one in facts.attachments] == ["eml", "png"]
        assert codes(facts) == set()


def test_mails_too_deep_are_said() -> None:
    octets = _INNER
    for _ in range(15):
        octets = multipart(_TEXT, part(octets, b"Content-Type: message/rfc822"), boundary=f"b{len(octets)}")
    assert "nested_too_deep" in codes(read_mail(octets))


@pytest.mark.parametrize("kind", [b"message/rfc822", b"text/rfc822-headers"])
def test_a_bounce(kind: bytes) -> None:
    facts = read_mail(
        multipart(
            part(b"It did not arrive.", b"Content-Type: text/plain"),
            part(b"Final-Recipient: rfc822; PELICAN@x.example", b"Content-Type: message/delivery-status"),
            part(_INNER if kind == b"message/rfc822" else _INNER.partition(b"\r\n\r\n")[0], b"Content-Type: " + kind),
            kind="report; report-type=delivery-status",
        )
    )
    everything = facts.text + "".join(one.text for one in facts.attachments)
    for text in ("It did not arrive.", "PELICAN@x.example", "内側の件名"):
        assert text in everything
    assert ("list.txt" in names(facts)) is (kind == b"message/rfc822")


# Cards and calendars

_CARDS = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=Shift_JIS;ENCODING=QUOTED-PRINTABLE:=8E=52=93=63;=91=\r\n=BE=98=59\r\n"
    "NOTE;ENCODING=BASE64;CHARSET=UTF-8:S0lOR0ZJU0hFUg==\r\nTEL;CELL:090-1234-\r\n 5678\r\n"
    "PHOTO;ENCODING=BASE64;JPEG:\r\n /9j/4AAQSkZJRgABAQ==\r\n\r\nEND:VCARD\r\n"
    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:鈴木\\, 花子\r\nitem1.ADR;TYPE=WORK:;;丸の内1-1;千代田区;東京都;100-0005;日本\r\n"
    "AGENT:BEGIN:VCARD\\nFN:佐藤\\nEND:VCARD\r\nEND:VCARD\r\n"
)


@pytest.mark.parametrize("kind", ["text/vcard", "text/x-vcard", "application/octet-stream"])
def test_cards(kind: str) -> None:
    facts = read_mail(file_mail(_CARDS.encode(), "people.vcf", kind))
    (one,) = facts.attachments
    for text in ("山田;太郎", "090-1234-5678", "鈴木, 花子", "100-0005 東京都千代田区丸の内1-1", "\nFN:佐藤"):
        assert text in one.text
    assert "/9j/" not in one.text
    assert facts.persons >= 3
    assert [member.text for member in one.members] == ["KINGFISHER"]


def test_a_card_with_a_file_for_a_photo() -> None:
    octets = (
        b"BEGIN:VCARD\r\nFN:a\r\nPHOTO;ENCODING=b;X-FILENAME=a.txt:S0lOR0ZJU0hFUg==\r\nKEY;ENCODING=b:MIIB\r\nEND:VCARD"
    )
    (one,) = read_mail(file_mail(octets, "a.vcf")).attachments
    assert [(member.filename, member.text) for member in one.members] == [("a.txt", "KINGFISHER")]


_CALENDAR = (
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:打ち合わ\r\n せの件\r\n"
    "DESCRIPTION:a\\nMETHOD:REPLY\\nカード\\, 4012 8888 8888 1881\r\n"
    'ATTENDEE;CN="山田: 太郎";ROLE=REQ-PARTICIPANT:mailto:taro@partner.example\r\n'
    "X-ALT-DESC;FMTTYPE=text/html:<p>HE<b>RON</b></p>\r\n"
    'DESCRIPTION;ALTREP="data:text/html,%3Cp%3EPELI%3Cb%3ECAN":x\r\n'
    'ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME="議事.txt":S0lOR0\r\n ZJU0hFUg==\r\n'
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)
_SAID = ("打ち合わせの件", "カード, 4012", "山田: 太郎", "taro@partner.example", "HERON", "PELICAN")


def test_a_calendar_as_the_text_of_a_mail() -> None:
    facts = read_mail(mail(_CALENDAR.encode(), b"Content-Type: text/calendar; charset=utf-8; method=REQUEST"))
    for text in _SAID:
        assert text in facts.text
    assert facts.calendar == "REQUEST"  # the line in the description is none of the calendar's
    assert [(one.filename, one.text) for one in facts.attachments] == [("議事.txt", "KINGFISHER")]
    assert facts.personal_data["payment_card"].values == (CARD,)


def test_an_invitation_that_hangs_on_itself_is_no_file() -> None:
    event = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    other = event.replace(b"1@x", b"2@x")
    body = part(event, b"Content-Type: text/calendar; charset=utf-8; method=REQUEST")
    hung = [
        attachment(one, name, "application/ics")
        for one, name in ((event, "invite.ics"), (other, "b.ics"), (event + other, "c.ics"))
    ]
    facts = read_mail(multipart(part(b"see", b"Content-Type: text/plain"), body, *hung))
    assert [(one.filename, one.inline) for one in facts.attachments] == [
        ("invite.ics", True), ("b.ics", False), ("c.ics", False)
    ]  # fmt: skip
    alone = read_mail(multipart(part(b"see", b"Content-Type: text/plain"), hung[0]))
    assert [one.inline for one in alone.attachments] == [False]


def test_a_calendar_as_a_file() -> None:
    (one,) = read_mail(file_mail(_CALENDAR.encode("utf-16"), "a.ics", "text/calendar")).attachments
    assert all(text in one.text for text in _SAID)
    assert [member.filename for member in one.members] == ["議事.txt"]


def _invitation(method: str, people: int, more: str = "") -> Facts:
    guests = "".join(f"ATTENDEE;CN=g{n}@x.example;RSVP=TRUE:mailto:g{n}@x.example\r\n" for n in range(people))
    octets = (
        f"BEGIN:VCALENDAR\r\n{method}BEGIN:VEVENT\r\nORGANIZER;CN=山田 太郎:mailto:ann@corp.example\r\n{guests}{more}"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    return read_mail(mail(octets.encode(), b"Content-Type: text/calendar; charset=utf-8"))


def test_whom_an_invitation_invites_is_no_personal_data() -> None:
    facts = _invitation("METHOD:REQUEST\r\n", 12, f"DESCRIPTION:{CARD}\r\n")
    assert (facts.persons, set(facts.personal_data)) == (1, {"payment_card"})
    assert _invitation("METHOD:CANCEL\r\n", 12).kind == "calendar_reply"
    assert _invitation("METHOD:REQUEST\r\n", 40).persons == 41  # a list all the same
    assert _invitation("METHOD:REQUEST\r\n", 12, "ATTENDEE;CN=03-1234-5678:mailto:a@x.example\r\n").persons >= 12
    assert _invitation("", 12).persons == 13  # a calendar that was exported
    assert _invitation("METHOD:PUBLISH\r\n", 12).persons == 13


def test_a_letter_that_lists_who_is_invited_lists_no_people() -> None:
    names = ["山田 太郎", "佐藤 花子", "鈴木 一郎", "田中 次郎", "伊藤 三郎"]
    guests = "".join(f"ATTENDEE;CN={name}:mailto:g{at}@x.example\r\n" for at, name in enumerate(names))
    event = f"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n{guests}END:VEVENT\r\nEND:VCALENDAR\r\n"
    listed = "\r\n".join([*names[:4], "伊藤 三郎 - 主催者", "g0@x.example, G1@x.example", "eve@y.example"])

    def read(calendar: str) -> Facts:
        plain = part(f"参加者\r\n{listed}\r\n".encode(), b"Content-Type: text/plain; charset=utf-8")
        return read_mail(multipart(plain, part(calendar.encode(), b"Content-Type: text/calendar; charset=utf-8")))

    facts = read(event)
    assert (facts.persons, facts.personal_data["email_address"].values) == (1, ("eve@y.example",))
    assert set(facts.personal_data) == {"email_address"}
    assert read(event.replace("METHOD:REQUEST\r\n", "")).persons >= 5


def test_between_whom_a_mail_inside_went_is_no_personal_data() -> None:
    people = ", ".join(f"g{n}@x.example" for n in range(12))
    inner = f"From: ann@corp.example\r\nTo: {people}\r\nSubject: x\r\n\r\nbob@x.example\r\n".encode()
    facts = read_mail(mail(inner, b"Content-Type: message/rfc822"))
    assert facts.personal_data["email_address"].values == ("bob@x.example",)
    assert (facts.persons, "g11@x.example" in facts.attachments[0].text) == (1, True)
    many = inner.replace(b"\r\nTo: ", b"\r\nTo: " + b"".join(b"h%d@x.example, " % n for n in range(30)), 1)
    assert read_mail(mail(many, b"Content-Type: message/rfc822")).persons == 44


def test_a_fold_may_cut_a_character() -> None:
    raw = "BEGIN:VCALENDAR\r\nSUMMARY:機密\r\nEND:VCALENDAR".encode()
    cut = raw.index("密".encode()) + 1
    facts = read_mail(mail(raw[:cut] + b"\r\n " + raw[cut:], b"Content-Type: text/calendar; charset=utf-8"))
    assert "SUMMARY:機密" in facts.text


# Plain text


def uuencoded(octets: bytes, name: bytes, *, end: bool = True, backtick: bool = True) -> bytes:
    lines = [binascii.b2a_uu(octets[at : at + 45], backtick=backtick).rstrip(b"\n") for at in range(0, len(octets), 45)]
    close = [b"`" if backtick else b" ", b"end"] if end else []
    return b"\r\n".join([b"begin 644 " + name, *(line.rstrip(b" ") for line in lines), *close, b""])


def test_uuencoded_files() -> None:
    body = (
        b"above\r\n"
        + uuencoded(b"KINGFISHER\0\0\0" * 9, "機密の一覧.txt".encode("cp932"))
        + b"between\r\n"
        + uuencoded(b"HERON " * 20, "極秘計画.csv".encode(), backtick=False)
        + uuencoded(b"PELICAN" * 20, b"c.txt", end=False)
        + b"\r\nbegin-base64 644 d.txt\r\nQ1VSTEVX\r\n====\r\nbelow\r\n"
    )
    facts = read_mail(mail(body))
    assert names(facts) == ["機密の一覧.txt", "極秘計画.csv", "c.txt", "d.txt"]
    assert [one.size for one in facts.attachments] == [117, 120, 140, 6]
    assert facts.text.split() == ["above", "between", "below"]
    inside = read_mail(file_mail(body, "notes.txt"))
    assert [one.filename for one in every(inside.attachments)][1:] == names(facts)


def test_flowed_text_keeps_its_quotes() -> None:
    body = b"> 4012 8888 \r\n> 8888 1881\r\n>> a \r\n> b\r\n-- \r\n From x\r\n"
    facts = read_mail(mail(body, b'Content-Type: text/plain; format="Flowed"'))
    assert facts.text == "> 4012 8888 8888 1881\n>> a \n> b\n-- \nFrom x\n"


def test_binhex_is_said() -> None:
    octets = b"(This file must be converted with BinHex 4.0)\r\n\r\n:abc:"
    facts = read_mail(file_mail(octets, "a", "application/mac-binhex40"))
    assert "not_inspectable" in codes(read_mail(mail(octets)))
    assert facts.attachments[0].short_type == "hqx"
    assert not facts.attachments[0].inspected
    assert "not_inspectable" in codes(facts)


def test_applesingle() -> None:
    data, name = b"KINGFISHER", "資料.txt".encode()
    head = struct.pack(">II16xH", 0x00051600, 0x00020000, 2)
    entries = struct.pack(">IIIIII", 3, 50, len(name), 1, 50 + len(name), len(data))
    facts = read_mail(file_mail(head + entries + name + data, "x", "application/applefile"))
    assert [(one.filename, one.text) for one in facts.attachments[0].members] == [("資料.txt", "KINGFISHER")]
    assert "unparseable_attachment" in codes(read_mail(file_mail((head + entries + name + data)[:-1], "x")))


# Pieces


def test_pieces_of_a_mail() -> None:
    first = mail(
        HEAD + b"Subject: HERON\r\n\r\nKINGFISHER\r\n", b"Content-Type: message/partial; id=1; number=1; total=2"
    )
    facts = read_mail(first)
    assert codes(facts) == {"partial", "not_inspectable"}
    assert "KINGFISHER" in facts.attachments[0].text
    assert "HERON" in facts.attachments[0].text
    second = read_mail(mail(b64(b"PELICAN " * 20), b"Content-Type: message/partial; id=1; number=2; total=2"))
    assert codes(second) == {"partial", "not_inspectable"}
    assert "PELICAN" in second.text


def test_a_content_that_lies_elsewhere() -> None:
    field = b'Content-Type: message/external-body; access-type=URL; URL="https://x.example/KINGFISHER.zip"'
    facts = read_mail(mail(b"Content-Type: image/gif\r\n\r\nphantom HERON", field))
    assert codes(facts) == {"external_body", "not_inspectable"}
    assert "https://x.example/KINGFISHER.zip" in facts.text
    assert "phantom HERON" in facts.attachments[0].text


@pytest.mark.parametrize("octets", [_CARDS.encode(), _CALENDAR.encode(), _INNER, b"From a 10:00 2026\n" + _INNER])
def test_no_change_of_octets_stops_the_reader(octets: bytes) -> None:
    for one in mutants(octets, 100):
        for kind in (b"text/calendar", b"application/octet-stream; name=a.vcf", b"message/rfc822"):
            assert "unreadable" not in codes(read_mail(mail(one, b"Content-Type: " + kind)))
