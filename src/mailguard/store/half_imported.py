"""An import of archives that may be stopped halfway: which mails it taught the model, until the ledger counted them.

The model's file and the ledger cannot be changed in one step. So the mails (digests) are put down first, with the name
of the import that the model's file is to have once it knows them: whoever imports next sees there whether it does. The
file beside the ledger is the lock of imports, too. Blocks.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from mailguard.mail.saying import Sentence
from mailguard.store.errors import StoreBusy
from mailguard.store.folders import beside

_MAGIC = b"mailguard importing 1\n"
_NAME, _MAIL, _DIGEST = 16, 16, 32


class HalfImported:
    """What the last import left. Use `begun`, then `over` once the ledger has counted all."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def taught(self, name: bytes) -> frozenset[bytes]:
        """The mails that a model knows whose last import has this name (16 octets; empty: there was none), though the
        ledger may not have counted them.
        """
        self._file.seek(0)
        octets = self._file.read()
        said, digest = octets[:-_DIGEST], octets[-_DIGEST:]
        whole = said.startswith(_MAGIC) and hashlib.sha256(said).digest() == digest  # else nothing was taught yet
        head, mails = len(_MAGIC), len(_MAGIC) + _NAME
        if not whole or not name or said[head:mails] != name:
            return frozenset()
        return frozenset(said[at : at + _MAIL] for at in range(mails, len(said), _MAIL))

    def begun(self, name: bytes, mails: Collection[bytes]) -> None:
        """A model that has this import will know these mails. Raises OSError."""
        said = b"".join((_MAGIC, name, *mails))
        self._write(said + hashlib.sha256(said).digest())

    def over(self) -> None:
        """The ledger has counted all. Raises OSError."""
        self._write(b"")

    def _write(self, octets: bytes) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(octets)
        self._file.flush()
        os.fsync(self._file.fileno())


@contextlib.contextmanager
def importing(ledger: Path) -> Iterator[HalfImported]:
    """The one import on this ledger while the block lasts, or nobody's: then none has read what is to be forgotten, and
    counts it afterwards. Raises StoreBusy where another runs, OSError.
    """
    descriptor = beside(ledger.with_suffix(".importing"))
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            busy = Sentence(
                "別の取り込み、または history forget が実行中です。終わるまで待ってください。",
                "another import runs on it, or history forget; wait until that is done",
            )
            raise StoreBusy(busy) from None
        yield HalfImported(file)
