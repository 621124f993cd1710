"""Mails whose octets are worth something, through `mailguard serve` to a sink: signatures hold, and nothing changed.

OpenSSL, GnuPG and dkimpy sign, and verify what arrived. Beside them the mails of tests/golden, each in the manner of a
program, held and released ones among them.
"""

from __future__ import annotations

import re
import smtplib
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.golden.inspect.everyday import everyday
from tests.house import PATIENCE, House
from tests.interop.test_clients import own_fields_off
from tests.interop.test_mailers import people_of
from tests.interop.wires import Sink
from tests.missing import missing
from tests.postfix import make_certificate

BODY = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
BODY += "お見積りです。\r\n.\r\n..\r\n \t\r\nend  \r\n"
#: Debian's, since dkimpy has no wheel.
SYSTEM_PYTHON = Path("/usr/bin/python3")


def run(*command: str, given: bytes = b"", folder: Path | None = None) -> bytes:
    done = subprocess.run(command, input=given, capture_output=True, timeout=PATIENCE, cwd=folder, check=False)
    assert done.returncode == 0, (command, done.stdout[-500:], done.stderr.decode("utf-8", "replace"))
    return done.stdout


def fields(tag: str, to: str) -> bytes:
    text = f"From: ann@corp.example\r\nTo: {to}\r\nSubject: signed {tag}\r\nMessage-ID: <{tag}@pc>\r\n"
    return f"{text}Date: Mon, 23 Nov 2026 10:00:00 +0900\r\nMIME-Version: 1.0\r\n".encode()


def sent(house: House, to: str, octets: bytes) -> str:
    """Hand it in; returns what the house said."""
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        client.mail("ann@corp.example", ["BODY=8BITMIME"])
        client.rcpt(to)
        code, text = client.data(octets)
    assert code == 250, text
    return text.decode()


def through(house: House, sink: Sink, tag: str, to: str, octets: bytes) -> bytes:
    """What of it arrives, below our own fields; a mail that was held is released first."""
    said = sent(house, to, octets)
    count = 1
    if "held" in said:
        assert house.run("queue", "release", said.split()[-1]).returncode == 0
        count = 2  # and the letter about it
    (arrived,) = [one for one in sink.wait_for(count, tag) if people_of(one.rcpts) == {to.encode()}]
    return own_fields_off(arrived.octets)


def smime(folder: Path, octets: bytes) -> tuple[bytes, Callable[[Path], None]]:
    """(signed, how to verify a file)."""
    certificate, key = make_certificate(folder, host="corp.example")
    signer = ("-signer", str(certificate), "-inkey", str(key))
    signed = run("openssl", "smime", "-sign", "-binary", *signer, "-outform", "SMIME", given=octets)
    # OpenSSL ends lines of what it adds with LF only.
    signed = signed.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").removeprefix(b"MIME-Version: 1.0\r\n")

    def verify(file: Path) -> None:
        run("openssl", "smime", "-verify", "-purpose", "any", "-CAfile", str(certificate), "-in", str(file))

    return signed, verify


def pgp(folder: Path, octets: bytes) -> tuple[bytes, Callable[[Path], None]]:
    home = folder / "gnupg"
    home.mkdir(mode=0o700)
    gpg = ("gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "")
    run(*gpg, "--quick-generate-key", "ann@corp.example", "ed25519", "sign", "never")
    armour = run(*gpg, "--armor", "--detach-sign", given=octets).replace(b"\n", b"\r\n")
    head = b'Content-Type: multipart/signed; boundary=edge; protocol="application/pgp-signature"; micalg=pgp-sha512\r\n'
    signature = b"Content-Type: application/pgp-signature; name=signature.asc\r\n\r\n" + armour

    def verify(file: Path) -> None:
        whole = file.read_bytes()
        inside, last = whole.split(b"--edge\r\n")[1:3]
        (folder / "signature.asc").write_bytes(last.partition(b"\r\n\r\n")[2].partition(b"\r\n--edge--")[0])
        run(*gpg, "--verify", str(folder / "signature.asc"), "-", given=inside.removesuffix(b"\r\n"))
        run("gpgconf", "--homedir", str(home), "--kill", "all")

    return head + b"\r\n--edge\r\n%b\r\n--edge\r\n%b\r\n--edge--\r\n" % (octets, signature), verify


_DKIM = """
import base64, dkim, subprocess, sys
verb, key = sys.argv[1:3]
octets = sys.stdin.buffer.read()
public = subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-outform", "DER"], capture_output=True).stdout
record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
if verb == "sign":
    headers = [b"from", b"to", b"subject", b"date", b"message-id"]
    how = dict(canonicalize=(b"simple", b"simple"), include_headers=headers)
    sys.stdout.buffer.write(dkim.sign(octets, b"test", b"corp.example", open(key, "rb").read(), **how) + octets)
else:
    sys.exit(not dkim.verify(octets, dnsfunc=lambda name, timeout=5: record))
"""


def dkim(folder: Path, octets: bytes) -> tuple[bytes, Callable[[Path], None]]:
    """Signed in its strictest form: simple canonicalization of header and body."""
    key = folder / "dkim.pem"
    run("openssl", "genrsa", "-traditional", "-out", str(key), "2048")
    python = (str(SYSTEM_PYTHON), "-c", _DKIM)
    signed = run(*python, "sign", str(key), given=octets)

    def verify(file: Path) -> None:
        run(*python, "verify", str(key), given=file.read_bytes())

    return signed, verify


@pytest.mark.parametrize("to", ["ken@corp.example", "bob@partner.example"])
@pytest.mark.parametrize("how", ["smime", "pgp", "dkim"])
def test_a_signature_holds(behind: House, sink: Sink, tmp_path: Path, how: str, to: str) -> None:
    tag = uuid.uuid4().hex
    head = fields(tag, to)
    if how == "dkim":
        if subprocess.run([SYSTEM_PYTHON, "-c", "import dkim"], capture_output=True, check=False).returncode:
            missing("Debian's package python3-dkim")
        octets, verify = dkim(tmp_path, head + BODY.encode())
    else:
        signed, verify = {"smime": smime, "pgp": pgp}[how](tmp_path, BODY.encode())
        octets = head + signed

    arrived = through(behind, sink, tag, to, octets)

    assert arrived == octets
    (tmp_path / "arrived.eml").write_bytes(arrived)
    verify(tmp_path / "arrived.eml")
    (tmp_path / "changed.eml").write_bytes(arrived.replace("見積".encode(), "見和".encode()))
    with pytest.raises(AssertionError):
        verify(tmp_path / "changed.eml")


def mails() -> Iterator[tuple[str, bytes]]:
    """The golden mails that a door takes: lines that end in CRLF, and are not endless."""
    for name, octets in everyday():
        whole = octets if octets.endswith(b"\r\n") else octets + b"\r\n"
        longest = max(map(len, whole.split(b"\r\n")))
        if whole.count(b"\r") == whole.count(b"\n") == whole.count(b"\r\n") and longest < 65_536:
            yield name, whole


def test_mails_in_the_manner_of_many_programs_arrive_octet_for_octet(behind: House, sink: Sink) -> None:
    tag = uuid.uuid4().hex[:8]
    given = dict(enumerate(list(mails())[::3]))
    with smtplib.SMTP("127.0.0.1", behind.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        for number, (name, octets) in given.items():
            client.mail("ann@corp.example", ["BODY=8BITMIME"])
            client.rcpt(f"{tag}-{number}@corp.example")
            code, text = client.data(octets)
            assert code == 250, (name, text)
    assert len(given) > 300
    end = time.monotonic() + PATIENCE
    while len(got := _with_tag(sink, tag)) < len(given) and time.monotonic() < end:
        time.sleep(0.1)
    wrong = [name for number, (name, octets) in given.items() if got.get(number) != octets]
    assert not wrong


def _with_tag(sink: Sink, tag: str) -> dict[int, bytes]:
    """By the number in their recipient."""
    found = {}
    for one in list(sink.server.taken):
        match = re.search(rb"<%b-(\d+)@" % tag.encode(), one.rcpts[0])
        if match:
            found[int(match[1])] = own_fields_off(one.octets)
    return found
