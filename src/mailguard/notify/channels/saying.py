"""What a chat message says, before any chat's own writing: the reason first, who and to which organisations, what
happens by default and when, and a link to the page behind the login.

It never carries a body, a file name, a comment, a whole address of a recipient, or a token: whoever reads along in a
room learns that something waits, and the page asks who he is. The subject stands in it only where the settings want it.
Everything from a mail is put on one line here and stays hostile: each chat must make it harmless in its own writing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mailguard.mail.organization import Language, Organization
from mailguard.mail.verdict import Disposition
from mailguard.notify import letter_rows as rows
from mailguard.notify import letter_texts as say
from mailguard.notify.channels import chat_texts as chat
from mailguard.notify.letter_people import addresses_in, spoken_of
from mailguard.notify.letters import ASKING
from mailguard.notify.phrases import Both, on_one_line, people
from mailguard.notify.telling import Telling
from mailguard.store.records import MessageRecord, NoticeKind

_MOST_ORGANISATIONS = 4
_TITLE, _VALUE = 140, 200
#: What stands before an @ in a rule's sentence; rather too much than too little. Tried once for each word.
_OF_WORDS = r"""[^\s<>()\[\]{}「」『』（）【】、。,;:"]"""
_MAILBOX = re.compile(rf"(?<!{_OF_WORDS}){_OF_WORDS}+@(?=[^\s@])")
_FILE = re.compile(r".*\.[A-Za-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Saying:
    """title, lead, facts (label and value), act and link: to be shown in this order. The rest is for programs.

    organisations: recipients by domain; subject: None if it is not said; ends_at, ends_by: what happens by default.
    """

    kind: str
    language: Language
    title: str
    lead: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    act: str = ""
    link: str = field(default="", repr=False)
    at: datetime | None = None
    message_id: str | None = None
    sender: str = ""
    organisations: tuple[tuple[str, int], ...] = ()
    subject: str | None = None
    ends_at: datetime | None = None
    ends_by: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Lead and facts as lines of text."""
        return (*((self.lead,) if self.lead else ()), *(f"{label}: {value}" for label, value in self.facts))


@dataclass(frozen=True, slots=True)
class About:
    """What is to be said: a notice's kind and detail, and its mail as it stands now (None: there is none).

    room: it is for a room, not for one person; subject: it may be said.
    """

    kind: NoticeKind
    detail: Mapping[str, Any]
    at: datetime
    record: MessageRecord | None = None
    message_id: str | None = None
    room: bool = True
    subject: bool = False


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: the company and the console's address. Pure: it makes sayings of what it is given."""

    organization: Organization
    base_url: str

    def say(self, about: About) -> Saying:
        """The saying for a notice."""
        if about.kind == "told":
            return self._told(about)
        if about.record is not None:
            return self._about_mail(about, about.record)
        return self._about_house(about)

    def many(self, about: About, count: int) -> Saying:
        """One saying for many notices of a kind."""
        language = self.organization.language
        tag = say.TAGS[about.kind].of(language)
        return Saying(
            about.kind,
            language,
            chat.MANY.of(language, tag=tag, count=count),
            chat.MANY_LEAD.of(language),
            act=chat.OPEN_LIST.of(language),
            link=f"{self.base_url}/all" if about.room else f"{self.base_url}/mine",
            at=about.at,
        )

    def test(self, at: datetime) -> Saying:
        """The message of `mailguard notify test`."""
        language = self.organization.language
        title, lead, act = (one.of(language) for one in (chat.TEST, chat.TEST_LEAD, say.OPEN_CONSOLE))
        return Saying("test", language, title, lead, act=act, link=f"{self.base_url}/", at=at)

    def _about_mail(self, about: About, record: MessageRecord) -> Saying:
        language = self.organization.language
        named = spoken_of(record, addresses_in(about.detail.get("recipients", ())))
        open_still = about.kind == "held" or about.kind in ASKING
        organisations = _by_organisation(str(one.address.ascii_domain) for one in named)
        subject = on_one_line(record.subject or "", _VALUE) if about.subject else None
        ending = rows.ending(record, self.organization.timezone, language, about.at) if open_still else ""
        asked = rows.asked(record, language) if about.kind in ASKING and about.room else None
        facts = [
            (say.FROM.of(language), _sender(record)),
            (say.RECIPIENTS.of(language), _listed(organisations, language)),
            *([] if subject is None else [(say.SUBJECT.of(language), subject or say.NO_SUBJECT.of(language))]),
            *(
                []
                if asked is None
                else [(asked.label, on_one_line(" / ".join(one.text for one in asked.lines), _VALUE))]
            ),
            *([(say.OTHERWISE.of(language), on_one_line(ending, _VALUE))] if ending else []),
        ]
        title, lead = _opening(about.kind, language, record, len(named))
        title = discreet(title, (one.filename for one in record.facts.attachments))
        ends = min((r for r in rows.held(record) if r.expires_at), key=lambda r: r.expires_at or about.at, default=None)
        return Saying(
            about.kind,
            language,
            on_one_line(say.TAGS[about.kind].of(language) + title, _TITLE),
            lead,
            tuple(facts),
            _act(about.kind).of(language),
            f"{self.base_url}/messages/{record.id}",
            about.at,
            record.id,
            _sender(record),
            organisations,
            subject,
            ends.expires_at if ends is not None and open_still else None,
            str(ends.expire_action) if ends is not None and open_still else "",
        )

    def _told(self, about: About) -> Saying:
        language, telling = self.organization.language, Telling.of(about.detail)
        head = telling.hits[0][0].of(language) if telling.hits else say.TOLD_HEAD.of(language, sender=telling.sender)
        head = discreet(head, (one for _, found in telling.hits for one in found if _FILE.fullmatch(one)))
        organisations = _by_organisation(one.rpartition("@")[2] for one in telling.recipients)
        subject = telling.subject if about.subject else None
        facts = [
            (say.FROM.of(language), telling.sender),
            (say.RECIPIENTS.of(language), _listed(organisations, language)),
            *([] if subject is None else [(say.SUBJECT.of(language), subject or say.NO_SUBJECT.of(language))]),
        ]
        known = about.record is not None
        return Saying(
            about.kind,
            language,
            on_one_line(say.TAGS["told"].of(language) + head, _TITLE),
            say.TOLD_LEADS.get(telling.disposition, say.TOLD_LEADS["deliver"]).of(language),
            tuple(facts),
            (say.OPEN_STATUS if known else say.OPEN_CONSOLE).of(language),
            f"{self.base_url}/messages/{about.message_id}" if known else f"{self.base_url}/",
            about.at,
            about.message_id,
            telling.sender,
            organisations,
            subject,
        )

    def _about_house(self, about: About) -> Saying:
        """Of the policy, of letters, of another channel."""
        language = self.organization.language
        title, lead = _HOUSE[about.kind]
        name, reason = (on_one_line(str(about.detail.get(key) or ""), _VALUE) for key in ("name", "reason"))
        said = Saying(
            about.kind,
            language,
            say.TAGS[about.kind].of(language) + title.of(language, name=name),
            chat.UPSTREAM_LEADS.get(str(about.detail.get("why")), lead).of(language) if lead else "",
            act=say.OPEN_CONSOLE.of(language),
            link=f"{self.base_url}/",
            at=about.at,
        )
        return replace(said, facts=((chat.REASON.of(language), reason),)) if reason else said


_HOUSE: dict[str, tuple[Both, Both | None]] = {
    "policy_refused": (say.POLICY_REFUSED_HEAD, say.POLICY_REFUSED_LEAD),
    "policy_good": (say.POLICY_GOOD_HEAD, say.POLICY_GOOD_LEAD),
    **chat.WAYS,
}


def discreet(sentence: str, files: Iterable[str]) -> str:
    """A rule's sentence without whole addresses and names of files: whom somebody usually writes to is nobody's matter
    who reads along.
    """
    for name in sorted({on_one_line(one, 200) for one in files if len(one) > 2}, key=len, reverse=True):
        sentence = sentence.replace(name, "…")
    return _MAILBOX.sub("…@", sentence)


def _opening(kind: NoticeKind, language: Language, record: MessageRecord, count: int) -> tuple[str, str]:
    """Headline (after the tag) and first sentence."""
    why = rows.reason_line(record.verdict.enforced, language)
    sender = _sender(record)
    match kind:
        case "held":
            return why, _waiting(language, record)
        case "approval" | "reminder" | "escalated":
            asks = {"reminder": chat.REMINDER.of(language), "escalated": chat.ESCALATED.of(language)}
            return why, asks.get(kind) or say.APPROVAL_HEAD.of(language, sender=sender)
        case "urgent":
            return say.URGENT_HEAD.of(language, sender=sender), ""
        case "sent":
            return say.SENT_HEAD.of(language), ""
        case "bounced":
            return say.BOUNCED_HEAD.of(language), chat.BOUNCED.of(language)
        case "rejected":
            return say.REJECTED_HEAD.of(language), chat.NOT_SENT.of(language)
        case "expired":
            return say.EXPIRED_HEAD.of(language), chat.NOT_SENT.of(language)
        case _:
            whole = count == len(record.recipients)
            head = say.CANCELLED_HEAD if whole else say.CANCELLED_PART_HEAD
            return head.of(language, count=people(count, language)), chat.NOT_SENT.of(language)


def _waiting(language: Language, record: MessageRecord) -> str:
    held = rows.held(record)
    if any(one.disposition is Disposition.APPROVE for one in held):
        return chat.WAITS_APPROVAL.of(language)
    if len(held) < len(record.recipients):
        return chat.WAITS_PART.of(language, count=people(len(held), language))
    return chat.WAITS.of(language)


def _sender(record: MessageRecord) -> str:
    return on_one_line(str(record.sender.mailbox or "<>"), _VALUE)


def _act(kind: str) -> Both:
    if kind in ASKING:
        return say.OPEN_APPROVE
    return say.OPEN_DECIDE if kind == "held" else say.OPEN_STATUS


def _by_organisation(domains: Any) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(on_one_line(domain, 100) for domain in domains).most_common())


def _listed(organisations: Sequence[tuple[str, int]], language: Language) -> str:
    shown = [
        chat.ORGANISATION.of(language, domain=domain, count=count)
        for domain, count in organisations[:_MOST_ORGANISATIONS]
    ]
    rest = len(organisations) - len(shown)
    if rest > 0:
        shown.append(chat.MORE_ORGANISATIONS.of(language, count=rest))
    return ("、" if language == "ja" else ", ").join(shown)
