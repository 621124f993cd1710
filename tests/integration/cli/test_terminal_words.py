"""What the verbs say to a person, in both languages: transcripts of whole sittings."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from tests.acting import facts_of, written
from tests.house import PATIENCE, POLICY
from tests.integration.cli.test_ledger_verbs import Desk
from tests.ledger import ANN, BOB, CAROL, Ledger
from tests.postfix import free_port
from tests.terminal import LOCALES, Terminal

from mailguard.app.opening import only_one
from mailguard.cli import main, queue_doing
from mailguard.mail.verdict import Disposition

LARGE = b"Subject: large\r\n\r\n" + b"octets that fill a line of a mail\r\n" * 6000

pytestmark = pytest.mark.parametrize("language", list(LOCALES))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)  # no mailguard.yaml here: the try-out settings
    (tmp_path / "var").mkdir()
    return Desk(tmp_path / "var")


def at(desk: Desk, language: str, *named: str) -> Terminal:
    """A terminal at the desk. named: the mails that it speaks of."""
    names = {re.escape(one): f"MAIL{number}" for number, one in enumerate(named, 1)}
    names |= {
        re.escape(str(desk.folder)): "VAR",
        r"20\d\d-\d\d-\d\d \d\d:\d\d(:\d\d)? \+09:00": "TIME",
        r"cli-\w+": "cli-me",
    }
    names[r"(?m)\d{4}年\d+月\d+日|\b20\d\d-\d\d-\d\d(?=$| to )"] = "DAY"
    names[r"\w{3} \d+ \w{3}, \d\d:\d\d|\d+月\d+日\(.\) \d\d:\d\d"] = "TIME"
    return Terminal(language, names, {"VAR": str(desk.folder), "MAILGUARD_ORGANIZATION__LANGUAGE": language})


def test_queue(desk: Desk, language: str) -> None:
    first = desk.add(to=(BOB, CAROL), octets=bytes(written()), known=facts_of(written())).id
    second = desk.add(Disposition.APPROVE).id
    third = desk.add(Disposition.DELIVER, sender=None).id
    terminal = at(desk, language, first, second, third)
    words: tuple[str, ...]
    for words in (
        ("list",), ("list", "--limit", "1"), ("list", "--filter", "state:bounced"), ("show", first),
        ("release", first, "--dry-run"), ("reject", second, "--dry-run"), ("hide", first, BOB),
        ("remove-file", first, "1"), ("remove-recipient", first, CAROL), ("hold", first), ("resume", first),
        ("comment", first, "急ぎです"), ("release", "--filter", "state:held", "--dry-run"),
        ("cancel", "--filter", "state:queued"), ("release", first), ("show", first, third), ("list",),
    ):  # fmt: skip
        terminal.run("queue", *words)
    for words in (
        ("release", first), ("show", "1m8fm4skz8z7jkz0x8"), ("reject", first), ("hold", third, "--dry-run"),
        ("replace-recipient", second, BOB), ("replace-recipient", second, ANN), ("remove-recipient", second, CAROL),
    ):  # fmt: skip
        terminal.run("queue", *words, status=1)
    for words in (
        ("show",), ("release", second, "--urgent"), ("release", first, second, "--recipient", BOB),
        ("list", "--limit", "0"),
        ("release", "--filter", ""), ("release", "--filter", "hello"), ("list", "--filter", "stat=held"),
        ("list", "--filter", "state=gone"), ("list", "--filter", "state:gone"), ("list", "--filter", 'q="hello'),
        ("release", "--filter", "state="), ("list", "--filter", "older=soon"), ("list", "--filter", "q=a q=b"),
        ("remove-file", second, "7"), ("hide", second, "nobody"), ("remove-recipient", first), ("lst",),
        ("list", "--nope"),
        ("release", "--filter"), ("forward", second),
    ):  # fmt: skip
        terminal.run("queue", *words, status=2)
    terminal.is_golden("queue")


def failing(terminal: Terminal, *sittings: tuple[str, ...], status: int = 1) -> None:
    for words in sittings:
        terminal.run(*words, status=status)


def test_store(desk: Desk, language: str) -> None:
    terminal = at(desk, language)
    failing(terminal, ("backup", "VAR.tar"), ("audit", "list"), ("store", "downgrade", "--to", "1"))
    desk.add(octets=LARGE)
    folder = str(desk.folder.parent)
    terminal.named(re.escape(folder), "HERE")
    terminal.named(r"[\d,]{5,} (bytes|バイト)", r"N \1")
    terminal.named(r"20\d\d-\d\d-\d\dT[\d:.]+\+00:00|(?<=before-restore-)[\w-]+", "TIME")
    terminal.run("backup", "all.tar")
    failing(terminal, ("restore", "all.tar"), ("restore", "none.tar"), ("restore", "all.tar", "--settings", folder))
    failing(terminal, ("restore", "all.tar", "--settings", "new"))
    terminal.run("restore", "all.tar", "--to", "elsewhere")
    terminal.run("restore", "all.tar", "--force")
    Path("cut.tar").write_bytes(Path("all.tar").read_bytes()[:20_000])
    Path("text.tar").write_text("no archive")
    failing(terminal, ("restore", "cut.tar", "--to", "b"), ("restore", "text.tar", "--to", "c"))
    terminal.run("backup", "open.tar", "--without-keys")
    terminal.run("restore", "open.tar", "--to", "without")
    failing(terminal, ("store", "new-key"), ("store", "rotate"), ("store", "downgrade", "--to", "999"))
    with only_one(desk.folder / "mailguard.lock"):
        failing(terminal, ("restore", "all.tar", "--force"), ("serve", "--role", "delivery"))
    terminal.run("audit", "list", "--act", "backup")
    terminal.run("audit", "list", "--act", "nothing")
    Path("copy").write_text(
        CliRunner().invoke(main, ["audit", "export"], env={"VAR": str(desk.folder)}).stdout, "utf-8"
    )
    Path("none").touch()
    terminal.run("audit", "verify")
    terminal.run("audit", "verify", "--file", "copy")
    failing(terminal, ("audit", "verify", "--file", "none"), ("audit", "verify", "--file", "gone"))
    Path("copy").write_text(Path("copy").read_text("utf-8").replace(ANN, BOB), "utf-8")
    failing(terminal, ("audit", "verify", "--file", "copy"), ("audit", "verify", "--against", "copy"))
    failing(
        terminal, ("audit", "verify", "--file", "copy", "--against", "copy"), ("audit", "list", "--since", "soon"),
        ("audit", "export", "--json", "--format", "csv"), status=2,
    )  # fmt: skip
    terminal.is_golden("store")


def test_store_with_keys(desk: Desk, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add(octets=LARGE)
    monkeypatch.setenv("MAILGUARD_STORE__ENCRYPTION_KEY_FILE", "keys")
    terminal = at(desk, language)
    terminal.named(re.escape(str(desk.folder.parent)), "HERE")
    terminal.named(r"\b[0-9a-f]{8,}\b", "KEY")
    failing(terminal, ("store", "rotate"))
    terminal.run("store", "new-key")
    terminal.run("store", "rotate")
    terminal.run("store", "rotate", "--decrypt")
    Path("keys").write_text("no key\n")
    failing(terminal, ("store", "rotate"), ("queue", "list"))
    Path("keys").write_text("")
    failing(terminal, ("queue", "list"))
    terminal.is_golden("keys")


def test_people(desk: Desk, language: str) -> None:
    first = desk.add().id
    terminal = at(desk, language, first)
    token = terminal.run("token", "create", "--role", "administrator", "--label", "figures").strip()
    listed = terminal.run("token", "list").split()[0]
    terminal.named(re.escape(token), "TOKEN")
    terminal.named(re.escape(listed), "ID")
    terminal.run("token", "revoke", listed)
    terminal.run("token", "list")
    failing(terminal, ("token", "revoke", listed), ("token", "create", "--role", "sender"))
    failing(terminal, ("token", "create", "--role", "sender", "--address", "nobody"))
    failing(terminal, ("token", "create", "--role", "king"), ("token", "create"), status=2)
    terminal.run("session", "list")
    failing(terminal, ("session", "end", "abc"), ("session", "end", ANN), ("user", "reset-factor", ANN))
    failing(terminal, ("session", "end", "a@"), ("user", "hash", "nobody"), ("user", "hash", ANN), status=2)
    terminal.is_golden("people")


def test_mail(desk: Desk, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("rules.yaml").write_text(POLICY, "utf-8")
    monkeypatch.setenv("MAILGUARD_POLICIES", "rules.yaml")
    estimate = Path(__file__).parent.parent.parent.parent / "docs" / "examples" / "estimate.eml"
    Path("estimate.eml").write_bytes(estimate.read_bytes())
    odd = written([], {"見積書.pdf": b"MZ" + bytes(100)})
    odd["Cc"] = "nobody at all"
    odd.get_payload(0).set_content("カード番号 4111 1111 1111 1111 パスワード: hunter2pass")  # type: ignore[union-attr]
    Path("odd.eml").write_bytes(bytes(odd))
    first = desk.add(to=(BOB, CAROL), octets=bytes(written()), known=facts_of(written())).id
    terminal = at(desk, language, first)
    terminal.named(r"\b[0-9a-f]{8,64}\b", "HASH")
    terminal.run("inspect", "estimate.eml", "odd.eml")
    terminal.run("explain", "estimate.eml")
    failing(terminal, ("inspect", "gone.eml"), ("explain", "gone.eml"), ("explain", "1m8fm4skz8z7jkz0x8"))
    failing(terminal, ("explain", "odd.eml"), ("explain", first))
    failing(terminal, ("explain", first, "--to", BOB), ("explain", "odd.eml", "--to", "nobody"), status=2)
    failing(terminal, ("explain", "odd.eml", "--to", BOB, "--at", "soon"), status=2)
    terminal.run("queue", "release", first)
    desk.ledger(lambda ledger: relayed(ledger, first))
    terminal.named(re.escape(incident := terminal.run("incident", "open", first).split()[0]), "INCIDENT")
    incidents: tuple[tuple[str, ...], ...]
    incidents = (
        ("list",),
        ("show", incident),
        ("assess", incident, "--personal", "yes", "--sensitive", "no", "--unseen", "yes", "--how", "Bob, by phone"),
        ("report", incident),
        ("report", incident, "--law", "gdpr"),
        ("close", incident, "--outcome", "削除済み"),
        ("list",),
    )
    for words in incidents:
        terminal.run("incident", *words)
    failing(terminal, ("incident", "open", "gone"), ("incident", "show", "gone"))
    failing(terminal, ("incident", "assess", incident, "--personal", "no"), ("incident", "assess", "gone"))
    failing(terminal, ("incident", "close", incident, "--outcome", "again"), ("figures", "--send"))
    failing(terminal, ("figures", "--month", "soon"), status=2)
    failing(terminal, ("notify", "test"))
    terminal.is_golden("mail")


async def relayed(ledger: Ledger, message_id: str) -> None:
    await ledger.relay(await ledger.found(message_id))


def test_history(desk: Desk, language: str) -> None:
    desk.add()
    sent = written(["sato@partner.co.jp"])
    sent.replace_header("Message-ID", "<2@corp.example>")
    sent["Date"] = "Mon, 23 Nov 2026 21:00:00 +0900"
    mbox = b"From - Mon Nov 23 12:00:00 2026\n" + bytes(sent).replace(b"\r\n", b"\n") + b"\n"
    Path("sent.mbox").write_bytes(mbox)
    Path("packed.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    Path("empty").touch()
    Path("folder").mkdir()
    Path("folder/readme").write_text("no mail")
    terminal = at(desk, language)
    terminal.named(re.escape(str(desk.folder.parent)), "HERE")
    terminal.named(r"[\d,]{5,} (bytes|バイト)", r"N \1")
    lines = [
        "{",
        "[1]",
        '{"from": "ann@corp.example", "to": [], "date": "soon"}',
        '{"from": 1}',
        "{}",
        '{"op":"learn"}',
    ]
    Path("lines.jsonl").write_text('{"from": "ann@corp.example", "to": "bob"}\n' + "\n".join(lines), "utf-8")
    terminal.run("history", "import", "lines.jsonl", "--dry-run")
    failing(terminal, ("history", "import", "packed.zip"), ("history", "import", "empty", "gone", "folder"))
    terminal.run("history", "import", "sent.mbox", "--dry-run")
    terminal.run("history", "import", "sent.mbox")
    Path("folder/sent.mbox").write_bytes(2 * mbox)
    terminal.run("history", "import", "sent.mbox", "folder")
    terminal.run("history", "show", "ann@corp.example")
    terminal.run("history", "show", "sato@partner.co.jp")
    failing(terminal, ("history", "show", "nobody@nowhere.example"))
    terminal.run("history", "export", "model")
    terminal.run("history", "merge", "model", "--again")
    terminal.run("history", "merge", "model")
    failing(terminal, ("history", "merge", "gone"), ("history", "merge", "sent.mbox"))
    terminal.run("history", "forget", "sato@partner.co.jp")
    terminal.run("history", "forget", "nobody@nowhere.example")
    terminal.run("history", "replay", "--keep-going", given="\n".join([*lines, '{"op": "score"}']) + "\n", status=1)
    failing(terminal, ("history", "show", "nobody"), ("history", "import"), ("history", "merge", "folder"), status=2)
    terminal.is_golden("history")


def test_beginning(desk: Desk, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = at(desk, language)
    terminal.run("init", "new", "--domain", "corp.example")
    terminal.heard(["init writes"], Path("new/mailguard.yaml").read_text("utf-8"))
    terminal.run("check", "--config", "new/mailguard.yaml")
    failing(terminal, ("init", "new"))
    Path("file").touch()
    failing(terminal, ("init", "file/below"))
    failing(terminal, ("init", "other", "--domain", "no domain"), ("init",), status=2)
    port = free_port()
    terminal.named(str(port), "PORT")
    failing(terminal, ("try", "--server", f"127.0.0.1:{port}"))
    failing(terminal, ("try", "--server", "here"), ("try", "--from", "nobody"), status=2)
    failing(terminal, ("trie",), ("serve", "--workers", "many"), ("serve", "--role", "king"), status=2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        monkeypatch.setenv("PORT_SMTP", str(port))
        monkeypatch.setenv("PORT_CONSOLE", "0")
        failing(terminal, ("serve",))
    terminal.is_golden("beginning")


def test_a_house_that_is_open(tmp_path: Path, language: str) -> None:
    variables = {"PORT_SMTP": "0", "PORT_CONSOLE": "0", "VAR": str(tmp_path), "LC_ALL": LOCALES[language]}
    command = [sys.executable, "-m", "mailguard", "serve"]
    with subprocess.Popen(
        command, env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as server:
        assert server.stdout is not None
        said = "".join(next(server.stdout) for _ in range(11))
        server.terminate()
        assert server.wait(PATIENCE) == 0
    named = {re.escape(str(tmp_path)): "VAR", r":\d{4,5}\b": ":PORT", r"\b\d{6}\b": "CODE"}
    named |= {r"(?<=/login/)[\w-]+": "TICKET", r"mailguard \d[\w.]*": "mailguard VERSION"}
    terminal = Terminal(language, named)
    terminal.heard(["serve"], said)
    terminal.is_golden("open")


def test_a_question_before_many_mails_are_decided(desk: Desk, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add()
    desk.add()
    monkeypatch.setattr(queue_doing, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    terminal = at(desk, language)
    terminal.run("queue", "cancel", "--filter", "state:held", given="n\n", status=1)
    terminal.run("queue", "remove-recipient", BOB, "--filter", "state:held", given="", status=1)
    terminal.run("queue", "cancel", "--filter", "state:held", given="y\n")
    terminal.is_golden("question")
