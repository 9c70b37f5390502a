"""The month of the patient for whom a timer runs: what is logged of it, and at how many minutes its codes are reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from caretally.carelog.desk import Desk
from caretally.carelog.statements import statement
from caretally.cms.kept_rule_tables import kept_rule_tables
from caretally.cms.marks import Mark, marks_of


@dataclass(frozen=True)
class MonthOfTimer:
    """Seconds that anybody logged `before` the timer since the month began, and `with_timer` as well; `today` is the client's."""

    today: date
    before: int
    with_timer: int
    marks: Sequence[Mark]

    @property
    def longest(self) -> int:
        """Return the seconds at which the meter ends."""
        return max([self.with_timer, *(mark.seconds for mark in self.marks)]) or 1


def month_of_timer(connection: Connection, desk: Desk) -> MonthOfTimer | None:
    """Return the month of the patient of the desk's timer, None where none runs for a patient.

    It is time as it was logged: what of it counts is the evaluation's to say.
    """
    timer = desk.timer
    if timer is None or timer.patient_id is None:
        return None
    row = connection.execute(statement("month_of_timer"), {"client_id": timer.client_id, "patient_id": timer.patient_id}).one()
    marks = marks_of(kept_rule_tables(connection, row.rule_tables_now), timer.program, row.today)
    running = timer.seconds(desk.gap[0] if desk.gap else desk.now)
    return MonthOfTimer(row.today, row.seconds, row.seconds + running, marks)
