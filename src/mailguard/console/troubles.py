"""What an administrator reads on every page while a way to people fails: one sentence for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailguard.console.locale import Say


def sentences(troubles: Iterable[tuple[str, str]], say: Say) -> Sequence[str]:
    """troubles: "letters", "delivery", "channel NAME" or "upstream NAME", each with its reason."""
    return [
        say(f"trouble.{name.partition(' ')[0]}", name=name.partition(" ")[2], reason=reason)
        for name, reason in troubles
    ]
