"""One reading of a directory server: connect, encrypt, log in, ask for people and groups page by page, hang up.

It trusts the administrator for the address and the certificates for who answers. It follows no referral, writes
nothing and gives up in time; half an answer is an error, never a smaller company. It blocks: call it in a thread. The
library (ldap3, LGPL) is an extra and is imported only here, when it is needed. Sources: RFC 4511 (LDAP), 2696 (paging).
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from mailguard.ldap.settings import LdapSettings
from mailguard.ldap.snapshot import Found, Snapshot, snapshot_of
from mailguard.mail.saying import Sentence

_REFERRAL = 10  # RFC 4511 section 4.1.9


class LdapUnavailable(Exception):
    """The server could not be read, or not whole. The message is one line for the administrator."""


def read(settings: LdapSettings) -> Snapshot:
    """Everybody and every group, within `seconds`. Raises LdapUnavailable."""
    where = f"{settings.host}:{settings.port}"
    try:
        import ldap3  # type: ignore[import-untyped]  # noqa: F401
    except ImportError:
        raise LdapUnavailable(
            Sentence(
                "LDAPのライブラリーがありません。mailguard[ldap] としてインストールしてください。",
                "the library for it is missing: install mailguard with its extra, mailguard[ldap]",
            )
        ) from None
    end = time.monotonic() + settings.seconds
    try:
        connection = connected(settings)
        try:
            asked = settings.attributes
            people = list(_entries(connection, settings, settings.person_filter, asked.of_people(), end))
            groups = list(_entries(connection, settings, settings.group_filter, asked.of_groups(), end))
        finally:
            hang_up(connection)
    except LdapUnavailable as error:
        raise LdapUnavailable(f"{where}: " + str(error)) from None
    except Exception as error:  # whatever a server or the library does, mail goes on
        said = " ".join(str(error).split()) or type(error).__name__
        raise LdapUnavailable(
            Sentence(
                "{where}: 読み取れません({said})。", "{where}: cannot be read: {said}", where=where, said=said[:200]
            )
        ) from error
    if not people:
        raise LdapUnavailable(
            Sentence(
                "{where}: base {base!r}の下に person_filter に合う人がいません。両方を確かめてください。",
                "{where}: nobody under base {base!r} matches person_filter; check both",
                where=where,
                base=settings.base,
            )
        )
    return snapshot_of(people, groups, asked)


def connected(settings: LdapSettings) -> Any:
    """A connection of ldap3, encrypted and logged in as the settings say. Blocks. Raises what ldap3 raises."""
    import ldap3

    tls = None
    if settings.tls != "none":
        tls = ldap3.Tls(
            validate=ssl.CERT_REQUIRED if settings.verify else ssl.CERT_NONE,
            ca_certs_file=str(settings.ca_file) if settings.ca_file else None,
        )
    server = ldap3.Server(
        settings.host,
        settings.port,
        use_ssl=settings.tls == "implicit",
        get_info=ldap3.NONE,
        tls=tls,
        connect_timeout=settings.connect_seconds,
    )
    connection = ldap3.Connection(
        server,
        user=settings.bind_dn or None,
        password=settings.password or None,
        authentication=ldap3.SIMPLE if settings.bind_dn else ldap3.ANONYMOUS,
        auto_bind=ldap3.AUTO_BIND_NONE,
        auto_referrals=False,
        auto_range=True,
        read_only=True,
        raise_exceptions=True,
        receive_timeout=max(1, int(settings.connect_seconds)),
        check_names=False,
    )
    try:
        connection.open()
        if settings.tls == "starttls":
            connection.start_tls()
        connection.bind()
    except Exception:
        hang_up(connection)
        raise
    return connection


def hang_up(connection: Any) -> None:
    """Say goodbye and close the socket. Never fails: the server may be gone already, and what was asked for is here."""
    with suppress(Exception):
        connection.unbind()
    # ldap3 leaves the socket of a connection that could not be opened to the collector, which comes when it likes.
    if connection.socket is not None:
        connection.socket.close()


def _entries(
    connection: Any, settings: LdapSettings, wanted: str, attributes: tuple[str, ...], end: float
) -> Iterator[Found]:
    most = settings.people_most if wanted == settings.person_filter else settings.groups_most
    found = connection.extend.standard.paged_search(
        settings.base, wanted, attributes=list(attributes), paged_size=settings.page, generator=True
    )
    count = 0
    for item in found:
        if time.monotonic() > end:
            raise LdapUnavailable(
                Sentence(
                    "{seconds:g}秒以内に読み終わりませんでした。",
                    "not read within {seconds:g} s",
                    seconds=settings.seconds,
                )
            )
        if item.get("type") != "searchResEntry":
            continue  # a pointer to another server: what lies there is not asked for
        count += 1
        if count > most:
            raise LdapUnavailable(
                Sentence(
                    "{wanted} に合う項目が{most}件を超えています。",
                    "more than {most} entries match {wanted}",
                    most=most,
                    wanted=wanted,
                )
            )
        yield Found(str(item["dn"]), values(item["raw_attributes"]))
    # ldap3 ends quietly at a limit of the server's, with what it has; what is left over would be a smaller company.
    end_of_it = connection.result
    if end_of_it["result"] == _REFERRAL:
        raise LdapUnavailable(
            Sentence(
                "base {base!r}は別のサーバーにあります。そのサーバーを書いてください。",
                "base {base!r} lies on another server: name that one",
                base=settings.base,
            )
        )
    if end_of_it["result"] != 0:
        raise LdapUnavailable(
            Sentence(
                "{wanted} に合う項目のすべては返されませんでした({said})。",
                "not all entries that match {wanted} were given: {said}",
                wanted=wanted,
                said=end_of_it["description"],
            )
        )


def values(raw: dict[str, list[bytes]]) -> dict[str, tuple[str, ...]]:
    """Texts by name. A part of a value's range (`member;range=0-1499`, MS-ADTS 3.1.1.3.1.3.3) must not be left over."""
    if any(";range=" in name.casefold() and not name.endswith("*") for name in raw):
        raise LdapUnavailable(
            Sentence(
                "サーバーが長いメンバー一覧の一部しか返しませんでした。",
                "the server gave only a part of a long list of members",
            )
        )
    return {
        name.partition(";")[0].casefold(): tuple(value.decode("utf-8", "replace") for value in values)
        for name, values in raw.items()
    }
