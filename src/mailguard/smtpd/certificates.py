"""Who a client is by its certificate: names and fingerprints that the settings know, and what each of them opens.

The certificate was verified in the TLS handshake against the authorities of the listener; nothing here checks a
signature. A certificate that verifies and is not named opens nothing: an authority certifies strangers too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mailguard.mail.saying import Sentence

#: What a name may stand for instead of a login: a trusted server, like one of `trusted_networks`.
TRUSTED = "trusted"
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ClientCertificates:
    """ca_file: whose certificates count, None: those of the machine's own list; names: a name in the certificate, or
    `sha256:...`, to a login or `trusted`; required: nobody comes in without a certificate that verifies.

    Raises ValueError, saying what to change.
    """

    names: Mapping[str, str]
    ca_file: Path | None = None
    required: bool = False
    _known: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError(
                Sentence(
                    "client_certificates には names が必要です。証明書だけでは何も許されません。",
                    "client_certificates needs names: a certificate alone opens nothing",
                )
            )
        known: dict[str, str] = {}
        for name, opens in self.names.items():
            if not opens.strip():
                raise ValueError(
                    Sentence(
                        "client_certificates: {name}: trusted か、対応するログインを書いてください。",
                        "client_certificates: {name}: write trusted, or the login that it stands for",
                        name=name,
                    )
                )
            key = _key(name)
            if key in known:
                raise ValueError(
                    Sentence(
                        "client_certificates: {name} が2回書かれています。",
                        "client_certificates: {name} stands here twice",
                        name=name,
                    )
                )
            known[key] = opens.strip()
        object.__setattr__(self, "_known", known)

    def opens(self, certificate: Mapping[str, Any] | None, der: bytes | None) -> str | None:
        """`trusted` or a login for a verified certificate (as `ssl` gives it, and its DER); None: it is not named.

        The fingerprint is looked for first, then the names in the order of the settings.
        """
        if not certificate or not der:
            return None
        pinned = self._known.get("sha256:" + hashlib.sha256(der).hexdigest())
        if pinned is not None:
            return pinned
        shown = set(names_in(certificate))
        return next((opens for name, opens in self._known.items() if name in shown), None)


def names_in(certificate: Mapping[str, Any]) -> list[str]:
    """The DNS names and mail addresses of a certificate, and its subject's common name; lower case."""
    found = [value for kind, value in certificate.get("subjectAltName", ()) if kind in ("DNS", "email")]
    found += [value for part in certificate.get("subject", ()) for kind, value in part if kind == "commonName"]
    return [value.lower() for value in found]


def _key(name: str) -> str:
    """A written name in the form in which it is compared. Raises ValueError for a fingerprint that is none."""
    text = name.strip().lower()
    if not text.startswith("sha256:"):
        return text
    digits = text.removeprefix("sha256:").replace(":", "")
    if not _FINGERPRINT.fullmatch(digits):
        raise ValueError(
            Sentence(
                "client_certificates: {name} は16進64桁のSHA-256フィンガープリントではありません。",
                "client_certificates: {name} is no SHA-256 fingerprint of 64 hexadecimal digits",
                name=name[:80],
            )
        )
    return "sha256:" + digits
