"""`recipients` out of what was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mailguard.mail.saying import Sentence
from mailguard.policy.build.source import Source
from mailguard.policy.conditions import greeting, habits, namesakes, picks, quoted, remembered, risk
from mailguard.policy.conditions.lookalikes import lookalike
from mailguard.policy.conditions.picks import Pick
from mailguard.policy.conditions.recipients import Recipients
from mailguard.policy.conditions.same_name import namesake
from mailguard.policy.conditions.sent_before import attachment_seen_elsewhere
from mailguard.policy.lists import is_glob, normal_address, normal_domain
from mailguard.policy.marks import Path
from mailguard.policy.schema.recipients import RecipientsModel
from mailguard.policy.values import AT_LEAST_ONE
from mailguard.policy.view.people import COMPARED_MAX

#: Words of `group_habit`, as habits are compared.
_HABITS: dict[Literal[True, "extra", "missing", "replaced"], habits.Change | Literal["broken"]] = {
    True: "broken", "extra": "unusual", "missing": "missing", "replaced": "replaced",
}  # fmt: skip


def recipients(model: RecipientsModel, path: Path, source: Source) -> Recipients:
    """The condition; names of lists that nobody knows are problems of `source`."""
    external = model.external if model.internal is None else not model.internal
    asked = [] if external is None else [picks.side(external)]
    asked += [*_addressing(model), *_listed(model, path, source), *_remembered(model), *_mistaken(model)]
    asked += _resembling(model, path, source)
    return Recipients(
        picks=tuple(asked),
        shown=bool(model.visible),
        external=external,
        count=model.count or AT_LEAST_ONE,
        domains=model.domains,
        organizations=model.organizations,
        every=bool(model.every),
    )


def _addressing(model: RecipientsModel) -> Iterator[Pick]:
    """What envelope and fields decide."""
    if model.visible is not None:
        yield picks.visible(model.visible)
    if model.to is not None:
        yield picks.stands_in("to", model.to)
    if model.cc is not None:
        yield picks.stands_in("cc", model.cc)
    if model.bcc is not None:
        yield picks.bcc(model.bcc)


def _listed(model: RecipientsModel, path: Path, source: Source) -> Iterator[Pick]:
    """What lists and the address itself decide."""
    if model.free_mail is not None:
        yield picks.free_mail(model.free_mail)
    for names, key, wanted in ((model.in_, "in", True), (model.not_in, "not_in", False)):
        found = source.named(names, (*path, key))
        if found is not None:
            yield picks.listed(found, wanted, names or ())
    for globs, key, normal in ((model.domain, "domain", normal_domain), (model.address, "address", normal_address)):
        found = source.globs(globs, (*path, key), normal)
        if found is not None:
            yield picks.matching(found, globs or ())
    if model.group is not None:
        yield picks.member(source.groups(model.group, (*path, "group")))


def _remembered(model: RecipientsModel) -> Iterator[Pick]:
    """What history decides, the dearest last."""
    if model.mailing_list is not None:
        yield picks.mailing_list(model.mailing_list)
    if model.no_mx is not None:
        yield remembered.no_mx(model.no_mx)
    if model.first_time is not None:
        yield picks.first_time(model.first_time)
    if model.not_written_for is not None:
        yield remembered.not_written_for(model.not_written_for)
    if model.new_in_thread is not None:
        organization = model.new_in_thread == "organization"
        yield remembered.new_in_thread(bool(model.new_in_thread), organization=organization)
    if model.habit is not None:
        yield habits.usual() if model.habit == "usual" else habits.habit(model.habit)
    if model.group_habit is not None:
        yield habits.habit(_HABITS[model.group_habit])


def _resembling(model: RecipientsModel, path: Path, source: Source) -> Iterator[Pick]:
    """Whose domain looks like one on a list."""
    found = source.named(model.lookalike_of, (*path, "lookalike_of"))
    if found is None:
        return
    domains = frozenset(one.rpartition("@")[2].removeprefix("*.") for one in found.entries)
    domains = frozenset(one for one in domains if not is_glob(one))
    if len(domains) > COMPARED_MAX:
        said = Sentence(
            "{number:,}個のドメインとは比べられません。{most:,}個までにしてください。",
            "{number:,} domains are too many to compare with: {most:,} at most",
            number=len(domains),
            most=COMPARED_MAX,
        )
        source.problem((*path, "lookalike_of"), said)
        return
    yield lookalike("domain", domains)


def _mistaken(model: RecipientsModel) -> Iterator[Pick]:
    """What tells that somebody else was meant, the dearest last."""
    if model.alarm is not None:
        yield risk.alarm()
    if model.risk is not None:
        yield risk.risk(model.risk)
    if model.name_of_other is not None:
        yield namesakes.name_of_other()
    if model.namesake is not None:
        yield namesake(None if model.namesake is True else model.namesake)
    if model.greeted is not None:
        yield greeting.greeted(model.greeted)
    if model.greeting_mismatch is not None:
        yield greeting.mismatch()
    if model.attachment_seen_elsewhere is not None:
        yield attachment_seen_elsewhere()
    if model.lookalike is not None:
        yield lookalike(model.lookalike)
    if model.quoted is not None:
        yield quoted.foreign() if model.quoted == "foreign" else quoted.missing()
