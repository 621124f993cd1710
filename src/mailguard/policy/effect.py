"""An effect: what one hit does. Values only; the judge makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from mailguard.mail.alteration import Recipe
from mailguard.mail.values import value
from mailguard.mail.verdict import HoldTerms, RuleHit


@value(frozen=True, slots=True)
class Effect:
    """What a hit does: to whom, how strictly, and on which terms. An effect with no recipients is only recorded.

    confirmed: it asked the sender, who has answered: it holds nothing any more. alter: what it changes in the copies;
    cannot: words of alterations that the mail does not allow. told: False for what a hit does besides: it is no hit of
    its own. route: the next server of these copies. meant: whom the sender probably meant, by keys of recipients.
    """

    hit: RuleHit
    recipients: frozenset[int]
    terms: HoldTerms | None
    headline: bool = False
    confirmed: bool = False
    alter: Recipe = ()
    cannot: frozenset[str] = frozenset()
    told: bool = True
    route: str = ""
    meant: Mapping[str, str] = field(default_factory=dict)
