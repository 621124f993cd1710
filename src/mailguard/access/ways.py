"""The ways in that the settings name, simplest first; the login page offers these and no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailguard.access.passwords import Passwords

if TYPE_CHECKING:
    from mailguard.access.single import SingleSignOn


@dataclass(frozen=True, slots=True)
class Ways:
    """link: a letter to the own mailbox; single, passwords: None where they are not set up."""

    link: bool = True
    single: SingleSignOn | None = None
    passwords: Passwords | None = None
