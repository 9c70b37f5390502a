"""The pages of patients: the list with its search, and one patient with everything on record."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import RowMapping, text

from caretally.audit.chain import append_with_commit
from caretally.db.lists import PAGE_SIZE, refuse_more_than
from caretally.months import Month
from caretally.patients.roster import STANDINGS, PatientLine, chart_of, note_patients_shown, patients_found
from caretally.patients.roster_file import roster_csv, roster_xlsx
from caretally.saved_views.pages import offered_views
from caretally.web.access import requires
from caretally.web.columns import Columns
from caretally.web.edge import connection, signed_in
from caretally.web.queries import id_in_query, page_in_query
from caretally.web.search_words import words_in_query

pages = Blueprint("patients", __name__, template_folder="templates", url_prefix="/patients")
CLIENTS = text("SELECT client_id, name, (clock_timestamp() AT TIME ZONE timezone)::date AS today FROM client ORDER BY name, code")
COLUMNS = Columns(
    "patients",
    "The patient",
    {
        "mrn": "Record number",
        "client": "Client",
        "born": "Born",
        "medicare": "Medicare number",
        "programs": "Programs",
        "standing": "Standing",
    },
    frozenset({"patient"}),
)
MOST_IN_A_FILE = 100_000
FILES = {
    "csv": (roster_csv, "text/csv; charset=utf-8"),
    "xlsx": (roster_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@pages.get("")
@requires("read_patients")
def listed() -> ResponseReturnValue:
    """List patients: all, or those of a client, a standing and words."""
    page = page_in_query()
    clients = connection().execute(CLIENTS).mappings().all()
    found = asked_for(clients, page=page, size=PAGE_SIZE)
    words, standing, client_id = words_in_query("q"), words_in_query("standing"), id_in_query("client")
    made = render_template(
        "patients/listed.html",
        found=found,
        columns=COLUMNS.shown(),
        views=offered_views(COLUMNS.table),
        clients=clients,
        words=words,
        standing=standing if standing in STANDINGS else "",
        standings=STANDINGS,
        client_id=client_id,
        page=page,
        size=PAGE_SIZE,
    )
    note_patients_shown(connection(), "patients.listed", (one.id for one in found))
    return made


@pages.get("/file.<ending>")
@requires("export")
def download(ending: str) -> ResponseReturnValue:
    """Give the list as CSV or XLSX: what it is asked for, every page of it, or refuse when that is too much."""
    if ending not in FILES:
        abort(404)
    render, kind = FILES[ending]
    found = asked_for(connection().execute(CLIENTS).mappings().all(), page=1, size=MOST_IN_A_FILE)
    refuse_more_than(MOST_IN_A_FILE, found[0].found if found else 0, what="patients")
    made = Response(render(found), mimetype=kind, headers={"Content-Disposition": f'attachment; filename="patients.{ending}"'})
    note_patients_shown(connection(), f"patients.{ending}", (one.id for one in found))
    return made


def asked_for(clients: Sequence[RowMapping], *, page: int, size: int) -> list[PatientLine]:
    """Return the patients that the address asks for."""
    if not clients:
        return []
    return patients_found(
        connection(),
        vendor_id=signed_in().vendor_id,
        today=max(client["today"] for client in clients),
        words=words_in_query("q"),
        client_id=id_in_query("client"),
        standing=words_in_query("standing"),
        page=page,
        size=size,
    )


@pages.get("/<uuid:patient_id>")
@requires("read_patients")
def show(patient_id: UUID) -> ResponseReturnValue:
    """Show one patient; the audit log notes that the record was read."""
    chart = chart_of(connection(), patient_id, vendor_id=signed_in().vendor_id)
    # A month that is not closed is evaluated as it stands, for the vendor's own people alone.
    open_months = chart["open_months"] if signed_in().clients is None and signed_in().reading is None else []
    made = render_template("patients/show.html", chart=chart, open_months=open_months, month_of=lambda day: Month.parse(day[:7]))
    append_with_commit(connection(), action="patient.read", detail={"client_id": chart["client_id"], "patient_id": patient_id})
    return made
