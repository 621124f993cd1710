"""Secrets in texts: private keys and access tokens of common providers. Counts only; the values are kept nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Class, a substring without which there is none, and the shape.
_SHAPES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("private_key", "PRIVATE KEY", re.compile(r"-----BEGIN (?:[A-Z]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----")),
    ("aws_key", "A", re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])")),
    ("github_token", "gh", re.compile(r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,251}(?![A-Za-z0-9])")),
    ("github_token", "github_pat_", re.compile(r"github_pat_[A-Za-z0-9_]{60,251}")),
    ("slack_token", "xox", re.compile(r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,250}")),
    ("google_key", "AIza", re.compile(r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])")),
    ("stripe_key", "k_live_", re.compile(r"(?<![A-Za-z0-9])[sr]k_live_[A-Za-z0-9]{20,250}")),
    (
        "jwt",
        "eyJ",
        re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}"),
    ),
)


def find_secrets(texts: Iterable[str]) -> dict[str, int]:
    """How many different secrets of each class stand in the texts."""
    found: dict[str, set[str]] = {}
    for text in texts:
        for name, gate, shape in _SHAPES:
            if gate in text:
                for match in shape.finditer(text):
                    found.setdefault(name, set()).add(match.group())
    return {name: len(values) for name, values in found.items()}
