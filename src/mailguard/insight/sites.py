"""Domains that look like one another: examp1e.co.jp, example.jp, exam-ple.co.jp and exmaple.co.jp for example.co.jp.

A domain is taken apart by simple rules into the name that somebody chose and its suffix; no list of public suffixes is
asked, since only likeness matters here and a wrong cut makes two names a little less alike. Letters that only look
Latin are read as the eye reads them. Pure; a domain is at most 253 characters (RFC 1035 section 2.3.4).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from mailguard.insight.slips import slip_cost
from mailguard.mail.values import value

_SECOND = frozenset("co or ne ac go gr ed ad lg com org net edu gov ltd plc me".split())  # noqa: SIM905
#: Cyrillic, Greek and other letters that are taken for Latin ones and have no such base (after UTS 39).
_FOREIGN = str.maketrans(
    "аеорсухіјѕԁɡһԛԝкмтвнпигьαβγεικνορτυχωηℓıոսցօɑƅɩ",
    "aeopcyxijsdghqwkmtbhnurbabyeikvoptuxwnlinugoabi",
)
_FIGURES = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "|": "l"})
_PAIRS = (("rn", "m"), ("nn", "m"), ("vv", "w"), ("cl", "d"))


@value(frozen=True, slots=True)
class Site:
    """A domain taken apart. under: labels before the registered name; name, suffix: in Unicode; plain: all labels but
    the suffix, without dots and hyphens; skeleton: `plain` as an eye reads it; squeezed: everything without dots and
    hyphens.
    """

    domain: str
    under: str
    name: str
    suffix: str
    plain: str
    skeleton: str
    squeezed: str


@lru_cache(maxsize=1024)
def site(domain: str) -> Site:
    """A domain (A-labels, lower case) taken apart."""
    shown = _shown(domain) if "xn--" in domain else domain
    labels = shown.split(".")
    cut = 1
    if len(labels) > 2 and len(labels[-1]) == 2 and (labels[-2] in _SECOND or len(labels[-2]) <= 2):
        cut = 2
    name = labels[-cut - 1] if len(labels) > cut else ""
    under = ".".join(labels[: -cut - 1])
    squeezed = shown.replace(".", "").replace("-", "")
    suffix = ".".join(labels[-cut:])
    plain = squeezed[: len(squeezed) - len(suffix.replace(".", "").replace("-", ""))]
    return Site(domain, under, name, suffix, plain, skeleton(plain), squeezed)


def _shown(domain: str) -> str:
    labels = domain[:253].split(".")
    for at, label in enumerate(labels):
        if label.startswith("xn--"):
            try:
                labels[at] = label[4:].encode("ascii").decode("punycode")
            except ValueError:
                continue
    return ".".join(labels)


def skeleton(text: str) -> str:
    """The text as an eye reads it in passing: what has one skeleton looks alike (after UTS 39 section 4)."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.lower().translate(_FOREIGN))
        text = "".join(ch for ch in text if not unicodedata.combining(ch))
    text = text.translate(_FIGURES)
    for pair, one in _PAIRS:
        text = text.replace(pair, one)
    return text


def likeness(one: Site, two: Site) -> float:
    """What it costs to have written one domain for the other: 0.05 to 1; 1.0 where they do not look alike."""
    if (one.name, one.suffix) == (two.name, two.suffix):
        return _below(one.under, two.under)
    if one.plain == two.plain:
        if one.suffix != two.suffix:
            return _suffix(one.suffix, two.suffix) + 0.08 * max(0, 4 - len(one.plain))
        return 0.1  # dots or hyphens moved
    if one.squeezed == two.squeezed:
        return 0.1
    other = 0.0 if one.suffix == two.suffix else _suffix(one.suffix, two.suffix)
    if one.skeleton == two.skeleton:
        return min(1.0, 0.05 + other)
    return min(1.0, slip_cost(one.plain, two.plain) + other + (0.05 if other else 0.0))


def _below(one: str, two: str) -> float:
    """Two hosts of one house: only a slip in a long label is one."""
    if not one or not two or min(len(one), len(two)) < 4:
        return 1.0
    return slip_cost(one, two)


#: Suffixes under which companies have the same name, and which are written for each other.
_SWAPPED = frozenset("com co.jp jp ne.jp or.jp co cm net org info biz jp.net".split())  # noqa: SIM905


def _suffix(one: str, two: str) -> float:
    if one in _SWAPPED and two in _SWAPPED:
        return 0.12
    return 0.1 if slip_cost(one, two) < 0.6 and {one, two} & _SWAPPED else 0.35
