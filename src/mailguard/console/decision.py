"""The card in which somebody decides: the questions in words, and buttons that name what they do.

The safe way has the weight: until every risky item is answered, and whenever nothing is taken out, that is not to send.
Nothing here acts; `acts` does what the form says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailguard.console import choices
from mailguard.console.choices import Answer, Plan
from mailguard.console.present import Speaker
from mailguard.console.questions import Asking, Question, question
from mailguard.console.risky import Risky
from mailguard.console.sight import seen
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.notify import letter_rows
from mailguard.notify.letter_people import visible
from mailguard.notify.marked import joined
from mailguard.notify.phrases import listed
from mailguard.review import Act, Background, MessageRecord, Offer, RecipientRecord, View

#: So many are offered to be put in the place of others; a mail with more of them is better written anew.
_MOST_OFFERS = 5


@dataclass(frozen=True, slots=True)
class Button:
    """One thing that can be done: the form's value, its words, the class of its look. asks: only with all answers."""

    value: str
    label: str
    css: str = ""
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Trust:
    """What can be asked no more: about whom, in words; for whom it can be said: "me", "team"."""

    people: str
    scopes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Offered:
    """Somebody to be put in a wrong recipient's place by one press. value: the form's; notes: what it does besides."""

    value: str
    label: str
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """code: what the sending button says now, as the form hands it back. words: what message.js makes labels of.

    offers: whom to put in a wrong one's place. safe: which way has the weight, "send" or "stop". held: copies that
    wait; copies: all there are. sends: whether the person can let it go. again: the answers are all there, and the
    button that says so is still to be pressed. wrong: what is missing. focus: a button to stand on.
    """

    title: str
    questions: Sequence[Question]
    buttons: Sequence[Button]
    selection: Sequence[Button]
    code: str = field(repr=False)
    words: Mapping[str, str]
    safe: str
    trust: Trust | None
    wants_comment: bool
    urgent: bool
    held: int
    copies: int
    sends: bool
    offers: Sequence[Offered] = ()
    again: bool = False
    wrong: str = ""
    focus: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What a form or a link has said so far. tried: somebody pressed the button; joined: meanwhile the mail got more
    recipients; focus: a button to stand on.
    """

    answers: Mapping[str, Answer]
    tried: bool = False
    joined: bool = False
    focus: str = ""


NOTHING = Given({})


def decision(view: View, risky: Risky, by: Speaker, known: Background | None, given: Given = NOTHING) -> Decision:
    """The card of a mail for a person."""
    asked = choices.items(view, risky)
    plan = choices.plan(view, asked, given.answers)
    words = label_words(view, by)
    questions = [question(one, Asking(view, by, known), given.answers, given.tried) for one in asked]
    wrong = by.say("decide.joined") if given.joined else _wrong(questions, by) if given.tried else ""
    safely = plan.stop or plan.changes
    return Decision(
        title=_title(view, by),
        questions=questions,
        buttons=_buttons(view, plan, words, bool(questions), by),
        selection=selection_buttons(view, by),
        code=plan.code,
        words=words,
        safe="send" if safely and not plan.missing else "stop",
        trust=_trust(view, risky, by),
        wants_comment=Act.REJECT in view.acts,
        urgent=Act.URGENT in view.acts and Act.RELEASE not in view.acts,
        held=len(letter_rows.held(view.record)),
        copies=len(view.record.recipients),
        sends=bool({Act.RELEASE, Act.APPROVE} & view.acts),
        offers=[_offered(one, view, by) for one in view.offers[:_MOST_OFFERS]],
        again=given.tried and not plan.missing and not given.joined,
        wrong=wrong,
        focus=given.focus,
    )


def offer_value(offer: Offer) -> str:
    """What the form hands back for an offer: who gives way to whom."""
    return f"{offer.wrong}>{offer.meant}"


def _offered(offer: Offer, view: View, by: Speaker) -> Offered:
    say, facts = by.say, view.record.facts
    word = "offer.send" if Act.RELEASE in view.acts else "offer.replace"
    notes = [say("offer.note" if word == "offer.send" else "offer.note.replace")]
    if facts.signed or facts.encrypted:
        notes.append(say("offer.sealed"))
    return Offered(offer_value(offer), say(word, wrong=seen(str(offer.wrong)), meant=seen(str(offer.meant))), notes)


def label_words(view: View, by: Speaker) -> Mapping[str, str]:
    """The words of the sending button for this person."""
    approving = Act.APPROVE in view.acts
    return choices.label_words(by.say, by.language, approving=approving, rejecting=approving and not _takes_off(view))


def trusted(view: View, risky: Risky, plan: Plan) -> tuple[Address, ...]:
    """Whom a person can ask not to be asked about again: those a rule points at and who stay on the mail."""
    removed = {one.key for one in plan.remove}
    meant = [one.address for one in risky.people] or _pointed_at(view.record)
    able = [one for one in meant if Act.TRUST in view.acts_for.get(one.key, ())]
    return tuple(one for one in able if one.key not in removed)


def _pointed_at(record: MessageRecord) -> list[Address]:
    held = [one.address for one in letter_rows.held(record) if one.external]
    return held if len(held) <= 3 else []


def _takes_off(view: View) -> bool:
    return Act.REMOVE in view.acts


def _title(view: View, by: Speaker) -> str:
    say = by.say
    if view.record.state is not State.HELD:
        return say("decide.queued")
    if Act.APPROVE in view.acts:
        return say("decide.approve")
    # Whoever can only withdraw or mend it, while others are asked, is not asked himself.
    waits = any(one.disposition is Disposition.APPROVE for one in letter_rows.held(view.record))
    return say("decide.waits") if waits and not {Act.RELEASE, Act.SEND_NOW} & view.acts else say("decide")


def _wrong(questions: Sequence[Question], by: Speaker) -> str:
    missing = [joined(one.title) for one in questions if one.missing]
    return by.say("decide.missing", items=listed(missing, by.language, 3)) if missing else ""


def _buttons(view: View, plan: Plan, words: Mapping[str, str], asks: bool, by: Speaker) -> list[Button]:
    """What can be done with the whole mail; the safe way first, unless the answers make a safe way of sending."""
    sending, stopping = _sending(view, plan, words, by), _stopping(view, by)
    hold = [Button("hold", by.say("act.hold"), "quiet")] if _can_pause(view) else []
    if Act.RESUME in view.acts:
        hold.append(Button("resume", by.say("act.resume"), "quiet"))
    return [*sending, *stopping, *hold] if asks else [*stopping, *hold, *sending]


def _sending(view: View, plan: Plan, words: Mapping[str, str], by: Speaker) -> list[Button]:
    acts = view.acts
    if Act.APPROVE in acts:
        return [Button("approve", choices.label(plan, words), asks=True)]
    if Act.SEND_NOW in acts and any(r.disposition is Disposition.DELAY for r in letter_rows.held(view.record)):
        return [Button("send-now", by.say("act.send-now"))]
    return [Button("send", choices.label(plan, words), asks=True)] if Act.RELEASE in acts else []


def _stopping(view: View, by: Speaker) -> list[Button]:
    say, rejects = by.say, Act.REJECT in view.acts
    made = [Button("reject", say("act.reject"), "stop")] if rejects else []
    if Act.CANCEL in view.acts:
        label = say("act.cancel") if view.record.state is State.HELD else say("act.cancel-queued")
        made.append(Button("cancel", label, "quiet" if rejects else "stop"))
    return made


def _can_pause(view: View) -> bool:
    return Act.HOLD in view.acts and any(_runs_out(one) for one in view.record.recipients)


def _runs_out(recipient: RecipientRecord) -> bool:
    """Whether a clock runs that ends in sending."""
    return recipient.state is State.HELD and recipient.expire_action == "release" and not recipient.frozen_by


def _trust(view: View, risky: Risky, by: Speaker) -> Trust | None:
    meant = trusted(view, risky, Plan())
    if not meant or not view.trust_scopes or not {Act.RELEASE, Act.APPROVE} & view.acts:
        return None
    return Trust(listed([str(one) for one in meant], by.language, 2), view.trust_scopes)


def selection_buttons(view: View, by: Speaker) -> list[Button]:
    """What can be done with some of several held recipients."""
    held, acts, say = sum(r.state is State.HELD for r in view.record.recipients), view.acts, by.say
    if held < 2:
        return []
    made = []
    if Act.APPROVE in acts:
        made.append(Button("approve-selected", say("act.approve-selected")))
    elif Act.RELEASE in acts:
        made.append(Button("release-selected", say("act.release-selected")))
    if Act.REMOVE in acts:
        made.append(Button("remove-selected", say("act.remove-selected")))
    if Act.ALTER in acts and len(visible(view.record)) > 1:
        made.append(Button("hide-selected", say("act.hide-selected")))
    return made
