"""Attachments that give way to a note."""

from __future__ import annotations

from hashlib import sha256

import pytest
from tests.unit.transform.mails import altered, crlf, refused
from tests.unit.transform.test_pack import HEAD, file, mail

from mailguard.inspect.reader import read_mail
from mailguard.mail.alteration import RemoveAttachment, ZipAttachments

NOTE = "An attachment was removed before this mail was sent."


@pytest.mark.parametrize(
    "which",
    [
        RemoveAttachment(part="2"),
        RemoveAttachment(name="a.txt"),
        RemoveAttachment(sha256=sha256(b"abc").hexdigest()),
        RemoveAttachment("2", sha256(b"abc").hexdigest(), "a.txt"),
    ],
)
def test_the_note_stands_in_its_place(which: RemoveAttachment) -> None:
    other = file("b.txt", b"xyz")
    after = altered(mail(file("a.txt", b"abc"), other), which)
    assert after.octets.startswith(crlf(HEAD + "--b\nContent-Type: text/plain; charset=utf-8\n"))
    assert after.octets.endswith(crlf(other + "--b--\n"))
    facts = read_mail(after.octets)
    assert NOTE in facts.text
    assert "a.txt" not in facts.text
    assert "添付ファイル1件は、送信前に削除されました。" in facts.text
    assert [one.filename for one in facts.attachments] == ["b.txt"]
    assert after.diff == (
        "@@ part 2 @@",
        "-a.txt (application/octet-stream, 3 bytes)",
        "+添付ファイル1件は、送信前に削除されました。",
        f"+{NOTE}",
    )


def test_every_copy_of_a_file_goes() -> None:
    octets = mail(file("a.txt", b"abc"), file("b.txt", b"abc"), file("c.txt", b"xyz"))
    after = altered(octets, RemoveAttachment(sha256=sha256(b"abc").hexdigest())).octets
    assert [one.filename for one in read_mail(after).attachments] == ["c.txt"]


def test_places_stay_what_they_were_and_a_zip_comes_after() -> None:
    octets = mail(file("a.txt", b"1"), file("b.txt", b"2"), file("c.txt", b"3"))
    recipe = (ZipAttachments("password", "0" * 32), RemoveAttachment(part="2"), RemoveAttachment(part="3"))
    facts = read_mail(altered(octets, *recipe).octets)
    assert [one.filename for one in facts.attachments] == ["c.zip"]


@pytest.mark.parametrize(
    "which",
    [RemoveAttachment(part="1"), RemoveAttachment(part="7"), RemoveAttachment(name="b.txt"),
     RemoveAttachment("2", "0" * 64)],
)  # fmt: skip
def test_what_is_not_there_is_refused(which: RemoveAttachment) -> None:
    result = refused(mail(file("a.txt", b"abc")), which)
    assert result.alteration == "remove_attachment"
    assert result.because.ja


def test_a_mail_that_is_the_file_becomes_the_note() -> None:
    octets = crlf("Content-Type: application/pdf; name=a.txt\nSubject: s\nContent-Disposition: attachment\n\nabc")
    after = altered(octets, RemoveAttachment(part="1")).octets
    assert after.startswith(crlf("Subject: s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"))
    assert NOTE in read_mail(after).text
    assert not read_mail(after).attachments
