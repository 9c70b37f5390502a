"""The pages of exception reports, for the vendor's people and for a practice's own: the list, one report, its files. They only read."""

from uuid import UUID

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from caretally.audit.chain import Detail, append_with_commit
from caretally.db.lists import PAGE_SIZE, page_count
from caretally.exceptions.closed_report import closed_months, report_of_month
from caretally.exceptions.render_csv import exceptions_csv
from caretally.exceptions.render_pdf import exceptions_pdf
from caretally.exceptions.render_xlsx import exceptions_xlsx
from caretally.exceptions.report import ExceptionReport
from caretally.months import Month
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in
from caretally.web.queries import page_in_query

pages = Blueprint("exception_reports", __name__, template_folder="templates", url_prefix="/exception-reports")
FILES = {
    "pdf": (exceptions_pdf, "application/pdf"),
    "csv": (exceptions_csv, "text/csv; charset=utf-8"),
    "xlsx": (exceptions_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@pages.get("")
@requires("read_patients")
def listed() -> ResponseReturnValue:
    """List the closed months that have a report."""
    return render_template(
        "exceptions/listed.html", found=closed_months(connection(), vendor_id=signed_in().vendor_id, page=page_in_query())
    )


@pages.get("/<uuid:client_id>/<month:month>")
@requires("read_patients")
def of_client(client_id: UUID, month: Month) -> ResponseReturnValue:
    """Show the report of a client's closed month, its exceptions a page at a time."""
    report, page = wanted(client_id, month, form="page"), page_in_query()
    rows = report.rows[(page - 1) * PAGE_SIZE :][:PAGE_SIZE]
    return render_template(
        "exceptions/report.html",
        report=report,
        client_id=client_id,
        rows=rows,
        page=page,
        pages=page_count(len(report.rows)),
        endings=tuple(FILES),
    )


@pages.get("/<uuid:client_id>/<month:month>/file.<ending>")
@requires("export", also="read_patients")
def download(client_id: UUID, month: Month, ending: str) -> ResponseReturnValue:
    """Give the report as PDF, CSV or XLSX, the same bytes that the close writes."""
    if ending not in FILES:
        abort(404)
    report = wanted(client_id, month, form=ending)
    render, kind = FILES[ending]
    return Response(
        render(report),
        mimetype=kind,
        headers={"Content-Disposition": f'attachment; filename="exceptions-{month}-{str(client_id)[:8]}.{ending}"'},
    )


def wanted(client_id: UUID, month: Month, *, form: str) -> ExceptionReport:
    """Return the report of the address, and note in the audit log whose exceptions were read and in which form."""
    who = signed_in()
    report = report_of_month(connection(), client_id, month, vendor_id=who.vendor_id, vendor=who.vendor_name)
    shown: dict[str, Detail] = {"client_id": client_id, "month": str(month), "patients": len(report.record_numbers)}
    append_with_commit(connection(), action="exception_report.read", detail=shown | {"form": form})
    return report
