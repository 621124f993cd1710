"""What is asked for in a way in which it is hardly ever found: a file's name without its stars, a domain without its
ending, a pattern among words. Such a rule loads, and holds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.mail.kinds import EXTENSIONS, MEDIA
from mailguard.policy.lists import is_glob
from mailguard.policy.lookalike import is_public
from mailguard.policy.schema import ConditionModel

#: RFC 2606, RFC 6761, RFC 6762 and what companies use inside: endings that no registry knows.
PRIVATE = frozenset("example test invalid localhost local internal lan home corp intranet".split())  # noqa: SIM905
#: Signs of a pattern that no word has.
_PATTERN = re.compile(r"\.[*+]|\\[dswbDSWB](?![A-Za-z])|^\^|\[[^\]]*-[^\]]*\]|^/.+/$")
_SHOWN = 60


def unfound(model: ConditionModel) -> Iterator[str]:
    """Warnings about one condition, in words."""
    if model.attachments is not None:
        for name in model.attachments.name or ():
            yield from _name(name)
    if model.recipients is not None:
        for name in (*(model.recipients.domain or ()), *(model.recipients.address or ())):
            yield from _domain(name)
    if model.sender is not None:
        for name in (*(model.sender.domain or ()), *(model.sender.address or ())):
            yield from _domain(name)
    if model.text is not None:
        for word, _ in model.text.words or ():
            if _PATTERN.search(word):
                yield f"the word {word[:_SHOWN]!r} is found only as it stands there: patterns stand under patterns:"


def _name(name: str) -> Iterator[str]:
    """A file's name is compared whole."""
    if is_glob(name) or "[" in name:
        return
    ending = name.lower().lstrip(".")
    if ending in MEDIA or ending in EXTENSIONS:
        yield f"name: {name!r} is a whole name, of which no file is: all of that ending are '*.{ending}'"
    elif "." not in name and not name.isascii():
        yield f"name: {name[:_SHOWN]!r} is a whole name: what has it in its name is '*{name[:_SHOWN]}*'"


def _domain(name: str) -> Iterator[str]:
    domain = name.rpartition("@")[2].rstrip(".").lower()
    last = domain.rpartition(".")[2]
    if is_glob(domain) or domain.startswith("[") or last in PRIVATE:
        return
    if last == domain:
        yield f"{name[:_SHOWN]!r}: a domain without a dot: is its ending missing?"
    elif not is_public(domain):
        yield f"{name[:_SHOWN]!r}: no top-level domain .{last} is known"
