"""OpenID Connect with a vendor's provider: discovery, the authorization code with PKCE, and the check of what it says (OpenID Connect Core 1.0, 3.1)."""

import hmac
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from caretally.errors import DependencyDown
from caretally.identity.accounts import AddressRefused, plain_address
from caretally.identity.providers import Known, Provider, ProviderRefused

SECONDS = 10
LARGEST_ANSWER_BYTES = 1_000_000
SKEW_SECONDS = 90
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
SCOPE = "openid email profile"
# Ways of proving oneself that are a second factor (RFC 8176).
SECOND_FACTORS = frozenset({"mfa", "otp", "hwk", "swk", "sms", "fpt", "face", "pin"})


class ProviderDown(DependencyDown):
    """The provider cannot be reached, or does not answer as OpenID Connect says."""

    code = "provider_down"


@dataclass(frozen=True)
class Endpoints:
    """Where a provider answers."""

    authorization: str
    token: str
    keys: str


def discover(provider: Provider, *, private: bool) -> Endpoints:
    """Return where the provider answers, by its own document. Raises `ProviderDown`.

    Unless `private` addresses are allowed, only https to public addresses is opened: a vendor's setting never makes this server look into its own network.
    """
    said = _fetched(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration", private=private)
    if said.get("issuer") != provider.issuer:
        raise ProviderDown(
            f"The provider at {_host(provider.issuer)} names another issuer than the one that is set; correct the setting or the provider."
        )
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if any(not isinstance(said.get(name), str) for name in names):
        raise ProviderDown(f"The provider at {_host(provider.issuer)} does not say where it answers; it may not be one of OpenID Connect.")
    return Endpoints(*(str(said[name]) for name in names))


def authorization_address(
    provider: Provider, endpoints: Endpoints, *, back: str, state: str, nonce: str, verifier: str, email: str, again: bool
) -> str:
    """Return where the browser is sent; `again` asks the provider to have the person prove themself anew."""
    client = OAuth2Session(provider.client, scope=SCOPE, redirect_uri=back, code_challenge_method="S256")
    more = {"prompt": "login", "max_age": "0"} if again else {}
    hint = {"login_hint": email} if email else {}
    address, _ = client.create_authorization_url(endpoints.authorization, state=state, code_verifier=verifier, nonce=nonce, **hint, **more)
    return str(address)


def exchange(provider: Provider, endpoints: Endpoints, *, code: str, back: str, verifier: str, nonce: str, private: bool) -> Known:
    """Return what the provider says of the person who came back with `code`, verified. Raises `ProviderDown` or `ProviderRefused`."""
    require_public(endpoints.token, private=private)
    client = OAuth2Session(provider.client, provider.secret, redirect_uri=back)
    try:
        token = client.fetch_token(
            endpoints.token, code=code, code_verifier=verifier, grant_type="authorization_code", timeout=SECONDS, allow_redirects=False
        )
    except (OAuthError, requests.RequestException, ValueError, KeyError) as error:
        raise ProviderRefused(
            f"The provider at {_host(provider.issuer)} did not confirm the sign-in ({type(error).__name__}); start again."
        ) from None
    keys = _fetched(endpoints.keys, private=private)
    return known_by(provider, str(token.get("id_token", "")), keys, nonce=nonce)


def known_by(provider: Provider, id_token: str, keys: Mapping[str, Any], *, nonce: str) -> Known:
    """Return what a signed token says once signature, issuer, audience, times (clocks may differ by 90 seconds) and nonce are right.

    Raises `ProviderRefused`.
    """
    try:
        claims = jwt.decode(id_token, KeySet.import_key_set(dict(keys)), algorithms=ALGORITHMS).claims  # type: ignore[arg-type]
        registry = jwt.JWTClaimsRegistry(
            leeway=SKEW_SECONDS,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.client},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        registry.validate(claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProviderRefused(f"What {_host(provider.issuer)} said of you does not hold ({type(error).__name__}); start again.") from None
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise ProviderRefused(f"What {_host(provider.issuer)} said belongs to another sign-in; start again.")
    if claims.get("azp", provider.client) != provider.client:
        raise ProviderRefused(f"What {_host(provider.issuer)} said is for another application; start again.")
    if claims.get("email_verified") is not True:
        raise ProviderRefused(f"{_host(provider.issuer)} does not say that your address was verified; ask your organisation.")
    try:
        email = plain_address(str(claims.get("email", "")))
    except AddressRefused as error:
        raise ProviderRefused(f"{_host(provider.issuer)} did not say your address; ask your organisation.") from error
    groups, methods = claims.get(provider.group_claim, []), claims.get("amr", [])
    listed = [str(group) for group in groups] if isinstance(groups, list) else [str(groups)]
    return Known(
        str(claims["sub"]), email, str(claims.get("name") or ""), listed, [str(m) for m in methods] if isinstance(methods, list) else []
    )


def proves_factor(provider: Provider, known: Known) -> bool:
    """Tell whether the person gave a second factor at the provider, by its own word or by the vendor's."""
    return provider.proves_factor or bool(SECOND_FACTORS & set(known.methods))


def require_public(address: str, *, private: bool) -> None:
    """Raise `ProviderDown` unless an address is https to a public network, or `private` ones are allowed."""
    parts = urlsplit(address)
    if private and parts.scheme in {"http", "https"}:
        return
    if parts.scheme != "https" or not parts.hostname:
        raise ProviderDown(f"The provider's address {_host(address)} is not https, so it is not asked.")
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(parts.hostname, parts.port or 443, proto=socket.IPPROTO_TCP)}
    except OSError as error:
        raise ProviderDown(f"The provider's name {_host(address)} is not known; correct the setting, or wait until it is.") from error
    if not found or any(not ip_address(str(one).partition("%")[0]).is_global for one in found):
        raise ProviderDown(
            f"The provider {_host(address)} lies in a private network, so it is not asked; see caretally serve --private-providers."
        )


def _fetched(address: str, *, private: bool) -> dict[str, Any]:
    require_public(address, private=private)
    try:
        with requests.get(address, timeout=SECONDS, allow_redirects=False, stream=True) as answer:
            body = answer.raw.read(LARGEST_ANSWER_BYTES + 1, decode_content=True)
            said = json.loads(body) if answer.status_code == 200 and len(body) <= LARGEST_ANSWER_BYTES else None
    except (requests.RequestException, OSError, ValueError) as error:
        raise ProviderDown(
            f"The provider {_host(address)} does not answer as it should ({type(error).__name__}); try again in a minute."
        ) from None
    if not isinstance(said, dict):
        raise ProviderDown(f"The provider {_host(address)} does not answer as it should; try again in a minute.")
    return said


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "without a name")[:100]
