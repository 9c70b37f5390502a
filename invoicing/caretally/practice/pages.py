"""The pages of a practice: its overview, and the way to its patients in the newest closed month."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from caretally.practice.overview import practice_overview
from caretally.practice.own_clients import closed_months_of_practice
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in

pages = Blueprint("practice", __name__, template_folder="templates", url_prefix="/practice")


@pages.get("")
@requires("audit_care")
def overview() -> ResponseReturnValue:
    """Show the closed months with their invoices, and how far the practice's own checks are."""
    return render_template("practice/overview.html", overview=practice_overview(connection(), vendor_id=signed_in().vendor_id))


@pages.get("/patients")
@requires("audit_care")
def patients() -> ResponseReturnValue:
    """Go to the patients of the newest closed month."""
    closed = closed_months_of_practice(connection(), vendor_id=signed_in().vendor_id)
    return redirect(url_for("patients_of_month.listed", month=closed[0].month)) if closed else render_template("practice/no_month.html")
