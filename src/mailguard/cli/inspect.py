"""`mailguard inspect`: what is read in mail files, for people or as JSON (contract section 4), in the files' order.

Each file is read in a worker process, so a hostile one costs nothing but its own line. A malformed mail is an answer
with findings; only a file that cannot be opened is an error (one line on stderr, exit 1), and it does not stop the
rest.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from mailguard.cli.language import say, spoken
from mailguard.cli.piped import mail_from
from mailguard.cli.words import finding_word, personal_word, secret_word
from mailguard.inspect.workers import Readers, ReadersDead
from mailguard.mail.facts import Attachment, Facts
from mailguard.mail.facts_json import facts_to_json
from mailguard.mail.message import Body
from mailguard.mail.saying import Sentence, reason_of

_WORKERS = 2
_AHEAD = 8
_FROM, _TO, _SUBJECT = Sentence("差出人", "From"), Sentence("宛先", "To"), Sentence("件名", "Subject")
_KIND, _PERSONS = Sentence("種類", "Kind"), Sentence("個人情報の本人の数", "Persons")
_TEXT, _UNSEEN = Sentence("本文", "Text"), Sentence("表示されない文章", "Text that is not displayed")
_ENCRYPTED, _UNREAD = Sentence("、暗号化あり", ", encrypted"), Sentence("、中身を確認できません", ", not inspected")


@click.command("inspect", short_help="Print the facts of mail files.")
@click.argument("files", nargs=-1, required=True, metavar="FILE.eml|FOLDER...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, in the order of the files.")
@click.option("--unmasked", is_flag=True, help="Print personal data in full (default: masked).")
@click.option("--no-text", is_flag=True, help="Leave the texts out.")
def inspect(files: tuple[str, ...], as_json: bool, unmasked: bool, no_text: bool) -> None:
    """Print what can be read in mails: headers, text, attachments, personal data, findings.

    A folder stands for all files in it, by name, those of its folders included; - for one mail on stdin.
    """
    failed = asyncio.run(_run(_spread(files), as_json, unmasked, not no_text))
    sys.exit(1 if failed else 0)


def _spread(names: Iterable[str]) -> Iterator[str]:
    """The files, with those of a folder in its place."""
    for name in names:
        path = Path(name)
        if path.is_dir():
            yield from (str(one) for one in sorted(path.rglob("*")) if one.is_file() and not one.name.startswith("."))
        else:
            yield name


async def _run(files: Iterable[str], as_json: bool, unmasked: bool, text: bool) -> bool:
    readers = Readers(count=_WORKERS)
    failed = False
    try:
        async for name, found in _facts_of(files, readers):
            if isinstance(found, str):
                failed = True
                say(f"mailguard inspect: {name}: " + found, err=True)
            elif as_json:
                shown = {"file": name} | facts_to_json(found, unmasked=unmasked, text=text)
                if text:
                    shown["hidden_text"] = found.text[found.shown :].strip("\n")
                click.echo(_line(shown))
            else:
                click.echo(_shown(name, found, unmasked, text))
    finally:
        await readers.stop()
    return failed


def _line(shown: dict[str, Any]) -> bytes:
    """One line of JSON. U+0085, U+2028 and U+2029 are escaped: many a reader of lines takes them for line ends."""
    text = json.dumps(shown, ensure_ascii=False)
    return re.sub("[\x85\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text).encode("utf-8", "replace")


async def _facts_of(files: Iterable[str], readers: Readers) -> AsyncIterator[tuple[str, Facts | str]]:
    """Name and facts (or what is wrong with the file), in order, a few files ahead."""
    under_way: deque[tuple[str, asyncio.Task[Facts | str]]] = deque()
    for name in files:
        under_way.append((name, asyncio.create_task(_one(name, readers))))
        if len(under_way) >= _AHEAD:
            first, task = under_way.popleft()
            yield first, await task
    while under_way:
        first, task = under_way.popleft()
        yield first, await task


async def _one(name: str, readers: Readers) -> Facts | str:
    try:
        body = await asyncio.to_thread(_body, name)
        return await readers.read(body)
    except OSError as error:
        why = reason_of(error)
        return Sentence(
            "読めません: {why}。メールのファイルを指定してください。",
            "cannot be read: {why}; give the path of a mail file",
            why=why,
        )
    except ReadersDead as error:
        return Sentence("読み取れません: {error}", "cannot be inspected: {error}", error=error)


def _body(name: str) -> Body:
    """A file as a body that the worker opens. Raises OSError if it cannot be read.

    What comes through a pipe has no path that another could open.
    """
    if name == "-":
        return Body.of(mail_from(sys.stdin.buffer))
    path = Path(name)
    with path.open("rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return Body.of(mail_from(file))
        file.read(1)
    return Body(size=path.stat().st_size, sha256="", path=path.absolute())


def _shown(name: str, facts: Facts, unmasked: bool, text: bool) -> str:
    headers = facts.headers
    lines = [
        name,
        f"  {spoken(_FROM)}: {', '.join(one.address for one in headers.sender)}",
        f"  {spoken(_TO)}: {', '.join(one.address for one in headers.to)}",
    ]
    if headers.cc:
        lines.append(f"  Cc: {', '.join(one.address for one in headers.cc)}")
    lines.append(f"  {spoken(_SUBJECT)}: {headers.subject or ''}")
    if facts.kind != "ordinary":
        lines.append(f"  {spoken(_KIND)}: {facts.kind}")
    for one in facts.attachments:
        lines.extend(_shown_file(one, 1))
    if facts.personal_data:
        lines.append(f"  {spoken(_PERSONS)}: {facts.persons}")
    for label, count in facts.personal_data.items():
        examples = count.values if unmasked else count.masked
        lines.append(f"  {personal_word(label)}: {count.distinct} ({', '.join(examples[:20])})")
    lines.extend(f"  {secret_word(label)}: {count}" for label, count in facts.secrets.items())
    lines.extend(f"  ! {finding_word(one.code)}: {one.where}: {one.detail}" for one in facts.findings)
    for part, some in ((_TEXT, facts.text[: facts.shown]), (_UNSEEN, facts.text[facts.shown :])):
        if text and some.strip():
            lines.append(f"  {spoken(part)}:")
            lines.extend(f"  | {line}" for line in some.strip().split("\n"))
    return "\n".join("".join(ch if ch.isprintable() or ch in "\t" else "?" for ch in line) for line in lines)


def _shown_file(one: Attachment, level: int) -> list[str]:
    signs = "".join(spoken(word) for word, on in ((_ENCRYPTED, one.encrypted), (_UNREAD, not one.inspected)) if on)
    line = Sentence(
        "添付ファイル: {name} ({kind}, {size} バイト{signs})", "File: {name} ({kind}, {size} octets{signs})",
        name=one.filename or Sentence("(名前なし)", "(no name)"), kind=one.short_type or one.detected_type,
        size=one.size, signs=signs,
    )  # fmt: skip
    return ["  " * level + spoken(line), *(inner for member in one.members for inner in _shown_file(member, level + 1))]
