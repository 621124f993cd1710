"""The zip that a mail's attachments go into, opened by a real 7-Zip: with the password, and not without."""

from __future__ import annotations

import base64
import subprocess
from email import message_from_bytes
from pathlib import Path

import pytest

from mailguard.mail.address import parse_address
from mailguard.mail.alteration import ZipAttachments
from mailguard.transform.apply import Altered, apply

FILES = {"見積書.txt": "お見積り\r\n".encode() * 5000, "random.bin": bytes(range(256)) * 9000, "empty": b""}
PASSWORD = "Q7XK-2M9P-D4TR-8WZC"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mail with the files, altered, and the zip taken out of it."""
    parts = [
        b'--b\r\nContent-Disposition: attachment; filename="' + name.encode() + b'"\r\n'
        b"Content-Transfer-Encoding: base64\r\nContent-Type: application/octet-stream\r\n\r\n"
        + base64.encodebytes(content)
        for name, content in FILES.items()
    ]
    head = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n"
    octets = (head + b"\r\n".join(parts) + b"\r\n--b--\r\n").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    altered = apply(octets, (ZipAttachments(PASSWORD, "1f" * 32),), parse_address("a@x.example"))
    assert isinstance(altered, Altered)
    (content,) = (
        part.get_payload(decode=True) for part in message_from_bytes(altered.octets).walk() if part.get_filename()
    )
    path: Path = tmp_path_factory.mktemp("zip") / "attachments.zip"
    assert isinstance(content, bytes)
    path.write_bytes(content)
    return path


def seven_zip(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["7zz", *arguments], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def test_seven_zip_opens_it_with_the_password(archive: Path, tmp_path: Path) -> None:
    done = seven_zip("x", f"-p{PASSWORD}", f"-o{tmp_path}", archive)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == FILES


@pytest.mark.parametrize("password", ["", "Q7XK-2M9P-D4TR-8WZD"])
def test_seven_zip_reads_nothing_without_it(archive: Path, tmp_path: Path, password: str) -> None:
    done = seven_zip("x", f"-p{password}", f"-o{tmp_path}", archive)
    assert done.returncode != 0
    assert "Wrong password" in done.stdout + done.stderr
    assert not any(one.stat().st_size for one in tmp_path.iterdir())


def test_it_is_aes_256_and_the_names_are_utf_8(archive: Path) -> None:
    listed = seven_zip("l", "-slt", archive).stdout
    assert listed.count("Method = AES-256") == len(FILES)
    assert "Path = 見積書.txt" in listed
    assert listed.count("Encrypted = +") == len(FILES)
