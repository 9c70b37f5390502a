"""Hours typed by hand: local times of the client's zone, of one day, that did happen and that a claim can still be filed for."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping

from caretally.carelog.statements import statement
from caretally.carelog.typed_moments import day_typed, time_of_day
from caretally.errors import UsageMistake
from caretally.files.printed_words import counted, long_date

FAULTS = {
    "nonexistent": "{value} does not exist at this client: the clocks go forward over it.",
    "ambiguous": "{value} happens twice at this client, as the clocks go back; write the time before or after that hour.",
}


class HoursRefused(UsageMistake):
    """The hours are none; `field` is the field of the form that is mistaken."""

    code = "hours_refused"

    def __init__(self, field: str, message: str) -> None:
        """Take the field and the one sentence about it."""
        super().__init__(message)
        self.field = field


def patient_hours(connection: Connection, patient: Any, *, day: str, starts: str, ends: str) -> tuple[datetime, datetime]:
    """Return the hours of work for a patient of `patient_of`, as `local_hours` does.

    Raises `HoursRefused` also for a day before the patient was born, and for one of a month whose claim can be filed no more.
    """
    _refuse_day(patient, day_of(day))
    return local_hours(connection, day=day, starts=starts, ends=ends, zone=patient.zone)


def local_hours(connection: Connection, *, day: str, starts: str, ends: str, zone: str) -> tuple[datetime, datetime]:
    """Return the first and the last moment of work on a day from one time to another, typed as `typed_moments` reads them.

    Raises `HoursRefused`.
    """
    worked_on, times = day_of(day), {"starts": _time_of("starts", starts), "ends": _time_of("ends", ends)}
    values = {name: moment.isoformat() for name, moment in times.items()}
    row = connection.execute(statement("local_hours"), {"day": worked_on.isoformat(), "zone": zone, **values}).mappings().one()
    if row["started_at"] is None or row["ended_at"] is None:
        raise _no_day(day)
    if worked_on > row["now"].astimezone(ZoneInfo(zone)).date():
        raise HoursRefused("day", f"{long_date(worked_on)} lies ahead; time is logged once it was worked.")
    _refuse_times(row, worked_on, times)
    return row["started_at"], row["ended_at"]


def day_of(typed: str) -> date:
    """Return the day that was typed. Raises `HoursRefused`."""
    found = day_typed(typed)
    if found is None:
        raise _no_day(typed)
    return found


def _no_day(typed: str) -> HoursRefused:
    return HoursRefused("day", f"“{typed.strip()[:40]}” is not a day; write it as 2026-10-31 or 10/31/2026.")


def _time_of(field: str, typed: str) -> time:
    found = time_of_day(typed)
    if found is None:
        raise HoursRefused(field, f"“{typed.strip()[:40]}” is not a time of day; write it as 09:30 or 9:30 am.")
    return found


def _refuse_day(patient: Any, day: date) -> None:
    if day < patient.birth_date:
        born = f"{patient.patient} was born, on {long_date(patient.birth_date)}"
        raise HoursRefused("day", f"{long_date(day)} is before {born}; write the day of the work.")
    if patient.claims_from is not None and day < patient.claims_from:
        within = f"a claim is filed within {counted(patient.filing_months, 'month', 'months')}"
        raise HoursRefused(
            "day", f"{long_date(day)} is too far back: {within}, so write a day of {long_date(patient.claims_from)} or later."
        )


def _refuse_times(row: RowMapping, day: date, times: Mapping[str, time]) -> None:
    for field, fault in (("starts", "start_fault"), ("ends", "end_fault")):
        if row[fault] is not None:
            raise HoursRefused(field, FAULTS[row[fault]].format(value=f"{day} {times[field]:%H:%M}"))
    if row["ended_at"] <= row["started_at"]:
        raise HoursRefused("ends", "The entry ends at or before its start; work over midnight is two entries, one a day.")
    if row["ended_at"] > row["now"]:
        raise HoursRefused("ends", f"{day} {times['ends']:%H:%M} lies ahead; time is logged once it was worked.")
