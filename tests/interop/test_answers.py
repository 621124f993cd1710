"""What real clients hear when they are refused: the codes of the contract, and a mail that stays with the client."""

from __future__ import annotations

import smtplib
import socket
import ssl

import pytest
from tests.house import House
from tests.interop.programs import CLIENTS, USER, swaks
from tests.interop.test_clients import a_mail
from tests.postfix import Postfix


def answer(house: House, port: int, *lines: bytes) -> list[str]:
    """Speak the lines one by one; the last reply line to each."""
    with socket.create_connection(("127.0.0.1", port), 20) as conn, conn.makefile("rb") as replies:
        said = [_reply(replies)]
        for line in lines:
            conn.sendall(line)
            said.append(_reply(replies))
        return said


def _reply(replies: object) -> str:
    lines = iter(replies.readline, b"")  # type: ignore[attr-defined]
    return next((line.decode().rstrip() for line in lines if line[3:4] != b"-"), "")


@pytest.mark.parametrize("client", CLIENTS)
def test_policy_refuses_at_the_door(house: House, postfix: Postfix, client: str) -> None:
    tag, octets = a_mail()

    sent = CLIENTS[client](house, "plain", ["bob@partner.example"], octets + b"ultrasecret\r\n")

    assert not sent.ok
    assert "5.7.1" in sent.text
    assert "forbidden-word" in sent.text
    assert not [one for one in postfix.delivered() if tag.encode() in one.octets]


def test_a_wrong_password(house: House) -> None:
    context = ssl.create_default_context(cafile=str(house.ca))
    with smtplib.SMTP_SSL("localhost", house.smtps, timeout=20, context=context) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            client.login(USER, "not the password")
        assert refused.value.smtp_code == 535


def test_a_sender_that_is_not_the_logins(house: House) -> None:
    context = ssl.create_default_context(cafile=str(house.ca))
    with smtplib.SMTP_SSL("localhost", house.smtps, timeout=20, context=context) as client:
        client.ehlo()
        client.login(USER, "front-door-secret")
        assert client.mail("boss@corp.example")[0] == 553
        assert client.mail("sales@corp.example")[0] == 250  # an alias


def test_a_listener_that_requires_login_offers_none_in_the_clear(house: House) -> None:
    with smtplib.SMTP("127.0.0.1", house.submit, timeout=20) as client:
        client.ehlo()
        assert client.has_extn("starttls")
        client.starttls(context=_unchecked())
        client.ehlo()
        assert not client.has_extn("starttls")
        assert {"PLAIN", "LOGIN"} <= set(client.esmtp_features["auth"].split())


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def test_size_is_told_before_and_after_the_body(house: House) -> None:
    hello, mail = answer(
        house, house.smtp, b"EHLO pc.corp.example\r\n", b"MAIL FROM:<ann@corp.example> SIZE=4000000\r\n"
    )[1:]
    assert hello.startswith("250")
    assert mail.startswith("552 5.3.4")
    sent = CLIENTS["smtplib"](
        house, "plain", ["ken@corp.example"], b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n" * 1_600_000
    )
    assert not sent.ok
    assert sent.text.startswith("552 5.3.4") or "552" in sent.text


def test_bare_line_feeds_are_refused(house: House) -> None:
    said = answer(
        house,
        house.smtp,
        b"EHLO pc.corp.example\r\n",
        b"MAIL FROM:<ann@corp.example>\r\n",
        b"RCPT TO:<ken@corp.example>\r\n",
        b"DATA\r\n",
        b"Subject: x\r\n\r\nhello\n.\nMAIL FROM:<evil@corp.example>\r\n.\r\n",
    )
    assert said[-1].startswith("550 5.6.0")


def test_too_many_recipients(house: House) -> None:
    recipients = [f"p{number}@corp.example" for number in range(25)]
    lines = [b"EHLO pc.corp.example\r\n", b"MAIL FROM:<ann@corp.example>\r\n"]
    said = answer(house, house.smtp, *lines, *(f"RCPT TO:<{one}>\r\n".encode() for one in recipients))[3:]
    assert [reply[:3] for reply in said] == ["250"] * 20 + ["452"] * 5
    assert said[-1].startswith("452 4.5.3")


def test_swaks_shows_the_extensions(house: House) -> None:
    sent = swaks(house, "plain", ["ken@corp.example"], a_mail()[1])
    for word in ("PIPELINING", "SIZE 3145728", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"):
        assert word in sent.text
