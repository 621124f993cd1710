"""Which addresses a login may send as: its own and its aliases, those of the directory, and the list of send-as rights.

A member of a shared mailbox may send as that mailbox. The directory is asked anew for each mail, so that a change holds
at once. It trusts the administrator's files and nothing that a client says.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.saying import Sentence
from mailguard.policy.marks import Marks, Problem, Problems
from mailguard.smtpd.auth import Login, key_of_login, pattern_of
from mailguard.smtpd.marked import read_marked

#: Every login.
EVERYBODY = "*"


class _SendAs(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    send_as: dict[str, tuple[str, ...]]


class Senders:
    """The rights of all logins. path: send_as.yaml, None: there is none; directory: the people in force.

    `load` reads all or nothing: what was read last stays on error.
    """

    def __init__(self, path: Path | None = None, directory: Callable[[], Directory] = lambda: NOBODY) -> None:
        self.path = path
        self._directory = directory
        self._rights: dict[str, frozenset[str]] = {}  # address or `*@domain` -> logins

    def load(self) -> None:
        """Read the file, if there is one. Raises Problems with everything that is wrong in it."""
        if self.path is None:
            return
        data, marks = read_marked(self.path, _SendAs)
        self._rights = _rights(data, marks, str(self.path))

    def may_send_as(self, login: Login, address: Address, check: str = "login") -> bool:
        """Whether a login may send with this address. check: login, domain (of one of its own addresses), or off."""
        if check == "off" or login.may_send_as(address) or self._has_right(login, address):
            return True
        own = _address_of(login)
        if check == "domain":
            domains = {key.rpartition("@")[2] for key in login.addresses} | ({own.ascii_domain} if own else set())
            return address.ascii_domain in domains
        return own is not None and self._is_his(own.key, address.key)

    def _is_his(self, own: str, address: str) -> bool:
        people = self._directory()
        if own == address:
            return True
        person = people.person(address)
        return person is not None and (people.key_of(own) == people.key_of(address) or own_in(people, own, address))

    def _has_right(self, login: Login, address: Address) -> bool:
        name = key_of_login(login.name)
        for written in (address.key, f"*@{address.ascii_domain}"):
            logins = self._rights.get(written, frozenset())
            if name in logins or EVERYBODY in logins:
                return True
        return False


def own_in(people: Directory, own: str, mailbox: str) -> bool:
    """Whether somebody is a member of a shared mailbox."""
    return people.key_of(own) in people.members_of(mailbox)


def _address_of(login: Login) -> Address | None:
    try:
        return parse_address(login.name)
    except AddressError:
        return None


def _rights(written: _SendAs, marks: Marks, filename: str) -> dict[str, frozenset[str]]:
    problems: list[Problem] = []
    rights: dict[str, frozenset[str]] = {}
    for text, logins in written.send_as.items():
        address = pattern_of(text)
        if address is None:
            said = Sentence("アドレスでも *@ドメイン でもありません。", "not an address, nor *@domain")
            problems.append(marks.problem(filename, ("send_as", text), said, key=True))
            continue
        if not logins:
            said = Sentence(
                "ログインがありません。この差出人で送ってよいログインを書いてください。",
                "no logins: write who may send as it",
            )
            problems.append(marks.problem(filename, ("send_as", text), said))
        rights[address] = rights.get(address, frozenset()) | {key_of_login(one) for one in logins}
    if problems:
        raise Problems(problems)
    return rights
