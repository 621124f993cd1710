"""A list as a CSV file (RFC 4180), sent piece by piece: metadata, never a body; what it holds stands in the audit log.

A byte order mark makes Excel read it as UTF-8. What a spreadsheet would take for a formula gets an apostrophe in front
(OWASP, CSV injection): subjects and names come from strangers, and full-width signs count as well, for a Japanese Excel
takes them too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mailguard.console.desk import desk_of
from mailguard.console.queue_query import asked_for
from mailguard.console.visit import SEES_ALL, checked_form, field, go, unscoped_visitor
from mailguard.mail.organization import Language
from mailguard.notify.letter_rows import reasons
from mailguard.notify.phrases import STATES, on_one_line
from mailguard.review import MessageRecord, nothing_here

COLUMNS = (
    "id", "state", "received", "sender", "login", "recipients", "outside", "subject", "rules", "reason", "files",
    "size", "ends", "decided_by", "decided_at",
)  # fmt: skip
_FORMULA = "=+-@\t\r\n＝＋－＠"


async def export(request: Request) -> Response:
    """POST /all/export: everything that matches, as a file. A POST, since it writes to the audit log."""
    desk = desk_of(request)
    form = await checked_form(request)
    visitor, actor = await unscoped_visitor(request)
    if actor.role not in SEES_ALL:
        raise nothing_here()
    asked = asked_for(desk, {"q": field(form, "q")})
    if asked.problems:
        return go(request, asked.address())
    pieces = await desk.listing.export(actor, asked.whole, asked.text)
    zone = desk.settings.organization.timezone
    name = f"mailguard-{desk.now().astimezone(ZoneInfo(zone)):%Y%m%d-%H%M}.csv"
    return StreamingResponse(
        _lines(pieces, visitor.language, zone),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"},
    )


async def _lines(pieces: AsyncIterator[list[MessageRecord]], language: Language, zone: str) -> AsyncIterator[bytes]:
    yield "\ufeff".encode() + csv_line(COLUMNS)
    async for records in pieces:
        yield b"".join(csv_line(cells(record, language, zone)) for record in records)


def csv_line(values: Sequence[str]) -> bytes:
    """One line, every value made harmless."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow([harmless(value) for value in values])
    return out.getvalue().encode("utf-8", "replace")


def harmless(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.lstrip(" \u3000\u00a0")[:1] in tuple(_FORMULA) else value


def cells(record: MessageRecord, language: Language, zone: str) -> list[str]:
    """One mail."""
    deciding = [one for one in record.recipients if one.decided_at is not None]
    decided = max(deciding, key=lambda one: one.decided_at or record.received_at, default=None)
    outside = sorted({one.address.ascii_domain for one in record.recipients if one.external})
    said = [reason.sentence for reason in reasons(record.verdict.enforced, language)]
    return [
        record.id,
        STATES[record.state].of(language),
        _time(record.received_at, zone),
        str(record.sender),
        record.login or "",
        " ".join(str(one.address) for one in record.recipients),
        " ".join(outside),
        on_one_line(record.subject or "", 500),
        " ".join(hit.rule for hit in record.verdict.enforced),
        on_one_line(" / ".join(said), 1000),
        on_one_line(" / ".join(one.filename for one in record.facts.attachments), 1000),
        str(record.size),
        _time(record.expires_at, zone),
        decided.decided_by if decided else "",
        _time(decided.decided_at, zone) if decided else "",
    ]


def _time(moment: datetime | None, zone: str) -> str:
    return "" if moment is None else f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"
