"""The questions that a held mail puts to whoever may let it go, and what the answers come to.

Each risky item is one question with two answers, and none is given beforehand: a person has to touch it. The page that
asks and the form that answers make the same questions, from the same record. Pure; the review room decides what may be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mailguard.console.locale import Say
from mailguard.console.risky import Risky
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.notify.phrases import people
from mailguard.review import Act, View

Answer = Literal["", "safe", "keep"]
Kind = Literal["person", "people", "file", "files", "seen"]
#: More of one kind are one question together.
_ONE_BY_ONE = 6
#: Acts by which a mail is let go.
_LETTING_GO = frozenset({Act.RELEASE, Act.APPROVE})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to decide about. name: of its field in the form. stops: it cannot be taken out, so the safe answer is
    not to send the mail.
    """

    name: str
    kind: Kind
    people: tuple[Address, ...] = ()
    files: tuple[int, ...] = ()
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What the answers come to. missing: names of the items without an answer."""

    remove: tuple[Address, ...] = ()
    files: tuple[int, ...] = ()
    hide: tuple[Address, ...] = ()
    stop: bool = False
    missing: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """What the button says, as the form hands it back; "" while an answer is missing."""
        if self.missing:
            return ""
        return "stop" if self.stop else f"{len(self.remove)}.{len(self.files)}.{int(bool(self.hide))}"

    @property
    def changes(self) -> bool:
        """Whether anything is taken off the mail."""
        return bool(self.remove or self.files or self.hide)


def items(view: View, risky: Risky) -> list[Item]:
    """The questions of a mail for a person; none for whoever cannot let it go."""
    if not _LETTING_GO & view.acts:
        return []
    alters = Act.ALTER in view.acts
    return [*_people(view, risky), *_files(risky, alters), *_seen(risky, alters)]


def answers(questions: Sequence[Item], given: Callable[[str], str]) -> dict[str, Answer]:
    """The answers that a form gives; any other word is none."""
    found: dict[str, Answer] = {}
    for one in questions:
        word = given(one.name)
        found[one.name] = "safe" if word == "safe" else "keep" if word == "keep" else ""
    return found


#: What a letter's link may propose (notify.letter_choices): the act that the person must be able to do, and the button
#: that it is about.
PROPOSED = {
    "correct": Act.CORRECT,
    "remove-flagged": Act.REMOVE,
    "hide": Act.ALTER,
    "release": Act.RELEASE,
    "approve": Act.APPROVE,
    "cancel": Act.CANCEL,
    "reject": Act.REJECT,
}
CHOICES = {
    "correct": "correct",
    "remove-flagged": "send",
    "hide": "send",
    "release": "send",
    "approve": "send",
    "cancel": "cancel",
    "reject": "cancel",
}


def preselected(questions: Sequence[Item], choice: str) -> dict[str, Answer]:
    """The answers that a letter's link proposes; it never decides."""
    if choice == "hide":  # says nothing of what else there is to look at
        return {one.name: "safe" if one.kind == "seen" and not one.stops else "" for one in questions}
    word: Answer = "safe" if choice == "remove-flagged" else "keep" if CHOICES.get(choice) == "send" else ""
    return {one.name: word for one in questions}


def plan(view: View, questions: Sequence[Item], given: Mapping[str, Answer]) -> Plan:
    """What is to be done. Without anybody left to get it, that is not to send it."""
    safe = [one for one in questions if given.get(one.name) == "safe"]
    remove = tuple(
        address for one in safe if not one.stops and one.kind in ("person", "people") for address in one.people
    )
    left = {r.address.key for r in view.record.recipients if r.state is State.HELD} - {one.key for one in remove}
    return Plan(
        remove=remove,
        files=tuple(at for one in safe if not one.stops for at in one.files),
        hide=tuple(
            address for one in safe if one.kind == "seen" and not one.stops for address in one.people
            if address.key in left
        ),
        stop=any(one.stops for one in safe) or not left,
        missing=tuple(one.name for one in questions if not given.get(one.name)),
    )  # fmt: skip


def label(plan: Plan, words: Mapping[str, str]) -> str:
    """What the button says: exactly what it does. words: `label_words`. message.js says the same."""
    if plan.missing:
        return words["open"]
    if plan.stop:
        return words["stop"]
    what = [
        _counted(len(plan.remove), words["person"], words["people"]),
        _counted(len(plan.files), words["file"], words["files"]),
    ]
    named = [one for one in what if one]
    if not named:
        return words["hide"] if plan.hide else words["keep"]
    both = named[0] if len(named) == 1 else words["both"].format(people=named[0], files=named[1])
    return words["remove-hide" if plan.hide else "remove"].format(what=both)


def label_words(say: Say, language: Language, *, approving: bool, rejecting: bool) -> dict[str, str]:
    """The words that labels are made of. rejecting: an approver takes nobody off, he says no to one."""
    return {
        "open": say("send.open.approve") if approving else say("send.open"),
        "keep": say("act.approve") if approving else say("act.release"),
        "stop": say("act.reject") if rejecting else say("act.cancel"),
        "person": people(1, language),
        "people": say("send.people"),
        "file": say("send.file"),
        "files": say("send.files"),
        "both": say("send.both"),
        "remove": say("send.reject") if rejecting else say("send.remove.approve") if approving else say("send.remove"),
        "hide": say("send.hide"),
        "remove-hide": say("send.remove.hide"),
    }


def _counted(count: int, one: str, more: str) -> str:
    return "" if not count else one if count == 1 else more.format(count=count)


def _people(view: View, risky: Risky) -> list[Item]:
    meant = [one.address for one in risky.people]
    held = sum(one.state is State.HELD for one in view.record.recipients)
    # Without the only recipient nothing is left to send; an approver who is asked about all of them says no to all.
    stops = bool(meant) and (held == 1 or (len(meant) == held and not _can_remove(view, meant)))
    if len(meant) > _ONE_BY_ONE:
        return [Item("r", "people", tuple(meant), stops=stops)]
    return [Item(f"r.{one.key}", "person", (one,), stops=stops) for one in meant]


def _can_remove(view: View, meant: Sequence[Address]) -> bool:
    return all(Act.REMOVE in view.acts_for.get(one.key, view.acts) for one in meant)


def _files(risky: Risky, alters: bool) -> list[Item]:
    if len(risky.files) > _ONE_BY_ONE:
        return [Item("f", "files", files=risky.files, stops=not alters)]
    return [Item(f"f.{at}", "file", files=(at,), stops=not alters) for at in risky.files]


def _seen(risky: Risky, alters: bool) -> list[Item]:
    meant = tuple(one.address for one in risky.seen)
    return [Item("b", "seen", meant, stops=not alters)] if meant else []
