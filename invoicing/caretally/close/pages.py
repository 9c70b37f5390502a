"""The pages of a month: where it stands, its clients, what is held and why, and what still waits."""

from collections.abc import Container
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from caretally.audit.chain import append_with_commit
from caretally.close.before_close import live_now, waits_in
from caretally.close.clients_table import FILTERS, SORTS, Asked, clients_file, shown
from caretally.close.month_parts import Choices, at_day, month_parts
from caretally.close.month_words import words_now
from caretally.close.overview import Figures, MonthRows, figures_named, figures_of, month_rows, months_begun, overview_of
from caretally.months import Month
from caretally.saved_views.pages import offered_views
from caretally.web.access import requires
from caretally.web.columns import Columns
from caretally.web.edge import connection, signed_in
from caretally.web.parts import kept_or_made, whose
from caretally.web.queries import number_in_query, page_in_query
from caretally.web.search_words import address_words, words_in_query
from caretally.web.shell import address
from caretally.web.shell import month_words as in_words

pages = Blueprint("months", __name__, template_folder="templates")
COLUMNS = Columns(
    "clients",
    "Client and status",
    {
        "patients": "Patients",
        "enrolled": "Enrolled",
        "billable": "Billable",
        "not_billable": "Not billable",
        "held": "Held",
        "invoice": "Invoice",
        "change": "Change to the month before",
    },
    frozenset({"client", "status"}),
)
KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@pages.get("/months")
@requires("read_months")
def newest() -> ResponseReturnValue:
    """Go to the newest month that was begun, or say how to begin one."""
    begun = months_begun(connection(), vendor_id=signed_in().vendor_id)
    return redirect(url_for("months.show", month=begun[0])) if begun else render_template("close/nothing_yet.html")


@pages.get("/months/<month:month>")
@requires("read_months")
def show(month: Month) -> ResponseReturnValue:
    """Show a month of all clients; a practice sees what is closed for it."""
    who, asked = signed_in(), asked_for()
    choices = Choices(
        asked=asked,
        columns=COLUMNS.shown(),
        permissions=who.permissions,
        sealed=address_words(asked.words),
        reopened=words_in_query("reopened"),
        sent=number_in_query("sent", otherwise=0),
        link=link_to_exceptions,
        patients=link_to_patients,
    )
    rows = month_rows(connection(), vendor_id=who.vendor_id, month=month)
    live = live_now(connection(), rows, vendor_id=who.vendor_id, month=month) if who.clients is None else None
    return render_template(
        "close/overview.html",
        month=month,
        words=in_words(month),
        parts=month_parts(
            month, rows, live and at_day(live), figures=kept_figures(rows), words=words_now(connection(), rows), choices=choices
        ),
        columns=choices.columns,
        views=offered_views(COLUMNS.table),
        of_vendor=live is not None,
        checked_at=live and live.at.astimezone(ZoneInfo(live.timezone)),
        run=uuid4(),
    )


@pages.get("/months/<month:month>/clients.<ending>")
@requires("export")
def clients(month: Month, ending: str) -> ResponseReturnValue:
    """Give the clients' table as CSV or XLSX, filtered and sorted as on the page, all of it."""
    if ending not in KINDS:
        abort(404)
    who = signed_in()
    rows = month_rows(connection(), vendor_id=who.vendor_id, month=month)
    waits = waits_in(live_now(connection(), rows, vendor_id=who.vendor_id, month=month)) if who.clients is None else None
    overview = overview_of(rows, kept_figures(rows), month=month, words=words_now(connection(), rows), waits=waits)
    found = shown(overview, asked_for()).matching
    append_with_commit(connection(), action="month.exported", detail={"month": str(month), "clients": len(found), "form": ending})
    file = clients_file(found, title=f"Clients in {month}", author=signed_in().vendor_name, ending=ending)
    return Response(file, mimetype=KINDS[ending], headers={"Content-Disposition": f'attachment; filename="clients-{month}.{ending}"'})


def kept_figures(rows: MonthRows) -> Figures:
    """Return the figures that rows of this transaction name, read at the first page that shows them."""
    return kept_or_made(("figures", whose(), figures_named(rows)), lambda: figures_of(connection(), rows, vendor_id=signed_in().vendor_id))


def asked_for() -> Asked:
    """Return how the address asks for the table."""
    page = page_in_query()
    return Asked(
        show=one_of(FILTERS, request.args.get("show", "")) or "all",
        sort=one_of(SORTS, request.args.get("sort", "")) or "client",
        down=request.args.get("down") == "1",
        words=words_in_query("q").strip(),
        page=page,
    )


def one_of(known: Container[str], name: str) -> str:
    """Return a name that is known, empty for another."""
    return name if name in known else ""


def link_to_patients(month: Month, **figure: Any) -> str:
    """Return the address of the patients behind a figure (a client, an outcome, a step of minutes, who is near a code)."""
    return address("patients_of_month.listed", month=month, **{name: value for name, value in figure.items() if value is not None})


def link_to_exceptions(month: Month, *, client: UUID | None = None, code: str | None = None, outcome: str | None = None) -> str:
    """Return the address of the exceptions behind a figure, empty where this installation has no page for them."""
    if "exceptions.listed" not in current_app.view_functions:
        return ""
    return address("exceptions.listed", month=str(month), client=client, code=code, outcome=outcome)
