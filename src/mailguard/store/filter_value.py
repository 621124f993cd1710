"""Which messages are meant, as a value: what a list, a search or an act over many mails asks the ledger for.

Nothing is read here: `store.filters` makes SQL of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailguard.mail.lifecycle import State
from mailguard.mail.query import EVERYTHING, Query, Sort
from mailguard.store.kinds import MessageKind


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages are meant; all that is given must hold.

    state: of the message. q: words, each somewhere in subject, addresses, names of files or ids (width and case
    folded; two Japanese characters suffice). sender, recipient: an address, or a domain (`partner.example`).
    rule: id of a rule that fired. before: message id; only earlier ones (the next page). older: received before.
    owner: key of a person; only what that person may see as its sender or approver. role: as which of both.
    kinds: letters are left out unless named. ids: only these. query: what the filter language says. sort: the order;
    `before` then means what comes behind that message, for which ENDS also needs the end of its hold as the page had it
    (before_ends). last: message id; only this one and what came before it.
    """

    state: State | None = None
    q: str = ""
    sender: str = ""
    recipient: str = ""
    rule: str = ""
    before: str = ""
    older: datetime | None = None
    owner: str = ""
    role: Literal["", "sender", "approver"] = ""
    kinds: tuple[MessageKind, ...] = ("mail",)
    ids: tuple[str, ...] = ()
    query: Query = EVERYTHING
    sort: Sort = Sort.NEWEST
    before_ends: datetime | None = None
    last: str = ""
