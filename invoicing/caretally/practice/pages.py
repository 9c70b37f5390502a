"""The pages of a practice: its overview, and its patients with what is on record of each."""

from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from caretally.audit.chain import append_event
from caretally.db.lists import PricedPage
from caretally.files.cells import dollars
from caretally.files.table_file import TABLE_ENDINGS, table_file
from caretally.months import Month, NotAMonth
from caretally.practice.overview import practice_overview
from caretally.practice.patients import (
    COLUMNS,
    OUTCOMES,
    SORTS,
    PatientOfPractice,
    PatientsWanted,
    closed_months,
    patient_rows,
    patients_of_practice,
)
from caretally.web.access import requires
from caretally.web.attachment import attachment
from caretally.web.edge import connection, signed_in
from caretally.web.queries import page_in_query
from caretally.web.search_words import address_words, words_in_query

pages = Blueprint("practice", __name__, template_folder="templates", url_prefix="/practice")


@pages.get("")
@requires("audit_care")
def overview() -> ResponseReturnValue:
    """Show the closed months with their invoices, and how far the practice's own checks are."""
    return render_template("practice/overview.html", overview=practice_overview(connection(), vendor_id=signed_in().vendor_id))


@pages.get("/patients")
@requires("audit_care")
def patients() -> ResponseReturnValue:
    """List the patients of a closed month with their evidence."""
    months = closed_months(connection(), vendor_id=signed_in().vendor_id)
    wanted = patients_in_query(months)
    if wanted is None:
        return render_template("practice/no_month.html")
    found = patients_of_practice(connection(), wanted, vendor_id=signed_in().vendor_id, page=page_in_query())
    note_read(found, wanted.month, form="page")
    return render_template("practice/patients.html", found=found, wanted=wanted, months=months, outcomes=OUTCOMES, kept=kept_query)


@pages.get("/patients/list.<ending>")
@requires("export", also="audit_care")
def patients_file(ending: str) -> ResponseReturnValue:
    """Give the list as CSV or XLSX, with all that the page's filters find."""
    wanted = patients_in_query(closed_months(connection(), vendor_id=signed_in().vendor_id))
    if ending not in TABLE_ENDINGS or wanted is None:
        abort(404)
    found = patients_of_practice(connection(), wanted, vendor_id=signed_in().vendor_id, size=None)
    note_read(found, wanted.month, form=ending)
    totals = ("Total", "", "", "", "", "", None, "", dollars(found.found_cents), None, None, None, None)
    made = table_file(ending, COLUMNS, patient_rows(found), title=f"Patients {wanted.month}", author=signed_in().vendor_name, totals=totals)
    return attachment(made, f"patients-{wanted.month}.{ending}")


def note_read(found: PricedPage[PatientOfPractice], month: Month, *, form: str) -> None:
    """Note in the audit log how many patients were read, and in which form."""
    append_event(connection(), action="patient_months.read", detail={"month": str(month), "patients": len(found.rows), "form": form})


def patients_in_query(months: tuple[Month, ...]) -> PatientsWanted | None:
    """Return what the address asks for, of the newest closed month unless it names another; None when no month is closed."""
    if not months:
        return None
    outcome, sort = request.args.get("outcome", ""), request.args.get("sort", "")
    return PatientsWanted(
        month=month_in_query() or months[0],
        words=words_in_query("q"),
        outcome=outcome if outcome in OUTCOMES else "",
        sort=sort if sort in SORTS else "name",
    )


def month_in_query() -> Month | None:
    """Return the month of the address, None for what is none."""
    try:
        return Month.parse(request.args.get("month", ""))
    except NotAMonth:
        return None


def kept_query(wanted: PatientsWanted, **changes: Any) -> dict[str, Any]:
    """Return what an address says of the list, with changes; what is as at first is left out."""
    said = {
        "month": wanted.month,
        "q": address_words(wanted.words),
        "outcome": wanted.outcome,
        "sort": "" if wanted.sort == "name" else wanted.sort,
    }
    return {name: value for name, value in (said | changes).items() if value}
