"""The passwords that a mail gives away, tried on one archive.

The one that opened a member comes first for the next. Tries are bounded for the whole archive, since every member may
have its own salt, and each try costs what the archive's maker wanted it to cost. Never guesses.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.inspect.limits import Budget

_TRIES_OF_ALL = 10  # times the passwords that may be tried on one file


class Keyring:
    """The passwords for one archive at `where`."""

    def __init__(self, budget: Budget, where: str) -> None:
        self._budget = budget
        self._where = where
        self._left = budget.limits.passwords * _TRIES_OF_ALL
        self._passwords: list[str] | None = None

    def tried(self) -> Iterator[str]:
        """Candidates, likeliest first, until there are no more tries."""
        if self._passwords is None:
            self._passwords = list(self._budget.passwords()[: self._budget.limits.passwords])
        for password in list(self._passwords):
            if self._left <= 0:
                return
            self._left -= 1
            yield password

    def fits(self, password: str) -> None:
        """Note that this one opened something."""
        self._left += 1
        if self._passwords and self._passwords[0] != password:
            self._passwords.remove(password)
            self._passwords.insert(0, password)
        self._budget.find("password_in_mail", self._where, "the mail itself gives the password of this file")


def spellings(password: str) -> tuple[bytes, ...]:
    """The octets that programs make of a password: UTF-8, or Windows in Japanese."""
    return tuple(dict.fromkeys(password.encode(codec, "replace") for codec in ("utf-8", "cp932")))
