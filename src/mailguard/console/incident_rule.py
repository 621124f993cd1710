"""A rule that asks whoever writes to a wrong recipient again: text of a policy, to be tried on recorded mail first.

It is in the mode `monitor`, so that it does nothing but count until somebody says so.
"""

from __future__ import annotations

import yaml

from mailguard.incident import Incident
from mailguard.notify.breach import reached

_MOST = 50
_BECAUSE = {
    "ja": "以前に誤送信があった宛先です: {addresses}",
    "en": "Mail was sent to the wrong person there before: {addresses}",
}


def rule_of(one: Incident) -> str:
    """The policy file; "" where there is nobody to name. Addresses with signs of a glob, which are more than
    themselves in a policy, are left out.
    """
    people = reached(one) or [copy["address"] for copy in one.facts["recipients"]]
    outside = {copy["address"] for copy in one.facts["recipients"] if copy["external"]}
    named = sorted((who for who in people if not {"*", "?"} & set(who)), key=lambda who: who not in outside)[:_MOST]
    if not named:
        return ""
    rule = {
        "id": f"after-{one.id}",
        "mode": "monitor",
        "when": {"recipients": {"address": named}},
        "then": "confirm",
        "because": _BECAUSE,
    }
    return str(yaml.safe_dump({"version": 1, "rules": [rule]}, allow_unicode=True, sort_keys=False, width=100))
