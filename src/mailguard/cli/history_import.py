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
from operator import methodcaller
from pathlib import Path

import click

from mailguard.app.importing import COMPLAINTS_MOST, Tally, import_archives
from mailguard.app.rooms import ledger_path
from mailguard.cli.language import say, spoken
from mailguard.cli.ledger import acting, plain, quiet
from mailguard.cli.setup import fail, read_config, with_config
from mailguard.inspect.workers import ReadersDead
from mailguard.mail.saying import Sentence, in_both, listed, reason_of
from mailguard.memory.settings import MemoryFault
from mailguard.past.archives import Archive, ArchiveError, find
from mailguard.past.items import Why
from mailguard.store.errors import StoreError

#: Files of a folder that are no archives, of which names are said.
_PASSED_MOST = 5
#: Why something was left out, for people.
_WHY: dict[Why, Sentence] = {
    "broken": Sentence("破損 {n:,}件", "{n:,} broken"),
    "large": Sentence("大きすぎる {n:,}件", "{n:,} too large"),
    "draft": Sentence("下書き・迷惑メール {n:,}件", "{n:,} drafts or spam"),
    "undelivered": Sentence("未配送 {n:,}件", "{n:,} not delivered"),
    "incoming": Sentence("自社ドメイン以外から {n:,}件", "{n:,} not from your domains"),
    "automatic": Sentence("自動送信 {n:,}件", "{n:,} automatic"),
    "nobody": Sentence("宛先なし {n:,}件", "{n:,} to nobody"),
    "undated": Sentence("日付なし {n:,}件", "{n:,} without a date"),
    "unreadable": Sentence("読み取り不能 {n:,}件", "{n:,} unreadable"),
    "known": Sentence("学習済み {n:,}件", "{n:,} known already"),
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
        said = Sentence(
            "{ledger} に取り込めません: {error}",
            "import into {ledger}: {error}",
            ledger=ledger_path(config),
            error=error,
        )
        fail(said)
    finally:
        _progress(())
    _complain(tallies)
    if as_json:
        click.echo(json.dumps(_to_json(tallies, dry_run), ensure_ascii=False))
    else:
        for line in _printed(tallies, dry_run):
            say(line)
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
            _tell(path, Sentence("読めません: {why}", "cannot be read: {why}", why=reason_of(error)))
        except ArchiveError as error:
            wrong, some = True, []
            _tell(path, str(error))
        else:
            if not some:
                wrong = True
                _tell(path, Sentence("メールのアーカイブがありません。", "there is no archive of mail in it"))
        found.update(dict.fromkeys(some))
        if passed and some:
            names = ", ".join(str(one.relative_to(path)) for one in passed[:_PASSED_MOST])
            left = len(passed) - _PASSED_MOST
            more = Sentence(" ほか{n:,}個", " and {n:,} more", n=left) if left > 0 else ""
            said = Sentence(
                "メールのアーカイブではないため飛ばしました: {names}{more}",
                "passed over, as no archive of mail: {names}{more}",
                names=names, more=more,
            )  # fmt: skip
            _tell(path, said)
    return sorted(found, key=_order), wrong


def _tell(path: Path, what: str) -> None:
    """About an archive, on stderr."""
    said = f"mailguard history import: {path}: " + what
    click.echo(plain(spoken(said)), err=True)


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
        said = Sentence("{n:,} 通を読みました", "{n:,} mails read", n=read) if tallies else ""
        click.echo(f"\r\x1b[K{spoken(said)}", nl=False, err=True)


def _complain(tallies: Collection[Tally]) -> None:
    """What was amiss in each archive, with its place."""
    for tally in tallies:
        for complaint in tally.complaints:
            _tell(tally.archive.path, complaint)
        more = tally.amiss - len(tally.complaints)
        if more > 0:
            said = Sentence(
                "同様のものがほかに {n:,} 件あります(最初の {most} 件を表示)。",
                "{n:,} more like these; the first {most} are shown",
                n=more, most=COMPLAINTS_MOST,
            )  # fmt: skip
            _tell(tally.archive.path, said)


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


def _printed(tallies: Collection[Tally], dry_run: bool) -> list[str]:
    lines: list[str] = []
    for one in tallies:
        counted = f"{plain(str(one.archive.path))} ({one.archive.kind}): " + _counted(one.read, one.learned, dry_run)
        reasons = Sentence("。対象外: {reasons}", "; left out: {reasons}", reasons=_reasons(one.left))
        lines.append(counted + reasons if one.left else counted)
    if len(tallies) > 1:
        read, learned = sum(one.read for one in tallies), sum(one.learned for one in tallies)
        lines.append(Sentence("合計: ", "together: ") + _counted(read, learned, dry_run))
    return lines


def _counted(read: int, learned: int, dry_run: bool) -> Sentence:
    if dry_run:
        return Sentence(
            "{read:,} 通中 {n:,} 通を学習できます", "{read:,} read, {n:,} would be learned", read=read, n=learned
        )
    return Sentence("{read:,} 通中 {n:,} 通を学習しました", "{read:,} read, {n:,} learned", read=read, n=learned)


def _reasons(left: Mapping[Why, int]) -> Sentence:
    most_first = sorted(left.items(), key=lambda one: -one[1])
    return listed(in_both(_WHY[why], methodcaller("format", n=count)) for why, count in most_first)
