"""Another customer of the cloud that hands our mail over: the null path has no domain to ask, so From is asked."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest
from tests.house import PATIENCE, House, furnish, settings, start


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("null") / "mailguard"
    data, ports = settings(folder, "mailbox:var/mailbox")
    data["listeners"][0]["sender_domains"] = ["corp.example", "corp.cloud.example"]
    furnish(folder, data)
    running = start(folder, ports)
    yield running
    assert running.stop() == 0


def handed_over(house: House, header: bytes, sender: str = "") -> str:
    """The cloud hands a mail over. The reply to its end, or to MAIL if that was refused."""
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo("cloud.example")
        code, said = client.mail(sender)
        if code == 250:
            client.rcpt("victim@partner.example")
            code, said = client.data(header + b"Subject: report\r\n\r\ntext\r\n")
    return f"{code} {said.decode()}"


@pytest.mark.parametrize(
    "header",
    [
        b"From: Offers <eve@stranger.example>\r\n",
        b"From: ann@corp.example, eve@stranger.example\r\n",
        b"From: ann@corp.example\r\nFrom: eve@stranger.example\r\n",
        b"From: ann@corp.example <eve@stranger.example>\r\n",
        b"From: eve@evil-corp.example\r\n",
        b"From: nobody\r\n",
        b"Sender: ann@corp.example\r\n",
        b"",
    ],
)
def test_mail_of_others_does_not_leave_by_the_null_path(house: House, header: bytes) -> None:
    assert handed_over(house, header).startswith("553 5.7.1 sender address is not of this organisation")


@pytest.mark.parametrize("who", [b"Ann <ann@corp.example>", b"MAILER-DAEMON@CORP.cloud.example"])
def test_our_own_receipts_and_reports_do(house: House, who: bytes) -> None:
    assert handed_over(house, b"From: %b\r\n" % who).startswith("250 2.0.0 accepted ")


def test_the_envelope_is_asked_where_it_says_something(house: House) -> None:
    assert handed_over(house, b"From: eve@stranger.example\r\n", "eve@stranger.example").startswith("553 5.7.1")
    assert handed_over(house, b"From: news@partner.example\r\n", "ann@corp.example").startswith("250 2.0.0 ")
