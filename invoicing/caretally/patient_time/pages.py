"""The page of one patient's month of time."""

from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from caretally.audit.chain import append_with_commit
from caretally.months import Month
from caretally.patient_time.month_so_far import patient_month_of_time
from caretally.web.access import requires
from caretally.web.columns import Columns
from caretally.web.edge import connection

pages = Blueprint("patient_time", __name__, template_folder="templates", url_prefix="/time/patients")
COLUMNS = Columns(
    "entries",
    "The day",
    {"who": "Who", "note": "Activity and note", "logged": "Logged", "counts": "Counts", "sum": "Sum", "state": "State"},
    frozenset({"day"}),
)


@pages.get("/<uuid:patient_id>/<month:month>")
@requires("log_time")
def show(patient_id: UUID, month: Month) -> ResponseReturnValue:
    """Show the month's entries with the seconds that count of each, their running sum and how far the next code is."""
    found = patient_month_of_time(connection(), patient_id, month)
    longest = max([found.counted_seconds, found.pending_seconds, *(mark.seconds for mark in found.marks)], default=1) or 1
    append_with_commit(connection(), action="time.read", detail={"page": "patient", "patients": [patient_id]})
    return render_template(
        "patient_time/show.html", found=found, longest=longest, before=month.previous(), after=month.next(), columns=COLUMNS.shown()
    )
