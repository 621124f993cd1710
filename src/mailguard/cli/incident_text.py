"""An incident in words: in the organisation's language, as letters are, or that of a Japanese terminal; in its time.

What stands here is copied into reports to authorities: the day must be the company's own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mailguard.cli.language import terminal_language
from mailguard.cli.ledger import plain
from mailguard.mail.organization import Language
from mailguard.notify.phrases import PERSONAL, Both
from mailguard.store.incidents import Incident

#: A time of the ledger as people read it.
Clock = Callable[[datetime], str]

_OUTCOMES = {
    "not_sent": Both("未送信", "not sent"),
    "accepted": Both("次のサーバーへ渡しました", "accepted by the next server"),
    "bounced": Both("不達", "not delivered"),
    "under_way": Both("送信中", "being sent"),
    "held": Both("送信保留", "held"),
}
_STATES = {"open": Both("対応中", "open"), "closed": Both("対応済み", "closed")}
_EXTERNAL = {True: Both("社外", "outside"), False: Both("社内", "internal")}
_SHOWN = Both("{id}  {state}  {sender} のメール {mail}", "{id}  {state}  mail {mail} of {sender}")
_HEAD = Both("インシデント {id}（{state}）", "Incident {id}, {state}")
_NOTICED = Both("発覚: {when}、報告者 {by}", "Noticed: {when} by {by}")
_MAIL = Both("メール: {id}、{when}、送信元 {sender}", "Mail: {id}, {when}, from {sender}")
_SUBJECT = Both("件名: {subject}", "Subject: {subject}")
_RECIPIENTS = Both("宛先:", "Recipients:")
_STOPPED = Both("このとき送信を止めた宛先: {people}", "Stopped then: {people}")
_NOBODY = Both("なし（止められるものは残っていませんでした）", "nothing was left to stop")
_FILES = Both("添付ファイル: {files}", "Files: {files}")
_PERSONS = Both("個人情報の本人の数: {count}", "Persons concerned: {count}")
_SIBLINGS = Both("同じファイルまたはスレッドのメール: {ids}", "Mails with the same file or thread: {ids}")
_NOTE = Both("メモ: {text}", "Note: {text}")
_OUTCOME = Both("結果: {text}", "Outcome: {text}")
_NONE = Both("なし", "none")
_UNTITLED = Both("（件名なし）", "(none)")


def in_state(state: str) -> str:
    """Whether it is over, in the language of the terminal."""
    return _STATES[state].of(terminal_language())


def shown(one: Incident, language: Language, clock: Clock) -> list[str]:
    """Whose mail it is, and what became of each copy."""
    head = _SHOWN.of(
        language, id=one.id, state=_STATES[one.state].of(language), mail=one.message_id, sender=one.facts["sender"]
    )
    return [head, *_copies(one, language, clock)]


def reported(one: Incident, language: Language, clock: Clock) -> list[str]:
    """The facts for whoever writes the report."""
    facts = one.facts
    counts = ", ".join(f"{PERSONAL[name].of(language)} {count}" for name, count in facts["personal_data"].items())
    persons = f"{facts['persons']}{f' ({counts})' if counts else ''}"
    none, received = _NONE.of(language), clock(datetime.fromisoformat(facts["received_at"]))
    return [
        _HEAD.of(language, id=one.id, state=_STATES[one.state].of(language)),
        _NOTICED.of(language, when=clock(one.opened_at), by=one.opened_by),
        _MAIL.of(language, id=one.message_id, when=received, sender=facts["sender"]),
        _SUBJECT.of(language, subject=plain(facts["subject"]) or _UNTITLED.of(language)),
        _RECIPIENTS.of(language),
        *_copies(one, language, clock),
        _STOPPED.of(language, people=", ".join(facts["stopped"]) or _NOBODY.of(language)),
        _FILES.of(language, files=", ".join(map(plain, facts["files"])) or none),
        _PERSONS.of(language, count=persons),
        _SIBLINGS.of(language, ids=", ".join(other["id"] for other in facts["siblings"]) or none),
        _NOTE.of(language, text=plain(one.note) or "-"),
        _OUTCOME.of(language, text=plain(one.outcome) or "-"),
    ]


def _copies(one: Incident, language: Language, clock: Clock) -> list[str]:
    return [f"  {_copy(copy, language, clock)}" for copy in one.facts["recipients"]]


def _copy(copy: dict[str, Any], language: Language, clock: Clock) -> str:
    side = _EXTERNAL[copy["external"]].of(language)
    when = f", {clock(datetime.fromisoformat(copy['at']))}" if copy["at"] else ""
    answer = f" ({copy['code'] or ''} {plain(copy['text'])})" if copy["text"] else ""
    return f"{copy['address']} ({side}): {_OUTCOMES[copy['outcome']].of(language)}{when}{answer}"
