"""What TLS to one upstream needs: which authorities are trusted, and which certificate we show; newer files are taken.

It trusts the files that the settings name, and no certificate that was not asked to be trusted.
"""

from __future__ import annotations

import asyncio
import os
import ssl

from mailguard.relay.settings import UpstreamSettings


class Certificates:
    """What TLS to one upstream needs: read from its files when a first connection wants it; the others wait for that.

    The certificates of all the authorities that a machine trusts take a tenth of a second and a megabyte, so nobody
    reads them twice, nor for a server whose certificate is not looked at. Files that the settings name are read anew
    for the next connection once they are other ones: certificates are renewed every few weeks, and who shows an old one
    is let in no more.
    """

    def __init__(self, settings: UpstreamSettings) -> None:
        self._settings = settings
        self._files = [path for path in (settings.ca_file, settings.certificate, settings.key) if path is not None]
        self._read: list[tuple[int, int, int, int]] = []  # which files they were
        self._context: ssl.SSLContext | None = None
        self._reading = asyncio.Lock()

    async def context(self) -> ssl.SSLContext | None:
        """None where nothing is ever encrypted. New files that cannot be used (a certificate whose key is not there
        yet) leave the old ones in force. Raises OSError (ssl.SSLError among them) if there were none.
        """
        if self._settings.tls == "none" and not self._settings.implicit_tls:
            return None
        async with self._reading:
            if self._context is None or self._files:
                self._context = await asyncio.to_thread(self._newest, self._context)
        return self._context

    def _newest(self, old: ssl.SSLContext | None) -> ssl.SSLContext:
        try:
            found = [(it.st_dev, it.st_ino, it.st_size, it.st_mtime_ns) for it in map(os.stat, self._files)]
            if old is not None and found == self._read:
                return old
            made = _context(self._settings)
        except OSError:
            if old is None:
                raise
            return old
        self._read = found
        return made


def _context(settings: UpstreamSettings) -> ssl.SSLContext:
    if settings.verified:
        context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.certificate is not None:
        # The empty password: a key that wants one must not ask on the terminal.
        context.load_cert_chain(settings.certificate, settings.key, password=lambda: "")
    return context
