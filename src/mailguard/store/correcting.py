"""A recipient of a held mail gives way to whoever was meant, in one transaction: the mail as it was judged anew.

What stood in the ledger when it was judged must stand there still, else nothing is changed. The wrong copy is
withdrawn, the other one enters, and each copy that waits gets what the new verdict says of it: it goes, or it waits for
what is still asked. Voices that were given for the mail as it was are void. The octets at rest are never touched.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mailguard.mail.address import Address
from mailguard.mail.alteration import Change, Recipe
from mailguard.mail.facts_json import facts_to_kept
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.verdict import Verdict
from mailguard.policy.verdict_json import verdict_to_kept
from mailguard.store import lessons, many, recipes
from mailguard.store.changes import change, settle
from mailguard.store.choosing import NotPossible, Outrun
from mailguard.store.entry import INSERT_COPIES, copy_row
from mailguard.store.lookups import INSERT_RULES, INSERT_VIEWERS, folded, rules_of, viewers_of
from mailguard.store.questions import Heard, first_nudge, owe_questions
from mailguard.store.records import Decision, MessageRecord, RecipientRecord
from mailguard.store.rows import asks_to_text, load, to_micro, to_text
from mailguard.store.tellings import owe_hits
from mailguard.store.wish import Wish, as_written, decision, mail_of, owe, write_line

#: The event of the audit line.
CORRECT = "correct"


@dataclass(frozen=True, slots=True)
class JudgedPart:
    """A part of a mail as it was judged anew. before: the recipes of the held copies that it was judged for, by key;
    record: what it would be if it came in so, with the recipes of its copies; circumstances: as `Entry` has them.
    """

    id: str
    before: Mapping[str, Recipe | None]
    record: MessageRecord
    circumstances: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """Who gives way to whom. wish: who does it; `may` is asked for each copy. parts: those that have held copies."""

    wrong: Address
    meant: Address
    wish: Wish
    parts: tuple[JudgedPart, ...]


def correct(connection: sqlite3.Connection, message_id: str, correction: Correction) -> Decision:
    """Do it. `changed`: the wrong recipient and everybody who is let go. Raises NotPossible, Outrun, KeyError."""
    parts, mail = mail_of(connection, message_id)
    wish, wrong = correction.wish, mail.recipient(correction.wrong)
    if wrong is None or wrong.address.key not in _held(mail, mail, wish):
        raise NotPossible("remove")
    if mail.recipient(correction.meant) is not None:
        raise Outrun
    judged = {one.id: one for one in correction.parts}
    changed = [wrong.address.key]
    for number, part in parts:
        held = _held(part, mail, wish)
        new = judged.get(part.id)
        if new is None:
            continue
        if {key: copy.recipe for key, copy in held.items()} != new.before:
            raise Outrun
        changed += _Part(connection, number, part, held, new, correction).run()
    told = as_written(mail, [wrong.address.key])
    if wish.notice is not None:
        owe(connection, str(mail.sender), mail, wish, wish.notice, told)
    return decision(connection, mail, [key for key in dict.fromkeys(changed) if key in _keys(mail)])


def _held(part: MessageRecord, mail: MessageRecord, wish: Wish) -> dict[str, RecipientRecord]:
    """The copies that it is about, by key."""
    return {
        one.address.key: one
        for one in part.recipients
        if one.state is State.HELD and (wish.may is None or wish.may(mail, one))
    }


def _keys(record: MessageRecord) -> frozenset[str]:
    return frozenset(one.address.key for one in record.recipients)


@dataclass(slots=True)
class _Part:
    """One part on its way to what was judged."""

    connection: sqlite3.Connection
    number: int
    part: MessageRecord
    held: Mapping[str, RecipientRecord]
    new: JudgedPart
    correction: Correction

    def run(self) -> list[str]:
        """Returns the keys of the copies that were let go."""
        new, held = self.new.record, self.held
        there = _keys(self.part)
        coming = [one for one in new.recipients if one.address.key not in there]
        staying = [one for one in new.recipients if one.address.key in held]
        gone = held.keys() - {one.address.key for one in staying}
        self._withdraw(gone)
        self._insert(coming)
        self._rewrite(staying)
        self._alter([*coming, *staying])
        released = self._release([one for one in staying if one.state is State.QUEUED])
        settle(self.connection, self.number, self.correction.wish.now)
        self._record(still=any(one.state is State.HELD for one in coming) or len(released) < len(staying))
        self._tell(coming, released)
        return released

    def _withdraw(self, gone: Iterable[str]) -> None:
        """The wrong recipient, and whom a rule had added for his sake."""
        wish, correction = self.correction.wish, self.correction
        change(self.connection, self.number, Event.REMOVE, gone, wish.now, self._decided(None))
        if correction.wrong.key in gone:
            lessons.refused(self.connection, self.number, {correction.wrong.key: correction.meant.key}, wish.now)

    def _insert(self, coming: Sequence[RecipientRecord]) -> None:
        sql = "SELECT max(position) + 1 FROM recipient WHERE message = ?"
        place = self.connection.execute(sql, (self.number,)).fetchone()[0]
        rows = [(self.number, *copy_row(place + number, one, None, None)) for number, one in enumerate(coming)]
        many.run(self.connection, INSERT_COPIES, rows)
        # Whoever corrected it has let it go: nobody else did.
        by, now = self.correction.wish.actor.address, to_micro(self.correction.wish.now)
        sql = "UPDATE recipient SET decided_by = ?, decided_at = ? WHERE message = ? AND key = ?"
        going = [one for one in coming if one.state is State.QUEUED]
        self.connection.executemany(sql, [(by, now, self.number, one.address.key) for one in going])

    def _rewrite(self, staying: Sequence[RecipientRecord]) -> None:
        """What is still asked of those who wait; a clock that somebody stopped stands."""
        rows = []
        for one in (one for one in staying if one.state is State.HELD):
            before, nudge = self.held[one.address.key], first_nudge(one.asks)
            due = before.expires_at if before.frozen_by else one.expires_at
            rows.append(
                (
                    int(one.disposition), None if due is None else to_micro(due),
                    before.expire_action if before.frozen_by else one.expire_action, asks_to_text(one.asks),
                    None if nudge is None else to_micro(nudge), int(one.urgent), to_text(one.rules), one.way,
                    self.number, one.address.key,
                )
            )  # fmt: skip
        self.connection.executemany(
            "UPDATE recipient SET disposition = ?, due_at = ?, expire_action = ?, asks = ?, nudge_at = ?, urgent = ?,"
            " rules = ?, way = ?, approvals = '[]' WHERE message = ? AND key = ?",
            rows,
        )

    def _alter(self, copies: Sequence[RecipientRecord]) -> None:
        groups: dict[Recipe, list[str]] = {}
        for one in copies:
            before = self.held.get(one.address.key)
            if one.recipe is not None and one.recipe != (before.recipe if before else ()):
                groups.setdefault(one.recipe, []).append(one.address.key)
        if groups:
            recipes.exchange(self.connection, self.number, groups.items())

    def _release(self, going: Sequence[RecipientRecord]) -> list[str]:
        """Those whom nothing holds any more, but for a clock that somebody stopped."""
        keys = [one.address.key for one in going if not self.held[one.address.key].frozen_by]
        now = self.correction.wish.now
        return change(self.connection, self.number, Event.RELEASE, keys, now, self._decided(to_micro(now)))

    def _decided(self, due: int | None) -> dict[str, Any]:
        wish = self.correction.wish
        by = {"decided_by": wish.actor.address, "decided_at": to_micro(wish.now)}
        return {"due_at": due, "frozen_by": "", "paused": "", **by}

    def _record(self, *, still: bool) -> None:
        new, connection = self.new.record, self.connection
        connection.execute(
            "UPDATE message SET facts = ?, verdict = ?, circumstances = ? WHERE number = ?",
            (
                to_text(facts_to_kept(new.facts)), to_text(verdict_to_kept(self._verdict(still))),
                self.new.circumstances, self.number,
            ),
        )  # fmt: skip
        words = folded("\n".join(str(one.address) for one in new.recipients if one.address.key not in _keys(self.part)))
        connection.execute("UPDATE words SET text = text || ? WHERE message = ?", (f"\n{words}", self.number))
        for insert, rows in (
            (INSERT_VIEWERS, [(person, self.number, role) for person, role in viewers_of(new)]),
            (INSERT_RULES, [(rule, self.number) for rule in rules_of(new)]),
        ):
            many.run(connection, insert.replace("INSERT", "INSERT OR IGNORE", 1), rows)

    def _verdict(self, still: bool) -> Verdict:
        """What was judged anew, and of who had ended before, or was withdrawn, what had been said of him. Once nothing
        is asked any more, why it was held is part of the story.
        """
        old, new = self.part.verdict, self.new.record.verdict
        judged = {one.address.key for one in new.recipients}
        ended = tuple(one for one in old.recipients if one.address.key not in judged)
        said = {(hit.rule, hit.mode) for hit in new.hits}
        before = () if still else tuple(hit for hit in old.hits if (hit.rule, hit.mode) not in said)
        alarm = old.alarm or new.alarm  # figures tell how often it was right
        return replace(new, recipients=(*ended, *new.recipients), hits=(*new.hits, *before), alarm=alarm)

    def _tell(self, coming: Sequence[RecipientRecord], released: Sequence[str]) -> None:
        connection, wish, new = self.connection, self.correction.wish, self.new.record
        if self.correction.wrong.key in self.held:
            detail = {
                "meant": str(self.correction.meant),
                "disposition": new.verdict.disposition.word,
                "policy": new.verdict.policy,
                "rules": [hit.rule for hit in new.verdict.hits],
            }
            write_line(connection, self.part.id, wish, CORRECT, [str(self.correction.wrong)], detail)
        quiet = replace(wish, comment="")
        recipes.write_lines(connection, wish.now, wish.actor, self.part.id, self.new.changes)
        going = [*as_written(self.part, released), *(str(one.address) for one in coming if one.state is State.QUEUED)]
        if going:
            write_line(connection, self.part.id, quiet, str(Event.RELEASE), going)
        after = load(connection, [self.number])[0]
        asked = {one.address.key for one in new.recipients if one.state is State.HELD}
        waiting = tuple(one for one in after.recipients if one.address.key in asked)
        owe_questions(connection, replace(after, recipients=waiting), wish.now, Heard(sender=True))
        owe_hits(connection, after, wish.now, {hit.rule for hit in self.part.verdict.hits})
