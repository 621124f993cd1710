"""Whom the sender probably meant instead of a recipient: one mechanism for every condition that can tell.

A condition names an address (`Pick.meant`); here it becomes what a hit carries (`Told.meant`, from where it goes into
the recipient's verdict) and the words that a rule's sentence may use. Nobody is proposed who gets the mail already.
Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from mailguard.mail.address import AddressError, parse_address
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
