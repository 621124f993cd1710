"""From a record of the ledger to what a page says of it, in one language. Pure: no request, no clock of its own.

The reason comes first, recipients by organisation with those that need a look on top, the unremarkable folded. What
came out of a mail (names, subjects, file names) is put on one line and loses its direction marks before a template
sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailguard.console.locale import Say
from mailguard.console.sight import line
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import ADMINISTRATORS, Disposition
from mailguard.notify import letter_rows
from mailguard.notify.letter_rows import Reason
from mailguard.notify.naming import Named, unnamed
from mailguard.notify.phrases import (
    PERSONAL,
    STATES,
    WAITING,
    WAITING_OWN,
    listed,
    moment,
    on_one_line,
    people,
    secret_word,
    span,
)
from mailguard.review import Asked, MessageRecord, RecipientRecord

_ICONS = {
    State.HELD: "‖", State.QUEUED: "→", State.RELAYED: "✓", State.CANCELLED: "×",
    State.REJECTED: "×", State.EXPIRED: "◷", State.BOUNCED: "↩",
}  # fmt: skip
_TONES = {State.HELD: "held", State.RELAYED: "good", State.BOUNCED: "bad", State.REJECTED: "bad"}


@dataclass(frozen=True, slots=True)
class Speaker:
    """How things are said to this reader: language, sentences, time zone, what time it is, and what people of the house
    are called.
    """

    language: Language
    say: Say
    timezone: str
    now: datetime
    named: Named = unnamed

    def name_of(self, address: str) -> str:
        """What the directory calls somebody; "" if it knows no name."""
        return self.named(address).removesuffix(f"<{address}>").rstrip() if self.named(address) != address else ""

    def moment(self, when: datetime) -> str:
        """A time in the organisation's zone, with the year when it is not this year's."""
        return moment(when, self.timezone, self.language, year=when.year != self.now.year)

    def day(self, when: datetime) -> str:
        """The day alone."""
        return self.moment(when).rsplit(" ", 1)[0].rstrip(",")


@dataclass(frozen=True, slots=True)
class Badge:
    """A state: class of the style sheet, sign, and word; never colour alone."""

    css: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class Personal:
    """One class of personal data."""

    word: str
    count: int
    examples: str


def badge(state: State, language: Language, disposition: Disposition | None = None, *, own: bool = False) -> Badge:
    """The badge of a state; a held copy says what it waits for. own: to the mail's sender."""
    word, waiting = STATES[state].of(language), WAITING_OWN if own else WAITING
    if state is State.HELD and disposition in waiting:
        word = waiting[disposition].of(language)
    return Badge(str(state), _ICONS[state], word)


def mail_badge(record: MessageRecord, language: Language, person: str = "") -> Badge:
    """The badge of a whole mail, for this person."""
    held = letter_rows.held(record)
    most = max((r.disposition for r in held), default=None)
    return badge(record.state, language, most, own=is_own(record, person))


def is_own(record: MessageRecord, person: str) -> bool:
    """Whether it is this person's own mail."""
    return person in record.owners or person in record.members


def tone(record: MessageRecord) -> str:
    """Which colour the page's head has beside its words."""
    return _TONES.get(record.state, "")


def subject(record: MessageRecord, say: Say) -> str:
    """The subject on one line, or that there is none."""
    return line(record.subject or "", 200) or say("no_subject")


def headline(record: MessageRecord, speaker: Speaker) -> str:
    """What matters most, as a sentence: while held the reason, afterwards what became of it."""
    state = record.state
    if state is not State.HELD:
        return speaker.say(f"head.{state}")
    held = letter_rows.held(record)
    if all(r.disposition is Disposition.DELAY for r in held):
        return speaker.say("reason.frozen" if all(r.frozen_by for r in held) else "reason.delay")
    return letter_rows.reason_headline(record.verdict.enforced, speaker.language)


def list_line(record: MessageRecord, speaker: Speaker) -> str:
    """The headline for a list."""
    said = headline(record, speaker)
    reason = letter_rows.reason_headline(record.verdict.enforced, speaker.language)
    return letter_rows.reason_line(record.verdict.enforced, speaker.language) if said == reason else said


def reasons(record: MessageRecord, language: Language) -> tuple[Reason, ...]:
    """Every rule that held it, with evidence."""
    return letter_rows.reasons(record.verdict.enforced, language)


def outcome(record: MessageRecord, speaker: Speaker) -> list[str]:
    """What became of a mail that is not held any more: copies by state, if they went different ways; who decided and
    when; and whether it is out for good.
    """
    if record.state is State.HELD:
        return []
    say, lines, counts = speaker.say, [], dict.fromkeys(STATES, 0)
    for one in record.recipients:
        counts[one.state] += 1
    some = [(state, count) for state, count in counts.items() if count]
    if len(some) > 1:
        parts = [
            say("outcome", state=STATES[state].of(speaker.language), people=people(count, speaker.language))
            for state, count in some
        ]
        lines.append(("・" if speaker.language == "ja" else ", ").join(parts))
    at, by = max(((r.decided_at, r.decided_by) for r in record.recipients if r.decided_at), default=(None, ""))
    if at is not None:
        house = by == "mailguard"
        when = speaker.moment(at)
        lines.append(say("decided.house", when=when) if house else say("decided", when=when, who=speaker.named(by)))
    if record.state is State.RELAYED:
        lines.append(say("outcome.gone"))
    return lines


def ending(record: MessageRecord, speaker: Speaker, person: str = "") -> str:
    """What happens when nobody decides, for this person; "" when no clock runs."""
    first = _first_to_end(record)
    if first is None or first.expires_at is None:
        return ""
    return speaker.say(_ends(first, own=is_own(record, person)), when=speaker.moment(first.expires_at))


def _ends(copy: RecipientRecord, *, own: bool) -> str:
    """The key of the sentence: what comes back says to whom, and what for want of approval."""
    if copy.expire_action != "return":
        return f"ends.{copy.expire_action}"
    asks = ".approval" if copy.disposition is Disposition.APPROVE else ""
    return f"ends.return{asks}{'.own' if own else ''}"


def left(record: MessageRecord, speaker: Speaker) -> str:
    """How long until then; "" when no clock runs."""
    return span(record.expires_at - speaker.now, speaker.language) if record.expires_at else ""


def waiting_for(record: MessageRecord, speaker: Speaker) -> list[str]:
    """Who is asked, who said yes already, and whether somebody stopped the clock."""
    held = letter_rows.held(record)
    lines = []
    for ask in dict.fromkeys(ask for r in held for ask in r.asks):
        people = letter_rows.whom(ask, speaker.language, speaker.named)
        names, alone = listed(people, speaker.language, 5), ask.quorum == 1 and len(people) < 2
        lines.append(speaker.say("approvers.one" if alone else "approvers", people=names, quorum=ask.quorum))
        lines += _standing_in(ask, speaker)
        if ask.escalate_at is not None:
            asked = [
                speaker.say("approvers.house") if p == ADMINISTRATORS else speaker.named(p) for p in ask.escalate_to
            ]
            named = listed(asked, speaker.language, 5)
            lines.append(speaker.say("escalates", when=speaker.moment(ask.escalate_at), people=named))
    said = sorted({person for r in held for person in r.approvals})
    if said:
        lines.append(
            speaker.say("approved_by", people=listed([speaker.named(one) for one in said], speaker.language, 5))
        )
    stopped = sorted({r.frozen_by for r in held if r.frozen_by})
    if stopped:
        lines.append(
            speaker.say("ends.stopped", people=listed([speaker.named(one) for one in stopped], speaker.language))
        )
    return lines


def _standing_in(ask: Asked, speaker: Speaker) -> list[str]:
    """Who may answer in an approver's place."""
    named = sorted({person for _, some in ask.delegates for person in some})
    return (
        [speaker.say("delegates", people=listed([speaker.named(one) for one in named], speaker.language, 5))]
        if named
        else []
    )


def personal(record: MessageRecord, language: Language) -> list[Personal]:
    """Personal data by class, masked examples only; then secrets, which have no examples."""
    data = [
        Personal(PERSONAL[name].of(language), count.distinct, on_one_line(", ".join(count.masked[:3]), 120))
        for name, count in record.facts.personal_data.items()
        if count.distinct and name in PERSONAL
    ]
    secrets = [Personal(secret_word(name).of(language), count, "") for name, count in record.facts.secrets.items()]
    return data + secrets


def counted(record: MessageRecord) -> list[RecipientRecord]:
    """The copies that a mail is said to have: while it is open, without those that were taken off it."""
    is_open = record.state in (State.HELD, State.QUEUED)
    return [r for r in record.recipients if not is_open or r.state is not State.CANCELLED]


def recipients_line(record: MessageRecord, language: Language) -> str:
    """A few addresses for a list, outside ones first."""
    shown = sorted(counted(record), key=lambda r: not r.external)
    return listed([str(r.address) for r in shown], language)


def _first_to_end(record: MessageRecord) -> RecipientRecord | None:
    waiting = [r for r in letter_rows.held(record) if r.expires_at is not None]
    return min(waiting, key=lambda r: r.expires_at or record.received_at, default=None)
