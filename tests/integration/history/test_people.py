"""`mailguard history show` and `forget`: counts and no name but that which was asked for, and nothing left of it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.integration.history.test_import import ANN, BOB, CAROL, folder, imported, known, mail, mbox, run

DORA = "dora@corp.example"
FREE = "bob.private@gmail.com"

__all__ = ["folder"]


@pytest.fixture
def known_people(folder: Path) -> Path:
    several = f"Bob <{BOB}>, {CAROL}, {FREE}"
    mails = [mail(n, day=n, to=several) for n in range(1, 5)]
    mbox(folder / "Sent", *mails, mail(9, sender=DORA, to=BOB, day=20), mail(10, to=DORA))
    assert imported("Sent")["learned"] == 6
    return folder


def test_what_is_known_of_somebody_here(known_people: Path) -> None:
    assert run("show", "Ann@CORP.example").stdout == (
        "ann@corp.example\n"
        "  wrote 12 times to organizations outside, since 2026-10-01 10:00 +09:00, last 2026-10-04 10:00 +09:00\n"
        "  wrote to 4 people, in 1 groups\n"
    )


def test_what_is_known_of_somebody_outside(known_people: Path) -> None:
    assert run("show", BOB).stdout == (
        "bob@partner.example\n  was written to by 2 people here, 5 times, last 2026-10-20 10:00 +09:00\n"
    )
    said = json.loads(run("show", "--json", BOB).stdout)
    assert said["address"] == BOB
    assert (said["writers"], said["received"], said["received_last"]) == (2, 5, "2026-10-20T01:00:00+00:00")


def test_who_is_not_known(known_people: Path) -> None:
    done = run("show", "nobody@x.example", status=1)
    assert (done.stdout, done.stderr) == ("", "mailguard: nothing is known of nobody@x.example\n")
    assert run("show", "Bob <b@x.example>", status=2).stderr.count("\n") == 1


def test_somebody_outside_is_forgotten(known_people: Path) -> None:
    assert run("forget", BOB).stdout == (
        "bob@partner.example: erased 2 people written to or written by, 1 groups; the model forgets, too\n"
    )
    assert run("show", BOB, status=1).stdout == ""
    written = known(known_people).last_written
    assert written is not None
    assert "partner.example" in known(known_people).company_domains, "a domain is nobody's name"
    assert known(known_people).names == {}
    assert known(known_people, CAROL).names == {}
    assert known(known_people).circles == ()
    assert octets_with(known_people, BOB) == []


def test_somebody_here_is_forgotten(known_people: Path) -> None:
    gone = json.loads(run("forget", "--json", ANN).stdout)
    assert gone["address"] == ANN
    assert gone["erased"] == {"people": 4, "groups": 1, "contacts": 3, "files": 0, "trusts": 0, "lessons": 0}
    assert known(known_people).sender_domains == frozenset()
    assert known(known_people, sender=DORA).sender_domains == {"partner.example"}
    assert octets_with(known_people, ANN) == []


def test_a_free_mailbox_is_an_address_among_organizations(known_people: Path) -> None:
    assert json.loads(run("forget", "--json", FREE).stdout)["erased"]["contacts"] == 2
    assert known(known_people, FREE).company_domains == frozenset()


def test_the_audit_log_says_that_and_not_who(known_people: Path) -> None:
    run("forget", BOB)
    with sqlite3.connect(known_people / "var" / "mailguard.db") as ledger:
        rows = ledger.execute(
            "SELECT event, actor, recipients, detail FROM audit WHERE event LIKE '%forget%'"
        ).fetchall()
    ((event, actor, recipients, detail),) = rows
    assert actor.startswith("cli-")
    assert BOB not in f"{event}{recipients}{detail}"


def octets_with(folder: Path, text: str) -> list[str]:
    """Tables with a row that has this text."""
    found = []
    with sqlite3.connect(folder / "var" / "mailguard.db") as ledger:
        tables = [name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = ledger.execute(f"SELECT * FROM {table}").fetchall()
            # Whoever has a model is still to hear of it: that row goes once all have.
            if table != "experience" and any(text in str(row) for row in rows):
                found.append(table)
    return found
