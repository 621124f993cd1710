"""Under which names domains are registered: com, co.jp, city of a prefecture. Pure, and never fetched.

The public suffix list (publicsuffix.org, its part of registries) is the file that comes with the library tldextract.
The library itself is not loaded: ten megabytes, most of them a client for HTTP that nobody calls and a node for each
label, where a set of the rules will do.
"""

from __future__ import annotations

import functools
from importlib.util import find_spec
from pathlib import Path

#: The list within the library, and what its part of registries ends with.
_FILE, _END = ".tld_set_snapshot", "// ===BEGIN PRIVATE DOMAINS==="


@functools.cache
def _rules() -> frozenset[str]:
    """The rules as they are written: `co.jp`, `*.kawasaki.jp`, `!city.kawasaki.jp`."""
    library = find_spec("tldextract")
    assert library is not None
    assert library.origin is not None
    text = Path(library.origin).with_name(_FILE).read_text("utf-8").partition(_END)[0]
    return frozenset(line.split()[0] for line in text.splitlines() if line.strip() and not line.startswith("//"))


def taken_apart(domain: str) -> tuple[str, str]:
    """The label that somebody registered and the suffix it stands under, of a domain in Unicode: ("example", "co.jp").
    The label is "" where the domain is a suffix itself; both are "" where no rule knows how it ends.
    """
    rules, labels = _rules(), domain.rstrip(".").split(".")
    lowered = [label.lower() for label in labels]
    for at in range(len(labels)):  # the longest rule prevails
        tail, rest = ".".join(lowered[at:]), ".".join(lowered[at + 1 :])
        if f"!{tail}" in rules:
            return labels[at], ".".join(labels[at + 1 :])
        if tail in rules or f"*.{rest}" in rules:
            return labels[at - 1] if at else "", ".".join(labels[at:])
    return "", ""
