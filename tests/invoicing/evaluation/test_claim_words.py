"""Seconds, days and claims as people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretally.evaluation.claim_words import claim_text, day_words, duration_words, parse_claim, stored_claim_text, within_sentence


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 min"), (59, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (1199, "19 min 59 s"), (2480, "41 min 20 s"), (22200, "370 min")],
)
def test_a_duration_is_written_in_minutes_and_seconds(seconds: int, words: str) -> None:
    assert duration_words(seconds) == words


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 s is no duration"):
        duration_words(-1)


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ("99490x1", "99490"),
        ("99490x1+99439x1", "99490 + 99439"),
        ("99490x1+99439x2", "99490 + 99439 \N{MULTIPLICATION SIGN}2"),
        ("", "no code"),
    ],
)
def test_a_stored_claim_is_written_for_people(stored: str, words: str) -> None:
    assert stored_claim_text(stored) == words


@pytest.mark.parametrize("stored", ["99490", "99490x0", "99490x1+", "9949x1", "99490x1 99439x2"])
def test_a_claim_that_cannot_be_read_is_refused(stored: str) -> None:
    with pytest.raises(ValueError, match="is not a code with its units"):
        parse_claim(stored)


@given(st.lists(st.tuples(st.from_regex(r"[0-9A-Z]{5}", fullmatch=True), st.integers(1, 99)), max_size=4))
def test_a_claim_read_back_is_the_claim_that_was_stored(lines: list[tuple[str, int]]) -> None:
    stored = "+".join(f"{code}x{units}" for code, units in lines)
    assert parse_claim(stored) == (tuple(code for code, _ in lines), tuple(units for _, units in lines))


def test_codes_and_units_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        claim_text(("99490", "99439"), (1,))


def test_a_day_is_written_as_in_the_united_states() -> None:
    assert day_words(date(2026, 3, 5)) == "March 5, 2026"


@pytest.mark.parametrize(
    ("words", "within"), [("No consent.", "no consent"), ("MDM missing", "MDM missing"), ("24/7 access", "24/7 access")]
)
def test_words_begin_small_inside_a_sentence_unless_abbreviated(words: str, within: str) -> None:
    assert within_sentence(words) == within
