"""What the judge knew of a mail besides its envelope and its facts, as JSON and back, so that it can be judged again.

Envelope, facts, size and moment have columns of their own in the ledger, and the company is that of today; everything
else that a Case holds comes along by its type, so a new field of Case or Known needs no word here. Texts never do.
Coming back, an unknown key is left aside, and a missing one has its default: older and newer records are both read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from functools import lru_cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from mailguard.mail.address import Address
from mailguard.mail.envelope import Envelope
from mailguard.policy.case import Case, Known, known_keys
from mailguard.policy.free_mail import is_shared
from mailguard.policy.lookalike import known_domains

#: What the ledger keeps elsewhere, or what is not of that mail.
_ELSEWHERE = frozenset({"envelope", "facts", "organization", "size", "moment", "texts_kept"})
#: Of so many recipients it is recorded what they look like; a mail to more strangers is judged without.
_STRANGERS_MOST = 200


#: What was said of a `Known`, by its identity, which is nobody else's while it lies here; so many of that size at most.
_SAID: dict[int, tuple[Known, tuple[Address, ...], Any]] = {}
_SAID_MOST, _SAID_WIDEST = 200, 50

#: What each field is if nobody says anything.
_DEFAULTS = {
    one.name: one.default_factory() if one.default_factory is not MISSING else one.default for one in fields(Case)
}


def prepare() -> None:
    """Make what the first case would have to wait for: some ten milliseconds of schemas."""
    _adapters()


def case_to_json(case: Case) -> dict[str, Any]:
    """The circumstances of a case as JSON values; what has its default is left out."""
    client = case.envelope.client
    out: dict[str, Any] = {"helo": client.helo, "tls": client.tls, "trusted": client.trusted}
    known = _said_of(case.known, case.envelope.recipients)
    if known is not None:
        out["known"] = known
    for name, adapter in _adapters().items():
        value = getattr(case, name)
        if name != "known" and value != _DEFAULTS[name]:  # an empty value may say something else than none
            out[name] = adapter.dump_python(value, mode="json", exclude_defaults=True)
    return out


def case_from_json(value: Mapping[str, Any], bare: Case) -> Case:
    """The case of a record: `bare` (envelope, facts, company, size, moment) with its circumstances.

    Raises ValueError for what `case_to_json` cannot have written.
    """
    found = {}
    for name, adapter in _adapters().items():
        if name in value:
            try:
                found[name] = adapter.validate_python(value[name], strict=False)
            except ValidationError as error:
                raise ValueError(f"{name}: {error.error_count()} value(s) that cannot be read") from error
    return replace(bare, envelope=_envelope(value, bare.envelope), **found)


def _envelope(value: Mapping[str, Any], envelope: Envelope) -> Envelope:
    helo, tls = value.get("helo", ""), value.get("tls")
    client = replace(
        envelope.client,
        helo=helo if isinstance(helo, str) else "",
        tls=tls if isinstance(tls, str) else None,
        trusted=value.get("trusted") is True,
    )
    return replace(envelope, client=client)


@lru_cache(maxsize=1)
def _adapters() -> dict[str, TypeAdapter[Any]]:
    hints = get_type_hints(Case)
    return {one.name: TypeAdapter(hints[one.name]) for one in fields(Case) if one.name not in _ELSEWHERE}


def _said_of(known: Known, recipients: tuple[Address, ...]) -> Any:
    """What is known, as JSON; None if nothing is. While history gives the same answer again, this does too."""
    place = id(known)
    if (said := _SAID.get(place)) is not None and said[0] is known and said[1] == recipients:
        return said[2]
    narrowed = _narrowed(known, recipients)
    value = None
    if narrowed != _DEFAULTS["known"]:
        value = _adapters()["known"].dump_python(narrowed, mode="json", exclude_defaults=True)
    if len(recipients) + len(known.circles or ()) <= _SAID_WIDEST:
        if len(_SAID) >= _SAID_MOST:
            _SAID.clear()
        _SAID[place] = known, recipients, value
    return value


def _narrowed(known: Known, recipients: tuple[Address, ...]) -> Known:
    """What is known, without the thousands of domains that look-alikes are compared with: only those that a stranger
    among the recipients looks like. Judged again, the mail gets the same likenesses.
    """
    seen = set()
    for address in recipients:
        key = known_keys(address)
        if key in known.sender_domains or key in known.company_domains or address.is_literal:
            continue
        if not is_shared(address.ascii_domain):
            seen.add(address.ascii_domain)
        if len(seen) >= _STRANGERS_MOST:
            break
    if not known.often or not seen:
        return replace(known, often=())
    compared = known_domains(known.often)
    return replace(known, often=tuple(sorted({compared.decisive(domain) for domain in seen} - {""})))
