"""Codes of an authenticator (TOTP, RFC 6238): six digits, thirty seconds a step, each step accepted once."""

import hmac
from datetime import datetime

import pyotp

STEP_SECONDS = 30
SKEW_SECONDS = 90
SKEW_STEPS = SKEW_SECONDS // STEP_SECONDS
DIGITS = 6
ISSUER = "CareTally"


def new_authenticator_secret() -> str:
    """Return 160 random bits in base32, as an authenticator takes them."""
    return pyotp.random_base32()


def enrolment_address(secret: str, *, email: str) -> str:
    """Return the `otpauth://` address that a QR code shows; it holds the secret, so it is shown once and never logged."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def step_at(moment: datetime) -> int:
    """Return the number of whole steps since 1970 at an aware moment."""
    return int(moment.timestamp()) // STEP_SECONDS


def accepted_step(secret: str, code: str, *, now: datetime, last_used: int) -> int | None:
    """Return the step that `code` belongs to, or None when it is refused.

    Clocks may differ by 90 seconds either way. Only a step after `last_used` is taken: the caller keeps what is returned, by an
    update that holds only while the kept step is smaller, so that of two requests with one code the second is refused.
    """
    given = "".join(code.split())
    if len(given) != DIGITS or not (given.isascii() and given.isdigit()):
        return None
    totp, middle = pyotp.TOTP(secret), step_at(now)
    taken = None
    for step in range(max(0, middle - SKEW_STEPS), middle + SKEW_STEPS + 1):
        matches = hmac.compare_digest(totp.generate_otp(step), given)
        if matches and step > last_used and taken is None:
            taken = step
    return taken
