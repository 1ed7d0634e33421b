"""
Who somebody is, in the words of their organisation's provider: an ID token, checked.

    token ─▶ signed by a key of the provider's, with an algorithm we take ─▶ for us, now, for this sign-in ─▶ Identity

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, KeySet, OKPKey, RSAKey

from seawall.access.identity import Identity
from seawall.access.oidc_config import OidcConfig
from seawall.errors import NotAllowed

# With a public key only: what is signed with a shared secret, or with nothing, anybody could have made.
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
LEEWAY = 60  # seconds that the provider's clock may be before or behind
LONGEST = 16 * 1024  # characters of a token
LONGEST_SUBJECT = 255  # characters: OpenID Connect Core, section 2
WRONG = (
    "What the provider says of you cannot be believed ({why}). Try again; if it stays so, an administrator should "
    "look at the settings of section oidc."
)


def public_keys(document: Mapping[str, Any]) -> KeySet:
    """The keys of a JWK set that can have signed a token; what we cannot read, or is no public key, is left out."""
    found: list[RSAKey | ECKey | OKPKey] = []
    listed = document.get("keys")
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict) or each.get("use", "sig") != "sig":
            continue
        try:
            key = JWKRegistry.import_key(each)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey):
            found.append(key)
    return KeySet(list(found))


def knows(keys: KeySet, token: str) -> bool:
    """Whether one of these keys has the name that the token gives; where it gives none, any may be meant."""
    try:
        kid = jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError):  # it is refused later, whatever the keys
        return True
    return kid is None or any(key.kid == kid for key in keys)


def identity_of(
    token: str, keys: KeySet, *, config: OidcConfig, nonce: str, access_token: str, at: datetime
) -> Identity:
    """
    Whom the token speaks of, if the provider signed it for us, for this sign-in, and it is not over.

    Raises:
        NotAllowed: It is not such a token; the sentence says what is wrong with it.

    """
    if len(token) > LONGEST:
        raise NotAllowed(WRONG.format(why="it is too long"))
    try:
        read = jwt.decode(token, keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": config.issuer},
                "aud": {"essential": True, "value": config.client_id},
            },
            {"nonce": nonce, "client_id": config.client_id, "access_token": access_token},
        )
        claims.validate(now=int(at.timestamp()), leeway=LEEWAY)
    except (JoseError, ValueError, TypeError) as wrong:
        raise NotAllowed(WRONG.format(why=_why(wrong))) from wrong
    if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= LONGEST_SUBJECT:
        raise NotAllowed(WRONG.format(why="it names nobody"))
    return Identity(
        subject=f"{config.issuer} {claims['sub']}",
        email=_verified_email(claims),
        name=claims["name"] if isinstance(claims.get("name"), str) else None,
        strong=bool(config.second_factor & _proofs(claims)),
    )


def _verified_email(claims: Mapping[str, Any]) -> str | None:
    """As a login is written; None where it could be taken for another, or nobody has looked whose it is."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return None
    return email.lower() if email.isascii() else None


def _proofs(claims: Mapping[str, Any]) -> set[str]:
    """How somebody has proven who they are (RFC 8176), and the provider's word for how well."""
    listed = claims.get("amr") or []
    return {each for each in (*listed, claims.get("acr")) if isinstance(each, str)}


def _why(wrong: Exception) -> str:
    claim = getattr(wrong, "claim", None)
    return f"its '{claim}' is not right" if claim else str(wrong).rstrip(".") or "it cannot be read"
