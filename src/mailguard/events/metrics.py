"""What is counted: every metric with its labels, declared once. No address, no text of a mail is ever a label.

Only the functions beside this file count, each with its log line, so that a log and a figure never disagree; gauges
that go with no event are set by the room that reads them.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry(auto_describe=True)

received = Counter(
    "mailguard_messages_received", "Messages taken or refused at the door", ["outcome"], registry=REGISTRY
)
rule_hits = Counter("mailguard_rule_hits", "Rules that fired", ["rule", "mode"], registry=REGISTRY)
replies = Counter("mailguard_replies", "Answers to letters", ["outcome"], registry=REGISTRY)
decisions = Counter("mailguard_decisions", "Decisions on held mail", ["event", "via"], registry=REGISTRY)
nudges = Counter("mailguard_nudges", "People reminded or asked as well", ["kind"], registry=REGISTRY)
confirmed = Counter("mailguard_challenges_confirmed", "Mails handed in again", registry=REGISTRY)
outcomes = Counter("mailguard_upstream_outcomes", "Tries, by recipient", ["result", "upstream"], registry=REGISTRY)
unknown = Counter("mailguard_upstream_unknown", "Final dots without a reply", ["upstream"], registry=REGISTRY)
letters = Counter("mailguard_letters", "Letters written", ["kind"], registry=REGISTRY)
chat = Counter("mailguard_chat_messages", "Messages to chat channels", ["kind", "result"], registry=REGISTRY)
letters_late = Gauge("mailguard_letters_late", "Letters that have waited too long", registry=REGISTRY)
channels_failing = Gauge("mailguard_channels_failing", "Chat channels that take no messages", registry=REGISTRY)
insight_learned = Gauge("mailguard_insight_learned", "Mails that the model has learnt", registry=REGISTRY)
faults = Counter("mailguard_faults", "Faults of the house", ["room"], registry=REGISTRY)
refused = Counter(
    "mailguard_door_refused", "Commands and connections refused at the door", ["reason"], registry=REGISTRY
)
auth = Counter("mailguard_auth", "Logins at the door", ["result"], registry=REGISTRY)
guessing = Counter(
    "mailguard_login_guessing", "Addresses and accounts with too many failed logins", ["by"], registry=REGISTRY
)
logins = Counter("mailguard_logins", "Logins at the console", ["way", "result"], registry=REGISTRY)
workers = Counter("mailguard_reader_ends", "Reading workers that ended", ["reason"], registry=REGISTRY)
policy_refused_now = Gauge(
    "mailguard_policy_refused", "1 while a change of the policy is refused and the old one stays", registry=REGISTRY
)
reloads = Counter("mailguard_reloads", "Reloads of policy", ["result"], registry=REGISTRY)
dot_seconds = Histogram(
    "mailguard_final_dot_seconds", "From the final dot to our reply", registry=REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
directory = Counter("mailguard_directory_reads", "Readings of the directory server", ["result"], registry=REGISTRY)
directory_people = Gauge("mailguard_directory_people", "People of the directory server in force", registry=REGISTRY)
directory_read_at = Gauge(
    "mailguard_directory_read_timestamp_seconds", "When the people in force were read", registry=REGISTRY
)
admission_refused = Counter(
    "mailguard_admission_refused", "Mails and clients sent away for later, before something ran out", ["why"],
    registry=REGISTRY,
)  # fmt: skip
pressure = Gauge("mailguard_pressure", "1 while there is too little of it", ["why"], registry=REGISTRY)
disk_free = Gauge("mailguard_disk_free_bytes", "Free to us, by file system", ["place"], registry=REGISTRY)
memory_used = Gauge("mailguard_memory_bytes", "This process and those it started", registry=REGISTRY)
messages_under_way = Gauge("mailguard_messages_under_way", "Between DATA and its reply", registry=REGISTRY)
loop_lag = Histogram(
    "mailguard_loop_lag_seconds", "How late the event loop comes to what is due", registry=REGISTRY,
    buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)  # fmt: skip
doors = Gauge("mailguard_doors", "Processes at the SMTP ports", registry=REGISTRY)
log_lines_lost = Gauge("mailguard_log_lines_lost", "Log lines that could not be written", registry=REGISTRY)
held_now = Gauge("mailguard_held", "Mails waiting for a decision", registry=REGISTRY)
queued_now = Gauge("mailguard_queued", "Mails waiting for the upstream", registry=REGISTRY)
waiting = Gauge("mailguard_upstream_queue", "Copies queued, by their way", ["upstream"], registry=REGISTRY)
sick = Gauge(
    "mailguard_upstream_sick", "1 while an upstream cannot be reached, or is no more", ["upstream"], registry=REGISTRY
)
