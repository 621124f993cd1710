"""When the ledger is looked at next for what is due by one way, and how much is claimed then. Pure: time comes in.

One look at the ledger costs as much as relaying several mails. So where what was claimed is gone in no time, the next
bite is larger, up to a bound: letters come behind it. While fresh mail comes in, which needs no look, what lies in the
ledger has a share of the places, so that it is never left lying for as long as mail keeps coming.
"""

from __future__ import annotations

#: Mails that are claimed at once at most.
MOST = 100
#: Seconds in which a lane gets through a claim, so that the next one may be twice as large: letters do not wait for it.
_SWALLOWED = 0.25
#: What is due in the ledger gets one place for so many fresh mails that went.
_SHARE = 4


class Appetite:
    """Of one lane. Times are the loop's clock: the wall's may be set back."""

    def __init__(self, poll_seconds: float) -> None:
        self._poll = poll_seconds
        self.look_at = 0.0  # when the ledger is looked at next
        self.more = False  # whether it is known to have something that is due
        self.bite = 0  # how much is claimed beyond the free places: the last claim was gone quickly
        self.went = 0  # fresh mails that were begun since the last claim
        self._claimed_at = 0.0

    def looks(self, at: float, fresh: int) -> bool:
        """Whether it is time. fresh: mails that wait beside."""
        return at >= self.look_at or (self.more and not fresh)

    def wake(self) -> None:
        """Look as soon as there is a place."""
        self.look_at = 0.0

    def looked(self, at: float) -> None:
        """A hint that was missed is found after so long."""
        self.look_at = at + self._poll

    def due_in(self, at: float, seconds: float) -> None:
        """Nothing is due before that."""
        self.look_at = min(self.look_at, at + seconds)

    def limit(self, room: int, fresh: int) -> int:
        """How much to claim. room: free places."""
        most = self.went // _SHARE if fresh else self.bite
        return max(1, room, min(most, MOST))

    def claimed(self, at: float, count: int, limit: int, fresh: int) -> None:
        """So many came, of at most `limit`."""
        self.more = count > 0 and count == limit
        self.went = 0
        if not fresh:
            if count:
                self.wake()  # perhaps there is more
            quick = at - self._claimed_at < _SWALLOWED
            self.bite = 0 if not self.more else min(2 * limit, MOST) if quick else limit // 2
        self._claimed_at = at
