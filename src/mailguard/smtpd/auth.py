"""Who may log in: a file of argon2 hashes, checked off the event loop, the same work for names that exist and
names that do not.

Trusts the file's owner and nobody else. It never logs or keeps a password, never tells whether it was the
name or the password that was wrong, and never checks more than a few at once: a hash costs memory and time by
design.
"""

from __future__ import annotations

import asyncio
import base64
import os
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import argon2
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import BaseModel, ConfigDict

from mailguard.mail.address import Address, AddressError, ascii_domain, parse_address
from mailguard.mail.saying import Sentence
from mailguard.policy.marks import Marks, Problem, Problems
from mailguard.smtpd.marked import read_marked

#: How the file of logins is made.
_MADE_BY = Sentence(
    "`mailguard user hash ADDRESS` が項目を表示します。", "; `mailguard user hash ADDRESS` prints its entries"
)
_HASHER = argon2.PasswordHasher()
#: Most memory one check may take, in KiB: the file is the administrator's, a slip of the pen must still not
#: stop the machine.
_MEMORY_MAX = 1024 * 1024
_TIME_MAX = 64
#: Checks at once, and checks waiting; more are turned away for now.
_AT_ONCE, _WAITING_MAX = 2, 200


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody logged in. addresses: keys (Address.key) it may send as, maybe globs such as `*@corp.example`;
    vouched: a trusted server says so: nothing was checked here; certified: by a certificate, without AUTH.
    """

    name: str
    addresses: frozenset[str] = frozenset()
    vouched: bool = False
    certified: bool = False

    def may_send_as(self, address: Address) -> bool:
        """Whether the address is the login's own or one of its aliases."""
        # The part behind the last @ of a key is its domain, so the end of a key says which domain it is of.
        return address.key in self.addresses or any(
            pattern.startswith("*@") and address.key.endswith(pattern[1:]) for pattern in self.addresses
        )


class AuthUnavailable(Exception):
    """The check cannot be made now; the client is told 454."""


class _User(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    password: str
    aliases: tuple[str, ...] = ()


class _Users(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    users: dict[str, _User]


def hash_password(password: str) -> str:
    """An argon2id hash for users.yaml. Takes some 50 ms and 64 MiB: not on the event loop."""
    return _HASHER.hash(_prepared(password))


class UserFile:
    """users.yaml: `users: {ann@corp.example: {password: "$argon2id$...", aliases: [sales@corp.example]}}`.

    A name that is no address (a printer's) needs at least one alias. `load` reads all or nothing: what was
    read last stays on error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._users: dict[str, tuple[str, Login]] = {}
        self._nobody = _hash_of_nothing(_HASHER)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0

    def load(self) -> None:
        """Read the file. Raises Problems with everything that is wrong in it (an unreadable file too)."""
        users, marks = read_marked(self.path, _Users, _MADE_BY)
        self._users = _checked(users, marks, str(self.path))
        self._nobody = _hash_like([hashed for hashed, _ in self._users.values()])

    reload = load

    async def check(self, name: str, password: str) -> Login | None:
        """The login, or None. Raises AuthUnavailable when too many wait already."""
        hashed, login = self._users.get(key_of_login(name), (self._nobody, None))
        if self._waiting >= _WAITING_MAX:
            raise AuthUnavailable
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            right = await loop.run_in_executor(self._threads, _verify, hashed, _prepared(password))
        finally:
            self._waiting -= 1
        return login if right else None

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _verify(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except VerificationError:
        return False


def _prepared(password: str) -> str:
    """The normal form in which passwords are compared (RFC 4013 section 2.2: NFKC), so that two keyboards
    agree.
    """
    return unicodedata.normalize("NFKC", password)


def key_of_login(name: str) -> str:
    """The form in which names of logins are compared."""
    return unicodedata.normalize("NFKC", name).strip().lower()


def _checked(users: _Users, marks: Marks, filename: str) -> dict[str, tuple[str, Login]]:
    problems: list[Problem] = []
    checked: dict[str, tuple[str, Login]] = {}
    for name, user in users.users.items():
        path = ("users", name)
        if not _is_argon2(user.password):
            said = Sentence(
                "制限内のargon2ハッシュではありません。`mailguard user hash` で作れます。",
                "not an argon2 hash within limits: `mailguard user hash` makes one",
            )
            problems.append(marks.problem(filename, (*path, "password"), said))
        if key_of_login(name) in checked:
            said = Sentence("別の利用者と同じ名前です。", "the same name as another user's")
            problems.append(marks.problem(filename, path, said, key=True))
        addresses, wrong = _addresses_of(name, user)
        for index in wrong:
            where = path if index is None else (*path, "aliases", index)
            said = Sentence("メールアドレスではありません。", "not an address")
            if index is None:
                said = Sentence(
                    "名前がアドレスではなく aliases もないため、差出人にできるアドレスがありません。",
                    "no address and no aliases: nothing to send as",
                )
            problems.append(marks.problem(filename, where, said, key=index is None))
        checked[key_of_login(name)] = (user.password, Login(name, addresses))
    if not users.users:
        said = Sentence("利用者がいません。誰もログインできなくなります。", "no users: nobody could log in")
        problems.append(marks.problem(filename, ("users",), said))
    if problems:
        raise Problems(problems)
    return checked


def _addresses_of(name: str, user: _User) -> tuple[frozenset[str], list[int | None]]:
    """The keys of all addresses of a user, and what is wrong: the index of an alias, or None for the user as
    a whole.
    """
    found: set[str] = set()
    wrong: list[int | None] = []
    for index, text in enumerate((name, *user.aliases)):
        pattern = pattern_of(text)
        if pattern is not None:
            found.add(pattern)
        elif index > 0:
            wrong.append(index - 1)
    if not found and not wrong:
        wrong.append(None)
    return frozenset(found), wrong


def pattern_of(text: str) -> str | None:
    """An address's key, or a glob `*@domain` in the same form; None if it is neither."""
    try:
        if text.startswith("*@"):
            parse_address("x" + text[1:])
            return f"*@{ascii_domain(text[2:])}"
        return parse_address(text).key
    except AddressError:
        return None


def _is_argon2(text: str) -> bool:
    try:
        parameters = argon2.extract_parameters(text)
    except (InvalidHashError, ValueError):
        return False
    whole = parameters.salt_len >= 8 and parameters.hash_len >= 16  # a hash cut short would let nobody in
    return whole and parameters.memory_cost <= _MEMORY_MAX and parameters.time_cost <= _TIME_MAX


def _hash_like(hashes: list[str]) -> str:
    """A hash that no password has, with the parameters that most of these have: a check against it takes as
    long as theirs.
    """
    costs = Counter((p.time_cost, p.memory_cost, p.parallelism, p.type) for p in map(argon2.extract_parameters, hashes))
    (time_cost, memory_cost, parallelism, kind), _ = costs.most_common(1)[0]
    return _hash_of_nothing(argon2.PasswordHasher(time_cost, memory_cost, parallelism, type=kind))


def _hash_of_nothing(like: argon2.PasswordHasher) -> str:
    def random(octets: int) -> str:
        return base64.b64encode(os.urandom(octets)).decode().rstrip("=")

    kind = like.type.name.lower()
    costs = f"m={like.memory_cost},t={like.time_cost},p={like.parallelism}"
    return f"$argon2{kind}$v=19${costs}${random(like.salt_len)}${random(like.hash_len)}"
