"""Log injection, and content in logs: whatever reaches a line, it stays one line of printable characters without what
people wrote, as JSON and on a terminal, from our own events and from libraries.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap

import pytest

CANARY = "canary-subject-4711"
#: Logged in a process of its own, since logging is set up once for a process.
SCRIPT = textwrap.dedent(
    """
    import asyncio, logging, sqlite3, sys
    from mailguard import events, log
    log.set_up(json=sys.argv[1] == "json")
    evil = "canary-subject-4711"
    nasty = 'x\\n{"event": "released", "message_id": "forged"}\\r\\x1b[2J\\x9b31m\\u2028\\u202e\\x00'
    events.door_refused(nasty, nasty)
    events.reload_refused([nasty, nasty])
    def fail(error, cause=None):
        try:
            try:
                raise cause or ValueError("inner " + evil + nasty)
            except Exception as inner:
                raise error from inner
        except Exception as caught:
            return caught
    events.fault("smtpd", fail(ValueError(evil + nasty)), message_id=nasty)
    noted = fail(KeyError(evil)); noted.add_note(evil + nasty)
    events.fault("intake", noted)
    events.fault("intake", fail(ExceptionGroup(evil, [ValueError(evil), OSError(28, "No space left on device", evil)])))
    events.fault("store", fail(OSError(28, "No space left on device", "/spool/" + evil)))
    events.fault("store", fail(sqlite3.OperationalError("database is locked"), OSError(5, "Input/output error", evil)))
    try:
        evil.encode() + ("\\ud800" + evil).encode()
    except UnicodeEncodeError as error:
        events.fault("mail", error)
    try:
        compile(evil + " (", evil, "exec")
    except SyntaxError as error:
        events.fault("mail", error)
    logging.getLogger("asyncio").warning("from %s", nasty)
    try:
        raise RuntimeError(evil + nasty)
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("failed")
    events.fault("end", RuntimeError())
    """
)


def logged(kind: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", SCRIPT, kind], capture_output=True, timeout=60, check=True)
    text = done.stderr.decode()
    assert "\r" not in text
    assert text.endswith("\n")
    return text.removesuffix("\n").split("\n")


@pytest.mark.parametrize("kind", ["json", "text"])
def test_no_control_character_and_no_word_of_an_error(kind: str) -> None:
    lines = logged(kind)
    assert all(line.isprintable() for line in lines), [line for line in lines if not line.isprintable()]
    assert CANARY not in "\n".join(lines)
    assert "\n".join(lines).count("No space left on device") >= 1  # the machine's own words help
    assert any("database is locked" in line for line in lines)


def test_a_line_is_one_event() -> None:
    lines = [line for line in logged("json") if line.startswith("{")]
    events = [json.loads(line) for line in lines]
    assert [one["event"] for one in events] == ["door_refused", "reload_refused", *["fault"] * 8]
    assert not [one for one in events if one.get("message_id") == "forged"]
    faults = {one["error"]: one for one in events if one["event"] == "fault"}
    assert {"ValueError", "KeyError", "ExceptionGroup", "OSError", "OperationalError"} <= set(faults)
    # Where it happened, and what was behind it, is told.
    told = faults["OperationalError"]["exception"]
    assert [(cause["exc_type"], cause["exc_value"]) for cause in told] == [
        ("OperationalError", "database is locked"),
        ("OSError", "Input/output error"),
    ]
    assert all(cause["frames"] for cause in told)
    rest = [line for line in logged("json") if not line.startswith("{")]
    assert rest[0].startswith("WARNING asyncio from x\\n")
    assert re.search(r"\nRuntimeError(\n|$)", "\n".join(rest))
