"""Months as they are written, ordered and counted."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretally.months import Month, NotAMonth

months = st.builds(Month, st.integers(1901, 9997), st.integers(1, 12))


@given(months)
def test_a_month_reads_back_as_it_is_written(month: Month) -> None:
    assert Month.parse(str(month)) == month


@given(months)
def test_the_next_month_begins_the_day_after_the_last_day(month: Month) -> None:
    assert (month.next().first_day - month.last_day).days == 1


@given(months)
def test_the_previous_month_of_the_next_is_the_month_itself(month: Month) -> None:
    assert month.next().previous() == month == month.previous().next()


@given(months, months)
def test_months_are_ordered_as_their_days(one: Month, other: Month) -> None:
    assert (one < other) == (one.first_day < other.first_day)


def test_february_of_a_leap_year_ends_on_the_29th() -> None:
    assert Month(2028, 2).last_day == date(2028, 2, 29)


def test_a_day_lies_in_its_month() -> None:
    assert Month.of(date(2026, 10, 31)) == Month.parse("2026-10")


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "2026-1", "26-10", "2026-10-01", " 2026-10", "٢٠٢٦-١٠", "2026-10\n"])
def test_any_other_text_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(NotAMonth, match="write it as 2026-10"):
        Month.parse(text)
