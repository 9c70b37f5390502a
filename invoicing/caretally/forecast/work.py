"""The background work that forecasts the month under way for every client of a vendor, several times a day and when somebody asks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.close.close_month import clients_to_close
from caretally.close.prepare import Client
from caretally.errors import CareTallyError
from caretally.faults.log import logger, places
from caretally.files.printed_words import counted
from caretally.forecast.forecast import ClientForecast, NoAgreement, forecast
from caretally.forecast.kept_forecasts import keep_forecast
from caretally.forecast.seen_on import NothingToForecast
from caretally.jobs.at_work import JobAtWork
from caretally.jobs.enqueue import enqueue
from caretally.jobs.kinds import Kind
from caretally.jobs.lease import MOST_ATTEMPTS
from caretally.months import Month

EVERY_MINUTES = 4 * 60
UNDER_WAY = text(
    "SELECT id FROM job WHERE vendor_id = (SELECT tenancy.current_vendor()) AND kind = :kind AND status IN ('waiting', 'running') ORDER BY id LIMIT 1"
)
NEWEST = text("SELECT max(asked_at) FROM job WHERE vendor_id = (SELECT tenancy.current_vendor()) AND kind = 'forecast_month'")
NOW = text("SELECT now() AS at, timezone FROM vendor WHERE vendor_id = (SELECT tenancy.current_vendor())")


class SomeForecastsFailed(CareTallyError):
    """The forecasts of some clients failed again and again; those of the others were made."""

    code = "some_forecasts_failed"


def forecast_month(job: JobAtWork) -> str:
    """Forecast the month under way, each client in a transaction of its own; nothing is written but what it came to."""
    with job.transaction() as connection:
        month, clients = month_under_way(connection), clients_to_close(connection)
    failed: dict[str, Exception] = {}
    for number, client in enumerate(clients):
        job.report_progress(number, len(clients), "clients forecast")
        try:
            with job.transaction() as connection:
                keep_forecast(connection, client, month, forecast_or_why(connection, client, month))
        except Exception as error:  # noqa: BLE001 - one client's trouble is not the others', and its forecast of before stays with its day
            logger().warning("forecast_failed", client_id=str(client.id), trouble=type(error).__qualname__, places=places(error))
            failed[client.code] = error
    refuse_failed(failed, of=len(clients), last=job.attempt >= MOST_ATTEMPTS)
    with job.transaction() as connection:
        if job.first_time(connection):
            append_event(connection, action="forecasts.kept", detail={"month": str(month), "clients": len(clients)})
    job.report_progress(len(clients), len(clients), "clients forecast")
    return f"{month} was forecast for {len(clients)} clients; nothing of it was written but what it came to."


def refuse_failed(failed: Mapping[str, Exception], *, of: int, last: bool) -> None:
    """Raise the first of what failed, so that the job is tried again, or at its last attempt `SomeForecastsFailed` with whose they are."""
    if failed and last:
        raise SomeForecastsFailed(
            f"{counted(len(failed), 'client was', 'clients were')} not forecast of {of}: {', '.join(failed)}. "
            "What was told of them before stays, with its day; the others were forecast. It is tried again with the next forecast."
        )
    for error in failed.values():
        raise error


def ask_for_forecasts(connection: Connection) -> UUID:
    """Ask for the month under way to be forecast and return the job: the one that waits or is at work, else the one after what is kept now."""
    under_way = connection.scalar(UNDER_WAY, {"kind": FORECAST_MONTH.name})
    if under_way is not None:
        return UUID(str(under_way))
    return enqueue(connection, FORECAST_MONTH.name, {}, key=f"after {connection.scalar(NEWEST)}")


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
