"""To which side of a sender's life a mail goes by its words: colleagues, private mailboxes, other companies.

A logistic regression that learns from each mail as it comes, by all of its own words, the usual ones above all, which
tell no two people apart, but a chat from a contract. What a sender inclines to without a word is a weight of his own.
Weights are whole numbers in a flat table under hashes; nothing of a text. Bounded, pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mailguard.insight.sketches import blank, under

#: A word has so many weights: colleagues, private mailboxes, other companies.
SIDES = 3
#: Words of a mail that are asked, bits of their places, what 1.0 is as a weight, and the greatest weight.
_WORDS, _BITS, _ONE, _MOST = 80, 18, 65_536, 8 * 65_536
#: How fast a sender's own weights follow; the place of these is under a hash.
_LEAN, _SENDER = 0.1, 0x51DE
#: How fast a word's weights follow, by how often it was seen: the more usual, the more slowly.
_USUAL = 4095
_RATES = [0.15 / math.sqrt(0.01 + 0.002 * seen) for seen in range(_USUAL + 1)]
#: Where people have mailboxes of their own: mail to there is another side of a sender's life than that to companies.
#: Not the policy's list of free mail: the tables were made with just these, providers of lines among them.
PRIVATE = frozenset(
    "gmail.com googlemail.com yahoo.com yahoo.co.jp ymail.com hotmail.com hotmail.co.jp outlook.com outlook.jp live.com"  # noqa: SIM905
    " live.jp msn.com email.msn.com icloud.com me.com mac.com aol.com gmx.de gmx.net web.de t-online.de proton.me"
    " protonmail.com docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp nifty.com biglobe.ne.jp ocn.ne.jp"
    " so-net.ne.jp earthlink.net mindspring.com att.net worldnet.att.net swbell.net bellsouth.net home.com excite.com"
    " netscape.net compuserve.com juno.com prodigy.net flash.net pdq.net bigfoot.com usa.net mail.com comcast.net"
    " verizon.net orange.fr free.fr qq.com 163.com 126.com naver.com".split()
)


class Sides:
    """cells: three weights for each place of a word, one after the other."""

    __slots__ = ("cells", "mask")

    def __init__(self) -> None:
        self.mask = (1 << _BITS) - 1
        self.cells = blank(4 * SIDES << _BITS).cast("i")

    def said(self, words: Sequence[int], sender: int) -> tuple[float, float, float]:
        """The logarithm of each side's probability. words: a mail's own; sender: his key."""
        cells, mask = self.cells, self.mask
        inside = private = outside = 0
        words = words[:_WORDS]
        for word in words:
            at = SIDES * (word & mask)
            inside += cells[at]
            private += cells[at + 1]
            outside += cells[at + 2]
        scale, at = _ONE * math.sqrt(len(words) or 1), SIDES * (under(sender, _SENDER) & mask)
        odds = [total / scale + cells[at + side] / _ONE for side, total in enumerate((inside, private, outside))]
        most = max(odds)
        whole = most + math.log(sum([math.exp(one - most) for one in odds]))
        return odds[0] - whole, odds[1] - whole, odds[2] - whole

    def learn(self, words: Sequence[int], sender: int, shares: Sequence[float], seen: memoryview) -> None:
        """shares: which part of the recipients each side has; seen: how many mails had a word, by its low bits."""
        wrong = [math.exp(said) - share for said, share in zip(self.said(words, sender), shares, strict=True)]
        cells, mask = self.cells, self.mask
        words = words[:_WORDS]
        known, scale = len(seen) - 1, _ONE / math.sqrt(len(words) or 1)
        steps: dict[int, tuple[int, int, int]] = {}
        one, two, three = wrong
        for word in words:
            times, at = seen[word & known], SIDES * (word & mask)
            if times not in steps:
                rate = scale * _RATES[min(times, _USUAL)]
                steps[times] = int(rate * one), int(rate * two), int(rate * three)
            inside, private, outside = steps[times]
            inside, private, outside = cells[at] - inside, cells[at + 1] - private, cells[at + 2] - outside
            if -_MOST < inside < _MOST and -_MOST < private < _MOST and -_MOST < outside < _MOST:
                cells[at], cells[at + 1], cells[at + 2] = inside, private, outside
        at = SIDES * (under(sender, _SENDER) & mask)
        for side in range(SIDES):
            cells[at + side] = min(_MOST, max(-_MOST, cells[at + side] - int(_LEAN * _ONE * wrong[side])))

    def follow(self, other: Sides) -> None:
        """Take in another node's weights: the mean where both have one."""
        mine, theirs = self.cells, other.cells
        for at, weight in enumerate(theirs):
            if weight:
                mine[at] = (mine[at] + weight) // 2 if mine[at] else weight


def side_of(domain: str, own: set[str]) -> int:
    """0: of the organisation; 1: private mailboxes; 2: another company."""
    return 0 if domain in own else 1 if domain in PRIVATE else 2
