"""A case prepared for looking at: recipients with what is known of each, files laid flat, texts folded, gaps
named.

Everything is worked out once per mail and only when a condition asks. It decides nothing; what could not be
read is kept as a gap, so that conditions can say that they do not know.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, cast

from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.calendar import Calendar
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.facts import Attachment, Finding, HeaderAddress
from mailguard.policy.case import Case, known_keys
from mailguard.policy.fold import fold, fold_normal, normal, spaced, unwrapped
from mailguard.policy.free_mail import is_shared
from mailguard.policy.lists import NameList
from mailguard.policy.lookalike import KnownDomains, Likeness, known_domains, likeness
from mailguard.policy.result import Result, TextNotKept
from mailguard.policy.shares import ALL_SHARES, Shares
from mailguard.policy.sieve import Sieve
from mailguard.policy.thread import Quoted, quoted_people

#: Findings after which there may be files that nobody saw.
_FILES_MISSED = frozenset(
    {"unreadable", "bomb", "nested_too_deep", "too_many_parts", "limit_reached", "partial", "external_body"}
    | {"ambiguous_archive"}
)
#: Kinds that hold other files.
_CONTAINERS = frozenset(
    "zip 7z rar lzh cab iso tar gz bz2 xz zst tnef msg cfb eml p7m pgp".split()  # noqa: SIM905
)
#: Findings after which there may be text that nobody read.
_TEXT_MISSED = frozenset({"unreadable", "too_many_parts", "limit_reached", "partial", "external_body"})
#: What is looked at, not read: its being uninspected leaves no text unread.
_PICTURES = ("image/", "audio/", "video/", "font/")
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_SIGNATURE_MAX = 64 * 2**10
_COMPARED_MAX = 5_000
#: A reading that noted so many findings may have left out others.
_MOST_FINDINGS = 200

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen:
    """A recipient. index: his place in the envelope, None if only a header names him."""

    address: Address
    index: int | None
    external: bool


@dataclass(frozen=True, slots=True)
class File:
    """An attachment or a member of one. path: its name with those of the archives around it; parent: index of
    the one around it.
    """

    attachment: Attachment
    path: str
    depth: int
    parent: int | None

    @property
    def unread(self) -> bool:
        """Whether it may hold text that nobody has read."""
        item = self.attachment
        if item.members and not item.encrypted:
            return False  # an archive: its members speak for themselves
        if item.encrypted:
            return not item.inspected  # the mail itself may give the password
        return not item.inspected and not item.detected_type.startswith(_PICTURES)

    @property
    def closed(self) -> bool:
        """Whether it may hold other files that nobody has seen."""
        item = self.attachment
        return not item.members and (item.encrypted or (item.short_type in _CONTAINERS and not item.inspected))


class View:
    """One case, looked at by many conditions."""

    def __init__(
        self,
        case: Case,
        directory: Directory = NOBODY,
        calendar: Calendar | None = None,
        sieve: Sieve | None = None,
    ) -> None:
        """sieve: the policy's first glance; without it every condition looks for itself."""
        self.case = case
        #: What conditions that several rules share said of this mail.
        self.looked: dict[object, Result] = {}
        self._sieve = sieve
        self._present: dict[str | tuple[str, Shares], frozenset[str]] = {}
        self.directory = directory
        self.calendar = calendar or Calendar(timezone=case.organization.timezone)
        self.facts = case.facts
        self.sender = case.envelope.sender.mailbox
        own = case.organization.is_internal
        self.recipients = tuple(
            Seen(address, index, not own(address)) for index, address in enumerate(case.envelope.recipients)
        )
        self.findings = frozenset(finding.code for finding in case.facts.findings)
        self._likenesses: dict[str, Likeness | None] = {}
        self._texts: dict[tuple[str, Shares], tuple[str, tuple[bytes, ...]]] = {}
        self._flagged: dict[str, frozenset[int]] = {}
        self._made: dict[Hashable, object] = {}

    @cached_property
    def external_count(self) -> int:
        """How many recipients of the envelope are outside."""
        return sum(seen.external for seen in self.recipients)

    @cached_property
    def _naming(self) -> frozenset[int]:
        assert self._sieve is not None
        return frozenset[int]().union(*(self._sieve.names.naming(seen.address) for seen in self.recipients))

    def may_name(self, names: NameList) -> bool:
        """Whether the list may name a recipient of the envelope; False is sure."""
        if self._sieve is None or id(names) not in self._sieve.names.known:
            return True
        return id(names) in self._naming

    @cached_property
    def _naming_sender(self) -> frozenset[int]:
        assert self._sieve is not None
        return frozenset(() if self.sender is None else self._sieve.names.naming(self.sender))

    def may_name_sender(self, names: NameList) -> bool:
        """Whether the list may name the sender; False is sure."""
        if self._sieve is None or id(names) not in self._sieve.names.known:
            return True
        return id(names) in self._naming_sender

    def present(self, where: str, shares: Shares = ALL_SHARES) -> frozenset[str] | None:
        """The words and patterns of the policy that may stand in a place; None: nobody looked. shares: of the body."""
        if self._sieve is None:
            return None
        # The plain name where it will do: this is asked for each rule with words, and a pair takes longer to look up.
        key = where if shares is ALL_SHARES or where != "body" else (where, shares)
        found = self._present.get(key)
        if found is None:
            found = self._present[key] = self._sieve.screen.present(*self.text(where, shares))
        return found

    @cached_property
    def file_globs(self) -> frozenset[str] | None:
        """The globs over file names, folded, that may match the name of a file; None: nobody looked."""
        if self._sieve is None:
            return None
        return self._sieve.files.matched(fold(file.attachment.filename) for file in self.files)

    @cached_property
    def visible(self) -> tuple[Seen, ...]:
        """Everybody whom To and Cc show, each once: also those whom this envelope does not name (a cloud splits
        mails).
        """
        by_key = {seen.address.key: seen for seen in self.recipients}
        shown: dict[str, Seen] = {}
        for header in (*self.facts.headers.to, *self.facts.headers.cc):
            address = _address(header)
            if address is not None and address.key not in shown:
                known = by_key.get(address.key)
                external = not self.case.organization.is_internal(address)
                shown[address.key] = known or Seen(address, None, external)
        return tuple(shown.values())

    @cached_property
    def visible_indexes(self) -> frozenset[int]:
        """The envelope's recipients who stand in To or Cc."""
        return frozenset(seen.index for seen in self.visible if seen.index is not None)

    @cached_property
    def everybody(self) -> frozenset[str]:
        """The keys of all who get or see the mail, without the sender."""
        own = {self.sender.key} if self.sender is not None else set()
        return frozenset(seen.address.key for seen in (*self.recipients, *self.visible)) - own

    def keys_in(self, field: str) -> frozenset[str]:
        """The keys of those who stand in the field `to`, `cc` or `bcc`."""
        return self._keys[field]

    @cached_property
    def _keys(self) -> dict[str, frozenset[str]]:
        headers = self.facts.headers
        return {"to": _keys_of(headers.to), "cc": _keys_of(headers.cc), "bcc": _keys_of(headers.bcc)}

    @cached_property
    def quoted_people(self) -> Quoted:
        """Who wrote and got the mails that this one quotes."""
        if not self.case.texts_kept:
            raise TextNotKept("quoted")
        return quoted_people(self.facts.quoted)

    def display_names(self, key: str) -> tuple[str, ...]:
        """What To and Cc call an address."""
        return self._display_names.get(key, ())

    @cached_property
    def _display_names(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for header in (*self.facts.headers.to, *self.facts.headers.cc):
            address = _address(header)
            if address is not None and header.name.strip():
                found[address.key] = (*found.get(address.key, ()), header.name)
        return found

    @cached_property
    def headers_doubtful(self) -> bool:
        """Whether To and Cc may show more than was read."""
        if "unreadable" in self.findings:
            return True
        if any(f.code == "limit_reached" and f.where in ("mail", "headers") for f in self.facts.findings):
            return True
        broken = (f.where.lower() for f in self.facts.findings if f.code == "malformed_header")
        return any(part in ("to", "cc") for where in broken for part in where.replace(":", " ").split())

    @cached_property
    def files(self) -> tuple[File, ...]:
        """All attachments with their members, outer ones before inner ones; detached signatures are not attachments."""
        found: list[File] = []
        waiting: list[tuple[Attachment, str, int, int | None]] = [
            (item, item.filename, 0, None) for item in reversed(self.facts.attachments) if not _is_signature(item)
        ]
        while waiting:
            item, path, depth, parent = waiting.pop()
            found.append(File(item, path, depth, parent))
            index = len(found) - 1
            waiting.extend((m, f"{path} › {m.filename}", depth + 1, index) for m in reversed(item.members))
        return tuple(found)

    @cached_property
    def files_incomplete(self) -> tuple[str, ...]:
        """Why there may be files that nobody saw; empty if all are known."""
        gaps = [f.where or f.code for f in self.facts.findings if f.code in _FILES_MISSED and not self._cut_text(f)]
        if self.facts.encrypted:
            gaps.append("S/MIME · PGP")
        return tuple(sorted(set(gaps)))

    def _cut_text(self, finding: Finding) -> bool:
        """Whether a limit cut the text of the mail or of one plain file: no other file can be hidden behind that."""
        if finding.code != "limit_reached":
            return False
        plain = (file.attachment.filename for file in self.files if file.attachment.short_type not in _CONTAINERS)
        return finding.where == "text" or any(name and finding.where.endswith(name) for name in plain)

    @cached_property
    def unread_files(self) -> tuple[str, ...]:
        """The files whose content nobody could read."""
        return tuple(sorted({file.path or "?" for file in self.files if file.unread}))

    @cached_property
    def unread_body(self) -> tuple[str, ...]:
        """Why there may be text of the mail itself that nobody read."""
        gaps = [f.where or f.code for f in self.facts.findings if f.code in _TEXT_MISSED]
        if self.facts.encrypted:
            gaps.append("S/MIME · PGP")
        return tuple(sorted(set(gaps)))

    @cached_property
    def unread_anywhere(self) -> tuple[str, ...]:
        """Whatever text nobody could read."""
        return tuple(sorted({*self.unread_body, *self.unread_files, *self.files_incomplete}))

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, worked out once for this mail under a key that no other condition uses."""
        if key not in self._made:
            self._made[key] = make()
        return cast(T, self._made[key])

    @property
    def findings_cut(self) -> bool:
        """Whether there may have been more findings than were kept."""
        return len(self.facts.findings) >= _MOST_FINDINGS

    def flagged(self, code: str) -> frozenset[int]:
        """The files that findings with this code are about, each the innermost that the finding names. One that names
        no file is held against all of them.
        """
        found = self._flagged.get(code)
        if found is None:
            places = [normal(finding.where) for finding in self.facts.findings if finding.code == code]
            found = frozenset().union(*(self._named_in(place) for place in places))
            self._flagged[code] = found
        return found

    def _named_in(self, place: str) -> list[int]:
        chains = self._chains
        longest = max((len(chain) for chain in chains if chain and chain in place), default=0)
        return [
            index for index, chain in enumerate(chains) if not longest or (len(chain) == longest and chain in place)
        ]

    @cached_property
    def _chains(self) -> tuple[str, ...]:
        """For each file its name behind those of the archives around it, as findings write it."""
        chains: list[str] = []
        for file in self.files:
            name = normal(file.attachment.filename)
            chains.append(name if file.parent is None else f"{chains[file.parent]}/{name}")
        return tuple(chains)

    def text(self, where: str, shares: Shares = ALL_SHARES) -> tuple[str, tuple[bytes, ...]]:
        """The text of a place: folded for words, and as UTF-8 for patterns (as written; and unwrapped where
        that differs). shares: of the body. Raises TextNotKept.
        """
        if not self.keeps(where):
            raise TextNotKept(where)
        if where != "body":
            shares = ALL_SHARES
        found = self._texts.get((where, shares))
        if found is None:
            written = normal(self._raw(where, shares))
            joined = unwrapped(written)
            variants = (written,) if joined == written else (written, joined)
            folded = fold_normal(joined)
            # The names of two files are no lines of one text.
            found = (
                folded if where == "names" else spaced(folded),
                tuple(variant.encode("utf-8", "replace") for variant in variants),
            )
            self._texts[where, shares] = found
        return found

    def keeps(self, where: str) -> bool:
        """Whether the text of a place is here: of a recorded mail, only names and what never was is."""
        if self.case.texts_kept or where in ("subject", "names"):
            return True
        return where == "attachments" and not self.files

    @cached_property
    def read_whole(self) -> bool:
        """Whether all text of the mail and its files is here and was read."""
        return self.case.texts_kept and not self.unread_anywhere

    @cached_property
    def has_closed_files(self) -> bool:
        """Whether a file may hold other files that nobody has seen."""
        return any(file.closed for file in self.files)

    @property
    def written(self) -> str:
        """The sender's own words. Raises TextNotKept."""
        if not self.keeps("body"):
            raise TextNotKept("body")
        return self.facts.written

    @property
    def fields(self) -> tuple[tuple[str, str], ...] | None:
        """Every field of the header, None if nobody read them. Raises TextNotKept."""
        if not self.case.texts_kept and self.facts.headers.fields is None:
            raise TextNotKept("fields")
        return self.facts.headers.fields

    def _raw(self, where: str, shares: Shares) -> str:
        if where == "subject":
            return self.facts.headers.subject or ""
        if where == "body":
            return self.facts.text if shares == ALL_SHARES else self._body(shares)
        if where == "names":
            return "\n".join(file.attachment.filename for file in self.files)
        return "\n".join(file.attachment.text for file in self.files if file.attachment.text)

    def _body(self, shares: Shares) -> str:
        facts = self.facts
        stretches = ((shares.quoted, facts.quoted), (shares.signature, facts.signature), (shares.hidden, facts.hidden))
        if any(share == "only" for share, _ in stretches):
            return "\n".join(text for share, text in stretches if share == "only" and text)
        if shares.quoted == shares.signature == "include":
            return facts.text[: facts.shown]  # as it stands, since nothing but what is hidden is left out
        return "\n".join([facts.written, *(text for share, text in stretches if share == "include" and text)])

    def is_known(self, address: Address, whose: str) -> bool:
        """Whether the sender, or the company, has written there before."""
        known = self.case.known
        keys = known.sender_domains if whose == "sender" else known.company_domains
        return known_keys(address) in keys

    def likeness(self, address: Address) -> Likeness | None:
        """What an outside recipient's domain looks like; None if it is known itself, shared by strangers, or
        like nothing.
        """
        domain = address.ascii_domain
        if domain not in self._likenesses:
            strange = not (
                address.is_literal
                or is_shared(domain)
                or self.is_known(address, "sender")
                or self.is_known(address, "company")
            )
            self._likenesses[domain] = likeness(domain, self._compared) if strange else None
        return self._likenesses[domain]

    @cached_property
    def _compared(self) -> KnownDomains:
        known = self.case.known
        groups: list[frozenset[str] | tuple[str, ...]] = [self.case.organization.domains, known.often]
        room = _COMPARED_MAX
        for group in (known.sender_domains, known.company_domains):
            if len(group) <= room:
                groups.append(group)
                room -= len(group)
        return known_domains(*groups)


def _address(header: HeaderAddress) -> Address | None:
    """A header's address, also one that is not quite valid, since people see it all the same."""
    try:
        return parse_address(header.address.strip())
    except AddressError:
        local, at, domain = header.address.strip().rpartition("@")
        return Address(local, domain) if at and local and domain else None


def _keys_of(headers: tuple[HeaderAddress, ...]) -> frozenset[str]:
    return frozenset(address.key for address in map(_address, headers) if address is not None)


def _is_signature(item: Attachment) -> bool:
    return item.declared_type in _SIGNATURES and item.size <= _SIGNATURE_MAX and item.short_type in ("", "p7s", "asc")
