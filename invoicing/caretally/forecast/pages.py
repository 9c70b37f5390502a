"""The page of a month under way: where each client will end, and whom to call first."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from caretally.audit.chain import Detail, append_with_commit
from caretally.close.close_month import clients_to_close
from caretally.forecast.call_list import call_list, client_totals
from caretally.forecast.forecast import ClientForecast, NoAgreement, forecast
from caretally.forecast.kept_forecasts import forecasts_kept
from caretally.forecast.seen_on import NothingToForecast
from caretally.forecast.work import ask_for_forecasts, month_under_way
from caretally.months import Month
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in

pages = Blueprint("forecast", __name__, template_folder="templates")
NOW = text("SELECT now()")
BOUND = text("SET LOCAL statement_timeout = '30s'")
CALLS_SHOWN = 50


@pages.get("/forecast")
@requires("read_forecast")
def newest() -> ResponseReturnValue:
    """Go to the forecast of the month under way."""
    return redirect(url_for("forecast.show", month=month_under_way(connection())))


@pages.post("/forecast")
@requires("read_forecast")
def again() -> ResponseReturnValue:
    """Ask for the month under way to be forecast anew for every client, in the background."""
    job_id = ask_for_forecasts(connection())
    return redirect(url_for("jobs.show", job_id=job_id), 303)


@pages.get("/months/<month:month>/forecast")
@requires("read_forecast")
def show(month: Month) -> ResponseReturnValue:
    """Show the forecast of one client's month as of today, or what those of all clients came to; nothing is written but that patients were read."""
    clients = clients_to_close(connection())
    wished = request.args.get("client", "")
    client = next((one for one in clients if str(one.id) == wished), None)
    if wished and client is None:
        abort(404)
    found: ClientForecast | None = None
    why = ""
    if client is not None:
        now: datetime = connection().execute(NOW).scalar_one()
        connection().execute(BOUND)
        try:
            found = forecast(connection(), client, month, now=now)
        except (NothingToForecast, NoAgreement) as error:
            why = error.message
    page = render_template(
        "forecast/show.html",
        month=month,
        clients=clients,
        client=client,
        found=found,
        why=why,
        totals=client_totals(found) if found else None,
        calls=call_list([found]) if found else [],
        shown=CALLS_SHOWN,
        kept=forecasts_kept(connection(), month, vendor_id=signed_in().vendor_id) if client is None else (),
        under_way=client is None and month == month_under_way(connection()),
    )
    if found is not None and client is not None and found.patients:
        note_read(client.id, month, len(found.patients))
    return page


def note_read(client_id: UUID, month: Month, patients: int) -> None:
    """Note in the audit log that a client's patients were read."""
    detail: dict[str, Detail] = {"page": "forecast", "month": str(month), "client_id": client_id, "patients": patients}
    append_with_commit(connection(), action="patients.read", detail=detail)
