"""`mailguard history import`: what archives of sent mail teach, and what was left out of each and why.

It prints; the reading and what is learned from it are `app.importing`.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import click

from mailguard.app.importing import COMPLAINTS_MOST, Tally, import_archives
from mailguard.app.rooms import ledger_path
from mailguard.cli.ledger import acting, plain, quiet
from mailguard.cli.setup import fail, read_config, with_config
from mailguard.inspect.workers import ReadersDead
from mailguard.memory.settings import MemoryFault
from mailguard.past.archives import Archive, ArchiveError, find
from mailguard.past.items import Why
from mailguard.store.errors import StoreError

#: Files of a folder that are no archives, of which names are said.
_PASSED_MOST = 5
#: Why something was left out, for people.
_WHY: dict[Why, str] = {
    "broken": "broken",
    "large": "too large",
    "draft": "drafts or spam",
    "undelivered": "not delivered",
    "incoming": "not from your domains",
    "automatic": "automatic",
    "nobody": "to nobody",
    "undated": "without a date",
    "unreadable": "unreadable",
    "known": "known already",
}


@click.command("import")
@with_config
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path, readable=False))
@click.option("--dry-run", is_flag=True, help="Read and count, and learn nothing.")
@click.option("--again", is_flag=True, help="Teach the model what was imported before, too: its file was lost.")
@click.option("--jobs", type=click.IntRange(1, 8), default=2, show_default=True, help="Processes that read mail.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def import_(
    config_file: Path | None, paths: tuple[Path, ...], dry_run: bool, again: bool, jobs: int, as_json: bool
) -> None:
    """Learn who writes to whom from archives of sent mail, also while the server runs.

    PATH is an mbox, a Maildir, a mail, JSON lines (the form of `history replay`), a Postfix log, or a folder of these;
    packed ones (.gz, .bz2, .xz) too. Only mail from your own domains (organization.domains) teaches. The same mail is
    learned once, however often it is imported. Name folders of sent mail: whoever may write into an archive can teach.
    """
    config = read_config(config_file)
    archives, wrong = _found(paths)
    if not archives:
        sys.exit(1)
    try:
        with quiet():
            done = import_archives(config, archives, acting(), jobs, dry_run=dry_run, again=again, told=_progress)
            tallies = asyncio.run(done)
    except (StoreError, MemoryFault, ReadersDead, sqlite3.Error, OSError) as error:
        fail(f"import into {ledger_path(config)}: {error}")
    finally:
        _progress(())
    _complain(tallies)
    click.echo(json.dumps(_to_json(tallies, dry_run), ensure_ascii=False) if as_json else _printed(tallies, dry_run))
    sys.exit(1 if wrong else 0)


def _found(paths: Sequence[Path]) -> tuple[list[Archive], bool]:
    """The archives of all paths, each once, and whether a path is none. Logs come last, since mailboxes say more, and
    the oldest of them first.
    """
    found: dict[Archive, None] = {}
    wrong = False
    for path in paths:
        passed: list[Path] = []
        try:
            some = list(find(path, passed))
        except OSError as error:
            wrong, some = True, []
            click.echo(f"mailguard history import: {path}: cannot be read: {error.strerror}", err=True)
        except ArchiveError as error:
            wrong, some = True, []
            click.echo(f"mailguard history import: {path}: {error}", err=True)
        else:
            if not some:
                wrong = True
                click.echo(f"mailguard history import: {path}: there is no archive of mail in it", err=True)
        found.update(dict.fromkeys(some))
        if passed and some:
            names = ", ".join(str(one.relative_to(path)) for one in passed[:_PASSED_MOST])
            more = f" and {len(passed) - _PASSED_MOST:,} more" if len(passed) > _PASSED_MOST else ""
            said = f"{path}: passed over, as no archive of mail: {names}{more}"
            click.echo(f"mailguard history import: {plain(said)}", err=True)
    return sorted(found, key=_order), wrong


def _order(one: Archive) -> float:
    if one.kind != "log":
        return -1.0
    try:
        return one.path.stat().st_mtime
    except OSError:  # it is said when it is opened
        return 0.0


def _progress(tallies: Collection[Tally]) -> None:
    """A line that is written over, where somebody looks; nothing of it is left at the end."""
    if sys.stderr.isatty():
        read = sum(one.read for one in tallies)
        click.echo(f"\r\x1b[K{f'{read:,} mails read' if tallies else ''}", nl=False, err=True)


def _complain(tallies: Collection[Tally]) -> None:
    """What was amiss in each archive, with its place."""
    for tally in tallies:
        for complaint in tally.complaints:
            click.echo(f"mailguard history import: {plain(f'{tally.archive.path}: {complaint}')}", err=True)
        more = tally.amiss - len(tally.complaints)
        if more > 0:
            said = f"{tally.archive.path}: {more:,} more like these; the first {COMPLAINTS_MOST} are shown"
            click.echo(f"mailguard history import: {plain(said)}", err=True)


def _to_json(tallies: Collection[Tally], dry_run: bool) -> dict[str, object]:
    rows = [
        {"path": str(one.archive.path).encode("utf-8", "replace").decode(), "kind": one.archive.kind,
         "read": one.read, "learned": one.learned, "left_out": dict(one.left)}
        for one in tallies
    ]  # fmt: skip
    return {"dry_run": dry_run, **_sum(tallies), "archives": rows}


def _sum(tallies: Collection[Tally]) -> dict[str, object]:
    left: Counter[str] = Counter()
    for one in tallies:
        left.update(one.left)
    read, learned = sum(one.read for one in tallies), sum(one.learned for one in tallies)
    return {"read": read, "learned": learned, "left_out": dict(left)}


def _printed(tallies: Collection[Tally], dry_run: bool) -> str:
    learned = "would be learned" if dry_run else "learned"
    lines = [
        f"{plain(str(one.archive.path))} ({one.archive.kind}): {one.read:,} read, {one.learned:,} {learned}"
        + (f"; left out: {_reasons(one.left)}" if one.left else "")
        for one in tallies
    ]
    if len(tallies) > 1:
        lines.append(f"together: {sum(one.read for one in tallies):,} read,"
                     f" {sum(one.learned for one in tallies):,} {learned}")  # fmt: skip
    return "\n".join(lines)


def _reasons(left: Mapping[Why, int]) -> str:
    return ", ".join(f"{count:,} {_WHY[why]}" for why, count in sorted(left.items(), key=lambda one: -one[1]))
