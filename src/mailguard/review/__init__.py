"""ROOM: what people may decide about held mail, and who may.

It trusts access for who somebody is and the ledger for what is the case; every permission is asked again inside the
transaction that changes something. It never sends: releasing only queues. What a person may not see does not exist.
"""

from mailguard.notify.offers import Offer
from mailguard.review.bulk import BULK_ACTS, Bulk, seen_only
from mailguard.review.history import MyHistory, Sent
from mailguard.review.listing import Listing
from mailguard.review.refusals import nothing_here
from mailguard.review.rights import DECIDING, SEE_ALL, may_read_body
from mailguard.review.room import Review
from mailguard.review.shown import record_to_json, view_to_json
from mailguard.review.words import (
    Act,
    AlreadyDecided,
    BulkResult,
    Choice,
    Forbidden,
    NotFound,
    Refused,
    ReviewError,
    Scope,
    View,
)
from mailguard.store.acquaintance import Background, Contact
from mailguard.store.bulk import BulkJob
from mailguard.store.looks import Reading
from mailguard.store.records import Asked, Filter, HistoryLine, MessageRecord, RecipientRecord
from mailguard.store.spool import BodyGone
from mailguard.store.tallies import Reach
from mailguard.store.trusts import TrustRecord
from mailguard.store.turned_away import RefusedMail
from mailguard.store.views import SavedView

__all__ = [
    "BULK_ACTS",
    "DECIDING",
    "SEE_ALL",
    "Act",
    "AlreadyDecided",
    "Asked",
    "Background",
    "BodyGone",
    "Bulk",
    "BulkJob",
    "BulkResult",
    "Choice",
    "Contact",
    "Filter",
    "Forbidden",
    "HistoryLine",
    "Listing",
    "MessageRecord",
    "MyHistory",
    "NotFound",
    "Offer",
    "Reach",
    "Reading",
    "RecipientRecord",
    "Refused",
    "RefusedMail",
    "Review",
    "ReviewError",
    "SavedView",
    "Scope",
    "Sent",
    "TrustRecord",
    "View",
    "may_read_body",
    "nothing_here",
    "record_to_json",
    "seen_only",
    "view_to_json",
]
