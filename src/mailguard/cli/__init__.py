"""The commands: each file prints, none decides. A command's module is imported when it is called.

Exit status: 0 done, 1 refused or found wanting, 2 wrong usage. An error is one line on stderr: what, where, what to do.
"""

from __future__ import annotations

import errno
import gc
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click
from click.exceptions import NoArgsIsHelpError

from mailguard import __version__
from mailguard.cli.help import with_help
from mailguard.cli.language import spoken, terminal_language
from mailguard.cli.usage import in_words
from mailguard.mail.saying import Sentence, in_language

#: What becomes of what is printed into a full disk.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)

#: verb -> (module in this package, object in it, one line for the list of verbs)
VERBS = {
    "serve": ("serve", "serve", "Run the relay; SIGTERM drains and stops, SIGHUP reloads."),
    "init": ("init", "init", "Write mailguard.yaml and policies/ into a folder, in monitor mode."),
    "check": ("check", "check", "Check configuration and policies; print every error with its place."),
    "doctor": ("doctor", "doctor", "Look for what keeps mail from flowing, or soon will, and say what to do."),
    "inspect": ("inspect", "inspect", "Print what is read in mail files."),
    "explain": ("explain", "explain", "Print the verdict on a mail file or a held id, rule by rule, and why."),
    "policy": ("policy", "policy", "Test policies; try new ones on recorded mail; print their JSON Schema."),
    "queue": ("queue", "queue", "List, show and decide held and queued mail."),
    "figures": ("figures", "figures", "Print what was stopped and held in a month; send the letter about it."),
    "audit": ("audit", "audit", "List, export and verify the audit log."),
    "backup": ("backup", "backup", "Copy the whole store into a file, also while the server runs."),
    "restore": ("backup", "restore_", "Put a backup back; what was not sent then is held."),
    "store": ("store", "store", "Take a ledger back to an older version; change the key of bodies."),
    "history": ("history", "history", "Who writes to whom: replay mail, import archives; show, forget people."),
    "incident": ("incident", "incident", "Contain a mail that went to the wrong person; the register."),
    "notify": ("notify", "notify", "Try the chat channels."),
    "token": ("token", "token", "Make bearer tokens for the API."),
    "user": ("user", "user", "Make entries for the file of logins; reset a second factor."),
    "session": ("session", "session", "List and end open sessions of the console."),
    "try": ("tryout", "tryout", "Send a first mail that will be held to a running mailguard."),
}


class _WrongUsage(click.UsageError):
    """Wrong usage, said in one line: which verb, what is wrong, where to look."""

    def show(self, file: IO[Any] | None = None) -> None:
        verb = self.ctx.command_path if self.ctx else "mailguard"
        wrong = " ".join(in_language(self.message, terminal_language()).split()).rstrip(".")
        where = Sentence(
            "{verb}: {wrong}(使い方: {verb} --help)", "{verb}: {wrong}; see {verb} --help", verb=verb, wrong=wrong
        )
        click.echo(spoken(where), file=file, err=True)


def is_garbled(text: str) -> bool:
    """Whether it has octets of the command line that are no UTF-8, as a terminal in Shift_JIS sends them: Python hands
    them on as lone surrogates.
    """
    return any("\udc80" <= ch <= "\udcff" for ch in text)


@contextmanager
def _in_one_line(ctx: click.Context | None = None) -> Iterator[None]:
    try:
        yield
    except NoArgsIsHelpError:
        raise  # it shows the help that was forgotten to be asked for
    except click.UsageError as error:
        raise _WrongUsage(in_words(error), error.ctx) from None
    except click.Abort:
        click.echo(spoken(Sentence("中止しました。", "Aborted!")), err=True)
        raise SystemExit(1) from None
    except UnicodeEncodeError as error:
        # Such octets are no text, but may be the name of a file: whoever makes use of them as text ends here.
        if is_garbled(error.object[error.start : error.end]):
            said = Sentence(
                "{text!r}は UTF-8 ではありません。端末の文字コードを UTF-8 にしてください。",
                "{text!r} is not in UTF-8: set the terminal to it",
                text=error.object,
            )
            raise _WrongUsage(said, ctx) from None
        raise


class _Verbs(click.Group):
    """A group that knows its verbs by name and loads a verb's module only when it is used."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        with _in_one_line():
            with_help(self)
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _in_one_line(ctx):
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, name, _ = VERBS[cmd_name]
        gc.disable()  # what a module leaves behind stays: looking through it again and again is a tenth of the start
        try:
            found = getattr(importlib.import_module(f"mailguard.cli.{module}"), name)
        finally:
            gc.enable()
        assert isinstance(found, click.Command)
        return with_help(found)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, line) for verb, (_, _, line) in VERBS.items()])


class Group(click.Group):
    """A verb that has verbs: its help says of each in a whole sentence what it does, which click would cut."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        return None if found is None else with_help(found)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Verbs"):
            formatter.write_dl([(name, one.get_short_help_str(1000)) for name, one in found if one is not None])


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="mailguard")
def main() -> None:
    """mailguard: an SMTP relay that keeps a company's mail from going to the wrong person."""
