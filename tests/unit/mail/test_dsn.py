"""The report of a failure, read back by the standard library as a mail client and a program would."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.policy import default
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.mail.address import parse_address
from mailguard.mail.dsn import Report, Reported, compose
from mailguard.mail.organization import Language
from mailguard.notify.report_letter import report_letter

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HEADER = b"Subject: =?utf-8?b?6KaL56mN?=\r\nFrom: Ann <ann@corp.example>\r\nX-Caf\xe9: \xe9\r\n\r\nit stays at home\r\n"


def bounced(**changes: Any) -> Report:
    values: dict[str, Any] = {
        "message_id": "01j00000000000000a",
        "sender": parse_address("ann@corp.example"),
        "received_at": NOW,
        "recipients": [
            Reported(parse_address("bob@partner.example"), 550, "5.1.1 no such person"),
            Reported(parse_address("cy@partner.example"), 451, "4.3.0 later", expired=True),
        ],
        "original": HEADER,
        "subject": "見積の件",
        "original_id": "<1@corp.example>",
        "references": ("<0@corp.example>",),
    }
    return Report(**{**values, **changes})


def report(what: Report, language: Language = "ja") -> bytes:
    return compose(
        what,
        report_letter(what, host="mg.corp.example", language=language, timezone="Asia/Tokyo"),
        report_id="01j00000000000000b",
        host="mg.corp.example",
        letters_from=parse_address("mailguard@corp.example"),
        language=language,
        now=NOW,
    )


def read(octets: bytes) -> EmailMessage:
    message = email.message_from_bytes(octets, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_it_is_a_report_in_three_parts() -> None:
    message = read(report(bounced()))
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    parts = [part.get_content_type() for part in message.iter_parts()]
    assert parts == ["multipart/alternative", "message/delivery-status", "text/rfc822-headers"]
    assert message["To"] == "ann@corp.example"
    assert message["From"] == "mailguard <mailguard@corp.example>"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["Subject"] == "【不達】見積の件"
    assert message["In-Reply-To"] == "<1@corp.example>"
    assert message["References"].split() == ["<0@corp.example>", "<1@corp.example>"]
    assert message.defects == []


def test_people_read_it_in_both_languages_the_readers_first() -> None:
    for language, first, second in (("ja", "届けられません", "could not be"), ("en", "could not be", "届けられません")):
        part = read(report(bounced(), language)).get_body(("plain",))  # type: ignore[arg-type]
        assert part is not None
        text = part.get_content()
        assert text.index(first) < text.index(second)
        assert "bob@partner.example" in text
        assert "550 5.1.1 no such person" in text
        assert "見積の件" in text
        assert "2026年11月23日(月) 18:00 日本時間" in text
        assert "Mon 23 Nov 2026, 18:00 JST" in text
        assert "宛先のメールアドレスが存在しません。" in text
        assert "It was not delivered in time." in text


def test_nobody_is_said_to_have_answered_who_did_not() -> None:
    gone = Reported(parse_address("cy@partner.example"), None, "cannot connect to smtp://mx:25", expired=True)
    for what in (bounced(recipients=[gone]), bounced(recipients=[gone, replace(gone, code=451, text="later")])):
        text = str(read(report(what)).get_body(("plain",)).get_content())  # type: ignore[union-attr]
        assert "期限まで送信を続けましたが" in text
        assert "状況: cannot connect to smtp://mx:25" in text
        assert "What happened: cannot connect to smtp://mx:25" in text
        assert "宛先を確かめて" not in text
        assert ("サーバーの応答: 451 later" in text) == (len(what.recipients) == 2)
    ours = str(read(report(bounced(recipients=[replace(gone, expired=False)]))).get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "理由は次のとおりです" in ours


def test_an_address_of_a_server_is_a_literal() -> None:
    names = {"10.0.0.4": "[10.0.0.4]", "2001:db8::1": "[IPv6:2001:db8::1]", "mx.b.example": "mx.b.example"}
    for host, shown in names.items():
        octets = report(bounced(recipients=[Reported(parse_address("a@b.example"), 550, "5.1.1 no", mta=host)]))
        assert f"Remote-MTA: dns; {shown}\r\n".encode() in octets


def test_programs_read_each_recipient() -> None:
    part = list(read(report(bounced())).iter_parts())[1]
    blocks = part.get_payload()
    assert isinstance(blocks, list)
    whole, bob, cy = (block for block in blocks if isinstance(block, Message))
    assert whole["Reporting-MTA"] == "dns; mg.corp.example"
    assert bob["Final-Recipient"] == "rfc822; bob@partner.example"
    assert (bob["Action"], bob["Status"]) == ("failed", "5.1.1")
    assert bob["Diagnostic-Code"] == "smtp; 550 5.1.1 no such person"
    assert cy["Status"] == "5.4.7"


def test_the_body_of_the_original_stays_at_home_and_its_header_is_harmless() -> None:
    octets = report(bounced())
    assert b"stays at home" not in octets
    assert octets.isascii()
    assert b"X-Caf?: ?\r\n" in octets


@pytest.mark.parametrize(
    ("code", "text", "status"),
    [(550, "5.7.1 no", "5.7.1"), (550, "no", "5.0.0"), (552, "too big", "5.3.4"), (554, "4.7.1 odd", "5.0.0"),
     (None, "", "5.0.0"), (550, "5.1.1000 odd", "5.0.0"), (571, "odd", "5.0.0"), (551, "not local", "5.1.6")],
)  # fmt: skip
def test_the_status_is_always_of_class_five(code: int | None, text: str, status: str) -> None:
    assert Reported(parse_address("a@b.example"), code, text).status("failed") == status


@pytest.mark.parametrize(
    ("code", "text", "status"),
    [(550, "User unknown", "5.1.1"), (550, "No such user here", "5.1.1"), (550, "<b@x.example>: unknown user", "5.1.1"),
     (550, "Mailbox does not exist", "5.1.1"), (550, "bob... Recipient not found", "5.1.1"),
     (550, "invalid recipient", "5.1.1"), (550, "sorry, no mailbox here by that name. (#5.1.1)", "5.1.1"),
     (550, "Message content rejected as spam", "5.0.0"), (550, "not taken: mailbox unavailable", "5.0.0"),
     (550, "Recipient address rejected: access denied", "5.0.0"), (550, "unknown sender domain", "5.0.0"),
     (550, "Your sender address does not exist", "5.0.0"), (550, "Sender user unknown", "5.0.0"),
     (550, "no mailbox of the sender, address unknown", "5.0.0"), (550, "From address not found", "5.0.0"),
     (553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "5.7.1"),
     (552, "Mailbox full", "5.2.2"), (552, "message size exceeds fixed maximum", "5.3.4"),
     (552, "Requested mail action aborted: exceeded storage allocation", "5.2.2"), (552, "no", "5.0.0")],
)  # fmt: skip
def test_a_server_without_enhanced_codes_is_understood_by_its_words_or_not_at_all(
    code: int, text: str, status: str
) -> None:
    assert Reported(parse_address("a@b.example"), code, text).status("failed") == status


def test_addresses_beyond_ascii() -> None:
    people = [Reported(parse_address(one), 550, "5.1.1 だめ") for one in ("佐藤@例え.example", "bob@b.example")]
    octets = report(bounced(recipients=people))
    assert b"message/global-delivery-status" in octets
    assert "Final-Recipient: utf-8; 佐藤@例え.example".encode() in octets
    assert b"Final-Recipient: rfc822; bob@b.example" in octets  # as anybody reads it, RFC 6533 or not


@pytest.mark.parametrize(
    ("sender", "header", "kind"),
    [("山田@例え.example", "From: 山田@例え.example", "message/global"),
     ("山田@例え.example", "From: x", "message/rfc822"), ("ann@corp.example", "Subject: 見積", "message/rfc822")],
)  # fmt: skip
def test_a_mail_with_addresses_beyond_ascii_goes_back_as_what_it_is(sender: str, header: str, kind: str) -> None:
    mail = f"{header}\r\n\r\n本文\r\n".encode()
    octets = report(bounced(sender=parse_address(sender), original=mail, whole=True))
    assert f"Content-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode() + mail in octets


@settings(deadline=None)
@given(st.text(), st.text(), st.binary(max_size=3000), st.text(max_size=60))
def test_hostile_words_cannot_change_its_shape(subject: str, said: str, header: bytes, msg_id: str) -> None:
    failed = [Reported(parse_address("bob@partner.example"), 550, said)]
    octets = report(
        bounced(subject=subject, recipients=failed, original=header, original_id=msg_id, references=(msg_id,))
    )
    assert octets.replace(b"\r\n", b"").find(b"\r") == octets.replace(b"\r\n", b"").find(b"\n") == -1
    assert octets.endswith(b"--\r\n")
    assert max(len(line) for line in octets.split(b"\r\n")) <= 998
    message = email.message_from_bytes(octets)
    assert [part.get_content_type() for part in message.get_payload()] == [  # type: ignore[union-attr]
        "multipart/alternative", "message/delivery-status", "text/rfc822-headers",
    ]  # fmt: skip
    assert sorted(message.keys()) == sorted(set(message.keys()))
