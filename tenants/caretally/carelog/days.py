"""One person's own time, day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from caretally.carelog.statements import statement


@dataclass(frozen=True)
class OwnTime:
    """One entry of a person's day; hours are local to the client, or to the vendor for other work, which has no patient.

    `closed_month` is the first closed month that it touches; `late_month` the one beside which it waits; `logged_id` leads to its page.
    """

    day: date
    starts: datetime
    ends: datetime
    seconds: int
    patient_id: UUID | None
    patient: str | None
    client: str | None
    activity: str
    description: str
    source: str
    approved_by: str
    late_month: date | None
    logged_id: UUID | None
    state: str | None
    returned_because: str | None
    closed_month: date | None


@dataclass(frozen=True)
class Day:
    """One day of a person: what they did, in order."""

    day: date
    times: Sequence[OwnTime]

    def seconds(self, *, of_patients: bool) -> int:
        """Return the seconds logged for patients, or of other work."""
        return sum(one.seconds for one in self.times if (one.patient_id is not None) is of_patients)


def own_days(connection: Connection, staff_id: UUID, *, first: date, last: date) -> list[Day]:
    """Return each day of a span with what the person logged on it, empty days too."""
    rows = [OwnTime(*row) for row in connection.execute(statement("days"), {"staff_id": staff_id, "first": first, "last": last})]
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [Day(day, tuple(one for one in rows if one.day == day)) for day in days]


def week_of(day: date) -> tuple[date, date]:
    """Return the Monday and the Sunday of a day's week."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)
