"""What makes a recipient be picked, one small test for each key of `recipients`, with its words in both languages.

Here are those that the envelope, To and Cc, lists and the domain itself decide; what history and others must tell is in
the modules beside. Nothing is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mailguard.mail.verdict import Because
from mailguard.policy.free_mail import is_free_mail
from mailguard.policy.lists import NameList
from mailguard.policy.result import Truth
from mailguard.policy.view import Seen, View

#: The finding after which nothing that a mail says of itself is known.
UNREADABLE = "unreadable"
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pick:
    """One key asked. test: yes, no, or not to be decided; attribute: its words, before 宛先 and after "recipient".

    gap: what is not known where the test is undecided. evidence: what shows it, in no language (the address, if left
    out). reason: the same in both languages, for sentences. values: what a rule's sentence may name in braces.
    needs: what must be asked before the mail is judged (`Policy.needs`). names: whoever passes is on it.
    meant: the key of whom the sender probably meant instead of a recipient who was picked, "" if nobody comes to mind.
    shut: whether surely nobody is picked, told at a glance.
    """

    test: Callable[[View, Seen], Truth]
    attribute: Because
    gap: Callable[[View, Seen], str] = lambda _view, seen: str(seen.address)
    evidence: Callable[[View, Seen], str] | None = None
    reason: Callable[[View, Seen], Because] | None = None
    values: Callable[[View, Sequence[Seen]], dict[str, Because]] | None = None
    needs: frozenset[str] = NOTHING
    names: NameList | None = None
    meant: Callable[[View, Seen], str] | None = None
    shut: Callable[[View], bool] | None = None


def truth(holds: bool) -> Truth:
    """YES or NO."""
    return Truth.YES if holds else Truth.NO


def is_so(found: Truth, wanted: bool) -> Truth:
    """The answer to a switch: what cannot be decided stays so."""
    return found if wanted else Truth(2 - found)


def side(external: bool) -> Pick:
    """Outside the company, or inside."""
    words = Because("社外の", "outside the company") if external else Because("社内の", "inside the company")
    return Pick(lambda _view, seen: truth(seen.external is external), words)


def visible(wanted: bool) -> Pick:
    """In To or Cc, or in neither."""
    if wanted:  # the population itself: also those whom only a header names
        return Pick(lambda _view, _seen: Truth.YES, Because("ToかCcに見える", "visible in To or Cc"))
    return bcc(True)


def bcc(wanted: bool) -> Pick:
    """In the envelope, but neither in To nor in Cc."""
    words = Because("Bccの", "in Bcc") if wanted else Because("Bccではない", "not in Bcc")

    def test(view: View, seen: Seen) -> Truth:
        return _shown(view, seen.index in view.visible_indexes, not wanted)

    return Pick(test, words, _headers)


def stands_in(field: Literal["to", "cc"], wanted: bool) -> Pick:
    """In the field To, or Cc."""
    name = field.capitalize()
    words = Because(f"{name}の", f"in {name}") if wanted else Because(f"{name}ではない", f"not in {name}")

    def test(view: View, seen: Seen) -> Truth:
        return _shown(view, seen.address.key in view.keys_in(field), wanted)

    return Pick(test, words, _headers)


def _shown(view: View, found: bool, wanted: bool) -> Truth:
    """Whether a field shows somebody, as is wanted: not known where programs read the field in different ways."""
    return Truth.UNKNOWN if view.headers_doubtful else truth(found is wanted)


def _headers(_view: View, _seen: Seen) -> str:
    return "To · Cc"


def listed(names: NameList, wanted: bool, list_names: Sequence[str]) -> Pick:
    """On the lists of these names, or not."""
    named = "、".join(list_names)
    words = (
        Because(f"リスト「{named}」にある", f"on the list {named}")
        if wanted
        else Because(f"リスト「{named}」にない", f"not on the list {named}")
    )
    return Pick(lambda _view, seen: truth(names.has(seen.address) is wanted), words, names=names if wanted else None)


def matching(names: NameList, globs: Sequence[str]) -> Pick:
    """Of a domain or address that one of the globs covers."""
    words = Because(f"「{'、'.join(globs)}」に合う", f"matching {', '.join(globs)}")
    return Pick(lambda _view, seen: truth(names.has(seen.address)), words, names=names)


def member(groups: Sequence[str]) -> Pick:
    """In one of these groups of people."""
    words = Because(f"グループ「{'、'.join(groups)}」の", f"in the group {' or '.join(groups)}")
    return Pick(
        lambda view, seen: truth(any(view.directory.is_member(seen.address.key, group) for group in groups)), words
    )


def free_mail(wanted: bool) -> Pick:
    """Where anybody gets a mailbox."""
    words = (
        Because("フリーメールの", "with free mail") if wanted else Because("フリーメールではない", "without free mail")
    )
    return Pick(lambda _view, seen: truth(is_free_mail(seen.address.ascii_domain) is wanted), words)


def first_time(whose: Literal["sender", "company"]) -> Pick:
    """An outsider whose organisation the sender, or anybody here, has never written to."""
    words = (
        Because("この送信者から初めて送る", "that this sender has never written to")
        if whose == "sender"
        else Because("会社として初めて送る", "that nobody here has written to")
    )
    return Pick(lambda view, seen: truth(seen.external and not view.is_known(seen.address, whose)), words)


#: Parts of an address before the @ that a list or a group is called by, and labels of hosts of lists.
_LIST_WORDS = frozenset(
    "ml mls list lists mailinglist mailing all everyone everybody everyall zenin zen-in zensyain zenshain zenshokuin"  # noqa: SIM905
    " members member group grp groups team announce announcements meibo minna".split()
)
_LIST_HOSTS = frozenset("ml list lists mailman groups group googlegroups freeml listserv".split())  # noqa: SIM905


def mailing_list(wanted: bool) -> Pick:
    """A list, or a group that nobody expanded: more people get it than the address shows."""
    words = (
        Because("メーリングリストやグループの", "that is a list or a group")
        if wanted
        else Because("リストでもグループでもない", "that is no list or group")
    )

    def test(view: View, seen: Seen) -> Truth:
        address = seen.address
        found = address.key in view.directory.groups or not _LIST_WORDS.isdisjoint(_pieces(address.local))
        return truth((found or not _LIST_HOSTS.isdisjoint(address.ascii_domain.split(".")[:-1])) is wanted)

    return Pick(test, words)


def _pieces(local: str) -> list[str]:
    lowered = local.lower()
    return [lowered, *re.split(r"[-_.+]", lowered)]


def needs_of(picks: Sequence[Any]) -> frozenset[str]:
    """What all of them need."""
    return frozenset().union(*(pick.needs for pick in picks))
