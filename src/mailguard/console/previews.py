"""Attachments on a mail's page: what each is, what was noticed of it, who got it before, and how its text begins.

The text comes out of a fresh reading in the worker processes, of a mail that the person may read; only so much of it is
shown, as text. Pure: it reads no mail itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mailguard.console.found import place_name
from mailguard.console.known import sent_before
from mailguard.console.present import Speaker
from mailguard.console.risky import is_of
from mailguard.console.sight import line, seen
from mailguard.mail.facts import Attachment, Facts
from mailguard.notify.phrases import PERSONAL, file_size, on_one_line, secret_word
from mailguard.review import Background, MessageRecord

#: Files of one mail that are listed, and of them those whose beginning stands on the page.
MOST_FILES, MOST_PREVIEWS = 50, 10
#: So much of a file's text is shown on the mail's page, and so much alone.
_LINES, _CHARACTERS = 14, 700
_MOST_MEMBERS = 20
#: Places of one kind that a reading keeps (inspect.personal): there may be more.
_MOST_PLACES = 20


@dataclass(frozen=True, slots=True)
class File:
    """One attachment. position: in the facts; preview: how its text begins; longer: there is more of it; data: what was
    found in it, counted; before: who got it before.
    """

    position: int
    name: str
    type: str
    size: str
    flagged: bool
    inline: bool
    notes: tuple[str, ...]
    members: tuple[str, ...]
    data: str
    before: str
    preview: str
    longer: bool


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is said of each file comes from here. mismatched: places of files whose name says another type."""

    by: Speaker
    known: Background | None
    fresh: Facts | None
    mismatched: list[str]
    texts: dict[int, str]


def files(
    record: MessageRecord,
    by: Speaker,
    flagged: Collection[int] = (),
    known: Background | None = None,
    fresh: Facts | None = None,
    only: int | None = None,
) -> list[File]:
    """The attachments, those to look at first, pictures of the text last. only: this one alone."""
    wanted = range(len(record.facts.attachments))[:MOST_FILES] if only is None else (only,)
    seen = _Seen(
        by, known, fresh, [f.where for f in record.facts.findings if f.code == "type_mismatch"], _texts(record, fresh)
    )
    made = [_file(at, record.facts.attachments[at], at in flagged, seen) for at in wanted]
    return sorted(made, key=lambda one: (not one.flagged, one.inline))


def text_of(record: MessageRecord, fresh: Facts | None, position: int) -> str | None:
    """The text of one attachment as it was read anew; None if there is no such attachment."""
    if not 0 <= position < len(record.facts.attachments):
        return None
    return _texts(record, fresh, every=True).get(position, "")


def _texts(record: MessageRecord, fresh: Facts | None, *, every: bool = False) -> dict[int, str]:
    """Texts by position; a reading that found other files than the first one gives none."""
    if fresh is None:
        return {}
    found: dict[int, str] = {}
    for at, (old, new) in enumerate(zip(record.facts.attachments, fresh.attachments, strict=False)):
        if old.sha256 == new.sha256 and new.text.strip() and (every or len(found) < MOST_PREVIEWS):
            found[at] = seen(new.text.strip("\n"))
    return found


def _file(at: int, one: Attachment, flagged: bool, seen: _Seen) -> File:
    by, text = seen.by, seen.texts.get(at, "")
    preview = beginning(text)
    return File(
        position=at,
        name=line(one.filename, 160) or by.say("file.unnamed"),
        type=one.short_type.upper() or on_one_line(one.detected_type, 60),
        size=file_size(one.size),
        flagged=flagged,
        inline=one.inline,
        notes=_notes(one, seen.mismatched, by),
        members=tuple(f"{line(m.filename, 120)} ({file_size(m.size)})" for m in one.members[:_MOST_MEMBERS]),
        data=_data(one, seen.fresh, by),
        before=sent_before(one.sha256, seen.known, by) if seen.known is not None else "",
        preview=preview,
        longer=len(preview) < len(text),
    )


def beginning(text: str) -> str:
    """The first lines of a text, each and all of them bounded."""
    lines = [line[:200] for line in text[: 4 * _CHARACTERS].split("\n", _LINES)[:_LINES]]
    return "\n".join(lines)[:_CHARACTERS]


def _notes(one: Attachment, mismatched: list[str], by: Speaker) -> tuple[str, ...]:
    notes = []
    if one.encrypted and one.inspected:
        notes.append(by.say("file.opened"))
    elif one.encrypted or any(m.encrypted for m in one.members):
        notes.append(by.say("file.encrypted"))
    elif not one.inspected:
        notes.append(by.say("file.unread"))
    if any(one.filename and one.filename in where for where in mismatched):
        notes.append(by.say("file.mismatch"))
    return tuple(notes)


def _data(one: Attachment, fresh: Facts | None, by: Speaker) -> str:
    """What was found in a file: classes with the number of places that the reading kept."""
    if fresh is None:
        return ""
    name, counts = on_one_line(one.filename, 80), dict[str, int]()
    for match in fresh.matches:
        if is_of(place_name(match.where), name):
            counts[match.what] = counts.get(match.what, 0) + 1
    words = [by.say("file.data.kind", kind=_kind(what, by), count=_many(count)) for what, count in counts.items()]
    joint = "、" if by.language == "ja" else ", "
    return by.say("file.data", kinds=joint.join(words[:4])) if words else ""


def _many(count: int) -> str:
    """A reading keeps only so many places of a kind."""
    return f"{count}+" if count >= _MOST_PLACES else str(count)


def _kind(what: str, by: Speaker) -> str:
    if what.startswith("secret:"):
        return secret_word(what.removeprefix("secret:")).of(by.language)
    return PERSONAL[what].of(by.language) if what in PERSONAL else on_one_line(what, 40)
