"""What belongs to one person: when he is away and who takes his place, and about whom he need not be asked again.

Nothing here changes on a GET.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.desk import Desk, desk_of
from mailguard.console.present import Speaker
from mailguard.console.queue import rule_names
from mailguard.console.visit import checked_form, field, go, hand_over, speaker, unscoped_visitor
from mailguard.mail.actor import Actor
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.verdict import Because
from mailguard.notify.phrases import listed
from mailguard.review import Refused, TrustRecord, nothing_here
from mailguard.review.absences import AbsenceReview, Away

_SEPARATORS = re.compile(r"[,;、；\s]+")
_DONE = frozenset({"away", "back", "untrust"})


@dataclass(frozen=True, slots=True)
class AwayLine:
    """An absence in words. now: it has begun."""

    id: int
    days: str
    people: str
    by: str
    now: bool


@dataclass(frozen=True, slots=True)
class TrustLine:
    """A recipient about whom the rules need not ask again. whose: "" for oneself."""

    id: int
    recipient: str
    rules: str
    until: str
    whose: str
    by: str


@dataclass(frozen=True, slots=True)
class Written:
    """What the form says, to be shown in it again."""

    first: str = ""
    last: str = ""
    delegates: str = ""


async def show_settings(request: Request) -> Response:
    """GET /settings."""
    done = request.query_params.get("done", "")
    return await _page(request, done=done if done in _DONE else "")


async def leave(request: Request) -> Response:
    """POST /settings/absences: say when one is away."""
    form = await checked_form(request)
    _, by, actor, absences = await _admitted(request)
    written = Written(field(form, "first", 20), field(form, "last", 20), field(form, "delegates", 2000))
    try:
        first, last = _day(written.first), _day(written.last or written.first)
        await absences.leave(actor, first, last, _colleagues(written.delegates))
    except Refused as error:
        because = error.reason
        wrong = because.ja if by.language == "ja" else because.en
        return await _page(request, wrong=wrong, written=written, status=422)
    return go(request, "/settings?done=away")


async def come_back(request: Request) -> Response:
    """POST /settings/absences/{id}: end it, or take it back."""
    await checked_form(request)
    _, _, actor, absences = await _admitted(request)
    await absences.come_back(actor, number_in(request))
    return go(request, "/settings?done=back")


def number_in(request: Request) -> int:
    """The number in the address; 0, which nothing has, for what is none."""
    text = str(request.path_params["id"])
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0


async def ask_again(request: Request) -> Response:
    """POST /settings/trusts/{id}: the rules ask about this recipient again."""
    await checked_form(request)
    desk = desk_of(request)
    _, actor = await unscoped_visitor(request)
    await desk.review.untrust(actor, number_in(request))
    return go(request, "/settings?done=untrust")


async def _admitted(request: Request) -> tuple[Desk, Speaker, Actor, AbsenceReview]:
    desk = desk_of(request)
    visitor, actor = await unscoped_visitor(request)
    if desk.absences is None:
        raise nothing_here()
    return desk, speaker(desk, visitor), actor, desk.absences


async def _page(
    request: Request, *, done: str = "", wrong: str = "", written: Written | None = None, status: int = 200
) -> Response:
    desk, by, actor, absences = await _admitted(request)
    own, others = await absences.of(actor), await absences.standing_in(actor)
    return await hand_over(
        request,
        "settings.html",
        status=status,
        done=by.say(f"away.done.{done}") if done else "",
        wrong=wrong,
        own=[_line(one, by, one.delegates) for one in own],
        trusts=[trusted_line(one, by, actor.address, rule_names(desk, by)) for one in await desk.review.trusts(actor)],
        others=[_line(one, by, (one.person,)) for one in others],
        written=written or Written(),
        today=desk.now().astimezone(ZoneInfo(by.timezone)).date().isoformat(),
    )


def _line(one: Away, by: Speaker, people: Sequence[str]) -> AwayLine:
    days = by.say("away.days", first=_date(one.first, by), last=_date(one.last, by))
    return AwayLine(
        one.id,
        _date(one.first, by) if one.first == one.last else days,
        listed(people, by.language, 5) if people else "",
        one.set_by if one.set_by != one.person else "",
        one.now,
    )


def trusted_line(one: TrustRecord, by: Speaker, person: str, named: Mapping[str, str]) -> TrustLine:
    """One of them in words. named: what rules are called, by id; one that is no more goes by its id."""
    kind, _, name = one.whose.partition(":")
    whose = {
        "person": "" if name == person else name,
        "group": by.say("trusts.group", name=name),
        "company": by.say("trusts.company"),
    }[kind]
    until = by.say("trusts.until", day=_date(one.until.astimezone(ZoneInfo(by.timezone)).date(), by))
    said_by = "" if one.said_by == person else by.say("away.by", person=one.said_by)
    rules = listed([named.get(rule) or rule for rule in one.rules], by.language, 5, unit="件")
    return TrustLine(one.id, one.recipient, rules, until, whose, said_by)


def _date(day: date, by: Speaker) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if by.language == "ja" else f"{day:%d %b %Y}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        ja = f"日付を 2026-12-28 の形で入力してください: {text[:20]}"
        raise Refused(Because(ja, f"Write a day such as 2026-12-28: {text[:20]}")) from None


def _colleagues(text: str) -> tuple[Address, ...]:
    found = []
    for one in filter(None, _SEPARATORS.split(text)):
        try:
            found.append(parse_address(one))
        except AddressError:
            ja = f"メールアドレスではありません: {one[:60]}"
            raise Refused(Because(ja, f"Not a mail address: {one[:60]}")) from None
    return tuple(found)
