"""Topology A, by its example: mail clients log in at mailguard, a real Postfix checks their passwords and takes the
mail by mailguard's address.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator

import pytest
from tests.house import House
from tests.integration.topologies.stage import (
    BOB,
    KEN,
    a_mail,
    bare,
    copies_for,
    copy_for,
    example,
    house_of,
    id_in,
    login_of,
    release,
    send,
    transact,
)
from tests.postfix import PASSWORD, USER, Postfix, client_context

LOGIN = (USER, PASSWORD)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, postfix_server: Postfix) -> Iterator[House]:
    """The example with this Postfix in the place of mail.corp.example."""
    data = example("a-clients")
    ca = str(postfix_server.ca)
    data["upstream"] |= {"url": f"smtp://localhost:{postfix_server.plain}", "ca_file": ca}
    data["upstreams"]["logins"] |= {"url": f"smtp://localhost:{postfix_server.login}", "ca_file": ca}
    data["listeners"].reverse()  # smtp: 587, submit: 465
    with house_of(tmp_path_factory.mktemp("a") / "house", data) as house:
        yield house


def tls(house: House) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(house.ca))


def submitted(house: House, octets: bytes, to: str) -> str:
    return send(house.smtp, octets, [to], sender=USER, login=LOGIN, tls=insecure(tls(house)))


def insecure(context: ssl.SSLContext) -> ssl.SSLContext:
    context.check_hostname = False  # connected to by its address
    return context


def test_a_mail_goes_through_as_it_was(house: House, postfix: Postfix) -> None:
    tag, octets = a_mail(sender=USER)
    reply = submitted(house, octets, KEN)
    copy = copy_for(postfix, KEN, tag)
    assert copy.sender == USER
    assert bare(copy.octets) == octets
    assert login_of(house, id_in(reply)) == USER


def test_the_same_by_implicit_tls(house: House, postfix: Postfix) -> None:
    tag, octets = a_mail(sender=USER)
    with smtplib.SMTP_SSL("localhost", house.submit, timeout=30, context=tls(house)) as client:
        client.login(*LOGIN)
        assert transact(client, octets, [KEN], sender=USER).startswith("250 2.0.0")
    copy = copy_for(postfix, KEN, tag)
    assert bare(copy.octets) == octets


def test_a_held_mail_goes_on_without_the_senders_password(house: House, postfix: Postfix) -> None:
    tag, octets = a_mail(file=True, sender=USER)
    reply = submitted(house, octets, BOB)
    assert reply.startswith("250 2.0.0 held for confirmation")
    assert login_of(house, id_in(reply)) == USER
    asked = postfix.log().count(f"sasl_username={USER}")
    assert not copies_for(postfix, BOB, tag)
    release(house, id_in(reply))
    copy = copy_for(postfix, BOB, tag)
    assert bare(copy.octets) == octets
    assert postfix.log().count(f"sasl_username={USER}") == asked


def test_nobody_else_comes_in(house: House) -> None:
    context = insecure(tls(house))
    for person in (KEN, BOB):
        assert send(house.smtp, b"", [person], tls=context)[:3] in {"530", "550"}
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        send(house.smtp, b"", [KEN], login=(USER, "wrong"), tls=context)
    assert refused.value.smtp_code == 535
    reply = send(house.smtp, b"", [KEN], sender="boss@corp.example", login=LOGIN, tls=context)
    assert reply.startswith("553 5.7.1")


def test_without_mailguard_the_same_settings_work_at_the_server_itself(postfix: Postfix) -> None:
    """The roll back: the name that clients have leads to the mail server again."""
    tag, octets = a_mail(sender=USER)
    reply = send(postfix.login, octets, [KEN], sender=USER, login=LOGIN, tls=insecure(client_context(postfix)))
    assert reply.startswith("250 2.0.0")
    copy = copy_for(postfix, KEN, tag)
    assert copy.octets == octets
