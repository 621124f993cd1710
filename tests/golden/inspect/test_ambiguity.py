"""Where clients disagree about a mail: what it hides is found, or the mail is flagged; and ordinary mail is neither."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.golden.inspect.clients import BODIES, BOUNDARIES, CLIENTS, MARK
from tests.golden.inspect.everyday import SHAPES, everyday
from tests.golden.inspect.hostile import KEYWORD, PAYLOADS, POSITIONS, entities
from tests.golden.inspect.makers import CARD

from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Attachment, Facts

TECHNIQUES = {kind: dict(entities(payload)) for kind, payload in PAYLOADS.items()}
_EVERYDAY = dict(everyday())
#: Found flagged, and not undone: nobody's client shows what is in these.
_FLAGGED_ONLY = frozenset({"base64-html", "base64-word-line-first", "base64-word-line-last"})


def _texts(attachments: tuple[Attachment, ...]) -> Iterator[str]:
    for one in attachments:
        yield one.text
        yield from _texts(one.members)


def _found(facts: Facts) -> bool:
    cards = facts.personal_data["payment_card"].values if "payment_card" in facts.personal_data else ()
    return any(KEYWORD in text for text in (facts.text, *_texts(facts.attachments))) and CARD in cards


def _flagged(facts: Facts) -> bool:
    return any(one.code == "ambiguous_mime" for one in facts.findings)


@pytest.mark.parametrize(
    "technique", list(dict.fromkeys(name for of_kind in TECHNIQUES.values() for name in of_kind)), ids=str
)
def test_what_a_mail_hides_is_found_or_flagged(technique: str) -> None:
    silent: list[str] = []
    only_flagged: list[str] = []
    for kind, of_kind in TECHNIQUES.items():
        for position, put in POSITIONS.items() if technique in of_kind else ():
            facts = read_mail(put(of_kind[technique]))
            assert not any(one.code == "unreadable" for one in facts.findings), facts.findings
            if not _found(facts):
                (only_flagged if _flagged(facts) else silent).append(f"{kind} {position}")
    assert silent == []
    assert only_flagged == [] or technique in _FLAGGED_ONLY


def test_there_are_many_techniques() -> None:
    assert len(PAYLOADS) * len(POSITIONS) == 15
    assert min(len(of_kind) for of_kind in TECHNIQUES.values()) >= 250


@pytest.mark.parametrize("name", [*CLIENTS, "says", "edge", "odd"])
def test_ordinary_mail_is_not_flagged(name: str) -> None:
    told = {
        key: [(one.code, one.where, one.detail) for one in read_mail(octets).findings]
        for key, octets in _EVERYDAY.items()
        if key.startswith(f"{name}-") or f"-{name}-" in key
    }
    assert told
    assert {key: findings for key, findings in told.items() if any(one[0] in _DOUBTS for one in findings)} == {}


_DOUBTS = frozenset({"ambiguous_mime", "unreadable", "malformed_header", "limit_reached", "not_inspectable"})


def test_ordinary_mail_is_read() -> None:
    unread = [
        name
        for name, octets in _EVERYDAY.items()
        if MARK not in read_mail(octets).text and not name.startswith(("sendmail-", "ses-"))  # these write ASCII
    ]
    assert unread == []


def test_there_is_much_ordinary_mail() -> None:
    assert len(_EVERYDAY) >= len(CLIENTS) * len(SHAPES) + 6 * len(BODIES) + 2 * len(BOUNDARIES)
