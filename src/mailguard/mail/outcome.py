"""What became of one recipient in one try at the upstream: three outcomes, never a bool; unknown means later."""

from __future__ import annotations

import enum

from mailguard.mail.values import value


class Result(enum.StrEnum):
    """RELAYED: upstream answered 2xx to the final dot. FAILED: 5xx, in so many words. DEFERRED: everything else."""

    RELAYED = "relayed"
    DEFERRED = "deferred"
    FAILED = "failed"


@value(frozen=True, slots=True)
class Outcome:
    """One recipient's outcome. code: SMTP code, None if there was no answer; text: the upstream's words or our cause.

    unknown: the final dot went out and no reply came: it may have been taken (retried, counted).
    reports: whoever took it tells the sender what he asked to be told (RFC 3461). mta: the server that answered, "" if
    none did. about_us: the server refuses us (login, TLS, who we are), not the mail.
    """

    result: Result
    code: int | None
    text: str
    unknown: bool = False
    reports: bool = False
    mta: str = ""
    about_us: bool = False


def result_of(code: int | None) -> Result:
    """Translate an SMTP code (None: no answer)."""
    match code:
        case int() if 200 <= code < 300:
            return Result.RELAYED
        case int() if 500 <= code < 600:
            return Result.FAILED
        case _:
            return Result.DEFERRED
