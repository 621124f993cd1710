"""Header injection in what we write: a letter of each kind and a delivery report, made of the most hostile facts, have
the fields and parts of harmless ones, and no more.

What is hostile: line ends of every kind, NUL, direction marks, encoded words that are (or decode to) fields,
boundaries, names that leave their quotes. They stand wherever a stranger's words reach a letter: subject, names, file
names, the upstream's words, message ids, comments, answers, the browser.
"""

from __future__ import annotations

import email
import email.policy
import unicodedata
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from tests.held import ID, NOW, SATO, held_mail
from tests.letters import KINDS, SETTINGS, STATE_OF, context, letter
from tests.letters import report as harmless_report

from mailguard.mail import dsn
from mailguard.mail.address import parse_address
from mailguard.mail.dsn import Report, Reported
from mailguard.mail.facts import Attachment, HeaderAddress
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Because, Disposition, RuleHit
from mailguard.notify.letters import ASKING, RETURNS, Kind, ReplyResult, compose
from mailguard.notify.readers import WITHOUT_MAIL
from mailguard.notify.report_letter import report_letter
from mailguard.store.records import MessageRecord

FIELD = "Bcc: victim@partner.example"
HOSTILE = {
    "crlf": f"x\r\n{FIELD}\r\n\r\nbody",
    "lf": f"x\n{FIELD}\n\nbody",
    "cr": f"x\r{FIELD}\r\rbody",
    "others": f"x\u2028{FIELD}\u2029{FIELD}\x85{FIELD}\x0b{FIELD}\x0c{FIELD}\x1c{FIELD}",
    "nul": f"x\0\r\n\0{FIELD}",
    "words": "=?utf-8?B?eA0KQmNjOiB2aWN0aW1AcGFydG5lci5leGFtcGxl?= =?utf-8?Q?x=0D=0ABcc:_victim@partner.example?=",
    "word": "=?utf-8?Q?a=0D=0ABcc:_v@x.example?=",
    "quotes": f'"; name="x"\\\r\n{FIELD}" <eve@evil.example>, "',
    "marks": "\u202egnp.exe\u2066x\u2069\u200f <eve@evil.example>\u061c",
    "boundary": "x\r\n--=_0dfk2m8zv1q3w7xz00\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>",
    "surrogate": f"x\ud800\r\n{FIELD}\udcff",
}
MARKS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
#: Fields that depend on what the mail has: a thread that cannot be quoted is no thread.
_MAY_LACK = {"in-reply-to", "references"}


def hostile_mail(word: str, disposition: Disposition, state: State) -> MessageRecord:
    """A mail in which a stranger's every word is `word`."""
    record = held_mail(disposition, state, subject=word)
    facts = replace(
        record.facts,
        headers=replace(record.facts.headers, subject=word, to=(HeaderAddress(word, word),)),
        attachments=(Attachment(word, word, word, word, 10, "0" * 64),),
    )
    hit = RuleHit("r", "enforce", disposition, Because(word, word), (word,), (SATO,))
    copies = [replace(one, last_code=550, last_text=word) for one in record.recipients]
    return replace(
        record, subject=word, facts=facts, from_header=word, message_id_header=word, references=(word, f"<{word}>"),
        verdict=replace(record.verdict, hits=(hit,)), recipients=tuple(copies),
    )  # fmt: skip


def hostile_letter(kind: Kind, language: Language, word: str) -> bytes:
    record = None
    if kind not in WITHOUT_MAIL:
        disposition = Disposition.APPROVE if kind in ASKING else Disposition.CONFIRM
        record = hostile_mail(word, disposition, STATE_OF.get(kind, State.HELD))
    made = context(
        kind, record, actor=word, comment=word, browser=word, problems=(word, word), trouble=(word, word, word),
        sender_said=(word,), answer="approve", notes={}, reply=ReplyResult("unclear", word, word, word, word, word),
        original=f"Subject: {word}\r\n\r\n{word}".encode("utf-8", "replace") if kind in RETURNS else None,
    )  # fmt: skip
    return compose(kind, language, made)


def shape(mail: EmailMessage) -> list[tuple[str, list[str]]]:
    """Each part with its type and the names of its fields."""
    return [(part.get_content_type(), sorted(name.lower() for name in part.keys())) for part in mail.walk()]  # noqa: SIM118


def is_harmless(octets: bytes, like: EmailMessage) -> None:
    assert octets.count(b"\r") == octets.count(b"\n") == octets.count(b"\r\n")
    assert b"\0" not in octets
    made = email.message_from_bytes(octets, policy=email.policy.default)
    assert not made.defects
    wanted, found = (shape(one)[0] for one in (like, made))
    assert set(wanted[1]) - _MAY_LACK <= set(found[1]) <= set(wanted[1]) | _MAY_LACK
    assert len(found[1]) == len(set(found[1])), "a field twice"
    assert shape(made)[1:] == shape(like)[1:]
    assert str(made["To"]) == str(like["To"])
    for name, value in email.message_from_bytes(octets).items():  # as a program without our policy decodes it
        shown = str(make_header(decode_header(value.replace("\r\n ", " "))))
        assert not [ch for ch in shown if unicodedata.category(ch) in ("Cc", "Zl", "Zp") or ch in MARKS], (name, shown)


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("kind", KINDS)
def test_letters(kind: Kind, word: str) -> None:
    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        is_harmless(hostile_letter(kind, language, word), letter(kind, language))


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_delivery_reports(word: str) -> None:
    like = harmless_report("en")
    failed = [Reported(SATO, 550, f"5.1.1 {word}")]
    header = f"Subject: {word}\r\nX: y\r\n\r\n{word}".encode("utf-8", "replace")
    sender = like["To"].addresses[0]
    bounced = Report(ID, parse_address(sender.addr_spec), NOW, failed, header, word, word, (word, f"<{word}>"))
    human = report_letter(bounced, host="mg.corp.example", language="en", timezone="Asia/Tokyo")
    octets = dsn.compose(
        bounced, human, report_id=ID, host="mg.corp.example", letters_from=SETTINGS.sender, language="en", now=NOW
    )
    is_harmless(octets, like)
