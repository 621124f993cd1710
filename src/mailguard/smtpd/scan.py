"""What is found in a message while it streams by: where it ends, its true octets, and why it must be refused.

By DATA a message ends at CRLF . CRLF and nowhere else (RFC 5321 section 4.1.1.4); by BDAT where its last chunk does
(RFC 3030). Either way bare CR or LF refuses it, so that no two servers can disagree on where it ends, and the same
message gives the same octets. It trusts nothing, parses no header but counts one, and changes no octet except for the
dots that were stuffed and the line end that BDAT may leave out. Pure.
"""

from __future__ import annotations

import re

from mailguard.mail import reply as replies
from mailguard.mail.lines import dotted, have_lone
from mailguard.mail.reply import Reply
from mailguard.smtpd.settings import DoorLimits

_END = b"\r\n.\r\n"
_RECEIVED = re.compile(rb"\r\nReceived[ \t]*:", re.IGNORECASE)
#: For a server that drops NUL (RFC 6152 section 3 has none) such a line ends the message, or loses its dot.
_HIDDEN_DOT = re.compile(rb"\r\n\0+\.")
_NAME_MAX = 64  # of a field's name with the CRLF before it and white space behind, across two blocks


def plain_message(at_hand: bytes | bytearray, limits: DoorLimits, most: int) -> tuple[bytes, int] | None:
    """The true octets of a message by DATA, if it begins here, is whole and small, and surely has nothing wrong with
    it; and how many octets it takes with its final dot. None: ask `Scan`, which would give the same.
    """
    dot = dotted(at_hand, 0, min(len(at_hand), most + len(_END)))
    if dot < 0 or at_hand.startswith(b".\r\n"):  # an empty message ends before that
        return None
    stuffs = not at_hand.startswith(_END, dot)  # RFC 5321 section 4.5.2
    end = at_hand.find(_END, dot, most + len(_END)) if stuffs else dot
    if end < 0:
        return None
    octets = bytes(memoryview(at_hand)[: end + 2])
    if octets.startswith(b"."):
        octets = octets[1:]
    if stuffs:
        octets = octets.replace(b"\r\n.", b"\r\n")
    size = len(octets)
    if size > min(most, limits.message_bytes) or have_lone(octets) or b"\0" in octets:  # a hidden dot: perhaps
        return None
    if size > limits.line_bytes + 2 and unended(octets, limits.line_bytes, 0) is None:
        return None
    header = octets.find(b"\r\n\r\n")
    # Too many, by a generous count that takes no regular expression.
    if octets[: header if header >= 0 else size].lower().count(b"received") > limits.received:
        return None
    return octets, end + len(_END)


def unended(octets: bytes, most: int, begun: int) -> int | None:
    """How many octets the last line has so far, without its end; None where a line has more than `most`. begun: octets
    of the first line that came before. Jumps from line end to line end, as far apart as a line may be long.
    """
    start = 0
    while len(octets) - start + begun > most:
        end = octets.rfind(b"\r\n", start, start + most - begun + 2)
        if end < 0:
            return None
        start, begun = end + 2, 0
    last = octets.rfind(b"\r\n", start)
    return len(octets) - last - 2 if last >= 0 else begun + len(octets) - start


class _Look:
    """The message's true octets so far, and why it must be refused. `size` is in octets without stuffed dots (RFC 1870
    section 3). No CRLF is cut in two between calls.
    """

    def __init__(self, limits: DoorLimits) -> None:
        self._limits = limits
        self._line = 0  # octets of the line that is not finished yet
        self._fields = b"\r\n"  # the start of the header line that is not finished yet; b"" in its middle
        self._in_header = True
        self._start = b"\r\n"  # the line that is not finished yet, if it is empty or begins with NUL and nothing else
        self.received = 0
        self.size = 0
        self.refusal: Reply | None = None

    def _look_at(self, octets: bytes) -> None:
        self.size += len(octets)
        if self._in_header:
            self._count_received(octets)
        if self.refusal is None:
            self.refusal = self._fault_in(octets)

    def _fault_in(self, octets: bytes) -> Reply | None:
        """The first thing wrong with these octets. Quick ways only: this sees every octet of every mail."""
        if self.size > self._limits.message_bytes:
            return replies.TOO_LARGE
        if have_lone(octets):
            return replies.BARE_LINE_ENDING
        if self._has_hidden_dot(octets):
            return replies.HIDDEN_DOT
        if self._has_long_line(octets):
            return replies.LINE_TOO_LONG
        if self.received > self._limits.received:
            return replies.LOOP
        return None

    def _has_hidden_dot(self, octets: bytes) -> bool:
        """Whether a line begins with NUL and a dot; lines may be cut by blocks."""
        if b"\0" not in octets and self._start[-1:] != b"\0":
            if octets:
                self._start = b"\r\n" if octets.endswith(b"\r\n") else b""
            return False
        seen = self._start + octets
        last = seen[max(seen.rfind(b"\r\n"), 0) :]
        self._start = last[:3] if last[:2] == b"\r\n" and not last[2:].strip(b"\0") else b""
        return _HIDDEN_DOT.search(seen) is not None

    def _has_long_line(self, octets: bytes) -> bool:
        line = unended(octets, self._limits.line_bytes, self._line)
        self._line = line or 0
        return line is None

    def _count_received(self, octets: bytes) -> None:
        """Count Received fields up to the empty line (RFC 5321 section 6.3); lines may be cut by blocks."""
        seen = self._fields + octets
        end = seen.find(b"\r\n\r\n")
        self._in_header = end < 0
        self.received += len(_RECEIVED.findall(seen if end < 0 else seen[:end]))
        last = seen[max(seen.rfind(b"\r\n"), 0) :][:_NAME_MAX] if b"\r\n" in seen else b""
        self._fields = b"" if _RECEIVED.match(last) or len(last) == _NAME_MAX else last


class Scan(_Look):
    """A message that comes by DATA. `feed` any blocks, cut anywhere: the results together are the same."""

    def __init__(self, limits: DoorLimits) -> None:
        super().__init__(limits)
        self.dotted = False  # whether a line of the message begins with a dot
        # The CRLF of the DATA command counts: an empty message ends by ".CRLF" alone.
        self._carry = b"\r\n"
        self._skip = 2

    def feed(self, block: bytes) -> tuple[bytes, bytes | None]:
        """(octets of the message, what follows its end). The second is None until the end was seen."""
        seen = self._carry + block
        dot = dotted(seen)
        end = seen.find(_END, dot) if dot >= 0 else -1
        if end >= 0:
            return self._unstuffed(seen[: end + 2], stuffed=end > dot), seen[end + len(_END) :]
        # What may be the start of the end, or of a stuffed dot, waits for the next block; so no CRLF is ever
        # cut in two.
        held = next((n for n in (4, 3, 2, 1) if seen.endswith(_END[:n])), 0)
        self._carry = seen[len(seen) - held :]
        return self._unstuffed(seen[: len(seen) - held], stuffed=dot >= 0), None

    def _unstuffed(self, octets: bytes, *, stuffed: bool) -> bytes:
        if stuffed:
            octets = octets.replace(b"\r\n.", b"\r\n")  # RFC 5321 section 4.5.2
            self.dotted = True
        if self._skip and octets:
            octets, self._skip = octets[self._skip :], 0
        self._look_at(octets)
        return octets


class ChunkScan(_Look):
    """A message that comes by BDAT, octet for octet, in chunks and blocks cut anywhere."""

    def __init__(self, limits: DoorLimits) -> None:
        super().__init__(limits)
        self._carry = b""
        self._ended = True  # the last line has its CRLF

    def feed(self, block: bytes) -> bytes:
        """The octets that can be looked at; a CR waits for its LF."""
        octets = self._carry + block
        self._carry = b""
        if octets.endswith(b"\r"):
            octets, self._carry = octets[:-1], b"\r"
        if octets:
            self._ended = octets.endswith(b"\r\n")
        self._look_at(octets)
        return octets

    def end(self) -> bytes:
        """What is still to come. A last line without its end gets one here, before it is judged: by DATA no other mail
        can be passed on.
        """
        octets = self._carry or (b"" if self._ended else b"\r\n")
        self._look_at(octets)
        return octets
