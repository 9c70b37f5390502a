"""Codes of an authenticator: skew tolerated, each accepted once, rubbish refused."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from caretally.identity.codes import accepted_step, enrolment_address, new_authenticator_secret, step_at

NOW = datetime(2026, 11, 23, 12, 0, 15, tzinfo=UTC)
# The secret of the test vectors in RFC 6238, appendix B, in base32.
PUBLISHED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def code_at(moment: datetime) -> str:
    return pyotp.TOTP(PUBLISHED).at(moment)


@pytest.mark.parametrize(("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")])
def test_the_published_vectors_are_accepted(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert accepted_step(PUBLISHED, code, now=now, last_used=-1) == step_at(now)


@pytest.mark.parametrize("skew", [-90, -60, 0, 60, 90])
def test_a_clock_that_differs_by_up_to_90_seconds_is_tolerated(skew: int) -> None:
    moment = NOW + timedelta(seconds=skew)
    assert accepted_step(PUBLISHED, code_at(moment), now=NOW, last_used=0) == step_at(moment)


@pytest.mark.parametrize("skew", [-120, 120])
def test_a_clock_that_differs_by_two_minutes_is_not(skew: int) -> None:
    assert accepted_step(PUBLISHED, code_at(NOW + timedelta(seconds=skew)), now=NOW, last_used=0) is None


def test_a_code_is_accepted_once() -> None:
    used = accepted_step(PUBLISHED, code_at(NOW), now=NOW, last_used=0)
    assert used is not None
    assert accepted_step(PUBLISHED, code_at(NOW), now=NOW, last_used=used) is None


def test_a_code_older_than_the_last_one_used_is_refused() -> None:
    assert accepted_step(PUBLISHED, code_at(NOW - timedelta(seconds=30)), now=NOW, last_used=step_at(NOW)) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "\x00" * 6, "-12345"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert accepted_step(PUBLISHED, code, now=NOW, last_used=0) is None


def test_a_code_may_be_typed_with_a_space() -> None:
    code = code_at(NOW)
    assert accepted_step(PUBLISHED, f"{code[:3]} {code[3:]}", now=NOW, last_used=0) == step_at(NOW)


def test_a_code_of_another_person_is_refused() -> None:
    assert accepted_step(new_authenticator_secret(), code_at(NOW), now=NOW, last_used=0) is None


def test_the_address_for_the_qr_code_names_the_product_and_the_person() -> None:
    address = enrolment_address(PUBLISHED, email="dana@meridian.example")
    assert address.startswith("otpauth://totp/CareTally:dana%40meridian.example?")
    assert f"secret={PUBLISHED}" in address
