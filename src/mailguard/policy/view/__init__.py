"""A case prepared for looking at: recipients with what is known of each, files laid flat, texts folded, gaps
named.

Everything is worked out once per mail and only when a condition asks. It decides nothing; what could not be
read is kept as a gap, so that conditions can say that they do not know.
"""

from __future__ import annotations

from mailguard.policy.view.files import File
from mailguard.policy.view.people import PeopleView, Seen
from mailguard.policy.view.texts import TextsView

__all__ = ["File", "Seen", "View"]


class View(PeopleView, TextsView):
    """One case, looked at by many conditions."""
