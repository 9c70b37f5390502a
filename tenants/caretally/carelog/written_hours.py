"""Hours typed by hand: local times of the client's zone, of one day, that did happen."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from caretally.carelog.statements import statement
from caretally.errors import UsageMistake

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


def local_hours(connection: Connection, *, day: str, starts: str, ends: str, zone: str) -> tuple[datetime, datetime]:
    """Return the first and the last moment of work on a day (`2026-10-31`) from one time (`09:30`) to another. Raises `HoursRefused`."""
    values = {"day": day.strip(), "starts": starts.strip(), "ends": ends.strip(), "zone": zone}
    row = connection.execute(statement("local_hours"), values).mappings().one()
    for field, moment, fault in (("starts", "started_at", "start_fault"), ("ends", "ended_at", "end_fault")):
        value = f"{values['day']} {values[field]}"
        if row[moment] is None:
            raise HoursRefused(field, f"“{value[:40]}” is not a moment; write the day as 2026-10-31 and the time as 09:30.")
        if row[fault] is not None:
            raise HoursRefused(field, FAULTS[row[fault]].format(value=value))
    if row["ended_at"] <= row["started_at"]:
        raise HoursRefused("ends", "The entry ends at or before its start; work over midnight is two entries, one a day.")
    if row["ended_at"] > row["now"] + timedelta(0):
        raise HoursRefused("ends", f"{values['day']} {values['ends']} lies ahead; time is logged once it was worked.")
    return row["started_at"], row["ended_at"]
