"""`mailguard queue`, `audit` and `token` over a ledger on disk: output, JSON, exit status, one line for an error."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click
import pytest
from click.testing import CliRunner, Result
from tests.acting import facts_of, written
from tests.integration.store.test_versions import LEDGERS, written_before
from tests.ledger import ANN, BOB, BOSS, CAROL, PREFIX, Clock, Ledger, facts, mail, opened, verdict

import mailguard.__main__ as program
from mailguard.access import Access, AccessSettings
from mailguard.app.opening import only_one
from mailguard.cli import main
from mailguard.mail.actor import Role
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Because, Disposition
from mailguard.review import Review
from mailguard.store.migrate import migrations
from mailguard.store.records import Filter, MessageRecord

T = TypeVar("T")


class Desk:
    """A folder with a ledger, and the command line over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()

    def ledger(self, work: Callable[[Ledger], Awaitable[T]]) -> T:
        async def run() -> T:
            async with opened(self.folder) as ledger:
                ledger.clock = self.clock
                return await work(ledger)

        self.clock.forward(seconds=1)
        return asyncio.run(run())

    def add(self, disposition: Disposition = Disposition.CONFIRM, **more: Any) -> MessageRecord:
        return self.ledger(lambda ledger: ledger.add(disposition, **more))

    def state(self, record: MessageRecord) -> State:
        return self.ledger(lambda ledger: ledger.found(record.id)).state

    def run(self, *arguments: str, status: int = 0) -> Result:
        result = CliRunner().invoke(main, list(arguments), env={"VAR": str(self.folder)})
        assert result.exit_code == status, (result.output, result.exception)
        return result

    def json(self, *arguments: str, status: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", status=status).stdout)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)  # no mailguard.yaml here: the try-out settings
    (tmp_path / "var").mkdir()
    return Desk(tmp_path / "var")


def test_a_newer_program_leaves_the_ledger_of_an_older_one_that_runs_alone(desk: Desk) -> None:
    path = written_before(desk.folder, LEDGERS[-1])
    before = version_now(path)
    with only_one(path.with_suffix(".lock")):  # as a server of the older program has it
        for verb in (("queue", "list"), ("audit", "verify")):
            assert f"an older mailguard runs on this ledger, of version {before}" in desk.run(*verb, status=1).stderr
    assert version_now(path) == before
    assert len(desk.run("queue", "list").output.splitlines()) > 1
    assert version_now(path) == len(migrations())


def version_now(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_an_empty_queue(desk: Desk) -> None:
    desk.ledger(lambda ledger: ledger.holds.count(Filter()))
    assert desk.run("queue", "list").output == "nothing is waiting\n"
    assert desk.json("queue", "list") == {"messages": [], "next": None}


def test_no_ledger_is_an_error_in_one_line(desk: Desk) -> None:
    for verb in (("queue", "list"), ("queue", "show", "x"), ("audit", "verify"), ("token", "list")):
        result = desk.run(*verb, status=1)
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1
        assert "no ledger at" in result.stderr


def test_what_is_printed_into_a_full_disk_is_no_fault_of_the_ledger(desk: Desk) -> None:
    desk.add()
    environment = {**os.environ, "VAR": str(desk.folder), "PYTHONUNBUFFERED": ""}
    for verb in (("queue", "list"), ("audit", "export"), ("figures",)):
        with Path("/dev/full").open("wb") as full:
            command = [sys.executable, "-m", "mailguard", *verb]
            done = subprocess.run(
                command, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False, env=environment
            )
        assert (done.returncode, done.stderr) == (1, b"mailguard: output: No space left on device\n")


def test_what_has_no_answer_in_time_is_no_fault_of_the_output(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: object) -> None:
        raise TimeoutError("no answer in time")  # an error of the system to Python, without a number or a file

    desk.add()
    monkeypatch.setattr(Review, "page", slow)
    said = desk.run("queue", "list", status=1).stderr
    assert said == f"mailguard: ledger {desk.folder}/mailguard.db: no answer in time\n"


def test_a_sign_that_the_terminal_does_not_have_is_a_question_mark(desk: Desk) -> None:
    record = desk.add(known=facts("見積😀です"))
    environment = {**os.environ, "VAR": str(desk.folder), "PYTHONIOENCODING": "euc_jp"}
    command = [sys.executable, "-m", "mailguard", "queue", "list"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode("euc_jp").startswith(record.id)
    assert done.stdout.decode("euc_jp").endswith("見積?です\n")


def test_whoever_may_not_enter_the_ledgers_folder_hears_who_may(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def locked(path: Path) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))  # as root, nothing is

    monkeypatch.setattr(sys, "argv", ["mailguard", "queue", "list"])
    monkeypatch.setenv("VAR", str(desk.folder))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", locked)
        with pytest.raises(SystemExit) as ended:
            program.main()
    said = f"mailguard: {desk.folder}/mailguard.db: Permission denied; run it as mailguard's user\n"
    assert (ended.value.code, capfd.readouterr().err) == (1, said)


def test_a_damaged_ledger_is_an_error_in_one_line(desk: Desk) -> None:
    (desk.folder / "mailguard.db").write_bytes(b"rubbish" * 1000)
    result = desk.run("queue", "list", status=1)
    assert result.stderr.count("\n") == 1
    assert "not a database" in result.stderr


def test_list(desk: Desk) -> None:
    held = desk.add(known=facts("見積\x1b[31m書"))
    queued = desk.add(Disposition.DELIVER, to=(BOB, CAROL, "c@x.example", "d@x.example"))
    lines = desk.run("queue", "list").output.splitlines()
    assert [line.split()[0] for line in lines] == [queued.id, held.id]
    assert "(+1)" in lines[0]
    assert "見積?[31m書" in lines[1]  # a terminal is not steered by a subject
    assert [one["id"] for one in desk.json("queue", "list", "--filter", "state=held")["messages"]] == [held.id]
    assert [one["id"] for one in desk.json("queue", "list", "--filter", "見積")["messages"]] == [held.id]
    page = desk.json("queue", "list", "--limit", "1")
    assert page["next"] == queued.id
    assert "before=" in desk.run("queue", "list", "--limit", "1").output
    assert desk.json("queue", "list", "--limit", "2")["next"] is None
    assert "before=" not in desk.run("queue", "list", "--limit", "2", "--filter", "state:open").output


def test_list_shows_the_states_that_the_filter_names(desk: Desk) -> None:
    desk.add()
    gone = desk.add(Disposition.CONFIRM)
    desk.run("queue", "cancel", gone.id)
    for text in ("state:cancelled", "state=cancelled", "状態:cancelled", "state:cancelled,relayed"):
        assert [one["id"] for one in desk.json("queue", "list", "--filter", text)["messages"]] == [gone.id], text
    assert len(desk.json("queue", "list", "--filter", "-state:cancelled")["messages"]) == 1


@pytest.mark.parametrize("between", [" ", "&", ",", ", "])
def test_pairs_of_a_filter_are_told_apart(desk: Desk, between: str) -> None:
    held = desk.add()
    desk.add(sender="dave@corp.example")
    found = desk.json("queue", "list", "--filter", f"sender={ANN}{between}state=held")["messages"]
    assert [one["id"] for one in found] == [held.id]


@pytest.mark.parametrize("text", ["colour=red", "state=sold", "older=soon", 'q="open', "rule=a,rule=b"])
def test_a_wrong_filter_is_wrong_usage(desk: Desk, text: str) -> None:
    desk.add()
    assert "--filter" in desk.run("queue", "list", "--filter", text, status=2).stderr


def test_show(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    record = desk.add(to=(BOB, CAROL), only=(BOB,))
    shown = desk.json("queue", "show", record.id)
    assert (shown["id"], shown["state"], shown["sender"]) == (record.id, "held", ANN)
    assert [(one["address"], one["state"]) for one in shown["recipients"]] == [(BOB, "held"), (CAROL, "queued")]
    assert shown["history"][0]["event"] == "accept"
    assert shown["expires_at"]
    assert shown["findings"][0]["because"]["ja"]
    assert "社外です" in desk.run("queue", "show", record.id).output
    monkeypatch.setenv("MAILGUARD_ORGANIZATION__LANGUAGE", "en")
    assert "it goes outside" in desk.run("queue", "show", record.id).output
    for verb in ("show", "release", "cancel", "comment"):
        wrong = desk.run("queue", verb, "nothing", *["well"][: verb == "comment"], status=1).stderr
        assert wrong.endswith("nothing: There is no such mail. `mailguard queue list` shows ids.\n")


def test_release_cancel_and_who_did_it(desk: Desk) -> None:
    first, second = desk.add(), desk.add()
    assert desk.run("queue", "release", first.id).output == f"{first.id}: queued\n"
    assert desk.json("queue", "cancel", second.id, "--comment", "by telephone")["results"] == [
        {"id": second.id, "done": True, "possible": True, "state": "cancelled"}
    ]
    history = desk.json("queue", "show", second.id)["history"]
    assert (history[-1]["via"], history[-1]["comment"]) == ("cli", "by telephone")
    assert history[-1]["actor"].startswith("cli-")
    again = desk.run("queue", "release", second.id, first.id, status=1)
    assert again.stderr.count("Already decided") == 2


def test_only_some_recipients(desk: Desk) -> None:
    record = desk.add(to=(BOB, CAROL))
    desk.run("queue", "release", record.id, "--recipient", BOB)
    states = [one["state"] for one in desk.json("queue", "show", record.id)["recipients"]]
    assert states == ["queued", "held"]
    desk.run("queue", "remove-recipient", record.id, CAROL)
    states = [one["state"] for one in desk.json("queue", "show", record.id)["recipients"]]
    assert states == ["queued", "cancelled"]
    desk.run("queue", "remove-recipient", record.id, "nobody", status=2)
    desk.run("queue", "remove-recipient", record.id, "nobody@x.example", status=1)


def test_recipients_come_off_what_a_filter_finds(desk: Desk) -> None:
    both, other = desk.add(to=(BOB, CAROL)), desk.add(to=(BOB,))
    desk.clock.forward(hours=1)  # or it would be a part of the one before
    gone = desk.add(to=(CAROL,))
    desk.run("queue", "cancel", gone.id)
    asked = ("queue", "remove-recipient", "--filter", f"sender={ANN}", CAROL)
    assert desk.json(*asked, "--dry-run") == {
        "count": 1, "done": 0, "refused": 0, "ids": [both.id], "errors": {}, "dry_run": True,
    }  # fmt: skip
    assert desk.run(*asked, "--dry-run").output.splitlines()[0] == "1 mail matches"
    assert desk.run(*asked).output == "1 mail matches\ndone: 1, refused: 0\n"
    states = [one["state"] for one in desk.json("queue", "show", both.id)["recipients"]]
    assert (states, desk.state(other)) == (["held", "cancelled"], State.HELD)
    assert desk.json("queue", "remove-recipient", both.id, other.id, "--recipient", BOB)["results"] == [
        {"id": both.id, "done": True, "possible": True, "state": "cancelled"},
        {"id": other.id, "done": True, "possible": True, "state": "cancelled"},
    ]
    for wrong in ((CAROL,), (both.id,), (both.id, CAROL, "--filter", "state=held"), ("--filter", "state=held")):
        desk.run("queue", "remove-recipient", *wrong, status=2)


def test_a_dry_run_looks_for_the_recipients_that_are_named(desk: Desk) -> None:
    record = desk.add(to=(BOB, CAROL))
    desk.run("queue", "remove-recipient", record.id, CAROL)
    for verb in (("remove-recipient", record.id, "nobody@x.example"), ("release", record.id, "--recipient", CAROL)):
        assert desk.json("queue", *verb, "--dry-run", status=1)["results"][0]["possible"] is False
    assert "would remove" in desk.run("queue", "remove-recipient", record.id, BOB, "--dry-run").output


def test_show_takes_a_filter_and_looking_can_be_dry(desk: Desk) -> None:
    first, second = desk.add(), desk.add()
    shown = desk.run("queue", "show", "--filter", f"sender={ANN}", "--json", "--dry-run")
    assert shown.stderr == "2 mails match\n"
    assert [json.loads(line)["id"] for line in shown.stdout.splitlines()] == [second.id, first.id]
    assert desk.run("queue", "show", "--filter", "state=relayed").output == "0 mails match\n"
    assert desk.json("queue", "list", "--dry-run") == desk.json("queue", "list")
    for wrong in ((), (first.id, "--filter", "state=held")):
        desk.run("queue", "show", *wrong, status=2)


def test_hold_and_reject(desk: Desk) -> None:
    record = desk.add(Disposition.APPROVE, approvers=(BOSS,))
    desk.run("queue", "hold", record.id)
    desk.run("queue", "reject", record.id, "--comment", "no")
    assert desk.state(record) is State.REJECTED


def test_an_urgent_release_needs_a_reason_and_a_rule_that_allows_it(desk: Desk) -> None:
    allowed = desk.add(Disposition.APPROVE, approvers=(BOSS,), urgent=True)
    other = desk.add(Disposition.APPROVE, approvers=(BOSS,))
    assert "--comment" in desk.run("queue", "release", allowed.id, "--urgent", status=2).stderr
    desk.run("queue", "release", "--filter", "state=held", "--urgent", "--comment", "x", status=2)
    desk.run("queue", "cancel", allowed.id, "--urgent", status=2)
    desk.run("queue", "release", other.id, "--urgent", "--comment", "fire", status=1)
    desk.run("queue", "release", allowed.id, "--urgent", "--comment", "fire")
    assert (desk.state(allowed), desk.state(other)) == (State.QUEUED, State.HELD)
    assert desk.json("queue", "show", allowed.id)["history"][-1]["event"] == "urgent"


def test_a_dry_run_changes_nothing(desk: Desk) -> None:
    record = desk.add()
    assert "would release" in desk.run("queue", "release", record.id, "--dry-run").output
    assert desk.json("queue", "release", "--filter", "state=held", "--dry-run") == {
        "count": 1, "done": 0, "refused": 0, "ids": [record.id], "errors": {}, "dry_run": True,
    }  # fmt: skip
    said, shown = desk.run("queue", "cancel", "--filter", "state=held", "--dry-run").output.splitlines()
    assert said == "1 mail matches"
    assert shown.startswith(f"{record.id}  ")
    assert desk.run("queue", "release", "--filter", "state=queued", "--dry-run").output == "0 mails match\n"
    assert desk.state(record) is State.HELD


def test_a_filter_counts_first_and_then_acts(desk: Desk) -> None:
    records = [desk.add() for _ in range(3)]
    desk.add(sender="dave@corp.example")
    result = desk.run("queue", "release", "--filter", f"sender={ANN}")
    assert result.output == "3 mails match\ndone: 3, refused: 0\n"
    assert {desk.state(record) for record in records} == {State.QUEUED}
    done = desk.json("queue", "cancel", "--filter", "q=dave")
    assert (done["count"], done["done"], done["refused"]) == (1, 1, 0)


def test_what_comes_in_while_somebody_is_asked_is_not_decided(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, late = desk.add(), list[MessageRecord]()

    def asked(_what: str, count: int, *_: bool) -> None:
        with ThreadPoolExecutor(1) as other:  # a server beside it takes one more in
            late.append(other.submit(desk.add).result())
        assert count == 1

    monkeypatch.setattr("mailguard.cli.queue_doing.ask_first", asked)
    assert desk.run("queue", "release", "--filter", "state:held").output == "1 mail matches\ndone: 1, refused: 0\n"
    assert (desk.state(counted), desk.state(late[0])) == (State.QUEUED, State.HELD)


@pytest.mark.parametrize("text", ["", " ", "sender=", "sender='',state=held"])
def test_nothing_is_done_to_every_mail_for_an_empty_variable(desk: Desk, text: str) -> None:
    record = desk.add()
    for asked in (("queue", "release"), ("queue", "remove-recipient", CAROL)):
        said = desk.run(*asked, "--filter", text, status=2).stderr
        assert "every mail" in said or "no value" in said
    assert desk.state(record) is State.HELD
    assert desk.json("queue", "list", "--filter", text)["messages"]


def test_what_stands_in_quotation_marks_is_one_value(desk: Desk) -> None:
    desk.add()
    assert desk.json("queue", "cancel", "--filter", 'q="hello, state=held"', "--dry-run")["count"] == 0
    assert desk.json("queue", "cancel", "--filter", 'q="hello" state=held', "--dry-run")["count"] == 1


@pytest.mark.parametrize("verb", ["release", "cancel", "hold", "reject"])
def test_nothing_is_done_to_what_loose_words_find(desk: Desk, verb: str) -> None:
    record = desk.add()
    for arguments in (("hello",), ("state=held hello",), ("q=hello 2",)):
        said = desk.run("queue", verb, "--filter", *arguments, status=2).stderr
        assert said.count("\n") == 1
        assert "write 'q=" in said
    assert desk.state(record) is State.HELD
    assert desk.json("queue", "list", "--filter", "hello")["messages"]
    assert desk.json("queue", "release", "--filter", 'q="hello"', "--dry-run")["count"] == 1


def test_times_are_in_the_zone_of_the_organisation_and_say_so(desk: Desk) -> None:
    record = desk.add()
    assert "  2026-11-23 21:00 +09:00  " in desk.run("queue", "list").output
    assert "  2026-11-23 21:00:01 +09:00  " in desk.run("audit", "list").output
    shown = desk.run("queue", "show", record.id).output.splitlines()
    assert [
        line.split(maxsplit=1)[1][:23] for line in shown if line.startswith(("received_at", "expires", "hist"))
    ] == [
        "2026-11-23 21:00 +09:00",
        "2026-11-26 21:00 +09:00",
        "2026-11-23 21:00 +09:00",
    ]
    assert desk.json("queue", "show", record.id)["received_at"] == "2026-11-23T12:00:01+00:00"
    assert desk.json("audit", "list")["lines"][0]["at"] == "2026-11-23T12:00:01+00:00"


def test_list_says_what_a_mail_waits_for(desk: Desk) -> None:
    for disposition in (Disposition.DELAY, Disposition.CONFIRM, Disposition.APPROVE):
        desk.add(disposition, approvers=(BOSS,) if disposition is Disposition.APPROVE else ())
    lines = desk.run("queue", "list").output.splitlines()
    assert [line.split()[4:6] for line in lines] == [["held", "approve"], ["held", "confirm"], ["held", "delay"]]


@pytest.mark.parametrize(
    ("arguments", "verb", "wrong"),
    [
        (("nothing",), "mailguard", "No such command 'nothing'"),
        (("--nothing",), "mailguard", "No such option '--nothing'"),
        (("queue", "cancel"), "mailguard queue cancel", "give IDs, or --filter, and not both"),
        (("token", "create"), "mailguard token create", "Missing option '--role'. Choose from: sender"),
        (("audit", "list", "--limit", "x"), "mailguard audit list", "'x' is not a valid integer"),
    ],
)
def test_wrong_usage_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], verb: str, wrong: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(list(arguments), prog_name="mailguard")
    assert ended.value.code == 2
    out, said = capsys.readouterr()
    assert out == ""
    assert said.count("\n") == 1
    assert said.startswith(f"{verb}: ")
    assert wrong in said
    assert said.endswith(f"; see {verb} --help\n")


def test_every_verb_has_json() -> None:
    context, found = click.Context(main), []
    waiting: list[tuple[str, click.Command]] = [("mailguard", main)]
    while waiting:
        name, verb = waiting.pop()
        if isinstance(verb, click.Group):
            waiting += [
                (f"{name} {one}", verb.get_command(context, one) or main) for one in verb.list_commands(context)
            ]
        else:
            found += [name] if any("--json" in option.opts for option in verb.params) else [f"{name}: none"]
    assert len(found) > 40
    assert not [name for name in found if name.endswith("none")]


def test_help_is_as_it_was(desk: Desk) -> None:
    assert desk.run("queue", "cancel", "--help").stdout.startswith("Usage: main queue cancel [OPTIONS]")
    assert desk.run("queue", status=2).stderr.startswith("Usage: main queue [OPTIONS]")


def test_ids_or_a_filter(desk: Desk) -> None:
    record = desk.add()
    desk.run("queue", "release", status=2)
    desk.run("queue", "release", record.id, "--filter", "state=held", status=2)
    desk.run("queue", "release", "--filter", "state=held", "--recipient", BOB, status=2)


@pytest.mark.parametrize(
    "text", ["", " ", "sender=", 'sender=" "', "q='\u3000'", "\x7f", "\udc8c\udca9", "state=held \udc8c"]
)
def test_nothing_is_done_for_a_filter_without_a_value(desk: Desk, text: str) -> None:
    record = desk.add()
    assert "--filter" in desk.run("queue", "release", "--filter", text, status=2).stderr
    assert desk.json("queue", "show", record.id)["state"] == "held"


def test_what_a_terminal_in_shift_jis_sends_is_wrong_usage(desk: Desk) -> None:
    desk.add()
    garbled = os.fsdecode("見積".encode("cp932"))
    for verb in (("queue", "show", garbled), ("queue", "release", garbled), ("session", "end", garbled)):
        assert "is not in UTF-8" in desk.run(*verb, status=2).stderr
    for listing in (garbled, f"q={garbled}", f"state:held {garbled}"):
        assert "is not in UTF-8" in desk.run("queue", "list", "--filter", listing, status=2).stderr


def test_audit(desk: Desk) -> None:
    record = desk.add()
    desk.run("queue", "release", record.id)
    assert desk.run("audit", "verify").output == "the audit log is whole\n"
    listed = desk.json("audit", "list")["lines"]
    assert [line["event"] for line in listed] == ["accept", "release"]
    assert len(desk.json("audit", "list", "--message", record.id, "--limit", "1")["lines"]) == 1
    assert "release" in desk.run("audit", "list").output
    exported = [json.loads(line) for line in desk.run("audit", "export").output.splitlines()]
    assert [line["number"] for line in exported] == [1, 2]
    assert all(len(line["hash"]) == 64 for line in exported)


def test_audit_names_the_first_broken_line(desk: Desk) -> None:
    desk.run("queue", "release", desk.add().id)
    db = sqlite3.connect(desk.folder / "mailguard.db", isolation_level=None)
    db.execute("DROP TRIGGER audit_is_not_altered")
    db.execute("UPDATE audit SET actor = 'nobody' WHERE number = 2")
    db.close()
    assert "line 2" in desk.run("audit", "verify", status=1).stderr
    assert desk.json("audit", "verify", status=1) == {"ok": False, "first_broken": 2}


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_the_audit_log_is_verified_on_a_full_disk(desk: Desk) -> None:
    desk.run("queue", "release", desk.add().id)
    with full_disk():
        assert "database" in desk.run("queue", "list", status=1).stderr
        assert desk.run("audit", "verify").output == "the audit log is whole\n"
    db = sqlite3.connect(desk.folder / "mailguard.db", isolation_level=None)
    db.execute("DROP TRIGGER audit_is_not_altered")
    db.execute("UPDATE audit SET actor = 'nobody' WHERE number = 2")
    db.close()
    with full_disk():
        assert desk.json("audit", "verify", status=1) == {"ok": False, "first_broken": 2}
    assert desk.json("audit", "verify", status=1) == {"ok": False, "first_broken": 2}


def test_tokens(desk: Desk) -> None:
    made = desk.run("token", "create", "--role", "auditor", "--label", "report").output.strip()
    assert desk.json("token", "create", "--role", "sender", "--address", ANN)["token"] != made

    async def verify(ledger: Ledger) -> Role | None:
        settings = AccessSettings(Organization(("corp.example",)))
        access = Access(ledger.sessions, ledger.outbox, ledger.audit, settings, now=ledger.clock)
        actor = await access.verify_token(made)
        return None if actor is None else actor.role

    assert desk.ledger(verify) is Role.AUDITOR
    rows = desk.json("token", "list")["tokens"]
    wanted = next(row for row in rows if row["label"] == "report")
    listed = desk.run("token", "list").output
    assert made not in listed
    assert re.search(r"until [\d-]{10} \d\d:\d\d \+09:00  last used [\d-]{10} \d\d:\d\d \+09:00  report\n", listed)
    assert "last used never\n" in listed
    desk.run("token", "revoke", wanted["id"])
    assert desk.ledger(verify) is None
    desk.run("token", "revoke", wanted["id"], status=1)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(("--role", "sender"), 1), (("--role", "king"), 2), (("--role", "sender", "--address", "x"), 1), ((), 2)],
)
def test_a_token_that_makes_no_sense(desk: Desk, arguments: tuple[str, ...], status: int) -> None:
    result = desk.run("token", "create", *arguments, status=status)
    assert result.stdout == ""


def with_files(desk: Desk) -> MessageRecord:
    message = written()
    return desk.add(to=(BOB, CAROL), octets=message.as_bytes(), known=facts_of(message))


def test_files_are_taken_out_by_name_or_number(desk: Desk) -> None:
    record = with_files(desk)
    assert "0: list.csv (16 bytes)" in desk.run("queue", "show", record.id).output
    assert desk.json("queue", "show", record.id)["attachments"][0]["filename"] == "list.csv"
    assert desk.run("queue", "remove-file", record.id, "list.csv", "2").output == f"{record.id}: held\n"
    lines = [one for one in desk.json("queue", "show", record.id)["history"] if one["event"] == "alter"]
    assert len(lines) == 1
    assert "plan.txt" in str(lines[0]["detail"]["diff"])
    for wrong in ("nothing.pdf", "3"):
        assert "lists them" in desk.run("queue", "remove-file", record.id, wrong, status=2).stderr


def test_recipients_are_hidden(desk: Desk) -> None:
    record = with_files(desk)
    assert desk.json("queue", "hide", record.id, CAROL)["state"] == "held"
    assert "to_bcc" in desk.run("queue", "show", record.id).output
    assert "neither in To" in desk.run("queue", "hide", record.id, "x@y.example", status=1).stderr


@pytest.mark.parametrize("by_filter", [False, True])
def test_who_comes_off_stands_in_nobodys_to_and_cc(desk: Desk, by_filter: bool) -> None:
    record = with_files(desk)
    words = ("--filter", f"sender={ANN}", CAROL) if by_filter else (record.id, CAROL)
    desk.run("queue", "remove-recipient", *words)
    shown = desk.json("queue", "show", record.id)
    assert [one["state"] for one in shown["recipients"]] == ["held", "cancelled"]
    assert [one["event"] for one in shown["history"]] == ["accept", "remove", "alter"]
    diff = str(shown["history"][-1]["detail"]["diff"])
    assert f"-{BOB}, {CAROL}" in diff
    assert f"+{BOB}" in diff


def test_whoever_was_meant_takes_the_place_of_a_wrong_recipient(desk: Desk) -> None:
    wrong, meant, why = "tanaka@examp1e.co.jp", "tanaka@example.co.jp", Because("別です", "another address")
    text = written((wrong,))
    message = mail((wrong,), octets=text.as_bytes(), at=desk.clock())
    odd = replace(
        verdict(message, Disposition.CONFIRM).recipients[0],
        risk=0.9, risk_because=why, risk_kind="lookalike", alternative=meant,
    )  # fmt: skip
    judged = replace(verdict(message, Disposition.CONFIRM), recipients=(odd,))
    desk.ledger(lambda ledger: ledger.spool.add(message, facts_of(text), judged, PREFIX, circumstances={}))

    def replacing(whom: str, *more: str, status: int = 0) -> Result:
        return desk.run("queue", "replace-recipient", message.id, whom, *more, status=status)

    assert f"risk 0.90: 別です\n{'':13}meant, probably: {meant}" in (desk.run("queue", "show", message.id).output)
    assert "is no recipient" in replacing(BOB, status=1).stderr
    assert replacing(wrong, "--dry-run").output == f"{message.id}: {meant} would take the place of {wrong}; held\n"
    done = json.loads(replacing(wrong, "--json").stdout)
    assert (done["done"], done["wrong"], done["meant"]) == (True, wrong, meant)
    assert f"{meant} instead of {wrong}" in desk.run("queue", "show", message.id).output
    assert "(cancelled)" in replacing(wrong, status=1).stderr


def test_a_search_in_the_audit_log_that_finds_nothing_says_so(desk: Desk) -> None:
    desk.add()
    assert "accept" in desk.run("audit", "list", "--act", "accept").stdout
    nothing = desk.run("audit", "list", "--act", "acept")
    assert (nothing.stdout, nothing.stderr) == ("", "no line matches\n")
    assert desk.json("audit", "list", "--act", "acept") == {"lines": []}


@pytest.mark.parametrize("verb", ["queue", "history", "store", "incident", "policy"])
def test_a_list_of_verbs_says_each_in_a_whole_sentence(desk: Desk, verb: str) -> None:
    verbs = desk.run(verb, "--help").stdout.partition("Verbs:\n")[2]
    assert verbs
    assert "..." not in verbs.replace("state:...", "")


def test_notes_and_asking_somebody(desk: Desk) -> None:
    record = with_files(desk)
    assert desk.run("queue", "comment", record.id, "please look").output == f"{record.id}: held\n"
    desk.run("queue", "forward", record.id, BOSS, "--comment", "is this right?")
    shown = desk.run("queue", "show", record.id).output
    assert "please look" in shown
    assert "is this right?" in shown
    assert "own organisation" in desk.run("queue", "forward", record.id, BOB, status=1).stderr
    assert "not a mail address" in desk.run("queue", "forward", record.id, "x", status=2).stderr


def test_a_clock_is_stopped_and_goes_on(desk: Desk) -> None:
    record = desk.add()
    desk.run("queue", "hold", record.id)
    desk.run("queue", "resume", record.id)
    assert "not stopped" in desk.run("queue", "resume", record.id, status=1).stderr
