"""The pages of patients: the list with its search, and one patient with everything on record."""

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from caretally.audit.chain import append_event
from caretally.months import Month
from caretally.patients.roster import PAGE_SIZE, STANDINGS, chart_of, note_patients_shown, patients_found
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in
from caretally.web.queries import number_in_query
from caretally.web.search_words import words_in_query

pages = Blueprint("patients", __name__, template_folder="templates", url_prefix="/patients")
CLIENTS = text("SELECT client_id, name, (clock_timestamp() AT TIME ZONE timezone)::date AS today FROM client ORDER BY name, code")
MOST_PAGES = 100_000


@pages.get("")
@requires("read_patients")
def listed() -> ResponseReturnValue:
    """List patients: all, or those of a client, a standing and words."""
    words, standing, client_id = words_in_query("q"), words_in_query("standing"), client_in_query()
    page = min(number_in_query("page", otherwise=1), MOST_PAGES)
    clients = connection().execute(CLIENTS).mappings().all()
    found = (
        patients_found(
            connection(),
            vendor_id=signed_in().vendor_id,
            today=max(client["today"] for client in clients),
            words=words,
            client_id=client_id,
            standing=standing,
            page=page,
        )
        if clients
        else []
    )
    made = render_template(
        "patients/listed.html",
        found=found,
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


@pages.get("/<uuid:patient_id>")
@requires("read_patients")
def show(patient_id: UUID) -> ResponseReturnValue:
    """Show one patient; the audit log notes that the record was read."""
    chart = chart_of(connection(), patient_id, vendor_id=signed_in().vendor_id)
    made = render_template("patients/show.html", chart=chart, month_of=lambda day: Month.parse(day[:7]))
    append_event(connection(), action="patient.read", detail={"client_id": chart["client_id"], "patient_id": patient_id})
    return made


def client_in_query() -> UUID | None:
    """Return the client that the list is asked for, None for all and for what is no id."""
    try:
        return UUID(request.args.get("client", ""))
    except ValueError:
        return None
