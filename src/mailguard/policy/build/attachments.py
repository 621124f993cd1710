"""`attachments` out of what was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mailguard.mail.saying import Sentence
from mailguard.policy.build.source import Source
from mailguard.policy.conditions import file_picks as picks
from mailguard.policy.conditions.attachments import Attachments
from mailguard.policy.conditions.file_picks import Pick
from mailguard.policy.conditions.forgotten import Forgotten
from mailguard.policy.conditions.other_customer import in_file
from mailguard.policy.conditions.sent_before import seen_elsewhere
from mailguard.policy.conditions.tree import Condition
from mailguard.policy.marks import Path, Problem
from mailguard.policy.patterns import Words
from mailguard.policy.schema.attachments import AttachmentsModel, ForgottenModel
from mailguard.policy.values import AT_LEAST_ONE

#: What is asked by yes or no, cheapest first.
_SWITCHES: tuple[tuple[str, Callable[[bool], Pick]], ...] = (
    ("encrypted", picks.encrypted),
    ("inspected", picks.inspected),
    ("inline", picks.inline),
    ("macros", picks.with_macros),
    ("executable", picks.executable),
    ("type_mismatch", picks.mismatched),
    ("double_extension", picks.disguised),
    ("password_in_mail", picks.given_password),
    ("seen_elsewhere", seen_elsewhere),
)
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


def attachments(model: AttachmentsModel, path: Path, source: Source) -> Condition:
    """The condition; globs that cannot be compiled are problems of `source`."""
    if model.forgotten is not None:
        return _forgotten(model.forgotten, (*path, "forgotten"), source)
    return Attachments(tuple(_picks(model, path, source)), model.count or AT_LEAST_ONE, model.total_size)


def _picks(model: AttachmentsModel, path: Path, source: Source) -> Iterator[Pick]:
    if model.type is not None:
        yield picks.of_type(frozenset(one.lower().lstrip(".") for one in model.type))
    for key, make in _SWITCHES:
        asked = getattr(model, key)
        if asked is not None:
            yield make(asked)
    if model.size is not None:
        yield picks.sized(model.size)
    if model.depth is not None:
        yield picks.nested(model.depth)
    if model.sha256 is not None or model.sha256_files is not None:
        yield picks.hashed(_digests(model, path, source))
    if model.name is not None and (names := source.text_globs(model.name, (*path, "name"))) is not None:
        yield picks.named(names, model.name)
    if model.label is not None and (labels := source.text_globs(model.label, (*path, "label"))) is not None:
        yield picks.labelled(labels, model.label)
    if model.names_other_customer:
        yield in_file(source.asked_customers((*path, "names_other_customer")))


def _digests(model: AttachmentsModel, path: Path, source: Source) -> frozenset[str]:
    found = set(model.sha256 or ())
    for index, name in enumerate(model.sha256_files or ()):
        for row in source.rows_of(name, (*path, "sha256_files", index)):
            digest = (
                row.cell(0).split()[0] if row.cell(0) else ""
            )  # as sha256sum writes it, with the file's name behind
            if _DIGEST.fullmatch(digest):
                found.add(digest.lower())
            else:
                said = Sentence(
                    "{digest!r}はSHA-256(16進64桁)ではありません。", "{digest!r} is no SHA-256", digest=digest[:60]
                )
                source.problems.append(Problem(row.file, row.line, 1, said))
    return frozenset(found)


def _forgotten(model: ForgottenModel, path: Path, source: Source) -> Forgotten:
    more = list(model.words)
    for index, name in enumerate(model.files):
        more.extend(row.cell(0) for row in source.rows_of(name, (*path, "files", index)))
    return Forgotten(Words(more), Words(model.never))
