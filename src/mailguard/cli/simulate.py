"""`mailguard policy simulate`: what a new or changed policy would have done with the mail of the last days.

It reads the ledger beside a running server and changes nothing. Without --with-bodies it looks at recorded facts only,
and says for each rule how many mails it could not decide without their text.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast, get_args
from zoneinfo import ZoneInfo

import click

from mailguard.app.people import people_of
from mailguard.app.replay import Asked, simulate_given, simulate_with_bodies
from mailguard.app.replay import simulate as simulated
from mailguard.app.rooms import ledger_path, utc_now
from mailguard.cli.ledger import quiet
from mailguard.cli.setup import fail, read_config, refuse, with_config
from mailguard.cli.simulate_text import printed
from mailguard.cli.words import reading_language
from mailguard.config import Config
from mailguard.config.rooms import organization
from mailguard.inspect.workers import ReadersDead
from mailguard.mail.saying import Sentence, reason_of
from mailguard.mail.verdict import Mode
from mailguard.policy.files import PolicyFiles
from mailguard.policy.loader import Policy, load_policy
from mailguard.policy.marks import Problems
from mailguard.policy.report import Report
from mailguard.policy.suggest import did_you_mean
from mailguard.store.errors import StoreError

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_MEMORY = 2**31
_AGE = re.compile(r"(\d{1,6})([mhdw])")


@click.command("simulate")
@with_config
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[PATHS]...")
@click.option(
    "--policy", "paths", multiple=True, type=click.Path(path_type=Path, readable=False), metavar="PATH",
    help="The new policy, a file or folder; may be given several times.",
)  # fmt: skip
@click.option(
    "--instead", multiple=True, metavar="FILE=NEW",
    help="The configured policies, with NEW read in place of FILE (or besides them, where FILE does not exist).",
)  # fmt: skip
@click.option(
    "--mode", "modes", multiple=True, metavar="ID=MODE", help="The rule ID in this mode: monitor|notify|enforce."
)
@click.option("--since", default="30d", show_default=True, metavar="TIME", help="30d, 12h, 4w or 2026-11-23.")
@click.option("--until", default="", metavar="TIME", help="As --since; now, if left out.")
@click.option("--rule", default="", metavar="ID", help="Name only changes that this rule is about.")
@click.option("--changes", type=click.IntRange(0, 10_000), default=20, show_default=True, help="Changed mails to name.")
@click.option("--with-bodies", is_flag=True, help="Read mails again whose text a rule needs; slower.")
@click.option(
    "--mails", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="Mails to judge instead of recorded ones: .eml, mbox, or JSON lines; may be given several times.",
)  # fmt: skip
@click.option("--jobs", type=click.IntRange(0, 8), default=0, help="Processes; one for each processor, if left out.")
@click.option("--fail-if-holds", type=click.FloatRange(0), default=None, metavar="N",
              help="Status 1 if more than N mails a day would wait for people.")  # fmt: skip
@click.option("--progress", is_flag=True, help="Say on stderr how far it is: a line `part mails`.")
@click.option("--background", is_flag=True, help="Stand back for mail: one process, low priority, bounded memory.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def simulate(
    config_file: Path | None,
    files: tuple[Path, ...],
    paths: tuple[Path, ...],
    instead: tuple[str, ...],
    modes: tuple[str, ...],
    since: str,
    until: str,
    rule: str,
    changes: int,
    with_bodies: bool,
    mails: tuple[Path, ...],
    jobs: int,
    fail_if_holds: float | None,
    progress: bool,
    background: bool,
    as_json: bool,
) -> None:
    """Print what a policy (PATHS, the same as --policy) would have done with recorded mail, beside what the configured
    one does; without a new one, what the configured one does.
    """
    paths = (*files, *paths)
    config = read_config(config_file)
    if background:
        _stand_back()
        jobs = 1
    now = utc_now()
    first, last = _moment(since, "--since", now, config), _moment(until, "--until", now, config) if until else now
    if first >= last:
        raise click.UsageError(Sentence("--since は --until より前にしてください。", "--since must lie before --until"))
    if paths and instead:
        raise click.UsageError(
            Sentence("PATHS と --instead はどちらか一方だけを指定してください。", "give PATHS or --instead, not both")
        )
    if not mails and not ledger_path(config).exists():
        said = Sentence(
            "{path} に台帳がありません。まだ何も記録されていません。",
            "no ledger at {path}: nothing has been recorded yet",
            path=ledger_path(config),
        )
        fail(said)
    base, new = _policies(config, paths, instead, modes, confined=background)
    asked = Asked(base, new, first, last, changes, rule, jobs)
    report = _run(config, asked, with_bodies, progress, mails)
    days = max(1, round((last - first).total_seconds() / 86400))
    if as_json:
        told = {"since": first.isoformat(), "until": last.isoformat(), "with_bodies": with_bodies}
        click.echo(json.dumps({**told, **report.to_json()}, ensure_ascii=False))
    else:
        language = reading_language(config.settings.organization.language)
        click.echo(printed(report, first, last, language, with_bodies, config))
    if fail_if_holds is not None and _asked_about(report) / days > fail_if_holds:
        per_day = _asked_about(report) / days
        said = Sentence(
            "1日に {per_day:.1f} 通が人の判断を待つことになり、{most:g} 通を超えます。",
            "{per_day:.1f} mails a day would wait for people, more than {most:g}",
            per_day=per_day,
            most=fail_if_holds,
        )
        fail(said)


def _stand_back() -> None:
    """What a server may start beside itself must not take its place."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _run(config: Config, asked: Asked, with_bodies: bool, progress: bool, mails: tuple[Path, ...]) -> Report:
    def told(part: float, mails: int) -> None:
        if progress:
            click.echo(f"{part:.3f} {mails}", err=True)

    try:
        with quiet():
            if mails:
                return asyncio.run(simulate_given(config, asked, mails, told))
            if with_bodies:
                return asyncio.run(simulate_with_bodies(config, asked, told))
            return simulated(config, asked, told)
    except (StoreError, ReadersDead, sqlite3.Error, OSError) as error:
        fail(Sentence("台帳 {path}: {error}", "ledger {path}: {error}", path=ledger_path(config), error=error))


def _asked_about(report: Report) -> int:
    return sum(counts[2] for counts in report.days.values())


def _policies(
    config: Config, paths: tuple[Path, ...], instead: tuple[str, ...], modes: tuple[str, ...], *, confined: bool
) -> tuple[Policy, Policy]:
    """The policy in force, and the new one. confined: the new text comes from the console, where nobody may look into
    every file that the service can read.
    """
    configured = [config.path(path) for path in config.settings.policies]
    company = organization(config)
    try:
        people, problems = people_of(config, "if needed")
        if problems:
            raise Problems(problems)
        base = load_policy(configured, company, directory=people)
        if paths:
            new = load_policy(paths, company, directory=people)
        elif instead:
            contents = _contents(config, instead)
            within = [*base.sources, *(one if one.is_dir() else one.parent for one in configured)] if confined else None
            new = load_policy(
                configured, company, directory=people, files=lambda: PolicyFiles(instead=contents, within=within)
            )
        else:
            new = base
    except Problems as error:
        refuse(error)
    return base, _with_modes(new, modes)


def _contents(config: Config, instead: tuple[str, ...]) -> dict[Path, bytes]:
    found: dict[Path, bytes] = {}
    for text in instead:
        name, equals, new = text.partition("=")
        if not equals or not name or not new:
            raise click.BadParameter(
                Sentence(
                    "{text!r}ではなく、ファイル=新しいファイル と書いてください。",
                    "write FILE=NEW, not {text!r}",
                    text=text,
                ),
                param_hint="--instead",
            )
        try:
            found[config.path(name)] = Path(new).read_bytes()
        except OSError as error:
            fail(Sentence("{new}: 読めません: {why}", "{new}: cannot be read: {why}", new=new, why=reason_of(error)))
    return found


def _with_modes(policy: Policy, modes: tuple[str, ...]) -> Policy:
    wanted: dict[str, Mode] = {}
    known = [rule.id for rule in policy.rules]
    for text in modes:
        name, _, mode = text.partition("=")
        if name not in known:
            raise click.BadParameter(
                Sentence(
                    "ルール{name!r}はありません。{hint}",
                    "no rule {name!r}{hint}",
                    name=name,
                    hint=did_you_mean(name, known),
                ),
                param_hint="--mode",
            )
        if mode not in get_args(Mode):
            raise click.BadParameter(
                Sentence(
                    "{mode!r}ではなく、{modes} のいずれかを書いてください。",
                    "a mode is one of {modes}, not {mode!r}",
                    mode=mode,
                    modes=", ".join(get_args(Mode)),
                ),
                param_hint="--mode",
            )
        wanted[name] = cast("Mode", mode)
    if not wanted:
        return policy
    rules = tuple(
        replace(rule, mode=wanted[rule.id], group_modes=()) if rule.id in wanted else rule for rule in policy.rules
    )
    return replace(policy, rules=rules, hash=f"{policy.hash}+mode")


def _moment(text: str, option: str, now: datetime, config: Config) -> datetime:
    """A time before now (30d), or a day or moment (ISO 8601) in the organisation's zone."""
    match = _AGE.fullmatch(text)
    if match:
        return now - timedelta(seconds=int(match[1]) * _UNITS[match[2]])
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=ZoneInfo(config.settings.organization.timezone))
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            Sentence(
                "{text!r}ではなく、30d、12h、4w、2026-11-23 のように書いてください。",
                "write 30d, 12h, 4w or 2026-11-23, not {text!r}",
                text=text,
            ),
            param_hint=option,
        ) from None
