"""The closed list of what may be logged and counted: one function an event, ids and codes, never content.

No address, subject, name of a file or text of a mail goes into a log line or a metric's label: the ledger has them.
No room calls a logger; it calls a function here. Metrics are counted in the same place, so that a log and a figure
never disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import structlog

from mailguard.events import metrics
from mailguard.events.metrics import REGISTRY as REGISTRY
from mailguard.events.metrics import channels_failing as channels_failing
from mailguard.events.metrics import directory_people as directory_people
from mailguard.events.metrics import directory_read_at as directory_read_at
from mailguard.events.metrics import disk_free as disk_free
from mailguard.events.metrics import dot_seconds as dot_seconds
from mailguard.events.metrics import held_now as held_now
from mailguard.events.metrics import letters_late as letters_late
from mailguard.events.metrics import log_lines_lost as log_lines_lost
from mailguard.events.metrics import loop_lag as loop_lag
from mailguard.events.metrics import memory_used as memory_used
from mailguard.events.metrics import messages_under_way as messages_under_way
from mailguard.events.metrics import policy_refused_now as policy_refused_now
from mailguard.events.metrics import queued_now as queued_now

log = structlog.get_logger("mailguard")
#: What the way of all mail that goes no other is called in logs and figures.
DEFAULT = "default"
#: The counters of each mail by their labels, few: to find one among its kind costs more than to count.
_received, _outcomes, _hits = (
    lru_cache(512)(kind.labels) for kind in (metrics.received, metrics.outcomes, metrics.rule_hits)
)


def started(version: str, addresses: Iterable[str]) -> None:
    log.info("started", version=version, addresses=list(addresses))


def running_as_root() -> None:
    log.warning(
        "running_as_root",
        remedy="run it as a user of its own; ports below 1024 need CAP_NET_BIND_SERVICE only: deploy/mailguard.service",
    )


def stopped(reason: str) -> None:
    log.info("stopped", reason=reason)


def accepted(message_id: str, disposition: str, size: int, recipients: int, rules: Iterable[str]) -> None:
    _received(disposition).inc()
    log.info(
        "accepted",
        message_id=message_id,
        disposition=disposition,
        size=size,
        recipients=recipients,
        rules=list(rules),
    )


def refused_by_policy(message_id: str, rules: Iterable[str]) -> None:
    metrics.received.labels("reject").inc()
    log.info("refused_by_policy", message_id=message_id, rules=list(rules))


def rule_hit(rule: str, mode: str) -> None:
    _hits(rule, mode).inc()


def decided(message_id: str, event: str, via: str, recipients: int) -> None:
    metrics.decisions.labels(event, via).inc()
    log.info("decided", message_id=message_id, event_name=event, via=via, recipients=recipients)


def nudged(message_id: str, reminded: int, escalated: int) -> None:
    """Those who are asked about a mail heard of it again, or others were asked as well; numbers of people."""
    metrics.nudges.labels("remind").inc(reminded)
    metrics.nudges.labels("escalate").inc(escalated)
    log.info("nudged", message_id=message_id, reminded=reminded, escalated=escalated)


def ending(mails: int, people: int) -> None:
    """Some were told that holds end soon; numbers of mails and people."""
    metrics.nudges.labels("ending").inc(people)
    log.info("ending", mails=mails, people=people)


def passed_on(message_id: str, asked: int) -> None:
    """An approver has gone, so that others are asked in his place; number of people."""
    metrics.nudges.labels("pass_on").inc(asked)
    log.info("passed_on", message_id=message_id, asked=asked)


def reply_taken(message_id: str, outcome: str, *, about: str = "") -> None:
    """An answer to a letter came in. message_id: of the answer, which is not kept; about: the mail it decides on."""
    metrics.replies.labels(outcome).inc()
    log.info("reply_taken", message_id=message_id, outcome=outcome, about=about)


def challenged(message_id: str, rules: Iterable[str]) -> None:
    metrics.received.labels("challenge").inc()
    log.info("challenged", message_id=message_id, rules=list(rules))


def challenge_confirmed(message_id: str, rules: Iterable[str]) -> None:
    """A mail was handed in once more after it had been challenged."""
    metrics.confirmed.inc()
    log.info("challenge_confirmed", message_id=message_id, rules=list(rules))


def resent(message_id: str, first: str) -> None:
    """A mail was handed in that is ours already: `message_id` was not taken, `first` is."""
    log.info("resent", message_id=message_id, first=first)


def tried(message_id: str, upstream: str, results: dict[str, int]) -> None:
    way = upstream or DEFAULT
    for result, count in results.items():
        _outcomes(result, way).inc(count)
    log.info("tried", message_id=message_id, upstream=way, **results)


def upstream_unknown(message_id: str, upstream: str) -> None:
    metrics.unknown.labels(upstream or DEFAULT).inc()
    log.warning("upstream_unknown", message_id=message_id, upstream=upstream or DEFAULT)


def upstream_state(upstream: str, waiting: int, *, well: bool) -> None:
    """How much waits for an upstream, and whether it is tried at all. A figure only: it is said again and again."""
    metrics.waiting.labels(upstream or DEFAULT).set(waiting)
    metrics.sick.labels(upstream or DEFAULT).set(0 if well else 1)


def upstream_gone(upstream: str, copies: int) -> None:
    """Copies are queued for an upstream that the settings do not name any more."""
    metrics.faults.labels("delivery").inc()
    log.error("upstream_gone", upstream=upstream, copies=copies)


def letter_written(message_id: str, kind: str) -> None:
    metrics.letters.labels(kind).inc()
    log.info("letter_written", message_id=message_id, kind=kind)


def chat_sent(channel: str, kind: str, notice: str, messages: int) -> None:
    """A chat took a message. channel: its name in the settings; kind: of the service; messages: told with it."""
    metrics.chat.labels(kind, "sent").inc(messages)
    log.info("chat_sent", channel=channel, kind=kind, notice=notice, messages=messages)


def chat_deferred(channel: str, kind: str, why: str) -> None:
    """It did not, and is tried again. why: a status or a word of the service, never an address with its secret."""
    metrics.chat.labels(kind, "deferred").inc()
    log.warning("chat_deferred", channel=channel, kind=kind, why=why)


def chat_failed(channel: str, kind: str, why: str, messages: int) -> None:
    """Messages that this channel will never say."""
    metrics.chat.labels(kind, "failed").inc(messages)
    log.error("chat_failed", channel=channel, kind=kind, why=why, messages=messages)


def chat_unneeded(kind: str, why: str) -> None:
    """Nothing was said: it was decided meanwhile, or the person is not in that chat."""
    metrics.chat.labels(kind, why).inc()


def trouble(name: str, reason: str) -> None:
    """People do not hear of their mail by this way, or mail does not leave. name: see store.troubles."""
    log.error("trouble", name=name, reason=reason)


def trouble_over(name: str) -> None:
    log.info("trouble_over", name=name)


def insight_loaded(learned: int, seconds: float) -> None:
    """The model of who writes to whom is in memory; learned: mails that it knows."""
    metrics.insight_learned.set(learned)
    log.info("insight_loaded", learned=learned, seconds=round(seconds, 3))


def insight_learned(learned: int) -> None:
    """Some more mails; too often for a line in the log."""
    metrics.insight_learned.set(learned)


def insight_saved(learned: int, seconds: float) -> None:
    log.info("insight_saved", learned=learned, seconds=round(seconds, 3))


def insight_broken(error: BaseException) -> None:
    """The snapshot of the model could not be read: it was moved aside, and what the ledger still has is learnt anew."""
    metrics.faults.labels("insight").inc()
    log.error(
        "insight_broken",
        reason=str(error),
        remedy="put back the file from a backup, or import the archives again: mailguard history import",
    )


def insight_gap() -> None:
    """Lessons were removed that this process has not learnt, and no snapshot has them."""
    log.warning("insight_gap", remedy="mailguard history import teaches what is missing")


def model_ended(status: int) -> None:
    """The process that has the model ended without being asked; another is started."""
    metrics.faults.labels("insight").inc()
    log.error("model_ended", status=status)


def insight_asking() -> None:
    """Another process has the model of who writes to whom, and this one asks it."""
    log.info("insight_asking")


def insight_away() -> None:
    """The process that has the model is gone, or did not come: no risk is known until there is one."""
    log.warning("insight_away")


def insight_unanswered(mails: int) -> None:
    """The process that has the model did not answer in time: no risk was known of so many mails."""
    metrics.faults.labels("insight").inc()
    log.warning("insight_unanswered", mails=mails)


def fault(room: str, error: BaseException, **ids: str) -> None:
    """An error of ours: the cause for us (type and place, never what it says: log.words), a courtesy for them."""
    metrics.faults.labels(room).inc()
    log.error("fault", room=room, error=type(error).__name__, exc_info=error, **ids)


def clock_set(seconds: float, copies: int) -> None:
    """The wall clock was set while the house ran; the deadlines of so many copies were moved by as much."""
    log.warning("clock_set", seconds=round(seconds, 1), copies=copies)


#: What to do about what a client cannot help itself, beside its line.
_REMEDIES = {
    "tls_too_old": "bring this client up to date, or set tls_minimum on a listener of its own",
    "tls_no_common_cipher": "bring this client up to date, or set ciphers on a listener of its own",
    "tls_certificate_not_taken": "the client refuses our certificate: its authority, its end, or the name that it asks",
    "tls_not_spoken": "the client must speak TLS here: SSL/TLS, or at another port STARTTLS",
}


def door_refused(reason: str, client: str) -> None:
    metrics.refused.labels(reason).inc()
    more = {"remedy": _REMEDIES[reason]} if reason in _REMEDIES else {}
    log.info("door_refused", reason=reason, client=client, **more)


def admission_refused(why: str) -> None:
    """A mail or a client was asked to come later. Only counted: a line for each would fill the disk that is full."""
    metrics.admission_refused.labels(why).inc()


def pressure(why: str) -> None:
    """There is too little of it from now on: disk, memory, descriptors, queue; or the ledger is damaged."""
    metrics.pressure.labels(why).set(1)
    log.error("pressure", why=why)


def pressure_over(why: str) -> None:
    metrics.pressure.labels(why).set(0)
    log.info("pressure_over", why=why)


def authenticated(success: bool, client: str) -> None:
    metrics.auth.labels("success" if success else "failure").inc()
    log.info("authenticated", success=success, client=client)


def guessing(by: str, client: str) -> None:
    """Somebody guesses passwords at the front door. by: address or account; client: the address, "" for an account."""
    metrics.guessing.labels(by).inc()
    log.warning("guessing", by=by, client=client)


def logged_in(way: str, result: str) -> None:
    """Somebody tried to come into the console. result: success, failure, throttled or unavailable."""
    metrics.logins.labels(way, result).inc()
    log.info("login", way=way, result=result)


def login_unavailable(way: str, why: str) -> None:
    """Whoever checks logins this way could not be asked; the reason is about servers, never about a person."""
    log.warning("login_unavailable", way=way, why=why)


def sign_on_refused(reason: str, why: str) -> None:
    """The sign-on ended without a login; why: the name of a claim or of an error, never its value."""
    log.warning("sign_on_refused", reason=reason, why="".join(ch for ch in why[:200] if ch.isprintable()))


def reader_ended(reason: str) -> None:
    metrics.workers.labels(reason).inc()
    log.warning("reader_ended", reason=reason)


def not_scanned(message_id: str, why: str) -> None:
    """The virus scanner did not look at a mail; policy decides what that means."""
    log.warning("not_scanned", message_id=message_id, why=why)


def reloaded(policy: str, rules: int, changed: bool) -> None:
    metrics.reloads.labels("ok").inc()
    log.info("reloaded", policy=policy, rules=rules, changed=changed)


def reload_refused(problems: list[str]) -> None:
    """What was to be read anew is wrong, the old stays. The problems are the administrator's own words, not mail."""
    metrics.reloads.labels("refused").inc()
    log.error("reload_refused", problems=problems)


def settings_changed(sections: list[str]) -> None:
    """A reload was asked for, and the file of the settings is another one than at the start, in these sections."""
    log.warning("settings_changed", sections=sections, remedy="restart: settings are read at the start only")


def directory_read(people: int, groups: int, skipped: int) -> None:
    """The people of the directory server are in force. skipped: entries without a usable address."""
    metrics.directory.labels("ok").inc()
    metrics.directory_people.set(people)
    metrics.directory_read_at.set_to_current_time()
    log.info("directory_read", people=people, groups=groups, skipped=skipped)


def directory_refused(problems: list[str]) -> None:
    """The directory server cannot be read, or a group that a rule names is gone; what was in force stays."""
    metrics.directory.labels("refused").inc()
    log.error("directory_refused", problems=problems)


def door_ended(status: int) -> None:
    """A process at the SMTP ports ended without being asked; another is started."""
    metrics.faults.labels("smtpd").inc()
    log.error("door_ended", status=status)
