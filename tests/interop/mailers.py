"""Mail clients that write their mails themselves: mutt, neomutt, s-nail, git send-email, nodemailer, aiosmtplib.

Each is given what a person wants to say and makes a mail of it as it always does. Its settings lie in a folder of its
own, so that nobody's mail folders are touched. It talks only to the port that it is given.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import aiosmtplib
from tests.house import PASSWORD
from tests.interop.programs import PATIENCE, USER, Sent
from tests.interop.wires import Way
from tests.missing import missing
from tests.openid_provider import node

_SEND = Path(__file__).parent.parent / "nodemailer" / "send.mjs"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a person wants to say. files: what is attached, under these names."""

    to: tuple[str, ...]
    subject: str
    text: str
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a client works: its folder, the port to send to and how, and the certificate to trust."""

    folder: Path
    way: Way
    port: int
    ca: Path

    @property
    def scheme(self) -> str:
        return "smtps" if self.way == "tls" else "smtp"

    @property
    def login(self) -> str:
        """User and password as they stand in an address."""
        return "" if self.way == "plain" else f"{USER.replace('@', '%40')}:{PASSWORD}@"


Mailer = Callable[[Desk, Letter], Sent]


def _run(desk: Desk, command: list[str], given: str = "", **more: str) -> Sent:
    environment = {**os.environ, "HOME": str(desk.folder), "LC_ALL": "C.UTF-8", "EMAIL": USER, **more}
    done = subprocess.run(
        command, input=given.encode(), capture_output=True, timeout=PATIENCE, check=False, env=environment,
        cwd=desk.folder,
    )  # fmt: skip
    return Sent(done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace"))


def _mutt(program: str, more: str) -> Mailer:
    def send(desk: Desk, letter: Letter) -> Sent:
        (desk.folder / "muttrc").write_text(
            f'set from="{USER}" realname="安 花子" charset=utf-8 send_charset="us-ascii:utf-8" copy=no\n'
            f'set smtp_url="{desk.scheme}://{desk.login}localhost:{desk.port}/" smtp_authenticators="plain"\n'
            f'set ssl_starttls={"yes" if desk.way == "starttls" else "no"} certificate_file="{desk.ca}"\n'
            f"set ssl_force_tls={'no' if desk.way == 'plain' else 'yes'} {more}\n"
        )
        command = [program, "-F", str(desk.folder / "muttrc"), "-s", letter.subject]
        command += [word for file in letter.files for word in ("-a", str(file))]
        return _run(desk, [*command, "--", *letter.to], letter.text)

    return send


def s_nail(desk: Desk, letter: Letter) -> Sent:
    """Debian's mailx of today."""
    command = ["s-nail", "-:/", "-vv", "-S", "v15-compat=yes", "-S", f"from=安 花子 <{USER}>"]
    command += ["-S", f"mta={desk.scheme}://{desk.login}localhost:{desk.port}", "-S", "smtp-auth=none"]
    if desk.way != "plain":
        command += ["-S", f"tls-ca-file={desk.ca}", "-S", "tls-verify=strict", "-S", "smtp-auth=plain"]
    if desk.way == "starttls":
        command += ["-S", "smtp-use-starttls"]
    command += [
        "-S",
        f"DEAD={desk.folder}/dead.letter",
        "-S",
        "ttycharset=utf-8",
        "-S",
        "sendcharsets=utf-8",
        "-S",
        "sendwait",
        "-s",
        letter.subject,
    ]
    command += [word for file in letter.files for word in ("-a", str(file))]
    return _run(desk, [*command, *letter.to], letter.text)


def git_send_email(desk: Desk, letter: Letter) -> Sent:
    """A commit whose words are the letter's and whose change is its files, as an attached patch where there are any."""
    who = {
        "GIT_AUTHOR_NAME": "安 花子",
        "GIT_AUTHOR_EMAIL": USER,
        "GIT_COMMITTER_NAME": "安",
        "GIT_COMMITTER_EMAIL": USER,
    }
    who["GIT_CONFIG_NOSYSTEM"] = "1"
    repository = desk.folder / "repository"

    def git(*words: str, given: str = "") -> Sent:
        return _run(desk, ["git", "-C", str(repository), *words], given, **who)

    repository.mkdir()
    (repository / "change.txt").write_text(letter.text)
    for file in letter.files:
        shutil.copy(file, repository)
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "--cleanup=verbatim", "-F", "-", given=f"{letter.subject}\n\n{letter.text}")
    style = "--attach" if letter.files else "--no-attach"
    git("format-patch", "-q", "-k", "--root", style, "-o", str(desk.folder / "patches"))
    command = [
        "send-email",
        "--quiet",
        "--confirm=never",
        "--suppress-cc=all",
        "--8bit-encoding=UTF-8",
        f"--from=安 花子 <{USER}>",
    ]
    command += ["--smtp-debug=1", "--smtp-server=localhost", f"--smtp-server-port={desk.port}"]
    command += [f"--to={one}" for one in letter.to]
    if desk.way == "plain":
        command += ["--smtp-encryption=none"]
    else:
        command += [
            f"--smtp-encryption={'tls' if desk.way == 'starttls' else 'ssl'}",
            f"--smtp-ssl-cert-path={desk.ca}",
        ]
        command += [f"--smtp-user={USER}", f"--smtp-pass={PASSWORD}"]
    return git(*command, *map(str, sorted((desk.folder / "patches").iterdir())))


def nodemailer(desk: Desk, letter: Letter) -> Sent:
    """What programs in Node send with."""
    folder = Path(os.environ.get("NODEMAILER") or Path(sys.prefix) / "npm-nodemailer")
    if not (folder / "node_modules" / "nodemailer").is_dir():
        missing("nodemailer of tests/nodemailer")
    transport: dict[str, object] = {"host": "localhost", "port": desk.port, "secure": desk.way == "tls"}
    if desk.way == "plain":
        transport["ignoreTLS"] = True
    else:
        transport |= {"requireTLS": desk.way == "starttls", "auth": {"user": USER, "pass": PASSWORD}}
    files = [{"filename": file.name, "path": str(file)} for file in letter.files]
    mail = {"from": {"name": "安 花子", "address": USER}, "to": letter.to, "subject": letter.subject}
    given = json.dumps({"transport": transport, "mail": {**mail, "text": letter.text, "attachments": files}})
    return _run(desk, [node(), str(_SEND), str(folder), given], NODE_EXTRA_CA_CERTS=str(desk.ca))


def composed(letter: Letter) -> EmailMessage:
    """The letter as Python writes it, with its text as eight-bit octets."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = f"安 花子 <{USER}>", ", ".join(letter.to), letter.subject
    message["Date"], message["Message-ID"] = (
        "Mon, 23 Nov 2026 10:00:00 +0900",
        f"<{os.urandom(8).hex()}@pc.corp.example>",
    )
    message.set_content(letter.text, cte="8bit")
    for file in letter.files:
        message.add_attachment(file.read_bytes(), maintype="application", subtype="pdf", filename=file.name)
    return message


def aiosmtplib_client(desk: Desk, letter: Letter) -> Sent:
    """What programs in asyncio send with."""
    user, password = (None, None) if desk.way == "plain" else (USER, PASSWORD)

    async def send() -> Sent:
        client = aiosmtplib.SMTP(
            hostname="localhost", port=desk.port, use_tls=desk.way == "tls", start_tls=desk.way == "starttls",
            cert_bundle=str(desk.ca), username=user, password=password, timeout=PATIENCE,
        )  # fmt: skip
        try:
            await client.connect()
            line = client.transport
            assert isinstance(line, asyncio.Transport)
            try:
                async with client:
                    refused, said = await client.send_message(composed(letter), sender=USER, recipients=list(letter.to))
            finally:
                line.abort()  # after QUIT it waits for TLS's farewell, which the loop may not live to see
        except aiosmtplib.SMTPException as error:
            return Sent(False, repr(error))
        return Sent(not refused, said)

    return asyncio.run(send())


MAILERS: dict[str, Mailer] = {
    "mutt": _mutt("mutt", "use_envelope_from=yes"),
    "neomutt": _mutt("neomutt", "use_envelope_from=yes"),
    "s-nail": s_nail,
    "git": git_send_email,
    "nodemailer": nodemailer,
    "aiosmtplib": aiosmtplib_client,
}
