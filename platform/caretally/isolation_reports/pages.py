"""The page on which a vendor reads what its isolation reports found, and takes them as signed files."""

from uuid import UUID

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from caretally.isolation_reports.keep import kept_report, kept_reports, report_json
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in

pages = Blueprint("isolation", __name__, template_folder="templates", url_prefix="/isolation")
MOST = 50
KINDS = {"pdf": "application/pdf", "json": "application/json"}


@pages.get("")
@requires("read_isolation_report")
def listed() -> ResponseReturnValue:
    """Show the newest report and list those before it."""
    return render_template(
        "isolation/listed.html", reports=kept_reports(connection(), most=MOST), most=MOST, vendor=signed_in().vendor_name
    )


@pages.get("/<uuid:report_id>/file.<ending>")
@requires("read_isolation_report")
def download(report_id: UUID, ending: str) -> ResponseReturnValue:
    """Give a report as it was signed, as PDF or JSON."""
    found = kept_report(connection(), report_id) if ending in KINDS else None
    if found is None:
        abort(404)
    report, pdf = found
    name = f"isolation-{report.told['slug']}-{report.made_at:%Y-%m-%d-%H%M%S}.{ending}"
    content = pdf if ending == "pdf" else report_json(report.told)
    return Response(content, mimetype=KINDS[ending], headers={"Content-Disposition": f'attachment; filename="{name}"'})
