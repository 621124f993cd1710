"""Golden mails: a mail as it lies on the wire, the shipped policies, and the verdict that it must get.

A case is a text file: words about the envelope, a line of dashes, the mail. Lines of the mail end in CRLF when
it is read. `{base64 NAME}` stands for a file made by the test, since a golden file holds text only.
"""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailguard.inspect.reader import read_mail
from mailguard.mail.address import parse_address, parse_reverse_path
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.organization import Organization
from mailguard.policy.case import Case, Known, known_keys
from mailguard.policy.judge import judge
from mailguard.policy.loader import Policy, load_policy

HERE = Path(__file__).parent
SHIPPED = HERE.parents[2] / "policies"
COMPANY = Organization(("corp.example",), "Corp")


@dataclass
class Golden:
    """One case: the words in front, and the mail."""

    words: dict[str, list[str]]
    octets: bytes

    def one(self, name: str) -> str:
        return self.words[name][0]


def read_golden(path: Path) -> Golden:
    head, _, mail = path.read_text(encoding="utf-8").partition("\n-----\n")
    words: dict[str, list[str]] = {}
    for line in head.splitlines():
        name, _, value = line.partition(": ")
        words[name] = [item.strip() for item in value.split(",") if item.strip()]
    for name, octets in FILES.items():
        mail = mail.replace(f"{{base64 {name}}}", base64.encodebytes(octets).decode().strip())
    charset = words.get("charset", ["utf-8"])[0]
    return Golden(words, mail.replace("\n", "\r\n").encode(charset))


def encrypted_zip() -> bytes:
    """A zip whose only member is marked as encrypted (APPNOTE 4.4.4, bit 0); nobody opens it here."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("list.txt", "0123456789ab")
    octets = bytearray(buffer.getvalue())
    octets[octets.index(b"PK\x03\x04") + 6] |= 1
    octets[octets.index(b"PK\x01\x02") + 8] |= 1
    return bytes(octets)


FILES = {
    "text": "見積書の中身です。\n".encode(),
    "locked.zip": encrypted_zip(),
    "program": b"MZ\x90\x00" + bytes(60) + b"PE\x00\x00",
    "pdf": b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n",
}


def known(texts: list[str]) -> Known:
    keys = frozenset(known_keys(parse_address(t)) if "@" in t else t for t in texts)
    return Known(keys, keys, tuple(sorted(k for k in keys if "@" not in k)))


def case_of(golden: Golden) -> Case:
    envelope = Envelope(
        parse_reverse_path(golden.one("from")),
        tuple(map(parse_address, golden.words["to"])),
        Client("192.0.2.1", "pc.corp.example", login="ann"),
    )
    facts = read_mail(golden.octets)
    return Case(envelope, facts, COMPANY, known(golden.words.get("known", [])), len(golden.octets))


@pytest.fixture(scope="module")
def shipped() -> Policy:
    return load_policy([SHIPPED], COMPANY)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.mail")), ids=lambda path: path.stem)
def test_golden(path: Path, shipped: Policy) -> None:
    golden = read_golden(path)
    verdict = judge(shipped, case_of(golden))
    assert verdict.disposition.word == golden.one("verdict")
    assert sorted(hit.rule for hit in verdict.enforced) == sorted(golden.words.get("rules", []))
    told = " ".join(item for hit in verdict.hits for item in (*hit.evidence, hit.because.ja, hit.because.en))
    for evidence in golden.words.get("told", []):
        assert evidence in told
    assert "…" not in "".join(hit.because.ja + hit.because.en for hit in verdict.hits)
