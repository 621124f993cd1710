"""`recipients` out of what was written."""

from __future__ import annotations

from mailguard.policy.build.source import Source
from mailguard.policy.conditions.recipients import Recipients
from mailguard.policy.lists import normal_address, normal_domain
from mailguard.policy.marks import Path
from mailguard.policy.schema.recipients import RecipientsModel
from mailguard.policy.values import AT_LEAST_ONE


def recipients(model: RecipientsModel, path: Path, source: Source) -> Recipients:
    """The condition; names of lists that nobody knows are problems of `source`."""
    return Recipients(
        external=model.external if model.internal is None else not model.internal,
        visible=model.visible,
        bcc=model.bcc,
        lists=source.named(model.in_, (*path, "in")),
        list_names=model.in_ or (),
        not_lists=source.named(model.not_in, (*path, "not_in")),
        not_list_names=model.not_in or (),
        domain=source.globs(model.domain, (*path, "domain"), normal_domain),
        address=source.globs(model.address, (*path, "address"), normal_address),
        globs=(*(model.domain or ()), *(model.address or ())),
        groups=source.groups(model.group, (*path, "group")),
        free_mail=model.free_mail,
        first_time=model.first_time,
        lookalike=model.lookalike,
        count=model.count or AT_LEAST_ONE,
        domains=model.domains,
        every=bool(model.every),
    )
