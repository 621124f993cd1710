"""`mailguard` and `python -m mailguard`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. A reader of our output that went away (`mailguard queue list | head`) is no error."""
    from mailguard.cli import main as verbs

    try:
        verbs(prog_name="mailguard")
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
