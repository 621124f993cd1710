"""Mail clients as people run them: swaks, msmtp, curl, smtplib. Each sends one mail; the answer is status and output.

A client is given octets with CRLF and must bring them to the wire as they are, but for what that client always does
(said at each). They talk only to the ports they are given.
"""

from __future__ import annotations

import smtplib
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from tests.house import PASSWORD, House
from tests.interop.wires import Way

USER = "ann@corp.example"
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Sent:
    """What a client said: ok is its exit status, text everything it printed."""

    ok: bool
    text: str


def port_of(house: House, way: Way) -> int:
    return {"plain": house.smtp, "starttls": house.submit, "tls": house.smtps}[way]


def _run(command: Sequence[str], given: bytes) -> Sent:
    done = subprocess.run(command, input=given, capture_output=True, timeout=PATIENCE, check=False)
    return Sent(done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace"))


def swaks(house: House, way: Way, recipients: Sequence[str], octets: bytes, *, mechanism: str = "PLAIN") -> Sent:
    """Reads lines with LF and sends CRLF, with one more line end before the final dot."""
    command = ["swaks", "--server", f"127.0.0.1:{port_of(house, way)}", "--from", USER, "--to", ",".join(recipients)]
    command += ["--data", "-"]
    if way != "plain":
        command += [
            "--tls" if way == "starttls" else "--tls-on-connect",
            "--tls-verify",
            "--tls-ca-path",
            str(house.ca),
        ]
        command += ["--auth", mechanism, "--auth-user", USER, "--auth-password", PASSWORD]
    return _run(command, octets.replace(b"\r\n", b"\n").removesuffix(b"\n"))


def msmtp(house: House, way: Way, recipients: Sequence[str], octets: bytes) -> Sent:
    """Reads lines with LF and sends CRLF; drops Bcc fields."""
    command = ["msmtp", "--debug", "--host=127.0.0.1", f"--port={port_of(house, way)}", f"--from={USER}"]
    if way == "plain":
        command += ["--tls=off", "--auth=off"]
    else:
        command += [
            "--tls=on",
            f"--tls-starttls={'on' if way == 'starttls' else 'off'}",
            f"--tls-trust-file={house.ca}",
        ]
        command += ["--auth=plain", f"--user={USER}", f"--passwordeval=echo {PASSWORD}"]
    return _run([*command, "--", *recipients], octets.replace(b"\r\n", b"\n"))


def curl(house: House, way: Way, recipients: Sequence[str], octets: bytes) -> Sent:
    """Sends a file as it is (it must have CRLF); no size limit of its own, BODY and SMTPUTF8 by need."""
    scheme = "smtps" if way == "tls" else "smtp"
    command = ["curl", "--silent", "--show-error", "--verbose", "--max-time", str(PATIENCE)]
    command += ["--url", f"{scheme}://127.0.0.1:{port_of(house, way)}/pc.corp.example", "--mail-from", USER]
    command += [word for recipient in recipients for word in ("--mail-rcpt", recipient)]
    if way != "plain":
        command += ["--ssl-reqd", "--cacert", str(house.ca), "--user", f"{USER}:{PASSWORD}"]
    return _run([*command, "--upload-file", "-"], octets)


def smtplib_client(house: House, way: Way, recipients: Sequence[str], octets: bytes) -> Sent:
    """Python's own client; turns bare CR or LF into CRLF."""
    context = ssl.create_default_context(cafile=str(house.ca))
    port = port_of(house, way)
    client = (
        smtplib.SMTP_SSL("localhost", port, timeout=PATIENCE, context=context)
        if way == "tls"
        else smtplib.SMTP("localhost" if way == "starttls" else "127.0.0.1", port, timeout=PATIENCE)
    )
    with client:
        client.ehlo()
        if way == "starttls":
            client.starttls(context=context)
            client.ehlo()
        if way != "plain":
            client.login(USER, PASSWORD)
        client.mail(USER, ["BODY=8BITMIME"])
        for recipient in recipients:
            client.rcpt(recipient)
        code, text = client.data(octets)
    return Sent(code == 250, f"{code} {text.decode()}")


CLIENTS = {"swaks": swaks, "msmtp": msmtp, "curl": curl, "smtplib": smtplib_client}


def smtp_source(port: int, *, sessions: int, messages: int, size: int, recipient: str) -> Sent:
    """Postfix's load generator: many sessions at once."""
    command = ["/usr/sbin/smtp-source", "-s", str(sessions), "-m", str(messages), "-l", str(size)]
    return _run([*command, "-f", USER, "-t", recipient, f"127.0.0.1:{port}"], b"")
