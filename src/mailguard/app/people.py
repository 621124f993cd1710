"""Policies together with the people of the directory server, as `serve` has them: for the verbs of the command line.

What a running server kept on disk will do for most verbs; `check` asks the server itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from mailguard.app.rooms import ledger_path
from mailguard.config.load import Config
from mailguard.config.rooms import directory as directory_settings
from mailguard.config.rooms import organization, policies, policy_problems
from mailguard.ldap.kept import kept
from mailguard.ldap.reader import LdapUnavailable, read
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.saying import Sentence
from mailguard.policy.loader import Policy, load_policy
from mailguard.policy.marks import Problem, Problems
from mailguard.roster import source_of


def people_path(config: Config) -> Path:
    """Where the last snapshot lies."""
    return ledger_path(config).with_suffix(".people.json")


def people_of(config: Config, ask: Literal["now", "if needed", "never"]) -> tuple[Directory, list[Problem]]:
    """The server's people, and what is wrong. ask: whether the server itself, or what was kept first, or only that.
    Blocks. Raises Problems on settings that cannot be.
    """
    settings = directory_settings(config)
    if settings is None:
        return NOBODY, []
    before = kept(people_path(config), source_of(settings))
    if before is not None and ask != "now":
        return before, []
    if ask == "never":
        return NOBODY, [
            config.problem(
                ("directory", "url"),
                Sentence(
                    "問い合わせていません(--offline)。以前に読んだ内容も残っていません。",
                    "not asked (--offline), and nothing of it was kept before",
                ),
            )
        ]
    try:
        return read(settings).directory, []
    except LdapUnavailable as error:
        return before or NOBODY, [config.problem(("directory", "url"), str(error))]


def policy_of(config: Config) -> Policy:
    """The configured policies. Raises Problems, also of the directory server."""
    people, problems = people_of(config, "if needed")
    if problems:
        raise Problems(problems)
    try:
        return load_policy(policies(config), organization(config), directory=people)
    except Problems as error:
        raise Problems(policy_problems(config, error.problems), error.sources) from None
