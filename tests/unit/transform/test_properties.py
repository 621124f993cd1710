"""What holds for every mail: nothing is touched but what an alteration says, and readers see what was meant."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.transform.mails import BOB, Piece, altered, joined, mails, untouched

from mailguard.inspect.reader import read_mail
from mailguard.mail.address import parse_address
from mailguard.mail.alteration import (
    AddBcc,
    AddCc,
    AddHeader,
    Alteration,
    Footer,
    Readdress,
    RemoveAttachment,
    Split,
    TagSubject,
    ToBcc,
    ZipAttachments,
)
from mailguard.transform.apply import Altered, Refused, apply
from mailguard.transform.attachments import files_of
from mailguard.transform.walk import read_structure

BOSS = parse_address("boss@corp.example")
ZIP = ZipAttachments("correct-horse-42", "5" * 32)
#: Each alteration, and what of a mail it may touch.
TOUCHES: list[tuple[Alteration, set[str]]] = [
    (ToBcc("sender_in_to"), {"to", "cc"}),
    (ToBcc("each_alone"), {"to", "cc"}),
    (ToBcc("each_alone", "listed", ("ann@partner.example", "bob@partner.example")), {"to", "cc"}),
    (ToBcc(visible=("corp.example",)), {"to", "cc"}),
    (Split(), {"to", "cc"}),
    (Split("kept"), set()),
    (AddCc(BOSS, "上長"), {"cc", "end"}),
    (AddBcc(BOSS), set()),
    (Readdress(BOB, BOSS), {"to", "cc"}),
    (TagSubject("[社外]"), {"subject"}),
    (TagSubject("[ext]"), {"subject"}),
    (AddHeader("X-Class", "機密"), {"end"}),
    (Footer("このメールは社外秘です。", "Confidential"), {"plain", "html"}),
    (Footer(en="Confidential & <b>"), {"plain", "html"}),
    (ZIP, {"file", "cut"}),
]
IDS = [f"{type(one).__name__}-{number}" for number, (one, _) in enumerate(TOUCHES)]
many = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(("alteration", "touches"), TOUCHES, ids=IDS)
@many
@given(mail=mails())
def test_every_other_octet_stays(alteration: Alteration, touches: set[str], mail: list[Piece]) -> None:
    assert untouched(mail, touches, altered(joined(mail), alteration).octets)


@pytest.mark.parametrize("alteration", [one for one, _ in TOUCHES if one is not ZIP], ids=IDS[:-1])
@many
@given(mail=mails())
def test_twice_is_once(alteration: Alteration, mail: list[Piece]) -> None:
    once = altered(joined(mail), alteration).octets
    assert altered(once, alteration).octets == once


@many
@given(mail=mails(), recipe=st.lists(st.sampled_from([one for one, _ in TOUCHES]), max_size=5, unique_by=type))
def test_the_same_again_gives_the_same_in_whatever_order(mail: list[Piece], recipe: list[Alteration]) -> None:
    octets = joined(mail)
    first = apply(octets, tuple(recipe), BOB)
    assert apply(octets, tuple(recipe), BOB) == first
    assert apply(octets, tuple(reversed(recipe)), BOB) == first


@many
@given(mail=mails())
def test_an_empty_recipe_changes_nothing(mail: list[Piece]) -> None:
    assert apply(joined(mail), (), BOB) == Altered(joined(mail))


@many
@given(mail=mails(), style=st.sampled_from(["sender_in_to", "each_alone"]))
def test_nobody_hidden_is_named_in_the_header(mail: list[Piece], style: str) -> None:
    octets = altered(joined(mail), ToBcc(style)).octets  # type: ignore[arg-type]
    read = message_from_bytes(octets, policy=default)
    # getaddresses is no judge: some Pythons read nothing where a comment holds a comma (CVE-2023-27043).
    named = {one.addr_spec for name in ("to", "cc") for field in read.get_all(name, []) for one in field.addresses}
    assert len(read.get_all("to", [])) == 1
    wanted = {"sender@corp.example"} if style == "sender_in_to" else {"bob@partner.example"}
    assert named == wanted
    assert {one.address for one in read_mail(octets).headers.to} == wanted


@many
@given(mail=mails(), tag=st.sampled_from(["[社外]", "[ext]", "【重要】①"]))
def test_the_tag_is_read_before_the_subject(mail: list[Piece], tag: str) -> None:
    octets = joined(mail)
    before, after = read_mail(octets).headers.subject, altered(octets, TagSubject(tag)).octets
    assert read_mail(after).headers.subject == f"{tag} {before}".strip()
    assert str(message_from_bytes(after, policy=default)["subject"]) == f"{tag} {before}".strip()


@many
@given(mail=mails())
def test_the_footer_is_read_and_the_text_before_it_is_the_same(mail: list[Piece]) -> None:
    octets = joined(mail)
    after = altered(octets, Footer(en="(c) Corp — すべての権利 <留保>")).octets
    facts, was = read_mail(after), read_mail(octets)
    assert "(c) Corp — すべての権利 <留保>" in facts.text
    assert facts.findings == was.findings
    for line in was.text.splitlines():
        assert line.strip() in facts.text
    for part in message_from_bytes(after, policy=default).walk():
        if part.get_content_maintype() == "text" and not part.get_filename():
            assert "Corp" in part.get_content()
    assert [one.sha256 for one in facts.attachments] == [one.sha256 for one in was.attachments]


@many
@given(mail=mails(), which=st.integers(0, 2))
def test_one_attachment_goes_and_the_others_stay(mail: list[Piece], which: int) -> None:
    octets = joined(mail)
    files = files_of(read_structure(octets))
    if which >= len(files):
        result = apply(octets, (RemoveAttachment(part="9.9"),), BOB)
        assert isinstance(result, Refused)
        return
    number = [at for at, one in enumerate(mail) if one.what == "file"][which]
    marked = [*mail[:number], Piece(mail[number].octets, "gone"), *mail[number + 1 :]]
    after = altered(octets, RemoveAttachment(part=files[which].part.path)).octets
    assert untouched(marked, {"gone"}, after)
    left, was = read_mail(after), read_mail(octets)
    assert len(left.attachments) == len(was.attachments) - 1
    assert "was removed before this mail was sent" in left.text


@settings(max_examples=100, deadline=None)
@given(octets=st.binary(max_size=400), number=st.integers(0, len(TOUCHES) - 1))
def test_nothing_is_raised_whatever_a_mail_is(octets: bytes, number: int) -> None:
    assert isinstance(apply(octets, (TOUCHES[number][0],), BOB), Altered | Refused)


_SHREDS = [
    b"To", b"Cc", b": ", b"\r\n", b"\r\n\r\n", b"--b", b"--", b"Content-Type: multipart/mixed; boundary=b", b"QUJD",
    b"=", b"Content-Transfer-Encoding: base64", b"<", b">", b'"', b"(", b",", b";", b"a@b.example", b"\x1b$B",
    b"\n", b"\x00",
    b"=?utf-8?b?44GC?=", b"Content-Type: text/html", b"</body>", b"Subject: x", b"\xff",
    b"Content-Disposition: attachment; filename=x",
]  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(shreds=st.lists(st.sampled_from(_SHREDS), max_size=40), number=st.integers(0, len(TOUCHES) - 1))
def test_nothing_is_raised_on_shreds_of_mails(shreds: list[bytes], number: int) -> None:
    assert isinstance(apply(b"".join(shreds), (TOUCHES[number][0],), BOB), Altered | Refused)
