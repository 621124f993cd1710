"""The reading of one mail: octets in, Facts out. Pure, total, bounded: it knows no clock and no network and never
raises.

Each step is guarded: a fault in one costs that step, and the finding says so. What two mail clients would show
differently is read in both ways. A mail that cannot be read at all still gives Facts, with the finding `unreadable`,
which is held.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from mailguard.inspect.content import Piece
from mailguard.inspect.limits import HERE_TEXT, Budget, NotHere, ReadingLimits
from mailguard.inspect.overtime import Overtime
from mailguard.inspect.personal import Found, search
from mailguard.inspect.secrets.tokens import find_secrets
from mailguard.inspect.speech.voices import Voices, alone
from mailguard.inspect.structure import headers as fields
from mailguard.inspect.structure.beside import names_beside
from mailguard.inspect.structure.every_field import importance
from mailguard.inspect.structure.fields import Block
from mailguard.inspect.structure.labelled import labels_of
from mailguard.inspect.structure.letter import Letter, header_end, letter_of
from mailguard.inspect.structure.parts import Parts
from mailguard.mail.facts import Facts, Headers, Kind, Match, unreadable

T = TypeVar("T")
#: So many persons are no answer to one.
_MANY = 10
_STANDARD = ReadingLimits()
#: What a text that is read in the server's process may have of figures, tabs and lines: each may begin a number, a
#: cell, a name, somebody else's words, and 16 KiB of nothing else take 30 ms. A line counts as some figures.
_MOST_MARKS = 2000
#: As many of a header: its figures, ends of list entries, lines (as some figures), and signs of an encoded word, of
#: UTF-7, HZ and ISO 2022.
_FIGURES = (*(b"%d" % figure for figure in range(10)), b",", b";", b"\n", b"\n")
_CODED = (b"=?", b"+", b"~{", b"$B")


def read_mail(octets: bytes, limits: ReadingLimits = _STANDARD) -> Facts:
    """Read a mail. Never raises for what is in it; MemoryError alone passes, since only a new worker helps then."""
    budget = Budget(limits)
    if len(octets) > limits.mail_bytes:
        budget.find("limit_reached", "mail", f"larger than {limits.mail_bytes} octets; its rest was not read")
        octets = octets[: limits.mail_bytes]
    try:
        return _read(octets, budget)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # the judge holds what could not be read
        return unreadable(f"the reader failed: {type(error).__name__}", budget.findings())


def read_letter(octets: bytes, limits: ReadingLimits = _STANDARD) -> Facts | None:
    """Read a mail of text, maybe with files of no known kind, as `read_mail` does; None where it has anything else, or
    anything is odd about it.

    For the server's own process: headers, transfer encodings, charsets and plain text are read, and no file is opened.
    Raises Overtime.
    """
    end = header_end(octets)
    if len(octets) > limits.mail_bytes or not 0 < end <= HERE_TEXT or b"\0" in octets or _is_odd(octets[:end]):
        return None
    budget = Budget(limits, here=True)
    try:
        if len(octets) <= HERE_TEXT and (letter := letter_of(octets, end, limits)) is not None:
            return _said(letter, budget)
        facts = _read(octets, budget)
    except NotHere:
        return None
    except Overtime:
        raise
    except Exception:  # the worker sees to it
        return None
    return None if budget.found("unreadable") or budget.found("limit_reached") else facts


def _said(letter: Letter, budget: Budget) -> Facts:
    """The facts of an ordinary letter: what `_read` makes of it."""
    headers, text, block = letter.headers, letter.text, letter.block
    if _is_dense(text):
        raise NotHere
    voices = alone("mail", text, letter.gates)
    pieces = _bounded([Piece("subject", headers.subject or ""), *voices.pieces, *letter.beside], budget)
    found = search(pieces, budget.limits.values, letter.gates)
    secrets, secret_places = find_secrets(pieces, letter.gates)
    shown = "" if not text or text.isspace() else _nfc(text)
    told_apart = voices.quoted or voices.signature
    automatic = block is not None and fields.is_automatic(block)
    return Facts(
        headers=headers,
        text=shown,
        shown=len(shown),
        personal_data=found.classes,
        persons=found.persons,
        secrets=secrets,
        findings=budget.findings(),
        kind="auto_reply" if automatic else "ordinary",
        auto_generated=automatic or (block is not None and fields.is_bulk(block)),
        is_reply=fields.is_reply(headers),
        received_count=letter.received,
        own_marks=fields.own_marks(block) if block is not None else (),
        is_forward=fields.is_forward(headers, block, voices.forwarded),
        importance=importance(block) if block is not None else "",
        labels=labels_of(block) if block is not None else (),
        quoted=_nfc(voices.quoted) if voices.quoted else "",
        signature=_nfc(voices.signature) if voices.signature else "",
        own=_nfc(voices.own) if told_apart else "",
        greeting=voices.greeting,
        matches=(*found.matches, *secret_places),
    )


def _read(octets: bytes, budget: Budget) -> Facts:
    limits = budget.limits
    parts = Parts(budget)
    block = _guarded(budget, "mail", lambda: parts.read(octets), Block(()))
    if budget.found("ambiguous_mime"):
        _guarded(budget, "mail", lambda: parts.read_again(octets), None)
    if budget.here and any(_is_dense(text) for _, text in parts.texts.shown):
        raise NotHere
    headers = _guarded(budget, "headers", lambda: fields.read_headers(block, budget), Headers())
    shown, others = (_joined(some, budget) for some in parts.texts.apart())
    one_voice = Voices(tuple(Piece(where, text) for where, text in parts.texts.shown))
    voices = _guarded(budget, "text", parts.texts.voices, one_voice)
    pieces = [Piece("subject", headers.subject or ""), *voices.pieces, *parts.texts.pieces(), *parts.files.pieces]
    pieces += _guarded(budget, "fields", lambda: [*parts.beside, names_beside(parts.attachments)], [])
    searched = _bounded(pieces, budget)
    found = _guarded(budget, "personal data", lambda: search(searched, limits.values), Found({}, 0))
    nothing: tuple[dict[str, int], tuple[Match, ...]] = ({}, ())
    secrets, secret_places = _guarded(budget, "secrets", lambda: find_secrets(searched), nothing)
    parts.let_go()
    return Facts(
        headers=headers,
        text=f"{shown}\n{others}" if shown and others else shown or others,
        shown=len(shown),
        html=_nfc(parts.texts.html[: limits.html_chars]),
        attachments=tuple(parts.attachments),
        personal_data=found.classes,
        persons=found.persons,
        secrets=secrets,
        auto_generated=fields.is_automatic(block) or fields.is_bulk(block),
        calendar=parts.calendar,
        signed=parts.signed,
        encrypted=parts.encrypted,
        is_reply=fields.is_reply(headers),
        received_count=sum(field.name == "received" for field in block.fields),
        own_marks=fields.own_marks(block),
        is_forward=fields.is_forward(headers, block, voices.forwarded),
        importance=importance(block),
        labels=_guarded(budget, "headers", lambda: labels_of(block), ()),
        own=_nfc(voices.own[: limits.text_chars]) if voices.quoted or voices.signature else "",
        quoted=_nfc(voices.quoted[: limits.text_chars]),
        signature=_nfc(voices.signature),
        greeting=voices.greeting,
        matches=(*found.matches, *secret_places),
        kind=_kind(block, parts, found),
        findings=budget.findings(),
    )


def _is_odd(head: bytes) -> bool:
    """Whether a header has more than any program writes: figures, lines, and what may be a word in another charset."""
    if len(head) <= _MOST_MARKS:
        return False
    return sum(map(head.count, _FIGURES)) + 10 * sum(map(head.count, _CODED)) > _MOST_MARKS + 1000


def _is_dense(text: str) -> bool:
    return len(text) > _MOST_MARKS and sum(map(text.count, "0123456789\t\n\n\n")) > _MOST_MARKS


def _kind(block: Block, parts: Parts, found: Found) -> Kind:
    """The kind of mail (product section 3): which is never held. Reports, receipts and answers to invitations count
    only where they carry no other file and no data of many: anybody can write one around a list of customers. What is
    part of the letter (a signature, the logo below it) is no file.
    """
    files = [one for one in parts.attachments if not one.inline or one.members or not one.inspected]
    # What nobody knows the kind of is a file as well: else random octets beside a forged receipt would pass unheld.
    carries = any((one.size and one.short_type not in ("ics", "eml", "txt")) or one.encrypted for one in files)
    automatic: Kind = "auto_reply" if fields.is_automatic(block) else "ordinary"
    if found.persons >= _MANY or "payment_card" in found.classes or "my_number" in found.classes:
        return automatic
    if parts.report == "delivery-status" and not carries:
        return "delivery_report"
    if parts.report == "disposition-notification" and not carries:
        return "read_receipt"
    only_ics = all(one.short_type == "ics" for one in files) and not parts.calendar_file
    if parts.calendar in ("REPLY", "CANCEL") and only_ics:
        return "calendar_reply"
    return automatic


def _bounded(pieces: list[Piece], budget: Budget) -> list[Piece]:
    """The texts to search, each once, within the limit. One that is quoted here and written there counts as written."""
    texts: dict[str, Piece] = {}
    left = budget.limits.personal_chars
    for piece in pieces:
        known = texts.get(piece.text)
        if known is not None and piece.role not in ("quoted", "signature", "beside", "addressed"):
            texts[piece.text] = replace(known, role=piece.role)
        if not piece.text or known is not None:
            continue
        if len(piece.text) > left:
            budget.find(
                "limit_reached", piece.where, "too much text to search for personal data; its rest was not searched"
            )
            piece = replace(piece, text=piece.text[:left])
        texts[piece.text] = piece
        left -= len(piece.text)
    return [piece for piece in texts.values() if piece.text]


def _guarded(budget: Budget, where: str, step: Callable[[], T], otherwise: T) -> T:
    try:
        return step()
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:
        budget.find("unreadable", where, f"the reader failed: {type(error).__name__}")
        return otherwise


def _joined(texts: list[str], budget: Budget) -> str:
    """Texts below one another, cut before they are joined: a mail of too much text must not cost twice its size."""
    kept = [_nfc(budget.keep(text, "text")) for text in texts]
    return "\n".join(text for text in kept if text)


def _nfc(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)
