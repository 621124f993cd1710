"""ROOM: people decide by answering a letter.

It trusts the door for who sends, the reading workers for whose words are whose, and the ledger for what the secret in
the address is bound to. It decides nothing itself: it finds out what is wished, and asks the review room through what
app puts in. What is unclear is never an act. It never answers a machine, and a stranger learns nothing.
"""

from mailguard.replies.room import Deciding, Outcome, Replies
from mailguard.replies.tickets import Bound, ReplyTickets

__all__ = ["Bound", "Deciding", "Outcome", "Replies", "ReplyTickets"]
