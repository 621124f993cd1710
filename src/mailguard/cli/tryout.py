"""`mailguard try`: a first mail, made to be held, sent to a running mailguard as any mail client would.

For looking at mailguard, not for using it: the sample is harmless and says so.
"""

from __future__ import annotations

import json
import os
import smtplib
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate, make_msgid

import click

from mailguard.cli.setup import fail
from mailguard.mail.address import Address, AddressError, parse_typed
from mailguard.mail.saying import Sentence

_TEXT = """\
株式会社アウトサイド 佐藤様

お世話になっております。見積書をお送りいたします。ご確認ください。

(This is the sample mail of `mailguard try`: first mail to a new company, with an attachment.)
"""


@click.command("try")
@click.option("--server", help="host:port of mailguard.  [default: 127.0.0.1 and PORT_SMTP, else 2525]")
@click.option("--from", "sender", default="alice@corp.example", show_default=True)
@click.option("--to", "recipient", default="sato@outside.example", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def tryout(server: str | None, sender: str, recipient: str, as_json: bool) -> None:
    """Send a sample mail with an attachment to an outside address and print the reply."""
    # The same variable that moves `make run`: whoever set it there need not say it again.
    server = server or f"127.0.0.1:{os.environ.get('PORT_SMTP') or 2525}"
    host, _, port = server.rpartition(":")
    if not host or not port.isdigit():
        where = Sentence(
            "--server {server!r}: 127.0.0.1:2525 のように host:port を書いてください。",
            "--server {server!r}: write host:port, such as 127.0.0.1:2525",
            server=server,
        )
        raise click.UsageError(where)
    author, reader = _typed("--from", sender), _typed("--to", recipient)
    options = ["SMTPUTF8"] if author.needs_smtputf8 or reader.needs_smtputf8 else []
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = str(author), str(reader), "見積書の送付 (sample)"
    mail["Date"], mail["Message-ID"] = formatdate(localtime=True), make_msgid(domain=author.ascii_domain)
    mail.set_content(_TEXT)
    mail.add_attachment("品名,金額\r\nサンプル,1000\r\n", subtype="csv", filename="見積書.csv")
    try:
        with smtplib.SMTP(host, int(port), timeout=30) as client:
            client.ehlo()
            code, answer = client.mail(str(author), options)
            if code < 300:
                code, answer = client.rcpt(str(reader))
            if code < 300:
                code, answer = client.data(mail.as_bytes(policy=SMTPUTF8 if options else SMTP))
    except (OSError, smtplib.SMTPException) as error:
        silent = Sentence(
            "{server} から応答がありません: {error}。`mailguard serve`(または `make run`)は起動していますか。",
            "no answer from {server}: {error}; is `mailguard serve` (or `make run`) running?",
            server=server, error=error,
        )  # fmt: skip
        fail(silent)
    reply = answer.decode("ascii", "replace")
    click.echo(json.dumps({"code": code, "reply": reply}) if as_json else f"{code} {reply}")
    raise SystemExit(0 if code < 300 else 1)


def _typed(option: str, text: str) -> Address:
    try:
        return parse_typed(text)
    except AddressError as error:
        said = Sentence(
            "{option} {text!r}はメールアドレスではありません: {error}", "{option} {text!r} is no mail address: {error}",
            option=option, text=text, error=error,
        )  # fmt: skip
        raise click.UsageError(said) from None
