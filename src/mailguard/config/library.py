"""The library of policies that come with mailguard beside the shipped ones: files to choose from, none of them loaded
by itself. It reads them as text; what the rules in them do is the judge's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mailguard.config.tryout import shipped_policies
from mailguard.mail.saying import Sentence
from mailguard.policy.suggest import did_you_mean

_HEAD = re.compile(r"# ja: (?P<ja>.+)\n# en: (?P<en>.+)\n")
_RULE = re.compile(r"^  - id:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LibraryFile:
    """One file. ja, en: what it is for, in one line; text: all of it; rules: how many it has."""

    name: str
    ja: str
    en: str
    text: str
    rules: int


def library() -> tuple[LibraryFile, ...]:
    """Every file, by name. Raises OSError."""
    return tuple(_read(file) for file in sorted((shipped_policies() / "library").glob("*.yaml")))


def library_file(name: str) -> LibraryFile:
    """The file of that name, with or without its ending. Raises ValueError if it is not there, and OSError."""
    files = {file.name: file for file in library()}
    wanted = name.removesuffix(".yaml")
    if wanted not in files:
        raise ValueError(
            Sentence(
                "ライブラリーに{name!r}というファイルはありません。{hint}",
                "the library has no file {name!r}{hint}",
                name=name[:60],
                hint=did_you_mean(wanted, files),
            )
        )
    return files[wanted]


def _read(file: Path) -> LibraryFile:
    text = file.read_text("utf-8")
    head = _HEAD.match(text)
    if head is None:
        raise ValueError(f"{file.name} does not begin with '# ja:' and '# en:'")
    return LibraryFile(file.stem, head["ja"], head["en"], text, len(_RULE.findall(text)))
