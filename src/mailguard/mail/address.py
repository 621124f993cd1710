"""Addresses, parsed once at the border by the strict grammar of RFC 5321 section 4.1.2 with RFC 6531's UTF-8.

What stands on the wire is what is judged and what is relayed: an Address keeps the octets as they came and compares by
a normal form. No encoded words are decoded, no comments, no white space and no source routes are taken: a reader more
generous than the next server would judge one recipient and reach another. It trusts nothing and does no I/O.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

import idna

from mailguard.mail.saying import Sentence, in_language
from mailguard.mail.values import worked_out

#: Longest local part, domain and path (RFC 5321 section 4.5.3.1), in octets.
LOCAL_MAX, DOMAIN_MAX, PATH_MAX = 64, 255, 256

_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-"
# RFC 6531 section 3.3 extends atext, qtextSMTP and sub-domain by UTF8-non-ascii; C1 controls are kept out.
_UTF8 = "\u00a0-\ud7ff\ue000-\U0010ffff"
_ATOM = f"[{_ATEXT}{_UTF8}]+"
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED_STRING = re.compile(rf'"(?:[ !#-\[\]-~{_UTF8}]|\\[ -~])*"')
#: Japanese mobile carriers gave out such local parts until 2009 (`a..b@`, `ab.@`), with no quotes around them, and
#: people still have them. Nowhere else: a dot too many is a slip of the finger there. They go on in quotes, for the
#: next server may be strict.
_PHONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PHONE_DOMAINS = frozenset({"docomo.ne.jp", "ezweb.ne.jp", "au.com"})
_WIDE_AT = Sentence("@が全角です。半角の@を書いてください。", "its @ is full-width, write a half-width one")
_NO_IDNA = Sentence("国際化ドメイン名として正しくありません。", "domain is not valid in IDNA")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class AddressError(ValueError):
    """The text is no address; the message says why in a few words (ASCII, no content of the address)."""


@dataclass(frozen=True, eq=False)
class Address:
    """local@domain as written. Equality and hash use `key`: the domain without regard to case or A-/U-label form.

    The local part's case is kept on the wire but not told apart: no mail system of today has Bob and bob as two people,
    and a rule that misses because of a capital letter is a leak.
    """

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @worked_out
    def ascii_domain(self) -> str:
        """The domain in A-labels, lower case; an address literal as it stands, lower case."""
        return ascii_domain(self.domain)

    @worked_out
    def key(self) -> str:
        """The normal form by which addresses are compared, listed and counted."""
        return f"{_unquoted(self.local, self.ascii_domain).lower()}@{self.ascii_domain}"

    @property
    def is_literal(self) -> bool:
        """Whether the domain is an address literal such as [192.0.2.1]."""
        return self.domain.startswith("[")

    @worked_out
    def needs_smtputf8(self) -> bool:
        """Whether the address can only travel with SMTPUTF8 (RFC 6531)."""
        return not (self.local.isascii() and self.domain.isascii())


@dataclass(frozen=True, slots=True)
class ReversePath:
    """Where failure reports go. `mailbox` None is the null path `<>`: never answer it (RFC 5321 section 4.5.5)."""

    mailbox: Address | None = None

    @property
    def is_null(self) -> bool:
        return self.mailbox is None

    def __str__(self) -> str:
        return "" if self.mailbox is None else str(self.mailbox)


NULL_PATH = ReversePath(None)


def parse_address(text: str) -> Address:
    """`local@domain` (no angle brackets) to an Address. Raises AddressError."""
    if len(text.encode("utf-8", "surrogatepass")) > PATH_MAX - 2:
        raise AddressError(Sentence("254オクテットを超えています。", "longer than 254 octets"))
    local, at, domain = text.rpartition("@")
    if not at:
        raise AddressError(_WIDE_AT if "\uff20" in text else Sentence("@がありません。", "no @"))
    if not (_DOT_STRING.fullmatch(local) or _QUOTED_STRING.fullmatch(local)):
        if not _is_bare(local, domain.lower()):
            raise AddressError(
                Sentence(
                    "@の前に使えない文字があるか、点の位置が違います。",
                    "local part is neither dot-atom nor quoted string",
                )
            )
        local = f'"{local}"'
    if len(local.encode()) > LOCAL_MAX:
        raise AddressError(Sentence("@の前が64オクテットを超えています。", "local part is longer than 64 octets"))
    _check_domain(domain)
    return Address(local, domain)


def parse_path(text: str) -> Address:
    """`<local@domain>` to an Address; source routes (RFC 5321 appendix C) are refused. Raises AddressError."""
    if not (text.startswith("<") and text.endswith(">")):
        raise AddressError(Sentence("< >で囲まれていません。", "not in angle brackets"))
    return parse_address(text[1:-1])


def parse_reverse_path(text: str) -> ReversePath:
    """`<local@domain>` or `<>` to a ReversePath. Raises AddressError."""
    return NULL_PATH if text == "<>" else ReversePath(parse_path(text))


def parse_typed(text: str) -> Address:
    """An address that a person typed (configuration, command line). Raises AddressError with a sentence for people.

    Our grammar decides; email-validator, which knows the mistakes that people make, finds the words.
    """
    try:
        return parse_address(text.strip())
    except AddressError as error:
        from email_validator import EmailNotValidError, validate_email  # its patterns take long to compile

        try:
            validate_email(text.strip(), check_deliverability=False)
        except EmailNotValidError as said:
            words = str(said).rstrip(".")
            raise AddressError(Sentence(in_language(error, "ja"), words[:1].lower() + words[1:])) from error
        raise


def without_tag(key: str) -> str:
    """The key of the mailbox behind a sub-address, `ann+list@` (RFC 5233): whose mail it is, and nobody else's."""
    local, _, domain = key.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def ascii_domain(domain: str) -> str:
    """A domain in A-labels (IDNA 2008, UTS 46 mapping), lower case. What IDNA refuses stays as it is, lower case."""
    lowered = domain.lower()
    if lowered.isascii():
        return lowered
    try:
        return idna.encode(lowered, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        return lowered


def _is_bare(local: str, domain: str) -> bool:
    """Whether the local part needs no quotes at this domain (in lower case)."""
    return bool(_DOT_STRING.fullmatch(local) or (domain in _PHONE_DOMAINS and _PHONE.fullmatch(local)))


def key_of_written(text: str) -> str:
    """The key of an address as a header has it; of what is none, its lower case."""
    try:
        return parse_address(text).key
    except AddressError:
        return text.lower()


def _unquoted(local: str, domain: str) -> str:
    """A quoted local part without its quotes when the quotes change nothing (RFC 5321 section 4.1.2)."""
    if not local.startswith('"'):
        return local
    inner = re.sub(r"\\(.)", r"\1", local[1:-1])
    return inner if _is_bare(inner, domain) else local


@lru_cache(maxsize=4096)  # the recipients of a mail share few domains; what is refused is looked at again
def _check_domain(domain: str) -> None:
    if domain.startswith("["):
        _check_literal(domain)
        return
    ascii_form = domain.lower()
    if ascii_form.isascii() and not domain.isascii():  # the Kelvin sign: its lower case is k, but not on the wire
        raise AddressError(_NO_IDNA)
    if not domain.isascii():
        try:
            # Strict, unlike `ascii_domain`: what a mapping would have to repair first (full-width letters, other dots)
            # one server reads as a company's own domain and the next as another.
            ascii_form = idna.encode(domain.lower(), strict=True).decode("ascii")
        except idna.IDNAError as error:
            raise AddressError(_NO_IDNA) from error
    if not ascii_form or len(ascii_form) > DOMAIN_MAX:
        raise AddressError(
            Sentence("ドメイン名が空か、255オクテットを超えています。", "domain is empty or longer than 255 octets")
        )
    labels = ascii_form.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError(
            Sentence(
                "ドメイン名は、英数字とハイフンを点で区切って書きます。",
                "domain is not letters, digits and hyphens between dots",
            )
        )
    if labels[-1].isdigit():  # RFC 3696 section 2: a top-level domain is not all digits; 127.0.0.1 belongs in brackets
        raise AddressError(Sentence("ドメイン名が数字で終わっています。", "domain ends in a number"))


def _check_literal(domain: str) -> None:
    if not domain.endswith("]"):
        raise AddressError(Sentence("[ ]が閉じていません。", "address literal is not closed"))
    inner = domain[1:-1]
    try:
        if "%" in inner:  # a scope id means an interface of this machine, not an address
            raise AddressError(Sentence("IPアドレスにスコープ(%)は書けません。", "address literal has a scope"))
        if inner[:5].lower() == "ipv6:":
            ipaddress.IPv6Address(inner[5:])
        else:
            ipaddress.IPv4Address(inner)
    except ValueError as error:
        raise AddressError(
            Sentence(
                "[ ]の中がIPv4アドレスでもIPv6:...でもありません。", "address literal is neither IPv4 nor IPv6:..."
            )
        ) from error
