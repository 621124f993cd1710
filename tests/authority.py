"""A private certificate authority for tests, made with openssl: certificates of clients, and what they prove."""

from __future__ import annotations

import hashlib
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.postfix import PATIENCE


@dataclass(frozen=True)
class Authority:
    """`certificate`: what a server is told to trust."""

    folder: Path
    certificate: Path

    @classmethod
    def found(cls, folder: Path, name: str = "authority") -> Authority:
        """A new one in a folder of its own."""
        home = folder / name
        home.mkdir()
        _openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", home / "ca-key.pem", "-out", home / "ca.pem",
        )  # fmt: skip
        return cls(home, home / "ca.pem")

    def issue(self, name: str, alternatives: str = "", *, days: int = 2) -> Path:
        """A client's certificate and key in one file. alternatives: `DNS:a.example,email:b@c.example`."""
        key, asked, made = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "crt"))
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", f"/CN={name}", "-keyout", key, "-out", asked)  # fmt: skip
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternatives}\n" if alternatives else "")
        _openssl("x509", "-req", "-in", asked, "-CA", self.certificate, "-CAkey", self.folder / "ca-key.pem",
                 "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", made)  # fmt: skip
        both = self.folder / f"{name}.pem"
        both.write_bytes(made.read_bytes() + key.read_bytes())
        return both


def _openssl(*words: str | int | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=PATIENCE)


def fingerprint(certificate: Path) -> str:
    """As `openssl x509 -fingerprint -sha256` prints it."""
    pem = certificate.read_text().partition("-----BEGIN PRIVATE")[0]
    digits = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
    return ":".join(digits[index : index + 2] for index in range(0, 64, 2))


def showing(certificate: Path | None, version: str = "TLSv1_3") -> ssl.SSLContext:
    """A client that shows this certificate, and takes any of the server's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    if certificate is not None:
        context.load_cert_chain(certificate)
    return context
