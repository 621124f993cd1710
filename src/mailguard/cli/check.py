"""`mailguard check`: configuration and policies read as `serve` would read them, all errors at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from mailguard.app.people import people_of
from mailguard.app.rooms import keyring
from mailguard.cli.language import spoken
from mailguard.cli.setup import with_config
from mailguard.config import Config, load_config, load_partly
from mailguard.config.channels import channels
from mailguard.config.doors import listeners
from mailguard.config.logins import senders, user_file, ways
from mailguard.config.rooms import directory, organization, policies, policy_problems, reply_address, scanner
from mailguard.config.upstreams import upstreams
from mailguard.mail.saying import Sentence, in_both
from mailguard.policy.lint import lint
from mailguard.policy.loader import load_policy
from mailguard.policy.marks import Problem, Problems
from mailguard.store.errors import StoreError


@click.command("check")
@with_config
@click.option("--offline", is_flag=True, help="Do not ask the directory server: take the people that were kept.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--strict", is_flag=True, help="Warnings fail as well.")
def check(config_file: Path | None, offline: bool, as_json: bool, strict: bool) -> None:
    """Check configuration and policies. Prints all that is wrong as file:line:column: message; status 1 if there is
    an error. A warning is what is legal but surely not meant, an info what is worth a look.
    """
    if config_file is None and Path("mailguard.yaml").is_file():
        config_file = Path("mailguard.yaml")
    found = _problems(config_file, offline)
    fatal = ("error", "warning") if strict else ("error",)
    errors = sum(problem.severity in fatal for problem in found)
    if as_json:
        said = [
            {"file": p.file, "line": p.line, "column": p.column, "message": p.message, "severity": p.severity}
            for p in found
        ]
        click.echo(json.dumps({"ok": not errors, "problems": said}, ensure_ascii=False))
    else:
        for problem in found:
            click.echo(spoken(problem), err=problem.severity in fatal)
        if not errors:
            click.echo(spoken(Sentence("設定とポリシーに問題はありません。", "configuration and policies are good")))
    raise SystemExit(1 if errors else 0)


def _problems(file: Path | None, offline: bool) -> tuple[Problem, ...]:
    """Everything that is wrong, also across files: policies, logins, certificates, upstream."""
    try:
        config = load_config(file)
    except Problems as error:
        return (*error.problems, *(_beside(file) if file is not None else ()))
    found: list[Problem] = []
    for look in (_doors, lambda settings: _policies(settings, offline)):
        try:
            found += look(config)
        except Problems as error:
            found += error.problems
    return tuple(found)


def _keys(config: Config) -> None:
    try:
        keyring(config)
    except StoreError as error:
        why = in_both(str(error), lambda said: said.partition(": ")[2])
        raise Problems([config.problem(("store", "encryption_key_file"), why)]) from None


def _policies_alone(config: Config) -> None:
    if config.settings.directory is None:  # else a directory server knows the groups
        raise Problems(one for one in _policies(config, offline=True) if one.severity == "error")


#: What can be looked at though other sections are wrong. What is wrong is raised.
_APART: tuple[tuple[Callable[[Config], object], frozenset[str]], ...] = (
    (listeners, frozenset({"listeners"})),
    (upstreams, frozenset({"upstream", "upstreams"})),
    (scanner, frozenset({"virus"})),
    (user_file, frozenset({"auth"})),
    (channels, frozenset({"notify"})),
    (_keys, frozenset({"store"})),
    (_policies_alone, frozenset({"policies", "directory"})),
)


def _beside(file: Path) -> Iterator[Problem]:
    """The errors in what a file names, of the sections that are right in a file that is wrong."""
    for look, sections in _APART:
        config = load_partly(file, sections)
        try:
            if config is not None:
                look(config)
        except Problems as error:
            yield from error.problems


def _doors(config: Config) -> list[Problem]:
    found: list[Problem] = []
    for look in (listeners, upstreams, scanner, directory, ways, channels, reply_address, user_file, senders, _keys):
        try:
            look(config)
        except Problems as error:
            found += error.problems
    return found


def _policies(config: Config, offline: bool) -> list[Problem]:
    people, found = people_of(config, "never" if offline else "now")
    try:
        loaded = load_policy(policies(config), organization(config), directory=people, detailed=True)
        return [*found, *lint(loaded)]
    except Problems as error:  # also what the rules miss because the directory server was not read
        raise Problems([*found, *policy_problems(config, error.problems)]) from None
