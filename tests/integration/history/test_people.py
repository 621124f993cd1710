"""`mailguard history show` and `forget`: counts and no name but that which was asked for, and nothing left of it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.integration.history.test_import import ANN, BOB, CAROL, imported, known, mail, mbox, run, settle

from mailguard.cli.history import history
from mailguard.store.half_imported import importing

DORA = "dora@corp.example"
FREE = "bob.private@gmail.com"


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house that learned from six mails, made once."""
    place = tmp_path_factory.mktemp("taught")
    settle(place)
    several = f"Bob <{BOB}>, {CAROL}, {FREE}"
    mails = [mail(n, day=n, to=several) for n in range(1, 5)]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        mbox(place / "Sent", *mails, mail(9, sender=DORA, to=BOB, day=20), mail(10, to=DORA))
        assert imported("Sent")["learned"] == 6
    return place


@pytest.fixture
def known_people(taught: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "house"
    shutil.copytree(taught, folder)
    monkeypatch.chdir(folder)
    return folder


def test_what_is_known_of_somebody_here(known_people: Path) -> None:
    assert run("show", "Ann@CORP.example").stdout == (
        "ann@corp.example\n"
        "  wrote 12 times to organizations outside, since 2026-10-01 10:00 +09:00, last 2026-10-04 10:00 +09:00\n"
        "  wrote to 4 people, in 1 groups\n"
        "  the model knows the address\n"
    )


def test_what_is_known_of_somebody_outside(known_people: Path) -> None:
    assert run("show", BOB).stdout == (
        "bob@partner.example\n  was written to by 2 people here, 5 times, last 2026-10-20 10:00 +09:00\n"
        "  the model knows the address\n"
    )
    said = json.loads(run("show", "--json", BOB).stdout)
    assert said["address"] == BOB
    assert (said["writers"], said["received"], said["received_last"]) == (2, 5, "2026-10-20T01:00:00+00:00")
    assert said["model"] is True


def test_who_is_not_known(known_people: Path) -> None:
    done = run("show", "nobody@x.example", status=1)
    assert (done.stdout, done.stderr) == ("", "mailguard: nothing is known of nobody@x.example\n")
    assert run("show", "Bob <b@x.example>", status=2).stderr.count("\n") == 1


def test_nobody_is_forgotten_while_an_import_may_bring_him_back(known_people: Path) -> None:
    """It has read its archives, and teaches and counts what stands in them afterwards."""
    with importing(known_people / "var" / "mailguard.db"):
        said = run("forget", BOB, status=1).stderr
    assert "another import runs on it" in said
    assert said.count("\n") == 1
    assert json.loads(run("show", "--json", BOB).stdout)["writers"] == 2
    run("forget", BOB)


def test_somebody_outside_is_forgotten(known_people: Path) -> None:
    assert run("forget", BOB).stdout == (
        "bob@partner.example: erased 2 people written to or written by, 1 groups; the model forgets, too\n"
    )
    assert run("show", BOB, status=1).stdout == ""
    assert "partner.example" in known(known_people).company_domains, "a domain is nobody's name"
    assert known(known_people).names == {}
    assert known(known_people, CAROL).names == {}
    assert known(known_people).circles == ()
    assert octets_with(known_people, BOB) == []


def test_nothing_of_somebody_forgotten_stays_in_the_log_of_a_ledger_that_is_open(known_people: Path) -> None:
    log = known_people / "var" / "mailguard.db-wal"
    with closing(sqlite3.connect(log.with_name("mailguard.db"))) as server:
        server.execute("UPDATE correspondent SET count = count + 1")
        server.commit()
        assert BOB.encode() in log.read_bytes()
        run("forget", BOB)
        assert BOB.encode() not in log.read_bytes()


def test_somebody_here_is_forgotten(known_people: Path) -> None:
    gone = json.loads(run("forget", "--json", ANN).stdout)
    assert gone["address"] == ANN
    assert gone["erased"] == {"people": 4, "groups": 1, "contacts": 3, "files": 0, "trusts": 0, "lessons": 0}
    assert known(known_people).sender_domains == frozenset()
    assert known(known_people, sender=DORA).sender_domains == {"partner.example"}
    assert octets_with(known_people, ANN) == []
    run("show", ANN, status=1)
    assert run("show", DORA).stdout.endswith("  the model knows the address\n"), "nobody else is forgotten"


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


def test_a_model_that_is_switched_off_is_not_asked(known_people: Path) -> None:
    with (known_people / "mailguard.yaml").open("a") as settings:
        settings.write("insight: {enabled: false}\n")
    assert run("show", DORA).stdout.endswith("  the model does not know the address\n")
    assert json.loads(run("forget", "--json", DORA).stdout)["erased"]["people"] == 2
    assert run("export", "x", status=1).stderr == "mailguard: nothing is learned here: insight.enabled is off\n"


def test_what_one_node_learned_is_taken_in_by_another(known_people: Path, tmp_path: Path) -> None:
    assert run("export", "model").stdout.startswith("model: what 6 mails taught, ")
    assert (known_people / "model").stat().st_mode & 0o777 == 0o600
    other = tmp_path / "other"
    other.mkdir()
    settle(other)
    shutil.copy(known_people / "model", other)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(other)
        assert run("merge", "model").stdout == "model: what 6 mails taught there is known here, too\n"
        assert run("show", BOB).stdout == "bob@partner.example\n  the model knows the address\n"
        whole = (other / "model").read_bytes()
        for broken in (b"", whole[:-1] + b"?"):
            (other / "model").write_bytes(broken)
            said = run("merge", "model", status=1).stderr
            assert said.startswith(f"mailguard: {other / 'model'}: it ")
            assert said.count("\n") == 1
        os.mkfifo(other / "pipe")
        for verb in ("export", "merge"):  # a device would be replaced, a pipe waited for
            assert run(verb, "pipe", status=1).stderr == "mailguard: pipe: is no regular file\n"
        with pytest.raises(FileNotFoundError, match="nowhere'"):  # `__main__` says it, and not of the ledger
            CliRunner().invoke(history, ["export", "nowhere/model"], catch_exceptions=False)
        said = run("merge", "nowhere", status=1).stderr
        assert said == "mailguard: nowhere: no such file; `mailguard history export FILE` writes one\n"
        assert run("show", BOB).stdout.endswith("the model knows the address\n")


def test_what_is_known_of_a_node_is_not_counted_twice(known_people: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    settle(other)
    run("export", "one")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(other)
        run("merge", str(known_people / "one"))
        run("export", "back")
    refused = "some of it is known here already, and would count twice; --again takes it in all the same\n"
    assert run("merge", str(other / "back"), status=1).stderr.endswith(f"back: {refused}"), (
        "it has what this one taught"
    )
    run("forget", DORA)  # so that its model is another one
    run("export", "two")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(other)
        assert run("merge", str(known_people / "two"), status=1).stderr.endswith(f"two: {refused}"), (
            "so has an older one"
        )
        assert run("merge", "--again", str(known_people / "two")).stdout.endswith("is known here, too\n")
        assert run("merge", str(known_people / "two")).stdout.endswith("was taken in before; nothing changed\n")


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
