"""Choosing: in one step take recipients off, take files out, hide addresses, and let go what is left.

Every new recipe is proved on the octets before the ledger keeps it; the ledger then does all of the choice or nothing.
Whoever altered the mail meanwhile is not overwritten: the choice is proved anew on what he left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailguard import events
from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.mail.alteration import MOST_ALTERATIONS, Change, Recipe
from mailguard.mail.lifecycle import State
from mailguard.notify.letter_people import visible
from mailguard.policy.alteration_words import TOO_MANY
from mailguard.review import refusals
from mailguard.review.altering import altered, digests_of, fresh
from mailguard.review.notices import notice_of
from mailguard.review.rights import acts_for
from mailguard.review.shared import Shared, tidy
from mailguard.review.words import Act, Choice, Refused, ReviewError, View
from mailguard.store.choosing import Altering, Chosen, NotPossible, Outrun, Step
from mailguard.store.records import Decision, MessageRecord, RecipientRecord
from mailguard.store.spool import BodyGone
from mailguard.store.wish import Wish
from mailguard.workshop import Further, NotAsJudged, Workshop

#: What may follow the changes in the same step.
_THEN = frozenset({Act.RELEASE, Act.SEND_NOW, Act.APPROVE, Act.URGENT})
#: So often is a choice proved anew when others alter the same mail at the same time.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Choosing:
    """The part of the waiting room where mails are changed."""

    shared: Shared
    workshop: Workshop

    async def choose(self, actor: Actor, message_id: str, choice: Choice) -> View:
        """Do it. Raises NotFound, Forbidden, AlreadyDecided, Refused; then nothing was changed."""
        comment = tidy(choice.comment)
        _check(choice, comment)
        for _ in range(_TRIES):
            record = await self.shared.seen(actor, message_id)
            chosen = await self._chosen(actor, record, choice, comment)
            try:
                decision = await self.shared.holds.choose(message_id, chosen)
            except Outrun:
                continue
            except NotPossible as failed:
                raise await self._why_not(actor, record, choice, failed.step) from None
            return await self._told(actor, message_id, choice, decision)
        raise Refused(refusals.CHANGED_MEANWHILE)

    async def _told(self, actor: Actor, message_id: str, choice: Choice, decision: Decision) -> View:
        record = await self.shared.seen(actor, message_id)
        word = choice.then or (Act.ALTER if choice.remove_files or choice.hide else Act.REMOVE)
        self.shared.tell(record, str(word), actor.via, decision)
        return await self.shared.view(actor, record)

    async def _chosen(self, actor: Actor, record: MessageRecord, choice: Choice, comment: str) -> Chosen:
        """The choice as the ledger takes it."""
        shared, remove, alter, then = self.shared, None, None, None
        removed = _named(record, choice.remove)
        if removed:
            await self._require(actor, record, Act.REMOVE, removed)
            off = tuple(copy.address for copy in removed)
            remove = shared.wish(actor, Act.REMOVE, off, comment, notice_of(actor, record, Act.REMOVE, off))
        left = _left(record, choice)
        if removed and not left and (choice.then or choice.remove_files or choice.hide):
            raise Refused(refusals.NOBODY_LEFT)
        if choice.remove_files or choice.hide:
            said = "" if remove is not None or choice.then is not None else comment
            alter = await self._altering(actor, record, choice, shared.wish(actor, Act.ALTER, None, said))
        if choice.then is not None:
            meant = None if choice.recipients is None else tuple(copy.address for copy in left)
            then = shared.wish(actor, choice.then, meant, comment)
        return Chosen(remove, alter, then, approves=choice.then is Act.APPROVE)

    async def _altering(self, actor: Actor, record: MessageRecord, choice: Choice, wish: Wish) -> Altering:
        """The recipes of all copies that are meant, proved. Raises ReviewError."""
        copies, files = _left(record, choice), record.facts.attachments
        await self._require(actor, record, Act.ALTER, copies)
        chosen = fresh(digests_of(files, choice.remove_files), (one.key for one in choice.hide))
        # Copies that share a recipe are given the same object (store.rows), so they are told apart by it alone.
        groups: dict[int, tuple[Recipe, list[RecipientRecord]]] = {}
        for copy in copies:
            assert copy.recipe is not None
            groups.setdefault(id(copy.recipe), (copy.recipe, []))[1].append(copy)
        new = {key: altered(recipe, chosen, files) for key, (recipe, _) in groups.items()}
        if any(len(recipe) > MOST_ALTERATIONS for recipe in new.values()):
            raise Refused(refusals.sentence(TOO_MANY))
        furthers = [
            Further(new[key], chosen, tuple(one.address for one in people)) for key, (_, people) in groups.items()
        ]
        changes = await self._proved(record, furthers)
        before = {one.address.key: recipe for recipe, people in groups.values() for one in people}
        after = {one.address.key: new[key] for key, (_, people) in groups.items() for one in people}
        return Altering(wish, before, after, changes)

    async def _why_not(self, actor: Actor, record: MessageRecord, choice: Choice, step: Step) -> ReviewError:
        """The error for a step that the ledger refused: somebody was faster, or may not."""
        if step == "remove":
            return await self.shared.why_not(actor, record.id, Act.REMOVE, choice.remove)
        act = choice.then if step == "then" and choice.then is not None else Act.ALTER
        meant = tuple(copy.address for copy in _left(record, choice))
        return await self.shared.why_not(actor, record.id, act, meant or None)

    async def _proved(self, record: MessageRecord, furthers: Sequence[Further]) -> tuple[Change, ...]:
        """What the recipes change, for the history. Raises Refused where one of them cannot be done."""
        try:
            # Each transaction of a split mail has octets of its own: what is not proved on all is done to none.
            for part in (*(one for one in record.parts if one != record.id), record.id):
                made = await self.workshop.prove(await self.shared.spool.body(part), furthers)
                if not isinstance(made, tuple):
                    break
        except BodyGone:
            raise Refused(refusals.BODY_GONE) from None
        except (NotAsJudged, OSError) as error:
            events.fault("review", error, message_id=record.id)
            raise Refused(refusals.BODY_DAMAGED) from None
        if isinstance(made, tuple):
            return made
        raise Refused(refusals.sentence(made.because))

    async def _require(self, actor: Actor, record: MessageRecord, act: Act, copies: Sequence[RecipientRecord]) -> None:
        """Whoever names recipients means all of them: one that he may not touch refuses the whole."""
        if all(act in acts_for(actor, record, copy) for copy in copies) and copies:
            return
        refused = tuple(copy.address for copy in copies if act not in acts_for(actor, record, copy))
        raise await self.shared.why_not(actor, record.id, act, refused or None)


def shown_still(actor: Actor, record: MessageRecord, removed: Sequence[Address]) -> tuple[Address, ...]:
    """Those of the removed whom To and Cc would go on showing to the others, where that can be altered."""
    if any(copy.approvals for copy in record.recipients):
        return ()
    if not any(Act.ALTER in acts_for(actor, record, copy) for copy in record.recipients):
        return ()
    shown = visible(record)
    return tuple(one for one in removed if one.key in shown)


def _check(choice: Choice, comment: str) -> None:
    """What can be said of a choice without looking at the mail."""
    if not (choice.remove or choice.remove_files or choice.hide or choice.then):
        raise Refused(refusals.NOTHING_CHOSEN)
    if choice.then is not None and choice.then not in _THEN:
        raise Refused(refusals.NOT_THEN)
    if choice.then is Act.URGENT and not comment:
        raise Refused(refusals.NEEDS_REASON)
    if choice.recipients is not None and not choice.recipients:
        raise Refused(refusals.WHICH_RECIPIENTS_MEANT)


def _named(record: MessageRecord, addresses: Iterable[Address]) -> list[RecipientRecord]:
    """The copies of these recipients. Raises Refused for one who is none."""
    wanted = {address.key for address in addresses}
    found = [copy for copy in record.recipients if copy.address.key in wanted]
    if len(found) != len(wanted):
        raise Refused(refusals.NO_SUCH_RECIPIENT)
    return found


def _left(record: MessageRecord, choice: Choice) -> list[RecipientRecord]:
    """The copies that are altered and decided: those named, else all that are held, without those that come off."""
    removed = {address.key for address in choice.remove}
    copies = record.recipients if choice.recipients is None else _named(record, choice.recipients)
    return [
        copy
        for copy in copies
        if copy.address.key not in removed and (choice.recipients is not None or copy.state is State.HELD)
    ]
