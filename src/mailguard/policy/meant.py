"""Whom the sender probably meant instead of a recipient: one mechanism for every condition that can tell.

A condition names an address (`Pick.meant`); here it becomes what a hit carries (`Told.meant`, from where it goes into
the recipient's verdict) and the words that a rule's sentence may use. Nobody is proposed who gets the mail already, and
nobody is named to a sender who knows him from others only (`may_name`): who writes to whom is not told to colleagues.
Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.verdict import Because
from mailguard.policy.result import some
from mailguard.policy.view import Seen, View

Meant = Callable[[View, Seen], str]


def meant_of(asked: Iterable[Meant | None], view: View, picked: Sequence[Seen]) -> dict[str, str]:
    """Whom the sender probably meant, by the key of the recipient. asked: in this order; the first that knows tells."""
    known = [one for one in asked if one is not None]
    found: dict[str, str] = {}
    for seen in picked if known else ():
        other = next((key for key in (meant(view, seen) for meant in known) if proposed(view, key)), "")
        if other:
            found[seen.address.key] = other
    return found


def proposed(view: View, key: str) -> bool:
    """Whether an address may be proposed: a valid one of somebody who neither gets nor sends the mail."""
    if not key or key in view.everybody or (view.sender is not None and key == view.sender.key):
        return False
    try:
        parse_address(key)
    except AddressError:  # a domain may be shown in letters that no address may have
        return False
    return True


def may_name(view: View, key: str) -> bool:
    """Whether the sender knows an address anyway: of the company, or out of his own mail as far as anybody asked."""
    local, _, domain = key.rpartition("@")
    known = view.case.known
    return (
        view.case.organization.is_internal(Address(local, domain))
        or key in view.directory.people
        or key in (known.names or {})
        or key in (known.last_written or {})
        or any(key in circle.members for circle in known.circles or ())
        or any(one.key == key and one.count for stranger in (known.strangers or {}).values() for one in stranger.like)
    )


def meant_words(meant: Mapping[str, str], said: Because | None = None) -> dict[str, Because]:
    """What a sentence may say of it: `{alternative}`, the addresses; `{did_you_mean}`, a question, empty where nobody
    comes to mind or the reason (said) names them all.
    """
    others = sorted(set(meant.values()))
    named = some(others)
    asks = Because("", "")
    if others and (said is None or not all(one in said.ja and one in said.en for one in others)):
        asks = Because(f"（{named.ja} ではありませんか）", f" (did you mean {named.en}?)")
    return {"did_you_mean": asks} | ({"alternative": named} if others else {})
