"""The months of the demo's history and their working days, counted from a given day and never from the clock."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from caretally.app.demo.scenario import HISTORY_MONTHS
from caretally.months import Month

FIXED_HOLIDAYS = ((1, 1), (7, 4), (12, 25))


@dataclass(frozen=True)
class Period:
    """One month of the history: its number from 0, its days, and those on which an office works."""

    number: int
    month: Month
    first: date
    last: date
    working_days: tuple[date, ...]


def history(today: date) -> tuple[Period, ...]:
    """Return the fourteen months that end with the one before `today`."""
    month = Month.of(today)
    months: list[Month] = []
    for _ in range(HISTORY_MONTHS):
        month = month.previous()
        months.append(month)
    return tuple(_period(number, month) for number, month in enumerate(reversed(months)))


def under_way(today: date) -> Period:
    """Return the month of `today`, which follows the history."""
    return _period(HISTORY_MONTHS, Month.of(today))


def _period(number: int, month: Month) -> Period:
    first, last = month.first_day, month.last_day
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    working = tuple(day for day in days if day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS)
    return Period(number, month, first, last, working)


def offset(zone: str, day: date) -> str:
    """Return the zone's offset at noon of a day, as in `-04:00`."""
    text = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).strftime("%z")
    return f"{text[:3]}:{text[3:]}"


def clock_changes(zone: str, period: Period) -> list[date]:
    """Return the days of a month on which the zone's clocks change."""
    days = [period.first + timedelta(days=n) for n in range((period.last - period.first).days + 1)]
    return [day for day in days if offset(zone, day) != offset(zone, day - timedelta(days=1))]
