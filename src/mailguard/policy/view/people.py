"""The recipients of a mail, by envelope and by what To and Cc show, with what is known of each."""

from __future__ import annotations

from functools import lru_cache

from mailguard.mail.address import PATH_MAX, Address, AddressError, parse_address
from mailguard.mail.facts import HeaderAddress
from mailguard.mail.values import value, worked_out
from mailguard.policy.case import known_keys
from mailguard.policy.free_mail import is_shared
from mailguard.policy.lists import NameList
from mailguard.policy.lookalike import KnownDomains, Likeness, known_domains, likeness, registrable_domain
from mailguard.policy.result import TextNotKept
from mailguard.policy.thread import Quoted, quoted_people
from mailguard.policy.view.base import CaseView

#: So many domains a stranger is compared with.
COMPARED_MAX = 5_000


@value(frozen=True, slots=True)
class Seen:
    """A recipient. index: his place in the envelope, None if only a header names him."""

    address: Address
    index: int | None
    external: bool


class PeopleView(CaseView):
    """The people."""

    @worked_out
    def recipients(self) -> tuple[Seen, ...]:
        """Those of the envelope, in its order."""
        own = self.case.organization.is_internal
        return tuple(
            Seen(address, index, not own(address)) for index, address in enumerate(self.case.envelope.recipients)
        )

    @worked_out
    def _likenesses(self) -> dict[tuple[str, frozenset[str]], Likeness | None]:
        return {}

    @worked_out
    def external_count(self) -> int:
        """How many recipients of the envelope are outside."""
        return sum(seen.external for seen in self.recipients)

    @worked_out
    def _naming(self) -> frozenset[int]:
        assert self._sieve is not None
        return frozenset[int]().union(*(self._sieve.names.naming(seen.address) for seen in self.recipients))

    def may_name(self, names: NameList) -> bool:
        """Whether the list may name a recipient of the envelope; False is sure."""
        if self._sieve is None or id(names) not in self._sieve.names.known:
            return True
        return id(names) in self._naming

    @property
    def naming(self) -> frozenset[int] | None:
        """The ids of the known lists that may name a recipient; None: nobody looked."""
        return None if self._sieve is None else self._naming

    @property
    def naming_sender(self) -> frozenset[int] | None:
        """The ids of the known lists that may name the sender; None: nobody looked."""
        return None if self._sieve is None else self._naming_sender

    @worked_out
    def _naming_sender(self) -> frozenset[int]:
        assert self._sieve is not None
        return frozenset(() if self.sender is None else self._sieve.names.naming(self.sender))

    def may_name_sender(self, names: NameList) -> bool:
        """Whether the list may name the sender; False is sure."""
        if self._sieve is None or id(names) not in self._sieve.names.known:
            return True
        return id(names) in self._naming_sender

    @worked_out
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

    @worked_out
    def visible_indexes(self) -> frozenset[int]:
        """The envelope's recipients who stand in To or Cc."""
        return frozenset(seen.index for seen in self.visible if seen.index is not None)

    @worked_out
    def everybody(self) -> frozenset[str]:
        """The keys of all who get or see the mail, without the sender."""
        own = {self.sender.key} if self.sender is not None else set()
        return frozenset(seen.address.key for seen in (*self.recipients, *self.visible)) - own

    def keys_in(self, field: str) -> frozenset[str]:
        """The keys of those who stand in the field `to`, `cc` or `bcc`."""
        return self._keys[field]

    @worked_out
    def _keys(self) -> dict[str, frozenset[str]]:
        headers = self.facts.headers
        return {"to": _keys_of(headers.to), "cc": _keys_of(headers.cc), "bcc": _keys_of(headers.bcc)}

    @worked_out
    def quoted_people(self) -> Quoted:
        """Who wrote and got the mails that this one quotes."""
        if not self.case.texts_kept:
            raise TextNotKept("quoted")
        return quoted_people(self.facts.quoted)

    def display_names(self, key: str) -> tuple[str, ...]:
        """What To and Cc call an address."""
        return self._display_names.get(key, ())

    @property
    def shows_names(self) -> bool:
        """Whether To and Cc call anybody by a name."""
        return bool(self._display_names)

    @worked_out
    def _display_names(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for header in (*self.facts.headers.to, *self.facts.headers.cc):
            address = _address(header)
            if address is not None and header.name.strip():
                found[address.key] = (*found.get(address.key, ()), header.name)
        return found

    @worked_out
    def headers_doubtful(self) -> bool:
        """Whether To and Cc may show more than was read."""
        if not self.findings:
            return False
        if "unreadable" in self.findings:
            return True
        if any(f.code == "limit_reached" and f.where in ("mail", "headers") for f in self.facts.findings):
            return True
        broken = (f.where.lower() for f in self.facts.findings if f.code == "malformed_header")
        return any(part in ("to", "cc") for where in broken for part in where.replace(":", " ").split())

    def is_known(self, address: Address, whose: str) -> bool:
        """Whether the sender, or the company, has written there before."""
        known = self.case.known
        keys = known.sender_domains if whose == "sender" else known.company_domains
        return known_keys(address) in keys

    def likeness(self, address: Address, more: frozenset[str] = frozenset()) -> Likeness | None:
        """What an outside recipient's domain looks like; None if it is known itself, shared by strangers, or
        like nothing. more: domains to compare with besides.
        """
        domain = address.ascii_domain
        if (domain, more) not in self._likenesses:
            strange = not (
                address.is_literal
                or is_shared(domain)
                or self.is_known(address, "sender")
                or self.is_known(address, "company")
            )
            self._likenesses[domain, more] = self._resembled(address, more) if strange else None
        return self._likenesses[domain, more]

    def _resembled(self, address: Address, more: frozenset[str]) -> Likeness | None:
        domain = address.ascii_domain
        if not more:
            return likeness(domain, self._compared)
        own = known_domains(more)
        listed = own.decisive(domain) == registrable_domain(domain)
        return None if listed else self.likeness(address) or likeness(domain, own)

    @worked_out
    def _compared(self) -> KnownDomains:
        known = self.case.known
        groups: list[frozenset[str] | tuple[str, ...]] = [self.case.organization.domains, known.often]
        room = COMPARED_MAX
        for group in (known.sender_domains, known.company_domains):
            if len(group) <= room:
                groups.append(group)
                room -= len(group)
        return known_domains(*groups)


def _address(header: HeaderAddress) -> Address | None:
    """A header's address, also one that is not quite valid, since people see it all the same."""
    text = header.address.strip()
    return _parsed(text) if len(text) <= PATH_MAX else _parsed.__wrapped__(text)


@lru_cache(maxsize=4096)  # people write to the same people; what is worked out of an address stays with it
def _parsed(text: str) -> Address | None:
    try:
        return parse_address(text)
    except AddressError:
        local, at, domain = text.rpartition("@")
        return Address(local, domain) if at and local and domain else None


def _keys_of(headers: tuple[HeaderAddress, ...]) -> frozenset[str]:
    return frozenset(address.key for address in map(_address, headers) if address is not None)
