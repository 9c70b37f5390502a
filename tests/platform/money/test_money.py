"""Dollars and cents as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretally.money import NotAnAmount, format_dollars, parse_cents


@given(st.integers(-(10**14), 10**14))
def test_an_amount_reads_back_as_it_is_written(cents: int) -> None:
    assert parse_cents(format_dollars(cents)) == cents


@pytest.mark.parametrize(("cents", "written"), [(123450, "$1,234.50"), (0, "$0.00"), (-5, "-$0.05"), (100_000_000, "$1,000,000.00")])
def test_cents_are_shown_as_dollars(cents: int, written: str) -> None:
    assert format_dollars(cents) == written


@pytest.mark.parametrize(("written", "cents"), [("38", 3800), ("38.5", 3850), (" 38.00 ", 3800), ("1,234.50", 123450), ("0.07", 7)])
def test_the_usual_ways_to_write_an_amount_are_read(written: str, cents: int) -> None:
    assert parse_cents(written) == cents


@pytest.mark.parametrize(
    "written", ["", "38.001", "1,23.00", "1e3", "NaN", "38.", ".5", "$-5", "٣٨", "38 USD", "--5", "9" * 14, "1" + 1500 * ",000"]
)
def test_anything_else_is_refused_and_never_rounded(written: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_cents(written)
