"""Every number that keeps one mail from filling the house, in one place, and the Budget that one reading spends.

A limit that is reached is a Finding, never an exception that leaves the room. Time is the parent's business (workers),
since nothing here looks at a clock; everything else is counted. Nothing is global: each reading has its own Budget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mailguard.mail.facts import Finding

#: Members up to this size are unpacked whatever their ratio: text of one letter is no bomb.
SMALL_MEMBER = 2**20
#: What is read of a mail in the server's own process: so many octets of text as it is encoded, and of a part's header,
#: and so many parts.
HERE_TEXT, HERE_HEADER, HERE_PARTS = 16 * 1024, 2000, 5


class NotHere(BaseException):
    """A mail has more than text and files in which nothing can be read, and is not read in the server's own process. No
    guard inside the reader stops it.
    """


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Limits of one reading. seconds, cpu_seconds and memory_bytes hold for the worker; the rest is counted here."""

    seconds: float = 10.0
    cpu_seconds: int = 20
    memory_bytes: int = 512 * 2**20
    mail_bytes: int = 128 * 2**20
    depth: int = 8  # archives and messages inside one another
    multiparts: int = 100  # multiparts inside one another
    members: int = 2000  # of all archives together
    expanded_bytes: int = 200 * 2**20  # out of all archives together
    member_bytes: int = 64 * 2**20  # of one file out of an archive: what it says takes several times as much memory
    ratio: int = 200  # expanded : packed, of members above a megabyte
    pages: int = 2000  # of one document
    parts: int = 1000
    readings: int = 60  # second readings of ambiguous parts
    passwords: int = 20  # tried on each file that needs one
    rounds: int = 3_000_000  # of hashing while passwords of documents are tried, all files together
    slow_bytes: int = 4 * 2**20  # read in pure Python (ZipCrypto, LHA), some 2 MB a second; keys count too
    header_bytes: int = 2**20  # of one header block
    text_chars: int = 8_000_000  # kept of each text
    texts_chars: int = 16_000_000  # kept of all texts together
    personal_chars: int = 20_000_000  # searched for personal data, all texts together
    html_chars: int = 1_000_000
    values: int = 10_000  # kept of each class of personal data
    findings: int = 200


@dataclass(slots=True)
class Budget:
    """What one reading has left, and the findings it made: each once, at most `findings` of them."""

    limits: ReadingLimits
    parts: int = 0
    members: int = 0
    expanded: int = 0
    readings: int = 0
    rounds: int = 0
    slow: int = 0
    kept: int = 0  # characters
    here: bool = False  # in the server's own process, which reads text, and opens no file
    #: Passwords that the mail itself gives away, likeliest first; asked for only when a file needs one.
    passwords: Callable[[], tuple[str, ...]] = tuple
    _seen: dict[tuple[str, str, str], None] = field(default_factory=dict)

    def find(self, code: str, where: str, detail: str) -> None:
        """Note a finding. Where there are too many already, one of a new kind is noted all the same."""
        if len(self._seen) < self.limits.findings or not self.found(code):
            self._seen[(code, where[:200], detail[:300])] = None

    def leave(self, *, unless: bool = False) -> None:
        """Called wherever more begins than headers and text. Raises NotHere in the server's own process."""
        if self.here and not unless:
            raise NotHere

    def findings(self) -> tuple[Finding, ...]:
        """What was noted so far, in order."""
        return tuple(Finding(*one) for one in self._seen)

    def found(self, code: str) -> bool:
        """Whether a finding of this code was noted."""
        return any(one[0] == code for one in self._seen)

    def take_part(self) -> bool:
        """Count one MIME part. False: one too many."""
        self.parts += 1
        if self.parts > self.limits.parts:
            self.find("too_many_parts", "mail", f"more than {self.limits.parts} parts; the rest was not read")
            return False
        return True

    def take_member(self, where: str) -> bool:
        """Count one archive member. False: one too many."""
        self.members += 1
        if self.members > self.limits.members:
            self.find("limit_reached", where, f"more than {self.limits.members} archive members; the rest was not read")
            return False
        return True

    def take_reading(self, where: str) -> bool:
        """Count one second reading of an ambiguous part. False: one too many."""
        self.readings += 1
        if self.readings > self.limits.readings:
            self.find(
                "limit_reached", where, f"more than {self.limits.readings} second readings; the rest was not read"
            )
            return False
        return True

    def take_slow(self, octets: int, where: str) -> bool:
        """Count octets that only pure Python can read. False: too many."""
        if self.slow + octets > self.limits.slow_bytes:
            limit = self.limits.slow_bytes
            self.find("limit_reached", where, f"more than {limit} octets that are slow to read; the rest was not read")
            return False
        self.slow += octets
        return True

    def take_rounds(self, rounds: int) -> bool:
        """Count the rounds of hashing that one try of a password costs. False: too many, it is not to be tried."""
        self.rounds += rounds
        return self.rounds <= self.limits.rounds

    def keep(self, text: str, where: str) -> str:
        """A text at its limit, and at what is left for all of them."""
        most = min(self.limits.text_chars, max(0, self.limits.texts_chars - self.kept))
        if len(text) > most:
            self.find("limit_reached", where, "the text is longer than what is kept of it")
            text = text[:most]
        self.kept += len(text)
        return text

    @property
    def left(self) -> int:
        """Octets that may still come out of archives."""
        return max(0, self.limits.expanded_bytes - self.expanded)

    @property
    def left_for_one(self) -> int:
        """Octets that one file out of an archive may have."""
        return min(self.left, self.limits.member_bytes)

    def spend(self, octets: int) -> None:
        """Count octets that came out of an archive."""
        self.expanded += octets
