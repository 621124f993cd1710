"""A job in parcels: copies that leave with the same octets go together, one transaction each.

Copies of one recipe go together unless their octets differ from recipient to recipient; copies without a recipe are
always together. Pure.
"""

from __future__ import annotations

from mailguard.mail.address import Address
from mailguard.mail.alteration import Recipe, is_personal
from mailguard.mail.values import value
from mailguard.store.records import Job


@value(frozen=True, slots=True)
class Parcel:
    """One transaction. recipe: None if it cannot be read, so that the copies must stay."""

    job: Job
    recipe: Recipe | None = ()


def parcels(job: Job) -> list[Parcel]:
    """All of a job, the unaltered copies first."""
    first = job.record.recipients[0]
    if len(job.recipients) == 1 and first.address is job.recipients[0] and first.recipe == ():  # nearly all
        return [Parcel(job)]
    copies = {one.address: one.recipe for one in job.record.recipients}
    if not any(copies.get(address) != () for address in job.recipients):
        return [Parcel(job)]
    together: dict[Recipe | None, list[Address]] = {}
    for address in job.recipients:
        together.setdefault(copies.get(address), []).append(address)
    out: list[Parcel] = []
    for recipe, people in sorted(together.items(), key=lambda pair: pair[0] != ()):
        apart = recipe is not None and is_personal(recipe)
        for group in [(one,) for one in people] if apart else [tuple(people)]:
            out.append(Parcel(Job(job.record, group), recipe))
    return out
