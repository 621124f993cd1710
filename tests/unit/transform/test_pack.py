"""Attachments into a zip under AES-256: what goes in, what is cut out, who can read it."""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from hashlib import sha256

import pytest
from tests.unit.transform.mails import altered, crlf, refused

from mailguard.inspect.reader import read_mail
from mailguard.mail.alteration import ZipAttachments, new_password, new_seed
from mailguard.transform.aeszip import AesZip

ZIP = ZipAttachments("correct-horse-42", "5" * 64)
PASSWORD = b"correct-horse-42"


def file(name: str, content: bytes, media: str = "application/octet-stream") -> str:
    letters = base64.encodebytes(content).decode()
    return (
        f"--b\nContent-Type: {media}\nContent-Disposition: attachment; filename=\"{name}\"\n"
        f"Content-Transfer-Encoding: base64\n\n{letters}"
    )  # fmt: skip


HEAD = "From: a@corp.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n"


def mail(*files: str) -> bytes:
    return crlf(HEAD + "".join(files) + "--b--\n")


def archive_of(octets: bytes) -> tuple[str, bytes]:
    parts = [one for one in message_from_bytes(octets, policy=default).walk() if one.get_filename()]
    assert len(parts) == 1
    content = parts[0].get_payload(decode=True)
    assert isinstance(content, bytes)
    return str(parts[0].get_filename()), content


def names(octets: bytes) -> list[str]:
    return [one.filename for one in zipfile.ZipFile(io.BytesIO(archive_of(octets)[1])).infolist()]


def test_all_files_go_into_one_zip_and_the_text_stays() -> None:
    octets = mail(file("a.csv", b"1,2\r\n" * 1000), file("b.pdf", b"%PDF"), file("c", b""))
    after = altered(octets, ZIP)
    assert after.octets.startswith(crlf(HEAD))
    assert after.octets.endswith(b"\r\n--b--\r\n")
    assert archive_of(after.octets)[0] == "attachments.zip"
    assert names(after.octets) == ["a.csv", "b.pdf", "c"]
    assert after.diff[:4] == (
        "@@ part 2 @@",
        "-a.csv (application/octet-stream, 5,000 bytes)",
        "-b.pdf (application/octet-stream, 4 bytes)",
        "-c (application/octet-stream, 0 bytes)",
    )
    assert after.diff[4].startswith("+attachments.zip (application/zip, AES-256, ")
    assert PASSWORD not in after.octets
    assert all("correct-horse" not in line for line in after.diff)


def test_our_own_reader_opens_it_with_the_password_in_the_text() -> None:
    octets = mail(file("a.txt", "カード 4111 1111 1111 1111\r\n".encode() * 500)).replace(b"Hello", PASSWORD)
    facts = read_mail(altered(octets, ZIP).octets)
    (attachment,) = facts.attachments
    assert attachment.encrypted
    assert attachment.members[0].filename == "a.txt"
    assert "4111 1111" in attachment.members[0].text
    locked = read_mail(altered(mail(file("a.txt", b"secret text")), ZIP).octets)
    assert not locked.attachments[0].members[0].text
    assert "encrypted" in {one.code for one in locked.findings}


def test_the_same_gives_the_same_and_two_contents_share_no_salt() -> None:
    one, two = mail(file("a", b"x" * 99)), mail(file("a", b"y" * 99))
    assert altered(one, ZIP).octets == altered(one, ZIP).octets
    salts = {archive_of(altered(octets, ZIP).octets)[1][42:58] for octets in (one, two)}
    assert len(salts) == 2
    assert altered(one, replace(ZIP, seed="6" * 64)).octets != altered(one, ZIP).octets


def test_a_single_file_names_the_zip() -> None:
    assert archive_of(altered(mail(file("見積書.xlsx", b"x")), ZIP).octets)[0] == "見積書.zip"
    assert archive_of(altered(mail(file("a.xlsx", b"x")), replace(ZIP, filename="送付.zip")).octets)[0] == "送付.zip"
    facts = read_mail(altered(mail(file("見積書.xlsx", b"x")), ZIP).octets)
    assert facts.attachments[0].filename == "見積書.zip"


def test_names_are_told_apart_and_tamed() -> None:
    octets = mail(file("A.txt", b"1"), file("a.TXT", b"2"), file("../../x:y.txt", b"3"), file("a.txt", b"1"))
    assert names(altered(octets, ZIP).octets) == ["A.txt", "a-2.TXT", "x_y.txt", "a-3.txt"]


def test_only_what_is_picked_goes_in() -> None:
    octets = mail(file("a.XLSX", b"1"), file("b.pdf", b"2", "application/pdf"), file("c.png", b"3", "image/png"))
    after = altered(octets, replace(ZIP, names=("*.xlsx",), types=("image/*",))).octets
    facts = read_mail(after)
    assert [one.filename for one in facts.attachments] == ["attachments.zip", "b.pdf"]
    assert [one.filename for one in facts.attachments[0].members] == ["a.XLSX", "c.png"]
    assert crlf(file("b.pdf", b"2", "application/pdf")) in after
    assert altered(octets, replace(ZIP, names=("*.doc",))).octets == octets


def test_a_mail_whose_files_are_all_locked_stays() -> None:
    octets = mail(file("a.zip", b"locked"), file("b.txt", b"open"))
    locked = tuple(sha256(one).hexdigest() for one in (b"locked", b"open"))
    assert names(altered(octets, replace(ZIP, encrypted=locked[:1])).octets) == ["a.zip", "b.txt"]
    after = altered(octets, replace(ZIP, encrypted=locked))
    assert after.octets == octets
    assert after.notes[0].en == "all attachments are encrypted already"


def test_a_mail_that_is_one_file_becomes_the_zip() -> None:
    octets = crlf(
        "From: a@corp.example\nContent-Type: application/pdf;\n name=x.pdf\nX-Kept: 1\n"
        "Content-Transfer-Encoding: base64\nSubject: s\n\nQUJD\n"
    )
    after = altered(octets, ZIP).octets
    assert after.startswith(crlf("From: a@corp.example\nX-Kept: 1\nSubject: s\nMIME-Version: 1.0\nContent-Type: appl"))
    assert names(after) == ["x.pdf"]


def test_a_multipart_in_which_nothing_is_left_goes_too() -> None:
    inner = "--b\nContent-Type: multipart/mixed; boundary=c\n\n" + file("b.txt", b"2").replace("--b", "--c") + "--c--\n"
    after = altered(mail(file("a.txt", b"1"), inner), ZIP).octets
    assert names(after) == ["a.txt", "b.txt"]
    assert b"--c" not in after
    assert not [one for one in read_mail(after).findings if one.code == "ambiguous_mime"]


def test_what_belongs_to_the_letter_stays() -> None:
    letter = (
        "--b\nContent-Type: multipart/related; boundary=c\n\n--c\nContent-Type: text/html\n\n<img src=cid:i>\n"
        "--c\nContent-Type: image/png; name=i.png\nContent-ID: <i>\nContent-Disposition: inline\n\nPNG\n--c--\n"
        "--b\nContent-Type: multipart/alternative; boundary=d\n\n--d\n\nx\n"
        "--d\nContent-Type: text/calendar; name=invite.ics\n\nBEGIN:VCALENDAR\n--d--\n"
    )
    octets = crlf(HEAD + letter + "--b--\n")
    assert altered(octets, ZIP).octets == octets
    forwarded = "--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nx\n"
    assert names(altered(mail(forwarded), ZIP).octets) == ["attachment-2.eml"]


@pytest.mark.parametrize(
    "octets",
    [
        crlf("Subject: x\n\nbegin 644 a.txt\n#86)C\n`\nend\n"),
        mail(file("a", b"x").replace("eA==", "eA==eA==")),
        mail(file("a", b"x")).replace(b"boundary=b", b"boundary=q"),
        mail(file("a", b"x")).replace(b"base64", b"x-secret"),
        mail(file("a", b"x"), "--bb\nx\n"),
        mail(file("a", b"x")).replace(b"MIME", b"Content-Type: text/plain\r\nMIME"),
    ],
)
def test_what_could_stay_outside_or_come_in_damaged_is_refused(octets: bytes) -> None:
    assert refused(octets, ZIP).alteration == "zip_attachments"


def test_large_files_are_packed_in_pieces_like_small_ones() -> None:
    content = bytes(range(256)) * 10_000
    archive = AesZip("password", "00" * 16)
    archive.add("big", content)
    again = AesZip("password", "00" * 16)
    again.add("big", content)
    assert archive.close() == again.close()


def test_passwords_and_seeds_are_made_fresh_and_fit() -> None:
    one, two = (ZipAttachments(new_password(), new_seed()) for _ in range(2))
    assert one.password != two.password
    assert one.seed != two.seed
    assert one.password not in repr(one)
    assert one.seed not in repr(one)
