"""What a browser is called in letters and lists: two words out of closed lists, never the header itself."""

from __future__ import annotations

from starlette.requests import Request

_PROGRAMS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("Chrom", "Chrome"), ("CriOS", "Chrome"),
             ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_of(request: Request) -> str:
    """Such as `Safari / iPhone`; "" if nothing is known."""
    agent = request.headers.get("user-agent", "")[:500]
    found = [next((name for mark, name in names if mark in agent), "") for names in (_PROGRAMS, _SYSTEMS)]
    return " / ".join(name for name in found if name)


def client_of(request: Request) -> str:
    """The peer's address, for counting tries only."""
    return request.client.host if request.client else ""
