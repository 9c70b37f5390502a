"""What a provider says is believed when it is signed by its key, for us, now and for this very sign-in; everything else is refused."""

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from caretally.errors import UsageMistake
from caretally.identity import openid
from caretally.identity.openid import ProviderDown, known_by, proves_factor, require_public
from caretally.identity.providers import Given, Provider, ProviderRefused, read_domains, read_roles

ISSUER, CLIENT, NONCE = "https://login.meridian.example", "caretally", "the nonce of this sign-in"
KEY = RSAKey.generate_key(2048, {"kid": "one"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one"})
KEYS = KeySet([KEY]).as_dict(private=False)
PROVIDER = Provider(
    uuid4(),
    "Meridian",
    uuid4(),
    ISSUER,
    CLIENT,
    "secret",
    ("meridian.example",),
    "groups",
    {"nurses": Given("clinical_staff")},
    proves_factor=False,
)


def said(key: Any = KEY, *, header: dict[str, str] | None = None, **changes: Any) -> str:
    """Return a token as the provider signs it, with changes; None leaves a claim out."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "00u1",
        "iat": now,
        "exp": now + 300,
        "nonce": NONCE,
        "email": "Priya@Meridian.example",
        "email_verified": True,
        "name": "Priya Raman",
        "groups": ["nurses"],
    } | changes
    return jwt.encode(header or {"alg": "RS256", "kid": "one"}, {name: value for name, value in claims.items() if value is not None}, key)


def test_what_the_provider_signed_is_believed() -> None:
    known = known_by(PROVIDER, said(amr=["pwd", "otp"]), KEYS, nonce=NONCE)
    assert (known.subject, known.email, known.name, known.groups) == ("00u1", "priya@meridian.example", "Priya Raman", ["nurses"])
    assert proves_factor(PROVIDER, known)
    assert not proves_factor(PROVIDER, known_by(PROVIDER, said(amr=["pwd"]), KEYS, nonce=NONCE))


@pytest.mark.parametrize("skew", [-90, 90])
def test_clocks_may_differ_by_ninety_seconds(skew: int) -> None:
    now = int(time.time()) + skew
    assert known_by(PROVIDER, said(iat=now, exp=now + 10 if skew > 0 else now + 5), KEYS, nonce=NONCE).subject == "00u1"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://login.evil.example"},
        {"aud": "another application"},
        {"aud": None},
        {"iss": None},
        {"sub": None},
        {"exp": None},
        {"exp": 1_000_000_000},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"azp": "another application"},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email": None},
        {"email": "not an address"},
    ],
    ids=str,
)
def test_what_is_for_others_old_or_unverified_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderRefused):
        known_by(PROVIDER, said(**changes), KEYS, nonce=NONCE)


def signed_with_our_public_key(body: str) -> str:
    """Return a token whose signature is a keyed hash under the public key, which everybody knows."""
    head = urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    public: bytes = KEY.as_pem(private=False)
    signature = hmac.new(public, f"{head}.{body}".encode(), "sha256").digest()
    return f"{head}.{body}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


@pytest.mark.parametrize("kind", ["another key", "our public key as a password", "unsigned", "cut", "empty", "not a token"])
def test_what_the_provider_did_not_sign_is_refused(kind: str) -> None:
    good = said()
    head, body, _ = good.split(".")
    tokens: dict[str, Callable[[], str]] = {
        "another key": lambda: said(OTHER_KEY),
        "our public key as a password": lambda: signed_with_our_public_key(body),
        "unsigned": lambda: f"{head}.{body}.",
        "cut": lambda: good[:-10],
        "empty": lambda: "",
        "not a token": lambda: "a.b.c",
    }
    with pytest.raises(ProviderRefused):
        known_by(PROVIDER, tokens[kind](), KEYS, nonce=NONCE)


def test_other_kinds_of_key_are_known() -> None:
    key = ECKey.generate_key("P-256", {"kid": "two"})
    assert (
        known_by(PROVIDER, said(key, header={"alg": "ES256", "kid": "two"}), KeySet([key]).as_dict(private=False), nonce=NONCE).subject
        == "00u1"
    )


@pytest.mark.parametrize(
    "address",
    [
        "http://login.meridian.example",
        "https://127.0.0.1/",
        "https://169.254.169.254/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "ftp://x.example",
    ],
)
def test_a_vendors_setting_never_makes_us_ask_our_own_network(address: str) -> None:
    with pytest.raises(ProviderDown):
        require_public(address, private=False)


@pytest.mark.parametrize(("named", "refused"), [(ISSUER, False), ("https://evil.example", True), ("", True)])
def test_a_provider_that_names_another_issuer_is_refused(monkeypatch: pytest.MonkeyPatch, named: str, *, refused: bool) -> None:
    places = dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), f"{ISSUER}/x")
    monkeypatch.setattr(openid, "_fetched", lambda *_address, **_allowed: {"issuer": named, **places})
    if refused:
        with pytest.raises(ProviderDown, match="names another issuer than the one that is set"):
            openid.discover(PROVIDER, private=False)
    else:
        assert openid.discover(PROVIDER, private=False).token == f"{ISSUER}/x"


def test_roles_of_groups_are_read_from_lines() -> None:
    found = read_roles("nurses = clinical_staff\n\nfront desk = practice_administrator LFM RIM\n")
    assert found == {"nurses": Given("clinical_staff"), "front desk": Given("practice_administrator", ("LFM", "RIM"))}


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "nurses",
        "nurses =",
        "= clinical_staff",
        "nurses = king",
        "nurses = clinical_staff LFM",
        "desk = provider",
        "x = auditor LFM",
        "x = operator",
    ],
)
def test_lines_that_give_no_role_are_refused_by_their_number(lines: str) -> None:
    with pytest.raises(UsageMistake, match=r"Line 1|at least one"):
        read_roles(lines)


@pytest.mark.parametrize("typed", ["", "meridian", "a b@", "x_y.example", "*.example"])
def test_what_is_no_domain_is_refused(typed: str) -> None:
    with pytest.raises(UsageMistake, match="domain"):
        read_domains(typed)
