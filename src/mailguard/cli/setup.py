"""What the verbs share about the configuration: the option, reading it, and saying what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from mailguard.cli.language import spoken
from mailguard.config import Config, load_config
from mailguard.policy.marks import Problems

CONFIG = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, readable=False),  # what cannot be read is no wrong usage
    envvar="MAILGUARD_CONFIG",
    help="The configuration; without it, mailguard.yaml in this folder, else the built-in try-out settings.",
)


def read_config(file: Path | None) -> Config:
    """The configuration of --config, of ./mailguard.yaml, or the try-out one. Ends with status 1 if wrong."""
    if file is None and Path("mailguard.yaml").is_file():
        file = Path("mailguard.yaml")
    try:
        return load_config(file)
    except Problems as error:
        refuse(error)


def refuse(error: Problems) -> NoReturn:
    """Print every problem on stderr, a line each, and end with status 1."""
    for problem in error.problems:
        click.echo(spoken(problem), err=True)
    raise SystemExit(1)


def fail(message: str) -> NoReturn:
    """One line on stderr, in the language of the terminal; status 1."""
    click.echo(f"mailguard: {spoken(message)}", err=True)
    raise SystemExit(1)


def with_config(command: Callable[..., Any]) -> Callable[..., Any]:
    """The --config option for a verb."""
    return CONFIG(command)
