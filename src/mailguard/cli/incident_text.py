"""An incident in words: in the organisation's language, as letters are, or that of a Japanese terminal; in its time.

What stands here is copied into reports to authorities: the day must be the company's own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mailguard.cli.language import terminal_language
from mailguard.cli.ledger import plain
from mailguard.mail.breach import Answers, Law, deadlines, judgements
from mailguard.mail.organization import Language
from mailguard.notify import breach_texts as words
from mailguard.notify.breach import Clock, deadline, draft, judged
from mailguard.notify.phrases import PERSONAL, Both
from mailguard.store.incidents import Incident

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
_HEAD = Both("誤送信 {id}（{state}）", "Incident {id}, {state}")
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
_LEARNED = Both("会社が知った日時: {when}", "Learned of it: {when}")
_DRAFTS: dict[Law, Both] = {
    "appi": Both("報告書の下書き(個人情報保護法施行規則8条の9項目)", "Draft of the report (the nine items of APPI)"),
    "gdpr": Both("通知の下書き(GDPR 33条3項)", "Draft of the notification (GDPR article 33 (3))"),
}
_UNTITLED = Both("（件名なし）", "(none)")


def in_state(state: str) -> str:
    """Whether it is over, in the language of the terminal."""
    return _STATES[state].of(terminal_language())


def shown(one: Incident, language: Language, clock: Clock, timezone: str) -> list[str]:
    """Whose mail it is, and what became of each copy."""
    head = _SHOWN.of(
        language, id=one.id, state=_STATES[one.state].of(language), mail=one.message_id,
        sender=plain(one.facts["sender"]),
    )  # fmt: skip
    del timezone
    return [head, *_copies(one, language, clock)]


def assessed(one: Incident, language: Language, clock: Clock, timezone: str) -> list[str]:
    """Whether a report is probably due, and until when."""
    answers = one.answers or Answers()
    lines = [_LEARNED.of(language, when=clock(one.learned_at))]
    if one.answers is None:
        lines.append(words.NOT_ANSWERED.of(language))
    else:
        lines += [judged(said, language) for said in judgements(answers)]
    lines += [deadline(each, language, clock) for each in deadlines(one.learned_at, timezone, answers)]
    return [*lines, words.NO_ADVICE.of(language)]


def reported(one: Incident, law: Law, language: Language, clock: Clock, timezone: str) -> list[str]:
    """What is known, whether it must be reported, and the draft of that."""
    lines = [
        *_facts(one, language, clock),
        "",
        *assessed(one, language, clock, timezone),
        "",
        _DRAFTS[law].of(language),
    ]
    for heading, text in draft(one, law, language, clock):
        lines += ["", plain(heading), *(f"  {plain(line)}" for line in text.splitlines())]
    return lines


def _facts(one: Incident, language: Language, clock: Clock) -> list[str]:
    """The facts for whoever writes the report."""
    facts = one.facts
    counts = ", ".join(f"{PERSONAL[name].of(language)} {count}" for name, count in facts["personal_data"].items())
    persons = f"{facts['persons']}{f' ({counts})' if counts else ''}"
    none, received = _NONE.of(language), clock(datetime.fromisoformat(facts["received_at"]))
    return [
        _HEAD.of(language, id=one.id, state=_STATES[one.state].of(language)),
        _NOTICED.of(language, when=clock(one.opened_at), by=one.opened_by),
        _MAIL.of(language, id=one.message_id, when=received, sender=plain(facts["sender"])),
        _SUBJECT.of(language, subject=plain(facts["subject"]) or _UNTITLED.of(language)),
        _RECIPIENTS.of(language),
        *_copies(one, language, clock),
        _STOPPED.of(language, people=", ".join(map(plain, facts["stopped"])) or _NOBODY.of(language)),
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
    return f"{plain(copy['address'])} ({side}): {_OUTCOMES[copy['outcome']].of(language)}{when}{answer}"
