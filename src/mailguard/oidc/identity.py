"""What a provider says about somebody, checked: the ID token whole, and the mail address in its claims. Pure.

Sources: OpenID Connect Core section 3.1.3.7 (every step of it), RFC 7519, RFC 8725 (algorithms are ours to choose).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from mailguard.oidc.settings import OidcSettings

#: Signatures by a key that only the provider has. Never `none`, never a shared secret (RFC 8725 section 3.1).
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
#: Seconds by which two clocks may differ.
_LEEWAY = 60
#: An ID token is made for this login; one that is older was not.
_OLDEST = 600


class BadToken(Exception):
    """The ID token does not hold; the message names the claim or step, never a value."""


class UnknownKey(BadToken):
    """It is signed with a key that is not among the known ones: they may have been changed."""


class Unidentified(Exception):
    """The claims name no address, or none that the provider vouches for (unverified)."""

    def __init__(self, message: str, *, unverified: bool = False) -> None:
        super().__init__(message)
        self.unverified = unverified


def checked(
    token: str, keys: KeySet, settings: OidcSettings, *, nonce: str, access_token: str, now: datetime
) -> dict[str, Any]:
    """The claims of an ID token that holds. Raises BadToken, UnknownKey."""
    try:
        # Headers of providers carry what RFC 7515 does not know; the algorithm is what matters.
        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        decoded = jwt.decode(token, keys, registry=registry)
    except JoseError as error:
        kind = type(error).__name__
        if kind in ("InvalidKeyIdError", "BadSignatureError", "MissingKeyError", "NoKeyError"):
            raise UnknownKey(f"signature: {kind}") from None
        raise BadToken(f"id_token: {kind}") from None
    except (ValueError, TypeError, KeyError) as error:
        raise BadToken(f"id_token: {type(error).__name__}") from None
    _check(decoded.claims, decoded.header, settings, nonce, access_token, now)
    return dict(decoded.claims)


def _check(
    claims: dict[str, Any], header: dict[str, Any], settings: OidcSettings, nonce: str, access_token: str, now: datetime
) -> None:
    second = int(now.timestamp())
    options: Any = {
        "iss": {"essential": True, "value": settings.issuer},
        "aud": {"essential": True, "value": settings.client_id},
    }
    params = {"nonce": nonce, "client_id": settings.client_id, "access_token": access_token}
    try:
        CodeIDToken(claims, header, options, params).validate(second, _LEEWAY)
    except JoseError as error:
        raise BadToken(f"claim {getattr(error, 'claim', '') or error.error}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise BadToken(f"claims: {type(error).__name__}") from None
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if len(audience) > 1 and claims.get("azp") != settings.client_id:
        raise BadToken("claim azp")
    if not nonce or claims.get("nonce") != nonce:
        raise BadToken("claim nonce")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise BadToken("claim sub")
    if not isinstance(claims["iat"], int | float) or claims["iat"] < second - _OLDEST:
        raise BadToken("claim iat")


def address_of(claims: Mapping[str, Any], settings: OidcSettings) -> str:
    """The mail address that the claims name. Raises Unidentified.

    `email_verified` is the standard's word (section 5.1); `xms_edov` is Entra ID's: the domain's owner was verified.
    """
    address = claims.get(settings.email_claim)
    if not isinstance(address, str) or not address.strip():
        raise Unidentified(f"claim {settings.email_claim} is missing")
    vouched = [claims.get(name) for name in ("email_verified", "xms_edov")]
    if settings.require_verified_email and not any(one in (True, "true", "1", 1) for one in vouched):
        raise Unidentified("claims email_verified and xms_edov do not say true", unverified=True)
    # One that says no is believed, wherever it is asked for or not.
    if claims.get("email_verified") in (False, "false") and settings.email_claim == "email":
        raise Unidentified("claim email_verified says false", unverified=True)
    return address.strip()
