"""Is this the right password? The upstream itself is asked, by AUTH, live, and nothing of it is kept.

The password goes over TLS to the server that was configured, or to this machine; never readably over a network. A
connection is opened for each question and closed at once. It trusts the server's 235, and takes nothing but its plain
refusal for a no.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace

from mailguard.relay.opening import CannotOpen, open_connection, tls_context
from mailguard.relay.settings import Deadlines, UpstreamSettings

#: The server says that these credentials are not right, or not fit (RFC 4954 section 6).
_NO = frozenset({534, 535})
#: A person waits in front of a page.
_DEADLINES = Deadlines(connect=5.0, greeting=10.0, hello=10.0)


class CannotAsk(Exception):
    """The upstream cannot be asked now; one line for the administrator, without the password."""


class UpstreamLogin:
    """Asks one upstream. Raises ValueError for an upstream that a password must not be sent to."""

    def __init__(self, settings: UpstreamSettings) -> None:
        if settings.scheme == "mailbox":
            raise ValueError("the upstream is a mailbox on this machine: it knows no passwords")
        # Whatever mail may be sent over, a password needs the certificate to be right, unless that is waived by name.
        tls = settings.tls if settings.tls in ("required", "insecure") or settings.is_loopback else "required"
        self._settings = replace(settings, tls=tls, username=None, password=None, deadlines=_DEADLINES)
        if settings.tls == "none" and not settings.is_loopback:
            raise ValueError("a password is not sent with upstream tls: none; use tls: required")
        self._context: ssl.SSLContext | None = None

    async def check(self, name: str, password: str) -> str | None:
        """The address, if the server takes it with this password; None if not. Raises CannotAsk."""
        try:
            if self._context is None:
                self._context = await asyncio.to_thread(tls_context, self._settings)
            opened = await open_connection(replace(self._settings, username=name, password=password), self._context)
        except CannotOpen as error:
            if error.code in _NO:
                return None
            # The server's words may repeat the name: only the code is told.
            said = f"said {error.code}" if error.code else "cannot be reached over TLS"
            raise CannotAsk(f"{self._settings.name} {said}") from None
        except OSError as error:
            raise CannotAsk(f"upstream ca_file: {error.strerror}") from None
        opened.wire.close()
        return name
