"""A policy as the judge uses it: compiled rules, frozen, with the hash of everything that was read to make them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mailguard.mail.calendar import Calendar
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import MODES, SENDER, Because, Disposition, Mode
from mailguard.policy.alterations import Alter
from mailguard.policy.case import Case
from mailguard.policy.conditions.tree import Condition, Gate, ask, gates_of, needs_of
from mailguard.policy.glance import Glance
from mailguard.policy.lists import Listed
from mailguard.policy.marks import Problem
from mailguard.policy.result import NOT_KEPT, Result, Truth, some
from mailguard.policy.schema import ExampleModel, RuleModel
from mailguard.policy.sieve import Sieve
from mailguard.policy.terms import Terms
from mailguard.policy.view import View

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `everybody`: it concerns all recipients when it holds for some; terms: how a hold by it ends; alter:
    what it changes in their copies.

    mode: for senders in none of the groups of `group_modes`. trusts: whether people may say of a recipient that it need
    not ask about him again. route: the next server of the copies that it is about, "" if it says nothing of it.
    """

    id: str
    mode: Mode
    when: Condition
    unless: tuple[Condition, ...]
    disposition: Disposition
    terms: Terms | None
    everybody: bool
    internal_first: bool
    automatic: bool
    hold_unknown: bool
    because: Because | None
    model: RuleModel = field(repr=False)
    place: Problem = field(repr=False)  # where its id stands
    mode_place: Problem = field(repr=False)  # where its mode stands, or would
    group_modes: tuple[tuple[str, Mode], ...] = ()
    alter: Alter = field(default_factory=Alter, repr=False)
    trusts: bool = False
    route: str = ""
    _gates: tuple[Gate, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_gates", gates_of(self.when))

    @property
    def gates(self) -> tuple[Gate, ...]:
        """What can be asked at a glance."""
        return self._gates

    def shut(self, view: View) -> bool:
        """Whether a glance tells that the rule says NO to the mail. False: it must be asked."""
        for gate in self._gates:  # noqa: SIM110 -- this runs for each rule and mail: any() takes longer
            if gate(view):
                return True
        return False

    def mode_for(self, view: View) -> Mode:
        """The mode for the sender of this mail: the strictest that any of the sender's groups has, else the rule's own.
        Raises KeyError for a group that is not there.
        """
        sender = view.sender
        if not self.group_modes or sender is None:
            return self.mode
        found = [mode for group, mode in self.group_modes if view.directory.is_member(sender.key, group)]
        return max(found, key=MODES.index) if found else self.mode

    @property
    def strictest_mode(self) -> Mode:
        """The strictest that it has for anybody."""
        return max((self.mode, *(mode for _, mode in self.group_modes)), key=MODES.index)

    def told_of(self, mode: Mode) -> tuple[str, ...]:
        """Who is told of a hit in this mode: nobody where it is only counted, and the sender where it is only told."""
        if mode == "monitor":
            return ()
        return self.model.then.notify or ((SENDER,) if mode == "notify" else ())

    def look(self, view: View) -> tuple[Truth, Result]:
        """What the rule says of a mail, and the telling result: that of `when`, or of the exception that applies."""
        result = ask(self.when, view)
        if result.truth is Truth.NO:
            return Truth.NO, result
        wanting: Result | None = None
        for exception in self.unless:
            found = ask(exception, view)
            if found.truth is Truth.YES:  # an exception that cannot be decided does not apply
                return Truth.NO, found
            if found.truth is Truth.UNKNOWN and NOT_KEPT in found.unread:
                wanting = found  # but of a recorded mail nobody knows whether it applied
        return (result.truth, result) if wanting is None else (Truth.UNKNOWN, wanting)

    def excepted(self, truth: Truth, result: Result) -> bool:
        """Whether `look` gave that answer because of an exception: it says no, though what it tells is true."""
        return truth is Truth.NO and result.truth is Truth.YES

    def fires(self, truth: Truth) -> bool:
        """Whether the answer makes a hit."""
        return truth is Truth.YES or (truth is Truth.UNKNOWN and self.hold_unknown)

    @property
    def gist(self) -> Because | None:
        """The rule's own words without a mail, what they would name left open; None if it has none."""
        if self.because is None:
            return None
        return Because(without_a_mail(self.because.ja), without_a_mail(self.because.en))

    def sentence(self, truth: Truth, result: Result) -> Because:
        """What people read about a hit: the rule's own words with the numbers of this mail, else the fact itself."""
        if truth is Truth.UNKNOWN:
            named = some(result.unread) if result.unread else Because("メールの一部", "a part of the mail")
            return Because(
                f"「{named.ja}」の中身を確認できないため、ルール「{self.id}」に当たるかどうか判断できません",
                f"{named.en} could not be examined, so the rule {self.id} could not be decided",
            )
        if self.because is None:
            said = result.say()
            return Because(said.ja, said.en[:1].upper() + said.en[1:])
        values = result.tell().values if "{" in self.because.ja + self.because.en else {}
        return Because(_filled(self.because.ja, values, "ja"), _filled(self.because.en, values, "en"))


def without_a_mail(template: str) -> str:
    """A rule's sentence with an ellipsis for whatever it would name of a mail."""
    return _PLACEHOLDER.sub("…", template)


def _filled(template: str, values: Mapping[str, Because], language: str) -> str:
    """The sentence with its placeholders filled. One that this hit has no value for becomes an ellipsis."""
    return _PLACEHOLDER.sub(lambda found: getattr(values[found[1]], language) if found[1] in values else "…", template)


@dataclass(frozen=True, slots=True)
class FileExamples:
    """The examples of one file that are judged by all its rules; path of the file for reports."""

    file: str
    rules: frozenset[str]
    examples: tuple[tuple[ExampleModel, Problem], ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules of all files. hash: SHA-256 over everything read, 16 hex digits; sources: what to watch for changes.

    directory, calendar: the people and the working time that the rules speak of; sieve, glance: the first look for all.
    needs: what the rules ask of others (ledger, DNS): whoever makes a case asks for no more; trusting: one of them asks
    whom people trust. aside: hash of what was read beside the rules (lists, words, people), 16 hex digits.
    """

    rules: tuple[Rule, ...]
    hash: str
    organization: Organization | None = None
    directory: Directory = NOBODY
    calendar: Calendar = field(default_factory=Calendar)
    sources: tuple[Path, ...] = ()
    examples: tuple[FileExamples, ...] = ()
    aside: str = ""
    places: Mapping[tuple[str, int], Problem] = field(default_factory=dict)  # (rule id, number of example) -> place
    lists: Mapping[str, Listed] = field(default_factory=dict, repr=False)
    sieve: Sieve | None = field(default=None, repr=False, compare=False)
    needs: frozenset[str] = field(init=False, compare=False)
    trusting: bool = field(init=False, compare=False)
    glance: Glance = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lists = self.sieve.names.known if self.sieve is not None else frozenset[int]()
        object.__setattr__(self, "glance", Glance((rule.gates for rule in self.rules), lists))
        object.__setattr__(self, "trusting", any(rule.trusts for rule in self.rules))
        conditions = (one for rule in self.rules for one in (rule.when, *rule.unless))
        object.__setattr__(self, "needs", needs_of(conditions))

    def view(self, case: Case) -> View:
        """The case as the rules of this policy look at it."""
        return View(case, self.directory, self.calendar, self.sieve)
