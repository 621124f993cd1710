"""A mail handed in once more is known again, and no other is taken for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.ledger import ANN, BOB, CAROL, facts, mail

from mailguard.mail.address import ReversePath, parse_address
from mailguard.mail.facts import Facts, Finding
from mailguard.mail.message import Message
from mailguard.mail.resent import digest_of

KEY = b"k" * 32
FACTS = facts(names=("a.pdf",))


def digest(message: Message | None = None, known: Facts = FACTS, key: bytes = KEY) -> bytes:
    return digest_of(key, message or mail((BOB, CAROL)), known)


@pytest.mark.parametrize(
    "known",
    [
        replace(FACTS, text="the\r\n text "),  # folded anew
        replace(FACTS, headers=replace(FACTS.headers, message_id="<2@corp.example>", date="later")),
    ],
)
def test_a_new_date_and_folding_are_the_same_mail(known: Facts) -> None:
    assert digest(mail((CAROL, BOB), octets=b"other octets\r\n"), known) == digest()


@pytest.mark.parametrize(
    "changed",
    [
        lambda: digest(mail((BOB,))),
        lambda: digest(mail((BOB, CAROL), sender="eve@corp.example")),
        lambda: digest(mail((BOB, CAROL), sender=None)),
        lambda: digest(mail((BOB, CAROL), login=ANN)),
        lambda: digest(known=replace(FACTS, text="the texts")),
        lambda: digest(known=replace(FACTS, headers=replace(FACTS.headers, subject="hello!"))),
        lambda: digest(known=replace(FACTS, headers=replace(FACTS.headers, subject=None))),
        lambda: digest(known=replace(FACTS, attachments=())),
        lambda: digest(known=replace(FACTS, attachments=(replace(FACTS.attachments[0], sha256="1" * 64),))),
        lambda: digest(key=b"x" * 32),
    ],
)
def test_whatever_people_would_call_another_mail_is_another(changed: Callable[[], bytes]) -> None:
    assert changed() != digest()


def test_what_was_not_read_whole_counts_by_its_octets() -> None:
    partly = replace(FACTS, findings=(Finding("unreadable", "mail", ""),))
    assert digest(known=partly) != digest(mail((BOB, CAROL), octets=b"other octets\r\n"), partly)


def test_text_that_nobody_can_write_is_no_fault() -> None:
    sender = ReversePath(parse_address(ANN))
    message = mail((BOB,))
    assert digest(replace(message, envelope=replace(message.envelope, sender=sender)), replace(FACTS, text="\ud800"))
