"""Alterations: what a copy of a mail is changed to before it leaves. A recipe is a tuple of them, kept with the copy.

Values only. A mail at rest is never changed; `transform` makes the altered octets anew, the same each time, so whatever
is random (a password, a seed) stands in the recipe. Every value checks itself when it is made: nothing that stands here
can break out of a header field. `alteration_json` writes and reads recipes.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from mailguard.mail.address import Address
from mailguard.mail.values import value

Style = Literal["sender_in_to", "each_alone"]
Hide = Literal["all", "listed"]
SplitHeader = Literal["own", "kept"]

#: How many alterations one copy may have, and how long their texts may be, in characters.
MOST_ALTERATIONS = 200
_TAG, _NAME, _VALUE, _FOOTER, _FOOTER_LINE, _LISTED = 60, 60, 500, 4000, 200, 50_000

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_FIELD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
_PASSWORD = re.compile(r"[!-~]{8,128}")
_SEED = re.compile(r"[0-9a-f]{32,64}")
_DOMAIN = re.compile(r"[^\s@,<>\"()]{1,255}")
_PATH = re.compile(r"(?:[1-9][0-9]{0,4}(?:\.[1-9][0-9]{0,4}){0,49})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MEDIA = re.compile(r"[a-z0-9!#$&^_.+*-]{1,100}/[a-z0-9!#$&^_.+*-]{1,100}")
#: Crockford's digits and capitals: nothing that is misread when it is told on the telephone.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

#: Fields that say where a mail goes, where it came from, or what it is made of: never added by a rule.
_CLOSED = frozenset({
    "from", "sender", "to", "cc", "bcc", "reply-to", "return-path", "errors-to", "return-receipt-to",
    "disposition-notification-to", "apparently-to", "delivered-to", "envelope-to", "x-original-to", "x-envelope-to",
    "message-id", "in-reply-to", "references", "date", "subject", "mime-version", "lines", "encoding",
    "original-recipient", "mail-followup-to", "mail-reply-to",
})  # fmt: skip
_CLOSED_PREFIXES = (
    "content-", "resent-", "received", "dkim-", "domainkey-", "arc-", "authentication-", "x-mailguard-", "autocrypt",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToBcc:
    """To and Cc become Bcc.

    style: where nobody is left in To, with `sender_in_to` the sender stands there, with `each_alone` the recipient of
    the copy, who alone is not hidden in it. hide: `all` addresses but those of `visible` domains (lower case,
    A-labels), or only the `listed` ones in `keys` (Address.key). With `all`, `keys` are further addresses (those of
    the envelope) that no other field may tell.
    """

    style: Style = "sender_in_to"
    hide: Hide = "all"
    keys: tuple[str, ...] = ()
    visible: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _one_of(self.style, Style, "style")
        _one_of(self.hide, Hide, "hide")
        _check(len(self.keys) <= _LISTED and all("@" in one and not _CONTROLS.search(one) for one in self.keys), "keys")
        _check(len(self.visible) <= _LISTED and all(_DOMAIN.fullmatch(one) for one in self.visible), "visible")
        _check(self.hide == "all" or bool(self.keys), "keys: nobody is listed")
        _check(self.hide == "all" or not self.visible, "visible: only with hide: all")


@dataclass(frozen=True, slots=True)
class Split:
    """One mail for each recipient. header: `own`: as if written to him alone, whoever else stood in To and Cc and
    whatever domains others may see; `kept`: To and Cc stay as the sender wrote them, only the copies travel apart.
    """

    header: SplitHeader = "own"

    def __post_init__(self) -> None:
        _one_of(self.header, SplitHeader, "header")


@dataclass(frozen=True, slots=True)
class AddCc:
    """Somebody more in Cc, in everybody's copy, unless he stands in To or Cc already. The ledger adds his own copy, and
    leaves this out where he is a recipient anyway: naming him would betray a Bcc.
    """

    address: Address
    name: str = ""

    def __post_init__(self) -> None:
        _check(len(self.name) <= _NAME and not _CONTROLS.search(self.name), "name")


@dataclass(frozen=True, slots=True)
class AddBcc:
    """Somebody more who receives a copy. No octet says so: the ledger alone acts on it."""

    address: Address


@dataclass(frozen=True, slots=True)
class Readdress:
    """Who stands in To or Cc by mistake gives way to whoever is meant. Chosen by people, never by a rule."""

    wrong: Address
    meant: Address


@dataclass(frozen=True, slots=True)
class TagSubject:
    """A word in front of the subject, once."""

    tag: str

    def __post_init__(self) -> None:
        _check(_is_line(self.tag, _TAG) and self.tag.strip() == self.tag, "tag")


@dataclass(frozen=True, slots=True)
class AddHeader:
    """A field more, unless it stands there with the same value. Never one that routes, traces or structures a mail."""

    name: str
    value: str

    def __post_init__(self) -> None:
        _check(_FIELD_NAME.fullmatch(self.name) is not None, "name")
        lowered = self.name.lower()
        _check(lowered not in _CLOSED and not lowered.startswith(_CLOSED_PREFIXES), f"name: {lowered} is not for rules")
        _check(_is_line(self.value, _VALUE) and self.value.strip() == self.value, "value")


@dataclass(frozen=True, slots=True)
class Footer:
    """A text under the mail's own text, once; ja under Japanese mail, en under any other, either alone under all."""

    ja: str = ""
    en: str = ""

    def __post_init__(self) -> None:
        _check(bool(self.ja.strip() or self.en.strip()), "text")
        for text in (self.ja, self.en):
            lines = text.split("\n")
            good = all(len(line) <= _FOOTER_LINE and not _CONTROLS.search(line) for line in lines)
            _check(good and len(text) <= _FOOTER, "text")


@dataclass(frozen=True, slots=True)
class ZipAttachments:
    """Attachments into one zip under AES-256. password and seed are secret and are shown in no repr; both are empty
    until `drawn` gives them, which is before the recipe is kept: a verdict holds no secret.

    names, types: globs; sha256: of contents. A file is packed that fits one of them (all files if all are empty); each
    of sha256 must be there. encrypted: SHA-256 of files that are locked already; a mail whose files all are stays as it
    is. filename: of the zip; "" takes that of a single file.
    """

    password: str = field(default="", repr=False)
    seed: str = field(default="", repr=False)
    filename: str = ""
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    encrypted: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.password or self.seed:
            _check(_PASSWORD.fullmatch(self.password) is not None, "password")
            _check(_SEED.fullmatch(self.seed) is not None, "seed")
        _check(not self.filename or _is_file_name(self.filename), "filename")
        _check(len(self.names) <= 1000 and all(_is_line(one, 255) for one in self.names), "names")
        _check(len(self.types) <= 1000 and all(_MEDIA.fullmatch(one) for one in self.types), "types")
        _check(all(_SHA256.fullmatch(one) for one in self.encrypted), "encrypted")
        _check(len(self.sha256) <= 1000 and all(_SHA256.fullmatch(one) for one in self.sha256), "sha256")


@dataclass(frozen=True, slots=True)
class RemoveAttachment:
    """An attachment gives way to a note that says so. Whatever is given must fit; every part that fits goes.

    part: its place ("2", "1.3") in the mail as it came; sha256: of its decoded octets; name: as people see it.
    """

    part: str = ""
    sha256: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        _check(bool(self.part or self.sha256 or self.name), "part, sha256 or name")
        _check(_PATH.fullmatch(self.part) is not None, "part")
        _check(not self.sha256 or _SHA256.fullmatch(self.sha256) is not None, "sha256")
        _check(not self.name or _is_line(self.name, 500), "name")


@dataclass(frozen=True, slots=True)
class StripBcc:
    """A Bcc field that a client left in goes, whoever receives the copy. Every recipe does so; this does no more."""


Alteration = (
    ToBcc
    | Split
    | AddCc
    | AddBcc
    | Readdress
    | TagSubject
    | AddHeader
    | Footer
    | ZipAttachments
    | RemoveAttachment
    | StripBcc
)
Recipe = tuple[Alteration, ...]

#: Those without which a mail is not what the policy lets out; the others are what it adds.
_PROTECTIVE = (ToBcc, Split, ZipAttachments, RemoveAttachment)


@dataclass(frozen=True, slots=True)
class Change:
    """One alteration as people see it: its word, whose copies it is about, and the diff, a bounded line each.

    notes: sentences beside it, as (ja, en).
    """

    alteration: str
    recipients: tuple[Address, ...]
    diff: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


@value(frozen=True, slots=True)
class Prepared:
    """What is kept of a mail's alterations: the recipe of each copy that has one (key of the recipient), with its
    secrets, and what they change.
    """

    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()


def is_protective(alteration: Alteration) -> bool:
    """Whether a mail must not go out by itself if this cannot be done."""
    return isinstance(alteration, _PROTECTIVE)


def changes_octets(alteration: Alteration) -> bool:
    """Whether it is about the octets at all, and not only about who gets them how."""
    return not isinstance(alteration, AddBcc) and not (isinstance(alteration, Split) and alteration.header == "kept")


def drawn(recipe: Recipe, password: str, seed: str, keys: tuple[str, ...]) -> Recipe:
    """The recipe with what only this mail knows: a zip's secrets, and the envelope's addresses (keys) that the header
    must not tell where somebody is hidden; those of visible domains may stand.
    """
    return tuple(_drawn(one, password, seed, keys) for one in recipe)


def _drawn(one: Alteration, password: str, seed: str, keys: tuple[str, ...]) -> Alteration:
    if isinstance(one, ZipAttachments):
        return replace(one, password=password, seed=seed)
    if isinstance(one, ToBcc) and one.hide == "all":
        visible = frozenset(one.visible)
        return replace(one, keys=tuple(key for key in keys if key.rpartition("@")[2] not in visible))
    return one


def is_personal(recipe: Recipe) -> bool:
    """Whether copies of this recipe differ from recipient to recipient, or must travel apart: one transaction each."""
    return any(isinstance(one, Split) or (isinstance(one, ToBcc) and one.style == "each_alone") for one in recipe)


def removed_files(recipe: Recipe) -> tuple[str, ...]:
    """The SHA-256 of the attachments that are taken out, in order."""
    return tuple(dict.fromkeys(one.sha256 for one in recipe if isinstance(one, RemoveAttachment) and one.sha256))


def zip_passwords(recipe: Recipe) -> tuple[str, ...]:
    """The passwords that the sender is told, in order."""
    return tuple(one.password for one in recipe if isinstance(one, ZipAttachments) and one.password)


def new_password() -> str:
    """A password for a zip: 80 bits, in four groups that can be read aloud."""
    letters = "".join(secrets.choice(_DIGITS) for _ in range(16))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def new_seed() -> str:
    """What the salts of a zip are made from: 256 bits in hexadecimal."""
    return secrets.token_hex(32)


def _check(good: bool, what: str) -> None:
    if not good:
        raise ValueError(f"alteration: bad {what}")


def _one_of(value: str, words: object, what: str) -> None:
    _check(value in get_args(words), what)


def _is_line(text: str, most: int) -> bool:
    return 0 < len(text) <= most and not _CONTROLS.search(text)


def _is_file_name(name: str) -> bool:
    return _is_line(name, 200) and not re.search(r'[/\\:*?"<>|]', name) and name.strip(" .") == name
