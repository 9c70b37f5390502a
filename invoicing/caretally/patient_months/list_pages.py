"""The page of the patients of a month: everybody behind each figure of the month, as it was closed or, one client at a time, as it stands now."""

import re
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from caretally.audit.chain import append_with_commit
from caretally.close.close_month import clients_to_close
from caretally.close.results import ClientParked, ConservationBreach
from caretally.close.summary import BIN_SECONDS, BINS
from caretally.files.table_file import TABLE_ENDINGS, table_file
from caretally.months import Month
from caretally.patient_months.find_patient_months import (
    FIRST_SORT,
    OUTCOMES,
    SORTS,
    ClientOfMonth,
    PatientsPage,
    PatientsWanted,
    clients_of_month,
    counted_by_preview,
    patients_closed,
    patients_now,
)
from caretally.patient_months.list_tables import COLUMNS, patient_rows, patient_totals
from caretally.saved_views.pages import offered_views
from caretally.web.access import requires
from caretally.web.attachment import attachment
from caretally.web.columns import Columns
from caretally.web.edge import connection, signed_in
from caretally.web.queries import id_in_query, page_in_query
from caretally.web.search_words import address_words, words_in_query

pages = Blueprint("patients_of_month", __name__, template_folder="templates", url_prefix="/months/<month:month>/patients")
SHOWN = Columns(
    "patient_months",
    "The patient and the outcome",
    {
        "client": "Client",
        "provider": "Provider",
        "minutes": "Minutes",
        "codes": "Codes",
        "record": "On record",
        "amount": "Amount",
        "held": "Held",
    },
    frozenset({"patient", "outcome"}),
)
NOBODY = PatientsPage(rows=(), found=0, found_cents=0, found_held_cents=0, page=1)
STEP_MINUTES = BIN_SECONDS // 60
# As of a forecast: a client's month is decided in the request.
BOUND = text("SET LOCAL statement_timeout = '30s'")
REASON = re.compile(r"[A-Z][A-Z0-9_]{2,59}")


@pages.get("")
@requires("read_patients")
def listed(month: Month) -> ResponseReturnValue:
    """List the patients of a month, all or those behind one of its figures."""
    wanted, clients = patients_in_query(month), clients_of_month(connection(), month, vendor_id=signed_in().vendor_id)
    client = client_wanted(clients, wanted)
    found, why = found_or_why(client, wanted, page=page_in_query())
    offered = offered_views(SHOWN.table)
    open_clients = [one for one in clients if one.status != "closed"] if evaluates() and client is None else []
    previewed = {one.client_id: counted_by_preview(one.preview, wanted) for one in open_clients if one.preview}
    page = render_template(
        "patient_months/listed.html",
        month=month,
        wanted=wanted,
        found=found,
        why=why,
        client=client,
        clients=clients,
        open_clients=open_clients,
        previewed=previewed,
        previewed_in_all=None if None in previewed.values() else sum(filter(None, previewed.values())),
        outcomes=OUTCOMES,
        step_minutes=STEP_MINUTES,
        last_step=BINS - 1,
        columns=SHOWN.shown(),
        views=offered,
        kept=kept_query,
    )
    note_read(found, month, form="page")
    return page


@pages.get("/list.<ending>")
@requires("export", also="read_patients")
def download(month: Month, ending: str) -> ResponseReturnValue:
    """Give the list as CSV or XLSX, with all that the page's filters find."""
    if ending not in TABLE_ENDINGS:
        abort(404)
    wanted = patients_in_query(month)
    client = client_wanted(clients_of_month(connection(), month, vendor_id=signed_in().vendor_id), wanted)
    found, why = found_or_why(client, wanted, size=None)
    if why:
        abort(404)
    note_read(found, month, form=ending)
    title = f"Patients {month}"
    made = table_file(ending, COLUMNS, patient_rows(found), title=title, author=signed_in().vendor_name, totals=patient_totals(found))
    return attachment(made, f"patients-{month}.{ending}")


def client_wanted(clients: tuple[ClientOfMonth, ...], wanted: PatientsWanted) -> ClientOfMonth | None:
    """Return the client of the address, None when it names none; a foreign one leads nowhere."""
    found = next((one for one in clients if one.client_id == wanted.client_id), None)
    if wanted.client_id is not None and found is None:
        abort(404)
    return found


def found_or_why(client: ClientOfMonth | None, wanted: PatientsWanted, **part: Any) -> tuple[PatientsPage, str]:
    """Return a page of patients, or a sentence that says why there are none to show."""
    if client is None or client.status == "closed":
        return patients_closed(connection(), wanted, vendor_id=signed_in().vendor_id, **part), ""
    if not evaluates():
        return NOBODY, f"{client.name} is not closed in this month, so nobody is decided yet."
    [own] = [one for one in clients_to_close(connection()) if one.id == client.client_id]
    connection().execute(BOUND)
    try:
        return patients_now(connection(), own, wanted, **part), ""
    except (ClientParked, ConservationBreach) as error:
        return NOBODY, error.message


def evaluates() -> bool:
    """Tell whether the visitor may see a month that is not closed: the vendor's own people do, in a transaction that may write."""
    who = signed_in()
    return who.clients is None and who.reading is None


def note_read(found: PatientsPage, month: Month, *, form: str) -> None:
    """Note in the audit log how many patients were read, and in which form."""
    append_with_commit(connection(), action="patient_months.read", detail={"month": str(month), "patients": len(found.rows), "form": form})


def patients_in_query(month: Month) -> PatientsWanted:
    """Return what the address asks for; what it says wrongly is as if it were not there."""
    outcome, sort, reason = (request.args.get(name, "") for name in ("outcome", "sort", "reason"))
    return PatientsWanted(
        month=month,
        words=words_in_query("q"),
        client_id=id_in_query("client"),
        outcome=outcome if outcome in OUTCOMES else "",
        reason=reason if REASON.fullmatch(reason) else "",
        near=request.args.get("near") == "1",
        step=step_in_query(),
        sort=sort if sort in SORTS else FIRST_SORT,
    )


def step_in_query() -> int | None:
    """Return which step of the minutes' picture the address means by its first minute, None for what is none."""
    steps = {str(step * STEP_MINUTES): step for step in range(BINS)}
    return steps.get(request.args.get("minutes", ""))


def kept_query(wanted: PatientsWanted, **changes: Any) -> dict[str, Any]:
    """Return what an address says of the list, with changes; what is as at first is left out."""
    said = {
        "month": wanted.month,
        "q": address_words(wanted.words),
        "client": wanted.client_id,
        "outcome": wanted.outcome,
        "reason": wanted.reason,
        "near": "1" if wanted.near else "",
        "minutes": None if wanted.step is None else str(wanted.step * STEP_MINUTES),
        "sort": "" if wanted.sort == FIRST_SORT else wanted.sort,
        "columns": SHOWN.shown().address,
    }
    return {name: value for name, value in (said | changes).items() if value}
