"""ROOM: "I sent it to the wrong person": stop what can still be stopped, write down what is known, keep the register.

It trusts the ledger for what went where. What was relayed cannot be taken back; this room says to whom, when, and what
it held, and what the law asks then. `room` is the desk, `facts` what is written down of a mail and told of an incident.
"""

from mailguard.incident.facts import facts_of, is_out, values_of
from mailguard.incident.room import (
    AlreadyClosed,
    AlreadyOpen,
    Answered,
    IncidentRoom,
    NoIncident,
    NoReason,
    WrongMoment,
    may_end,
    may_report,
    version_of,
)  # fmt: skip
from mailguard.store.incidents import Incident

__all__ = [
    "AlreadyClosed",
    "AlreadyOpen",
    "Answered",
    "Incident",
    "IncidentRoom",
    "NoIncident",
    "NoReason",
    "WrongMoment",
    "facts_of",
    "is_out",
    "may_end",
    "may_report",
    "values_of",
    "version_of",
]
