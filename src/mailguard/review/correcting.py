"""Correcting: one tap puts whoever was meant in a wrong recipient's place. The mail is judged anew with him, as if it
had come in so, and then goes, or waits for what is still asked.

Only an address that was offered can be put there, so that this is no way to send anybody's mail anywhere. What the
octets are to show (To and Cc) is proved before the ledger keeps it; a signed mail keeps what its signature covers, and
only its envelope changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailguard import events
from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.mail.alteration import (
    MOST_ALTERATIONS,
    Change,
    Readdress,
    Recipe,
    RemoveAttachment,
    ToBcc,
    ZipAttachments,
)
from mailguard.mail.lifecycle import State
from mailguard.mail.message import Body, Message
from mailguard.mail.reports import CopyReports
from mailguard.mail.verdict import Because, Disposition, Verdict
from mailguard.notify.offers import Offer, offers
from mailguard.policy.alteration_words import TOO_MANY
from mailguard.policy.case_json import case_to_json
from mailguard.review import refusals
from mailguard.review.altering import altered
from mailguard.review.notices import notice_of
from mailguard.review.rights import acts_for
from mailguard.review.shared import Judges, Shared, tidy
from mailguard.review.words import Act, Refused, View
from mailguard.store.choosing import NotPossible, Outrun
from mailguard.store.correcting import Correction, JudgedPart
from mailguard.store.fresh import record_of
from mailguard.store.records import MessageRecord, RecipientRecord
from mailguard.store.rows import to_text
from mailguard.store.spool import BodyGone
from mailguard.workshop import Further, NotAsJudged, Workshop

#: So often is a mail judged anew when others change it at the same time.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Correcting:
    """The part of the waiting room where wrong recipients are replaced."""

    shared: Shared
    workshop: Workshop

    async def correct(self, actor: Actor, message_id: str, offer: Offer, comment: str = "") -> View:
        """Do it. Raises NotFound, Forbidden, AlreadyDecided, Refused; then nothing was changed."""
        for _ in range(_TRIES):
            record = await self.shared.seen(actor, message_id)
            await self._check(actor, record, offer)
            try:
                correction = await self._judged(actor, record, offer, tidy(comment))
                decision = await self.shared.holds.correct(message_id, correction)
            except Outrun:
                continue
            except NotPossible:
                raise await self.shared.why_not(actor, message_id, Act.CORRECT, (offer.wrong,)) from None
            except BodyGone:
                raise Refused(refusals.BODY_GONE) from None
            except (NotAsJudged, OSError) as error:
                events.fault("review", error, message_id=message_id)
                raise Refused(refusals.BODY_DAMAGED) from None
            record = await self.shared.seen(actor, message_id)
            self.shared.tell(record, str(Act.CORRECT), actor.via, decision)
            return await self.shared.view(actor, record)
        raise Refused(refusals.CHANGED_MEANWHILE)

    async def _check(self, actor: Actor, record: MessageRecord, offer: Offer) -> None:
        copy = record.recipient(offer.wrong)
        if copy is None:
            raise Refused(refusals.NO_SUCH_RECIPIENT)
        if Act.CORRECT not in acts_for(actor, record, copy):
            raise await self.shared.why_not(actor, record.id, Act.CORRECT, (offer.wrong,))
        if record.recipient(offer.meant) is not None:
            raise Refused(_filled(refusals.THERE_ALREADY, offer.meant))
        if offer not in offers(record):
            raise Refused(refusals.NOT_OFFERED)

    async def _judged(self, actor: Actor, record: MessageRecord, offer: Offer, comment: str) -> Correction:
        """The mail as it is with him, part by part."""
        off = (offer.wrong,)
        notice = None if actor.address in record.owners else notice_of(actor, record, Act.REMOVE, off)
        wish = self.shared.wish(actor, Act.CORRECT, off, comment, notice)
        judges = self.shared.judges()
        if judges is None:
            raise Refused(refusals.CANNOT_JUDGE)
        parts = []
        for part in record.parts or (record.id,):
            copies = [
                one
                for one in record.recipients
                if one.part in ("", part) and one.state is State.HELD and Act.CORRECT in acts_for(actor, record, one)
            ]
            if any(not one.added for one in copies):
                parts.append(await _Anew(self, judges, record, part, copies, offer, wish.now).judged())
        return Correction(offer.wrong, offer.meant, wish, tuple(parts))


@dataclass(slots=True)
class _Anew:
    """One part of a mail, judged with the one who is meant."""

    room: Correcting
    judges: Judges
    mail: MessageRecord
    part: str
    copies: Sequence[RecipientRecord]
    offer: Offer
    now: datetime

    async def judged(self) -> JudgedPart:
        """Raises Refused where the rules or the mail do not allow it, BodyGone, NotAsJudged, OSError."""
        then = await self.room.shared.holds.recorded(self.part, self.room.shared.organization)
        if then is None:
            raise Refused(refusals.CANNOT_JUDGE)
        body = await self.room.shared.spool.body(self.part)
        shown, change = await self._shown(body)
        people = tuple(
            self.offer.meant if one.address == self.offer.wrong else one.address for one in self.copies if not one.added
        )
        message = Message(self.part, replace(then.case.envelope, recipients=people), shown, self.now)
        case, verdict = await self.judges(message, then)
        self._require_allowed(verdict)
        tried = await self.room.workshop.try_out(body, verdict)
        record = record_of(message, case.facts, tried.verdict, b"", None, tried.prepared)
        record = replace(record, recipients=tuple(self._copy(one, then.verdict, change) for one in record.recipients))
        changes = await self._proved(body, record, change)
        before = {one.address.key: one.recipe for one in self.copies}
        return JudgedPart(self.part, before, record, to_text(case_to_json(case)), changes)

    async def _shown(self, body: Body) -> tuple[Body, Recipe]:
        """The octets with him in To and Cc, and what makes them so; as they are where they are signed, or where the
        wrong one was hidden.
        """
        if self.mail.facts.signed or self.mail.facts.encrypted:
            return body, ()
        change = (Readdress(self.offer.wrong, self.offer.meant),)
        made = await self.room.workshop.alter(body, change, self.offer.meant)
        if not isinstance(made, Body):
            raise Refused(refusals.sentence(made.because))
        return (made, change) if made.sha256 != body.sha256 else (body, ())

    def _require_allowed(self, verdict: Verdict) -> None:
        if verdict.disposition <= Disposition.APPROVE:
            return
        why = next((one.because for one in verdict.enforced if one.disposition > Disposition.APPROVE), Because("", ""))
        raise Refused(_filled(refusals.NOT_SO_EITHER, self.offer.meant, why))

    def _copy(self, new: RecipientRecord, judged_then: Verdict, change: Recipe) -> RecipientRecord:
        """A copy with what people had changed in the one that it was, or that it stands for."""
        key = self.offer.wrong.key if new.address == self.offer.meant else new.address.key
        old = next((one for one in self.copies if one.address.key == key), None)
        if old is None or old.recipe is None:
            return new
        by_rules = next((one.alter for one in judged_then.recipients if one.address.key == key), ())
        chosen = (*(one for one in old.recipe if _is_chosen(one) and one not in by_rules), *change)
        recipe = altered(_as_before(new.recipe or (), old.recipe), chosen, self.mail.facts.attachments)
        if len(recipe) > MOST_ALTERATIONS:
            raise Refused(refusals.sentence(TOO_MANY))
        # What the sender asked to be told of the copy stays; it has another first address.
        reports = CopyReports(old.reports.notify) if new.address == self.offer.meant else old.reports
        return replace(new, recipe=recipe, reports=reports)

    async def _proved(self, body: Body, record: MessageRecord, change: Recipe) -> tuple[Change, ...]:
        groups: dict[Recipe, list[Address]] = {}
        for one in record.recipients:
            if one.recipe:
                groups.setdefault(one.recipe, []).append(one.address)
        furthers = [Further(recipe, change or recipe, tuple(people)) for recipe, people in groups.items()]
        if not furthers:
            return ()
        made = await self.room.workshop.prove(body, furthers)
        if not isinstance(made, tuple):
            raise Refused(refusals.sentence(made.because))
        return made if change else ()


def _is_chosen(one: object) -> bool:
    """What people, and not only rules, do to a copy."""
    return isinstance(one, RemoveAttachment | Readdress) or (isinstance(one, ToBcc) and one.hide == "listed")


def _as_before(recipe: Recipe, old: Recipe) -> Recipe:
    """One password a mail: the copies that are out already have that of before."""
    zips = [one for one in old if isinstance(one, ZipAttachments) and one.password]
    if not zips:
        return recipe
    word, seed = zips[0].password, zips[0].seed
    return tuple(replace(one, password=word, seed=seed) if isinstance(one, ZipAttachments) else one for one in recipe)


def _filled(sentence: Because, meant: Address, why: Because | None = None) -> Because:
    reason = why or Because("", "")
    return Because(sentence.ja.format(meant=meant, why=reason.ja), sentence.en.format(meant=meant, why=reason.en))
