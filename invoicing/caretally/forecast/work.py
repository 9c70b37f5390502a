"""The background work that forecasts the month under way for every client of a vendor, several times a day and when somebody asks."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.close.close_month import clients_to_close
from caretally.close.prepare import Client
from caretally.forecast.forecast import ClientForecast, NoAgreement, forecast
from caretally.forecast.kept_forecasts import keep_forecast
from caretally.forecast.seen_on import NothingToForecast
from caretally.jobs.at_work import JobAtWork
from caretally.jobs.kinds import Kind
from caretally.months import Month

EVERY_MINUTES = 4 * 60
NOW = text("SELECT now() AS at, timezone FROM vendor WHERE vendor_id = (SELECT tenancy.current_vendor())")


def forecast_month(job: JobAtWork) -> str:
    """Forecast the month under way, each client in a transaction of its own; nothing is written but what it came to."""
    with job.transaction() as connection:
        month, clients = month_under_way(connection), clients_to_close(connection)
    for number, client in enumerate(clients):
        job.report_progress(number, len(clients), "clients forecast")
        with job.transaction() as connection:
            keep_forecast(connection, client, month, forecast_or_why(connection, client, month))
    with job.transaction() as connection:
        if job.first_time(connection):
            append_event(connection, action="forecasts.kept", detail={"month": str(month), "clients": len(clients)})
    job.report_progress(len(clients), len(clients), "clients forecast")
    return f"{month} was forecast for {len(clients)} clients; nothing of it was written but what it came to."


def month_under_way(connection: Connection) -> Month:
    """Return the month that it is where the vendor is."""
    row: Any = connection.execute(NOW).one()
    return Month.of(row.at.astimezone(ZoneInfo(row.timezone)).date())


def forecast_or_why(connection: Connection, client: Client, month: Month) -> ClientForecast | str:
    """Return a client's forecast as of today, or the sentence that says why there is none."""
    now: datetime = connection.execute(NOW).one().at
    try:
        return forecast(connection, client, month, now=now)
    except (NothingToForecast, NoAgreement) as error:
        return error.message


FORECAST_MONTH = Kind(
    name="forecast_month",
    words="Forecast of the month under way",
    run=forecast_month,
    permission="read_forecast",
    every_minutes=EVERY_MINUTES,
    result=lambda _payload: ("forecast.newest", {}),
)
