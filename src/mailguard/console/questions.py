"""The questions about a mail's risky items in words: what each is about, and its two answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailguard.console.choices import Answer, Item
from mailguard.console.headline import differing
from mailguard.console.known import relation, sent_before
from mailguard.console.present import Speaker
from mailguard.console.sight import line
from mailguard.mail.address import key_of_written
from mailguard.notify.marked import Stretch
from mailguard.notify.phrases import file_size, listed, on_one_line, people
from mailguard.review import Act, Background, View


@dataclass(frozen=True, slots=True)
class Question:
    """One item in words. signs: To, Cc, type and size; safe, keep: the two answers; missing: it was not answered."""

    name: str
    title: tuple[Stretch, ...]
    signs: tuple[str, ...]
    notes: tuple[str, ...]
    safe: str
    keep: str
    stops: bool
    counts: str
    chosen: Answer
    missing: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is asked about which mail. known: None where he is not shown what the ledger remembers."""

    view: View
    by: Speaker
    known: Background | None

    @property
    def rejecting(self) -> bool:
        """Whether the person takes nobody off but says no: an approver."""
        return Act.APPROVE in self.view.acts and Act.REMOVE not in self.view.acts


@dataclass(frozen=True, slots=True)
class _Words:
    """What one item is called, and its answers."""

    title: tuple[Stretch, ...]
    safe: str
    keep: str
    counts: str
    signs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def question(one: Item, asking: Asking, answers: Mapping[str, Answer], tried: bool) -> Question:
    """One item as a question. tried: somebody pressed the button, so an answer that is not there is missing."""
    made = {"person": _of_person, "people": _of_people, "file": _of_file, "files": _of_files, "seen": _of_seen}
    words, say = made[one.kind](one, asking), asking.by.say
    safe = words.safe
    if one.stops:
        safe = say("choose.reject.all") if asking.rejecting else say("choose.stop")
    elif asking.rejecting and one.kind in ("person", "people"):
        safe = say("choose.reject")
    chosen = answers.get(one.name, "")
    return Question(
        one.name, words.title, words.signs, words.notes, safe, words.keep, one.stops, words.counts, chosen,
        tried and not chosen,
    )  # fmt: skip


def _of_person(one: Item, asking: Asking) -> _Words:
    address, record, by = one.people[0], asking.view.record, asking.by
    headers, key = record.facts.headers, address.key
    names = {key_of_written(head.address): head.name for head in (*headers.to, *headers.cc)}
    to = {key_of_written(head.address) for head in headers.to}
    sign = "To" if key in to else "Cc" if key in names else "Bcc"
    name, called = line(names.get(key, ""), 60), by.name_of(str(address))
    said = by.say("recipient.quoted", name=name) if name and key_of_written(name) != key else ""
    copy = record.recipient(address)
    outside = asking.known is not None and copy is not None and copy.external
    known = (relation(address, asking.known, by).words,) if outside and asking.known is not None else ()
    sealed = sign != "Bcc" and not one.stops and (record.facts.signed or record.facts.encrypted)
    return _Words(
        differing(address, record),
        by.say("choose.remove"),
        by.say("choose.keep.person"),
        "1.0.0",
        signs=tuple(filter(None, (sign, called or said))),
        notes=(*known, by.say("offer.sealed")) if sealed else known,
    )


def _of_people(one: Item, asking: Asking) -> _Words:
    by, count = asking.by, len(one.people)
    return _Words(
        (Stretch(by.say("choose.people", people=people(count, by.language)), False),),
        by.say("choose.remove.all"),
        by.say("choose.keep.people"),
        f"{count}.0.0",
        notes=(listed([str(address) for address in one.people], by.language, 5),),
    )


def _of_file(one: Item, asking: Asking) -> _Words:
    attachment, by = asking.view.record.facts.attachments[one.files[0]], asking.by
    kind = attachment.short_type.upper() or on_one_line(attachment.detected_type, 60)
    before = sent_before(attachment.sha256, asking.known, by) if asking.known is not None else ""
    return _Words(
        (Stretch(line(attachment.filename, 120) or by.say("file.unnamed"), False),),
        by.say("choose.remove.file"),
        by.say("choose.keep.file"),
        "0.1.0",
        signs=(kind, file_size(attachment.size)),
        notes=(before,) if before else (),
    )


def _of_files(one: Item, asking: Asking) -> _Words:
    attached, by = asking.view.record.facts.attachments, asking.by
    return _Words(
        (Stretch(by.say("choose.files", count=len(one.files)), False),),
        by.say("choose.remove.files"),
        by.say("choose.keep.files"),
        f"0.{len(one.files)}.0",
        notes=(listed([line(attached[at].filename, 80) for at in one.files], by.language, 5, unit="件"),),
    )


def _of_seen(one: Item, asking: Asking) -> _Words:
    by = asking.by
    title = by.say("choose.seen", people=people(len(one.people), by.language))
    return _Words((Stretch(title, False),), by.say("choose.hide"), by.say("choose.keep.seen"), "0.0.1")
