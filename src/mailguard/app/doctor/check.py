"""One thing that was looked at: a name for scripts, how it stands, what was seen, and what to do about it.

A detail names hosts, files and numbers of the administrator's own; never a mail, a person, or a secret.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from mailguard.mail.saying import Sentence, reason_of

Status = Literal["pass", "warn", "fail"]
#: What to do about files that belong to another user.
AS_ITS_USER = Sentence(
    "mailguard の実行ユーザーで doctor を実行するか、chown で所有者を直してください。",
    "run doctor as mailguard's user; chown it",
)
#: No look takes longer: a server that says nothing is a finding, too.
PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Check:
    """Contract section 2. detail, remedy: in both languages as a rule (mail.saying)."""

    name: str
    status: Status
    detail: str
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        """The keys that scripts read."""
        return {"name": self.name, "status": self.status, "detail": self.detail, "remedy": self.remedy}


def good(name: str, detail: str) -> Check:
    """It is as it should be."""
    return Check(name, "pass", detail)


def warning(name: str, detail: str, remedy: str) -> Check:
    """Mail flows, but it will not stay so, or less is safe than seems."""
    return Check(name, "warn", detail, remedy)


def failing(name: str, detail: str, remedy: str) -> Check:
    """Mail does not flow, or is not safe."""
    return Check(name, "fail", detail, remedy)


async def bounded(name: str, look: Awaitable[Iterable[Check]], remedy: str) -> list[Check]:
    """What a look finds; one that breaks or takes too long has failed."""
    try:
        async with asyncio.timeout(PATIENCE):
            return list(await look)
    except TimeoutError:
        return [
            failing(name, Sentence("{n:g} 秒以内に応答がありません。", "no answer within {n:g} s", n=PATIENCE), remedy)
        ]
    except PermissionError as error:
        where = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return [failing(name, where + reason_of(error), AS_ITS_USER)]
    except Exception as error:  # a doctor that dies of what it finds is of no use
        why = Sentence(
            "調べられませんでした({kind}): {error}", "{kind}: {error}", kind=type(error).__name__, error=error
        )
        return [failing(name, why, remedy)]


async def in_thread(look: Callable[[], Iterable[Check]]) -> list[Check]:
    """A look that blocks."""
    return await asyncio.to_thread(lambda: list(look()))
