"""A letter of every kind, from a mail that has something of everything; and one whose mail is as hostile as can be."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from functools import cache
from typing import Any, cast, get_args

from tests.held import ANN, BOSS, CORP, ID, NOW, SATO, TANAKA, held_mail, recipient, with_recipients

from mailguard.mail import dsn
from mailguard.mail.address import parse_address
from mailguard.mail.alteration import ZipAttachments
from mailguard.mail.dsn import Report, Reported
from mailguard.mail.facts import Attachment, ClassCount, HeaderAddress
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Because, Disposition, RuleHit
from mailguard.notify.gathered import Gathered
from mailguard.notify.incident_due import IncidentDue
from mailguard.notify.letters import ASKING, RETURNS, Kind, LetterContext, LetterSettings, ReplyResult, compose
from mailguard.notify.monthly import Monthly
from mailguard.notify.readers import WITHOUT_MAIL
from mailguard.notify.reply_texts import HEADS
from mailguard.notify.report_letter import report_letter
from mailguard.notify.telling import Telling
from mailguard.store.records import Asked, MessageRecord

LINK = "https://mailguard.corp.example/t/Zk3vYp0sQ1xW7uRt5bNc8eHg2jLm4aSd6fPq9iOy1wE"
CODE = "482913"
REPLY = parse_address("mailguard+7d2k9m4p6r8t3v5x1z0q2s4w6y@corp.example")
SETTINGS = LetterSettings(
    parse_address("mailguard@corp.example"), "https://mailguard.corp.example", CORP, reply_address=REPLY
)
KINDS: tuple[Kind, ...] = get_args(Kind)
STATE_OF: dict[str, State] = {
    "sent": State.RELAYED, "password": State.RELAYED, "cancelled": State.CANCELLED, "rejected": State.REJECTED,
    "expired": State.EXPIRED, "bounced": State.BOUNCED, "answered": State.QUEUED, "urgent": State.QUEUED,
    "told": State.QUEUED, "delayed": State.QUEUED, "relayed": State.RELAYED,
    "misdelivery": State.RELAYED,
}  # fmt: skip
TOLD = {
    "sender": "ann@corp.example", "subject": "10月分のご請求", "recipients": ["bob@partner.example", "eve@x.example"],
    "disposition": "reject", "as_sender": False,
    "hits": [{"ja": "社外へ個人情報が送られます", "en": "Personal data goes outside", "evidence": ["persons: 3"]}],
}  # fmt: skip
LOOK_ALIKE = Because(
    "宛先のドメイン「examp1e.co.jp」は、「example.co.jp」によく似た別のドメインです",
    "The recipient's domain “examp1e.co.jp” resembles “example.co.jp”, but is another one",
)
#: What stands for the hostile: long, wide, narrow, markup, direction marks, line ends, combining marks, an emoji.
NASTY = (
    "<script>alert(1)</script>\r\nBcc: all@victim.example\u202egpj.exe "
    + "W" * 300 + "請求書" * 120 + "e\u0301" * 90 + "👩\u200d👩\u200d👧"
)  # fmt: skip


def mail(disposition: Disposition, state: State) -> MessageRecord:
    """A held mail with a look-alike, personal data, files, and people in three organisations."""
    record = held_mail(disposition, state)
    first, *others = record.verdict.hits
    alike = replace(first, because=LOOK_ALIKE, evidence=("examp1e.co.jp ≠ example.co.jp (1 / l)",))
    people = [replace(one, last_code=550, last_text="5.1.1 user unknown") for one in record.recipients]
    if state is State.RELAYED:
        people[0] = replace(people[0], recipe=(ZipAttachments("ABCD-EFGH-JKMN", "0" * 64),))
    return replace(record, verdict=replace(record.verdict, hits=(alike, *others)), recipients=tuple(people))


@cache
def hostile(disposition: Disposition, state: State = State.HELD) -> MessageRecord:
    """5,000 recipients in 2,500 organisations, every text as NASTY as it gets."""
    record = held_mail(disposition, state, subject=NASTY)
    many = [parse_address(f"{'p' * 50}{number}@{'d' * 50}{number // 2}.example") for number in range(5000)]
    copies = [replace(recipient(one, disposition, state), last_text=NASTY, last_code=550) for one in many]
    copies = [replace(one, asks=(Asked(tuple(f"boss{n}@corp.example" for n in range(300)), 3),)) for one in copies]
    hit = RuleHit("r", "enforce", disposition, Because(NASTY * 3, NASTY * 3), (NASTY,) * 50, tuple(many[:200]))
    facts = replace(
        record.facts,
        headers=replace(record.facts.headers, subject=NASTY, to=(HeaderAddress(str(TANAKA), NASTY),)),
        attachments=(Attachment(NASTY, "a/b", "a/b", "", 1 << 40, "0" * 64),) * 500,
        personal_data={"phone": ClassCount(counted=10**9)},
        persons=10**9,
    )
    record = replace(record, facts=facts, from_header=NASTY, verdict=replace(record.verdict, hits=(hit,) * 60))
    return with_recipients(record, *copies)


def context(kind: Kind, record: MessageRecord | None, **changes: Any) -> LetterContext:
    """What a letter of this kind is written from."""
    asks = kind == "held" or kind in ASKING or kind == "reply"
    values: dict[str, Any] = {
        "settings": SETTINGS,
        "to": BOSS if kind in ASKING else ANN,
        "letter_id": "0dfk2m8zv1q3w7xz00",
        "now": NOW + timedelta(minutes=1),
        "record": record,
        "link": LINK if asks else f"https://mailguard.corp.example/messages/{ID}",
        "code": CODE if asks or kind == "login" else "",
        "reply_to": REPLY if asks else None,
        "comment": "宛先のドメインが違うようです。\nご確認ください。" if kind in ("rejected", "urgent") else "",
        "actor": str(BOSS) if kind in ("rejected", "cancelled", "answered", "comment", "misdelivery") else "",
        "answer": "approve",
        "browser": "Chrome / Windows",
        "original": b"From: ann@corp.example\r\n\r\nbody\r\n" if kind in RETURNS else None,
        "problems": ("policies/recipients.yaml:14:5: unknown key 'recipents': did you mean 'recipients'?",),
    }
    if kind == "monthly":
        values |= {"monthly": Monthly.of(MONTH), "record": None}
    if kind == "incident_due":
        values |= {"due": IncidentDue.of(DUE), "record": None, "link": f"https://mailguard.corp.example/incidents/{ID}"}
    if kind == "gathered":
        one = record or mail(Disposition.CONFIRM, State.HELD)
        values |= {"gathered": Gathered((one, replace(one, id=ID[::-1])), frozenset({ID}), 7), "record": None}
    if kind == "told":
        values |= {"telling": Telling.of(TOLD), "about": ID, "record": None}
    return LetterContext(**{**values, **changes})


DUE: dict[str, Any] = {
    "incident": ID, "stage": "prompt", "subject": "11月分のお見積書をお送りします", "sender": "ann@corp.example",
    "learned_at": NOW.isoformat(), "answers": {"personal": "yes", "sensitive": "no", "property": "unknown"},
}  # fmt: skip
MONTH: dict[str, Any] = {
    "month": "2026-10",
    "now": {
        "mails": 12345, "asked": 198, "stopped": 12, "cancelled": 7, "changed": 3, "undone": 2, "rejected": 1,
        "per_hundred": 1.604, "delay_median": 93.0, "delay_p90": 364.0, "all_median": 0.42, "all_p90": 60.0,
    },
    "noisy": [["many-outsiders-see-each-other", 40, 38]],
}  # fmt: skip


def letter(kind: Kind, language: Language = "ja", **changes: Any) -> EmailMessage:
    """A letter of this kind, read back. outcome: of an answer; record, and whatever else the context has."""
    disposition = Disposition.APPROVE if kind in ASKING else Disposition.CONFIRM
    made = None if kind in WITHOUT_MAIL else mail(disposition, STATE_OF.get(kind, State.HELD))
    record = changes.pop("record", made)
    if kind == "reply":
        outcome = changes.pop("outcome", "unclear")
        said = changes.pop("said", "sato@ だけ外して、あとはそのまま送ってもらえますか")
        changes.setdefault("reply", ReplyResult(outcome, said=said, reply_id="<answer@corp.example>"))
        if outcome == "unknown":
            record = None
    octets = compose(kind, language, context(kind, record, **changes))
    return email.message_from_bytes(octets, policy=email.policy.default)


def part(mail: EmailMessage, subtype: str = "plain") -> str:
    """The text of one of its parts, with plain line ends."""
    found = mail.get_body((subtype,))
    assert found is not None
    return str(cast(EmailMessage, found).get_content()).replace("\r\n", "\n")


def report(language: Language, count: int = 1, action: dsn.Action = "failed") -> EmailMessage:
    """A delivery report, which is a letter to people in its first part."""
    failed = [Reported(SATO, 550, "5.1.1 <sato@example.co.jp>: user unknown")] * count
    subject = NASTY if count > 1 else "お見積書をお送りします"
    until = NOW if action == "delayed" else None
    what = Report(ID, ANN, NOW, failed, b"Subject: x\r\n\r\n", subject, action=action, retry_until=until)
    human = report_letter(what, host="mg.corp.example", language=language, timezone="Asia/Tokyo")
    octets = dsn.compose(
        what, human, report_id=ID, host="mg.corp.example", letters_from=SETTINGS.sender, language=language, now=NOW
    )
    return email.message_from_bytes(octets, policy=email.policy.default)


def every_letter(language: Language) -> dict[str, EmailMessage]:
    """One of each kind, of each outcome of an answer, and of a mail that waits for approval, by a name."""
    made: dict[str, EmailMessage] = {kind: letter(kind, language) for kind in KINDS if kind != "reply"}
    made |= {f"reply-{outcome}": letter("reply", language, outcome=outcome) for outcome in HEADS}
    made |= {f"report-{action}": report(language, action=action) for action in get_args(dsn.Action)}
    made["waiting"] = letter("held", language, record=mail(Disposition.APPROVE, State.HELD))
    return made
