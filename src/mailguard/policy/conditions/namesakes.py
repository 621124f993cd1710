"""`recipients: {name_of_other}`: the display name, or the address written as one, belongs to somebody else.

Whose a name is, this sender's own mail and the directory say, and the addresses that stand beside it in the mail; a
name that many bear is nobody's (`policy.names`). Somebody who was written to under the name before bears it too. An
office (info@) may be called by the name of whoever sits there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.directory import Person
from mailguard.mail.facts import Addressee
from mailguard.mail.verdict import Because
from mailguard.policy.conditions.picks import Pick
from mailguard.policy.conditions.remembered import HISTORY
from mailguard.policy.lookalike import registrable_domain
from mailguard.policy.names import is_role, name_key, name_parts
from mailguard.policy.result import Truth, some
from mailguard.policy.salutation import Called, fits
from mailguard.policy.surnames import surname_in
from mailguard.policy.view import Seen, View


def name_of_other() -> Pick:
    """Called by the name, or by the address, of somebody else whom the sender or the directory knows."""

    def test(view: View, seen: Seen) -> Truth:
        if bearers(view, seen)[1]:
            return Truth.YES
        unsure = view.headers_doubtful or (view.case.known.names is None and bool(view.display_names(seen.address.key)))
        return Truth.UNKNOWN if unsure else Truth.NO

    def evidence(view: View, seen: Seen) -> str:
        name, others = bearers(view, seen)
        return f"{name} <{seen.address}> ≠ {', '.join(others)}"

    def reason(view: View, seen: Seen) -> Because:
        name, others = bearers(view, seen)
        known = some(others)
        return Because(
            f"{name} <{seen.address}>（{name} は {known.ja}）", f"{name} <{seen.address}>, while {name} is {known.en}"
        )

    def values(view: View, picked: Sequence[Seen]) -> dict[str, Because]:
        return {"known": some(sorted({one for seen in picked for one in bearers(view, seen)[1]}))}

    def meant(view: View, seen: Seen) -> str:
        others = bearers(view, seen)[1]
        return others[0] if len(others) == 1 else ""

    return Pick(
        test,
        Because("別の人の名前が付いた", "under the name of somebody else"),
        gap=lambda _view, _seen: HISTORY,
        evidence=evidence,
        reason=reason,
        values=values,
        needs=frozenset({"names"}),
        meant=meant,
        shut=lambda view: not view.headers_doubtful and not view.shows_names,
    )


def bearers(view: View, seen: Seen) -> tuple[str, list[str]]:
    """The display name of a recipient and whose it is; ("", []) if it is nobody else's."""
    key = seen.address.key
    for name in view.display_names(key):
        if wanted := name_key(name):
            owners = _owners(view, wanted)
            owners = {one for one in owners if not _is_office_of(seen, one)} if key not in owners else set()
            if owners:
                return name, sorted(owners)[:3]
        elif (stranger := _address_in(name)) and stranger != key and _is_known(view, stranger):
            return name, [stranger]
        if others := _fits_better(view, seen, name):
            return name, others
    return "", []


def _is_office_of(seen: Seen, person: str) -> bool:
    """Whether the recipient is an office of the house that a person (key) is of."""
    words = tuple(filter(None, re.split(r"[._+-]+", seen.address.local.lower())))
    house = person.rpartition("@")[2]
    return is_role(words) and registrable_domain(house) == registrable_domain(seen.address.ascii_domain)


def _fits_better(view: View, seen: Seen, name: str) -> list[str]:
    """Whose address beside it the name fits, where it does not fit its own: two people mixed up in one mail. Only
    family names whose reading is known can be told apart.
    """
    surname = surname_in(name_parts(name)) if len(view.everybody) > 1 else ""
    if not surname or _by_address(surname, seen) is not Truth.NO:
        return []
    people = (*view.recipients, *view.visible)
    return sorted({one.address.key for one in people if _by_address(surname, one) is Truth.YES})[:3]


def _by_address(surname: str, seen: Seen) -> Truth:
    return fits(Addressee(surname), Called((), seen.address.local, seen.address.ascii_domain))


def _owners(view: View, wanted: str) -> set[str]:
    """Who bears the name: by this sender's mail, and by the directory."""
    known = view.case.known.names or {}
    return {key for key, name in known.items() if name_key(name) == wanted} | _by_name(view.directory.people, wanted)


def _address_in(name: str) -> str:
    """The key of a display name that is itself an address."""
    try:
        return parse_address(name.strip(" '\"<>")).key
    except AddressError:
        return ""


def _is_known(view: View, key: str) -> bool:
    address = parse_address(key)
    return (
        view.case.organization.is_internal(address)
        or view.is_known(address, "sender")
        or key in (view.case.known.names or {})
    )


#: The directory by name, made once for each directory: [(people, keys by name)].
_BY_NAME: list[tuple[Mapping[str, Person], Mapping[str, set[str]]]] = []


def _by_name(people: Mapping[str, Person], wanted: str) -> set[str]:
    for made_of, keys in _BY_NAME:
        if made_of is people:
            return keys.get(wanted, set())
    found: dict[str, set[str]] = {}
    for key, person in people.items():
        if named := name_key(person.name):
            found.setdefault(named, set()).add(key)
    _BY_NAME[:] = [(people, found)]
    return found.get(wanted, set())
