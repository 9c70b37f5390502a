"""Working days of a month: Monday to Friday, less the federal holidays of the dated table."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, text

from caretally.months import Month

SATURDAY = 5
HOLIDAYS = text("SELECT day FROM federal_holiday WHERE day BETWEEN :first AND :last")


def federal_holidays(connection: Connection, *, first: date, last: date) -> frozenset[date]:
    """Return the federal holidays from `first` to `last`, both included; the same for every client. Source: 5 U.S.C. 6103."""
    return frozenset(connection.scalars(HOLIDAYS, {"first": first, "last": last}))


def working_days(month: Month, holidays: Collection[date]) -> tuple[date, ...]:
    """Return the working days of a month in their order."""
    days = (month.first_day + timedelta(days=n) for n in range(month.last_day.day))
    return tuple(day for day in days if day.weekday() < SATURDAY and day not in holidays)


def days_after(as_of: date, days: Sequence[date]) -> tuple[date, ...]:
    """Return the working days that are left after `as_of`; the day itself counts as worked."""
    return tuple(day for day in days if day > as_of)


def after_cut(month: Month, days: Sequence[date], *, left: int) -> date:
    """Return the first day that is not read of an earlier month, so that as many working days were `left` in it.

    The month's first day when it had no more than that many, the first of the next month when none is left.
    """
    worked = len(days) - left
    if worked <= 0:
        return month.first_day
    return month.last_day + timedelta(days=1) if left == 0 else days[worked - 1] + timedelta(days=1)
