"""The page of one mail: the reason as its headline, one decision, then who, what, the text, and what happened so
far; and the answer to the form of that decision.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mailguard.console import choices, people, previews
from mailguard.console.acts import Unanswered, perform
from mailguard.console.content import body_values, facts_again
from mailguard.console.decision import NOTHING, Given
from mailguard.console.desk import Desk, desk_of
from mailguard.console.headline import twins
from mailguard.console.mail_values import Told, mail_values, risky_of
from mailguard.console.misdelivery import misdelivery
from mailguard.console.present import Speaker
from mailguard.console.problems import decided_words, not_found
from mailguard.console.risky import Risky
from mailguard.console.visit import SEES_ALL, checked_form, field, go, hand_over, known_visitor, speaker
from mailguard.mail.actor import Actor
from mailguard.mail.lifecycle import State
from mailguard.notify.letter_choices import SENT_WRONG
from mailguard.review import Act, Background, Reading, View, nothing_here

#: Words of ?done= that a page repeats; anything else is not said.
DONE = frozenset({
    "release", "changed", "send-now", "cancel", "hold", "approve", "reject", "remove", "login", "urgent",
    "resume", "comment", "forward", "alter", "untrusted", "correct",
    "misdelivery", "misdelivery-end",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What one rule says of the mail. hit: None if it could not be decided again."""

    id: str
    hit: bool | None
    word: str
    mode: str
    why: str


@dataclass(frozen=True, slots=True)
class Why:
    """Every rule, and under which policy and from what it was asked."""

    notes: tuple[str, ...]
    rules: tuple[Answer, ...]


async def show_message(request: Request) -> Response:
    """GET /messages/{id}."""
    visitor, actor = await known_visitor(request)
    message_id = request.path_params["id"]
    if not visitor.may_see(message_id):
        raise not_found()
    desk = desk_of(request)
    view = await desk.review.show(actor, message_id)
    if request.method == "GET" and "prefetch" not in request.headers.get("sec-purpose", ""):
        desk.review.opened(actor, view)
    return await page_of(request, actor, view)


async def act(request: Request) -> Response:
    """POST /messages/{id}/act: decide, then show the mail as it is now. What is not answered decides nothing."""
    desk = desk_of(request)
    form = await checked_form(request)
    visitor, actor = await known_visitor(request)
    message_id = request.path_params["id"]
    if not visitor.may_see(message_id):
        raise not_found()
    if field(form, "act", 40) == "look":  # Enter in a field: nothing is decided by accident
        return go(request, f"/messages/{message_id}")
    view = await desk.review.show(actor, message_id)
    fresh = await facts_again(desk, actor, view.record, "text", asked=bool(field(form, "body", 10)))
    try:
        done = await perform(desk, actor, view, risky_of(view.record, fresh), form)
    except Unanswered as open_question:
        return await page_of(
            request, actor, view, Given(open_question.answers, tried=True, joined=open_question.joined)
        )
    if field(form, "back", 10) == "mine" and visitor.scope is None:
        return go(request, f"/mine?done={done}")
    return go(request, f"/messages/{message_id}?done={done}")


async def page_of(request: Request, actor: Actor, view: View, given: Given = NOTHING) -> Response:
    """The page of a mail for somebody who may see it. given: what he answered so far."""
    desk, (visitor, _) = desk_of(request), await known_visitor(request)
    by, asked = speaker(desk, visitor), request.query_params
    # What is read for the questions is shown on the page as its text is.
    reading: Reading = "unmasked" if "unmasked" in asked else "text"
    fresh = await facts_again(desk, actor, view.record, reading, asked="body" in asked)
    what = risky_of(view.record, fresh)
    everybody = asked.get("people") == "all"
    if given is NOTHING and "choice" in asked:
        given = proposed(view, what, asked["choice"])
    told = Told(await _known(desk, view, what, everybody), fresh, given, everybody)
    mail = mail_values(view, by, actor.address, told)
    done = asked.get("done", "")
    wrong = _before(view, by, actor.address) if done == "before" else mail.decision.wrong
    return await hand_over(
        request,
        "message.html",
        status=422 if mail.decision.wrong else 200,
        done=by.say(_done(done, view)) if done in DONE else "",
        wrong=wrong,
        mail=mail,
        body=await body_values(request, desk, actor, view, by),
        why=await _why(desk, actor, view, by),
        slip=await misdelivery(desk, actor, view, by, proposed=asked.get("choice") == SENT_WRONG),
    )


def _done(done: str, view: View) -> str:
    """The sentence for what was done; whoever replaced a recipient hears whether that was all."""
    waits = done == str(Act.CORRECT) and view.record.state is State.HELD
    return f"done.{done}.waits" if waits else f"done.{done}"


def proposed(view: View, what: Risky, choice: str) -> Given:
    """What a letter's link proposes: answers that are not given yet, or a button to stand on. It never acts."""
    if choices.PROPOSED.get(choice) not in view.acts:
        return Given({})
    answers = choices.preselected(choices.items(view, what), choice)
    return Given(answers, focus=choices.CHOICES.get(choice, ""))


async def _known(desk: Desk, view: View, what: Risky, everybody: bool) -> Background | None:
    """What the ledger remembers of the people and files on the page, while it matters to a decision."""
    record = view.record
    if record.state is not State.HELD:
        return None
    there = people.shown(record, what, everybody=everybody)
    asked = [*twins(record), *(one.address for one in there.recipients if one.external)]
    digests = {one.sha256 for one in record.facts.attachments[: previews.MOST_FILES] if not one.inline}
    return await desk.review.background(view, asked, digests)


async def _why(desk: Desk, actor: Actor, view: View, by: Speaker) -> Why | None:
    """Every rule and its answer, for those who look after the rules; None for others, or where it is not recorded."""
    if desk.rules is None or actor.role not in SEES_ALL:
        return None
    said = await desk.rules.explain(view.record.id, await facts_again(desk, actor, view.record, "text"))
    if said is None:
        return None
    say, same = by.say, said["judged_by"] == said["policy"]
    notes = [say("explain.same") if same else say("explain.other", hash=said["judged_by"][:12])]
    if not said["texts"]:
        notes.append(say("explain.texts"))
    words = {True: say("explain.hit"), False: say("explain.miss"), None: say("explain.unknown")}
    rules = [
        Answer(
            rule["id"], rule["hit"], words[rule["hit"]], say(f"policy.mode.{rule['mode']}"), rule["why"][by.language]
        )
        for rule in said["rules"]
    ]
    return Why(tuple(notes), tuple(rules))


def _before(view: View, by: Speaker, person: str) -> str:
    """For whoever pressed a button in a tab that came too late: it did nothing, and who decided."""
    if view.record.state is State.HELD:
        return by.say("before.open")
    done = [(r.decided_at, r) for r in view.record.recipients if r.decided_at is not None]
    at, last = max(done, key=lambda pair: pair[0], default=(None, None))
    return decided_words(by, person, last.decided_by, at, last.state) if at and last else ""


async def show_file(request: Request) -> Response:
    """GET /messages/{id}/files/{position}: the text of one attachment, for whoever may read the mail."""
    desk, (visitor, actor) = desk_of(request), await known_visitor(request)
    message_id, position = request.path_params["id"], request.path_params["position"]
    if not visitor.may_see(message_id):
        raise not_found()
    view = await desk.review.show(actor, message_id)
    fresh = await facts_again(desk, actor, view.record, "attachment", asked=True)
    text = previews.text_of(view.record, fresh, position)
    if text is None or fresh is None:
        raise nothing_here()
    by, limit = speaker(desk, visitor), desk.settings.text_chars
    file = previews.files(view.record, by, fresh=fresh, only=position)[0]
    return await hand_over(
        request, "file.html", message_id=message_id, file=file, text=text[:limit], cut=limit if len(text) > limit else 0
    )
