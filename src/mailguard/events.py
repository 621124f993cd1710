"""The closed list of what may be logged and counted: one function an event, ids and codes, never content.

No address, subject, name of a file or text of a mail goes into a log line or a metric's label: the ledger has them.
No room calls a logger; it calls a function here. Metrics are counted in the same place, so that a log and a figure
never disagree.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

log = structlog.get_logger("mailguard")
#: What the way of all mail that goes no other is called in logs and figures.
DEFAULT = "default"
REGISTRY = CollectorRegistry(auto_describe=True)

_received = Counter(
    "mailguard_messages_received", "Messages taken or refused at the door", ["outcome"], registry=REGISTRY
)
_rule_hits = Counter("mailguard_rule_hits", "Rules that fired", ["rule", "mode"], registry=REGISTRY)
_replies = Counter("mailguard_replies", "Answers to letters", ["outcome"], registry=REGISTRY)
_decisions = Counter("mailguard_decisions", "Decisions on held mail", ["event", "via"], registry=REGISTRY)
_nudges = Counter("mailguard_nudges", "People reminded or asked as well", ["kind"], registry=REGISTRY)
_confirmed = Counter("mailguard_challenges_confirmed", "Mails handed in again", registry=REGISTRY)
_outcomes = Counter("mailguard_upstream_outcomes", "Tries, by recipient", ["result", "upstream"], registry=REGISTRY)
_unknown = Counter("mailguard_upstream_unknown", "Final dots without a reply", ["upstream"], registry=REGISTRY)
_letters = Counter("mailguard_letters", "Letters written", ["kind"], registry=REGISTRY)
_chat = Counter("mailguard_chat_messages", "Messages to chat channels", ["kind", "result"], registry=REGISTRY)
letters_late = Gauge("mailguard_letters_late", "Letters that have waited too long", registry=REGISTRY)
channels_failing = Gauge("mailguard_channels_failing", "Chat channels that take no messages", registry=REGISTRY)
_faults = Counter("mailguard_faults", "Faults of the house", ["room"], registry=REGISTRY)
_refused = Counter(
    "mailguard_door_refused", "Commands and connections refused at the door", ["reason"], registry=REGISTRY
)
_auth = Counter("mailguard_auth", "Logins at the door", ["result"], registry=REGISTRY)
_guessing = Counter(
    "mailguard_login_guessing", "Addresses and accounts with too many failed logins", ["by"], registry=REGISTRY
)
_logins = Counter("mailguard_logins", "Logins at the console", ["way", "result"], registry=REGISTRY)
_workers = Counter("mailguard_reader_ends", "Reading workers that ended", ["reason"], registry=REGISTRY)
policy_refused_now = Gauge(
    "mailguard_policy_refused", "1 while a change of the policy is refused and the old one stays", registry=REGISTRY
)
_reloads = Counter("mailguard_reloads", "Reloads of policy", ["result"], registry=REGISTRY)
dot_seconds = Histogram(
    "mailguard_final_dot_seconds", "From the final dot to our reply", registry=REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
_directory = Counter("mailguard_directory_reads", "Readings of the directory server", ["result"], registry=REGISTRY)
directory_people = Gauge("mailguard_directory_people", "People of the directory server in force", registry=REGISTRY)
directory_read_at = Gauge(
    "mailguard_directory_read_timestamp_seconds", "When the people in force were read", registry=REGISTRY
)
_admission_refused = Counter(
    "mailguard_admission_refused", "Mails and clients sent away for later, before something ran out", ["why"],
    registry=REGISTRY,
)  # fmt: skip
_pressure = Gauge("mailguard_pressure", "1 while there is too little of it", ["why"], registry=REGISTRY)
disk_free = Gauge("mailguard_disk_free_bytes", "Free to us, by file system", ["place"], registry=REGISTRY)
memory_used = Gauge("mailguard_memory_bytes", "This process and those it started", registry=REGISTRY)
messages_under_way = Gauge("mailguard_messages_under_way", "Between DATA and its reply", registry=REGISTRY)
loop_lag = Histogram(
    "mailguard_loop_lag_seconds", "How late the event loop comes to what is due", registry=REGISTRY,
    buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)  # fmt: skip
log_lines_lost = Gauge("mailguard_log_lines_lost", "Log lines that could not be written", registry=REGISTRY)
held_now = Gauge("mailguard_held", "Mails waiting for a decision", registry=REGISTRY)
queued_now = Gauge("mailguard_queued", "Mails waiting for the upstream", registry=REGISTRY)
_waiting = Gauge("mailguard_upstream_queue", "Copies queued, by their way", ["upstream"], registry=REGISTRY)
_sick = Gauge(
    "mailguard_upstream_sick", "1 while an upstream cannot be reached, or is no more", ["upstream"], registry=REGISTRY
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
    _received.labels(disposition).inc()
    log.info(
        "accepted",
        message_id=message_id,
        disposition=disposition,
        size=size,
        recipients=recipients,
        rules=list(rules),
    )


def refused_by_policy(message_id: str, rules: Iterable[str]) -> None:
    _received.labels("reject").inc()
    log.info("refused_by_policy", message_id=message_id, rules=list(rules))


def rule_hit(rule: str, mode: str) -> None:
    _rule_hits.labels(rule, mode).inc()


def decided(message_id: str, event: str, via: str, recipients: int) -> None:
    _decisions.labels(event, via).inc()
    log.info("decided", message_id=message_id, event_name=event, via=via, recipients=recipients)


def nudged(message_id: str, reminded: int, escalated: int) -> None:
    """Those who are asked about a mail heard of it again, or others were asked as well; numbers of people."""
    _nudges.labels("remind").inc(reminded)
    _nudges.labels("escalate").inc(escalated)
    log.info("nudged", message_id=message_id, reminded=reminded, escalated=escalated)


def passed_on(message_id: str, asked: int) -> None:
    """An approver has gone, so that others are asked in his place; number of people."""
    _nudges.labels("pass_on").inc(asked)
    log.info("passed_on", message_id=message_id, asked=asked)


def reply_taken(message_id: str, outcome: str, *, about: str = "") -> None:
    """An answer to a letter came in. message_id: of the answer, which is not kept; about: the mail it decides on."""
    _replies.labels(outcome).inc()
    log.info("reply_taken", message_id=message_id, outcome=outcome, about=about)


def challenged(message_id: str, rules: Iterable[str]) -> None:
    _received.labels("challenge").inc()
    log.info("challenged", message_id=message_id, rules=list(rules))


def challenge_confirmed(message_id: str, rules: Iterable[str]) -> None:
    """A mail was handed in once more after it had been challenged."""
    _confirmed.inc()
    log.info("challenge_confirmed", message_id=message_id, rules=list(rules))


def resent(message_id: str, first: str) -> None:
    """A mail was handed in that is ours already: `message_id` was not taken, `first` is."""
    log.info("resent", message_id=message_id, first=first)


def tried(message_id: str, upstream: str, results: dict[str, int]) -> None:
    for result, count in results.items():
        _outcomes.labels(result, upstream or DEFAULT).inc(count)
    log.info("tried", message_id=message_id, upstream=upstream or DEFAULT, **results)


def upstream_unknown(message_id: str, upstream: str) -> None:
    _unknown.labels(upstream or DEFAULT).inc()
    log.warning("upstream_unknown", message_id=message_id, upstream=upstream or DEFAULT)


def upstream_state(upstream: str, waiting: int, *, well: bool) -> None:
    """How much waits for an upstream, and whether it is tried at all. A figure only: it is said again and again."""
    _waiting.labels(upstream or DEFAULT).set(waiting)
    _sick.labels(upstream or DEFAULT).set(0 if well else 1)


def upstream_gone(upstream: str, copies: int) -> None:
    """Copies are queued for an upstream that the settings do not name any more."""
    _faults.labels("delivery").inc()
    log.error("upstream_gone", upstream=upstream, copies=copies)


def letter_written(message_id: str, kind: str) -> None:
    _letters.labels(kind).inc()
    log.info("letter_written", message_id=message_id, kind=kind)


def chat_sent(channel: str, kind: str, notice: str, messages: int) -> None:
    """A chat took a message. channel: its name in the settings; kind: of the service; messages: told with it."""
    _chat.labels(kind, "sent").inc(messages)
    log.info("chat_sent", channel=channel, kind=kind, notice=notice, messages=messages)


def chat_deferred(channel: str, kind: str, why: str) -> None:
    """It did not, and is tried again. why: a status or a word of the service, never an address with its secret."""
    _chat.labels(kind, "deferred").inc()
    log.warning("chat_deferred", channel=channel, kind=kind, why=why)


def chat_failed(channel: str, kind: str, why: str, messages: int) -> None:
    """Messages that this channel will never say."""
    _chat.labels(kind, "failed").inc(messages)
    log.error("chat_failed", channel=channel, kind=kind, why=why, messages=messages)


def chat_unneeded(kind: str, why: str) -> None:
    """Nothing was said: it was decided meanwhile, or the person is not in that chat."""
    _chat.labels(kind, why).inc()


def trouble(name: str, reason: str) -> None:
    """People do not hear of their mail by this way. name: letters, or "channel NAME"."""
    log.error("trouble", name=name, reason=reason)


def trouble_over(name: str) -> None:
    log.info("trouble_over", name=name)


def fault(room: str, error: BaseException, **ids: str) -> None:
    """An error of ours: the cause for us (type and place, never what it says: log.words), a courtesy for them."""
    _faults.labels(room).inc()
    log.error("fault", room=room, error=type(error).__name__, exc_info=error, **ids)


def clock_set(seconds: float, copies: int) -> None:
    """The wall clock was set while the house ran; the deadlines of so many copies were moved by as much."""
    log.warning("clock_set", seconds=round(seconds, 1), copies=copies)


def door_refused(reason: str, client: str) -> None:
    _refused.labels(reason).inc()
    log.info("door_refused", reason=reason, client=client)


def admission_refused(why: str) -> None:
    """A mail or a client was asked to come later. Only counted: a line for each would fill the disk that is full."""
    _admission_refused.labels(why).inc()


def pressure(why: str) -> None:
    """There is too little of it from now on: disk, memory, descriptors, queue; or the ledger is damaged."""
    _pressure.labels(why).set(1)
    log.error("pressure", why=why)


def pressure_over(why: str) -> None:
    _pressure.labels(why).set(0)
    log.info("pressure_over", why=why)


def authenticated(success: bool, client: str) -> None:
    _auth.labels("success" if success else "failure").inc()
    log.info("authenticated", success=success, client=client)


def guessing(by: str, client: str) -> None:
    """Somebody guesses passwords at the front door. by: address or account; client: the address, "" for an account."""
    _guessing.labels(by).inc()
    log.warning("guessing", by=by, client=client)


def logged_in(way: str, result: str) -> None:
    """Somebody tried to come into the console. result: success, failure, throttled or unavailable."""
    _logins.labels(way, result).inc()
    log.info("login", way=way, result=result)


def login_unavailable(way: str, why: str) -> None:
    """Whoever checks logins this way could not be asked; the reason is about servers, never about a person."""
    log.warning("login_unavailable", way=way, why=why)


def sign_on_refused(reason: str, why: str) -> None:
    """The sign-on ended without a login; why: the name of a claim or of an error, never its value."""
    log.warning("sign_on_refused", reason=reason, why="".join(ch for ch in why[:200] if ch.isprintable()))


def reader_ended(reason: str) -> None:
    _workers.labels(reason).inc()
    log.warning("reader_ended", reason=reason)


def not_scanned(message_id: str, why: str) -> None:
    """The virus scanner did not look at a mail; policy decides what that means."""
    log.warning("not_scanned", message_id=message_id, why=why)


def reloaded(policy: str, rules: int, changed: bool) -> None:
    _reloads.labels("ok").inc()
    log.info("reloaded", policy=policy, rules=rules, changed=changed)


def reload_refused(problems: list[str]) -> None:
    """What was to be read anew is wrong, the old stays. The problems are the administrator's own words, not mail."""
    _reloads.labels("refused").inc()
    log.error("reload_refused", problems=problems)


def directory_read(people: int, groups: int, skipped: int) -> None:
    """The people of the directory server are in force. skipped: entries without a usable address."""
    _directory.labels("ok").inc()
    directory_people.set(people)
    directory_read_at.set_to_current_time()
    log.info("directory_read", people=people, groups=groups, skipped=skipped)


def directory_refused(problems: list[str]) -> None:
    """The directory server cannot be read, or a group that a rule names is gone; what was in force stays."""
    _directory.labels("refused").inc()
    log.error("directory_refused", problems=problems)


def door_ended(status: int) -> None:
    """A process at the SMTP ports ended without being asked; another is started."""
    _faults.labels("smtpd").inc()
    log.error("door_ended", status=status)
