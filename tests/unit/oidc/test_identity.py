"""An ID token holds or it does not: every claim, every algorithm, every key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from mailguard.oidc.identity import BadToken, Unidentified, UnknownKey, address_of, checked
from mailguard.oidc.settings import OidcSettings

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
SECOND = int(NOW.timestamp())
SETTINGS = OidcSettings("https://id.example", "mailguard", "secret")
KEY = RSAKey.generate_key(2048, {"kid": "one"})
KEYS = KeySet([KEY])
CLAIMS: dict[str, Any] = {
    "iss": "https://id.example", "aud": "mailguard", "sub": "1", "exp": SECOND + 300, "iat": SECOND, "nonce": "n" * 32,
}  # fmt: skip


def token(claims: dict[str, Any] | None = None, *, alg: str = "RS256", key: Any = KEY, kid: str = "one") -> str:
    said = {name: value for name, value in (CLAIMS | (claims or {})).items() if value is not None}
    return jwt.encode({"alg": alg, "kid": kid}, said, key, algorithms=[alg])


def look(text: str, nonce: str = "n" * 32) -> dict[str, Any]:
    return checked(text, KEYS, SETTINGS, nonce=nonce, access_token="a", now=NOW)


def test_one_that_holds() -> None:
    assert look(token())["sub"] == "1"
    assert look(token({"aud": ["mailguard"]}))["sub"] == "1"
    assert look(token({"aud": ["mailguard", "other"], "azp": "mailguard"}))["sub"] == "1"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": "https://id.example/"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["other", "another"]},
        {"aud": None},
        {"aud": ["mailguard", "other"]},
        {"aud": ["mailguard", "other"], "azp": "other"},
        {"azp": "other"},
        {"exp": SECOND - 61},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": SECOND + 3600},
        {"iat": SECOND - 3600},
        {"iat": None},
        {"nbf": SECOND + 3600},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ["n" * 32]},
        {"sub": None},
        {"sub": 7},
        {"sub": ""},
        {"at_hash": "of another access token"},
    ],
)
def test_claims_that_do_not_hold(claims: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        look(token(claims))


def test_without_a_nonce_of_ours_nothing_holds() -> None:
    with pytest.raises(BadToken):
        look(token({"nonce": ""}), nonce="")


def test_a_key_that_is_not_known() -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    with pytest.raises(UnknownKey):
        look(token(key=stranger))
    with pytest.raises(UnknownKey):
        look(token(key=RSAKey.generate_key(2048, {"kid": "two"}), kid="two"))


def test_algorithms_are_ours_to_choose() -> None:
    shared = OctKey.import_key("secret" * 8, {"kid": "one"})
    with pytest.raises(BadToken):
        look(token(alg="HS256", key=shared))
    head, body, _ = token().split(".")
    # The public key as a shared secret (RFC 8725 section 2.1).
    mixed = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    signed = hmac.new(KEY.as_pem(private=False), f"{mixed}.{body}".encode(), hashlib.sha256).digest()
    with pytest.raises(BadToken):
        look(f"{mixed}.{body}.{base64.urlsafe_b64encode(signed).decode().rstrip('=')}")
    for text in (f"{head}.{body}.", "eyJhbGciOiJub25lIn0." + body + ".", "", "x", "a.b.c", ".." * 50):
        with pytest.raises(BadToken):
            look(text)


def test_other_signatures_are_taken_too() -> None:
    key = ECKey.generate_key("P-256", {"kid": "e"})
    claims = checked(
        token(alg="ES256", key=key, kid="e"), KeySet([key]), SETTINGS, nonce="n" * 32, access_token="a", now=NOW
    )
    assert claims["sub"] == "1"


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "a@corp.example", "email_verified": True},
        {"email": "a@corp.example", "email_verified": "true"},
        {"email": "a@corp.example", "xms_edov": True},
        {"email": "a@corp.example", "xms_edov": "1"},
    ],
)
def test_an_address_that_the_provider_vouches_for(claims: dict[str, Any]) -> None:
    assert address_of(claims, SETTINGS) == "a@corp.example"


@pytest.mark.parametrize(
    ("claims", "unverified"),
    [
        ({}, False),
        ({"email": ""}, False),
        ({"email": ["a@corp.example"], "email_verified": True}, False),
        ({"email": "a@corp.example"}, True),
        ({"email": "a@corp.example", "email_verified": False}, True),
        ({"email": "a@corp.example", "email_verified": "yes"}, True),
        ({"email": "a@corp.example", "email_verified": False, "xms_edov": True}, True),
    ],
)
def test_an_address_that_is_not_vouched_for(claims: dict[str, Any], unverified: bool) -> None:
    with pytest.raises(Unidentified) as caught:
        address_of(claims, SETTINGS)
    assert caught.value.unverified is unverified


def test_another_claim_where_the_settings_say_so() -> None:
    settings = OidcSettings("https://id.example", "mailguard", email_claim="upn", require_verified_email=False)
    assert address_of({"upn": "a@corp.example"}, settings) == "a@corp.example"
    plain = OidcSettings("https://id.example", "mailguard", require_verified_email=False)
    assert address_of({"email": "a@corp.example"}, plain) == "a@corp.example"
    with pytest.raises(Unidentified):
        address_of({"email": "a@corp.example", "email_verified": False}, plain)
