"""A mail that comes once, on stdin or through a pipe: it has no size before it has come, and may never end."""

from __future__ import annotations

import errno
from typing import BinaryIO

from mailguard.mail.saying import Sentence

#: No mail that a server takes is as large.
MOST = 2**28


def mail_from(stream: BinaryIO) -> bytes:
    """All octets. Raises OSError, also where there are too many."""
    octets = stream.read(MOST + 1)
    if len(octets) > MOST:
        raise OSError(errno.EFBIG, Sentence("{n} MB を超えています。", "more than {n} MB", n=MOST // 2**20))
    return octets
