"""The pages of a month."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from caretally.close.overview import month_overview, months_begun
from caretally.months import Month
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in

pages = Blueprint("months", __name__, template_folder="templates")


@pages.get("/months")
@requires("read_months")
def newest() -> ResponseReturnValue:
    """Go to the newest month that was begun, or say how to begin one."""
    begun = months_begun(connection(), vendor_id=signed_in().vendor_id)
    return redirect(url_for("months.show", month=begun[0])) if begun else render_template("close/nothing_yet.html")


@pages.get("/months/<month:month>")
@requires("read_months")
def show(month: Month) -> ResponseReturnValue:
    """Show a month of all clients."""
    overview = month_overview(connection(), vendor_id=signed_in().vendor_id, month=month)
    return render_template("close/overview.html", overview=overview, before=month.previous(), after=month.next())
