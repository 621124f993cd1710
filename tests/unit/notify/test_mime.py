"""Letters as octets: nothing can be injected, everything can be read back."""

from __future__ import annotations

import base64
import email
import email.policy
from email.message import EmailMessage
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.held import ANN, NOW

from mailguard.mail.address import parse_address
from mailguard.notify.mime import Attached, Sheet, message_ids, write


def sheet(**changes: object) -> Sheet:
    values: dict[str, object] = {
        "sender": parse_address("mailguard@corp.example"),
        "sender_name": "mailguard (株式会社コープ)",
        "to": ANN,
        "subject": "【送信保留】お見積書をお送りします",
        "date": NOW,
        "message_id": "<letter@corp.example>",
        "references": ("<first@x.example>", "<original@corp.example>"),
        "marks": (("Auto-Submitted", "auto-generated"),),
        "text": "一行目\n二行目\n",
        "html": "<p>一行目</p>",
    }
    return Sheet(**{**values, **changes})  # type: ignore[arg-type]


def read(octets: bytes) -> EmailMessage:
    return email.message_from_bytes(octets, policy=email.policy.default)


def content(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(cast(EmailMessage, part).get_content()).replace("\r\n", "\n")


def test_a_letter_can_be_read_back() -> None:
    mail = read(write(sheet()))
    assert mail["subject"] == "【送信保留】お見積書をお送りします"
    assert mail["from"].addresses[0].display_name == "mailguard (株式会社コープ)"
    assert mail["to"] == "ann@corp.example"
    assert mail["in-reply-to"] == "<original@corp.example>"
    assert mail["references"] == "<first@x.example> <original@corp.example>"
    assert content(mail, "plain") == "一行目\n二行目\n"
    assert "<p>一行目</p>" in content(mail, "html")
    assert not mail.defects


def test_lines_end_in_crlf_and_are_short_ascii() -> None:
    octets = write(sheet(text="x" * 5000, attached=Attached("draft.eml", "application/octet-stream", bytes(3000))))
    assert octets.isascii()
    assert octets.replace(b"\r\n", b"").count(b"\n") == octets.replace(b"\r\n", b"").count(b"\r") == 0
    assert max(len(line) for line in octets.split(b"\r\n")) <= 100


@given(st.text(max_size=200))
def test_a_subject_cannot_add_a_field(subject: str) -> None:
    octets = write(sheet(subject=subject))
    head = octets.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert names == [
        b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References", b"Auto-Submitted",
        b"MIME-Version", b"Content-Type",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "reference",
    ["<a@b>\r\nBcc: x@y.example", "<a b@c>", "a@b", "<>", "<ü@b>", "<" + "a" * 300 + "@b>", "<a@b><c@d>"],
)
def test_a_reference_that_is_none_is_left_out(reference: str) -> None:
    mail = read(write(sheet(references=(reference,))))
    assert mail["references"] is None
    assert mail["bcc"] is None


def test_a_long_message_id_stays_whole() -> None:
    long = "<" + "a" * 200 + "@x.example>"
    octets = write(sheet(references=(long,)))
    assert b"In-Reply-To: " + long.encode() in octets


def test_a_long_thread_keeps_its_start_and_its_end() -> None:
    thread = [f"<{number}@x.example>" for number in range(100)]
    kept = str(read(write(sheet(references=thread)))["references"]).split()
    assert (kept[0], kept[-1], len(kept)) == (thread[0], thread[-1], 21)


def test_a_file_travels_octet_for_octet_under_a_plain_name() -> None:
    octets = bytes(range(256)) * 40
    mail = read(write(sheet(attached=Attached('../x"\r\ny.eml', "application/octet-stream", octets))))
    (part,) = list(mail.iter_attachments())
    assert part.get_payload(decode=True) == octets
    assert part.get_filename() == ".._x___y.eml"


def test_message_ids_are_found_in_a_field() -> None:
    assert message_ids("<a@b> (comment) <c@d>\r\n <e f@g>") == ("<a@b>", "<c@d>")


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 113, 114, 115, 5000])
def test_a_file_is_cut_into_lines_of_76(size: int) -> None:
    octets = bytes(number % 251 for number in range(size))
    letter = write(sheet(attached=Attached("a.bin", "application/octet-stream", octets)))
    part = letter[letter.index(b"Content-Disposition") :]
    encoded = part.partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0]
    whole = base64.b64encode(octets)
    assert encoded == b"\r\n".join(whole[at : at + 76] for at in range(0, len(whole), 76))
