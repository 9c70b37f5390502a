"""How the pages of time write moments, months and totals."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from caretally.carelog.days import Day
from caretally.carelog.desk import local_clock
from caretally.carelog.typed_moments import kind_of_field
from caretally.files.printed_words import long_date
from caretally.months import Month

WEEK = timedelta(days=7)


def words_of_time() -> dict[str, Any]:
    """Return what the templates of time call."""
    return {
        "local": local,
        "month_of": month_of,
        "week_long": WEEK,
        "total": total,
        "for_patients": for_patients,
        "in_state": in_state,
        "kind_of_field": kind_of_field,
        "whole_sentence": whole_sentence,
    }


def whole_sentence(typed: str) -> str:
    """Return what somebody typed with a full stop at its end where it has no mark there."""
    said = typed.strip()
    return said if said.endswith((".", "?", "!", "…")) else f"{said}."


def local(moment: datetime, zone: str, *, day: bool = False) -> str:
    """Return the time of day of a moment in a zone, as in 10:05, or its day, as in 2 Nov 2026."""
    return long_date(moment.astimezone(ZoneInfo(zone)).date()) if day else local_clock(moment, zone)


def month_of(day: date) -> Month:
    """Return the month of a day."""
    return Month.of(day)


def total(days: Sequence[Day], of_patients: bool) -> int:
    """Return the seconds of some days, for patients or of other work."""
    return sum(day.seconds(of_patients=of_patients) for day in days)


def for_patients(days: Sequence[Day]) -> int:
    """Return how many entries of some days are work on patients."""
    return sum(one.patient_id is not None for day in days for one in day.times)


def in_state(days: Sequence[Day], state: str) -> int:
    """Return how many entries of some days wait or were returned; one that came by import unapproved waits too."""
    return sum(
        one.state == state or (state == "waiting" and one.state is None and one.source == "manual" and not one.approved_by)
        for day in days
        for one in day.times
    )
