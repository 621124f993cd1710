"""A mail of the queue as an administrator reads it on a terminal: one line, or a page with its history. Its reasons are
in the organisation's language, as `explain` and letters tell them, but on a Japanese terminal all is Japanese.

Nothing out of a mail can make the terminal do anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from mailguard.app.rooms import Rooms
from mailguard.cli.columns import padded
from mailguard.cli.language import spoken, terminal_language
from mailguard.cli.ledger import local, plain
from mailguard.cli.words import (
    DISPOSITION_COLUMNS,
    STATE_COLUMNS,
    alteration_word,
    disposition_word,
    event_word,
    reading_language,
    state_word,
    way_word,
)
from mailguard.mail.organization import Language
from mailguard.mail.saying import Sentence
from mailguard.review import MessageRecord

_LABELS = {
    "id": Sentence("番号", "id"),
    "state": Sentence("状態", "state"),
    "sender": Sentence("送信元", "sender"),
    "subject": Sentence("件名", "subject"),
    "received_at": Sentence("受付日時", "received_at"),
    "expires_at": Sentence("期限", "expires_at"),
    "parts": Sentence("分割", "parts"),
    "to": Sentence("宛先", "to"),
    "file": Sentence("ファイル", "file"),
    "finding": Sentence("理由", "finding"),
    "history": Sentence("経過", "history"),
}
_UNKNOWN = Sentence(
    ": 最後の応答がないため、届いている可能性があります。", ": no answer came at the end: it may have arrived"
)


def line_of(record: MessageRecord, rooms: Rooms) -> str:
    recipients = ", ".join(str(copy.address) for copy in record.recipients[:3])
    more = f" (+{len(record.recipients) - 3})" if len(record.recipients) > 3 else ""
    people = plain(f"{record.sender or '<>'} -> {recipients}{more}")
    language = terminal_language()
    state = padded(state_word(record.state), STATE_COLUMNS[language])
    disposition = padded(disposition_word(record.verdict.disposition.word), DISPOSITION_COLUMNS[language])
    state = f"{state}  {disposition}"
    return f"{record.id}  {local(record.received_at, rooms)}  {state}  {people}  {plain(record.subject or '')[:60]}"


def page_of(shown: dict[str, Any], rooms: Rooms) -> str:
    def when(text: str | None) -> str:
        return local(datetime.fromisoformat(text), rooms) if text else "-"

    language = reading_language(rooms.config.settings.organization.language)
    lines = [(name, str(shown[name] or "-")) for name in ("id", "sender", "subject")]
    lines.insert(1, ("state", state_word(shown["state"])))
    lines += [(name, when(shown[name])) for name in ("received_at", "expires_at")]
    if len(shown["parts"]) > 1:
        lines.append(("parts", " ".join(shown["parts"])))
    for copy in shown["recipients"]:
        way = spoken(Sentence("  経路 {way}", "  by {way}", way=copy["upstream"])) if copy["upstream"] else ""
        tried = f"  {copy['last_code'] or ''} {copy['last_text']}" if copy["last_text"] else ""
        words = f"{disposition_word(copy['disposition'])}  {state_word(copy['state'])}"
        lines.append(("to", f"{copy['address']}  {words}{way}{tried}{_next(copy, when)}"))
        lines += _odd(copy, language)
    for number, file in enumerate(shown["attachments"]):
        size = spoken(Sentence("{n:,} バイト", "{n:,} bytes", n=file["size"]))
        lines.append(("file", f"{number}: {file['filename']} ({size})"))
    for finding in shown["findings"]:
        evidence = ", ".join(finding["evidence"])
        lines.append(("finding", f"{finding['rule']}: {finding['because'][language]} ({evidence})"))
    lines += _history(shown["history"], when)
    return "\n".join(f"{padded(_label(name), 12)} {plain(text)}" for name, text in lines)


def _label(name: str) -> str:
    return spoken(_LABELS.get(name, name))


def _odd(copy: dict[str, Any], language: Language) -> Iterator[tuple[str, str]]:
    """Why a recipient looks like a mistake, and whom the sender probably meant."""
    if "risk_because" in copy:
        risk = Sentence("誤送信リスク {risk:.2f}: ", "risk {risk:.2f}: ", risk=copy["risk"])
        yield "", spoken(risk) + copy["risk_because"][language]
    if "alternative" in copy:
        yield "", spoken(Sentence("もしかして: {who}", "meant, probably: {who}", who=copy["alternative"]))


def _next(copy: dict[str, Any], when: Callable[[str | None], str]) -> str:
    """What comes next for a copy that is to go out: nothing is said of one that goes at once."""
    if copy["under_way"]:
        return spoken(Sentence("  (いま送信中)", "  (being handed over now)"))
    if copy["state"] != "queued" or not copy["attempts"]:
        return ""
    return spoken(Sentence("  (次の再送 {when})", "  (next try {when})", when=when(copy["next_try_at"])))


def _history(history: list[dict[str, Any]], when: Callable[[str | None], str]) -> Iterator[tuple[str, str]]:
    for line in history:
        said = f": {line['comment']}" if line["comment"] else ""
        if line["event"] in ("relay", "defer", "fail"):  # what the next server answered, or why nobody did
            answer = " ".join(str(one) for one in (line["detail"].get("code"), line["detail"].get("text")) if one)
            said = f": {answer}" if answer else said
        if line["detail"].get("unknown"):
            said = spoken(_UNKNOWN)
        if line["event"] == "correct":
            instead = Sentence(
                ": {wrong} の代わりに {meant}", ": {meant} instead of {wrong}",
                meant=line["detail"].get("meant", "?"), wrong=", ".join(line["recipients"]),
            )  # fmt: skip
            said = spoken(instead) + said
        if line["event"] == "alter":
            said = f": {alteration_word(str(line['detail'].get('alteration')))}: {', '.join(line['recipients'])}"
        who = f"{line['actor']} ({way_word(line['via'])})"
        yield "history", f"{when(line['at'])}  {event_word(line['event'])}  {who}{said}"
        if line["event"] == "alter":
            yield from (("", f"  {one}") for one in line["detail"].get("diff", ()))
