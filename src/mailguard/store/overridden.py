"""A warning that its sender has overridden several times stays silent: after the third time (`wish.Silence`) the
recipient is trusted for a while, as if he had asked not to be asked again.

Counted are mails of this sender in which the same rule asked about this very recipient, as such, and the sender himself
let him have it. It stands on the person's own page, where it can be taken back, and has its audit line in the
transaction of the release. Rules that must go on asking (`trust: false`), and stricter ones, are never silenced.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from mailguard.mail.actor import Role
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import Event
from mailguard.mail.verdict import Disposition, Verdict
from mailguard.policy.verdict_json import verdict_from_json
from mailguard.policy.whose import person_of, sender_key
from mailguard.store import trusts
from mailguard.store.records import MessageRecord
from mailguard.store.rows import to_micro
from mailguard.store.wish import Wish

#: Within so long must it have been overridden.
WITHIN = timedelta(days=365)
#: So many of the latest mails are looked at, of so many recipients of one mail.
_LATEST, _MOST = 20, 50
_MAILS = (
    "SELECT m.verdict FROM recipient r JOIN message m ON m.number = r.message WHERE r.domain = ?1 AND r.key = ?2"
    " AND m.sender_key = ?3 AND r.disposition = ?4 AND r.state IN ('queued', 'relayed') AND r.decided_by = ?5"
    " AND r.decided_at > ?6 ORDER BY r.message DESC LIMIT ?7"
)


def decided(
    connection: sqlite3.Connection, part: MessageRecord, mail: MessageRecord, wish: Wish, keys: Iterable[str]
) -> None:
    """Somebody's wish came true for these copies (keys) of a part."""
    silence = wish.silence
    if not silence.times or wish.event is not Event.RELEASE or wish.actor.role is Role.SYSTEM:
        return
    if wish.actor.address not in mail.owners:
        return
    let_go = set(keys)
    asked = [one.address for one in part.recipients if one.address.key in let_go][:_MOST]
    found = {one: rules for one in asked if (rules := _silenced(connection, part, wish, one))}
    whose = person_of(sender_key(part.sender, part.login))
    if not found or trusts.count(connection, whose) + len(found) > trusts.MOST:
        return
    until = wish.now + silence.lasts
    trusts.say(connection, whose, found, wish.actor, wish.now, until, part.id, times=silence.times)


def _silenced(connection: sqlite3.Connection, part: MessageRecord, wish: Wish, one: Address) -> list[str]:
    """The rules that asked about him often enough."""
    now_asking = _asking(part.verdict, one)
    if not now_asking:
        return []
    times = Counter(rule for verdict in _before(connection, part, wish, one) for rule in _asking(verdict, one))
    return sorted(rule for rule in now_asking if times[rule] >= wish.silence.times)


def _asking(verdict: Verdict, one: Address) -> set[str]:
    return {
        hit.rule
        for hit in verdict.enforced
        if hit.trust and hit.disposition is Disposition.CONFIRM and one in hit.recipients
    }


def _before(connection: sqlite3.Connection, part: MessageRecord, wish: Wish, one: Address) -> list[Verdict]:
    """What was said of the latest mails that he was let have, this one among them."""
    sender = "" if part.sender.mailbox is None else part.sender.mailbox.key
    since = wish.now - WITHIN
    values = (
        one.ascii_domain, one.key, sender, int(Disposition.CONFIRM), wish.actor.address, to_micro(since), _LATEST,
    )  # fmt: skip
    found = []
    for (text,) in connection.execute(_MAILS, values):
        try:
            found.append(verdict_from_json(json.loads(text)))
        except (ValueError, KeyError, TypeError):  # damaged: it counts for nothing
            continue
    return found
