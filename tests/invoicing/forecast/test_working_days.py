"""Working days: Monday to Friday of the calendar, less the federal holidays of the dated table."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretally.forecast.working_days import after_cut, days_after, working_days
from caretally.months import Month

NOVEMBER = Month(2026, 11)
HOLIDAYS = frozenset({date(2026, 11, 11), date(2026, 11, 26)})
months = st.builds(Month, st.integers(1901, 2099), st.integers(1, 12))


def test_november_2026_has_19_working_days_because_two_of_its_21_weekdays_are_holidays() -> None:
    assert len(working_days(NOVEMBER, HOLIDAYS)) == 19
    assert len(working_days(NOVEMBER, frozenset())) == 21


@pytest.mark.parametrize(("day", "left"), [(10, 12), (11, 12), (24, 3), (25, 2), (26, 2), (27, 1), (28, 1), (30, 0)])
def test_the_day_itself_counts_as_worked_and_no_holiday_or_weekend_is_left(day: int, left: int) -> None:
    assert len(days_after(date(2026, 11, day), working_days(NOVEMBER, HOLIDAYS))) == left


def test_an_earlier_month_is_cut_where_as_many_working_days_were_left() -> None:
    days = working_days(NOVEMBER, HOLIDAYS)
    assert after_cut(NOVEMBER, days, left=2) == date(2026, 11, 26)
    assert after_cut(NOVEMBER, days, left=0) == date(2026, 12, 1)
    assert after_cut(NOVEMBER, days, left=19) == date(2026, 11, 1)
    assert after_cut(NOVEMBER, days, left=23) == date(2026, 11, 1)


@given(month=months, left=st.integers(0, 25), closed=st.sets(st.integers(1, 28)))
def test_what_lies_after_the_cut_holds_just_the_working_days_left(month: Month, left: int, closed: set[int]) -> None:
    days = working_days(month, frozenset(date(month.year, month.month, day) for day in closed))
    cut = after_cut(month, days, left=left)
    assert len([day for day in days if day >= cut]) == min(left, len(days))
    assert month.first_day <= cut <= month.last_day + timedelta(days=1)
