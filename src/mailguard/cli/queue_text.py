"""A mail of the queue as an administrator reads it on a terminal: one line, or a page with its history. Its reasons are
in the organisation's language, as `explain` and letters tell them.

Nothing out of a mail can make the terminal do anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from mailguard.app.rooms import Rooms
from mailguard.cli.ledger import local, plain
from mailguard.mail.organization import Language
from mailguard.review import MessageRecord


def line_of(record: MessageRecord, rooms: Rooms) -> str:
    recipients = ", ".join(str(copy.address) for copy in record.recipients[:3])
    more = f" (+{len(record.recipients) - 3})" if len(record.recipients) > 3 else ""
    people = plain(f"{record.sender or '<>'} -> {recipients}{more}")
    state = f"{record.state:<9}  {record.verdict.disposition.word:<7}"
    return f"{record.id}  {local(record.received_at, rooms)}  {state}  {people}  {plain(record.subject or '')[:60]}"


def page_of(shown: dict[str, Any], rooms: Rooms) -> str:
    def when(text: str | None) -> str:
        return local(datetime.fromisoformat(text), rooms) if text else "-"

    language = rooms.config.settings.organization.language
    lines = [(name, str(shown[name] or "-")) for name in ("id", "state", "sender", "subject")]
    lines += [(name, when(shown[name])) for name in ("received_at", "expires_at")]
    if len(shown["parts"]) > 1:
        lines.append(("parts", " ".join(shown["parts"])))
    for copy in shown["recipients"]:
        way = f"  by {copy['upstream']}" if copy["upstream"] else ""
        tried = f"  {copy['last_code'] or ''} {copy['last_text']}" if copy["last_text"] else ""
        stands = f"{copy['disposition']}  {copy['state']}{way}{tried}{_next(copy, when)}"
        lines.append(("to", f"{copy['address']}  {stands}"))
        lines += _odd(copy, language)
    for number, file in enumerate(shown["attachments"]):
        lines.append(("file", f"{number}: {file['filename']} ({file['size']:,} bytes)"))
    for finding in shown["findings"]:
        evidence = ", ".join(finding["evidence"])
        lines.append(("finding", f"{finding['rule']}: {finding['because'][language]} ({evidence})"))
    lines += _history(shown["history"], when)
    return "\n".join(f"{name:<12} {plain(text)}" for name, text in lines)


def _odd(copy: dict[str, Any], language: Language) -> Iterator[tuple[str, str]]:
    """Why a recipient looks like a mistake, and whom the sender probably meant."""
    if "risk_because" in copy:
        yield "", f"risk {copy['risk']:.2f}: {copy['risk_because'][language]}"
    if "alternative" in copy:
        yield "", f"meant, probably: {copy['alternative']}"


def _next(copy: dict[str, Any], when: Callable[[str | None], str]) -> str:
    """What comes next for a copy that is to go out: nothing is said of one that goes at once."""
    if copy["under_way"]:
        return "  (being handed over now)"
    return f"  (next try {when(copy['next_try_at'])})" if copy["state"] == "queued" and copy["attempts"] else ""


def _history(history: list[dict[str, Any]], when: Callable[[str | None], str]) -> Iterator[tuple[str, str]]:
    for line in history:
        said = f": {line['comment']}" if line["comment"] else ""
        if line["event"] in ("relay", "defer", "fail"):  # what the next server answered, or why nobody did
            answer = " ".join(str(one) for one in (line["detail"].get("code"), line["detail"].get("text")) if one)
            said = f": {answer}" if answer else said
        if line["detail"].get("unknown"):
            said = ": no answer came at the end: it may have arrived"
        if line["event"] == "correct":
            said = f": {line['detail'].get('meant', '?')} instead of {', '.join(line['recipients'])}{said}"
        if line["event"] == "alter":
            said = f": {line['detail'].get('alteration')}: {', '.join(line['recipients'])}"
        yield "history", f"{when(line['at'])}  {line['event']}  {line['actor']} ({line['via']}){said}"
        if line["event"] == "alter":
            yield from (("", f"  {one}") for one in line["detail"].get("diff", ()))
