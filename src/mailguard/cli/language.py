"""In which language the terminal is spoken to, the Unix way: LANGUAGE, LC_ALL, LC_MESSAGES, LANG. Japanese where they
say so, everything else is English. JSON and logs never ask.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import click

from mailguard.mail.organization import Language
from mailguard.mail.saying import in_language

_ASKED = ("LC_ALL", "LC_MESSAGES", "LANG")


def say(text: object, *, err: bool = False) -> None:
    """Print a line for people, in the language of the terminal. err: to stderr."""
    click.echo(spoken(text), err=err)


def spoken(text: object) -> str:
    """What is printed for people: a sentence, a problem or an error in the language of the terminal."""
    return in_language(text, terminal_language())


def terminal_language() -> Language:
    """The language of the terminal: English, too, where its encoding has no Japanese."""
    language = language_of(os.environ)
    return "en" if language == "ja" and not (_has_japanese(sys.stdout) and _has_japanese(sys.stderr)) else language


def language_of(environment: Mapping[str, str]) -> Language:
    """The first of LC_ALL, LC_MESSAGES and LANG that is set decides; LANGUAGE, a list, comes before it unless that one
    is C or POSIX (as in GNU gettext).
    """
    locale = next((environment[name] for name in _ASKED if environment.get(name)), "C")
    if locale.partition(".")[0] in ("C", "POSIX"):
        return "en"
    for wanted in (*environment.get("LANGUAGE", "").split(":"), locale):
        if wanted.startswith(("ja", "en")):
            return "ja" if wanted.startswith("ja") else "en"
    return "en"


def _has_japanese(stream: object) -> bool:
    try:
        "あ漢".encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
