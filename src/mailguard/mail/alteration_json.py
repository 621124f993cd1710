"""A recipe as JSON and back. What is read back was written by us; still every value is checked, since a ledger can be
damaged and a recipe decides what leaves.

Each alteration is an object with its `kind` and its fields; a field that is not known, missing or of another type is
refused, never passed over.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.alteration import (
    MOST_ALTERATIONS,
    AddBcc,
    AddCc,
    AddHeader,
    Alteration,
    Footer,
    Readdress,
    Recipe,
    RemoveAttachment,
    Split,
    StripBcc,
    TagSubject,
    ToBcc,
    ZipAttachments,
)

#: The words of YAML, JSON and docs.
KINDS: dict[str, type[Alteration]] = {
    "to_bcc": ToBcc,
    "split": Split,
    "add_cc": AddCc,
    "add_bcc": AddBcc,
    "readdress": Readdress,
    "tag_subject": TagSubject,
    "add_header": AddHeader,
    "footer": Footer,
    "zip_attachments": ZipAttachments,
    "remove_attachment": RemoveAttachment,
    "strip_bcc": StripBcc,
}
_WORDS = {made: word for word, made in KINDS.items()}


def kind_of(alteration: Alteration) -> str:
    """The word of an alteration."""
    return _WORDS[type(alteration)]


def recipe_to_json(recipe: Recipe) -> list[dict[str, Any]]:
    """A list of objects; fields at their defaults are left out. The password of a zip is in it."""
    return [_to_json(one) for one in recipe]


def recipe_from_json(value: object) -> Recipe:
    """The recipe that `recipe_to_json` was given. Raises ValueError with the place on anything else."""
    if not isinstance(value, list) or len(value) > MOST_ALTERATIONS:
        raise ValueError(f"recipe: not a list of at most {MOST_ALTERATIONS} alterations")
    return tuple(_from_json(one, number) for number, one in enumerate(value))


def _to_json(alteration: Alteration) -> dict[str, Any]:
    out: dict[str, Any] = {"kind": kind_of(alteration)}
    for one in fields(alteration):
        value = getattr(alteration, one.name)
        if value != one.default:
            out[one.name] = list(value) if isinstance(value, tuple) else str(value)
    return out


def _from_json(value: object, number: int) -> Alteration:
    where = f"recipe.{number}"
    if not isinstance(value, dict):
        raise ValueError(f"{where}: not an object")
    kind = value.get("kind")
    made = KINDS.get(kind) if isinstance(kind, str) else None
    if made is None:
        raise ValueError(f"{where}: unknown kind")
    known = {one.name: one for one in fields(made)}
    if strange := set(value) - set(known) - {"kind"}:
        raise ValueError(f"{where}: unknown field {str(min(strange, key=str))[:40]!r}")
    missing = [name for name, one in known.items() if one.default is MISSING and name not in value]
    if missing:
        raise ValueError(f"{where}: {missing[0]} is missing")
    arguments: dict[str, Any] = {
        name: _value(value[name], str(known[name].type), f"{where}.{name}") for name in known if name in value
    }
    try:
        return made(**arguments)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _value(value: object, kind: str, where: str) -> str | Address | tuple[str, ...]:
    """One field: a list of texts where the dataclass has a tuple, an address, or a text."""
    if kind.startswith("tuple"):
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValueError(f"{where}: not a list of texts")
        return tuple(value)
    if not isinstance(value, str):
        raise ValueError(f"{where}: not a text")
    if kind != "Address":
        return value
    try:
        return parse_address(value)
    except AddressError as error:
        raise ValueError(f"{where}: {error}") from None
