"""Ordinary mail and the shipped policies: nobody is asked about it. Hundreds of mails as real programs write them, to a
company that is known, are only given their undo window.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.golden.inspect.everyday import everyday
from tests.golden.policy.test_golden import COMPANY, SHIPPED

from mailguard.inspect.reader import read_mail
from mailguard.mail.address import ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.policy.case import Case, Known
from mailguard.policy.judge import judge
from mailguard.policy.loader import Policy, load_policy

_ANN, _BOB = parse_address("ann@corp.example"), parse_address("bob@partner.example")
_ENVELOPE = Envelope(ReversePath(_ANN), (_BOB,), Client("192.0.2.1", "pc.corp.example", login="ann@corp.example"))
_MAILS = dict(everyday())
_KEYS = frozenset({"partner.example"})
#: What history says that was asked for everything and has nothing odd to tell.
_KNOWN = Known(
    _KEYS, _KEYS, tuple(_KEYS), last_written={}, thread=frozenset(), names={}, circles=(), files={}
)  # fmt: skip


@pytest.fixture(scope="module")
def shipped() -> Policy:
    return load_policy([SHIPPED], COMPANY)


def hits_of(octets: bytes, policy: Policy) -> set[str]:
    """The rules that hit a mail, those that only count too."""
    at = datetime(2026, 1, 14, 1, tzinfo=UTC)
    case = Case(_ENVELOPE, read_mail(octets), COMPANY, _KNOWN, len(octets), at, mail_domains={}, risks={})
    return {hit.rule for hit in judge(policy, case).hits}


def test_no_rule_asks_about_ordinary_mail(shipped: Policy) -> None:
    # Most of these letters speak of an attachment, and those without one are rightly told so.
    quiet = {"undo-window", "forgotten-attachment"}
    told = {name: hits - quiet for name, octets in _MAILS.items() if (hits := hits_of(octets, shipped)) - quiet}
    assert len(_MAILS) > 900
    assert told == {}


def test_what_speaks_of_no_attachment_is_not_called_forgotten(shipped: Policy) -> None:
    told = [
        name
        for name, octets in _MAILS.items()
        if "forgotten-attachment" in hits_of(octets, shipped) and "添付" not in read_mail(octets).text
    ]
    assert told == []
