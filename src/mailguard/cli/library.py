"""`mailguard policy library`: the policies that come with mailguard to choose from: listed, printed, or copied into a
folder. It changes no file that is there, and nothing that runs.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from mailguard.cli.language import spoken
from mailguard.cli.setup import fail
from mailguard.config.library import LibraryFile, library, library_file
from mailguard.mail.saying import Sentence, listed, reason_of

#: What editors complete and check policy files by; a new version of mailguard has a new one: `mailguard policy schema`.
SCHEMA = ".schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA}\n"


@click.command("library")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--into", "folder", type=click.Path(path_type=Path, file_okay=False), help="Copy them into this folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def library_verb(names: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Policies to choose from. Without NAME: the list. With it: print the file, or copy it with --into policies/. Every
    rule in them starts in monitor mode and only counts.
    """
    if folder is not None and not names:
        fail(
            Sentence(
                "--into には名前が必要です。`mailguard policy library` で一覧できます。",
                "--into needs a NAME: `mailguard policy library` lists them",
            )
        )
    chosen = [named(name) for name in names] or list(library())
    if folder is not None:
        written = copied(chosen, folder)
        if not as_json:
            said = Sentence(
                "書き込みました: {files}。どのルールもまだ件数を数えるだけです。次は `mailguard check` です。",
                "written: {files}. Every rule only counts. Next: `mailguard check`.",
                files=listed(written),
            )
            click.echo(spoken(said))
    if as_json:
        click.echo(json.dumps({"library": [_to_json(file) for file in chosen]}, ensure_ascii=False))
    elif folder is None:
        click.echo("".join(file.text for file in chosen) if names else _listed(chosen), nl=not names)


def named(name: str) -> LibraryFile:
    """The file of that name. Ends with status 1 if there is none."""
    try:
        return library_file(name)
    except ValueError as error:
        fail(str(error))


def copied(files: list[LibraryFile], folder: Path) -> list[Path]:
    """Write them into a folder that is there, all or none. Ends with status 1 if one of them is there already."""
    places = [folder / f"{file.name}.yaml" for file in files]
    for place in places:
        if place.exists():
            fail(
                Sentence(
                    "{place} がすでにあります。何も書き込んでいません。",
                    "{place} exists already; nothing was written",
                    place=place,
                )
            )
    head = MODELINE if (folder / SCHEMA).is_file() else ""
    try:
        for file, place in zip(files, places, strict=True):
            place.write_text(head + file.text, "utf-8")
    except OSError as error:
        fail(
            Sentence(
                "{folder}: 書き込めません: {why}",
                "{folder}: cannot be written: {why}",
                folder=folder,
                why=reason_of(error),
            )
        )
    return places


def _to_json(file: LibraryFile) -> dict[str, object]:
    return {"name": file.name, "rules": file.rules, "ja": file.ja, "en": file.en}


def _listed(files: list[LibraryFile]) -> str:
    return "\n".join(f"{file.name} ({file.rules})\n    {file.ja}\n    {file.en}" for file in files)
