"""TLS at the door: a context from a certificate chain and a key; TLS 1.2 or newer, ephemeral keys and authenticated
ciphers only, unless a listener is set to more for old devices. Why a handshake failed, in a word.

Read again on reload; a certificate that does not load leaves the old one in place. It never asks for a
passphrase: nobody sits there.
"""

from __future__ import annotations

import ssl
import warnings

from mailguard.mail.saying import Sentence
from mailguard.smtpd.certificates import ClientCertificates
from mailguard.smtpd.settings import ListenerSettings

#: For TLS 1.2 (1.3 has no others): a key exchange that a stolen certificate does not open later, and no CBC.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
#: Older versions have CBC only, and old devices no ephemeral key; OpenSSL has them at its level 0 alone.
_OLD_CIPHERS = f"{_CIPHERS}:ECDHE+AES:RSA+AES:@SECLEVEL=0"
_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
#: OpenSSL's words for a handshake that came to nothing -> ours, for log and figures.
_FAILURES = {
    "UNSUPPORTED_PROTOCOL": "tls_too_old",
    "VERSION_TOO_LOW": "tls_too_old",
    "TLSV1_ALERT_PROTOCOL_VERSION": "tls_too_old",
    "NO_SHARED_CIPHER": "tls_no_common_cipher",
    "TLSV1_ALERT_UNKNOWN_CA": "tls_certificate_not_taken",
    "SSLV3_ALERT_BAD_CERTIFICATE": "tls_certificate_not_taken",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "tls_certificate_not_taken",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "tls_certificate_not_taken",
    "WRONG_VERSION_NUMBER": "tls_not_spoken",
    "HTTP_REQUEST": "tls_not_spoken",
}


class CertificateError(Exception):
    """Certificate or key cannot be used; the message says which files and why."""


def context_for(listener: ListenerSettings) -> ssl.SSLContext | None:
    """The listener's context, None if it has no TLS. Raises CertificateError."""
    if listener.tls == "none":
        return None
    assert listener.certificate is not None  # ListenerSettings sees to both
    assert listener.key is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():  # RFC 8996: 1.0 and 1.1 are deprecated, which whoever sets them has been told
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = _VERSIONS[listener.tls_minimum]
    try:
        context.set_ciphers(listener.ciphers or (_CIPHERS if listener.tls_minimum >= "1.2" else _OLD_CIPHERS))
    except ssl.SSLError as error:
        raise CertificateError(
            Sentence(
                "ciphers {ciphers} は使えません({why})。",
                "ciphers {ciphers} cannot be used: {why}",
                ciphers=listener.ciphers,
                why=_reason(error),
            )
        ) from error
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    try:
        # Without a callback OpenSSL would ask on the terminal for the passphrase of an encrypted key.
        context.load_cert_chain(listener.certificate, listener.key, password=lambda: b"")
    except (OSError, ValueError) as error:
        raise CertificateError(
            Sentence(
                "certificate {certificate} と key {key} は一緒に使えません({why})。",
                "certificate {certificate} with key {key} cannot be used: {why}",
                certificate=listener.certificate,
                key=listener.key,
                why=_reason(error),
            )
        ) from error
    if listener.client_certificates is not None:
        _ask_for_certificates(context, listener.client_certificates)
    return context


def why_failed(error: OSError) -> str:
    """What a handshake failed for, in a word for log and figures."""
    return _FAILURES.get(getattr(error, "reason", None) or "", "tls_handshake")


def _ask_for_certificates(context: ssl.SSLContext, known: ClientCertificates) -> None:
    """A certificate that is shown must verify; the handshake fails otherwise. Raises CertificateError."""
    try:
        if known.ca_file is None:
            context.load_default_certs(ssl.Purpose.CLIENT_AUTH)
        else:
            context.load_verify_locations(known.ca_file)
    except (OSError, ValueError) as error:
        raise CertificateError(
            Sentence(
                "client_certificates ca_file {file} は使えません({why})。",
                "client_certificates ca_file {file}: {why}",
                file=known.ca_file,
                why=_reason(error),
            )
        ) from error
    context.verify_mode = ssl.CERT_REQUIRED if known.required else ssl.CERT_OPTIONAL
    # A certificate in ca_file is trusted as it is, also one that another has signed: it is pinned.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not PEM, or an encrypted key").replace("_", " ").lower()
    return (getattr(error, "strerror", None) or str(error)).lower()
