"""What a rule alters, out of what `then` says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mailguard.mail.alteration import AddHeader, Alteration, Footer, Split, TagSubject, ToBcc
from mailguard.policy.alterations import Alter, Hide, Pack, Remove
from mailguard.policy.build.source import Source
from mailguard.policy.conditions import file_picks as picks
from mailguard.policy.conditions.file_picks import Pick
from mailguard.policy.marks import Path
from mailguard.policy.schema import ThenModel
from mailguard.policy.schema.alter import AlterModel, RemoveModel, ZipModel
from mailguard.policy.terms import People

_SWITCHES: tuple[tuple[str, Callable[[bool], Pick]], ...] = (
    ("executable", picks.executable),
    ("macros", picks.with_macros),
    ("encrypted", picks.encrypted),
    ("inspected", picks.inspected),
    ("type_mismatch", picks.mismatched),
    ("double_extension", picks.disguised),
    ("inline", picks.inline),
)


def alter_of(then: ThenModel, path: Path, source: Source) -> Alter:
    """All alterations of a rule. Globs that are none and groups that nobody knows are problems of `source`."""
    plain: list[Alteration] = []
    hides: list[Hide] = []
    cc: list[People] = []
    bcc: list[People] = []
    packs: list[Pack] = []
    removes: list[Remove] = []
    for index, model in enumerate(then.alter or ()):
        place = (*path, "alter", index)
        plain += _plain(model)
        if model.to_bcc is not None:
            hides.append(Hide(ToBcc(model.to_bcc.style), model.to_bcc.hide == "external"))
        for key, listed in (("add_cc", cc), ("add_bcc", bcc)):
            for number, people in enumerate(getattr(model, key) or ()):
                source.groups(people.groups, (*place, key, number, "group"))
                listed.append(people)
        if model.zip is not None:
            packs.append(_pack(model.zip, (*place, "zip"), source))
        if model.remove_attachment is not None:
            removes.append(Remove(tuple(_picks(model.remove_attachment, (*place, "remove_attachment"), source))))
    return Alter(tuple(plain), tuple(hides), tuple(cc), tuple(bcc), tuple(packs), tuple(removes))


def _plain(model: AlterModel) -> Iterator[Alteration]:
    if model.split is not None:
        yield Split(model.split.header)
    if model.tag_subject is not None:
        yield TagSubject(model.tag_subject)
    if model.add_header is not None:
        yield AddHeader(model.add_header.name, model.add_header.value)
    if model.footer is not None:
        yield Footer(model.footer.ja.rstrip("\n"), model.footer.en.rstrip("\n"))


def _pack(model: ZipModel, path: Path, source: Source) -> Pack:
    found: list[Pick] = []
    if model.files and (globs := source.text_globs(model.files, (*path, "files"))) is not None:
        found.append(picks.named(globs, model.files))
    if model.types:
        found.append(picks.of_type(_short(model.types)))
    return Pack(model.filename, tuple(found))


def _picks(model: RemoveModel, path: Path, source: Source) -> Iterator[Pick]:
    if model.type is not None:
        yield picks.of_type(_short(model.type))
    for key, make in _SWITCHES:
        asked = getattr(model, key)
        if asked is not None:
            yield make(asked)
    if model.name is not None and (names := source.text_globs(model.name, (*path, "name"))) is not None:
        yield picks.named(names, model.name)


def _short(types: tuple[str, ...]) -> frozenset[str]:
    return frozenset(one.lower().lstrip(".") for one in types)
