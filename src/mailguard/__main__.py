"""`mailguard` and `python -m mailguard`."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from io import TextIOWrapper


def main() -> None:
    """Run the command line. A reader of our output that went away (`mailguard queue list | head`) is no error; a disk
    that takes no more of it, or a file that nobody may read, is one in one line.
    """
    if sys.argv[1:2] == ["serve"]:  # until it can reload: what it would read anew it is about to read
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="replace")  # a mail has signs that a terminal in EUC-JP has not
    from mailguard.cli import FULL
    from mailguard.cli import main as verbs

    try:
        verbs(prog_name="mailguard")
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(1) from None
    except OSError as error:
        if error.filename is None and error.errno not in FULL:
            raise
        if error.errno in FULL:  # else Python tries once more to write what is left, and tells of it in its own words
            with suppress(OSError, AttributeError):
                sys.stdout.close()
        print(f"mailguard: {error.filename or 'output'}: {_why(error)}", file=sys.stderr)
        raise SystemExit(1) from None


def _why(error: OSError) -> str:
    """What happened, and what to do about a ledger's folder that is another user's."""
    from mailguard.cli.language import spoken
    from mailguard.mail.saying import Sentence, reason_of

    not_yours = Sentence("mailguard の実行ユーザーで実行してください。", "; run it as mailguard's user")
    said = reason_of(error)
    return spoken(said + not_yours if isinstance(error, PermissionError) else said)


if __name__ == "__main__":
    main()
