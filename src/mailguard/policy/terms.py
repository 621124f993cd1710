"""The terms of a rule's hold as they are written, and what they come to for one mail: who is asked, and until when.

`Terms.of` knows the people of the directory and the office hours of the calendar from the view it is given; it asks no
clock. Nobody is ever asked about his own mail. If too few are left, that is said in a note; whoever keeps the mail then
asks the administrators.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.verdict import ADMINISTRATORS, Ask, Because, ExpireAction, HoldTerms
from mailguard.policy.view import View

MANAGER, MANAGERS_MANAGER = "manager", "manager_of_manager"
ALWAYS, OFFICE_HOURS = "always", "office_hours"


@dataclass(frozen=True, slots=True)
class People:
    """People as a policy names them. words: MANAGER, MANAGERS_MANAGER, ADMINISTRATORS; addresses: keys."""

    addresses: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Approval:
    """What `approve` asks for. delegates: those of the directory (True), none, or these keys for every approver."""

    by: People
    quorum: int = 1
    delegates: bool | tuple[str, ...] = True
    remind_after: timedelta | None = None
    escalate_after: timedelta | None = None
    escalate_to: People = field(default_factory=People)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a hold by a rule ends. office_hours: all times run only while people are at work."""

    expire_after: timedelta = timedelta(hours=72)
    expire_action: ExpireAction = "return"
    approval: Approval | None = None
    office_hours: bool = False
    urgent: bool = False

    def of(self, view: View) -> tuple[HoldTerms, tuple[Because, ...]]:
        """The terms for this mail, and what people should know about who is asked."""
        plain = HoldTerms(self._real(self.expire_after, view), self.expire_action)
        if self.approval is None:
            return plain, ()
        ask, notes = _Asking(view).ask(self.approval)
        ask = replace(
            ask,
            remind_after=self._real_or_none(self.approval.remind_after, view),
            escalate_after=self._real_or_none(self.approval.escalate_after, view),
        )
        return replace(plain, asks=(ask,), urgent=self.urgent), notes

    def _real_or_none(self, span: timedelta | None, view: View) -> timedelta | None:
        return None if span is None else self._real(span, view)

    def _real(self, span: timedelta, view: View) -> timedelta:
        """The time from the receipt until so much has run. Without a moment nobody knows: as it is written."""
        moment = view.case.moment
        if moment is None or not self.office_hours:
            return span
        return view.calendar.after(moment, span) - moment


def people_of(named: People, view: View) -> tuple[tuple[str, ...], tuple[Because, ...]]:
    """The people (keys) that are meant for this mail, without the sender, and what could not be found."""
    asking = _Asking(view)
    found = asking.people(named)
    return found, asking.notes


class _Asking:
    """Who is asked about one mail."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._directory = view.directory
        senders = (one for key in _senders(view) for one in (key, _mailbox(key)))
        self._senders = tuple(dict.fromkeys(map(view.directory.key_of, senders)))
        # Where only a shared mailbox is known to have sent it, any of those who share it may have written it.
        shared = sharing(view) if len(set(_senders(view))) == 1 else ()
        self._own = frozenset((*own_addresses(view), *shared))
        moment = view.case.moment
        self._day = None if moment is None else view.calendar.local(moment).date()
        self._notes: list[Because] = []

    def ask(self, approval: Approval) -> tuple[Ask, tuple[Because, ...]]:
        approvers = self.people(approval.by)
        if len(approvers) < approval.quorum:
            self._note(
                "承認できる人が足りないため、管理者に承認を依頼します",
                "Too few people can approve it, so the administrators are asked",
            )
        delegates = {one: found for one in approvers if (found := self._delegates(one, approval.delegates))}
        escalate_to: tuple[str, ...] = ()
        if approval.escalate_after is not None:
            escalate_to = self.people(approval.escalate_to) or (ADMINISTRATORS,)
        return (
            Ask(
                approvers=approvers,
                quorum=approval.quorum,
                delegates=tuple(sorted(delegates.items())),
                absent=tuple(one for one in approvers if self._is_away(one)),
                escalate_to=escalate_to,
            ),
            tuple(self._notes),
        )

    @property
    def notes(self) -> tuple[Because, ...]:
        return tuple(self._notes)

    def people(self, named: People) -> tuple[str, ...]:
        """Keys, sorted, without the sender's own; ADMINISTRATORS stays a word, for whoever knows who they are."""
        found = set(map(self._directory.key_of, named.addresses))
        for group in named.groups:
            found.update(self._members(group))
        if MANAGER in named.words:
            found |= self._managers(self._senders)
        if MANAGERS_MANAGER in named.words:
            found |= self._managers(tuple(sorted(self._managers(self._senders))))
        found -= {one for one in found if self._is_own(one)}
        return tuple(sorted(found | (named.words & {ADMINISTRATORS})))

    def _members(self, group: str) -> tuple[str, ...]:
        try:
            return self._directory.members(group)
        except KeyError:  # a load error before; a directory that changed since must not make the judge fall
            self._note(f"グループ「{group}」が見つかりません", f"There is no group {group}")
            return ()

    def _managers(self, people: tuple[str, ...]) -> set[str]:
        """The manager of the first of them who has one that is not the sender: an alias may have none."""
        for person in people:
            manager = self._directory.key_of(self._directory.manager_of(person))
            if manager and not self._is_own(manager):
                return {manager}
        whom = people[0] if people else "<>"
        self._note(f"{whom} の上長が登録されていません", f"No manager is known for {whom}")
        return set()

    def _delegates(self, approver: str, wanted: bool | tuple[str, ...]) -> tuple[str, ...]:
        """Who may speak for him: who stands in today first, then whoever else is named; never the sender."""
        if wanted is False:
            return ()
        person = self._directory.person(approver)
        named = (person.delegates if person else ()) if wanted is True else wanted
        listed = sorted(map(self._directory.key_of, dict.fromkeys(named)), key=self._is_away)
        if wanted is True and self._day is not None:  # of a delegate who is away too, his own
            listed = [*self._directory.stand_ins(approver, self._day), *listed]
        return tuple(one for one in dict.fromkeys(listed) if one != approver and not self._is_own(one))

    def _is_own(self, key: str) -> bool:
        return key in self._own or _mailbox(key) in self._own

    def _is_away(self, key: str) -> bool:
        person = self._directory.person(key)
        return bool(person and self._day and person.is_away(self._day))

    def _note(self, ja: str, en: str) -> None:
        note = Because(ja, en)
        if note not in self._notes:
            self._notes.append(note)


def _senders(view: View) -> Iterator[str]:
    """The keys under which the sender sends: the envelope's, and the login where it is a mailbox."""
    if view.sender is not None:
        yield view.sender.key
    login = view.case.envelope.client.login
    if login is not None:
        with contextlib.suppress(AddressError):
            yield parse_address(login).key


def own_addresses(view: View) -> tuple[str, ...]:
    """The keys of all addresses of the people who send the mail, also without what follows a plus (RFC 5233: ann+x is
    ann's mailbox): whoever has one of them is asked about nothing here.
    """
    found: dict[str, None] = {}
    for key in map(view.directory.key_of, _senders(view)):
        mailbox = _mailbox(key)
        found[key] = found[mailbox] = None
        person = view.directory.person(key) or view.directory.person(mailbox)
        for one in (person.address, *person.aliases) if person is not None else ():
            found[one] = found[_mailbox(one)] = None
    return tuple(found)


def sharing(view: View) -> tuple[str, ...]:
    """The keys of those who share the mailbox that the mail is sent from, without the sender's own addresses."""
    members = () if view.sender is None else view.directory.members_of(view.sender.key)
    return tuple(sorted(set(members).difference(own_addresses(view)))) if members else ()


def _mailbox(key: str) -> str:
    if "+" not in key:
        return key
    local, _, domain = key.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def joined(terms: Iterable[HoldTerms]) -> HoldTerms:
    """One hold for several rules that wait for people, at least as strict as each of them, whatever their order.

    Each rule's people must be satisfied. Who would let a mail go by itself does not decide when it ends; coming back
    is better than vanishing. It is urgent only where every rule says so.
    """
    listed = list(terms)
    if len(listed) == 1 and len(listed[0].asks) < 2:
        return listed[0]
    unsent = [one for one in listed if one.expire_action != "release"]
    if unsent:
        action = min((one.expire_action for one in unsent), key=("return", "discard").index)
        after = min(one.expire_after for one in unsent)
    else:
        action, after = "release", max(one.expire_after for one in listed)
    asks = sorted({ask for one in listed for ask in one.asks}, key=repr)
    return HoldTerms(after, action, tuple(asks), all(one.urgent for one in listed))
