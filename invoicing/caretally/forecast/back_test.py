"""Forecasts closed months again as they stood on earlier days, and sets the chances beside what happened."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from caretally.close.prepare import Client
from caretally.forecast.calibration import Prediction
from caretally.forecast.forecast import ClientForecast, forecast_of_closed
from caretally.forecast.working_days import after_cut, federal_holidays, working_days
from caretally.months import Month

WORKING_DAYS_LEFT = (15, 10, 5, 2)
CLOSED = text(
    "SELECT id, month FROM client_month WHERE vendor_id = :vendor_id AND client_id = :client_id AND status = 'closed' ORDER BY month"
)
ENDED_WITH = text((Path(__file__).parent / "ended_with.sql").read_text(encoding="utf-8"))


def back_test(connection: Connection, client: Client, *, working_days_left: Sequence[int] = WORKING_DAYS_LEFT) -> Iterator[Prediction]:
    """Yield what would have been told of each closed month but the first on the days with so many working days left; nothing is written.

    Only months that closed before are looked at, as on the day itself; facts other than time are those on record now. Whether the month ended with
    the missing seconds is judged by its counted seconds, whatever else held the patient.
    """
    key: dict[str, Any] = {"vendor_id": client.vendor_id, "client_id": client.id}
    for closed in connection.execute(CLOSED, key).mappings().all()[1:]:
        month = Month.of(closed["month"])
        ended: dict[tuple[str, str], int] = {
            (row.mrn, row.program): row.seconds for row in connection.execute(ENDED_WITH, key | {"client_month_id": closed["id"]})
        }
        days = working_days(month, federal_holidays(connection, first=month.first_day, last=month.last_day))
        for left in working_days_left:
            day = after_cut(month, days, left=left) - timedelta(days=1)
            if day >= month.first_day:
                yield from _judged(forecast_of_closed(connection, client, month, day), ended)


def _judged(told: ClientForecast, ended: dict[tuple[str, str], int]) -> Iterator[Prediction]:
    for one in told.patients:
        if one.chance is not None and one.chance_of_anybody is not None and one.missing_seconds is not None and one.days_left > 0:
            yield Prediction(
                working_days_left=told.working_days_left,
                standing=one.standing,
                chance=one.chance,
                chance_of_anybody=one.chance_of_anybody,
                reached=ended.get((one.mrn, one.program), 0) >= one.so_far + one.missing_seconds,
            )
