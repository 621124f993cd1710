"""insight: the model of who writes to whom, how many mails it may ask about, and how long it only watches."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from mailguard.config.words import Seconds, Section
from mailguard.mail.saying import Sentence


def _share(given: object) -> object:
    """A part of all mail. 0 would ask about nothing, more than a tenth about so much that nobody reads it."""
    try:
        share = float(str(given))
    except ValueError:
        share = 0.0
    if isinstance(given, bool) or not 0 < share <= 0.1:
        raise ValueError(
            Sentence(
                "全メールに対する割合を、0より大きく0.1以下で書いてください(例: 0.001 は1,000通に1通)。",
                "write a share of all mail above 0 and up to 0.1, such as 0.001 (1 mail in 1,000)",
            )
        )
    return share


class InsightSection(Section):
    """enabled: mail is compared with what was learnt, and learnt from; alarm_budget: the share of mail that may be
    asked about for its risk; silent_for: so long from the first mail learnt risks are shown and nothing follows from
    them; snapshot_every: how often what was learnt is written to disk; overridden: so often a warning about a recipient
    must have been overridden by its sender before it is silent, 0: never; overridden_for: how long a rule is then.
    """

    enabled: bool = True
    alarm_budget: Annotated[float, BeforeValidator(_share)] = 0.001
    silent_for: Annotated[Seconds, Field(ge=0)] = 0
    snapshot_every: Annotated[Seconds, Field(ge=60, le=86400)] = 600
    overridden: Annotated[int, Field(ge=0, le=20)] = 3
    overridden_for: Annotated[Seconds, Field(ge=86400, le=400 * 86400)] = 90 * 86400
