"""To and Cc become Bcc: hidden addresses leave every field of the header that could tell them.

Address fields are written anew from the entries that stay, octet for octet. What a sender shows as his own (From,
Reply-To) stays, and so do the subject and the ids of the thread; a Received loses its "for" clause; any other field
that names a hidden address goes. An entry that is not plainly a visible one is hidden: in doubt nobody sees it. The
text of the mail is not looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailguard.mail.address import Address
from mailguard.mail.alteration import Split, ToBcc
from mailguard.transform.addresses import Entries, Entry, joined, names_any, read_entries
from mailguard.transform.attachments import added_fields
from mailguard.transform.edits import Edit, Step, Unalterable
from mailguard.transform.fields import Field
from mailguard.transform.walk import Mail
from mailguard.transform.words import read_words

LISTS = ("to", "cc", "resent-to", "resent-cc", "mail-followup-to")
BCC = ("bcc", "resent-bcc")
#: Fields in which programs write who receives. With `hide: all` they go, whatever they hold.
_TELLING = frozenset({
    "apparently-to", "envelope-to", "x-envelope-to", "x-original-to", "original-to", "delivered-to", "x-delivered-to",
    "x-rcpt-to", "x-receiver", "x-recipient", "x-recipients", "x-forwarded-to", "x-to", "x-cc", "x-bcc", "x-real-to",
    "x-apparently-to", "x-original-cc", "x-original-bcc", "x-resent-to", "x-mdrcpt-to", "x-mdaemon-deliver-to",
    "x-ms-exchange-organization-originalenveloperecipients", "original-recipient", "x-failed-recipients",
    "x-gm-original-to",
})  # fmt: skip
#: What the sender shows as his own, and what only looks like an address.
_OWN = ("from", "sender", "reply-to", "mail-reply-to", "resent-from", "resent-sender", "resent-reply-to", "errors-to",
        "return-path", "return-receipt-to", "disposition-notification-to")  # fmt: skip
_KEPT = frozenset(
    {*_OWN, "subject", "thread-topic", "message-id", "in-reply-to", "references", "resent-message-id", "date"}
    | {"dkim-signature", "content-type", "content-disposition", "content-id", "content-transfer-encoding"}
)
_FOR = re.compile(rb"(?i)(?<![ \t\r\n])[ \t\r\n]+for[ \t\r\n]+(?:<[^<>;]*>|[^\s;<>]+@[^\s;<>]+)")


def strip_bcc(mail: Mail) -> Step:
    """A Bcc field that a client left in never leaves."""
    step = Step()
    for one in mail.root.fields:
        if one.name in BCC:
            _drop(mail, one, step)
    return step


def split(mail: Mail, alteration: Split, recipient: Address) -> Step:
    """One mail for each recipient; with `own`, nobody but him stands in it."""
    return Step() if alteration.header == "kept" else to_bcc(mail, ToBcc("each_alone"), recipient)


def to_bcc(mail: Mail, alteration: ToBcc, recipient: Address) -> Step:
    """Hide whom the alteration says. Raises Unalterable where an address list cannot be read in one way only."""
    lists = {one.start: read_entries(one.raw(mail.octets)) for one in mail.root.fields if one.name in LISTS}
    curtain = _curtain(mail, alteration, recipient, lists)
    step, to_is_empty = Step(), True
    kept: dict[int, list[bytes]] = {}
    for one in mail.root.fields:
        if one.name in LISTS:
            kept[one.start] = curtain.left(lists[one.start])
            to_is_empty = to_is_empty and not (one.name == "to" and kept[one.start])
    shown = _shown(mail, alteration, recipient, lists) if to_is_empty and _hides(lists, kept) else b""
    if alteration.style == "each_alone" and shown:  # he moves to To: he is the only one there
        for one in mail.root.fields:
            if one.name == "cc":
                kept[one.start] = [entry for entry in kept[one.start] if entry != shown]
    _write(mail, step, kept, lists, shown)
    for one in mail.root.fields:
        if one.name not in LISTS:
            _other(mail, one, curtain, step)
    return step


@dataclass(frozen=True, slots=True)
class _Curtain:
    """Who is hidden. everybody: all but the visible domains and `open`; keys: those who are known by name."""

    everybody: bool
    keys: frozenset[str]
    domains: frozenset[str]
    open: frozenset[str]

    def hides(self, address: Address | None) -> bool:
        if address is None:
            return self.everybody
        if address.key in self.open:
            return False
        return address.key in self.keys or (self.everybody and address.ascii_domain not in self.domains)

    def left(self, entries: Entries) -> list[bytes]:
        """The entries that stay, as written; without the name where that tells somebody hidden."""
        out: list[bytes] = []
        for one in entries.all:
            if self.hides(one.address) or (self.everybody and not entries.sound):
                continue
            told = names_any(one.text, self.keys)
            if not told:
                out.append(one.octets)
            elif one.address is not None:
                out.append(str(one.address).encode())
        return out


def _curtain(mail: Mail, alteration: ToBcc, recipient: Address, lists: dict[int, Entries]) -> _Curtain:
    everybody = alteration.hide == "all"
    alone = frozenset({recipient.key} if alteration.style == "each_alone" else ())
    if not everybody:
        keys = frozenset(alteration.keys) - alone
        _require_sound(mail, lists, keys)
        return _Curtain(False, keys, frozenset(), alone)
    domains = frozenset(alteration.visible)
    written = {entry.address for entries in lists.values() for entry in entries.all if entry.address is not None}
    for one in mail.root.fields:
        if one.name in _TELLING or one.name in BCC:
            written |= {entry.address for entry in read_entries(one.raw(mail.octets)).all if entry.address is not None}
    keys = frozenset(alteration.keys) | {one.key for one in written if one.ascii_domain not in domains}
    return _Curtain(True, keys - alone - _own(mail), domains, alone)


def _own(mail: Mail) -> set[str]:
    """What the sender shows as his own is no secret in other fields either."""
    fields = [one for one in mail.root.fields if one.name in _OWN]
    entries = (entry for one in fields for entry in read_entries(one.raw(mail.octets)).all)
    return {entry.address.key for entry in entries if entry.address is not None}


def _require_sound(mail: Mail, lists: dict[int, Entries], keys: frozenset[str]) -> None:
    for start, entries in lists.items():
        field = next(one for one in mail.root.fields if one.start == start)
        if not entries.sound and names_any(read_words(field.raw(mail.octets)), keys):
            raise Unalterable(
                "宛先ヘッダーの書式が壊れているため、一部の宛先だけを隠せません",
                "an address field is not well formed, so single addresses cannot be hidden in it",
            )


def _hides(lists: dict[int, Entries], kept: dict[int, list[bytes]]) -> bool:
    return any(len(kept[start]) != len(entries.all) for start, entries in lists.items())


def _shown(mail: Mail, alteration: ToBcc, recipient: Address, lists: dict[int, Entries]) -> bytes:
    """Who stands in a To where nobody is left: the recipient, or the sender."""
    if alteration.style == "each_alone":
        found = _entry_of(lists, recipient)
        return found.octets if found and not _names_others(found, recipient) else str(recipient).encode()
    for name in ("from", "sender"):
        for one in mail.root.named(name):
            for entry in read_entries(one.raw(mail.octets)).all:
                if entry.address is not None:
                    return entry.octets
    return b"undisclosed-recipients:;"  # RFC 5322 section 3.4: a group without members


def _entry_of(lists: dict[int, Entries], who: Address) -> Entry | None:
    return next((one for entries in lists.values() if entries.sound for one in entries.all if one.address == who), None)


def _names_others(entry: Entry, who: Address) -> bool:
    return entry.text.count("@") > 1 or ("@" in entry.text and not names_any(entry.text, {who.key}))


def _write(mail: Mail, step: Step, kept: dict[int, list[bytes]], lists: dict[int, Entries], shown: bytes) -> None:
    """Each list as it is now; `shown` goes into the first To, or into a new one."""
    for one in mail.root.fields:
        if one.name not in LISTS:
            continue
        left = kept[one.start]
        if shown and one.name == "to":
            left, shown = [shown], b""
        if len(left) == len(lists[one.start].all) and left == [entry.octets for entry in lists[one.start].all]:
            continue
        name = mail.octets[one.start : one.value].rstrip(b": \t\r\n") if one.clean else one.name.title().encode()
        new = joined(name, left, mail.eol) if left else b""
        step.edits.append(Edit(one.start, one.end, new))
        step.tell(
            one.name.title(), [read_words(one.raw(mail.octets))], [read_words(new.partition(b":")[2])] if new else []
        )
    if shown:
        step.edits += added_fields(mail, [joined(b"To", [shown], mail.eol)])
        step.tell("To", [], [read_words(shown)])


def _other(mail: Mail, field: Field, curtain: _Curtain, step: Step) -> None:
    if field.name in BCC or (curtain.everybody and field.name in _TELLING):
        _drop(mail, field, step)
        return
    if field.name in _KEPT:
        return
    raw = field.raw(mail.octets)
    if not names_any(read_words(raw), curtain.keys):
        return
    without = _FOR.sub(b"", raw) if field.name == "received" else raw
    if without != raw and not names_any(read_words(without), curtain.keys):
        step.edits.append(Edit(field.value, field.end, without))
        step.tell("Received", [read_words(raw)], [read_words(without)])
    else:
        _drop(mail, field, step)


def _drop(mail: Mail, field: Field, step: Step) -> None:
    step.edits.append(Edit(field.start, field.end))
    step.tell(field.name.title() or "?", [read_words(field.raw(mail.octets))])
