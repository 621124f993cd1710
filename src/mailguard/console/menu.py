"""The menu of the console: which pages somebody has, and how many mails wait on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from mailguard.console.desk import Desk
from mailguard.console.waiting import count_waiting
from mailguard.mail.actor import Actor
from mailguard.mail.lifecycle import State
from mailguard.review import SEE_ALL, Filter


@dataclass(frozen=True, slots=True)
class Tab:
    """One entry of the menu."""

    path: str
    key: str
    here: bool
    count: int = 0


async def tabs_of(request: Request, desk: Desk, actor: Actor) -> Sequence[Tab]:
    """The entries for somebody who is logged in."""
    path = request.url.path.removeprefix(desk.settings.root)
    count = await count_waiting(request, actor)
    tabs = [Tab("/mine", "nav.mine", path == "/mine", count)]
    tabs.append(Tab("/history", "nav.history", path == "/history"))
    if actor.role in SEE_ALL:
        held = await desk.review.count(actor, Filter(state=State.HELD))
        tabs.append(Tab("/all?q=state%3Aheld", "nav.all", path.startswith(("/all", "/bulk")), held))
        rooms = ((desk.rules, "/policy", "nav.policy"), (desk.figures, "/figures", "nav.figures"),
                 (desk.incidents, "/incidents", "nav.incidents"), (desk.audits, "/audit", "nav.audit"))  # fmt: skip
        tabs += [Tab(one, key, path.startswith(one)) for room, one, key in rooms if room is not None]
    if desk.outside is not None:
        tabs.append(Tab("/outside", "nav.outside", path.startswith("/outside")))
    return tabs
