"""`mailguard history`: who writes to whom: mail replayed, archives learned, people shown and forgotten, nodes merged.

It prints and never decides. `replay` needs no configuration and no ledger, and starts without the server's modules.
"""

from __future__ import annotations

import gc
import importlib
import sys

import click

from mailguard.cli import Group
from mailguard.cli.help import with_help
from mailguard.cli.language import say
from mailguard.mail.saying import Sentence
from mailguard.past.lines import LineError, lines_of

#: verb -> (module in this package, object in it)
_LATER = {
    "import": ("history_import", "import_"),
    "show": ("history_people", "show"),
    "forget": ("history_people", "forget"),
    "export": ("history_model", "export"),
    "merge": ("history_model", "merge"),
}


class _History(Group):
    """Loads what needs the server's modules only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["replay", *_LATER]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LATER:
            return super().get_command(ctx, cmd_name)
        module, name = _LATER[cmd_name]
        found = getattr(importlib.import_module(f"mailguard.cli.{module}"), name)
        assert isinstance(found, click.Command)
        return with_help(found)


@click.group("history", cls=_History)
def history() -> None:
    """Who writes to whom: replay mail, import archives, show and forget people, carry it to another node."""


@history.command("replay")
@click.option("--language", type=click.Choice(["en", "ja"]), default="en", show_default=True, help="Of the reasons.")
@click.option("--budget", type=click.FloatRange(0, 1), default=0.001, show_default=True,
              help="The part of right mails that may raise an alarm.")  # fmt: skip
@click.option(
    "--own", multiple=True, metavar="DOMAIN", help="A domain of the organization; may be given several times."
)
@click.option("--keep-going", is_flag=True, help="Leave a line that is not understood out, and go on.")
@click.option("--json", is_flag=True, expose_value=False, help="The same: the answers are JSON lines.")
def replay(language: str, budget: float, own: tuple[str, ...], keep_going: bool) -> None:
    """Judge recorded mail: JSON lines in time order on stdin, an answer to each score on stdout, at once.

    {"op":"learn","message":M} teaches; {"op":"score","id":X,"message":M} answers {"id","alarm","risk","risks",
    "reason"} and teaches nothing. M is {"id","date","from","to":[],"cc":[],"bcc":[],"subject","body"}, and may have
    "from_name" and "direction" ("in" teaches nothing, "out"). The model is in memory; no store is read or written.

    Status 2 at the first line that is not understood; 1 with --keep-going, at the end, if there was one.
    """
    from mailguard.insight.model import Insight
    from mailguard.past.replay import Replay

    gc.disable()  # nothing in a model points in a circle: looking for it again and again is half of the time
    model = Replay(Insight(budget, own), "ja" if language == "ja" else "en")
    out = sys.stdout.buffer
    wrong = 0
    for number, line in lines_of(sys.stdin.buffer):
        try:
            answer = model.take(line)
        except LineError as error:
            said = Sentence("{n} 行目: {error}", "line {n}: {error}", n=number, error=error)
            say("mailguard history replay: " + said, err=True)
            if not keep_going:
                sys.exit(2)
            wrong += 1
            continue
        if answer is not None:
            out.write(answer)
            out.flush()
    sys.exit(1 if wrong else 0)
