"""What the tests of the topologies share: a house built from an example of the documentation, Postfix's side of it read
out of the page that tells people to write it, and mails to send through.

Examples are changed only where a test must: addresses, ports, certificates. It never imports mailguard.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
import smtplib
import sqlite3
import ssl
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import yaml
from tests.house import PATIENCE, POLICY, House, start
from tests.postfix import Delivered, Postfix, free_port, make_certificate

PAGES = Path(__file__).parents[3] / "docs" / "operations"
EXAMPLES = PAGES / "examples"
ANN, KEN, BOB = "ann@corp.example", "ken@corp.example", "bob@partner.example"

_FOLDED = rb": [^\r]*(?:\r\n[ \t][^\r]*)*\r\n"
_TRACE = re.compile(rb"(?:(?:Received|X-Mailguard-Processed)" + _FOLDED + rb")*")


def example(name: str) -> dict[str, Any]:
    """An example's settings."""
    data: dict[str, Any] = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text("utf-8"))
    return data


def blocks(page: str, language: str, first_line: str = "") -> list[str]:
    """The code blocks of a page in a language, those that begin with this line, without it."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [one.removeprefix(f"{first_line}\n") for one in found if one.startswith(first_line)]


def furnish(folder: Path, data: dict[str, Any], policies: Sequence[str] = (POLICY,)) -> None:
    """Write the settings, and what they name, into an empty folder."""
    (folder / "policies").mkdir(parents=True)
    for number, policy in enumerate(policies):
        (folder / "policies" / f"{number}.yaml").write_text(policy, encoding="utf-8")
    certificate, _ = make_certificate(folder / "tls")
    (folder / "tls" / "fullchain.pem").write_bytes(certificate.read_bytes())
    (folder / "mailguard.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


@contextlib.contextmanager
def house_of(folder: Path, data: dict[str, Any], policies: Sequence[str] = (POLICY,)) -> Iterator[House]:
    """A running house with these settings; its ports (smtp, submit ...) are those of its listeners in turn."""
    names = ("smtp", "submit", "smtps")
    ports = dict.fromkeys(names, 0) | {"console": free_port()}
    for name, listener in zip(names, data["listeners"], strict=False):
        ports[name] = free_port()
        listener["address"] = f"127.0.0.1:{ports[name]}"
    data["console"] |= {"address": f"127.0.0.1:{ports['console']}", "url": f"http://127.0.0.1:{ports['console']}"}
    data["delivery"] = {"retry": ["1s"]}
    furnish(folder, data, policies)
    house = start(folder, ports)
    try:
        yield house
    except BaseException:
        sys.stderr.write(house.log())
        raise
    finally:
        house.stop()


def a_mail(*, file: bool = False, sender: str = ANN, fields: Sequence[tuple[str, str]] = ()) -> tuple[str, bytes]:
    """A word that is in it alone, and a mail of many shapes: 8 bit, dots, an odd field; with a file or without."""
    tag = uuid.uuid4().hex
    mail = EmailMessage(policy=SMTP)
    for name, value in fields:
        mail[name] = value
    mail["From"], mail["To"], mail["Subject"] = sender, KEN, f"見積 {tag}"
    mail["Message-ID"], mail["Date"] = f"<{tag}@pc.corp.example>", "Thu, 26 Nov 2026 10:00:00 +0900"
    mail.set_content(".dot\n..dots\nsee below\n", cte="8bit")
    if file:
        mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="offer.pdf")
    return tag, b"X-Odd:  two  blanks\r\n" + mail.as_bytes().replace(b"see below", "見て".encode())


def bare(octets: bytes) -> bytes:
    """The mail below the trace fields that servers put on top."""
    match = _TRACE.match(octets)
    assert match
    return octets[match.end() :]


def send(
    port: int,
    octets: bytes,
    to: Sequence[str],
    *,
    sender: str = ANN,
    login: tuple[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    source: str = "127.0.0.1",
) -> str:
    """Hand a mail in, with STARTTLS if `tls` is given. Returns the last reply: that to the text, or the first no."""
    with smtplib.SMTP("127.0.0.1", port, timeout=30, source_address=(source, 0)) as client:
        client.ehlo("pc.corp.example")
        if tls is not None:
            client.starttls(context=tls)
            client.ehlo("pc.corp.example")
        if login is not None:
            client.login(*login)
        return transact(client, octets, to, sender=sender)


def transact(client: smtplib.SMTP, octets: bytes, to: Sequence[str], *, sender: str = ANN) -> str:
    """One transaction on an open connection."""
    code, said = client.mail(sender, ["BODY=8BITMIME"])
    for person in to:
        if code < 400:
            code, said = client.rcpt(person)
    if code < 400:
        code, said = client.data(octets)
    return f"{code} {said.decode('utf-8', 'replace')}"


def id_in(reply: str) -> str:
    """The mail's id at the end of a reply."""
    assert reply.startswith("250 "), reply
    return reply.split()[-1]


def shown(house: House, message_id: str) -> dict[str, Any]:
    """What the API has of a mail."""
    return asked(house, f"messages/{message_id}")


def login_of(house: House, message_id: str) -> str | None:
    """Who logged in, by the ledger."""
    with contextlib.closing(sqlite3.connect(house.folder / "var" / "mailguard.db", timeout=20)) as ledger:
        (login,) = ledger.execute("SELECT login FROM message WHERE id = ?", (message_id,)).fetchone()
    return None if login is None else str(login)


def held(house: House, tag: str) -> dict[str, Any]:
    """The mail with this word in its subject, as soon as it is held."""
    found: list[dict[str, Any]] = []

    def is_there() -> bool:
        found[:] = taken_in(house, tag)
        return bool(found)

    until(is_there, house.log)
    assert found[0]["state"] == "held"
    return shown(house, found[0]["id"])


def taken_in(house: House, tag: str) -> list[dict[str, Any]]:
    """What mailguard took in with this word in its subject."""
    return [one for one in asked(house, "messages")["messages"] if tag in (one["subject"] or "")]


def copies_for(postfix: Postfix, person: str, tag: str) -> list[Delivered]:
    """What came for this recipient with this word in it."""
    return [one for one in postfix.delivered() if one.recipient == person and tag.encode() in one.octets]


def copy_for(postfix: Postfix, person: str, tag: str) -> Delivered:
    """The one copy, as soon as it is there."""
    until(lambda: copies_for(postfix, person, tag), postfix.log)
    (copy,) = copies_for(postfix, person, tag)
    return copy


def release(house: House, message_id: str) -> None:
    """An administrator lets it go."""
    asked(house, f"messages/{message_id}/release", {})


def asked(house: House, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """An administrator's question, or act, at the API. A command line would take seconds on a busy machine."""
    address, data = (
        f"http://127.0.0.1:{house.console}/api/v1/{path}",
        None if body is None else json.dumps(body).encode(),
    )
    head = {"Authorization": f"Bearer {_token(house.folder)}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address, data, head), timeout=PATIENCE) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


@functools.cache
def _token(folder: Path) -> str:
    words = ("token", "create", "--role", "administrator", "--config", "mailguard.yaml")
    command = [sys.executable, "-m", "mailguard", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return done.stdout.split()[-1]


def until(true: Callable[[], Any], log: Callable[[], str] = str) -> None:
    """Wait for a thing to happen."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, log()
        time.sleep(0.05)


def run(command: str, conf: Path) -> None:
    """A command of a page, with Postfix's programs pointed at a private configuration."""
    for program in ("postconf", "postfix", "postsuper", "postqueue"):
        command = re.sub(rf"(?<![\w/]){program} ", f"{program} -c {conf} ", command)
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
