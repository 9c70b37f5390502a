"""The page of one patient's month: why it came out as it did."""

from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from caretally.audit.chain import append_with_commit
from caretally.months import Month
from caretally.patient_months.month_now import month_now
from caretally.patient_months.month_of_patient import MonthOfPatient, NoSuchPatientMonth, closed_month, counted_words
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in

pages = Blueprint("patient_months", __name__, template_folder="templates")


@pages.get("/patients/<uuid:patient_id>/<month:month>")
@requires("read_patients")
def show(patient_id: UUID, month: Month) -> ResponseReturnValue:
    """Show why a patient's month is billable, held or not billable; the reading stands in the audit log."""
    found = wanted(patient_id, month)
    append_with_commit(
        connection(),
        action="patient_month.read",
        detail={"patient_id": patient_id, "month": str(month), "as_it_stands": int(found.as_it_stands)},
    )
    return render_template("patient_months/show.html", found=found, row=found.row, decision=found.decision, counted_words=counted_words)


def wanted(patient_id: UUID, month: Month) -> MonthOfPatient:
    """Return the month as it was closed; to the vendor's own people one that is not closed as it stands now, which needs the right to evaluate."""
    who = signed_in()
    evaluates = who.clients is None and who.reading is None
    try:
        found = closed_month(connection(), patient_id, month, vendor_id=who.vendor_id, prices=who.clients is None)
    except NoSuchPatientMonth:
        if not evaluates:
            raise
        return month_now(connection(), patient_id, month)
    return found if found.row["month_status"] == "closed" or not evaluates else month_now(connection(), patient_id, month)
