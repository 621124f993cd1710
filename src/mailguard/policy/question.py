"""What must be asked before a mail can be judged: of the ledger and of DNS, and no more than the rules in force need.

Pure: it only says what to ask; whoever makes a case asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from mailguard.mail.address import Address
from mailguard.mail.facts import Addressee, Facts
from mailguard.policy.asked_people import whom_greeted
from mailguard.policy.names import name_key
from mailguard.policy.rule import Policy
from mailguard.policy.whose import whose_of

#: Message ids (RFC 5322 section 3.6.4) by which an earlier mail is looked for, the nearest ones.
_IDS_MAX = 50
_NAMES_MAX = 200
_NOBODY = frozenset[str]()
_ID = re.compile(r"<[^<>\s]{1,500}>")


class Question(NamedTuple):
    """needs: words of the conditions (`Policy.needs`). message_ids: what this mail goes on with; names: display names
    in To and Cc as they are compared (`name_key`). moment: now, for ages. whose: whose trust in recipients counts
    (`policy.whose`). no_files: the rules need to know who got its files, and it has none. greeted: whom the greeting
    names, where it seems to name none of the recipients. shown: display names in To and Cc by key, where family names
    are compared.
    """

    needs: frozenset[str] = frozenset()
    message_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    moment: datetime | None = None
    whose: frozenset[str] = frozenset()
    no_files: bool = False
    greeted: tuple[Addressee, ...] = ()
    shown: tuple[tuple[str, str], ...] = ()


def question(policy: Policy, facts: Facts, moment: datetime, sender: str = "") -> Question:
    """What the policy needs to know of a mail. moment: when it came in, aware; sender: whose it is (`sender_key`)."""
    needs, headers = policy.needs, facts.headers
    ids: tuple[str, ...] = ()
    if "thread" in needs and (headers.references or headers.in_reply_to):
        found = [*headers.references, *_ID.findall(headers.in_reply_to[:5000])][-_IDS_MAX:]
        ids = tuple(dict.fromkeys(found))
    names: tuple[str, ...] = ()
    if "names" in needs:
        shown = [one.name for one in (*headers.to, *headers.cc)[:_NAMES_MAX] if one.name]
        names = tuple(dict.fromkeys([key for name in shown if (key := name_key(name))])) if shown else ()
    whose = whose_of(sender, policy.directory) if policy.trusting else _NOBODY
    no_files = "files" in needs and not facts.attachments
    greeted: tuple[Addressee, ...] = ()
    called: tuple[tuple[str, str], ...] = ()
    if ("greeted" in needs and facts.greeting) or "surnames" in needs:
        people = list(_shown(facts))
        greeted = whom_greeted(facts, people) if "greeted" in needs else ()
        called = tuple((one.key, name) for one, name in people if name) if "surnames" in needs else ()
    return Question(needs, ids, names, moment, whose, no_files, greeted, called)


def _shown(facts: Facts) -> Iterator[tuple[Address, str]]:
    """Whom To and Cc show, with their display names."""
    for one in (*facts.headers.to, *facts.headers.cc)[:_NAMES_MAX]:
        local, at, domain = one.address.strip().rpartition("@")
        if at:
            yield Address(local, domain), one.name
