"""`sender: {from_differs, display_name}`: what the mail shows as its sender, beside who really sends.

The header's From is anybody's to write: it is compared and looked at, never believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.verdict import Because
from mailguard.policy.fold import fold
from mailguard.policy.result import Result, Told, Truth, bounded, some
from mailguard.policy.view import View

_FROM = "From"


@dataclass(frozen=True, slots=True)
class FromDiffers:
    """An address in From is not that of the envelope's sender, or not that of the login."""

    wanted: bool = True

    def look(self, view: View) -> Result:
        shown = [one.address.strip() for one in view.facts.headers.sender if one.address.strip()]
        client, sender = view.case.envelope.client, view.sender
        real = [text for text in (None if sender is None else str(sender), client.login) if text]
        if not shown or not real:
            # without a From field clients show what they like; a mail from nobody has nothing to compare with
            truth, other = (Truth.NO if not real else Truth.UNKNOWN), shown[:0]
        else:
            other = [address for address in shown if not all(_same(address, one) for one in real)]
            truth = Truth.YES if bool(other) is self.wanted else Truth.NO
        unread = (_FROM,) if truth is Truth.UNKNOWN else ()

        def say() -> Because:
            named, behind = some(shown or ["—"]), some(real or ["<>"])
            return Because(
                f"表示される差出人は「{named.ja}」、実際の送信者は「{behind.ja}」です",
                f"the mail shows {named.en} as its sender, and {behind.en} sends it",
            )

        return Result(
            truth, say, lambda: Told(bounded([*other, *real]), {"addresses": some(other or shown)}), None, unread
        )


def _same(address: str, real: str) -> bool:
    """Whether an address is that of a login or a sender; a login without a domain is compared with what is before @."""
    if "@" not in real:
        return address.rpartition("@")[0].casefold() == real.casefold()
    return _key(address) == _key(real)


def _key(text: str) -> str:
    try:
        return parse_address(text).key
    except AddressError:
        return text.casefold()


@dataclass(frozen=True, slots=True)
class ShownAs:
    """The display name in From fits one of the globs."""

    globs: Any
    written: tuple[str, ...]

    def look(self, view: View) -> Result:
        names = [one.name for one in view.facts.headers.sender]
        found = [name for name in names if self.globs.fullmatch(fold(name).encode("utf-8", "replace"))]
        known = "unreadable" not in view.findings
        truth = Truth.YES if found else Truth.NO if known else Truth.UNKNOWN
        shown = some([name for name in names if name] or ["—"])

        def say() -> Because:
            asked = ", ".join(self.written)
            return Because(
                f"差出人の表示名は「{shown.ja}」です（条件: {asked}）",
                f"the sender is shown as {shown.en} [asked: {asked}]",
            )

        unread = ("unreadable",) if truth is Truth.UNKNOWN else ()
        return Result(truth, say, lambda: Told(bounded(found)), None, unread)
