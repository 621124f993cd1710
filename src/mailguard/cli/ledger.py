"""What the verbs that open the ledger share: opening it beside a running server, who acts, filters, and its errors.

The command line acts as an administrator: whoever can read the ledger's file could do as much with an editor. The audit
log gets the name of the system's user.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import pwd
import re
import shlex
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click
import structlog

from mailguard.app.hint import tap
from mailguard.app.opening import server_runs
from mailguard.app.rooms import Rooms, keyring, ledger_path, open_rooms, utc_now
from mailguard.cli import FULL, is_garbled
from mailguard.cli.setup import fail, read_config
from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import AddressError
from mailguard.mail.lifecycle import State
from mailguard.mail.query_text import QueryError, QueryProblem, parse_query
from mailguard.mail.saying import Sentence, listed, sentence_of
from mailguard.store.db import Database
from mailguard.store.errors import StoreError, is_without_room
from mailguard.store.records import Filter

T = TypeVar("T")
_EMPTY = Sentence(
    "空のため、すべてのメールが対象になります。state:held のように書いてください。",
    "it is empty, and would mean every mail: write state:held",
)
_OLDER = Sentence(
    "older には 90s、5m、4h、3d のような時間を書いてください。", "older takes a time such as 90s, 5m, 4h or 3d"
)
#: Where `__main__` says that an error was: the disk behind `> file` is full, say.
_OUTPUT = "output"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PAIR = re.compile(r"""(?<!\S)([A-Za-z_]\w*)=("[^"]*"|'[^']*'|\S*)""")
_KEYS = ("state", "q", "sender", "recipient", "rule", "before", "older")
#: Pairs are told apart as in an address of the API, too, and by commas; but not what stands in quotation marks.
_JOINED = re.compile(rf"""("[^"]*"|'[^']*')|[&,] *(?=(?:{"|".join(_KEYS)})=)""")


def with_ledger(
    config_file: Path | None,
    work: Callable[[Rooms], Awaitable[T]],
    *,
    create: bool = False,
    full: Callable[[Database], Awaitable[T]] | None = None,
) -> T:
    """Open the ledger of the configuration, do the work, close it. Ends with status 1 if it cannot be opened. full: the
    same work, if it only reads, on a disk that is too full to open anything.
    """
    config = read_config(config_file)
    path = ledger_path(config)
    if not create and not path.exists():
        said = Sentence(
            "{path} に台帳がありません。先に `mailguard serve` を起動するか、--config "
            "で設定ファイルを指定してください。",
            "no ledger at {path}: start `mailguard serve` first, or name its configuration with --config",
            path=path,
        )
        fail(said)

    async def run() -> T:
        async with open_rooms(config) as rooms:
            # A running server looks every second; a tap makes it look now.
            rooms.hints.released = rooms.hints.noticed = lambda: tap(path)
            with _printing():
                return await work(rooms)

    async def read() -> T:
        assert full is not None
        db = await Database.open_alone(path, await asyncio.to_thread(keyring, config))
        try:
            with _printing():
                return await full(db)
        finally:
            await db.close()

    try:
        with quiet():
            return asyncio.run(run())
    except (StoreError, OSError) as error:
        if isinstance(error, OSError) and error.filename:
            raise  # about another file, or what we print: `__main__` says so
        if full is not None and is_without_room(error) and not server_runs(path.with_suffix(".lock")):
            with contextlib.suppress(StoreError, OSError), quiet():
                return asyncio.run(read())
        fail(Sentence("台帳 {path}: {error}", "ledger {path}: {error}", path=path, error=error))


@contextlib.contextmanager
def _printing() -> Iterator[None]:
    """What the ledger cannot write is a StoreError. A full disk or broken pipe without a name is that of our output."""
    try:
        yield
    except OSError as error:
        if error.errno in (*FULL, errno.EPIPE):
            error.filename = error.filename or _OUTPUT
        raise


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Events of the rooms below WARNING are not for the person at the keyboard, and none belongs on stdout."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)


def moment_of(text: str, option: str, zone: ZoneInfo) -> datetime | None:
    """A day or moment as it was typed (ISO 8601), of this zone unless it says another, in UTC; None for no text. Raises
    click.BadParameter.
    """
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        said = Sentence(
            "{text!r}ではなく、2026-11-23 か 2026-11-23T10:00 のように書いてください。",
            "write 2026-11-23 or 2026-11-23T10:00, not {text!r}",
            text=text,
        )
        raise click.BadParameter(said, param_hint=option) from None


def acting() -> Actor:
    """The administrator at the keyboard; behind sudo, the user who called it."""
    name = pwd.getpwuid(os.getuid()).pw_name
    if os.getuid() == 0:
        name = os.environ.get("SUDO_USER") or name
    return Actor(f"cli-{name}", Role.ADMINISTRATOR, "cli")


def read_filter(texts: tuple[str, ...], timezone: str, *, acts: bool = False) -> Filter:
    """`state:held from:ann@corp.example older:3d words` to a Filter: the language of docs/queue.md, and the older
    `key=value` besides it. Usage errors.

    acts: something is done to what matches, and bare words are refused: a search must be meant. So is a key without a
    value, and nothing at all, which every mail matches: a script's empty variable looks like that.
    """
    given, rest = _older_keys(" ".join(texts), acts)
    if is_garbled("".join(texts)):  # it would be lost, and every mail meant
        said = Sentence(
            "UTF-8 ではありません。端末の文字コードを UTF-8 にしてください。",
            "it is not in UTF-8: set the terminal to it",
        )
        raise click.BadParameter(said, param_hint="--filter")
    try:
        query = parse_query(rest, utc_now(), timezone)
    except QueryError as error:
        said = reduce(lambda one, other: one + "; " + other, (_said(rest, one) for one in error.problems))
        raise click.BadParameter(said, param_hint="--filter") from None
    if acts and not given and not query:
        raise click.BadParameter(_EMPTY, param_hint="--filter")
    if acts and query.has_words:
        example = shlex.quote(f'q="{rest.strip()}"')
        said = Sentence(
            "語で見つけたメールに操作を行うときはキーが必要です。{example} と書いてください。",
            "words need a key to act on what they find: write {example}",
            example=example,
        )
        raise click.BadParameter(said, param_hint="--filter")
    return Filter(
        state=_state(given.get("state", "")),
        q=given.get("q", ""),
        sender=given.get("sender", ""),
        recipient=given.get("recipient", ""),
        rule=given.get("rule", ""),
        before=given.get("before", ""),
        older=utc_now() - _age(given["older"]) if "older" in given else None,
        query=query,
    )


def _older_keys(text: str, acts: bool) -> tuple[dict[str, str], str]:
    """The `key=value` pairs, and what is left. Whatever looks like a pair must be one: a typo would be searched for."""
    given: dict[str, str] = {}

    def take(match: re.Match[str]) -> str:
        key, value = match[1], match[2]
        if key not in _KEYS:
            raise _unknown(Sentence("キー{key!r}はありません", "unknown key {key!r}", key=key), _KEYS)
        quoted = value[:1] in ("'", '"')
        if quoted and (len(value) < 2 or value[-1] != value[0]):
            said = Sentence(
                "{text!r}: 引用符が閉じられていません。", "{text!r}: a quotation mark is not closed", text=match[0]
            )
            raise click.BadParameter(said, param_hint="--filter")
        value = value[1:-1] if quoted else value
        if acts and not value.strip():
            said = Sentence(
                "{key}= に値がありません。値を書くか、キーを外してください。",
                "{key}= has no value: write one, or leave the key out",
                key=key,
            )
            raise click.BadParameter(said, param_hint="--filter")
        if given.setdefault(key, value) != value:
            said = Sentence(
                "{key}= が2回書かれています。指定した条件はすべて満たす必要があります。",
                "{key}= stands there twice: all that is given must hold",
                key=key,
            )
            raise click.BadParameter(said, param_hint="--filter")
        return " "

    rest = _PAIR.sub(take, _JOINED.sub(lambda found: found[1] or " ", text))
    return given, rest


def _said(text: str, problem: QueryProblem) -> Sentence:
    return Sentence(
        "{piece!r}({at}文字目): {because}", "{piece!r} (character {at}): {because}",
        piece=text[problem.at : problem.at + problem.length], at=problem.at + 1, because=sentence_of(problem.because),
    )  # fmt: skip


def _unknown(what: Sentence, words: Iterable[str]) -> click.BadParameter:
    said = Sentence("{what}。使えるもの: {words}", "{what}: use {words}", what=what, words=listed(words))
    return click.BadParameter(said, param_hint="--filter")


def no_address(error: AddressError) -> Sentence:
    """What is said of an argument that is no mail address."""
    return Sentence("メールアドレスではありません: {error}", "not a mail address: {error}", error=error)


def is_no_address(text: str, error: AddressError) -> Sentence:
    """The same, of an argument that stands alone."""
    return Sentence(
        "{text!r}はメールアドレスではありません: {error}",
        "{text!r} is not a mail address: {error}",
        text=text,
        error=error,
    )


def plain(text: str) -> str:
    """Text from a mail on its way to a terminal: one line, and nothing that the terminal would obey."""
    return "".join(ch if ch.isprintable() else "?" for ch in " ".join(text.split()))


def local(moment: datetime, rooms: Rooms, timespec: str = "minutes") -> str:
    """A time for people, in the organisation's zone and with it: `2026-11-23 23:10 +09:00`."""
    zone = ZoneInfo(rooms.config.settings.organization.timezone)
    text = moment.astimezone(zone).isoformat(" ", timespec)
    return f"{text[:-6]} {text[-6:]}"


def _state(word: str) -> State | None:
    if not word:
        return None
    try:
        return State(word)
    except ValueError:
        raise _unknown(Sentence("状態{word!r}はありません", "unknown state {word!r}", word=word), State) from None


def _age(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not match:
        raise click.BadParameter(_OLDER, param_hint="--filter")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])
