"""Whose words of a mail's body a condition looks at: quoted history, signature and what is not displayed, in or out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Share = Literal["include", "exclude", "only"]


@dataclass(frozen=True, slots=True)
class Shares:
    """Which stretches of the body are looked at. With an "only", nothing but what says so."""

    quoted: Share = "include"
    signature: Share = "include"
    hidden: Share = "include"


ALL_SHARES = Shares()
