"""Is this the right password? The directory server is asked, by a bind as the person, and nothing of it is kept.

The service account finds the one entry with this mail address or user name; then a second connection logs in as that
entry. An empty password is refused here, since a server takes it for an anonymous login (RFC 4513 section 5.1.2); what
was typed is escaped (RFC 4515 section 3); no referral is followed. It blocks: call it in a thread.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mailguard.ldap.reader import LdapUnavailable, connected, hang_up, values
from mailguard.ldap.settings import LdapSettings
from mailguard.ldap.snapshot import Found

#: The bind did not succeed because of what was typed: RFC 4511 appendix A, `invalidCredentials` and its like for
#: accounts that are locked, disabled or have no password.
_NO = frozenset({48, 49, 50, 53})


def check_password(settings: LdapSettings, name: str, password: str) -> str | None:
    """The mail address of the person, None if name or password is wrong. Blocks. Raises LdapUnavailable."""
    if not name or not password or "\0" in name + password:
        return None
    where = f"{settings.host}:{settings.port}"
    quick = replace(settings, connect_seconds=min(settings.connect_seconds, 8.0))
    try:
        found = _found(quick, name)
        return found[1] if found is not None and _binds(quick, found[0], password) else None
    except LdapUnavailable as error:
        raise LdapUnavailable(f"{where}: {error}") from None
    except Exception as error:  # never with its text: the library's may hold what was typed
        raise LdapUnavailable(f"{where}: cannot be asked: {type(error).__name__}") from None


def _found(settings: LdapSettings, name: str) -> tuple[str, str] | None:
    """Distinguished name and address of the one person who is meant; None for nobody, and for several."""
    from ldap3.core.exceptions import LDAPSizeLimitExceededResult  # type: ignore[import-untyped]
    from ldap3.utils.conv import escape_filter_chars  # type: ignore[import-untyped]

    asked, typed = settings.attributes, escape_filter_chars(name)
    names = "".join(f"({attribute}={typed})" for attribute in (asked.mail, asked.uid) if attribute)
    connection = connected(settings)
    try:
        connection.search(
            settings.base, f"(&{settings.person_filter}(|{names}))", attributes=[asked.mail], size_limit=2
        )
        entries = [one for one in connection.response if one.get("type") == "searchResEntry"]
    except LDAPSizeLimitExceededResult:
        return None
    finally:
        hang_up(connection)
    if len(entries) != 1:
        return None
    mail = Found(str(entries[0]["dn"]), values(entries[0]["raw_attributes"])).first_of(asked.mail)
    return (str(entries[0]["dn"]), mail) if mail else None


def _binds(settings: LdapSettings, dn: str, password: str) -> bool:
    from ldap3.core.exceptions import LDAPOperationResult

    try:
        connection: Any = connected(replace(settings, bind_dn=dn, password=password))
    except LDAPOperationResult as error:
        if error.result in _NO:
            return False
        raise
    hang_up(connection)
    return True
