"""Tokens are long, random and kept as hashes; a recovery code may be typed as people type."""

import re

import pytest

from caretally.identity.tokens import new_recovery_codes, new_token, recovery_code_hash, token_hash


def test_a_token_has_128_bits_and_fits_an_address() -> None:
    assert len({new_token() for _ in range(1000)}) == 1000
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", new_token())


def test_a_token_is_kept_as_32_bytes_that_do_not_show_it() -> None:
    token = new_token()
    assert len(token_hash(token)) == 32
    assert token.encode() not in token_hash(token)
    assert token_hash(token) != token_hash(token.swapcase())


@pytest.mark.parametrize(
    "sent", ["", "\x00", "\ud800", "x" * 1_000_000, "漢字"], ids=["nothing", "zero", "half a pair", "a million", "Chinese"]
)
def test_whatever_a_browser_sends_has_a_hash(sent: str) -> None:
    assert len(token_hash(sent)) == len(recovery_code_hash(sent)) == 32


def test_ten_recovery_codes_differ_and_are_easy_to_read_out() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert [code for code in codes if not re.fullmatch(r"([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}", code)] == []


@pytest.mark.parametrize("typed", ["01AB CDEF GH01 2345", "01abcdefgh012345", "oiab-cdef-gho1-2345", "0LAB-CDEF-GH01-2345"])
def test_a_recovery_code_may_be_typed_as_people_type(typed: str) -> None:
    assert recovery_code_hash(typed) == recovery_code_hash("01ab-cdef-gh01-2345")
