"""Passwords that a mail gives away itself: in its text, its subject, or the names of its files (in Japan: PPAP)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPOKEN = re.compile(
    r"(?:パスワード|ﾊﾟｽﾜｰﾄﾞ|暗証番号|解凍|password|passwd|pass|pw)[^\S\n]*(?:は|[:：=＝]|is)?\s*[「『\"'【]?([!-~]{3,64})",
    re.IGNORECASE,
)


def candidates(texts: Iterable[str]) -> tuple[str, ...]:
    """What may be a password in the texts, likeliest first."""
    found = (match.group(1).rstrip("」』\"'】。") for text in texts for match in _SPOKEN.finditer(text))
    return tuple(dict.fromkeys(found))
