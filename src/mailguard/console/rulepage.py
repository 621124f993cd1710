"""The policy page: what each rule did, which may be enforced, which are waved through, and trying another policy.

For administrators and auditors. Nothing here changes a policy: that is one line of YAML, which the page names.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.desk import Desk, desk_of
from mailguard.console.rule_rows import rule_row, trial_values
from mailguard.console.trials import TrialBusy, TrialWish
from mailguard.console.visit import (
    SEES_ALL,
    Visitor,
    checked_form,
    field,
    go,
    hand_over,
    look_again,
    speaker,
    unscoped_visitor,
)
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Mode
from mailguard.notify.phrases import on_one_line
from mailguard.policy.readiness import CRITERIA
from mailguard.review import nothing_here
from mailguard.review.rules import Board, RuleReview

#: Days that a simulation on the page may look back.
DAYS = (7, 30, 90)
#: Mails that may be judged by an upload.
MAILS_MOST = 20 * 2**20
#: A candidate is at most so long (the body of a request is bounded too).
_TEXT_MOST = 500_000


async def show_policy(request: Request) -> Response:
    """GET /policy."""
    desk, visitor, rules = await _admitted(request)
    board, by = await rules.board(), speaker(desk, visitor)
    rows = [rule_row(one, board, by) for one in board.rules]
    wrong = request.query_params.get("wrong", "")
    return await hand_over(
        request,
        "policy.html",
        wrong=by.say(f"policy.wrong.{wrong}") if wrong in ("busy", "empty", "file", "mails") else "",
        board=board,
        criteria=CRITERIA,
        rows=rows,
        ready=[row for row in rows if row.standing == "ready"],
        stamped=[row for row in rows if row.standing == "rubber_stamp"],
        files=_files(board),
        modes=[(mode, by.say(f"policy.mode.{mode}")) for mode in ("enforce", "notify", "monitor")],
        days=DAYS,
        simulates=desk.trials is not None,
    )


async def start_trial(request: Request) -> Response:
    """POST /policy/simulations: a rule in another mode, or a text in place of a file."""
    desk, visitor, rules = await _admitted(request)
    form = await checked_form(request, files=2)
    if desk.trials is None:
        raise nothing_here()
    try:
        wish = await _wish(form, await rules.board(), visitor.language)
    finally:
        await form.close()  # the file that came along
    if isinstance(wish, str):
        return go(request, f"/policy?wrong={wish}#try")
    try:
        trial = desk.trials.start(wish)
    except TrialBusy:
        return go(request, "/policy?wrong=busy#try")
    return go(request, f"/policy/simulations/{trial.id}")


async def show_trial(request: Request) -> Response:
    """GET /policy/simulations/{id}: how far it is, then its report."""
    desk, visitor, _ = await _admitted(request)
    trial = desk.trials.find(request.path_params["id"]) if desk.trials is not None else None
    if trial is None:
        raise nothing_here()
    response = await hand_over(request, "trial.html", trial=trial_values(trial, speaker(desk, visitor)))
    if not trial.done:
        look_again(request, response)
    return response


async def _admitted(request: Request) -> tuple[Desk, Visitor, RuleReview]:
    desk = desk_of(request)
    visitor, actor = await unscoped_visitor(request)
    if desk.rules is None or actor.role not in SEES_ALL:
        raise nothing_here()
    return desk, visitor, desk.rules


async def _wish(form: FormData, board: Board, language: Language) -> TrialWish | str:
    """What the form asks for, or the word of what is wrong with it. Raises HTTPException 400."""
    days = field(form, "days", 4)
    if days not in map(str, DAYS):
        raise HTTPException(400)
    mails = await _mails(form)
    if mails is None:
        return "mails"
    rule, mode = field(form, "rule", 64), field(form, "mode", 16)
    if rule:
        if rule not in {one.rule.id for one in board.rules} or mode not in get_args(Mode):
            raise HTTPException(400)
        return TrialWish(int(days), language, rule=rule, mode=mode, mails=mails[1], mails_name=mails[0])
    name, text = field(form, "file", 1000), await _text(form)
    if text is None:
        return "file"
    if not text.strip():
        return "empty"
    files = _files(board)
    if name not in files:
        name = str(Path(files[0]).parent / "candidate.yaml")
    return TrialWish(int(days), language, file=name, text=text, mails=mails[1], mails_name=mails[0])


async def _mails(form: FormData) -> tuple[str, bytes] | None:
    """Mails that came along, with the name of their file; ("", b"") for none, None for too many."""
    upload = form.get("mails")
    if not isinstance(upload, UploadFile) or not upload.filename:
        return "", b""
    octets = await upload.read(MAILS_MOST + 1)
    return (on_one_line(upload.filename, 80), octets) if len(octets) <= MAILS_MOST else None


async def _text(form: FormData) -> str | None:
    """The candidate: the file that came along, else what was pasted. None for a file that is no UTF-8 text."""
    upload = form.get("upload")
    if isinstance(upload, UploadFile) and upload.filename:
        octets = await upload.read(_TEXT_MOST + 1)
        try:
            return octets.decode("utf-8-sig") if len(octets) <= _TEXT_MOST else None
        except UnicodeDecodeError:
            return None
    return field(form, "text", _TEXT_MOST)


def _files(board: Board) -> list[str]:
    """The policy files in force."""
    return [str(path) for path in board.policy.sources if path.suffix in (".yaml", ".yml")]
