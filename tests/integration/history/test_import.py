"""`mailguard history import` as an administrator runs it, on archives of each kind: what is learned and left out.

What was learned is looked up where the rules look: in the ledger's history.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import mailbox
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from email.message import EmailMessage
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mailguard.app import importing as app_importing
from mailguard.cli import main
from mailguard.insight.model import Insight
from mailguard.mail.address import ReversePath, parse_address
from mailguard.policy.case import Circle, Known
from mailguard.policy.question import Question
from mailguard.store import half_imported, snapshots
from mailguard.store.db import Database
from mailguard.store.history import History

CONFIG = """organization: {domains: [corp.example], language: en, timezone: Asia/Tokyo}
listeners: [{address: "127.0.0.1:0", auth: none, trusted_networks: [127.0.0.0/8]}]
upstream: {url: "mailbox:out"}
store: {url: "sqlite:var/mailguard.db", bodies: var/bodies}
policies: [rules.yaml]
notify: {from: mailguard@corp.example}
"""
RULES = """version: 1
rules:
  - {id: outside, when: {recipients: {external: true}}, then: confirm}
"""
ANN, BOB, CAROL = "ann@corp.example", "bob@partner.example", "carol@other.example"
LOG = """\
Nov 20 10:00:01 mx postfix/cleanup[102]: 4NH3tk1Qz1z2xYz: message-id=<log1@corp.example>
Nov 20 10:00:01 mx postfix/qmgr[99]: 4NH3tk1Qz1z2xYz: from=<ann@corp.example>, size=612, nrcpt=1 (queue active)
Nov 20 10:00:02 mx postfix/smtp[103]: 4NH3tk1Qz1z2xYz: to=<bob@partner.example>, relay=mx[192.0.2.25]:25, dsn=2.0.0, \
status=sent (250 ok)
Nov 20 10:00:03 mx postfix/qmgr[99]: 4NH3tk1Qz1z2xYz: removed
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    settle(tmp_path)
    return tmp_path


def settle(folder: Path) -> None:
    """Write settings into a folder."""
    (folder / "mailguard.yaml").write_text(CONFIG)
    (folder / "rules.yaml").write_text(RULES)


def run(*arguments: str, status: int = 0) -> Result:
    done = CliRunner().invoke(main, ["history", *arguments])
    assert done.exit_code == status, (done.stdout, done.stderr, done.exception)
    return done


def imported(*paths: str) -> Any:
    return json.loads(run("import", "--json", *paths).stdout)


def mail(number: int, *, sender: str = ANN, to: str = f"Bob <{BOB}>", day: int = 1, **fields: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = sender, to, f"<{number}@corp.example>"
    message["Date"] = f"{day} Oct 2026 10:00:00 +0900"
    message["Subject"] = f"hello {number}"
    for name, text in fields.items():
        message[name.replace("_", "-")] = text
    message.set_content(f"text {number}\nFrom here on nothing\n")
    return message


def mbox(path: Path, *mails: EmailMessage | bytes) -> Path:
    box = mailbox.mbox(path)
    for one in mails:
        box.add(one)
    box.close()
    return path


def known(folder: Path, to: str = BOB, sender: str = ANN) -> Known:
    async def look() -> Known:
        db = await Database.open(folder / "var" / "mailguard.db")
        try:
            asked = Question(frozenset({"written", "names", "habits"}), (), (), datetime(2026, 11, 26, tzinfo=UTC))
            return await History(db).known(ReversePath(parse_address(sender)), (parse_address(to),), asked)
        finally:
            await db.close()

    return asyncio.run(look())


def learned(folder: Path) -> int:
    """How many mails the model on disk was taught."""
    return snapshots.read(folder / "var" / "mailguard.insight", Insight.load)[0].learned


def test_whom_somebody_wrote_to_is_known_afterwards(folder: Path) -> None:
    mbox(folder / "Sent", mail(1), mail(2, day=20, to=f"Bob Brown <{BOB}>, {CAROL}"), mail(3, day=3, to=f"B. <{BOB}>"))
    done = run("import", "Sent")
    assert (done.stdout, done.stderr) == ("Sent (mbox): 3 read, 3 learned\n", "")
    assert learned(folder) == 3
    found = known(folder)
    assert found.sender_domains == {"partner.example"}
    assert found.last_written is not None
    assert found.last_written[BOB].days == 36
    assert found.names == {BOB: "Bob Brown"}
    assert known(folder, CAROL).company_domains == {"other.example"}
    assert known(folder, CAROL, sender="dora@corp.example").sender_domains == frozenset()


def test_the_same_mail_is_learned_once(folder: Path) -> None:
    mbox(folder / "Sent", *[mail(n, day=n, to=f"{BOB}, {CAROL}") for n in (1, 2, 3)])
    mbox(folder / "Archive", mail(3, day=3, to=f"{BOB}, {CAROL}"), mail(4, day=4, to=f"{BOB}, {CAROL}"))
    first = imported("Sent", "Archive", "Sent")
    assert (first["read"], first["learned"], first["left_out"]) == (5, 4, {"known": 1})
    assert learned(folder) == 4
    again = imported("Archive", "Sent")
    assert (again["learned"], again["left_out"]) == (0, {"known": 5})
    assert known(folder).circles == (Circle(frozenset({BOB, CAROL}), 4),)
    assert learned(folder) == 4


def test_a_dry_run_learns_nothing_and_makes_nothing(folder: Path) -> None:
    mbox(folder / "Sent", mail(1))
    done = run("import", "--dry-run", "Sent")
    assert done.stdout == "Sent (mbox): 1 read, 1 would be learned\n"
    assert not (folder / "var").exists()
    assert imported("Sent")["learned"] == 1
    assert "0 would be learned; left out: 1 known already" in run("import", "--dry-run", "Sent").stdout


def test_what_is_left_out_is_counted_by_its_reason(folder: Path) -> None:
    mbox(
        folder / "Sent",
        mail(1, sender="stranger@evil.example"),
        mail(2, Auto_Submitted="auto-replied"),
        mail(3, to="undisclosed-recipients:;"),
        mail(4, sender="x@corp.example.evil.example"),
        mail(5, X_Gmail_Labels="Sent,Important"),
        mail(6, X_Gmail_Labels="重要,下書き"),
        mail(7, X_Gmail_Labels="Spam"),
    )
    done = run("import", "Sent")
    assert done.stdout == (
        "Sent (mbox): 7 read, 1 learned; left out: 2 not from your domains, 2 drafts or spam, 1 automatic,"
        " 1 to nobody\n"
    )


def test_a_mail_without_a_date_has_that_of_the_archive(folder: Path) -> None:
    undated = mail(1)
    del undated["Date"]
    octets = undated.as_bytes()
    (folder / "a").write_bytes(b"From - Tue Oct  6 10:00:00 2026\n" + octets + b"\nFrom - Tue, 10:00 2026\n" + octets)
    found = imported("a")
    assert (found["learned"], found["left_out"]) == (1, {"undated": 1})


def test_japanese_mail_as_programs_write_it(folder: Path) -> None:
    message = MIMEText("田中様\n\nお世話になっております。\n", "plain", "iso-2022-jp")
    message["From"], message["To"] = ANN, "=?iso-2022-jp?B?GyRCRURDZhsoQg==?= <tanaka@example.co.jp>"
    message["Subject"], message["Message-ID"] = "=?iso-2022-jp?B?GyRCOCtANRsoQg==?=", "<jp@corp.example>"
    message["Date"] = "Thu, 1 Oct 2026 10:00:00 +0900"
    (folder / "a.eml").write_bytes(message.as_bytes())
    assert imported("a.eml")["learned"] == 1
    assert known(folder, "tanaka@example.co.jp").names == {"tanaka@example.co.jp": "田中"}


def test_a_maildir(folder: Path) -> None:
    box = mailbox.Maildir(folder / "Maildir", create=True)
    box.add(mail(1))
    sent = box.add_folder("Sent")
    sent.add(mail(2, day=9))
    draft = mailbox.MaildirMessage(mail(3))
    draft.set_flags("D")
    draft.set_subdir("cur")
    sent.add(draft)
    found = imported("Maildir")
    assert [(one["path"], one["kind"], one["learned"], one["left_out"]) for one in found["archives"]] == [
        ("Maildir", "maildir", 1, {}), ("Maildir/.Sent", "maildir", 1, {"draft": 1}),
    ]  # fmt: skip


def test_logs_after_mailboxes_and_their_year_by_the_file(folder: Path) -> None:
    log = folder / "mail.log.1.gz"
    log.write_bytes(gzip.compress(LOG.encode()))
    os.utime(log, (0, datetime(2026, 11, 21, tzinfo=UTC).timestamp()))
    same = mail(1, day=20)
    same.replace_header("Message-ID", "<log1@corp.example>")
    mbox(folder / "Sent", same)
    found = imported("mail.log.1.gz", "Sent")
    assert [(one["kind"], one["learned"], one["left_out"]) for one in found["archives"]] == [
        ("mbox", 1, {}), ("log", 0, {"known": 1}),
    ]  # fmt: skip
    written = known(folder).last_written
    assert written is not None
    assert written[BOB].days == 36


def test_logs_that_were_rotated_are_read_the_oldest_first(folder: Path) -> None:
    lines = LOG.splitlines(keepends=True)
    for name, some, day in (("mail.log", lines[2:], 22), ("mail.log.1", lines[:2], 21)):
        (folder / "logs").mkdir(exist_ok=True)
        (folder / "logs" / name).write_text("".join(some))
        os.utime(folder / "logs" / name, (0, datetime(2026, 11, day, tzinfo=UTC).timestamp()))
    (folder / "logs" / "picture").write_bytes(b"\x89PNG")
    done = run("import", "logs", "logs/mail.log")
    assert done.stdout.splitlines()[-1] == "together: 1 read, 1 learned"
    assert done.stderr == "mailguard history import: logs: passed over, as no archive of mail: picture\n"


def test_a_log_alone(folder: Path) -> None:
    (folder / "mail.log").write_text(LOG)
    os.utime(folder / "mail.log", (0, datetime(2026, 11, 21, tzinfo=UTC).timestamp()))
    assert imported("mail.log")["learned"] == 1
    written = known(folder).last_written
    assert written is not None
    assert written[BOB].days == 5


def test_lines_of_a_replay(folder: Path) -> None:
    lines: list[object] = [
        {"op": "learn", "message": {"id": "1", "date": 1790000000, "from": ANN, "to": [BOB], "direction": "out"}},
        {"op": "learn", "message": {"id": "2", "date": 1790000001, "from": ANN, "to": [BOB], "direction": "in"}},
        {"op": "score", "id": "x", "message": {"id": "3", "date": 1790000002, "from": ANN, "to": [BOB]}},
        {"id": "4", "date": "2026-10-01", "from": ANN, "to": [BOB], "body": "本文"},
        {"id": "5", "date": "2096-10-01", "from": ANN, "to": [BOB]},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines) + "{\n"
    (folder / "a.jsonl").write_text(text)
    done = run("import", "--json", "a.jsonl")
    found = json.loads(done.stdout)
    assert (found["read"], found["learned"]) == (6, 2)
    assert found["left_out"] == {"incoming": 1, "undelivered": 1, "undated": 1, "broken": 1}
    assert done.stderr.startswith("mailguard history import: a.jsonl: line 6: no JSON: ")
    assert done.stderr.count("\n") == 1


def test_complaints_end(folder: Path) -> None:
    (folder / "a.jsonl").write_text("{\n" * 500)
    done = run("import", "a.jsonl")
    assert done.stderr.count("\n") == 21
    assert done.stderr.endswith("a.jsonl: 480 more like these; the first 20 are shown\n")


def test_what_is_no_archive_is_said_and_the_rest_is_imported(folder: Path) -> None:
    mbox(folder / "Sent", mail(1))
    (folder / "picture").write_bytes(b"\x89PNG")
    (folder / "empty").mkdir()
    done = run("import", "picture", "nowhere", "empty", "Sent", status=1)
    assert done.stdout == "Sent (mbox): 1 read, 1 learned\n"
    assert done.stderr.splitlines() == [
        "mailguard history import: picture: is no mbox, mail, JSON lines or Postfix log; name the file or Maildir that"
        " has the mails",
        "mailguard history import: nowhere: cannot be read: No such file or directory",
        "mailguard history import: empty: there is no archive of mail in it",
    ]
    run("import", "picture", status=1)
    assert run("import", status=2).stderr.count("\n") == 1


def test_hostile_mail_costs_its_own_line_only(folder: Path) -> None:
    bomb = mail(2)
    bomb.add_attachment(gzip.compress(bytes(40 * 2**20), 9), maintype="application", subtype="gzip", filename="a.gz")
    junk = b"Subject: " + bytes(range(256)) * 400 + b"\n\n"
    mbox(folder / "Sent", mail(1), bomb, junk.replace(b"\nFrom ", b"\n"), mail(3))
    found = imported("Sent")
    assert (found["read"], found["learned"]) == (4, 3)


def test_as_a_program_of_its_own(folder: Path) -> None:
    mbox(folder / "Sent", mail(1))
    done = subprocess.run(
        [sys.executable, "-m", "mailguard", "history", "import", "Sent", "nowhere"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "Sent (mbox): 1 read, 1 learned\n")
    assert done.stderr == "mailguard history import: nowhere: cannot be read: No such file or directory\n"


def test_a_mail_to_hundreds_counts_and_teaches_the_model_nothing(folder: Path) -> None:
    people = ", ".join(f"p{number}@x.example" for number in range(250))
    mbox(folder / "Sent", mail(1, to=people), mail(2))
    assert imported("Sent")["learned"] == 2
    assert learned(folder) == 1
    assert known(folder, "p1@x.example").sender_domains == {"x.example"}


def test_a_model_that_is_damaged_is_said_and_nothing_is_learned(folder: Path) -> None:
    mbox(folder / "Sent", mail(1))
    mbox(folder / "More", mail(2))
    imported("Sent")
    model = folder / "var" / "mailguard.insight"
    model.write_bytes(model.read_bytes()[:-1])
    said = run("import", "More", status=1).stderr
    assert said.startswith("mailguard: import into ")
    assert "mailguard.insight: it is damaged, or cut short" in said
    model.unlink()
    assert imported("More")["learned"] == 1


def test_a_model_that_was_lost_is_taught_again_and_nothing_counts_twice(folder: Path) -> None:
    mbox(folder / "Sent", *[mail(n, day=n, to=f"{BOB}, {CAROL}") for n in (1, 2, 3)])
    imported("Sent")
    (folder / "var" / "mailguard.insight").unlink()
    assert imported("Sent")["learned"] == 0
    again = imported("--again", "Sent")
    assert (again["learned"], learned(folder)) == (3, 3)
    assert known(folder).circles == (Circle(frozenset({BOB, CAROL}), 3),)


def test_which_files_went_where(folder: Path) -> None:
    with_file = mail(1, to=f"{BOB}, bob.private@gmail.com, dora@corp.example")
    for size in (4096, 10):  # the smaller one says nothing about whom it is for
        with_file.add_attachment(b"x" * size, maintype="application", subtype="pdf", filename="prices.pdf")
    mbox(folder / "Sent", with_file)
    for learned in (1, 0):
        assert imported("Sent")["learned"] == learned
    with sqlite3.connect(folder / "var" / "mailguard.db") as ledger:
        rows = ledger.execute("SELECT digest, key, last_at FROM file_seen ORDER BY key").fetchall()
    digest, at = hashlib.sha256(b"x" * 4096).hexdigest(), 1_790_816_400_000_000
    assert rows == [(digest, "bob.private@gmail.com", at), (digest, "partner.example", at)]


def test_an_import_that_was_stopped_halfway_teaches_nothing_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mbox(folder / "Sent", *[mail(n, day=n) for n in range(1, 7)])
    mbox(folder / "Other", *[mail(n, day=n) for n in range(5, 9)])

    def stopped(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("stopped here")

    with monkeypatch.context() as patch:
        patch.setattr(app_importing, "count", stopped)
        assert "stopped here" in run("import", "Sent", status=1).stderr
    assert learned(folder) == 6
    run("export", "theirs")
    for said in ("what 6 mails taught there is known here, too", "was taken in before; nothing changed"):
        assert run("merge", "--again", "theirs").stdout == f"theirs: {said}\n"
        assert learned(folder) == 12
    assert imported("Other")["learned"] == 4  # two of them are in the model already
    assert learned(folder) == 14
    assert imported("Sent", "Other")["learned"] == 4
    assert learned(folder) == 14
    assert json.loads(run("merge", "theirs", "--json").stdout) == {"file": "theirs", "learned": 0, "known": True}
    assert (folder / "var" / "mailguard.importing").read_bytes() == b""
    with half_imported.importing(folder / "var" / "mailguard.db"):
        assert "another import runs" in run("import", "Sent", status=1).stderr
