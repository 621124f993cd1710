"""Two memories made one: what two nodes learned from different mails.

Counts add up; of what is kept only while it is new, the newest of both is kept. The other memory is not changed.
"""

from __future__ import annotations

from bisect import insort

from mailguard.insight.memory import CONTACTS, PAIRS, PEOPLE, Contacts, Memory, decay


def merge(memory: Memory, other: Memory) -> None:
    """Take in another memory of other mails: counts add up, the newest of both is kept."""
    theirs, people = other.people, memory.people
    number_of: dict[int, int] = {}
    for number, address in enumerate(theirs.addresses):
        if address and (len(people) < PEOPLE or address in people.numbers):
            number_of[number] = people.number(address, theirs.shown.get(number, ""))
    for number, mine in number_of.items():
        people.received[mine] += theirs.received[number]
        people.sent[mine] += theirs.sent[number]
        people.received_at[mine] = max(people.received_at[mine], theirs.received_at[number])
        people.sent_at[mine] = max(people.sent_at[mine], theirs.sent_at[number])
    for domain, count in theirs.mail_of_domain.items():
        people.mail_of_domain[domain] = people.mail_of_domain.get(domain, 0) + count
    memory.own |= other.own
    for number, contacts in other.senders.items():
        if number in number_of:
            _take_in(memory, number_of[number], contacts, other, number_of)
    shift = memory.base + len(memory.sender) - other.base
    _take_in_mails(memory, other, number_of)
    for recent, table in (
        (memory.own_words, other.own_words),
        (memory.all_words, other.all_words),
        (memory.threads, other.threads),
        (memory.trails.files, other.trails.files),
        (memory.habits.lately, other.habits.lately),
        (memory.habits.received, other.habits.received),
    ):
        recent.follow(table, shift - 1)
    for counts, more in (
        (memory.together, other.together), (memory.together_all, other.together_all), (memory.profile, other.profile),
        (memory.own_profile, other.own_profile),
        (memory.greeted_as, other.greeted_as), (memory.trails.customers, other.trails.customers),
        (memory.trails.houses, other.trails.houses), (memory.habits.circles, other.habits.circles),
        (memory.habits.styles, other.habits.styles),
    ):  # fmt: skip
        counts.follow(more)
    memory.sides.follow(other.sides)
    for at, seen in enumerate(other.seen):
        memory.seen[at] = min(0xFFFFFFFF, memory.seen[at] + seen)
    memory.mails += other.mails - 1


def _take_in(memory: Memory, sender: int, theirs: Contacts, other: Memory, number_of: dict[int, int]) -> None:
    """Another node's contacts of one sender. number_of: their numbers of people as ours."""
    mine = memory.senders.setdefault(sender, Contacts())
    at = max(mine.at, theirs.at)
    mine.weight = mine.weight * decay(mine.at, at) + theirs.weight * decay(theirs.at, at)
    mine.at, mails = at, mine.mails + theirs.mails
    if mails:
        mine.new = (mine.new * mine.mails + theirs.new * theirs.mails) / mails
        mine.mixed = (mine.mixed * mine.mails + theirs.mixed * theirs.mails) / mails
    mine.mails = mails
    mine.style = [one + more for one, more in zip(mine.style, theirs.style, strict=True)]
    for domain, count in theirs.domains.items():
        mine.domains[domain] = mine.domains.get(domain, 0) + count
    for whom, from_place in theirs.people.items():
        one = number_of.get(whom)
        if one is None or (one not in mine.people and (len(mine.people) >= CONTACTS or len(memory.count) >= PAIRS)):
            continue
        place = mine.people.get(one)
        last = other.last[from_place]
        if place is None:
            place = mine.people[one] = len(memory.count)
            memory.new_place(other.since[from_place])
            insort(mine.ordered, memory.people.addresses[one])
            memory.people.writers[one] += 1
            memory.last[place] = last
        now = max(memory.last[place], last)
        memory.weight[place] = memory.weight[place] * decay(memory.last[place], now) + other.weight[from_place] * decay(
            last, now
        )
        memory.count[place] += other.count[from_place]
        if last >= memory.last[place] and other.greeted[from_place]:
            memory.greeting[place], memory.greeted[place] = other.greeting[from_place], other.greeted[from_place]
        memory.last[place] = now
        memory.since[place] = min(memory.since[place], other.since[from_place])


def _take_in_mails(memory: Memory, other: Memory, number_of: dict[int, int]) -> None:
    """Another node's mails, behind ours."""
    for at in range(1, len(other.sender)):
        memory.sender.append(number_of.get(other.sender[at], 0))
        memory.to.append(tuple([number_of[one] for one in other.to[at] if one in number_of]))
        for mine, theirs in ((memory.moment, other.moment), (memory.norm, other.norm)):
            mine.append(theirs[at])
        memory.subject.append(other.subject[at])
