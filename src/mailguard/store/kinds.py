"""The words for kinds of messages and of notices, as the ledger writes them."""

from __future__ import annotations

from typing import Literal

MessageKind = Literal["mail", "letter"]
#: What a notice asks a letter for. "told" may have a message that never came in, "reply" may know none; those from
#: "login" on have none. "gathered" is owed about what ends soon; it is also the letter that answers
#: several.
NoticeKind = Literal[
    "held", "approval", "reminder", "escalated", "answered", "urgent", "told", "sent", "password", "cancelled",
    "rejected", "expired", "bounced", "delayed", "relayed", "gathered", "reply", "comment",
    "misdelivery", "login",
    "policy_refused", "policy_good", "letters_failing", "letters_good", "channel_failing", "channel_good",
    "pressure", "pressure_over", "guessing", "upstream_failing", "upstream_good",
    "monthly", "incident_due",
]  # fmt: skip
