"""What a rule changes in the copies of a mail: out of what is written, and joined over rules. Pure.

A recipe of the judge holds no secret and no list of the envelope; whoever keeps the mail adds them (`drawn`). Files are
named by the SHA-256 of their content, so that what is removed or locked is what was judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from mailguard.mail.address import Address, parse_address
from mailguard.mail.alteration import (
    MOST_ALTERATIONS,
    AddBcc,
    AddCc,
    Alteration,
    Recipe,
    RemoveAttachment,
    Split,
    StripBcc,
    ToBcc,
    ZipAttachments,
    is_protective,
)
from mailguard.mail.alteration_json import KINDS, kind_of
from mailguard.mail.verdict import Because
from mailguard.policy.conditions.file_picks import Pick
from mailguard.policy.terms import People, people_of
from mailguard.policy.view import View

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ORDER = {word: number for number, word in enumerate(KINDS)}
_MOST_FILES = 100


@dataclass(frozen=True, slots=True)
class Hide:
    """`to_bcc`: what of it depends on the mail. external: colleagues may be seen."""

    alteration: ToBcc
    external: bool = False


@dataclass(frozen=True, slots=True)
class Pack:
    """`zip`: which files; a file fits by one of the picks, any if there are none."""

    filename: str = ""
    picks: tuple[Pick, ...] = ()


@dataclass(frozen=True, slots=True)
class Remove:
    """`remove_attachment`: a file fits by all of the picks."""

    picks: tuple[Pick, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a rule wants of one mail. cannot: words of alterations that the mail does not allow; notes: what else people
    should know.
    """

    recipe: Recipe = ()
    cannot: frozenset[str] = frozenset()
    notes: tuple[Because, ...] = ()


@dataclass(frozen=True, slots=True)
class Alter:
    """All that one rule alters. plain: what is the same for every mail."""

    plain: Recipe = ()
    hides: tuple[Hide, ...] = ()
    cc: tuple[People, ...] = ()
    bcc: tuple[People, ...] = ()
    packs: tuple[Pack, ...] = ()
    removes: tuple[Remove, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.plain or self.hides or self.cc or self.bcc or self.packs or self.removes)

    def of(self, view: View) -> Wanted:
        """What comes of it for this mail."""
        making = _Making(view)
        making.recipe += self.plain
        for hide in self.hides:
            making.recipe.append(
                replace(hide.alteration, visible=_own_domains(view)) if hide.external else hide.alteration
            )
        making.recipe += [AddCc(who) for who in making.people(self.cc)]
        making.recipe += [AddBcc(who) for who in making.people(self.bcc)]
        for pack in self.packs:
            making.pack(pack)
        for remove in self.removes:
            making.remove(remove)
        return Wanted(joined(making.recipe), frozenset(making.cannot), tuple(dict.fromkeys(making.notes)))


@dataclass(slots=True)
class _Making:
    view: View
    recipe: list[Alteration] = field(default_factory=list)
    cannot: set[str] = field(default_factory=set)
    notes: list[Because] = field(default_factory=list)

    def people(self, named: Iterable[People]) -> Iterator[Address]:
        for one in named:
            keys, notes = people_of(one, self.view)
            self.notes += notes
            yield from map(parse_address, keys)

    def pack(self, pack: Pack) -> None:
        outer = _outer(self.view)
        letters = [index for index in outer if not self.view.files[index].attachment.inline]
        if not letters:
            return
        locked = sorted({one for index in outer if (one := _digest(self.view, index, encrypted=True))})
        wanted = [index for index in letters if not pack.picks or any(_fits(self.view, index, p) for p in pack.picks)]
        digests = {_digest(self.view, index) for index in wanted}
        if not wanted or (digests and digests.issubset(locked)):
            return
        if pack.picks and ("" in digests or len(digests) > _MOST_FILES):
            self.cannot.add("zip_attachments")
            return
        chosen = tuple(sorted(digests)) if pack.picks else ()
        self.recipe.append(ZipAttachments(filename=pack.filename, encrypted=tuple(locked), sha256=chosen))

    def remove(self, remove: Remove) -> None:
        found = {
            _outermost(self.view, index)
            for index in range(len(self.view.files))
            if all(_fits(self.view, index, pick) for pick in remove.picks)
        }
        digests = {_digest(self.view, index) for index in found}
        if "" in digests or len(digests) > _MOST_FILES:
            self.cannot.add("remove_attachment")
            return
        self.recipe += [RemoveAttachment(sha256=digest) for digest in digests]


def joined(found: Iterable[Alteration]) -> Recipe:
    """One recipe of several, each alteration once, in one order whatever theirs; what hides more wins."""
    listed = set(found)
    hides = [one for one in listed if isinstance(one, ToBcc)]
    splits = [one for one in listed if isinstance(one, Split)]
    packs = [one for one in listed if isinstance(one, ZipAttachments)]
    out: set[Alteration] = {one for one in listed if not isinstance(one, ToBcc | Split | ZipAttachments)}
    if hides:
        out.add(_hidden(hides))
    if splits:
        out.add(Split("own" if any(one.header == "own" for one in splits) else "kept"))
    if packs:
        out.add(_packed(packs))
    return tuple(sorted(out, key=lambda one: (_ORDER[kind_of(one)], repr(one))))


def touches(one: Alteration, view: View) -> bool:
    """Whether it would change an octet of this mail, as far as its facts tell; in doubt it would."""
    if isinstance(one, AddBcc) or (isinstance(one, Split) and one.header == "kept"):
        return False
    shown = view.keys_in("to") | view.keys_in("cc")
    if isinstance(one, AddCc):
        return one.address.key not in shown
    if isinstance(one, Split) or (isinstance(one, ToBcc) and one.style == "each_alone"):
        return len(shown) > 1 or view.headers_doubtful
    return True


def is_sealed(view: View) -> bool:
    """Whether the mail is signed or encrypted, and so is never altered (product section 3)."""
    return view.facts.signed or view.facts.encrypted


def stripped(view: View) -> Recipe:
    """What is done without any rule: a Bcc field that a client left in never leaves, but for a sealed mail."""
    return (StripBcc(),) if "bcc_header" in view.findings and not is_sealed(view) else ()


def protective(words: Iterable[str]) -> frozenset[str]:
    """Those of the words whose alteration a mail must not go without."""
    return frozenset(words) & _PROTECTIVE


def fitting(recipe: Recipe) -> bool:
    """Whether it can be kept: a recipe is bounded."""
    return len(recipe) <= MOST_ALTERATIONS


_PROTECTIVE = frozenset(
    kind_of(one) for one in (ToBcc(), Split(), ZipAttachments(), RemoveAttachment(part="1")) if is_protective(one)
)


def _hidden(hides: list[ToBcc]) -> ToBcc:
    alone = any(one.style == "each_alone" for one in hides)
    visible = frozenset.intersection(*(frozenset(one.visible) for one in hides))
    return ToBcc("each_alone" if alone else "sender_in_to", "all", (), tuple(sorted(visible)))


def _packed(packs: list[ZipAttachments]) -> ZipAttachments:
    everything = any(not one.sha256 for one in packs)
    return ZipAttachments(
        filename=min((one.filename for one in packs if one.filename), default=""),
        encrypted=tuple(sorted({digest for one in packs for digest in one.encrypted})),
        sha256=() if everything else tuple(sorted({digest for one in packs for digest in one.sha256})),
    )


def _own_domains(view: View) -> tuple[str, ...]:
    """Own domains that may be seen in this mail: a pattern such as *.corp.example is no domain."""
    own = view.case.organization
    seen = {one.address.ascii_domain for one in (*view.recipients, *view.visible) if not one.external}
    return tuple(sorted(seen | {domain for domain in own.domains if "*" not in domain}))


def _outer(view: View) -> list[int]:
    return [index for index, file in enumerate(view.files) if file.depth == 0]


def _outermost(view: View, index: int) -> int:
    """The attachment of the mail in which a file lies."""
    while (parent := view.files[index].parent) is not None:
        index = parent
    return index


def _fits(view: View, index: int, pick: Pick) -> bool:
    return pick.test(view, index, view.files[index])


def _digest(view: View, index: int, *, encrypted: bool = False) -> str:
    """The SHA-256 of a file; "" if nobody took it, or if it is not encrypted where only such are asked for."""
    one = view.files[index].attachment
    if encrypted and not one.encrypted:
        return ""
    return one.sha256 if _DIGEST.fullmatch(one.sha256) else ""
