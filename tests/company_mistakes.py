"""Five mails that go to the wrong person, as they happen in a company: made from mails that were right, and from whom
their senders wrote to before. Subject, text and files stay as they were: they are for whoever was meant.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.company import OWN_DOMAIN, Sent

from mailguard.insight.lesson import read
from mailguard.insight.model import Insight
from mailguard.insight.words import Kind

#: So often was somebody written to who is meant: a habit, and no first letter.
_HABIT = 3


@dataclass(frozen=True)
class Mistake:
    """mail: as it is handed in; wrong: who stands in it; meant: in whose place."""

    mail: Sent
    wrong: str
    meant: str


@dataclass
class Past:
    """What was sent. written: recipients by sender, how often; people: who has an address; shown: names by sender and
    address.
    """

    written: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    people: dict[str, Any] = field(default_factory=dict)
    shown: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, mails: Iterable[Sent]) -> Past:
        past = cls()
        for one in mails:
            past.written[one.sender].update(one.recipients)
            past.people.update({person.address: person for person in one.people})
            past.shown.update({(one.sender, address): name for address, name in one.mail["names"].items()})
        return past

    def contacts(self, mail: Sent) -> Iterator[str]:
        """Whom the sender knows who is not in the mail, the most frequent first."""
        known = self.written[mail.sender]
        return (one for one, _ in known.most_common() if one not in mail.recipients and one in self.people)

    def habit(self, mail: Sent) -> int:
        """How often the sender wrote to whom the mail is for."""
        return self.written[mail.sender][mail.mail["to"][0]]

    def usual(self, mail: Sent) -> str:
        """For whom alone the mail is, colleagues in copy, if that is somebody to whom the sender often writes."""
        (one, *more) = mail.mail["to"]
        alone = not more and all(_house(copied) == OWN_DOMAIN for copied in mail.mail["cc"])
        return one if alone and self.habit(mail) >= _HABIT and one in self.people else ""


def _house(address: str) -> str:
    return address.rpartition("@")[2]


def _answers(mail: Sent, somebody: str) -> bool:
    """Whether somebody stands in what the mail quotes."""
    return "in_reply_to" in mail.mail and f"<{somebody}>" in str(mail.mail["body"])


def _mistaken(past: Past, mail: Sent, meant: str, wrong: str) -> Mistake:
    """The same mail to another one, under the name that the address book has for him."""
    name = past.shown.get((mail.sender, wrong), mail.mail["names"].get(meant, ""))
    places = {key: [wrong if one == meant else one for one in mail.mail[key]] for key in ("to", "cc")}
    names = {wrong if one == meant else one: shown for one, shown in mail.mail["names"].items()} | {wrong: name}
    return Mistake(mail.but(**places, names=names), wrong, meant)


def look_alike(past: Past, mail: Sent) -> Iterator[Mistake]:
    """Two letters of the customer's domain change places."""
    meant = past.usual(mail)
    if meant and _house(meant) != OWN_DOMAIN:
        at = meant.index("-", meant.index("@")) + 2
        yield _mistaken(past, mail, meant, meant[:at] + meant[at + 1] + meant[at] + meant[at + 2 :])


def namesake(past: Past, mail: Sent) -> Iterator[Mistake]:
    """Somebody of the same family name: the greeting fits both."""
    meant = past.usual(mail)
    if meant:
        family = past.people[meant].family
        for wrong in sorted(past.people):
            if past.people[wrong].family == family and wrong not in (*mail.recipients, mail.sender):
                yield _mistaken(past, mail, meant, wrong)


def autocompleted(past: Past, mail: Sent) -> Iterator[Mistake]:
    """Another contact whose address begins alike was offered first; the greeting names the right one."""
    meant = past.usual(mail)
    if meant and past.people[meant].family in mail.mail["body"].split("\n\n")[0]:
        for wrong in past.contacts(mail):
            if wrong[0] == meant[0] and past.people[wrong].family != past.people[meant].family:
                yield _mistaken(past, mail, meant, wrong)


def other_customer(past: Past, mail: Sent) -> Iterator[Mistake]:
    """An answer, with what it answers below, to somebody of another customer."""
    meant = past.usual(mail)
    if meant and _house(meant) != OWN_DOMAIN and _answers(mail, meant):
        for wrong in past.contacts(mail):
            if _house(wrong) not in (OWN_DOMAIN, _house(meant)):
                yield _mistaken(past, mail, meant, wrong)


def outsider(past: Past, mail: Sent) -> Iterator[Mistake]:
    """A customer among colleagues, in the place of one of them who is in the conversation."""
    meant = mail.mail["to"][0]
    inside = len(mail.recipients) > 1 and all(_house(one) == OWN_DOMAIN for one in mail.recipients)
    if inside and past.habit(mail) >= _HABIT and _answers(mail, meant):
        for wrong in past.contacts(mail):
            if _house(wrong) != OWN_DOMAIN:
                yield _mistaken(past, mail, meant, wrong)


#: Each way to the wrong person, and what the model is to call it.
WAYS: tuple[tuple[Callable[[Past, Sent], Iterator[Mistake]], Kind], ...] = (
    (look_alike, "lookalike"), (namesake, "namesake"), (autocompleted, "greeting"), (other_customer, "thread"),
    (outsider, "thread"),
)  # fmt: skip


def mistakes(past: Past, mails: Iterable[Sent], model: Insight) -> Iterator[tuple[str, Mistake]]:
    """One of each way, with the way's name: of another mail each, and the one that the model is surest of.

    How many of all it finds is what `bench/japanese_mail.py` measures.
    """
    left = list(mails)
    for way, kind in WAYS:
        made = max((one for mail in left for one in way(past, mail)), key=lambda one: _seen(model, one, kind))
        yield way.__name__, made
        left = [one for one in left if one.message_id != made.mail.message_id]


def _seen(model: Insight, one: Mistake, kind: Kind) -> float:
    """The risk of the wrong one, if the model says it as it is."""
    said = next(said for said in model.score(read(one.mail.letter())).opinions if said.address == one.wrong)
    return said.risk if (said.kind, said.alternative) == (kind, one.meant) else 0.0
