"""Places divided among clients so that nobody who comes later finds all of them taken.

A client may hold at most three times as many places as are free: alone it gets three quarters of them, of two each
three sevenths, and a newcomer always finds one. It counts and decides; it waits for nobody and knows no names but keys.
"""

from __future__ import annotations

from collections import Counter

#: How many places a client may hold for each that is free. One number is fair among any number of clients, and needs
#: no knowledge of how many there are (dynamic thresholds: Choudhury and Hahne, 1998).
_FOR_EACH_FREE = 3


def fair_share(free: int) -> int:
    """How many places one client may hold while so many are free."""
    return max(0, free) * _FOR_EACH_FREE


class Shares:
    """So many places, counted by client."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._held: Counter[str] = Counter()
        self._total = 0

    def __len__(self) -> int:
        return self._total

    def take(self, key: str) -> bool:
        """Take a place. False: this client has its share already, and nothing was taken."""
        if self._held[key] >= fair_share(self._places - self._total):  # a Counter does not remember who only asked
            return False
        self._held[key] += 1
        self._total += 1
        return True

    def give(self, key: str) -> None:
        """Give a place back that was taken."""
        self._held[key] -= 1
        self._total -= 1
        if self._held[key] <= 0:
            del self._held[key]
