"""The room's door: the octets of a mail at rest and a copy's recipe to the octets that leave; the same each time.

Alterations are done in a fixed order of stages, whatever order the recipe has, so that rules compose the same for
everybody: footer, remove, zip, readdress, Cc, Bcc, subject, header. A signed or encrypted mail is refused as soon as an
octet would change; so is a mail that could be read in two ways, where a part would change. Refusals are values with a
sentence for people; whoever asks holds the mail with it. Nothing here raises for what a mail is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mailguard.mail.address import Address
from mailguard.mail.alteration import (
    AddCc,
    AddHeader,
    Alteration,
    Footer,
    Readdress,
    Recipe,
    RemoveAttachment,
    Split,
    TagSubject,
    ToBcc,
    ZipAttachments,
)
from mailguard.mail.alteration_json import kind_of
from mailguard.mail.verdict import Because
from mailguard.transform.dkim import breaks_dkim
from mailguard.transform.edits import Step, Unalterable, edited
from mailguard.transform.footer import footer
from mailguard.transform.headers import add_cc, add_header, tag_subject
from mailguard.transform.hide import split, strip_bcc, to_bcc
from mailguard.transform.pack import zip_attachments
from mailguard.transform.readdress import readdress
from mailguard.transform.remove import remove_attachment
from mailguard.transform.sealed import seal_of
from mailguard.transform.walk import Mail, read_structure

_MOST_DIFF = 400

#: The stages in order: the footer while the letter's text is the only one (a note on a removed file is text too), the
#: hiding when everybody who is to be hidden stands there. AddBcc is not among them: no octet says so.
_ORDER = (Footer, RemoveAttachment, ZipAttachments, Readdress, AddCc, ToBcc, Split, TagSubject, AddHeader)
#: Those that are the same for everybody, and those that are not.
_SHARED: dict[type[Alteration], Callable[[Mail, Any], Step]] = {
    RemoveAttachment: remove_attachment,
    ZipAttachments: zip_attachments,
    Readdress: readdress,
    AddCc: add_cc,
    TagSubject: tag_subject,
    AddHeader: add_header,
    Footer: footer,
}
_PERSONAL: dict[type[Alteration], Callable[[Mail, Any, Address], Step]] = {ToBcc: to_bcc, Split: split}


@dataclass(frozen=True, slots=True)
class Altered:
    """What leaves. diff: what changed, decoded, a line each: `@@ place @@`, `-` went, `+` came; bounded.

    by: the same diff for each alteration by its word ("strip_bcc" for a Bcc field that went). notes: what people should
    know besides. breaks_dkim: a signature of the domain no longer verifies.
    """

    octets: bytes = field(repr=False)
    diff: tuple[str, ...] = ()
    notes: tuple[Because, ...] = ()
    breaks_dkim: bool = False
    by: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """The mail must not be altered so, or cannot. alteration: the word of the one that was refused ("bcc_header" for a
    Bcc field that would have had to go)."""

    alteration: str
    because: Because


def apply(octets: bytes, recipe: Recipe, recipient: Address) -> Altered | Refused:
    """Alter a mail for one recipient. An empty recipe gives the same octets.

    The result depends on nothing but the arguments, and on `recipient` only where `is_personal(recipe)`.
    Raises ValueError for a zip whose password was not drawn yet: such a recipe is nobody's.
    """
    if not recipe:
        return Altered(octets)
    if any(isinstance(one, ZipAttachments) and not one.password for one in recipe):
        raise ValueError("recipe: the zip has no password yet")
    walk = _Walk(kind_of(recipe[0]), recipient)
    try:
        walk.open(octets)
        walk.take("bcc_header", strip_bcc(walk.mail))
        for one in sorted((one for one in recipe if type(one) in _ORDER), key=lambda one: _ORDER.index(type(one))):
            walk.alter(one)
    except Unalterable as error:
        return Refused(walk.word, error.because)
    return walk.result()


class _Walk:
    """One mail on its way through the stages. word: of the alteration that is under way."""

    mail: Mail
    _before: Mail
    _sealed: Because | None

    def __init__(self, word: str, recipient: Address) -> None:
        self.word = word
        self._recipient = recipient
        self._diff: list[str] = []
        self._by: list[tuple[str, tuple[str, ...]]] = []
        self._notes: list[Because] = []

    def open(self, octets: bytes) -> None:
        self.mail = self._before = read_structure(octets)
        self._sealed = seal_of(self.mail)

    def alter(self, one: Alteration) -> None:
        self.word = kind_of(one)
        if isinstance(one, Footer | ZipAttachments | RemoveAttachment):
            self._require_open()  # before a part of it is looked for
        if type(one) in _PERSONAL:
            self.take(self.word, _PERSONAL[type(one)](self.mail, one, self._recipient))
        else:
            self.take(self.word, _SHARED[type(one)](self.mail, one))

    def take(self, word: str, step: Step) -> None:
        """Do a step's edits; what it says is kept."""
        self._notes += step.notes
        if not step.edits:
            return
        self.word = word
        self._require_open()
        self.mail = read_structure(edited(self.mail.octets, step.edits))
        self._diff += step.diff
        self._by.append(("strip_bcc" if word == "bcc_header" else word, tuple(step.diff)))

    def result(self) -> Altered:
        diff = self._diff if len(self._diff) <= _MOST_DIFF else [*self._diff[:_MOST_DIFF], "..."]
        notes = tuple(dict.fromkeys(self._notes))
        broken = breaks_dkim(self._before, self.mail)
        return Altered(self.mail.octets, tuple(diff), notes, broken, tuple(self._by))

    def _require_open(self) -> None:
        if self._sealed is not None:
            raise Unalterable(self._sealed.ja, self._sealed.en)
