"""Passwords are long, unlike the address, kept as Argon2id, and checked alike for nobody."""

from statistics import median
from time import perf_counter
from typing import Literal

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from caretally.identity import passwords
from caretally.identity.passwords import NOBODYS_HASH, PasswordRefused, check_new_password, needs_new_hash, password_fits, password_hash

EMAIL = "dana.whitfield@meridian.example"
GOOD = "vier lange Wörter hier"
KEPT = password_hash(GOOD)


@pytest.mark.parametrize("password", [GOOD, "twelve chars", "123456 has no rule", "漢字仮名交じり文はとても読みやすい"])
def test_twelve_characters_of_any_kind_are_enough(password: str) -> None:
    check_new_password(password, email=EMAIL)
    assert password_fits(password_hash(password), password)


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 257, "a" * 12, EMAIL, "dana.whitfield", "Dana.Whitfield1"])
def test_what_is_short_too_long_repeated_or_the_address_is_refused_without_saying_it(password: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        check_new_password(password, email=EMAIL)
    assert not password or password not in str(refused.value)


def test_a_password_fits_its_own_hash_and_no_other() -> None:
    assert password_fits(KEPT, GOOD)
    assert not password_fits(KEPT, GOOD + " ")


def test_one_word_typed_in_two_forms_of_unicode_is_one_password() -> None:
    assert password_fits(KEPT, GOOD.replace("ö", "o\u0308"))


def test_the_longest_password_that_is_taken_fits_however_its_letters_are_composed() -> None:
    longest = "o\u0308" * 128
    assert password_fits(password_hash(longest), longest)


def test_a_password_that_is_cut_when_checked_is_refused_when_chosen() -> None:
    with pytest.raises(PasswordRefused, match="258 characters"):
        check_new_password("ao\u0308" * 86, email=EMAIL)


def test_a_character_that_no_text_can_hold_is_checked_like_any_other() -> None:
    assert not password_fits(KEPT, "\ud800" * 12)
    assert not password_fits(None, "\ud800" * 12)


def test_the_hash_is_argon2id_with_its_own_salt() -> None:
    assert extract_parameters(KEPT).type is Type.ID
    assert password_hash(GOOD) != KEPT


@pytest.mark.parametrize("password", [GOOD, "", "x" * 100_000, "\x00"])
def test_nothing_fits_nobody(password: str) -> None:
    assert not password_fits(None, password)


def test_nobody_costs_what_somebody_costs() -> None:
    assert extract_parameters(NOBODYS_HASH) == extract_parameters(KEPT)
    medians = [median(seconds_to_check(kept) for _ in range(7)) for kept in (KEPT, None)]
    print(f"a wrong password {medians[0] * 1000:.1f} ms, an unknown person {medians[1] * 1000:.1f} ms")


def test_nobody_is_checked_against_a_hash_too(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str | bytes] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - its name there
            checked.append(hash)
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Counting())
    assert not password_fits(None, GOOD)
    assert checked == [NOBODYS_HASH]


def seconds_to_check(kept: str | None) -> float:
    start = perf_counter()
    password_fits(kept, "a wrong password")
    return perf_counter() - start


def test_a_damaged_hash_fits_nothing() -> None:
    assert not password_fits("$argon2id$damaged", GOOD)


def test_a_hash_of_other_parameters_is_replaced_at_the_next_sign_in() -> None:
    assert not needs_new_hash(KEPT)
    assert needs_new_hash(PasswordHasher(time_cost=1).hash(GOOD))


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password1234!",
        "qwertyuiopas",
        "123456789012",
        "letmeinletmein",
        "iloveyou1234",
        "caretally2026",
        "abcdefghijkl",
        "whitfield2026",
        "P@ssw0rdP@ssw0rd",
    ],
)
def test_what_guessers_try_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefused, match=r"guesser|your own address"):
        check_new_password(password, email=EMAIL)
